//! Callbacks of hubs.

use chrono::TimeDelta;

use super::world::{World, feed, minute, plan, with_feeds};
use crate::model::callback::{Callback, CallbackState, HubFeed, Past};
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
        passes: 1,
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

    assert_eq!(store.hub_feeds().await, Ok(vec![before.id]), "it has callbacks");
    let other = feed(&store, 1).await;
    let mut names = plan(&other, minute(9), vec![]);
    names.state = FeedState {
        hubs: vec![web("https://hub.example/")],
        topic: Some(web("https://exemple.fr/flux")),
        ..names.state
    };
    store.commit(names).await.expect("committed");
    assert_eq!(store.hub_feeds().await, Ok(vec![before.id, other.id]), "it names a hub");
    let both = store.with_callbacks(&[other.id, before.id]).await.expect("read");
    let seen = |(feed, callbacks): &(HubFeed, Vec<Callback>)| {
        (feed.feed, feed.hubs.len(), feed.topic.is_some(), feed.is_polled, callbacks.len())
    };
    let seen: Vec<_> = both.iter().map(seen).collect();
    assert_eq!(seen, [(before.id, 0, false, true, 2), (other.id, 1, true, true, 0)]);
    store.sync(&[], minute(10)).await.expect("a sync");
    assert_eq!(store.hub_feeds().await, Ok(vec![before.id]), "it has callbacks still");
    let retired = store.with_callbacks(&[before.id]).await.expect("read");
    assert!(!retired[0].0.is_polled);
}

pub(super) async fn what_is_to_be_done_about_callbacks_is_found_by_its_moment(world: &impl World) {
    let store = with_feeds(world, 3).await;
    let ids = [feed(&store, 0).await.id, feed(&store, 1).await.id, feed(&store, 2).await.id];
    let due =
        |token: &str, feed, state, at| Callback { due: minute(at), ..callback(token, feed, state) };
    let short = CallbackState::Active {
        verified: minute(0),
        lapses: minute(50),
        heard: minute(0),
        doubted: false,
    };
    for kept in [
        due("a", ids[0], CallbackState::Asked, 10),
        due("b", ids[0], active(1, false), 20),
        due("c", ids[1], short, 30),
        due("d", ids[2], CallbackState::Leaving { told: true }, 30),
    ] {
        store.add_callback(&kept, None).await.expect("added");
    }
    let lease = TimeDelta::days(10).num_minutes();
    for (after, now, expected) in [
        (0, 9, vec![]),
        (0, 10, vec![ids[0]]),
        (0, 20, vec![ids[0]]),
        (10, 30, ids.to_vec()),
        (20, 30, vec![ids[1], ids[2]]),
        (30, 49, vec![]),
        (30, 50, vec![ids[1]]),
        (50, lease, vec![ids[0]]),
    ] {
        let found = store.callbacks_due(minute(after), minute(now)).await;
        assert_eq!(found, Ok(expected), "{after} to {now}");
    }
    for (now, next) in
        [(0, Some(10)), (10, Some(20)), (30, Some(50)), (50, Some(lease)), (lease, None)]
    {
        assert_eq!(store.next_callback(minute(now)).await, Ok(next.map(minute)), "{now}");
    }
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
    for (after, now, due) in [(0, 4, vec![]), (4, 5, vec![id]), (5, 9, vec![])] {
        assert_eq!(store.notes_due(minute(after), minute(now)).await, Ok(due), "{after} to {now}");
    }
    assert_eq!(store.notes(&[id, feed(&store, 1).await.id]).await, Ok(vec![kept]));
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
    assert_eq!(store.notes_due(minute(0), minute(9)).await, Ok(vec![]));
    store.close().await.expect("a close");
    let again = world.open(minute(1)).await.note(id).await.expect("read");
    assert_eq!(again, Note { generation: 2, ..answered }, "it outlives the callback");
}
