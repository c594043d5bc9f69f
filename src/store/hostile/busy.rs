//! Readers that are slow, writers that do not wait for them, several processes on one file.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::store::contract::world::{SqliteWorld, arrival, feed, minute, plan, with_feeds};
use crate::store::open;

/// R28: no "database is locked", whoever reads for how long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_holds_up_no_writer_and_no_reader() {
    let world = SqliteWorld::new();
    let store = with_feeds(&world, 4).await;
    let command = open::beside(&world.path()).await.expect("a store");

    // Another program reads one state of the database all the while.
    let slow = rusqlite::Connection::open(world.path()).expect("a connection");
    slow.execute_batch("begin; select count(*) from entry").expect("a read transaction");

    let done = Arc::new(AtomicBool::new(false));
    let reads = tokio::spawn({
        let (store, done) = (store.clone(), Arc::clone(&done));
        async move {
            let mut reads = 0;
            while !done.load(Ordering::Relaxed) {
                store.newest(&[], None, 100).await.expect("a read");
                reads += 1;
            }
            reads
        }
    });
    let mut asks = tokio::task::JoinSet::new();
    for round in 0..100 {
        for number in 0..4 {
            let feed = feed(&store, number).await;
            let arrivals = vec![arrival(&round.to_string(), minute(round))];
            store.commit(plan(&feed, minute(round), arrivals)).await.expect("a write");
        }
        let command = command.clone();
        asks.spawn(async move { command.ask("refresh", "", minute(round)).await });
        if round % 25 == 0 {
            store.checkpoint().await.expect("a checkpoint waits for nobody");
        }
    }
    while let Some(asked) = asks.join_next().await {
        asked.expect("no panic").expect("a request");
    }
    done.store(true, Ordering::Relaxed);
    assert!(reads.await.expect("no panic") > 0);
    let seen: i64 = slow
        .query_row("select count(*) from entry", [], |row| row.get(0))
        .expect("the slow reader goes on");
    assert_eq!(seen, 0, "and still sees the state it began with");
    drop(slow);
    assert_eq!(store.counts().await.expect("counts").entries, 400);
    command.close().await.expect("a close");
    store.close().await.expect("a close");
}
