//! Sealing: an edition over many waiting entries of which few are shown.
//!
//! A database is filled through the store: a newsletter begins, then every feed brings its entries,
//! none of them backlog. Then `feedmill newsletter send` makes the edition and delivers its letter,
//! from its start to its end.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use feedmill::clean::sanitise;
use feedmill::clock::{Clock, SystemClock};
use feedmill::model::document::RawHtml;
use feedmill::model::entry::{Content, EntryKey, Fingerprint};
use feedmill::model::feed::Feed;
use feedmill::model::plan::{Arrival, Plan};
use feedmill::model::text::{PlainText, SafeHtml};
use feedmill::model::url::{DocumentKey, FeedUrl, WebUrl};
use feedmill::store::open;

use super::figures::{Floor, median};
use super::measure::{self, Usage};
use super::stage::DATABASE;

/// How sealing is measured.
#[derive(Debug, clap::Parser)]
pub(crate) struct Options {
    /// How many entries wait.
    #[arg(long, default_value_t = 50_000)]
    waiting: usize,
    /// How many feeds brought them.
    #[arg(long, default_value_t = 500)]
    feeds: usize,
    /// How many runs.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// The program to measure; the one of this checkout if absent.
    #[arg(long, default_value = env!("CARGO_BIN_EXE_feedmill"))]
    feedmill: PathBuf,
}

/// The most it may take, in milliseconds and in MB.
const MOST_MS: f64 = 1_500.0;
const MOST_MB: f64 = 150.0;

/// How many entries an edition shows.
const SHOWN: usize = 25;

/// Measures and prints the table.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let home = tempfile::tempdir()?;
    let filled = home.path().join("filled.db");
    configure(home.path(), options)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(fill(&filled, options))?;
    let runs = (0..options.runs).map(|_| sealed(home.path(), &filled, options));
    let runs = runs.collect::<anyhow::Result<Vec<Usage>>>()?;
    println!("{} entries wait, {SHOWN} are shown, medians of {} runs", options.waiting, runs.len());
    let of = |figure: fn(&Usage) -> f64| median(runs.iter().map(figure));
    let (wall, cpu) = (of(|usage| usage.wall_ms), of(|usage| usage.cpu_ms));
    let peak = of(|usage| usage.peak_mb);
    println!("{:<10} {wall:>8.0}{}", "wall ms", Floor::most(MOST_MS, wall));
    println!("{:<10} {cpu:>8.0}", "CPU ms");
    println!("{:<10} {peak:>8.1}{}", "peak MB", Floor::most(MOST_MB, peak));
    Ok(())
}

/// One edition, of a copy of the filled database.
fn sealed(home: &Path, filled: &Path, options: &Options) -> anyhow::Result<Usage> {
    std::fs::copy(filled, home.join(DATABASE))?;
    let output = home.join("send.out");
    let words = ["--config", "feedmill.toml", "newsletter", "send", "matin"].map(str::to_owned);
    let config = home.join("feedmill.toml").to_string_lossy().into_owned();
    let mut command = vec![options.feedmill.to_string_lossy().into_owned()];
    command.extend(words);
    command[2] = config;
    let usage = measure::done(&output, &command)?;
    let said = std::fs::read_to_string(&output)?;
    let wanted = format!("entries shown: {SHOWN}, counted: {}", options.waiting - SHOWN);
    anyhow::ensure!(said.contains(&wanted), "not \"{wanted}\": {said}");
    Ok(usage)
}

fn configure(home: &Path, options: &Options) -> anyhow::Result<()> {
    let mut toml = format!(
        "[storage]\nurl = \"sqlite:{DATABASE}\"\n\n[smtp]\ndirectory = \"outbox/\"\n\n\
         [[newsletter]]\nname = \"matin\"\nat = \"06:30\"\ntimezone = \"Europe/Paris\"\n\
         from = \"matin@exemple.fr\"\nto = [\"zoe@exemple.fr\"]\nmax_items = {SHOWN}\n"
    );
    for number in 0..options.feeds {
        write!(toml, "\n[[feed]]\nurl = \"{}\"\n", url(number))?;
    }
    std::fs::write(home.join("feedmill.toml"), toml)?;
    Ok(())
}

fn url(number: usize) -> String {
    format!("https://journal-{number}.example/feed.xml")
}

async fn fill(path: &Path, options: &Options) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let store = open::open(path, now).await?;
    let parse = |number| FeedUrl::parse(&url(number)).map(|url| (url, Vec::new()));
    let subscriptions = (0..options.feeds).map(parse).collect::<Result<Vec<_>, _>>()?;
    store.sync(&subscriptions, now).await?;
    store.newsletter_began("matin", now).await?;
    let body = sanitise::body(&RawHtml("<p>Le conseil a voté hier soir.</p>".repeat(18)), None);
    let feeds: HashMap<FeedUrl, Feed> =
        store.feeds().await?.into_iter().map(|kept| (kept.feed.url.clone(), kept.feed)).collect();
    for (number, (url, _)) in subscriptions.iter().enumerate() {
        let feed = feeds.get(url).ok_or_else(|| anyhow::anyhow!("{url:?} is not kept"))?;
        let first = options.waiting * number / options.feeds;
        let end = options.waiting * (number + 1) / options.feeds;
        let mut state = feed.state.clone();
        state.title = PlainText::new(&format!("Journal {number}"));
        state.polled_before = true;
        store
            .commit(Plan {
                state,
                arrivals: (first..end)
                    .map(|entry| arrival(entry, &body, now))
                    .collect::<Result<_, _>>()?,
                noteworthy: true,
                ..Plan::of(feed)
            })
            .await?;
    }
    store.close().await?;
    Ok(())
}

fn arrival(entry: usize, body: &SafeHtml, now: DateTime<Utc>) -> anyhow::Result<Arrival> {
    let number = i64::try_from(entry)?;
    let mut key = [0; 16];
    key[..8].copy_from_slice(&number.to_be_bytes());
    Ok(Arrival {
        key: EntryKey(key),
        document: Some(DocumentKey(number)),
        title_hash: number,
        fingerprint: Fingerprint(number),
        content: Content {
            link: Some(WebUrl::parse(&format!("https://exemple.fr/2026/{entry}"))?),
            title: PlainText::new(&format!("Le conseil vote le budget, épisode {entry}")),
            published: Some(now - TimeDelta::seconds(number)),
            body: body.clone(),
            ..Content::default()
        },
        first_seen: now,
        backlog: 0,
    })
}
