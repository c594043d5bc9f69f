//! `feedmill why`: all that is known of one feed or one entry.

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::cli::answer::{Answer, Failure};
use crate::cli::feeds;
use crate::cli::tables::{list, when};
use crate::daemon::compose::{Workshop, World};
use crate::jobs::why::{EditionOf, EntryReport, Why};
use crate::model::removed::{Removed, RemovedKind, SPAN_CHARS, Span};
use crate::model::settings::Settings;

/// Explains `what`: a feed's address, an entry's number, an article's address.
///
/// # Errors
/// If the database cannot be read, or nothing is known of it.
pub async fn why(settings: Settings, what: &str, as_json: bool) -> anyhow::Result<Answer> {
    let workshop = Workshop::beside(settings, World::real()).await?;
    let now = workshop.world.clock.now();
    match workshop.explainer().why(what).await? {
        Some(known) if as_json => Ok(Answer::json(&json!(known))),
        Some(Why::Feed(feed)) => Ok(feeds::in_full(&feed, now)),
        Some(Why::Entries { entries }) => {
            let pages: Vec<String> = entries.iter().map(|entry| in_full(entry, now)).collect();
            Ok(Answer::done(pages.join("\n")))
        }
        None => {
            let next = "give a feed's address as `feedmill feeds` lists it, the address of an \
                        article, or the number of an entry, which stands at the end of the address \
                        of its page";
            Err(Failure::new(format!("nothing is known of {what}")).next(next).into())
        }
    }
}

fn in_full(entry: &EntryReport, now: DateTime<Utc>) -> String {
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "none".to_owned());
    let joined = |names: &[String]| or_none((!names.is_empty()).then(|| names.join(", ")));
    let published = match entry.published {
        Some(at) if at > entry.first_seen => {
            format!("{} (in the future when it came: ordered by when it was seen)", moment(at, now))
        }
        Some(at) => moment(at, now),
        None => "not said: ordered by when it was seen".to_owned(),
    };
    let changes = match entry.changes {
        0 => "none".to_owned(),
        times => format!("{times}, the last {}", moment(entry.changed, now)),
    };
    let came = match entry.backlog {
        0 => moment(entry.first_seen, now),
        u32::MAX => {
            format!("{} (archive: newsletters leave it out)", moment(entry.first_seen, now))
        }
        rank => {
            format!("{} (number {rank} of the feed's first poll)", moment(entry.first_seen, now))
        }
    };
    let shown = match entry.shown_as {
        Some(other) if other != entry.entry => format!(" (as entry {other}, the same document)"),
        Some(_) | None => String::new(),
    };
    let mut facts = vec![
        ("entry", entry.entry.to_string()),
        ("title", entry.title.clone()),
        ("link", or_none(entry.link.clone())),
        ("document", or_none(entry.document.clone())),
        ("feed", format!("{} ({})", entry.feed_title, entry.feed)),
        ("first seen", came),
        ("published", published),
        ("changes", changes),
        ("merged feeds", format!("{}{shown}", joined(&entry.merged_feeds))),
        ("editions", joined(&entry.editions.iter().map(edition).collect::<Vec<_>>())),
        ("in no edition of", joined(&entry.in_no_edition_of)),
    ];
    facts.extend(entry.article.clone().map(|article| ("article", article)));
    facts.extend(entry.body.map(|body| ("body", body.to_owned())));
    facts.extend(removed(&entry.removed));
    list(&facts)
}

fn edition(of: &EditionOf) -> String {
    let place = match (of.place, of.copy_of) {
        (Some(place), _) => format!("shown as {place}"),
        (None, Some(other)) => format!("passed over: readers had entry {other}, the same article"),
        (None, None) => "counted".to_owned(),
    };
    format!("{} of {} ({place})", of.newsletter, of.slot)
}

/// What was taken out of the body, a kind a row, with the texts that were for readers.
fn removed(removed: &Removed) -> Vec<(&'static str, String)> {
    let row = |(kind, count): (&RemovedKind, &u32)| {
        let texts = removed.spans.iter().filter(|span| span.kind == *kind);
        let quoted = |span: &Span| {
            let is_clipped = span.text.as_str().chars().count() >= SPAN_CHARS;
            format!("“{}{}”", span.text.one_line(), if is_clipped { "…" } else { "" })
        };
        let texts: Vec<String> = texts.map(quoted).collect();
        let of = if texts.is_empty() { String::new() } else { format!(": {}", texts.join(", ")) };
        let whole = removed.chars.get(kind).copied().unwrap_or(0);
        let told: usize = removed
            .spans
            .iter()
            .filter(|span| span.kind == *kind)
            .map(|span| span.text.as_str().chars().count())
            .sum();
        // Where not all of it is quoted, how much there was.
        let size =
            if whole as usize > told { format!(" ({whole} characters)") } else { String::new() };
        ("removed", format!("{count} × {}{size}{of}", kind.words()))
    };
    removed.counts.iter().map(row).collect()
}

fn moment(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    format!("{} ({})", at.format("%Y-%m-%d %H:%MZ"), when(at, now))
}
