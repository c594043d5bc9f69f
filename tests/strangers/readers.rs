//! Merged feeds as reader apps read them: each shows what the publishers posted, neither more nor
//! less, in every format, and is told at its next visit that nothing is new.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use chrono::{DateTime, TimeDelta};
use serde::Deserialize;

use crate::world::feed::{Format, Post};
use crate::world::home::{self, Home};
use crate::world::program::{Service, feedmill};
use crate::world::publisher::Publisher;
use crate::world::servers;
use crate::world::witness::Witness;

const DAILY: &str = "Le Quotidien « du matin »";
const ECHO: &str = "L'Écho d'Alençon & de l'Œuvre 📰";

/// What is hard to carry: accents, guillemets with their narrow spaces, money, emoji of several
/// characters, and what looks like markup.
const TITLES: [&str; 6] = [
    "« L'été » : 100 % de réussite…",
    "«\u{a0}À\u{202f}la\u{202f}une\u{a0}» : 1\u{202f}000\u{a0}€ d'œufs",
    "Noël 🎄 à Besançon — où ça\u{202f}?",
    "1 < 2 & 3 > 2, dit <l'hiver>",
    "Œuvres & chœurs ; c'est « où » ? Ÿ, ß, ł",
    "La famille 👩‍👩‍👧 sous le drapeau 🇫🇷, 5 €",
];

/// One entry as a reader shows it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Shown {
    title: String,
    link: String,
    /// In seconds since 1970.
    published: i64,
    /// By name, where the reader shows them.
    #[serde(default)]
    sources: Vec<String>,
}

/// A service that has read two publishers, and what they posted, newest first.
struct Newsstand {
    home: Home,
    posted: Vec<Shown>,
    _service: Service,
    _publishers: [Publisher; 2],
}

impl Newsstand {
    /// Twelve posts each of a daily (RSS) and of an echo (Atom), and one document that both carry.
    fn open() -> Self {
        let (mut daily, mut echo, mut posted) = (Vec::new(), Vec::new(), Vec::new());
        let first = DateTime::from_timestamp(1_735_689_599, 0).expect("a second of 2024");
        for number in 0..25_usize {
            let title = format!("{} — n° {number}", TITLES[number % TITLES.len()]);
            let link = format!("https://exemple.fr/%C3%A9t%C3%A9/{number}?a=1&b={number}#suite");
            let date = first + TimeDelta::seconds(3_601) * i32::try_from(number).expect("small");
            let post = Post::new(&number.to_string()).titled(&title).at(&link).dated(date);
            let sources: &[&str] = match number {
                10 => &[ECHO, DAILY],
                _ if number % 2 == 0 => &[DAILY],
                _ => &[ECHO],
            };
            if sources.contains(&DAILY) {
                daily.push(post.clone());
            }
            if sources.contains(&ECHO) {
                echo.push(post.known_as(&format!("tag:echo,{number}")));
            }
            let sources = sources.iter().map(ToString::to_string).collect();
            posted.push(Shown { title, link, published: date.timestamp(), sources });
        }
        daily.reverse();
        posted.reverse();
        let publishers = [Publisher::start(), Publisher::on([127, 0, 0, 2])];
        for (publisher, title, format, posts) in [
            (&publishers[0], DAILY, Format::Rss, daily),
            (&publishers[1], ECHO, Format::Atom, echo),
        ] {
            publisher.edit("/feed", |feed| {
                (feed.title, feed.format, feed.posts) = (title.to_owned(), format, posts);
            });
        }
        let home = Home::new();
        let feeds = publishers.each_ref().map(|publisher| publisher.url("/feed"));
        home.configure(&feeds, home::Post::Files, "");
        let said = feedmill(&home, &["refresh", "--all"]);
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        let service = Service::start(&home);
        Self { home, posted, _service: service, _publishers: publishers }
    }
}

fn run(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().expect("the program starts")
}

/// Entry by entry, so that a difference can be seen.
fn assert_same(shown: &[Shown], posted: &[Shown], format: &str) {
    for (shown, posted) in shown.iter().zip(posted) {
        assert_eq!(shown, posted, "{format}");
    }
    assert_eq!(shown.len(), posted.len(), "{format}");
}

/// What `read.py` prints.
#[derive(Deserialize)]
struct Read {
    version: String,
    /// Of a first visit, and of further ones with one validator each.
    statuses: Vec<u16>,
    entries: Vec<Shown>,
}

#[test]
fn feedparser_shows_what_was_posted_in_every_format_and_is_told_304() {
    if !servers::present("feedparser", &["feedparser"]) {
        return;
    }
    let stand = Newsstand::open();
    for (format, version) in
        [("atom", "atom10"), ("rss", "rss20"), ("json", "https://jsonfeed.org/version/1.1")]
    {
        let url = stand.home.url(&format!("/feeds/all.{format}"));
        let script = include_str!("read.py");
        let output = run(Command::new(servers::python()).args(["-c", script, format, &url]));
        let errors = String::from_utf8_lossy(&output.stderr);
        let mut read: Read = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|e| panic!("{format}: {e}\n{errors}"));
        // Which of two sources comes first is a matter of who answered first.
        for entry in &mut read.entries {
            entry.sources.sort_by_key(|source| source != ECHO);
        }
        assert_eq!(read.version, version);
        assert_eq!(read.statuses, [200, 304, 304], "{format}");
        assert_same(&read.entries, &stand.posted, format);
    }
}

#[test]
fn newsboat_shows_what_was_posted_and_is_told_304() {
    if !servers::present("newsboat", &["newsboat"]) {
        return;
    }
    let stand = Newsstand::open();
    let mut posted = stand.posted.clone();
    posted.iter_mut().for_each(|entry| entry.sources.clear());
    for format in ["atom", "rss"] {
        let witness = Witness::before(&stand.home.url(""));
        let folder = stand.home.path(format);
        std::fs::create_dir(&folder).expect("the home can be written");
        let feed = witness.url(&format!("/feeds/all.{format}"));
        std::fs::write(folder.join("urls"), format!("{feed}\n")).expect("written");
        std::fs::write(folder.join("config"), "").expect("written");
        // Three times: newsboat 2.21 keeps no validators from its very first visit.
        for _ in 0..3 {
            let output = run(Command::new("newsboat")
                .current_dir(&folder)
                .env("HOME", &folder)
                .args(["-u", "urls", "-c", "cache.db", "-C", "config"])
                .args(["-x", "reload", "print-unread"]));
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(said.starts_with("25 "), "{format}: {said} {output:?}");
            assert_same(&kept_by_newsboat(&folder.join("cache.db")), &posted, format);
        }
        let visits = witness.visits();
        assert!(visits.last().is_some_and(|visit| visit.conditional), "{format}: {visits:?}");
        for visit in &visits {
            let status = if visit.conditional { 304 } else { 200 };
            assert_eq!(visit.status, status, "{format}: {visits:?}");
        }
    }
}

/// The entries in newsboat's own database, newest first.
fn kept_by_newsboat(cache: &Path) -> Vec<Shown> {
    let cache = rusqlite::Connection::open(cache).expect("newsboat made it");
    let mut query = cache
        .prepare("SELECT title, url, pubDate FROM rss_item ORDER BY pubDate DESC")
        .expect("newsboat's schema");
    let entries = query.query_map([], |row| {
        let (title, link, published) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Shown { title, link, published, sources: Vec::new() })
    });
    entries.and_then(Iterator::collect).expect("newsboat's schema")
}

#[test]
fn a_browser_shows_the_front_page_without_complaint() {
    if !servers::present("chromium", &["chromium"]) {
        return;
    }
    let Newsstand { home, _service, _publishers, .. } = Newsstand::open();
    let profile = format!("--user-data-dir={}", home.path("profile").display());
    let output = run(Command::new("chromium").env("HOME", home.folder()).args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--enable-logging=stderr",
        &profile,
        "--dump-dom",
        &home.url("/"),
    ]));
    let page = String::from_utf8_lossy(&output.stdout);
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(page.contains("/feeds/all.atom"), "{page}");
    assert!(!log.contains("CONSOLE"), "{log}");
}
