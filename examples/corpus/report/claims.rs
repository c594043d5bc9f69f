//! Which assertions feedmill's model can express, and whether they hold.
//!
//! Texts are compared as a reader sees them: titles as plain text, bodies cleaned and as text,
//! because cleaning is not this test's subject. What the model does not keep is not claimed, and
//! counted by kind.

use std::collections::{BTreeMap, HashMap};

use chrono::{TimeZone, Utc};
use feedmill::clean::{plain, prose, sanitise};
use feedmill::model::document::{Document, Item, RawHtml};
use feedmill::model::url::WebUrl;
use feedmill::parse::date;
use serde::Deserialize;

use super::assertion::{self, Part, Step, Value};
use super::compare::Share;

/// Files whose assertions are about something else than reading, and what that is.
const ELSEWHERE: [(&str, &str); 9] = [
    ("/sanitize/", "what cleaning leaves of markup"),
    ("/cdf/", "CDF, which is refused by its name"),
    ("content_location", "a field of the answer"),
    ("/http/", "a field of the answer"),
    ("/id_only", "an identity made up for the item"),
    ("http_entry_id_base", "an identity resolved as if it were an address"),
    ("/entities/lang.xml", "a reference that HTML 5 gave another meaning"),
    ("/entry_content_and_summary", "a summary beside the content: the fuller one is kept"),
    ("/item_summary_and_description", "a summary beside the content: the fuller one is kept"),
];

/// What became of the assertions.
#[derive(Debug, Default)]
pub(crate) struct Verdicts {
    /// Those claimed, and those of them that hold.
    pub(crate) held: Share,
    /// Those that do not hold, with what stands there.
    pub(crate) failed: Vec<String>,
    /// Those not claimed, by kind.
    pub(crate) unclaimed: BTreeMap<String, usize>,
}

#[derive(Deserialize)]
struct Line {
    path: String,
    expect: String,
}

/// The assertions in `text`, by path.
pub(crate) fn read(text: &str) -> Result<HashMap<String, Vec<String>>, serde_json::Error> {
    let mut read: HashMap<String, Vec<String>> = HashMap::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let Line { path, expect } = serde_json::from_str(line)?;
        read.entry(path).or_default().push(expect);
    }
    Ok(read)
}

impl Verdicts {
    /// Judges one assertion about a document.
    pub(crate) fn judge(
        &mut self,
        path: &str,
        assertion: &str,
        document: Option<&Document>,
        base: &WebUrl,
    ) {
        if let Some((_, kind)) = ELSEWHERE.iter().find(|(folder, _)| path.contains(folder)) {
            return self.decline((*kind).to_owned());
        }
        let mut verdicts = Vec::new();
        for part in assertion::parts(assertion) {
            match part {
                Part::Broken => {}
                Part::Equals(steps, value) => match claim(&steps, &value) {
                    Some(claim) => verdicts.push(holds(&claim, &value, document, base)),
                    None => return self.decline(kind(&steps)),
                },
                Part::Other(written) => return self.decline(other_kind(path, &written)),
            }
        }
        if verdicts.is_empty() {
            return self.decline("whether the document is broken".to_owned());
        }
        let failed = verdicts.into_iter().find_map(Result::err);
        self.held.count(failed.is_none());
        if let Some(said) = failed {
            self.failed.push(format!("{path}: {assertion}\n    said: {said}"));
        }
    }

    fn decline(&mut self, kind: String) {
        *self.unclaimed.entry(kind).or_default() += 1;
    }
}

fn kind(steps: &[Step]) -> String {
    let names = steps.iter().filter_map(|step| match step {
        Step::Name(name) => Some(name.as_str()),
        Step::At(_) => None,
    });
    names.collect::<Vec<_>>().join(".")
}

fn other_kind(path: &str, written: &str) -> String {
    let is_of_a_validator =
        written.trim_start_matches('!').starts_with(|c: char| c.is_ascii_uppercase());
    match path.contains("validator") && is_of_a_validator {
        true => "a message of a validator".to_owned(),
        false => format!("an expression: {}", written.chars().take(60).collect::<String>()),
    }
}

/// A place in the model that an assertion speaks of.
enum Claim {
    Feed(FeedField),
    Entries,
    Entry(usize, EntryField),
}

enum FeedField {
    Title,
    Link,
    Language,
    Description,
    Ttl,
    Icon,
}

enum EntryField {
    Guid,
    Title,
    Link,
    Date,
    Author(Option<usize>),
    Body,
    Category(Option<usize>),
    File(usize, FilePart),
    Origin(bool),
    Comments,
    CommentCount,
    Image,
    Language,
}

enum FilePart {
    Url,
    Kind,
    Length,
}

/// What of the model `steps` name, if it keeps that.
fn claim(steps: &[Step], value: &Value) -> Option<Claim> {
    let names: Vec<&str> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Name(name) => Some(name.as_str()),
            Step::At(_) => None,
        })
        .collect();
    let places: Vec<usize> = steps
        .iter()
        .filter_map(|step| match step {
            Step::At(at) => Some(*at),
            Step::Name(_) => None,
        })
        .collect();
    let is_blank = match value {
        Value::Text(text) => plain::title(text).is_empty(),
        Value::Number(_) | Value::Tuple(_) => false,
    };
    if is_blank {
        return None;
    }
    match (names.as_slice(), places.as_slice()) {
        (["entries", "len()"], []) => Some(Claim::Entries),
        (["feed", rest @ ..], []) => feed_field(rest).map(Claim::Feed),
        (["entries" | "Items", rest @ ..], [at, inner @ ..]) => {
            entry_field(rest, inner).map(|field| Claim::Entry(*at, field))
        }
        // Bare names speak of the only entry.
        (rest, inner) => entry_field(rest, inner).map(|field| Claim::Entry(0, field)),
    }
}

fn feed_field(names: &[&str]) -> Option<FeedField> {
    Some(match names {
        ["title"] | ["title_detail", "value"] => FeedField::Title,
        ["link"] => FeedField::Link,
        ["language"] => FeedField::Language,
        ["description" | "tagline" | "subtitle"]
        | ["tagline_detail" | "subtitle_detail", "value"] => FeedField::Description,
        ["ttl"] => FeedField::Ttl,
        ["icon" | "logo"] | ["image", "href" | "url"] => FeedField::Icon,
        _ => return None,
    })
}

fn entry_field(names: &[&str], places: &[usize]) -> Option<EntryField> {
    Some(match (names, places) {
        (["id" | "guid"], []) => EntryField::Guid,
        (["title"] | ["title_detail", "value"], []) => EntryField::Title,
        (["link"], []) => EntryField::Link,
        (
            [
                "published_parsed" | "updated_parsed" | "created_parsed" | "modified_parsed"
                | "issued_parsed" | "published" | "updated" | "date",
            ],
            [],
        ) => EntryField::Date,
        (["author"] | ["author_detail", "name"], []) => EntryField::Author(None),
        (["authors", "name"], [at]) => EntryField::Author(Some(*at)),
        (["description" | "summary"] | ["summary_detail", "value"], [])
        | (["content", "value"], [0]) => EntryField::Body,
        (["category"], []) => EntryField::Category(None),
        (["tags", "term"], [at]) => EntryField::Category(Some(*at)),
        (["enclosures", "href" | "url"], [at]) => EntryField::File(*at, FilePart::Url),
        (["enclosures", "type"], [at]) => EntryField::File(*at, FilePart::Kind),
        (["enclosures", "length"], [at]) => EntryField::File(*at, FilePart::Length),
        (["source", "title"] | ["source", "title_detail", "value"], []) => EntryField::Origin(true),
        (["source", "link" | "href" | "url"], []) => EntryField::Origin(false),
        (["comments"], []) => EntryField::Comments,
        (["slash_comments" | "thr_total"], []) => EntryField::CommentCount,
        (["media_thumbnail", "url"], [0]) | (["image", "href"], []) => EntryField::Image,
        (["language"], []) => EntryField::Language,
        _ => return None,
    })
}

/// What stands at a place in the model, in the shape in which it is compared.
enum Said {
    Text(String),
    Address(Option<String>),
    Body(String),
    OneOf(Vec<String>),
    Dates(Vec<i64>),
}

fn holds(
    claim: &Claim,
    value: &Value,
    document: Option<&Document>,
    base: &WebUrl,
) -> Result<(), String> {
    let document = document.ok_or("nothing was read")?;
    let said = match claim {
        Claim::Entries => Said::Text(document.items.len().to_string()),
        Claim::Feed(field) => of_feed(document, field),
        Claim::Entry(at, field) => of_item(document.items.get(*at).ok_or("no such entry")?, field),
    };
    let expected = match value {
        Value::Text(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Tuple(numbers) => return compare_dates(&said, moment(numbers)),
    };
    match said {
        Said::Text(said) => same(&said, &[plain::title(&expected).as_str(), expected.trim()]),
        Said::OneOf(said) => {
            let bare = expected.split_once(" (").map_or(expected.as_str(), |(name, _)| name);
            let wanted = [plain::label(&expected), plain::label(bare)];
            let is_there =
                said.iter().any(|said| wanted.iter().any(|wanted| wanted.as_str() == said));
            if is_there { Ok(()) } else { Err(format!("{said:?}")) }
        }
        Said::Address(said) => {
            let meant = WebUrl::join(base, expected.trim()).map(|url| url.as_str().to_owned());
            let meant = meant.unwrap_or(expected);
            let is_it = said.as_deref().is_some_and(|said| said == meant);
            if is_it { Ok(()) } else { Err(format!("{said:?}")) }
        }
        Said::Body(said) => same(&as_text(&said), &[&as_text(&expected), &blanks(&expected)]),
        Said::Dates(_) => compare_dates(&said, date::parse(&expected).map(|time| time.timestamp())),
    }
}

fn same(said: &str, expected: &[&str]) -> Result<(), String> {
    let said_bare = blanks(said);
    let is_same = expected.iter().any(|expected| blanks(expected) == said_bare);
    if is_same { Ok(()) } else { Err(format!("{said:?}")) }
}

fn compare_dates(said: &Said, expected: Option<i64>) -> Result<(), String> {
    match said {
        Said::Dates(dates) if expected.is_none_or(|date| dates.contains(&date)) => Ok(()),
        Said::Dates(dates) => Err(format!("{dates:?}, not {expected:?}")),
        Said::Text(_) | Said::Address(_) | Said::Body(_) | Said::OneOf(_) => {
            Err("no date".to_owned())
        }
    }
}

/// The first six of Python's nine numbers of a moment.
pub(crate) fn moment(numbers: &[i64]) -> Option<i64> {
    let [year, month, day, hour, minute, second, ..] = *numbers else { return None };
    let small = |number: i64| u32::try_from(number).ok();
    Utc.with_ymd_and_hms(
        i32::try_from(year).ok()?,
        small(month)?,
        small(day)?,
        small(hour)?,
        small(minute)?,
        small(second)?,
    )
    .single()
    .map(|time| time.timestamp())
}

fn blanks(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn as_text(html: &str) -> String {
    prose::text(&sanitise::body(&RawHtml(html.to_owned()), None)).as_str().to_owned()
}

fn address(url: Option<&WebUrl>) -> Said {
    Said::Address(url.map(|url| url.as_str().to_owned()))
}

fn of_feed(document: &Document, field: &FeedField) -> Said {
    match field {
        FeedField::Title => Said::Text(document.title.to_string()),
        FeedField::Link => address(document.site.as_ref()),
        FeedField::Language => Said::Text(document.language.clone().unwrap_or_default()),
        FeedField::Description => Said::Text(document.description.to_string()),
        FeedField::Ttl => {
            Said::Text(document.wishes.ttl_mins.map(|mins| mins.to_string()).unwrap_or_default())
        }
        FeedField::Icon => address(document.icon.as_ref()),
    }
}

fn of_item(item: &Item, field: &EntryField) -> Said {
    let texts = |texts: &[feedmill::model::text::PlainText]| {
        texts.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let one = |all: Vec<String>, at: Option<usize>| match at {
        Some(at) => Said::Text(all.get(at).cloned().unwrap_or_default()),
        None => Said::OneOf(all),
    };
    match field {
        EntryField::Guid => Said::Text(item.guid.clone().unwrap_or_default()),
        EntryField::Title => Said::Text(item.title.to_string()),
        EntryField::Link => address(item.link.as_ref()),
        EntryField::Date => Said::Dates(
            [item.published, item.updated].into_iter().flatten().map(|t| t.timestamp()).collect(),
        ),
        EntryField::Author(at) => one(texts(&item.authors), *at),
        EntryField::Body => Said::Body(item.body.0.clone()),
        EntryField::Category(at) => one(texts(&item.categories), *at),
        EntryField::File(at, part) => {
            let file = item.enclosures.get(*at);
            match part {
                FilePart::Url => Said::Address(file.map(|file| file.url.clone())),
                FilePart::Kind => {
                    Said::Text(file.and_then(|file| file.media_type.clone()).unwrap_or_default())
                }
                FilePart::Length => Said::Text(
                    file.and_then(|file| file.length)
                        .map(|length| length.to_string())
                        .unwrap_or_default(),
                ),
            }
        }
        EntryField::Origin(true) => Said::Text(
            item.origin.as_ref().map(|origin| origin.title.to_string()).unwrap_or_default(),
        ),
        EntryField::Origin(false) => {
            address(item.origin.as_ref().and_then(|origin| origin.url.as_ref()))
        }
        EntryField::Comments => address(item.comments.as_ref()),
        EntryField::CommentCount => {
            Said::Text(item.comment_count.map(|count| count.to_string()).unwrap_or_default())
        }
        EntryField::Image => address(item.image.as_ref()),
        EntryField::Language => Said::Text(item.language.clone().unwrap_or_default()),
    }
}
