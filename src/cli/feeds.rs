//! `feedmill feeds` and `feedmill status`: how things are. Both write nothing.

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::cli::answer::Answer;
use crate::cli::tables::{list, table, when};
use crate::daemon::compose::{Workshop, World};
use crate::jobs::overview::{FeedReport, Totals};
use crate::jobs::rests::RestReport;
use crate::model::settings::Settings;

/// Lists the feeds, or those that cannot be read at present.
///
/// # Errors
/// If the database cannot be read.
pub async fn feeds(settings: Settings, failing: bool, as_json: bool) -> anyhow::Result<Answer> {
    let workshop = Workshop::beside(settings, World::real()).await?;
    let mut feeds = workshop.overview().feeds().await?;
    feeds.retain(|feed| !failing || feed.trouble.is_some());
    if as_json {
        return Ok(Answer::json(&json!(feeds)));
    }
    let now = workshop.world.clock.now();
    let row = |feed: &FeedReport| {
        vec![
            feed.standing.to_owned(),
            feed.entries.to_string(),
            feed.next_check.map_or_else(|| "never".to_owned(), |at| when(at, now)),
            feed.title.clone(),
            feed.url.clone(),
            feed.repair.filter(|repair| *repair != "none").unwrap_or_default().to_owned(),
            feed.trouble.iter().chain(&feed.remarks).cloned().collect::<Vec<_>>().join("; "),
        ]
    };
    let head =
        ["standing", "entries", "next check", "title", "url", "repair", "trouble and remarks"];
    Ok(Answer::done(table(&head, feeds.iter().map(row).collect())))
}

/// Shows the whole in numbers, or one feed with all that is known of it.
///
/// # Errors
/// If the database cannot be read, or the feed is not there.
pub async fn status(
    settings: Settings,
    url: Option<&str>,
    as_json: bool,
) -> anyhow::Result<Answer> {
    let workshop = Workshop::beside(settings, World::real()).await?;
    let Some(url) = url else {
        let totals = workshop.overview().totals(workshop.world.clock.now()).await?;
        return Ok(if as_json { Answer::json(&json!(totals)) } else { in_numbers(&totals) });
    };
    let Some(feed) = workshop.overview().feed(url).await? else {
        anyhow::bail!("{url} is not subscribed; `feedmill feeds` lists the feeds that are");
    };
    let now = workshop.world.clock.now();
    Ok(if as_json { Answer::json(&json!(feed)) } else { in_full(&feed, now) })
}

fn in_numbers(totals: &Totals) -> Answer {
    let counted = totals.letters.iter().filter(|(_, count)| **count > 0);
    let mut letters: Vec<String> =
        counted.map(|(state, count)| format!("{count} {state}")).collect();
    if totals.resent > 0 {
        letters.push(format!("{} of them sent twice", totals.resent));
    }
    let letters = if letters.is_empty() { "none".to_owned() } else { letters.join(", ") };
    let left_out = match totals.left_out {
        0 => "nothing".to_owned(),
        items => format!("{items} of the items in the last documents"),
    };
    let offline = totals.offline_since.map(|since| {
        let since = since.format("%Y-%m-%d %H:%MZ");
        ("offline", format!("no host answers since {since}: feedmill itself seems to be offline"))
    });
    let hubs = [
        ("telling", "tell of changes"),
        ("silent", "silent"),
        ("asked", "asked"),
        ("refused", "failed"),
    ];
    let hubs = hubs.iter().filter_map(|(word, said)| {
        let count = totals.hubs.get(word).filter(|count| **count > 0)?;
        Some(format!("{count} {said}"))
    });
    let hubs = hubs.collect::<Vec<_>>().join(", ");
    let hubs = (!hubs.is_empty()).then_some(("hubs of feeds", hubs));
    let facts = [
        ("feeds", format!("{} ({} failing)", totals.feeds, totals.failing)),
        ("left out", left_out),
        ("entries", totals.entries.to_string()),
        ("documents", totals.documents.to_string()),
        ("editions", totals.editions.to_string()),
        ("letters", letters),
    ];
    Answer::done(list(&offline.into_iter().chain(facts).chain(hubs).collect::<Vec<_>>()))
}

/// One feed with all that is known of it.
pub fn in_full(feed: &FeedReport, now: DateTime<Utc>) -> Answer {
    let or_none = |remarks: &[String]| match remarks {
        [] => "none".to_owned(),
        remarks => remarks.join("; "),
    };
    let moment = |at: Option<DateTime<Utc>>| at.map_or("never".to_owned(), |at| when(at, now));
    let rest = feed.site_rest.as_ref().filter(|rest| rest.until > now);
    let rest = rest.map_or("asked as usual".to_owned(), rest_in_words);
    let moment_of = |at| when(at, now);
    let hub = feed.hub.as_ref().map_or("not asked".to_owned(), |hub| hub.in_words(now, moment_of));
    Answer::done(list(&[
        ("title", feed.title.clone()),
        ("address", feed.url.clone()),
        ("tags", feed.tags.join(", ")),
        ("standing", feed.standing.to_owned()),
        ("trouble", feed.trouble.clone().unwrap_or_else(|| "none".to_owned())),
        ("remarks", or_none(&feed.remarks)),
        ("repair", feed.repair.unwrap_or("never read").to_owned()),
        ("entries", feed.entries.to_string()),
        ("last check", moment(feed.last_check)),
        ("last change", moment(feed.last_change)),
        ("next check", format!("{} ({})", moment(feed.next_check), feed.rule)),
        ("site", rest),
        ("hub", hub),
        ("ETag", feed.etag.clone().unwrap_or_else(|| "none".to_owned())),
        ("Last-Modified", feed.last_modified.clone().unwrap_or_else(|| "none".to_owned())),
    ]))
}

/// What the whole site is owed.
fn rest_in_words(rest: &RestReport) -> String {
    let until = rest.until.format("%Y-%m-%d %H:%MZ");
    let why = if rest.retry_after { "Retry-After" } else { "429 or 503" };
    let RestReport { site, slower, told, .. } = rest;
    format!("{site} is asked {slower} times as slowly as usual until {until}: {why} of {told}")
}
