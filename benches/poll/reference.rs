//! The bare minimum that polls feeds: reqwest with 64 requests in flight, kept connections and
//! conditional requests; feed-rs; ammonia; one SQLite insert with a unique (feed, guid), an index
//! on address and one on date; WAL, `synchronous=NORMAL`, a commit per 64 feeds. Nothing else: no
//! guard, no pacing, no repair, no change detection.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use rusqlite::{Connection, params};
use serde::Serialize;
use tokio::sync::{Semaphore, mpsc};

/// Requests in flight.
const IN_FLIGHT: usize = 64;

/// Feeds per commit.
const BATCH: usize = 64;

struct Feed {
    id: i64,
    url: String,
    etag: Option<String>,
    modified: Option<String>,
}

struct Entry {
    guid: String,
    url: Option<String>,
    title: Option<String>,
    date: Option<i64>,
    body: Option<String>,
}

/// What came of one feed.
enum Came {
    Fresh { feed: Feed, entries: Vec<Entry> },
    Unchanged,
    Failed,
}

/// What one poll did.
#[derive(Debug, Default, Serialize)]
struct Report {
    fresh: usize,
    unchanged: usize,
    failed: usize,
    inserted: usize,
}

/// Polls every feed of `list` once.
pub(crate) fn run(list: &Path, database: &Path) -> anyhow::Result<()> {
    let mut connection = Connection::open(database)?;
    let feeds = prepare(&mut connection, &std::fs::read_to_string(list)?)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (sender, receiver) = mpsc::channel(IN_FLIGHT);
    let writer = std::thread::spawn(move || write(&mut connection, receiver));
    runtime.block_on(poll(feeds, sender))?;
    let report = writer.join().map_err(|_| anyhow::anyhow!("the writer panicked"))??;
    println!("{}", serde_json::to_string(&report)?);
    anyhow::ensure!(report.failed == 0, "{} feeds failed", report.failed);
    Ok(())
}

fn prepare(connection: &mut Connection, list: &str) -> anyhow::Result<Vec<Feed>> {
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
         CREATE TABLE IF NOT EXISTS feed (
             id INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE, etag TEXT, modified TEXT);
         CREATE TABLE IF NOT EXISTS entry (
             id INTEGER PRIMARY KEY, feed INTEGER NOT NULL, guid TEXT NOT NULL, url TEXT,
             title TEXT, date INTEGER, body TEXT, UNIQUE (feed, guid));
         CREATE INDEX IF NOT EXISTS entry_by_url ON entry (url);
         CREATE INDEX IF NOT EXISTS entry_by_date ON entry (date);",
    )?;
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction.prepare("INSERT OR IGNORE INTO feed (url) VALUES (?1)")?;
        for url in list.lines() {
            insert.execute([url])?;
        }
    }
    transaction.commit()?;
    let mut select = connection.prepare("SELECT id, url, etag, modified FROM feed")?;
    let feeds = select.query_map([], |row| {
        Ok(Feed { id: row.get(0)?, url: row.get(1)?, etag: row.get(2)?, modified: row.get(3)? })
    })?;
    Ok(feeds.collect::<Result<_, _>>()?)
}

async fn poll(feeds: Vec<Feed>, sender: mpsc::Sender<Came>) -> anyhow::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "the bare minimum has no guard")]
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60)).build()?;
    let permits = Arc::new(Semaphore::new(IN_FLIGHT));
    for feed in feeds {
        let permit = Arc::clone(&permits).acquire_owned().await?;
        let (client, sender) = (client.clone(), sender.clone());
        tokio::spawn(async move {
            let came = get(&client, feed).await.unwrap_or(Came::Failed);
            drop(permit);
            let _ = sender.send(came).await;
        });
    }
    Ok(())
}

async fn get(client: &reqwest::Client, mut feed: Feed) -> anyhow::Result<Came> {
    let mut request = client.get(&feed.url);
    if let Some(etag) = &feed.etag {
        request = request.header(IF_NONE_MATCH, etag);
    }
    if let Some(modified) = &feed.modified {
        request = request.header(IF_MODIFIED_SINCE, modified);
    }
    let response = request.send().await?;
    if response.status() == reqwest::StatusCode::NOT_MODIFIED {
        return Ok(Came::Unchanged);
    }
    let response = response.error_for_status()?;
    feed.etag = text(response.headers(), ETAG.as_str());
    feed.modified = text(response.headers(), LAST_MODIFIED.as_str());
    let body = response.bytes().await?;
    let document = feed_rs::parser::parse(&body[..])?;
    let entries = document.entries.into_iter().map(entry).collect();
    Ok(Came::Fresh { feed, entries })
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

fn entry(entry: feed_rs::model::Entry) -> Entry {
    let content = entry.content.and_then(|content| content.body);
    let body = content.or_else(|| entry.summary.map(|summary| summary.content));
    Entry {
        guid: entry.id,
        url: entry.links.into_iter().next().map(|link| link.href),
        title: entry.title.map(|title| title.content),
        date: entry.published.map(|date| date.timestamp_millis()),
        body: body.map(|html| ammonia::clean(&html)),
    }
}

fn write(
    connection: &mut Connection,
    mut receiver: mpsc::Receiver<Came>,
) -> rusqlite::Result<Report> {
    let mut report = Report::default();
    while let Some(first) = receiver.blocking_recv() {
        let transaction = connection.transaction()?;
        let mut next = Some(first);
        for _ in 0..BATCH {
            match next.take().or_else(|| receiver.blocking_recv()) {
                Some(Came::Fresh { feed, entries }) => {
                    report.fresh += 1;
                    report.inserted += insert(&transaction, &feed, &entries)?;
                }
                Some(Came::Unchanged) => report.unchanged += 1,
                Some(Came::Failed) => report.failed += 1,
                None => break,
            }
        }
        transaction.commit()?;
    }
    Ok(report)
}

fn insert(connection: &Connection, feed: &Feed, entries: &[Entry]) -> rusqlite::Result<usize> {
    connection
        .prepare_cached("UPDATE feed SET etag = ?2, modified = ?3 WHERE id = ?1")?
        .execute(params![feed.id, feed.etag, feed.modified])?;
    let mut insert = connection.prepare_cached(
        "INSERT OR IGNORE INTO entry (feed, guid, url, title, date, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let mut inserted = 0;
    for entry in entries {
        let Entry { guid, url, title, date, body } = entry;
        inserted += insert.execute(params![feed.id, guid, url, title, date, body])?;
    }
    Ok(inserted)
}
