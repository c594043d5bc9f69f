//! Feeds and their entries.

use chrono::TimeDelta;

use super::world::{World, arrival, feed, key, minute, plan, post, subscriptions, url, with_feeds};
use crate::model::document::RawHtml;
use crate::model::entry::{BodyPlace, Entry, EntryId, Fingerprint};
use crate::model::feed::{CheckRule, Feed, FeedState, Standing};
use crate::model::plan::Change;
use crate::model::removed::{Removed, RemovedKind};
use crate::model::text::{PlainText, SafeHtml};
use crate::model::url::DocumentKey;
use crate::store::error::StoreError;
use crate::store::open::Store;
use crate::store::statement::Statement;
use crate::store::sync::SyncReport;

pub(super) async fn sync_is_idempotent_and_retires_and_revives(world: &impl World) {
    let store = world.open(minute(0)).await;
    let sync = async |count, tags: &[&str], at| {
        store.sync(&subscriptions(count, tags), minute(at)).await.expect("a sync")
    };
    let report = sync(3, &["presse", "matin"], 0).await;
    assert_eq!(report, SyncReport { added: 3, ..SyncReport::default() });
    let revision = store.revision().await.expect("a revision");

    assert_eq!(sync(3, &["matin", "presse", "matin"], 1).await, SyncReport::default());
    assert_eq!(store.revision().await, Ok(revision), "the same list again writes nothing");

    let entries = post(&store, 2, &["a"], minute(1)).await;
    let before = feed(&store, 2).await;
    let report = sync(2, &["presse", "matin"], 2).await;
    assert_eq!(report, SyncReport { retired: 1, ..SyncReport::default() });
    assert_eq!(store.agenda().await.expect("an agenda").len(), 2);
    assert_eq!(store.feed(before.id).await, Ok(None), "a retired feed is not found");
    let late = plan(&before, minute(2), vec![arrival("b", minute(2))]);
    assert_eq!(store.commit(late).await, Err(StoreError::Conflict), "nor written by a late poll");
    let titles = store.feed_titles(&[before.id]).await.expect("titles");
    assert_eq!(titles[0].url, url(2), "its title is kept for its entries");
    assert_eq!(store.entries(&entries).await.expect("entries").len(), 1);
    assert_eq!(store.newest(&[], None, 9).await, Ok(vec![]), "which are listed no more");

    let report = sync(3, &["matin"], 90).await;
    assert_eq!(report, SyncReport { revived: 1, retagged: 3, ..SyncReport::default() });
    assert_eq!(feed(&store, 2).await.state.next_check, minute(90), "and is due when revived");
    let summaries = store.feeds().await.expect("feeds");
    assert!(summaries.iter().all(|summary| summary.tags == ["matin"] && !summary.retired));
    assert_eq!(summaries.iter().map(|summary| summary.entries).collect::<Vec<_>>(), [0, 0, 1]);
    store.close().await.expect("a close");

    let store = world.open(minute(100)).await;
    assert_eq!(store.agenda().await.expect("an agenda").len(), 3, "all is kept");
    a_feed_that_ended_is_asked_again(&store).await;
    store.close().await.expect("a close");
}

/// Taking a feed that said 410 out and in again is how an operator insists.
async fn a_feed_that_ended_is_asked_again(store: &Store) {
    let gone = feed(store, 0).await;
    let mut end = plan(&gone, minute(100), vec![]);
    end.state = FeedState {
        standing: Standing::Gone { since: minute(100) },
        rule: CheckRule::Gone,
        not_before: Some(minute(130)),
        next_check: minute(1_000_000),
        ..gone.state
    };
    store.commit(end).await.expect("a commit");
    let all = subscriptions(3, &["matin"]);
    store.sync(&all[1..], minute(101)).await.expect("a sync");
    store.sync(&all, minute(102)).await.expect("a sync");
    let back = feed(store, 0).await.state;
    assert_eq!((back.standing, back.rule), (Standing::New, CheckRule::FirstPoll));
    assert_eq!(back.next_check, minute(130), "though not before its publisher wants");
}

pub(super) async fn a_late_plan_writes_nothing_at_all(world: &impl World) {
    let store = with_feeds(world, 1).await;
    let old = feed(&store, 0).await;
    let first = plan(&old, minute(1), vec![arrival("a", minute(1))]);
    assert_eq!(store.commit(first).await.expect("a commit").arrived, 1);
    let written = feed(&store, 0).await;
    assert_eq!(written.generation, old.generation + 1);

    let mut late = plan(&old, minute(2), vec![arrival("b", minute(2))]);
    late.state.title = PlainText::new("Trop tard");
    assert_eq!(store.commit(late).await, Err(StoreError::Conflict));
    assert_eq!(feed(&store, 0).await, written, "neither the feed");
    let known = store.known(old.id, &[key("a"), key("b")], &[], &[]).await.expect("known");
    assert_eq!(known.len(), 1, "nor an entry");
    store.close().await.expect("a close");
}

pub(super) async fn a_key_is_kept_once_and_numbers_grow(world: &impl World) {
    let store = with_feeds(world, 2).await;
    let first = post(&store, 0, &["a", "b", "a"], minute(1)).await;
    assert_eq!(first.len(), 2, "the same key twice in one plan");
    let second = post(&store, 0, &["c", "a", "d"], minute(2)).await;
    assert_eq!(second.len(), 2, "and again in a later one");
    let other = post(&store, 1, &["a"], minute(3)).await;
    assert_eq!(other.len(), 1, "though another feed may have it too (T56)");
    let all = [first, second.clone(), other].concat();
    assert!(all.is_sorted_by(|a, b| a < b), "numbers follow arrival: {all:?}");

    let wipe = |table: &str, column: &str| {
        Statement::new(format!("delete from {table} where {column} > $1"), vec![1i64.into()])
    };
    let wipe = vec![wipe("entry_body", "entry_id"), wipe("entry", "id")];
    store.engine.write(wipe).await.expect("a deletion");
    store.close().await.expect("a close");
    let store = world.open(minute(9)).await;
    let next = post(&store, 0, &["e"], minute(9)).await;
    assert!(next.first() > all.last(), "and never run back, even after deletions");
    store.close().await.expect("a close");
}

pub(super) async fn a_refused_operation_takes_no_other_with_it(world: &impl World) {
    let store = with_feeds(world, 40).await;
    let mut polls = tokio::task::JoinSet::new();
    for number in 0..40 {
        let feed = feed(&store, number).await;
        let mut poll = plan(&feed, minute(1), vec![arrival("a", minute(1))]);
        if number == 20 {
            poll.generation -= 1;
        }
        let store = store.clone();
        polls.spawn(async move { (number, store.commit(poll).await) });
    }
    while let Some(poll) = polls.join_next().await {
        let (number, result) = poll.expect("no panic");
        match number {
            20 => assert_eq!(result, Err(StoreError::Conflict)),
            _ => assert_eq!(result.expect("a commit").arrived, 1, "feed {number}"),
        }
    }
    assert_eq!(store.newest(&[], None, 100).await.expect("heads").len(), 39);
    store.close().await.expect("a close");
}

pub(super) async fn what_is_known_is_found_by_key_and_by_document(world: &impl World) {
    let store = with_feeds(world, 2).await;
    let one = feed(&store, 0).await;
    let mut moved = arrival("b", minute(1));
    moved.content.published = Some(minute(-30));
    let arrivals = vec![arrival("a", minute(1)), moved.clone(), arrival("c", minute(1))];
    store.commit(plan(&one, minute(1), arrivals)).await.expect("a commit");
    post(&store, 1, &["b"], minute(1)).await;

    let documents: Vec<_> = moved.document.into_iter().collect();
    let known = store.known(one.id, &[key("a"), key("z")], &documents, &[]).await.expect("known");
    let keys: Vec<_> = known.iter().map(|known| known.key).collect();
    assert_eq!(keys, [key("a"), key("b")], "each once, of this feed only");
    let b = &known[1];
    assert_eq!((b.document, b.title_hash), (moved.document, moved.title_hash));
    assert_eq!((b.published, b.fingerprint), (Some(minute(-30)), moved.fingerprint));
    assert_eq!(b.changes, 0);
    let both = store.known(one.id, &[key("b")], &documents, &[]).await.expect("known");
    assert_eq!(both.len(), 1, "one found both ways is one");
    let many: Vec<_> = (0..3_000).map(|n| key(&n.to_string())).chain([key("c")]).collect();
    assert_eq!(store.known(one.id, &many, &[], &[]).await.expect("known").len(), 1);
    store.close().await.expect("a close");
}

async fn only_entry(store: &Store, id: EntryId) -> Entry {
    store.entries(&[id]).await.expect("entries").remove(0)
}

pub(super) async fn a_change_is_seen_and_orders_anew(world: &impl World) {
    let store = with_feeds(world, 1).await;
    let ids = post(&store, 0, &["a", "b"], minute(1)).await;
    let revision = store.revision().await.expect("a revision");
    let mut content = arrival("a", minute(1)).content;
    content.title = PlainText::new("Un autre titre");
    content.published = Some(minute(-60));
    content.authors = vec![PlainText::new("Zoé")];
    content.body = SafeHtml::cleaned("<p>Autre</p>".to_owned());
    content.removed.add(RemovedKind::Tracker);
    let change = Change {
        entry: ids[0],
        document: Some(DocumentKey(-7)),
        title_hash: 5,
        fingerprint: Fingerprint(6),
        content: content.clone(),
        changed: minute(30),
    };
    let feed: Feed = feed(&store, 0).await;
    let mut poll = plan(&feed, minute(30), vec![]);
    poll.changes = vec![change];
    let committed = store.commit(poll).await.expect("a commit");
    assert_eq!((committed.arrived, committed.changed), (0, 1));
    assert!(store.revision().await.expect("a revision") > revision);

    let entry = only_entry(&store, ids[0]).await;
    assert_eq!((&entry.content, entry.changed), (&content, minute(30)));
    assert_eq!((entry.first_seen, entry.document), (minute(1), Some(DocumentKey(-7))));
    let heads = store.newest(&[], None, 9).await.expect("heads");
    assert_eq!(heads.iter().map(|head| head.id).collect::<Vec<_>>(), [ids[1], ids[0]]);
    assert_eq!((heads[1].order, heads[1].changed), (minute(-60), minute(30)));
    assert_eq!(store.known(feed.id, &[key("a")], &[], &[]).await.expect("known")[0].changes, 1);
    store.close().await.expect("a close");
}

pub(super) async fn the_newest_come_first_whichever_way_they_are_found(world: &impl World) {
    let store = world.open(minute(0)).await;
    let mut all = subscriptions(3, &["presse"]);
    all[1].1.push("rare".to_owned());
    store.sync(&all, minute(0)).await.expect("a sync");
    let guids: Vec<String> = (0..900).map(|number| number.to_string()).collect();
    for number in 0..3 {
        let feed = feed(&store, number).await;
        let arrivals = guids.iter().zip(0i64..).map(|(guid, order)| {
            let mut arrival = arrival(guid, minute(5_000));
            // Three times the same moment, out of order, and one in the future.
            arrival.content.published = Some(minute((order * 7 % 900) / 3 * 3));
            if order == 0 {
                arrival.content.published = Some(minute(9_999_999));
            }
            arrival
        });
        store.commit(plan(&feed, minute(5_000), arrivals.collect())).await.expect("a commit");
    }
    for tags in [vec![], vec!["presse".to_owned()], vec!["rare".to_owned(), "matin".to_owned()]] {
        let whole = store.newest(&tags, None, 5_000).await.expect("heads");
        assert_eq!(whole.len(), if tags.len() == 2 { 900 } else { 2_700 });
        assert!(whole.is_sorted_by_key(|head| (-head.order.timestamp(), -head.id.0)));
        assert_eq!(whole[0].order, minute(5_000), "the future counts as first seen (T88)");
        let mut paged = Vec::new();
        let mut before = None;
        while let Some(last) = {
            let page = store.newest(&tags, before, 400).await.expect("heads");
            paged.extend(page.iter().cloned());
            page.last().cloned()
        } {
            before = Some((last.order, last.id));
        }
        assert_eq!(paged, whole, "page by page it is the same");
    }
    let document = arrival("5", minute(0)).document.into_iter().collect::<Vec<_>>();
    let same = async |tags: &[&str]| {
        let tags: Vec<_> = tags.iter().map(|&tag| tag.to_owned()).collect();
        store.same_documents(&document, &tags).await.expect("heads").len()
    };
    assert_eq!((same(&[]).await, same(&["rare"]).await, same(&["matin"]).await), (3, 1, 0));
    store.close().await.expect("a close");
}

pub(super) async fn bodies_of_an_older_cleaner_wait_to_be_renewed(world: &impl World) {
    let store = with_feeds(world, 1).await;
    let ids = post(&store, 0, &["a", "b"], minute(1)).await;
    let age = Statement::new(
        "update entry_body set cleaner = 0, html = '<b>vieux</b>' where entry_id = $1",
        vec![ids[0].into()],
    );
    store.engine.write(vec![age]).await.expect("an update");
    assert!(only_entry(&store, ids[0]).await.content.body.is_empty(), "not given back (T40)");
    assert!(!only_entry(&store, ids[1]).await.content.body.is_empty());

    let stale = store.stale_bodies(BodyPlace::Feed, 10).await.expect("bodies");
    assert_eq!(stale.len(), 1);
    assert_eq!((stale[0].entry, &stale[0].html), (ids[0], &RawHtml("<b>vieux</b>".to_owned())));
    let revision = store.revision().await.expect("a revision");
    let body = SafeHtml::cleaned("<b>neuf</b>".to_owned());
    let mut removed = Removed::default();
    removed.take(RemovedKind::Share, "Partager sur Facebook");
    let renewed =
        vec![(ids[0], body.clone(), removed.clone()), (ids[1], body.clone(), removed.clone())];
    store.renew_bodies(BodyPlace::Feed, renewed).await.expect("a renewal");
    assert_eq!(only_entry(&store, ids[0]).await.content.body, body);
    assert_eq!(only_entry(&store, ids[0]).await.content.removed, removed);
    assert_ne!(only_entry(&store, ids[1]).await.content.body, body, "a good one is left alone");
    assert_eq!(store.stale_bodies(BodyPlace::Feed, 10).await, Ok(vec![]));
    assert!(store.revision().await.expect("a revision") > revision);
    let late = minute(1) + TimeDelta::minutes(1);
    assert_eq!(only_entry(&store, ids[0]).await.changed, late - TimeDelta::minutes(1));
    store.close().await.expect("a close");
}

pub(super) async fn a_body_that_ends_the_process_comes_last_and_then_is_set_apart(
    world: &impl World,
) {
    let store = with_feeds(world, 1).await;
    let ids = post(&store, 0, &["a", "b", "c"], minute(1)).await;
    let age = || Statement::new("update entry_body set cleaner = 1, html = '<b>x</b>'", vec![]);
    store.engine.write(vec![age()]).await.expect("an update");
    let stale = async || {
        let bodies = store.stale_bodies(BodyPlace::Feed, 10).await.expect("bodies");
        bodies.into_iter().map(|body| body.entry).collect::<Vec<_>>()
    };
    assert_eq!(stale().await, [ids[2], ids[1], ids[0]]);
    store.suspect_body(BodyPlace::Feed, ids[2]).await.expect("written");
    assert_eq!(stale().await, [ids[1], ids[0], ids[2]], "put off");
    store.set_bodies_apart(BodyPlace::Feed, &[ids[1]]).await.expect("written");
    store.suspect_body(BodyPlace::Feed, ids[2]).await.expect("written");
    assert_eq!(stale().await, [ids[0]], "set apart");
    for id in &ids {
        assert!(only_entry(&store, *id).await.content.body.is_empty());
        let lineage = store.lineage(*id).await.expect("read").expect("kept");
        assert_eq!(lineage.is_set_apart, *id != ids[0]);
    }
    let newer = Statement::new("update entry_body set cleaner = -1 where cleaner < 0", vec![]);
    store.engine.write(vec![newer]).await.expect("an update");
    assert_eq!(stale().await, [ids[0], ids[2], ids[1]], "another version tries again");
    store.close().await.expect("a close");
}
