//! Pages: what there is, the newsletter's archive, one entry, and how the feeds are.
//!
//! Links inside are relative, so they work under whatever address the server is reached; only the
//! addresses to subscribe to are the configured ones.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::answer::{self, Keep};
use super::house::House;
use super::templates::EDITION;
use crate::jobs::labels::Labels;
use crate::jobs::library::edition_path;
use crate::jobs::remarks;
use crate::jobs::shelf::Printed;
use crate::model::entry::EntryId;
use crate::model::feed::Standing;
use crate::model::settings::MergedFeed;
use crate::model::text::PlainText;
use crate::publish::format::Format;
use crate::publish::view::{Source, below};

const HTML: &str = "text/html; charset=utf-8";

/// How many editions the front page and the archive list.
const LISTED_EDITIONS: usize = 200;

/// How many feeds the status page lists; those in trouble come first.
const LISTED_FEEDS: usize = 1_000;

/// `/`: the merged feeds and the newsletters.
pub async fn index(State(house): State<Arc<House>>, headers: HeaderMap) -> Response {
    let labels = house.labels();
    let feeds = match house.library.feeds().await {
        Ok(feeds) => feeds.len(),
        Err(error) => return answer::unavailable(&error),
    };
    let editions = match edition_lines(&house, LISTED_EDITIONS).await {
        Ok(editions) => editions,
        Err(error) => return answer::unavailable(&*error),
    };
    let merged: Vec<Offer> = labels.feeds.iter().map(|feed| offer(&labels, feed)).collect();
    let newsletters = archive(&labels, &editions);
    let values = IndexPage { root: "./", feeds, merged, newsletters };
    page(&house, &headers, "index.html", values, &house.templates.page)
}

#[derive(Debug, Serialize)]
struct IndexPage<'a> {
    root: &'static str,
    feeds: usize,
    merged: Vec<Offer>,
    newsletters: Vec<Archive<'a>>,
}

/// A merged feed as offered on the front page.
#[derive(Debug, Serialize)]
struct Offer {
    title: String,
    tags: Vec<String>,
    formats: Vec<OfferedFormat>,
}

#[derive(Debug, Serialize)]
struct OfferedFormat {
    title: &'static str,
    media_type: &'static str,
    path: String,
    address: String,
}

fn offer(labels: &Labels, feed: &MergedFeed) -> Offer {
    let format = |format: Format| {
        let path = format!("feeds/{}.{}", feed.name, format.ending());
        let address = below(&labels.base_url, &path);
        OfferedFormat { title: format.title(), media_type: format.media_type(), path, address }
    };
    Offer {
        title: feed.title.clone(),
        tags: feed.tags.clone(),
        formats: Format::ALL.map(format).into(),
    }
}

/// `/editions`: the archive of all newsletters.
pub async fn editions(State(house): State<Arc<House>>, headers: HeaderMap) -> Response {
    let editions = match edition_lines(&house, LISTED_EDITIONS).await {
        Ok(editions) => editions,
        Err(error) => return answer::unavailable(&*error),
    };
    let labels = house.labels();
    let values = EditionsPage { root: "./", newsletters: archive(&labels, &editions) };
    page(&house, &headers, "editions.html", values, &house.templates.page)
}

#[derive(Debug, Serialize)]
struct EditionsPage<'a> {
    root: &'static str,
    newsletters: Vec<Archive<'a>>,
}

/// A newsletter and its last editions, newest first.
#[derive(Debug, Serialize)]
struct Archive<'a> {
    name: &'a str,
    title: &'a str,
    editions: Vec<&'a EditionLine>,
}

fn archive<'a>(labels: &'a Labels, editions: &'a [EditionLine]) -> Vec<Archive<'a>> {
    let of = |(name, title): &'a (String, String)| Archive {
        name,
        title,
        editions: editions.iter().filter(|edition| edition.newsletter == *name).collect(),
    };
    labels.newsletters.iter().map(of).collect()
}

/// An edition as a line of a list.
#[derive(Debug, Serialize)]
struct EditionLine {
    newsletter: String,
    path: String,
    date: String,
    subject: String,
    entries: u32,
}

async fn edition_lines(
    house: &House,
    rows: usize,
) -> Result<Vec<EditionLine>, Box<dyn std::error::Error + Send + Sync>> {
    let heads = house.library.editions(None, rows).await?;
    let line = heads.into_iter().map(|head| EditionLine {
        path: edition_path(&head.newsletter, &head.slot),
        date: head.slot.date.to_string(),
        newsletter: head.newsletter,
        subject: head.subject,
        entries: head.shown + head.counted,
    });
    Ok(line.collect())
}

/// `/editions/NAME/DATE` and `/editions/NAME/DATE-HHMM`: the edition as it was sealed.
pub async fn edition(
    State(house): State<Arc<House>>,
    path: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let Ok(Path((newsletter, date))) = path else { return answer::bad_request() };
    let Some((date, time)) = date_and_time(&date) else { return answer::not_found() };
    match house.library.edition(&newsletter, date, time.as_deref()).await {
        Ok(Some(edition)) => {
            let sealed = Printed::of(edition.text.html, HTML, Some(edition.sealed));
            answer::printed(&headers, &sealed, Keep::Long, &EDITION)
        }
        Ok(None) => answer::not_found(),
        Err(error) => answer::unavailable(&error),
    }
}

/// `2026-11-23` or `2026-11-23-0630`.
fn date_and_time(text: &str) -> Option<(NaiveDate, Option<String>)> {
    let (date, rest) = text.split_at_checked(10)?;
    let date = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?;
    if rest.is_empty() {
        return Some((date, None));
    }
    let digits = rest.strip_prefix('-').filter(|time| time.len() == 4)?;
    let is_time = digits.bytes().all(|b| b.is_ascii_digit());
    is_time.then(|| (date, Some(format!("{}:{}", &digits[..2], &digits[2..]))))
}

/// `/entries/ID`: one entry, whole.
pub async fn entry(
    State(house): State<Arc<House>>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let Ok(Path(id)) = id else { return answer::bad_request() };
    let Ok(id) = id.parse::<u32>() else { return answer::not_found() };
    let item = match house.library.entry(&house.labels(), EntryId(i64::from(id))).await {
        Ok(Some(item)) => item,
        Ok(None) => return answer::not_found(),
        Err(error) => return answer::unavailable(&error),
    };
    let values = EntryPage {
        root: "../",
        title: item.title.as_str(),
        link: item.link.as_ref().map(|link| link.as_str()),
        authors: item.authors.iter().map(line).collect(),
        sources: item.sources().map(named).collect(),
        published: minute(item.published),
        categories: item.categories.iter().map(line).collect(),
        files: item.enclosures.iter().map(|file| file.url.as_str()).collect(),
        body: item.body.as_str(),
        excerpt: item.excerpt.as_str(),
    };
    page(&house, &headers, "entry.html", values, &house.templates.body)
}

#[derive(Debug, Serialize)]
struct EntryPage<'a> {
    root: &'static str,
    title: &'a str,
    link: Option<&'a str>,
    authors: Vec<String>,
    sources: Vec<Named<'a>>,
    published: String,
    categories: Vec<String>,
    files: Vec<&'a str>,
    body: &'a str,
    excerpt: &'a str,
}

/// A feed and where to read it.
#[derive(Debug, Serialize)]
struct Named<'a> {
    name: String,
    site: &'a str,
}

fn named(source: &Source) -> Named<'_> {
    let site = source.site.as_ref().map_or(source.url.as_str(), |site| site.as_str());
    Named { name: source.name(), site }
}

fn line(text: &PlainText) -> String {
    text.one_line().as_str().to_owned()
}

/// `/status`: the feeds and their standing.
pub async fn status(State(house): State<Arc<House>>, headers: HeaderMap) -> Response {
    let feeds = match house.library.feeds().await {
        Ok(feeds) => feeds,
        Err(error) => return answer::unavailable(&error),
    };
    let offline = match house.library.offline_since().await {
        Ok(since) => since.map(minute),
        Err(error) => return answer::unavailable(&error),
    };
    let hubs = match house.library.hubs().await {
        Ok(hubs) => hubs,
        Err(error) => return answer::unavailable(&error),
    };
    let (labels, now) = (house.labels(), house.pushes.clock.now());
    let mut lines: Vec<FeedLine> = feeds
        .into_iter()
        .map(|summary| {
            let told = remarks::about(&summary.feed, None);
            let hub = hubs.get(&summary.feed.id).map(|hub| hub.in_words(now, minute));
            let state = summary.feed.state;
            let title = labels.title(&summary.feed.url, &state.title);
            let url = summary.feed.url.as_str().to_owned();
            let site = state.site.as_ref().map(|site| site.as_str().to_owned());
            let named = Source { title, url: summary.feed.url, site: state.site };
            let (rank, standing, trouble) = standing(&state.standing);
            let detail = [trouble].into_iter().chain(told).filter(|text| !text.is_empty());
            let detail = detail.collect::<Vec<_>>().join("; ");
            FeedLine {
                rank,
                title: named.name(),
                url,
                site,
                standing,
                detail,
                hub,
                entries: summary.entries,
                last_check: state.last_check.map(minute),
                next_check: (rank != GONE).then(|| minute(state.next_check)),
            }
        })
        .collect();
    lines.sort_by_cached_key(|line| (line.rank, line.title.to_lowercase(), line.url.clone()));
    let count = |rank| lines.iter().filter(|line| line.rank == rank).count();
    let (total, failing, gone, new) = (lines.len(), count(FAILING), count(GONE), count(NEW));
    let entries: u64 = lines.iter().map(|line| line.entries).sum();
    lines.truncate(LISTED_FEEDS);
    let more = total - lines.len();
    let root = "./";
    let values = StatusPage { root, offline, lines, total, failing, gone, new, entries, more };
    page(&house, &headers, "status.html", values, &house.templates.page)
}

#[derive(Debug, Serialize)]
struct StatusPage {
    root: &'static str,
    /// Since when no host answers.
    offline: Option<String>,
    lines: Vec<FeedLine>,
    total: usize,
    failing: usize,
    gone: usize,
    new: usize,
    entries: u64,
    more: usize,
}

/// A feed as a line of the status page.
#[derive(Debug, Serialize)]
struct FeedLine {
    rank: u8,
    title: String,
    url: String,
    site: Option<String>,
    standing: &'static str,
    detail: String,
    /// What was agreed with its hub.
    hub: Option<String>,
    entries: u64,
    last_check: Option<String>,
    next_check: Option<String>,
}

const GONE: u8 = 0;
const FAILING: u8 = 1;
const NEW: u8 = 2;
const HEALTHY: u8 = 3;

/// Its rank on the page, the word for it, and what people should know.
fn standing(standing: &Standing) -> (u8, &'static str, String) {
    match standing {
        Standing::New => (NEW, "new", String::new()),
        Standing::Healthy => (HEALTHY, "healthy", String::new()),
        Standing::Failing { failures, since, reason, .. } => {
            let times = if *failures == 1 { "once" } else { "times in a row" };
            let count = if *failures == 1 { String::new() } else { format!("{failures} ") };
            let detail = format!("failed {count}{times} since {}: {reason}", minute(*since));
            (FAILING, "failing", detail)
        }
        Standing::Gone { since } => {
            (GONE, "gone", format!("ended by its publisher (410), seen {}", minute(*since)))
        }
    }
}

/// A moment to the minute, for people.
fn minute(moment: DateTime<Utc>) -> String {
    moment.format("%Y-%m-%d %H:%M UTC").to_string()
}

fn page(
    house: &House,
    headers: &HeaderMap,
    template: &str,
    values: impl Serialize,
    policy: &HeaderValue,
) -> Response {
    match house.templates.render(template, values) {
        Ok(html) => answer::printed(headers, &Printed::of(html, HTML, None), Keep::Checked, policy),
        Err(error) => answer::unavailable(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_editions() {
        let date = NaiveDate::from_ymd_opt(2026, 11, 23).expect("a date");
        for (text, expected) in [
            ("2026-11-23", Some((date, None))),
            ("2026-11-23-0630", Some((date, Some("06:30".to_owned())))),
            ("2026-11-23-630", None),
            ("2026-11-23-06:30", None),
            ("2026-11-23T0630", None),
            ("2026-13-01", None),
            ("2026-1-1", None),
            ("", None),
            ("é026-11-23", None),
        ] {
            assert_eq!(date_and_time(text), expected, "{text}");
        }
    }
}
