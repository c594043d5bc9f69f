//! Figures of real stores, and the floors under them: bytes per entry, polls per second, what a
//! newsletter's morning costs. Speeds are printed and held only where a regression would be one of
//! kind, since machines differ; sizes are the same everywhere.

use std::time::Instant;

use chrono::TimeDelta;

use super::contract::world::{SqliteWorld, World, arrival, edition, minute, plan, subscriptions};
use crate::model::entry::EntryId;
use crate::model::feed::Feed;
use crate::model::text::{PlainText, SafeHtml};
use crate::store::open::Store;

/// An entry with a body of 665 bytes, a title of 60, a link of 60.
fn typical(number: i64, first_seen: i64) -> crate::model::plan::Arrival {
    let mut arrival = arrival(&format!("article-{number:010}"), minute(first_seen));
    arrival.content.title = PlainText::new(&format!("{:060}", number));
    arrival.content.body = SafeHtml::cleaned(format!("<p>{:b<658}</p>", number));
    arrival.content.published = Some(minute(first_seen - number * 7_919 % 1_440));
    arrival
}

/// Polls each of `feeds` once: `entries` new ones each. How long that took, in seconds.
async fn poll_all(store: &Store, feeds: &[Feed], round: i64, entries: i64) -> f64 {
    let started = Instant::now();
    let mut workers = tokio::task::JoinSet::new();
    for share in feeds.chunks(feeds.len().div_ceil(64)) {
        let (store, share) = (store.clone(), share.to_vec());
        workers.spawn(async move {
            for feed in share {
                let first = (round * 1_000_000 + feed.id.0) * entries;
                let arrivals = (first..first + entries).map(|number| typical(number, round));
                let mut poll = plan(&feed, minute(round), arrivals.collect());
                poll.generation = feed.generation + round;
                store.commit(poll).await.expect("a commit");
            }
        });
    }
    while let Some(worker) = workers.join_next().await {
        worker.expect("no panic");
    }
    started.elapsed().as_secs_f64()
}

async fn filled(world: &SqliteWorld, feeds: usize) -> (Store, Vec<Feed>) {
    let store = world.open(minute(0)).await;
    store.sync(&subscriptions(feeds, &["presse"]), minute(0)).await.expect("a sync");
    let feeds = store.feeds().await.expect("feeds").into_iter().map(|summary| summary.feed);
    let feeds = feeds.collect();
    (store, feeds)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_takes_at_most_1515_bytes_and_polls_are_quick() {
    let world = SqliteWorld::new();
    let (store, feeds) = filled(&world, 2_000).await;
    let with_entries = poll_all(&store, &feeds, 0, 3).await;
    for round in 1..4 {
        poll_all(&store, &feeds, round, 3).await;
    }
    let unchanged = poll_all(&store, &feeds, 4, 0).await;
    store.checkpoint().await.expect("a checkpoint");
    let bytes = std::fs::metadata(world.path()).expect("the file").len();
    let per_entry = bytes / (2_000 * 3 * 4);
    println!("{per_entry} bytes of database per entry");
    println!("{:.0} polls/s with three new entries each", 2_000.0 / with_entries);
    println!("{:.0} polls/s unchanged", 2_000.0 / unchanged);
    store.close().await.expect("a close");
    assert!(per_entry <= 1_515, "{per_entry} bytes per entry");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_morning_with_50_000_entries_takes_moments() {
    let world = SqliteWorld::new();
    let (store, feeds) = filled(&world, 1_000).await;
    let filling = poll_all(&store, &feeds, 0, 50).await;
    store.newsletter_began("matin", minute(0)).await.expect("a beginning");

    let started = Instant::now();
    let waiting = store.waiting("matin", &["presse".to_owned()], 5).await.expect("a selection");
    let selecting = started.elapsed();
    assert_eq!(waiting.len(), 50_000);

    let ids: Vec<EntryId> = waiting.iter().map(|waiting| waiting.id).collect();
    let (shown, counted) = ids.split_at(25);
    let mut new = edition("matin", 12, shown, counted);
    new.sealed = minute(0) + TimeDelta::days(2);
    let started = Instant::now();
    store.seal(new).await.expect("an edition");
    let sealing = started.elapsed();

    let started = Instant::now();
    let none = store.waiting("matin", &[], 5).await.expect("a selection");
    let selecting_again = started.elapsed();
    assert_eq!(none, []);

    let started = Instant::now();
    let newest = store.newest(&["presse".to_owned()], None, 100).await.expect("heads");
    let listing = started.elapsed();
    assert_eq!(newest.len(), 100);
    println!("50,000 entries written in {filling:.2} s");
    println!("waiting: {selecting:?}, after sealing: {selecting_again:?}");
    println!("seal of 50,000 members: {sealing:?}; newest 100: {listing:?}");
    store.close().await.expect("a close");
    assert!(sealing.as_secs_f64() < 5.0, "sealing took {sealing:?}");
}

/// What the process holds, in KiB (Linux; elsewhere 0).
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_thousand_feeds_are_synced_in_moments() {
    let world = SqliteWorld::new();
    let store = world.open(minute(0)).await;
    let all = subscriptions(20_000, &["presse", "matin"]);
    let before = resident_kib();
    for (round, added) in [20_000, 0].into_iter().enumerate() {
        let started = Instant::now();
        let report = store.sync(&all, minute(0)).await.expect("a sync");
        println!("sync of 20,000 feeds, round {round}: {:?}", started.elapsed());
        assert_eq!((report.added, report.retagged, report.retired), (added, 0, 0));
    }
    let started = Instant::now();
    let agenda = store.agenda().await.expect("an agenda");
    println!("agenda: {:?}", started.elapsed());
    assert_eq!(agenda.len(), 20_000);
    println!("resident: {before} KiB before, {} KiB after", resident_kib());
    store.close().await.expect("a close");
}
