//! Processes killed at every step of making and migrating a database (T82), and the lock that a
//! killed owner leaves.
//!
//! The child is this very test program, told by its environment to play the part of the service;
//! `strace` kills it at its n-th call that changes a file, for every n until it gets through.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use super::next_release;
use super::system::{can_trace, skip};
use crate::store::contract::world::{SqliteWorld, minute, post, with_feeds};
use crate::store::error::OpenError;
use crate::store::migrate::{self, Standing};
use crate::store::open;

const DATABASE: &str = "FEEDMILL_TEST_DATABASE";
const PART: &str = "FEEDMILL_TEST_PART";

/// All that changes files, memory maps apart.
const CHANGES: &str = "pwrite64,write,fsync,fdatasync,ftruncate,unlink,rename,fallocate";

fn environment(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "a child of a test is told its part")]
    std::env::var(name).ok()
}

/// Plays a part if the environment names one; otherwise nothing.
#[tokio::test]
async fn the_child() {
    let (Some(database), Some(part)) = (environment(DATABASE), environment(PART)) else { return };
    let path = PathBuf::from(database);
    match part.as_str() {
        "migrate" => {
            let store = open::open_as(&path, minute(9), next_release()).await;
            store.expect("a store").close().await.expect("a close");
        }
        "hold" => {
            let _store = open::open(&path, minute(9)).await.expect("a store");
            std::fs::write(path.with_extension("held"), "").expect("a sign");
            std::future::pending::<()>().await;
        }
        other => panic!("no part is called {other}"),
    }
}

fn child(before: &[&str], path: &Path, part: &str) -> Child {
    let program = std::env::current_exe().expect("this program");
    let words = before.iter().map(std::ffi::OsStr::new).chain([program.as_os_str()]);
    let words: Vec<_> = words.collect();
    Command::new(words[0])
        .args(&words[1..])
        .args(["--exact", "store::hostile::kills::the_child", "--test-threads=1", "--quiet"])
        .env(DATABASE, path)
        .env(PART, part)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a child")
}

fn killed_at(step: usize, path: &Path) -> ExitStatus {
    let trace = format!("trace={CHANGES}");
    let inject = format!("inject={CHANGES}:signal=SIGKILL:when={step}");
    let strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject];
    child(&strace, path, "migrate").wait().expect("an end")
}

/// Kills a child at every step of opening what `prepare` makes, looks at what is left, and lets the
/// next one finish. Returns how many steps there were.
async fn sweep(prepare: impl Fn(&Path), look: impl Fn(&Path, Standing)) -> usize {
    for step in 1..1_000 {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("feedmill.db");
        prepare(&path);
        let status = killed_at(step, &path);
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
            if standing == Standing::Ours(old) {
                assert_eq!(titles, None, "the old schema, and nothing of the new");
            } else {
                assert_eq!((standing, titles), (Standing::Ours(new), Some(2)));
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
        assert!(standing == Standing::New || standing == Standing::Ours(new), "{standing:?}");
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
