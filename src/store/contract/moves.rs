//! Feeds that move, and subscriptions that follow.

use super::world::{World, arrival, edition, feed, minute, plan, post, url, with_feeds};
use crate::model::edition::{CopyOf, NewEdition};
use crate::model::entry::EntryId;
use crate::model::feed::{Feed, FeedId, Standing, Tag};
use crate::model::outcome::FailureClass;
use crate::model::url::FeedUrl;
use crate::store::error::StoreError;
use crate::store::open::Store;
use crate::store::sync::SyncReport;

fn tags(tags: &[&str]) -> Vec<Tag> {
    tags.iter().map(|&tag| tag.to_owned()).collect()
}

/// Feed `number` moves to `to`, and turned out to be `other`.
async fn moves(store: &Store, number: usize, to: &FeedUrl, other: Option<FeedId>) {
    let moving = feed(store, number).await;
    let mut plan = plan(&moving, minute(2), vec![]);
    plan.state.whereabouts.moved_to = Some(to.clone());
    (plan.moved, plan.merged_into) = (Some(to.clone()), other);
    store.commit(plan).await.expect("a commit");
}

/// What is subscribed from now on, each with a tag.
async fn subscribes(store: &Store, wanted: &[(usize, &str)]) -> SyncReport {
    let wanted: Vec<_> = wanted.iter().map(|(n, tag)| (url(*n), tags(&[tag]))).collect();
    let report = store.sync(&wanted, minute(3)).await.expect("a sync");
    let again = store.sync(&wanted, minute(4)).await.expect("a sync");
    assert_eq!(again, SyncReport::default(), "the same again writes nothing");
    report
}

/// The active feeds with their tags.
async fn active(store: &Store) -> Vec<(Feed, Vec<Tag>)> {
    let feeds = store.feeds().await.expect("feeds").into_iter();
    feeds.filter(|feed| !feed.retired).map(|feed| (feed.feed, feed.tags)).collect()
}

async fn newest(store: &Store, tag: &str) -> Vec<EntryId> {
    let mut heads = store.newest(&tags(&[tag]), None, 99).await.expect("entries");
    heads.sort_by_key(|head| head.id);
    heads.into_iter().map(|head| head.id).collect()
}

pub(super) async fn a_feed_that_moved_to_another_becomes_it(world: &impl World) {
    let store = world.open(minute(0)).await;
    store
        .sync(&[(url(0), tags(&["presse"])), (url(1), tags(&["autre"]))], minute(0))
        .await
        .expect("a sync");
    store.newsletter_began("matin", minute(0)).await.expect("a newsletter");
    let old = post(&store, 0, &["only here", "both"], minute(1)).await;
    let sealed = edition("matin", 11, &old, &[]);
    store.seal(sealed).await.expect("an edition");
    let new = post(&store, 1, &["both", "only there"], minute(1)).await;
    let (from, other) = (feed(&store, 0).await, feed(&store, 1).await);
    assert_eq!(store.feed_at(&url(1), from.id).await, Ok(Some(other.id)));
    assert_eq!(store.feed_at(&url(1), other.id).await, Ok(None));
    let late = plan(&other, minute(2), vec![arrival("late", minute(2))]);
    moves(&store, 0, &url(1), Some(other.id)).await;

    assert_eq!(store.commit(late).await, Err(StoreError::Conflict), "it is decided again");
    assert_eq!(store.agenda().await.expect("an agenda").len(), 1, "one is asked");
    let kept = [old[0], new[0], new[1]];
    for tag in ["presse", "autre"] {
        assert_eq!(newest(&store, tag).await, kept, "{tag}: history, and nothing twice");
    }
    let waiting = store.waiting("matin", &tags(&["presse"]), 5).await.expect("entries");
    let waiting: Vec<_> = waiting.iter().map(|entry| entry.id).collect();
    assert_eq!(waiting, [new[1]], "what was in a newsletter is not again");

    let report = subscribes(&store, &[(0, "presse"), (1, "autre")]).await;
    assert_eq!(report, SyncReport::default(), "both stay subscribed, and share one feed");
    assert_eq!(active(&store).await[0].1, ["autre", "presse"]);
    let found = store.feed_by_url(&url(0)).await.expect("a query").expect("a feed");
    assert_eq!(found.id, other.id, "by either name");

    let report = subscribes(&store, &[(1, "autre")]).await;
    assert_eq!(report, SyncReport { retagged: 1, ..SyncReport::default() });
    assert_eq!(newest(&store, "autre").await, kept, "the old one is taken out");
    let report = subscribes(&store, &[(0, "presse")]).await;
    assert_eq!(report, SyncReport { renamed: 1, retagged: 1, ..SyncReport::default() });
    let [(left, _)] = &active(&store).await[..] else { panic!("one feed") };
    assert_eq!((left.id, &left.url, left.address()), (other.id, &url(0), &url(1)));
    assert_eq!(newest(&store, "presse").await, kept, "or the other one is");
    store.close().await.expect("a close");
}

pub(super) async fn what_was_passed_over_is_so_in_the_feed_that_another_became(world: &impl World) {
    let store = with_feeds(world, 3).await;
    store.newsletter_began("matin", minute(0)).await.expect("a newsletter");
    let had = post(&store, 2, &["both"], minute(1)).await;
    store.seal(edition("matin", 10, &had, &[])).await.expect("an edition");
    let passed = post(&store, 0, &["both"], minute(1)).await;
    let copies = vec![CopyOf { entry: passed[0], of: had[0] }];
    let next = NewEdition { copies, ..edition("matin", 11, &[], &[]) };
    store.seal(next).await.expect("an edition");
    let new = post(&store, 1, &["both"], minute(1)).await;
    moves(&store, 0, &url(1), Some(feed(&store, 1).await.id)).await;
    let member = store.memberships(new[0]).await.expect("a query").pop().expect("one");
    assert_eq!((member.place, member.copy_of), (None, Some(had[0])));
    store.close().await.expect("a close");
}

pub(super) async fn a_feed_that_another_became_is_well(world: &impl World) {
    let store = world.open(minute(0)).await;
    let wanted: Vec<_> = (0..4).map(|n| (url(n), tags(&["presse"]))).collect();
    store.sync(&wanted, minute(0)).await.expect("a sync");
    let failing = Standing::Failing {
        failures: 9,
        since: minute(0),
        class: FailureClass::Server,
        reason: "502".to_owned(),
    };
    let far = minute(9_999);
    for (other, standing, not_before, next_check, after) in [
        (1, Standing::Gone { since: minute(1) }, None, minute(2), Standing::Healthy),
        (2, failing, Some(minute(7)), minute(7), Standing::Healthy),
        (3, Standing::Healthy, None, far, Standing::Healthy),
    ] {
        let before = feed(&store, other).await;
        let mut plan = plan(&before, minute(1), vec![]);
        (plan.state.standing, plan.state.next_check) = (standing, far);
        plan.state.not_before = not_before;
        store.commit(plan).await.expect("a commit");
        moves(&store, other - 1, &url(other), Some(before.id)).await;
        let state = feed(&store, other).await.state;
        assert_eq!((state.standing, state.next_check), (after, next_check), "{other}");
    }
    store.close().await.expect("a close");
}

pub(super) async fn a_subscription_follows_its_feed(world: &impl World) {
    let store = with_feeds(world, 1).await;
    let before = feed(&store, 0).await;
    let entries = post(&store, 0, &["a"], minute(1)).await;
    moves(&store, 0, &url(1), None).await;
    let agenda = store.agenda().await.expect("an agenda");
    assert_eq!(agenda[0].site, url(1).site(), "it is paced with its new site");

    let renamed = SyncReport { renamed: 1, ..SyncReport::default() };
    for (number, asked) in [(1, 1), (0, 1), (1, 1)] {
        assert_eq!(subscribes(&store, &[(number, "presse")]).await, renamed, "{number}");
        let [(feed, _)] = &active(&store).await[..] else { panic!("one feed") };
        assert_eq!((feed.id, &feed.url), (before.id, &url(number)));
        assert_eq!(feed.address(), &url(asked));
        assert_eq!(newest(&store, "presse").await, entries);
    }
    // Both names at once are one feed, whichever came first.
    let both = subscribes(&store, &[(0, "presse"), (1, "presse")]).await;
    assert_eq!(both, SyncReport::default());
    assert_eq!(active(&store).await.len(), 1);
    store.close().await.expect("a close");
}

pub(super) async fn a_name_that_is_taken_by_a_retired_feed_is_given_over(world: &impl World) {
    let store = with_feeds(world, 2).await;
    let mine = post(&store, 0, &["a"], minute(1)).await;
    post(&store, 1, &["a"], minute(1)).await;
    subscribes(&store, &[(0, "presse")]).await;
    moves(&store, 0, &url(1), None).await;
    let both = subscribes(&store, &[(0, "presse"), (1, "autre")]).await;
    assert_eq!(both, SyncReport { renamed: 1, retagged: 1, ..SyncReport::default() });
    assert_eq!(newest(&store, "presse").await, mine);
    assert_eq!(newest(&store, "autre").await, mine);
    assert_eq!(subscribes(&store, &[]).await, SyncReport { retired: 1, ..SyncReport::default() });
    assert_eq!(active(&store).await, []);
    let back = subscribes(&store, &[(0, "presse")]).await;
    let expected = SyncReport { renamed: 1, revived: 1, retagged: 1, ..SyncReport::default() };
    assert_eq!(back, expected);
    assert_eq!(newest(&store, "presse").await, mine);
    store.close().await.expect("a close");
}
