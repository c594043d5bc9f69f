//! Processes killed at every step of making, migrating and using a database (T74, T82), disks that
//! fail at every step (T75, T76), and the lock that a killed owner leaves.
//!
//! `strace` kills the child at its n-th call that changes a file, or makes that call fail, for every
//! n until the child gets through.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;

use super::next_release;
use super::stage::{child, diary, judge};
use super::system::{can_trace, skip};
use crate::store::contract::world::{SqliteWorld, minute, post, with_feeds};
use crate::store::error::OpenError;
use crate::store::migrate::{self, Holding};
use crate::store::open;

/// All that changes files, memory maps apart.
const CHANGES: &str = "pwrite64,write,fsync,fdatasync,ftruncate,unlink,rename,fallocate";

/// What of that may fail for a database: not the child's diary, nor what it says.
const CAN_FAIL: &str = "pwrite64,fsync,fdatasync,ftruncate,fallocate";

/// The end of a child in `part` whose n-th call of `calls` meets `fate`.
fn meets(fate: &str, calls: &str, n: usize, path: &Path, part: &str) -> ExitStatus {
    let trace = format!("trace={calls}");
    let inject = format!("inject={calls}:{fate}:when={n}");
    let strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject];
    child(&strace, path, part).wait().expect("an end")
}

fn killed_at(step: usize, path: &Path, part: &str) -> ExitStatus {
    meets("signal=SIGKILL", CHANGES, step, path, part)
}

/// Kills a child at every step of opening what `prepare` makes, looks at what is left, and lets the
/// next one finish. Returns how many steps there were.
async fn sweep(prepare: impl Fn(&Path), look: impl Fn(&Path, Holding)) -> usize {
    for step in 1..1_000 {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("feedmill.db");
        prepare(&path);
        let status = killed_at(step, &path, "migrate");
        let survived = status.success();
        assert!(survived || status.signal() == Some(9), "step {step}: {status}");
        let standing = migrate::inspect(&path, &next_release());
        look(&path, standing.unwrap_or_else(|error| panic!("step {step}: {error:?}")));
        let store = open::open_as(&path, minute(9), next_release()).await;
        store.expect("the next one gets through").close().await.expect("a close");
        for half in ["db.before-9001.part", "db.new", "db.new-wal", "db.new-journal"] {
            assert!(!path.with_extension(half).exists(), "nothing half is left");
        }
        if survived {
            return step;
        }
    }
    panic!("a child needs more than a thousand steps");
}

#[tokio::test]
async fn a_migration_killed_at_any_step_leaves_the_old_schema_or_the_new() {
    if !can_trace() {
        return skip("strace cannot trace");
    }
    let world = SqliteWorld::new();
    let store = with_feeds(&world, 3).await;
    post(&store, 0, &["a", "b"], minute(1)).await;
    store.close().await.expect("a close");
    let old = migrate::all().len();
    let new = next_release().len();
    let steps = sweep(
        |path| {
            std::fs::copy(world.path(), path).expect("a copy");
        },
        |path, standing| {
            let connection = rusqlite::Connection::open(path).expect("a connection");
            let count =
                |sql: &str| -> Option<i64> { connection.query_row(sql, [], |row| row.get(0)).ok() };
            assert_eq!(count("select count(*) from entry"), Some(2), "nothing is lost");
            let titles = count("select count(*) from title");
            if standing == Holding::Ours(old) {
                assert_eq!(titles, None, "the old schema, and nothing of the new");
            } else {
                assert_eq!((standing, titles), (Holding::Ours(new), Some(2)));
                assert!(path.with_extension("db.before-9001").exists(), "with its backup");
            }
        },
    );
    println!("killed at {} steps", steps.await);
}

#[tokio::test]
async fn a_first_start_killed_at_any_step_is_begun_again() {
    if !can_trace() {
        return skip("strace cannot trace");
    }
    let new = next_release().len();
    let whole = |_: &Path, standing| {
        assert!(standing == Holding::New || standing == Holding::Ours(new), "{standing:?}");
    };
    println!("killed at {} steps", sweep(|_| {}, whole).await);
}

#[tokio::test]
async fn a_killed_owner_leaves_no_lock() {
    let world = SqliteWorld::new();
    let mut owner = child(&["env"], &world.path(), "hold");
    while !world.path().with_extension("held").exists() {
        assert_eq!(owner.try_wait().expect("a child"), None, "the owner gave up");
        tokio::task::yield_now().await;
    }
    let refused = open::open(&world.path(), minute(10)).await;
    assert!(matches!(refused, Err(OpenError::Held { .. })));
    owner.kill().expect("a kill");
    owner.wait().expect("an end");
    let store = open::open(&world.path(), minute(10)).await.expect("the lock fell with its owner");
    store.close().await.expect("a close");
}

#[tokio::test]
async fn a_service_killed_at_any_step_keeps_all_it_was_told_is_kept() {
    if !can_trace() {
        return skip("strace cannot trace");
    }
    for step in 1..1_000 {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("feedmill.db");
        let status = killed_at(step, &path, "work");
        assert!(status.success() || status.signal() == Some(9), "step {step}: {status}");
        judge(&path, false).await;
        if status.success() {
            assert_eq!(diary(&path).last().map(String::as_str), Some("close"));
            return println!("killed at {} steps", step - 1);
        }
    }
    panic!("a child needs more than a thousand steps");
}

#[tokio::test]
async fn a_disk_that_fails_at_any_step_loses_nothing_and_is_told() {
    if !can_trace() {
        return skip("strace cannot trace");
    }
    for (fate, stride) in [("error=ENOSPC", 1), ("error=EIO", 3)] {
        let mut failed = 0;
        for step in (1..1_000).step_by(stride) {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let path = folder.path().join("feedmill.db");
            let status = meets(fate, CAN_FAIL, step, &path, "work");
            assert!(status.success(), "{fate} at step {step}: {status}, {:?}", diary(&path));
            judge(&path, true).await;
            if !diary(&path).iter().any(|line| line.contains(": ")) {
                break;
            }
            failed += 1;
        }
        assert!(failed > 10, "{fate} was never met");
        println!("{fate}: {failed} lives with a failure");
    }
}
