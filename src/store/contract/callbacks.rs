//! Callbacks of hubs.

use chrono::TimeDelta;

use super::world::{World, feed, minute, plan, with_feeds};
use crate::model::callback::{Callback, CallbackState, Past};
use crate::model::feed::{FeedId, FeedState, HubTrust};
use crate::model::note::Note;
use crate::model::secret::Secret;
use crate::model::url::WebUrl;
use crate::store::error::StoreError;

fn web(text: &str) -> WebUrl {
    WebUrl::parse(text).expect("a URL")
}

fn callback(token: &str, feed: FeedId, state: CallbackState) -> Callback {
    Callback {
        token: Secret::new(token),
        generation: 0,
        feed,
        address: web("https://mill.example/websub/t"),
        hub: web("https://hub.example/"),
        topic: web("https://exemple.fr/flux"),
        secret: Some(Secret::new("s")),
        state,
        due: minute(60),
        attempts: 2,
        pushes: 3,
        ignored: 4,
        past: Past::Told(minute(5)),
    }
}

fn active(heard: i64, doubted: bool) -> CallbackState {
    let (verified, lapses) = (minute(0), minute(0) + TimeDelta::days(10));
    CallbackState::Active { verified, lapses, heard: minute(heard), doubted }
}

pub(super) async fn a_callback_comes_back_and_is_written_by_one_at_a_time(world: &impl World) {
    let store = with_feeds(world, 2).await;
    let id = feed(&store, 0).await.id;
    let states = [
        CallbackState::Asked,
        active(7, true),
        CallbackState::Refused { reason: "500".to_owned() },
        CallbackState::Leaving { told: true },
        CallbackState::Leaving { told: false },
    ];
    for (number, state) in states.into_iter().enumerate() {
        let kept = callback(&number.to_string(), id, state);
        store.add_callback(&kept, None).await.expect("added");
        assert_eq!(store.callback(&kept.token).await, Ok(Some(kept)));
    }
    let first = store.callback(&Secret::new("0")).await.expect("read").expect("kept");
    let verified = Callback { state: active(1, false), past: Past::Silent, ..first.clone() };
    store.keep_callbacks(std::slice::from_ref(&verified)).await.expect("kept");
    let late = Callback { state: CallbackState::Refused { reason: "late".to_owned() }, ..first };
    let other = store.callback(&Secret::new("1")).await.expect("read").expect("kept");
    let both = [Callback { pushes: 9, ..other.clone() }, late];
    assert_eq!(store.keep_callbacks(&both).await, Err(StoreError::Conflict));
    let kept = store.callback(&verified.token).await.expect("read");
    assert_eq!(kept.as_ref(), Some(&Callback { generation: 1, ..verified.clone() }));
    assert_eq!(store.callback(&other.token).await, Ok(Some(other)), "all or nothing");

    let next = callback("next", id, CallbackState::Asked);
    assert_eq!(store.forget_callback(&verified).await, Err(StoreError::Conflict), "written since");
    assert_eq!(store.add_callback(&next, Some(&verified)).await, Err(StoreError::Conflict));
    let verified = kept.expect("kept");
    store.add_callback(&next, Some(&verified)).await.expect("added");
    assert_eq!(store.callback(&verified.token).await, Ok(None), "instead of");
    store.forget_callback(&next).await.expect("forgotten");
    assert_eq!(store.callbacks().await.expect("read").len(), 4);
    assert_eq!(store.callbacks_of(id).await.expect("read").len(), 4);
    assert_eq!(store.callbacks_of(feed(&store, 1).await.id).await, Ok(vec![]));
    store.close().await.expect("a close");
    assert_eq!(world.open(minute(1)).await.callbacks().await.expect("read").len(), 4);
}

pub(super) async fn a_feed_knows_how_far_its_hub_is_trusted(world: &impl World) {
    let store = with_feeds(world, 2).await;
    let before = feed(&store, 0).await;
    let trust = async || feed(&store, 0).await.state.hub_trust;
    store
        .add_callback(&callback("asked", before.id, CallbackState::Asked), None)
        .await
        .expect("added");
    assert_eq!(trust().await, None);
    store.add_callback(&callback("a", before.id, active(7, false)), None).await.expect("added");
    let until = minute(7) + TimeDelta::days(5);
    assert_eq!(trust().await, Some(HubTrust { until, heard: minute(7) }));
    // A refresh decided before writes nothing of it.
    store.commit(plan(&before, minute(8), vec![])).await.expect("committed");
    assert!(trust().await.is_some());

    store.doubt_hubs(before.id, minute(6)).await.expect("written");
    assert!(trust().await.is_some(), "it was heard since");
    store.doubt_hubs(before.id, minute(8)).await.expect("written");
    assert_eq!(trust().await, None);

    let hubs = store.hub_feeds().await.expect("read");
    assert_eq!(
        hubs.iter().map(|hub| (hub.feed, hub.topic.is_some())).collect::<Vec<_>>(),
        [(before.id, false)]
    );
    let other = feed(&store, 1).await;
    let mut names = plan(&other, minute(9), vec![]);
    names.state = FeedState {
        hubs: vec![web("https://hub.example/")],
        topic: Some(web("https://exemple.fr/flux")),
        ..names.state
    };
    store.commit(names).await.expect("committed");
    let hubs = store.hub_feeds().await.expect("read");
    assert_eq!(hubs.len(), 2, "one has callbacks, one names a hub");
    assert!(hubs.iter().all(|hub| hub.is_polled));
    store.sync(&[], minute(10)).await.expect("a sync");
    let hubs = store.hub_feeds().await.expect("read");
    assert_eq!(
        hubs.iter().map(|hub| (hub.feed, hub.is_polled)).collect::<Vec<_>>(),
        [(before.id, false)]
    );
}

pub(super) async fn a_note_is_due_when_it_says_and_written_by_one_at_a_time(world: &impl World) {
    let store = with_feeds(world, 2).await;
    let id = feed(&store, 0).await.id;
    let none = store.note(id).await.expect("read");
    assert_eq!(none, Note::new(id));
    let told = Note { told: 1, fetch_at: Some(minute(5)), ..none };
    store.keep_note(&told).await.expect("kept");
    assert_eq!(store.keep_note(&told).await, Err(StoreError::Conflict), "two at once");
    let kept = store.note(id).await.expect("read");
    assert_eq!(kept, Note { generation: 1, ..told });
    assert_eq!(store.notes_due(minute(4)).await, Ok(vec![]));
    assert_eq!(store.notes_due(minute(5)).await, Ok(vec![kept]));
    assert_eq!(store.next_note(minute(4)).await, Ok(Some(minute(5))));
    assert_eq!(store.next_note(minute(5)).await, Ok(None));

    let added = callback("t", id, active(1, false));
    store.add_callback(&added, None).await.expect("added");
    let late = Note { told: 9, ..none };
    assert_eq!(store.keep_push(&added, &late).await, Err(StoreError::Conflict));
    assert_eq!(store.callback(&added.token).await, Ok(Some(added.clone())), "both or none");
    let answered = Note { answered: 1, fetch_at: None, ..kept };
    store.keep_push(&added, &answered).await.expect("kept");
    store.forget_callback(&Callback { generation: 1, ..added }).await.expect("forgotten");
    assert_eq!(store.notes_due(minute(9)).await, Ok(vec![]));
    store.close().await.expect("a close");
    let again = world.open(minute(1)).await.note(id).await.expect("read");
    assert_eq!(again, Note { generation: 2, ..answered }, "it outlives the callback");
}
