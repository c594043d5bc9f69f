//! `feedmill check`: every fault of the configuration at once, or else what feedmill would do.
//!
//! It writes nothing but its answer (promise I10). Where there is a database already it reads there
//! which feeds have moved for good, since the configuration is the operator's to change.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::cli::answer::{Answer, Code, Failure, counted};
use crate::cli::args::Global;
use crate::cli::lists;
use crate::cli::pacing;
use crate::cli::runtime;
use crate::config::fault::{Fault, Faults};
use crate::config::load::{self, Loaded};
use crate::config::surroundings::Surroundings;
use crate::config::units;
use crate::daemon::compose::{Workshop, World};
use crate::jobs::overview::FeedReport;
use crate::jobs::rehearse;
use crate::model::settings::{MailRoute, Newsletter, Settings, SmtpTls};

/// How many firings of a newsletter are shown.
const FIRINGS: usize = 3;

/// Checks the configuration, and tells what feedmill would do from `now` on.
pub fn check(
    around: &Surroundings,
    global: &Global,
    now: DateTime<Utc>,
) -> Result<Answer, Failure> {
    match (load::load_in(around, global.config.as_deref(), &lists::read), global.json) {
        (Ok(loaded), as_json) => {
            let moves = runtime::block_on(moves(&loaded.settings))?;
            Ok(match as_json {
                false => Answer::done(in_words(&loaded, &moves, now)),
                true => Answer::json(&in_json(&loaded, &moves, now)),
            })
        }
        (Err(faults), true) => {
            let answer = json!({
                "valid": false,
                "faults": faults.faults,
                "warnings": faults.warnings,
            });
            Ok(Answer { code: Code::Config, ..Answer::json(&answer) })
        }
        (Err(faults), false) => Err(refusal(faults)),
    }
}

fn refusal(faults: Faults) -> Failure {
    let warnings: String = faults.warnings.iter().map(|warning| format!("\n{warning}")).collect();
    let mut failure = Failure::from(faults);
    if !warnings.is_empty() {
        failure.what = format!("{}\n\nSuspicious besides:\n{warnings}", failure.what);
    }
    failure
}

/// Moves that the configuration does not follow yet.
#[derive(Debug)]
enum Moves {
    /// The feeds that moved; none where there is no database yet.
    Known(Vec<FeedReport>),
    /// The database cannot be read, for that reason.
    Unknown(String),
}

async fn moves(settings: &Settings) -> Moves {
    if !settings.storage.path.exists() {
        return Moves::Known(Vec::new());
    }
    let reports = async {
        let workshop = Workshop::beside(settings.clone(), World::real()).await?;
        anyhow::Ok(workshop.overview().feeds().await?)
    };
    match reports.await {
        Ok(mut feeds) => {
            let is_wanted = |feed: &FeedReport| {
                settings.subscriptions.iter().any(|wanted| wanted.url.as_str() == feed.url)
            };
            feeds.retain(|feed| feed.moved_to.is_some() && is_wanted(feed));
            Moves::Known(feeds)
        }
        Err(error) => Moves::Unknown(format!("{error:#}")),
    }
}

impl Moves {
    fn in_words(&self) -> String {
        match self {
            Self::Known(feeds) if feeds.is_empty() => String::new(),
            Self::Known(feeds) => {
                let told = |feed: &FeedReport| {
                    format!("  {}\n    {}.\n", feed.url, feed.remarks.join("; "))
                };
                format!(
                    "\nFeeds have moved for good:\n{}",
                    feeds.iter().map(told).collect::<String>()
                )
            }
            Self::Unknown(reason) => {
                format!("\nWhether feeds have moved for good cannot be told: {reason}.\n")
            }
        }
    }

    fn in_json(&self) -> Value {
        match self {
            Self::Known(feeds) => feeds
                .iter()
                .map(|feed| json!({ "url": feed.url, "moved_to": feed.moved_to, "remarks": feed.remarks }))
                .collect(),
            Self::Unknown(_) => Value::Null,
        }
    }
}

fn in_words(loaded: &Loaded, moves: &Moves, now: DateTime<Utc>) -> String {
    let mut text = match &loaded.file {
        Some(file) => format!("{} is valid.\n", file.display()),
        None => "There is no configuration, so the defaults hold.\n".to_owned(),
    };
    let settings = &loaded.settings;
    for part in [feeds(settings), merged_feeds(settings), newsletters(settings, now)] {
        text.push('\n');
        text.push_str(&part);
    }
    let _ = write!(text, "\nThe database is {}.\n", settings.storage.path.display());
    text.push_str(&moves.in_words());
    if !loaded.warnings.is_empty() {
        text.push_str("\nSuspicious:\n");
        loaded.warnings.iter().for_each(|warning| text.push_str(&format!("\n{warning}")));
    }
    text
}

fn feeds(settings: &Settings) -> String {
    let mut tags: BTreeMap<&str, usize> = BTreeMap::new();
    for tag in settings.subscriptions.iter().flat_map(|feed| &feed.tags) {
        *tags.entry(tag).or_default() += 1;
    }
    let fetch = &settings.fetch;
    let mut text = format!(
        "It polls {} every {} to {}, {} at once, {} apart at each site.\n",
        counted(settings.subscriptions.len(), "feed", "feeds"),
        units::in_words(fetch.min_interval),
        units::in_words(fetch.max_interval),
        fetch.connections,
        units::in_words(fetch.per_host_gap),
    );
    let feeds = settings.subscriptions.iter().map(|feed| &feed.url);
    if let Some(said) = pacing::of_first_pass(feeds, fetch) {
        let _ = writeln!(text, "  {said}");
    }
    if !tags.is_empty() {
        let tags: Vec<String> =
            tags.iter().map(|(tag, feeds)| format!("{tag} ({feeds})")).collect();
        let _ = writeln!(text, "  Tags: {}.", tags.join(", "));
    }
    if fetch.contact.is_none() {
        text.push_str("  Publishers are told no contact: please set `contact` in [fetch].\n");
    }
    text
}

fn merged_feeds(settings: &Settings) -> String {
    let mut text = format!("It serves, at {}:\n", settings.server.listen);
    let base = base_url(settings);
    for feed in &settings.merged_feeds {
        let _ = writeln!(
            text,
            "  {base}feeds/{}.atom  “{}”: the newest {} of {}.",
            feed.name,
            feed.title,
            feed.limit,
            selection(&feed.tags),
        );
    }
    if settings.server.base_url.is_some() {
        let _ = writeln!(
            text,
            "  Hubs are asked to tell of changes at {base}websub/, if that address is public."
        );
    }
    text
}

fn newsletters(settings: &Settings, now: DateTime<Utc>) -> String {
    if settings.newsletters.is_empty() {
        return "It sends no newsletter: none is configured.\n".to_owned();
    }
    let route = match &settings.mail {
        MailRoute::Directory(folder) => format!("written into {}", folder.display()),
        MailRoute::Smtp(smtp) => {
            let tls = match smtp.tls {
                SmtpTls::Implicit => "TLS",
                SmtpTls::StartTls => "STARTTLS",
                SmtpTls::None => "without TLS, on this machine",
            };
            format!("sent through {}:{} ({tls})", smtp.host, smtp.port)
        }
    };
    let mut text = format!("Its letters are {route}:\n");
    for newsletter in &settings.newsletters {
        text.push_str(&in_a_line(newsletter));
        let _ = writeln!(text, "    Next: {}.", firings(newsletter, now).join(", "));
    }
    text
}

fn in_a_line(newsletter: &Newsletter) -> String {
    format!(
        "  {}  “{}”: {} of {}, to {}, by the clocks of {}.\n",
        newsletter.name,
        newsletter.title,
        counted(newsletter.max_items, "entry at most", "entries at most"),
        selection(&newsletter.tags),
        counted(newsletter.to.len(), "subscriber", "subscribers"),
        newsletter.timetable.zone(),
    )
}

/// The next firings of a newsletter, in the time of its readers.
fn firings(newsletter: &Newsletter, now: DateTime<Utc>) -> Vec<String> {
    let zone = newsletter.timetable.zone();
    rehearse::upcoming(newsletter, now, FIRINGS)
        .iter()
        .map(|slot| slot.at.with_timezone(&zone).format("%a %Y-%m-%d %H:%M").to_string())
        .collect()
}

fn selection(tags: &[String]) -> String {
    match tags {
        [] => "all feeds".to_owned(),
        tags => format!("the feeds tagged {}", tags.join(" or ")),
    }
}

/// Where readers reach the server.
fn base_url(settings: &Settings) -> String {
    let listen = settings.server.listen;
    match &settings.server.base_url {
        Some(base) => base.to_string(),
        None if listen.ip().is_unspecified() => format!("http://localhost:{}/", listen.port()),
        None => format!("http://{listen}/"),
    }
}

fn in_json(loaded: &Loaded, moves: &Moves, now: DateTime<Utc>) -> Value {
    let settings = &loaded.settings;
    let base = base_url(settings);
    let merged_feeds: Vec<Value> = settings
        .merged_feeds
        .iter()
        .map(|feed| json!({ "name": feed.name, "url": format!("{base}feeds/{}.atom", feed.name) }))
        .collect();
    let newsletters: Vec<Value> = settings
        .newsletters
        .iter()
        .map(|newsletter| {
            json!({
                "name": newsletter.name,
                "timezone": newsletter.timetable.zone().name(),
                "subscribers": newsletter.to.len(),
                "next": firings(newsletter, now),
            })
        })
        .collect();
    json!({
        "valid": true,
        "file": loaded.file,
        "feeds": settings.subscriptions.len(),
        "merged_feeds": merged_feeds,
        "newsletters": newsletters,
        "database": settings.storage.path,
        "moves": moves.in_json(),
        "faults": Vec::<Fault>::new(),
        "warnings": loaded.warnings,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::config::surroundings::FILE_NAME;

    /// What is said about a configuration; its folder is named `/place`.
    fn said(config: Option<&str>, json: bool) -> String {
        let place = tempfile::tempdir().expect("a folder");
        if let Some(config) = config {
            fs::write(place.path().join(FILE_NAME), config).expect("written");
        }
        let around = Surroundings::stated(place.path(), Path::new("/none"), &[]);
        let global = Global { json, ..Global::default() };
        let now = DateTime::<Utc>::UNIX_EPOCH + chrono::TimeDelta::days(20_780);
        let answer = check(&around, &global, now).unwrap_or_else(Failure::into_answer);
        let said = format!("{}{}exit {}", answer.out, answer.err, answer.code.number());
        said.replace(&place.path().display().to_string(), "/place")
    }

    const CONFIG: &str = r#"
[server]
base_url = "https://feeds.exemple.fr/"
[fetch]
contact = "zoe@exemple.fr"
[smtp]
host = "localhost"
tls = "none"
[[feed]]
url = "https://exemple.fr/rss"
tags = ["presse", "fr"]
[[feed]]
url = "https://exemple.org/atom"
tags = ["presse"]
[[merged_feed]]
name = "presse"
title = "La presse"
tags = ["presse", "radio"]
[[newsletter]]
name = "matin"
at = "06:30"
timezone = "Europe/Paris"
from = "lettre@exemple.fr"
to = ["zoe@exemple.fr", "ali@exemple.fr"]
"#;

    const FAULTY: &str =
        "[fetch]\ntimout = \"1s\"\n[[merged_feed]]\nname = \"a\"\ntags = [\"x\"]\n";

    #[test]
    fn what_would_be_done_is_said_in_sentences() {
        insta::assert_snapshot!("defaults", said(None, false));
        insta::assert_snapshot!("all_of_it", said(Some(CONFIG), false));
    }

    #[test]
    fn faults_are_said_with_what_is_suspicious_besides() {
        insta::assert_snapshot!("faults", said(Some(FAULTY), false));
    }

    #[test]
    fn programs_get_the_same_as_json() {
        insta::assert_snapshot!("json", said(Some(CONFIG), true));
        insta::assert_snapshot!("faults_as_json", said(Some(FAULTY), true));
    }

    #[tokio::test]
    async fn a_database_that_cannot_be_read_is_no_fault_of_the_configuration() {
        let place = tempfile::tempdir().expect("a folder");
        let around = Surroundings::stated(place.path(), Path::new("/none"), &[]);
        let loaded = load::load_in(&around, None, &lists::read).expect("defaults");
        let told = async || moves(&loaded.settings).await;
        assert_eq!((told().await.in_words(), told().await.in_json()), (String::new(), json!([])));
        fs::write(place.path().join("feedmill.db"), "something else").expect("written");
        let words = told().await.in_words();
        assert!(words.contains("cannot be told: "), "{words}");
        assert_eq!(told().await.in_json(), Value::Null);
    }
}
