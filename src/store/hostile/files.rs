//! Files that are not ours to change, and names that lead to one file.

use std::fs;
use std::path::Path;

use super::next_release;
use crate::store::contract::world::{SqliteWorld, World, minute, post, with_feeds};
use crate::store::error::{OpenError, StoreError};
use crate::store::migrate::{self, Migration};
use crate::store::open::{self, Store};

async fn refused(path: &Path, known: Vec<Migration>) -> String {
    let before = fs::read(path).expect("the file");
    let error = open::open_as(path, minute(0), known).await.expect_err("a refusal");
    assert!(fs::read(path).expect("the file") == before, "it is as it was");
    let folder = path.parent().expect("a folder").display().to_string();
    error.to_string().replace(&folder, "…")
}

async fn closed_with_an_entry(world: &SqliteWorld) {
    let store = with_feeds(world, 1).await;
    post(&store, 0, &["a"], minute(1)).await;
    store.close().await.expect("a close");
}

#[tokio::test]
async fn a_newer_file_is_refused_and_untouched() {
    let world = SqliteWorld::new();
    closed_with_an_entry(&world).await;
    let newer = open::open_as(&world.path(), minute(0), next_release()).await.expect("newer");
    newer.close().await.expect("a close");
    insta::assert_snapshot!(refused(&world.path(), migrate::all()).await, @r#"…/feedmill.db was written by a newer feedmill (it holds "9001_titles_are_kept_twice", unknown here); install that version, or restore a backup"#);
    assert!(matches!(open::beside(&world.path()).await, Err(OpenError::Newer { .. })));
}

#[tokio::test]
async fn a_file_migrated_by_other_texts_is_refused() {
    let world = SqliteWorld::new();
    closed_with_an_entry(&world).await;
    let mut other = migrate::all();
    other[0].sql = "create table feed (id integer primary key)";
    insta::assert_snapshot!(refused(&world.path(), other).await, @r#"…/feedmill.db was migrated by an unreleased feedmill (its "0001_feeds_entries_editions" differs); restore a backup"#);
}

#[tokio::test]
async fn what_is_not_ours_is_refused_and_untouched() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("feedmill.db");
    let others = rusqlite::Connection::open(&path).expect("a database");
    others.execute_batch("create table bookmark (url text)").expect("a table");
    others.close().expect("a close");
    insta::assert_snapshot!(refused(&path, migrate::all()).await, @"…/feedmill.db is not a feedmill database; choose another path, or move that file away");
    let header = b"SQLite format 3\0".repeat(10);
    for content in [b"# notes\n".as_slice(), b"\0", &header] {
        fs::write(&path, content).expect("a file");
        let message = refused(&path, migrate::all()).await;
        assert!(message.contains("is not a feedmill database"), "{message}");
        assert!(matches!(open::beside(&path).await, Err(OpenError::Foreign(_))));
    }
}

#[tokio::test]
async fn a_damaged_file_is_refused_and_kept() {
    let world = SqliteWorld::new();
    closed_with_an_entry(&world).await;
    let mut bytes = fs::read(world.path()).expect("the file");
    bytes[100..4_096].fill(0x5a);
    fs::write(world.path(), bytes).expect("the file");
    insta::assert_snapshot!(refused(&world.path(), migrate::all()).await, @"…/feedmill.db could not be brought into use");
    let error = open::open(&world.path(), minute(0)).await.expect_err("a refusal");
    assert!(matches!(error, OpenError::Store { source: StoreError::Corrupt(_), .. }), "{error:?}");
}

#[tokio::test]
async fn an_older_file_is_copied_and_then_migrated() {
    let world = SqliteWorld::new();
    closed_with_an_entry(&world).await;
    let newer = open::open_as(&world.path(), minute(9), next_release()).await.expect("newer");
    newer.close().await.expect("a close");

    let backup = world.path().with_extension("db.before-9001");
    let old = open::open(&backup, minute(9)).await.expect("the copy is a database of before");
    assert_eq!(old.newest(&[], None, 9).await.expect("heads").len(), 1);
    old.close().await.expect("a close");
    let names = names(&world);
    assert_eq!(
        names,
        [
            "feedmill.db",
            "feedmill.db.before-9001",
            "feedmill.db.before-9001.in-hand",
            "feedmill.db.before-9001.lock",
            "feedmill.db.in-hand",
            "feedmill.db.lock"
        ]
    );
    let standing = migrate::inspect(&world.path(), &next_release()).expect("a look");
    assert_eq!(standing, migrate::Holding::Ours(next_release().len()));
}

fn names(world: &SqliteWorld) -> Vec<String> {
    let folder = world.path().parent().expect("a folder").to_owned();
    let files = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<_> = files
        .map(|file| file.expect("a file").file_name().into_string().expect("a name"))
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_backup_of_a_running_store_is_a_store() {
    let world = SqliteWorld::new();
    let store = with_feeds(&world, 1).await;
    post(&store, 0, &["a", "b"], minute(1)).await;
    let target = world.path().with_extension("copy");
    for _ in 0..2 {
        store.backup(&target).await.expect("a backup, the second in place of the first");
    }
    let counts = store.counts().await.expect("counts");
    assert_eq!((counts.feeds, counts.entries, counts.documents), (1, 2, 2));
    let copy = open::open(&target, minute(2)).await.expect("a store");
    assert_eq!(copy.counts().await, Ok(counts));
    copy.close().await.expect("a close");
    store.close().await.expect("a close");
    assert!(store.feeds().await == Err(StoreError::Closed), "who asks later is told");
    assert!(store.checkpoint().await == Err(StoreError::Closed));
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_may_read_a_database() {
    use std::os::unix::fs::PermissionsExt;
    let world = SqliteWorld::new();
    let store = with_feeds(&world, 1).await;
    store.backup(&world.path().with_extension("copy")).await.expect("a backup");
    let folder = world.path().parent().expect("a folder").to_owned();
    for file in fs::read_dir(folder).expect("a folder") {
        let file = file.expect("a file");
        let mode = file.metadata().expect("metadata").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.path().display());
    }
    store.close().await.expect("a close");
}

#[tokio::test]
async fn a_second_owner_is_refused_by_whatever_name() {
    let world = SqliteWorld::new();
    let store = world.open(minute(0)).await;
    let message = refused(&world.path(), migrate::all()).await;
    insta::assert_snapshot!(message, @"…/feedmill.db is in use by another feedmill (its lock is …/feedmill.db.lock)");
    #[cfg(unix)]
    {
        let alias = world.path().with_file_name("alias.db");
        std::os::unix::fs::symlink(world.path(), &alias).expect("a link");
        assert!(matches!(open::open(&alias, minute(0)).await, Err(OpenError::Held { .. })));
    }
    store.close().await.expect("a close");
    world.open(minute(1)).await.close().await.expect("a close");
}

#[tokio::test]
async fn beside_an_owner_one_reads_and_asks() {
    let world = SqliteWorld::new();
    assert!(matches!(open::beside(&world.path()).await, Err(OpenError::Missing(_))));
    assert!(names(&world).is_empty(), "and nothing is made");
    let owner: Store = with_feeds(&world, 2).await;
    let command = open::beside(&world.path()).await.expect("a store");
    let id = command.ask("refresh", "", minute(1)).await.expect("a request");
    assert_eq!(owner.open_requests().await.expect("requests")[0].id, id);
    owner.answer(id, "done").await.expect("an answer");
    assert_eq!(command.answer_of(id).await, Ok(Some("done".to_owned())));
    assert_eq!(command.feeds().await.expect("feeds").len(), 2);
    assert_eq!(command.agenda().await, Ok(vec![]), "it leases nothing");
    assert_eq!(owner.agenda().await.expect("an agenda").len(), 2);
    command.close().await.expect("a close");
    owner.close().await.expect("a close");
}

#[tokio::test]
async fn beside_an_older_file_one_is_told_to_start_the_service() {
    let world = SqliteWorld::new();
    closed_with_an_entry(&world).await;
    let connection = rusqlite::Connection::open(world.path()).expect("a database");
    connection.execute("delete from migration", []).expect("a deletion");
    drop(connection);
    assert!(matches!(open::beside(&world.path()).await, Err(OpenError::Older(_))));
}
