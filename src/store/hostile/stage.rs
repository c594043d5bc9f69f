//! The part of the service, played by a child: this very test program, told so by its environment.
//!
//! What the child was told is done, it writes down; whoever ends it, or breaks its disk, reads what
//! must be found again.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::next_release;
use crate::model::letter::LetterState;
use crate::store::contract::world::{arrival, edition, feed, key, minute, plan, subscriptions};
use crate::store::error::StoreError;
use crate::store::open::{self, Store};

const DATABASE: &str = "FEEDMILL_TEST_DATABASE";
const PART: &str = "FEEDMILL_TEST_PART";

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
        "work" => work(&path).await,
        other => panic!("no part is called {other}"),
    }
}

/// Starts a child in `part`, under the command `before`.
pub(super) fn child(before: &[&str], path: &Path, part: &str) -> Child {
    let program = std::env::current_exe().expect("this program");
    let words = before.iter().map(std::ffi::OsStr::new).chain([program.as_os_str()]);
    let words: Vec<_> = words.collect();
    Command::new(words[0])
        .args(&words[1..])
        .args(["--exact", "store::hostile::stage::the_child", "--test-threads=1", "--quiet"])
        .env(DATABASE, path)
        .env(PART, part)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a child")
}

/// What was done, in the order it was, and what failed.
pub(super) fn diary(path: &Path) -> Vec<String> {
    let diary = std::fs::read_to_string(path.with_extension("diary")).unwrap_or_default();
    diary.lines().map(str::to_owned).collect()
}

/// A short life: three polls, an edition of what they brought, a letter of it handed over.
async fn work(path: &Path) {
    let mut options = std::fs::File::options();
    let diary = options.append(true).create(true).open(path.with_extension("diary"));
    let mut diary = diary.expect("a diary");
    let mut note = move |deed: &str, result: Result<(), String>| {
        let line = result.map_or_else(|error| format!("{deed}: {error}"), |()| deed.to_owned());
        writeln!(diary, "{line}").expect("a line");
    };
    let store = match open::open(path, minute(0)).await {
        Ok(store) => store,
        Err(error) => return note("open", Err(format!("{error:?}"))),
    };
    let synced = store.sync(&subscriptions(1, &[]), minute(0)).await;
    note("sync", synced.map(|_| ()).map_err(|error| error.to_string()));
    for round in 1..=3 {
        note(&format!("poll {round}"), poll(&store, round).await.map_err(|e| e.to_string()));
    }
    note("seal", seal(&store).await.map_err(|error| error.to_string()));
    note("letter", hand_over(&store).await.map_err(|error| error.to_string()));
    note("close", store.close().await.map_err(|error| error.to_string()));
}

/// A poll that brings two entries and an ETag that names it.
async fn poll(store: &Store, round: i64) -> Result<(), StoreError> {
    let feeds = store.feeds().await?;
    let Some(feed) = feeds.into_iter().next().map(|summary| summary.feed) else {
        return Err(StoreError::Conflict);
    };
    let guids = [format!("{round}a"), format!("{round}b")];
    let arrivals = guids.iter().map(|guid| arrival(guid, minute(round))).collect();
    let mut poll = plan(&feed, minute(round), arrivals);
    poll.state.validators.etag = Some(round.to_string().into_bytes());
    store.commit(poll).await.map(|_| ())
}

async fn seal(store: &Store) -> Result<(), StoreError> {
    store.newsletter_began("matin", minute(0)).await?;
    let waiting = store.waiting("matin", &[], 0).await?;
    let ids: Vec<_> = waiting.into_iter().map(|waiting| waiting.id).collect();
    let (shown, counted) = ids.split_at(ids.len() / 2);
    store.seal(edition("matin", 10, shown, counted)).await.map(|_| ())
}

async fn hand_over(store: &Store) -> Result<(), StoreError> {
    let due = store.due_letters(minute(60), 1).await?;
    let Some(letter) = due.first() else { return Err(StoreError::Conflict) };
    let letter = store.claim(letter, minute(60)).await?;
    let letter = store.mark_data_sent(&letter).await?;
    store.settle(&letter, LetterState::Accepted, minute(60), None, false).await.map(|_| ())
}

/// Opens what a child left, and compares it with the diary: all that was done is there, whole;
/// what was not done may be there whole (the child died before it was told), and `exactly` says
/// that it must not (the child was told that it failed).
pub(super) async fn judge(path: &Path, exactly: bool) {
    let diary = diary(path);
    let done = |deed: &str| diary.iter().any(|line| line == deed);
    let store = open::open(path, minute(90)).await.unwrap_or_else(|e| panic!("{diary:?}: {e:?}"));
    if store.feeds().await.expect("feeds").is_empty() {
        assert!(!done("sync"), "{diary:?}");
        store.sync(&subscriptions(1, &[]), minute(90)).await.expect("a sync");
    }
    let feed = feed(&store, 0).await;
    let etag = feed.state.validators.etag.unwrap_or_default();
    for round in 1..=3u8 {
        let keys = ["a", "b"].map(|half| key(&format!("{round}{half}")));
        let entries = store.known(feed.id, &keys, &[], &[]).await.expect("known").len();
        let whole = entries == 2;
        assert!(whole || entries == 0, "all of poll {round} or nothing: {diary:?}");
        assert!(whole || !done(&format!("poll {round}")), "poll {round} was done: {diary:?}");
        assert!(!exactly || whole == done(&format!("poll {round}")), "{round}: {diary:?}");
        assert!(whole || etag != [b'0' + round], "validators are ahead of entries: {diary:?}");
    }
    judge_edition(&store, &diary, exactly).await;
    store.close().await.expect("a close");
    let connection = rusqlite::Connection::open(path).expect("a connection");
    for check in [
        "pragma integrity_check",
        "select 'ok' where not exists (select * from pragma_foreign_key_check)",
    ] {
        let verdict: String = connection.query_row(check, [], |row| row.get(0)).expect("a check");
        assert_eq!(verdict, "ok", "{diary:?}");
    }
}

async fn judge_edition(store: &Store, diary: &[String], exactly: bool) {
    let done = |deed: &str| diary.iter().any(|line| line == deed);
    let editions = store.editions(None, 9).await.expect("editions");
    assert!(!exactly || done("seal") != editions.is_empty(), "{diary:?}");
    let Some(edition) = editions.first() else {
        assert!(!done("seal"), "the edition is lost: {diary:?}");
        return;
    };
    let shown = store.edition_entries(edition.id).await.expect("entries");
    assert_eq!(shown.len(), edition.shown as usize, "{diary:?}");
    let waiting = store.waiting("matin", &[], 0).await.expect("a selection");
    assert!(waiting.is_empty(), "all that was there is a member: {diary:?}");
    let letters = store.letters(edition.id).await.expect("letters");
    assert_eq!(letters.len(), 2, "{diary:?}");
    let accepted = letters.iter().any(|letter| letter.state == LetterState::Accepted);
    assert!(accepted || !done("letter"), "the letter would be sent again: {diary:?}");
}
