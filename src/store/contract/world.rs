//! A small vocabulary for the suite: databases, feeds, plans, editions.

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::model::edition::{EditionText, NewEdition, NewLetter, Slot};
use crate::model::entry::{Content, EntryId, EntryKey, Fingerprint};
use crate::model::feed::{Feed, FeedState, Standing, Tag};
use crate::model::hash;
use crate::model::plan::{Arrival, Plan};
use crate::model::secret::Address;
use crate::model::text::{PlainText, SafeHtml};
use crate::model::url::{DocumentKey, FeedUrl, WebUrl};
use crate::store::open::{self, Store};

/// One database that can be opened as its owner.
pub(in crate::store) trait World {
    /// Opens it; what was opened before must be closed.
    async fn open(&self, now: DateTime<Utc>) -> Store;
}

/// An SQLite file in a folder of its own.
pub(in crate::store) struct SqliteWorld {
    folder: tempfile::TempDir,
}

impl SqliteWorld {
    pub(in crate::store) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub(in crate::store) fn path(&self) -> PathBuf {
        self.folder.path().join("feedmill.db")
    }
}

impl World for SqliteWorld {
    async fn open(&self, now: DateTime<Utc>) -> Store {
        open::open(&self.path(), now).await.expect("the database opens")
    }
}

/// A Tuesday morning, so many minutes later.
pub(in crate::store) fn minute(minutes: i64) -> DateTime<Utc> {
    let start: DateTime<Utc> = "2026-03-10T05:00:00Z".parse().expect("a moment");
    start + TimeDelta::minutes(minutes)
}

pub(in crate::store) fn url(number: usize) -> FeedUrl {
    FeedUrl::parse(&format!("https://journal-{number}.example/flux.xml")).expect("a feed URL")
}

/// So many subscriptions with these tags.
pub(in crate::store) fn subscriptions(count: usize, tags: &[&str]) -> Vec<(FeedUrl, Vec<Tag>)> {
    let tags: Vec<Tag> = tags.iter().map(|&tag| tag.to_owned()).collect();
    (0..count).map(|number| (url(number), tags.clone())).collect()
}

/// A store with so many feeds, opened at minute 0.
pub(in crate::store) async fn with_feeds(world: &impl World, count: usize) -> Store {
    let store = world.open(minute(0)).await;
    store.sync(&subscriptions(count, &["presse"]), minute(0)).await.expect("a sync");
    store
}

pub(in crate::store) async fn feed(store: &Store, number: usize) -> Feed {
    store.feed_by_url(&url(number)).await.expect("a query").expect("the feed")
}

/// The key of an item that its publisher calls `guid`.
pub(in crate::store) fn key(guid: &str) -> EntryKey {
    EntryKey(hash::short([guid.as_bytes()]))
}

/// A new entry called `guid`, first seen at a moment.
pub(in crate::store) fn arrival(guid: &str, first_seen: DateTime<Utc>) -> Arrival {
    let link = WebUrl::parse(&format!("https://journal.example/articles/{guid}")).expect("a link");
    Arrival {
        key: key(guid),
        document: Some(DocumentKey(hash::number([guid.as_bytes()]))),
        title_hash: hash::number([b"title", guid.as_bytes()]),
        fingerprint: Fingerprint(hash::number([b"content", guid.as_bytes()])),
        content: Content {
            link: Some(link),
            title: PlainText::new(&format!("Titre de {guid}")),
            body: SafeHtml::cleaned(format!("<p>Corps de {guid}</p>")),
            ..Content::default()
        },
        first_seen,
        backlog: 0,
    }
}

/// The plan of a good poll of `feed` at `now` that brought `arrivals`.
pub(in crate::store) fn plan(feed: &Feed, now: DateTime<Utc>, arrivals: Vec<Arrival>) -> Plan {
    Plan {
        state: FeedState {
            standing: Standing::Healthy,
            last_check: Some(now),
            next_check: now + TimeDelta::hours(1),
            polled_before: true,
            ..feed.state.clone()
        },
        arrivals,
        noteworthy: true,
        ..Plan::of(feed)
    }
}

/// Commits entries called `guids`, first seen at `now`, to feed `number`; their numbers.
pub(in crate::store) async fn post(
    store: &Store,
    number: usize,
    guids: &[&str],
    now: DateTime<Utc>,
) -> Vec<EntryId> {
    let feed = feed(store, number).await;
    let arrivals = guids.iter().map(|guid| arrival(guid, now)).collect();
    arrive(store, plan(&feed, now, arrivals)).await
}

/// Commits a plan; the numbers of the entries that are new by it, in the order of the plan.
pub(in crate::store) async fn arrive(store: &Store, plan: Plan) -> Vec<EntryId> {
    let (feed, mut keys) = (plan.feed, Vec::new());
    for arrival in &plan.arrivals {
        if !keys.contains(&arrival.key) {
            keys.push(arrival.key);
        }
    }
    let kept = || async { store.known(feed, &keys, &[], &[]).await.expect("known entries") };
    let before = kept().await;
    let committed = store.commit(plan).await.expect("a commit");
    let mut new = kept().await;
    new.retain(|known| !before.contains(known));
    new.sort_by_key(|known| keys.iter().position(|key| *key == known.key));
    assert_eq!(committed.arrived, new.len());
    new.iter().map(|known| known.id).collect()
}

/// The slot of day `day` of March 2026.
pub(in crate::store) fn slot(day: u32) -> Slot {
    let date = NaiveDate::from_ymd_opt(2026, 3, day).expect("a day of March");
    let at = date.and_hms_opt(5, 30, 0).expect("a time").and_utc();
    Slot { date, time: "06:30".to_owned(), at }
}

/// An edition of `newsletter` for a day of March, to two subscribers.
pub(in crate::store) fn edition(
    newsletter: &str,
    day: u32,
    shown: &[EntryId],
    counted: &[EntryId],
) -> NewEdition {
    let slot = slot(day);
    let letter = |name: &str| NewLetter {
        to: Address::parse(&format!("Ami <{name}@exemple.fr>")).expect("an address"),
        message_id: format!("{newsletter}.{day}.{name}@moulin.example"),
        sha256: hash::of_bytes(name.as_bytes()),
    };
    NewEdition {
        newsletter: newsletter.to_owned(),
        sealed: slot.at + TimeDelta::minutes(1),
        expires: slot.at + TimeDelta::hours(48),
        slot,
        text: EditionText {
            subject: "Ce matin".to_owned(),
            html: "<p>Bonjour</p>".to_owned(),
            text: "Bonjour".to_owned(),
        },
        from: Address::parse("moulin@moulin.example").expect("an address"),
        title: "Le matin".to_owned(),
        shown: shown.to_vec(),
        counted: counted.to_vec(),
        copies: Vec::new(),
        ended: Vec::new(),
        letters: vec![letter("zoe"), letter("yves")],
    }
}
