//! A full disk: what was acknowledged stays, what was not leaves no trace, reading goes on, and
//! writing does as soon as there is space (T75).

use super::next_release;
use super::system::{SmallDisk, skip};
use crate::model::text::SafeHtml;
use crate::store::contract::world::{arrival, feed, key, minute, plan, subscriptions};
use crate::store::error::{OpenError, StoreError};
use crate::store::migrate::{self, Holding, Migration};
use crate::store::open::{self, Store};

/// One poll of feed `number` that brings one entry of some kilobytes.
async fn poll(store: &Store, number: usize, round: usize, kib: usize) -> Result<(), StoreError> {
    let feed = feed(store, number).await;
    let mut new = arrival(&format!("{number}-{round}"), minute(1));
    new.content.body = SafeHtml::cleaned("x".repeat(kib * 1_024));
    let mut poll = plan(&feed, minute(1), vec![new]);
    poll.state.validators.etag = Some(format!("\"{number}-{round}\"").into_bytes());
    store.commit(poll).await.map(|_| ())
}

async fn entries(store: &Store) -> u64 {
    store.counts().await.expect("counts").entries
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_loses_nothing_and_is_survived() {
    let Some(disk) = SmallDisk::mount(4_096) else {
        return skip("a small disk cannot be mounted");
    };
    let path = disk.path().join("feedmill.db");
    let store = open::open(&path, minute(0)).await.expect("a store");
    store.sync(&subscriptions(8, &[]), minute(0)).await.expect("a sync");
    disk.fill(400);

    // Polls of eight feeds, together, until the disk is full.
    let mut acknowledged = 0;
    let mut full = 0;
    for round in 0..40 {
        let polls = (0..8).map(|number| poll(&store, number, round, 4));
        for result in futures_util::future::join_all(polls).await {
            match result {
                Ok(()) => acknowledged += 1,
                Err(error) => {
                    assert_eq!(error, StoreError::Full);
                    full += 1;
                }
            }
        }
    }
    assert!(acknowledged > 0 && full > 0, "{acknowledged} polls fitted, {full} did not");
    assert_eq!(entries(&store).await, acknowledged, "one is written or refused, never half");
    for number in 0..8 {
        let etag = feed(&store, number).await.state.validators.etag;
        let kept = store.newest(&[], None, 400).await.expect("reading goes on").len() as u64;
        assert_eq!(kept, acknowledged);
        let Some(etag) = etag else { continue };
        let guid = String::from_utf8(etag).expect("text").trim_matches('"').to_owned();
        let keys = [key(&guid)];
        let feed = feed(&store, number).await.id;
        let known = store.known(feed, &keys, &[], &[]).await.expect("known");
        assert_eq!(known.len(), 1, "validators never get ahead of entries (I1)");
    }

    disk.empty();
    for number in 0..8 {
        poll(&store, number, 1_000, 4).await.expect("there is space again");
    }
    store.close().await.expect("a close");
    let store = open::open(&path, minute(1)).await.expect("a store");
    assert_eq!(entries(&store).await, acknowledged + 8);
    store.close().await.expect("a close");
    assert_whole(&path);
}

fn assert_whole(path: &std::path::Path) {
    let connection = rusqlite::Connection::open(path).expect("a connection");
    let verdict: String =
        connection.query_row("pragma integrity_check", [], |row| row.get(0)).expect("a check");
    assert_eq!(verdict, "ok");
}

/// A migration that needs more room than the file has.
fn bulky_release() -> Vec<Migration> {
    let mut migrations = next_release();
    migrations.push(Migration {
        name: "9003_it_is_bulky",
        sql: "create table bulk (content blob) strict;
              insert into bulk select zeroblob(1000) from
              (with recursive n (i) as (select 1 union all select i + 1 from n where i < 3000)
               select i from n);",
    });
    migrations
}

#[tokio::test]
async fn a_migration_without_room_leaves_the_file_as_it_was() {
    let Some(disk) = SmallDisk::mount(9_216) else {
        return skip("a small disk cannot be mounted");
    };
    let path = disk.path().join("feedmill.db");
    let store = open::open(&path, minute(0)).await.expect("a store");
    store.sync(&subscriptions(1, &[]), minute(0)).await.expect("a sync");
    for round in 0..100 {
        poll(&store, 0, round, 8).await.expect("a poll");
    }
    store.close().await.expect("a close");
    let size = std::fs::metadata(&path).expect("the file").len() / 1_024;

    for (left, backed_up) in [(size / 2, false), (size + 1_024, true)] {
        disk.fill(left);
        let error = open::open_as(&path, minute(1), bulky_release()).await.expect_err("no room");
        match (&error, backed_up) {
            (OpenError::Backup { source: StoreError::Full, .. }, false) => {}
            (OpenError::Store { source: StoreError::Full, .. }, true) => {}
            _ => panic!("with {left} KiB: {error:?}"),
        }
        let standing = migrate::inspect(&path, &bulky_release()).expect("a look");
        assert_eq!(standing, Holding::Ours(migrate::all().len()));
        let old = open::open(&path, minute(1)).await.expect("the old program goes on");
        assert_eq!(entries(&old).await, 100);
        old.close().await.expect("a close");
        disk.empty();
    }
    assert!(path.with_extension("db.before-9001").exists(), "with a copy of before");
    let new = open::open_as(&path, minute(2), bulky_release()).await.expect("room at last");
    new.close().await.expect("a close");
    assert_whole(&path);
}
