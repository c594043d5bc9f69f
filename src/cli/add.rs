//! `feedmill add`: from addresses as people type them to feeds in the configuration.
//!
//! What an address leads to is read before it is added, shown, and, where there are several feeds
//! and somebody sits at a terminal, chosen from. What leads to no feed is told with all that was
//! tried; the other addresses are added all the same. Nothing is written before all is known.

use std::collections::HashSet;
use std::io::{self, BufRead, IsTerminal, Write};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::cli::answer::{Answer, Code, Failure, counted};
use crate::cli::args::{AddArgs, Global};
use crate::cli::{edit, runtime, tables};
use crate::config::surroundings::Surroundings;
use crate::daemon::compose::{self, World};
use crate::jobs::discover::{Discovery, Found, Tried};
use crate::model::settings::FetchSettings;
use crate::model::text::HeaderText;
use crate::model::typed::Typed;
use crate::model::url::FeedUrl;

/// How often a choice that is none is asked for again.
const QUESTIONS: usize = 3;

/// An address and what was found there; nothing was looked for where it is subscribed already.
#[derive(Debug)]
struct Looked {
    address: FeedUrl,
    discovery: Discovery,
    is_subscribed: bool,
    chosen: Vec<FeedUrl>,
}

/// Does it.
///
/// # Errors
/// If the configuration is faulty or cannot be written, or no address leads to a feed.
pub fn add(around: &Surroundings, global: &Global, wish: &AddArgs) -> Result<Answer, Failure> {
    let title = wish.title.as_deref();
    if title.is_some() && wish.addresses.len() > 1 {
        return Err(edit::one_title());
    }
    if wish.no_check {
        let urls: Vec<FeedUrl> =
            wish.addresses.iter().map(|typed| typed.as_written().clone()).collect();
        return edit::add(around, global, &urls, title, &wish.tags);
    }
    let (subscribed, settings) = edit::subscribed(around, global)?;
    let world = World::real();
    let looking = look(&wish.addresses, &subscribed, &settings, &world);
    let mut looked = runtime::block_on(looking)?
        .map_err(|error| Failure::new(format!("cannot look for feeds: {error:#}")))?;
    let now = world.clock.now();
    choose_all(&mut looked, is_asked(global, wish), now).map_err(unasked)?;
    let chosen: Vec<FeedUrl> = looked.iter().flat_map(|one| one.chosen.iter().cloned()).collect();
    if title.is_some() && chosen.len() > 1 {
        return Err(edit::one_title());
    }
    let done = match chosen.is_empty() {
        true => None,
        false => Some(edit::subscribe(around, global, &chosen, title, &wish.tags)?),
    };
    let said = match global.json {
        true => Answer::json(&as_json(&looked, done.as_ref())),
        false => Answer::done(in_words(&looked, done.as_ref(), now)),
    };
    let failed: String = looked.iter().filter(|one| one.is_empty()).map(in_vain).collect();
    let code = if failed.is_empty() { Code::Done } else { Code::Failed };
    Ok(Answer { err: failed, code, ..said })
}

impl Looked {
    fn is_empty(&self) -> bool {
        self.discovery.feeds.is_empty() && !self.is_subscribed
    }
}

/// Whether there is somebody to ask.
fn is_asked(global: &Global, wish: &AddArgs) -> bool {
    !wish.yes && !global.json && io::stdin().is_terminal() && io::stderr().is_terminal()
}

fn unasked(error: io::Error) -> Failure {
    Failure::new(format!("no answer could be read: {error}"))
        .next("`--yes` takes the best feed without asking")
}

async fn look(
    addresses: &[Typed],
    subscribed: &HashSet<FeedUrl>,
    settings: &FetchSettings,
    world: &World,
) -> anyhow::Result<Vec<Looked>> {
    let discoverer = compose::discoverer(settings, world)?;
    let mut looked = Vec::new();
    for typed in addresses {
        let known = typed.places().find(|place| subscribed.contains(*place));
        let discovery = match known {
            Some(_) => Discovery::default(),
            None => discoverer.look(typed).await,
        };
        looked.push(Looked {
            address: known.unwrap_or(typed.as_written()).clone(),
            is_subscribed: known.is_some(),
            chosen: known.into_iter().cloned().collect(),
            discovery,
        });
    }
    Ok(looked)
}

/// Chooses from what was found at each address: the best, or what somebody says.
fn choose_all(looked: &mut [Looked], is_asked: bool, now: DateTime<Utc>) -> io::Result<()> {
    for one in looked.iter_mut().filter(|one| !one.is_subscribed) {
        let feeds = &one.discovery.feeds;
        one.chosen = match feeds.len() {
            2.. if is_asked => {
                let head = format!(
                    "Found {} at {}:\n",
                    counted(feeds.len(), "feed", "feeds"),
                    one.address
                );
                let shown = head + &table(feeds, now);
                let (mut input, mut output) = (io::stdin().lock(), io::stderr().lock());
                let chosen = choose(&shown, feeds.len(), &mut input, &mut output)?;
                chosen
                    .into_iter()
                    .filter_map(|at| feeds.get(at))
                    .map(|found| found.url.clone())
                    .collect()
            }
            _ => feeds.first().map(|best| best.url.clone()).into_iter().collect(),
        };
    }
    Ok(())
}

/// Asks which of `count` feeds are meant: numbers from 1, "all", or "none". Nothing means the first.
fn choose(
    shown: &str,
    count: usize,
    input: &mut impl BufRead,
    output: &mut impl Write,
) -> io::Result<Vec<usize>> {
    write!(output, "{shown}")?;
    for _ in 0..QUESTIONS {
        write!(output, "Which? Numbers, \"all\" or \"none\" [1]: ")?;
        output.flush()?;
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match choice(&line, count) {
            Some(chosen) => return Ok(chosen),
            None => writeln!(output, "The feeds are numbered 1 to {count}.")?,
        }
    }
    Err(io::Error::other("it named none of the feeds"))
}

fn choice(line: &str, count: usize) -> Option<Vec<usize>> {
    match line.trim().to_ascii_lowercase().as_str() {
        "" => Some(vec![0]),
        "all" | "a" => Some((0..count).collect()),
        "none" | "n" | "0" => Some(Vec::new()),
        numbers => {
            let words = numbers.split([' ', ',']).filter(|word| !word.is_empty());
            let chosen = words.map(|word| word.parse().ok().filter(|at| (1..=count).contains(at)));
            chosen.map(|at: Option<usize>| at.map(|at| at - 1)).collect()
        }
    }
}

fn in_words(looked: &[Looked], done: Option<&edit::Subscribed>, now: DateTime<Utc>) -> String {
    let mut out = String::new();
    for one in looked {
        let feeds = &one.discovery.feeds;
        match feeds.as_slice() {
            [] => {}
            [found] if found.url == one.address => {
                out.push_str(&format!("Found {}\n", about(found, now)));
            }
            [found] => {
                out.push_str(&format!("Found at {}: {}\n", one.address, about(found, now)));
            }
            [best, ..] => {
                let count = counted(feeds.len(), "feed", "feeds");
                out.push_str(&format!("Found {count} at {}:\n", one.address));
                out.push_str(&table(feeds, now));
                if one.chosen == [best.url.clone()] {
                    out.push_str(
                        "Taken is the first; `feedmill add` takes the others by their URLs.\n",
                    );
                }
            }
        }
    }
    let urls: Vec<FeedUrl> = looked.iter().flat_map(|one| one.chosen.iter().cloned()).collect();
    match done {
        Some(done) => out + &done.in_words(&urls),
        None => out,
    }
}

/// "Le flux (RSS, 10 items, the newest 3 h ago)".
fn about(found: &Found, now: DateTime<Utc>) -> String {
    let title = found.title.one_line();
    let title = if title.as_str().is_empty() { "a feed without a title" } else { title.as_str() };
    let items = counted(found.entries, "item", "items");
    let newest = found.newest.map(|at| format!(", the newest {}", tables::when(at, now)));
    format!("{title} ({}, {items}{})", found.format, newest.unwrap_or_default())
}

fn table(feeds: &[Found], now: DateTime<Utc>) -> String {
    let row = |(at, found): (usize, &Found)| {
        vec![
            (at + 1).to_string(),
            found.title.to_string(),
            found.format.to_owned(),
            found.entries.to_string(),
            found.newest.map_or_else(|| "-".to_owned(), |newest| tables::when(newest, now)),
            found.url.to_string(),
        ]
    };
    let rows = feeds.iter().enumerate().map(row).collect();
    tables::table(&["#", "title", "format", "items", "newest", "url"], rows)
}

/// Why an address leads to no feed, and what was tried.
fn in_vain(one: &Looked) -> String {
    let line = |tried: &Tried| {
        // Most reasons name their place.
        let why = HeaderText::new(&tried.why);
        match why.as_str().starts_with("http") {
            true => format!("  {why}\n"),
            false => format!("  {}: {why}\n", tried.url),
        }
    };
    let tried: String = one.discovery.tried.iter().map(line).collect();
    let (what, next) = match one.discovery.is_page {
        true => ("No feed was found at", "give the address of its feed"),
        false => ("Cannot read", "check the address"),
    };
    format!(
        "{what} {}. Tried:\n{tried}\nNext: {next}; `--no-check` adds an address as it is.\n",
        one.address
    )
}

fn as_json(looked: &[Looked], done: Option<&edit::Subscribed>) -> Value {
    let feed = |found: &Found| {
        json!({
            "url": found.url.as_str(),
            "title": found.title.as_str(),
            "format": found.format,
            "items": found.entries,
            "newest": found.newest.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)),
        })
    };
    let tried = |tried: &Tried| json!({ "url": tried.url.as_str(), "why": tried.why });
    let one = |one: &Looked| {
        json!({
            "address": one.address.as_str(),
            "subscribed": one.is_subscribed,
            "feeds": one.discovery.feeds.iter().map(feed).collect::<Vec<_>>(),
            "tried": one.discovery.tried.iter().map(tried).collect::<Vec<_>>(),
        })
    };
    let added = done.map(|done| done.added.iter().map(FeedUrl::as_str).collect::<Vec<_>>());
    json!({
        "file": done.map(|done| &done.file),
        "added": added.unwrap_or_default(),
        "found": looked.iter().map(one).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> FeedUrl {
        FeedUrl::parse(text).expect(text)
    }

    fn feed(address: &str, title: &str, entries: usize) -> Found {
        let newest = (entries > 0).then_some(DateTime::UNIX_EPOCH);
        let title = crate::model::text::PlainText::new(title);
        Found { url: url(address), title, format: "RSS", entries, newest }
    }

    fn looked(feeds: Vec<Found>, tried: Vec<Tried>) -> Looked {
        let discovery = Discovery { feeds, tried, is_page: true };
        let address = url("https://exemple.fr/");
        Looked { address, discovery, is_subscribed: false, chosen: Vec::new() }
    }

    #[test]
    fn a_choice_is_numbers_all_or_none() {
        for (line, chosen) in [
            ("\n", Some(vec![0])),
            ("2\n", Some(vec![1])),
            (" 3, 1 \n", Some(vec![2, 0])),
            ("ALL", Some(vec![0, 1, 2])),
            ("none", Some(vec![])),
            ("4", None),
            ("1 x", None),
            ("-1", None),
        ] {
            assert_eq!(choice(line, 3), chosen, "{line:?}");
        }
    }

    #[test]
    fn a_choice_that_is_none_is_asked_for_again_and_not_for_ever() {
        let ask = |typed: &str| {
            let mut said = Vec::new();
            let chosen = choose("…\n", 2, &mut typed.as_bytes(), &mut said);
            (chosen.ok(), String::from_utf8_lossy(&said).matches("Which?").count())
        };
        assert_eq!(ask("9\n2\n"), (Some(vec![1]), 2));
        assert_eq!(ask("9\n9\n9\n1\n"), (None, QUESTIONS));
        assert_eq!(ask(""), (None, 1));
    }

    #[test]
    fn what_was_found_is_shown_and_what_was_tried() {
        let now = DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(5);
        let tried = |address: &str, why: &str| Tried { url: url(address), why: why.to_owned() };
        let mut two = looked(
            vec![
                feed("https://exemple.fr/rss", "Le flux\u{1b}[2J", 12),
                feed("https://exemple.fr/c", "Commentaires", 0),
            ],
            Vec::new(),
        );
        choose_all(std::slice::from_mut(&mut two), false, now).expect("nobody is asked");
        let mut one = looked(vec![feed("https://exemple.fr/", "", 1)], Vec::new());
        choose_all(std::slice::from_mut(&mut one), false, now).expect("nobody is asked");
        let none = looked(
            Vec::new(),
            vec![
                tried("https://exemple.fr/", "a page that leads to no feed"),
                tried("https://exemple.fr/feed", "https://exemple.fr/feed answered 404 Not Found"),
            ],
        );
        let said = [in_words(&[two, one], None, now), in_vain(&none)].join("———\n");
        insta::assert_snapshot!(said);
    }
}
