//! What feed-rs drops and we need: whether a guid is a permalink, the source an aggregator names,
//! enclosures apart from other media, iTunes authors, xml:base, and what the publisher asks of those
//! who poll (RSS 2.0 `ttl`, `skipHours`, `skipDays`; the syndication module).
//!
//! The collector is fed by [`super::budget`], which walks the document anyway.

use quick_xml::events::BytesStart;

use super::attributes::attribute;
use super::date;
use super::pictures::{self, Claim};
use crate::model::document::Wishes;

/// What was collected from one document.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Extras {
    /// What the publisher asks of those who poll.
    pub wishes: Wishes,
    /// `xml:lang` of the root, or `dc:language` of the channel.
    pub language: Option<String>,
    /// `itunes:summary` or `itunes:subtitle` of the channel.
    pub summary: Option<String>,
    /// `dc:title` of the channel.
    pub title: Option<String>,
    /// `itunes:image` of the channel.
    pub icon: Option<String>,
    /// What belongs to single items, in document order.
    pub items: Vec<ItemExtras>,
}

/// What belongs to one item.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct ItemExtras {
    /// RSS 2.0 `guid`'s `isPermaLink`, where it is written.
    pub is_permalink: Option<bool>,
    /// The title in RSS 2.0 `source` or `atom:source`.
    pub source_title: Option<String>,
    /// The address in RSS 2.0 `source` or `atom:source`.
    pub source_url: Option<String>,
    /// `itunes:author`.
    pub author: Option<String>,
    /// RSS 1.0 `rdf:about`: what the item is called, though it has no guid.
    pub about: Option<String>,
    /// `dc:title` or `media:title`: a title where the format's own is missing.
    pub title: Option<String>,
    /// `dc:description`, `media:description`, or the summary of another format: a body where
    /// there is no other.
    pub summary: Option<String>,
    /// `dc:subject` and `media:category`.
    pub subjects: Vec<String>,
    /// A date of Dublin Core terms.
    pub date: Option<String>,
    /// RSS 2.0 `enclosure`: address, media type, length, as written.
    pub enclosures: Vec<[Option<String>; 3]>,
    /// `xml:base` from the root down to the body, outermost first.
    pub bases: Vec<String>,
    /// The picture that stands for it, as written.
    pub image: Option<(Claim, String)>,
    /// `xml:lang` or `dc:language`.
    pub language: Option<String>,
    /// RSS 2.0 `comments`, or Atom's link to the replies (RFC 4685).
    pub comments: Option<String>,
    /// `slash:comments`, `thr:total`, or the count that stands with the link to the replies.
    pub comment_count: Option<u32>,
}

/// The most enclosures kept of one item.
const MAX_ENCLOSURES: usize = 20;
/// The most subjects.
const MAX_SUBJECTS: usize = 50;
/// The longest text collected, in bytes, and the longest of those that may be a body.
const MAX_TEXT: usize = 2_000;
const MAX_SUMMARY: usize = 64_000;

/// An element whose text is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Ttl,
    Period,
    Frequency,
    Hour,
    Day,
    SourceTitle,
    Author,
    Date,
    FeedLanguage,
    FeedSummary,
    FeedTitle,
    Title,
    Summary,
    Subject,
    Language,
    Comments,
    CommentCount,
}

/// Collects extras while a document is walked.
#[derive(Debug, Default)]
pub struct Collector {
    extras: Extras,
    item_depth: Option<usize>,
    source_depth: Option<usize>,
    field: Option<(Field, usize)>,
    text: String,
    period_mins: Option<u32>,
    frequency: Option<u32>,
    bases: Vec<(usize, String)>,
}

impl Collector {
    /// An element begins at `depth`, the root's being 1.
    pub fn start(&mut self, tag: &BytesStart<'_>, prefix: &str, name: &str, depth: usize) {
        let attributes = tag.attributes_raw();
        if attributes.contains("xml:base")
            && let Some(base) = attribute(tag, "xml:base")
        {
            self.base(base, name, depth);
        }
        let field = match (self.item_depth, self.source_depth) {
            (None, _) => self.start_in_channel(tag, prefix, name, depth),
            (Some(item), None) => self.start_in_item(tag, prefix, name, depth - item),
            (Some(_), Some(source)) => self.start_in_source(tag, name, depth - source),
        };
        if let Some(field) = field {
            self.text.clear();
            self.field = Some((field, depth));
        }
    }

    fn start_in_channel(
        &mut self,
        tag: &BytesStart<'_>,
        prefix: &str,
        name: &str,
        depth: usize,
    ) -> Option<Field> {
        if depth == 1 {
            self.extras.language = attribute(tag, "xml:lang").filter(|lang| !lang.is_empty());
        }
        match name {
            "item" | "entry" if depth <= 3 => {
                self.item_depth = Some(depth);
                let bases = self.bases.iter().map(|(_, base)| base.clone()).collect();
                let about = attribute(tag, "rdf:about").filter(|about| !about.trim().is_empty());
                let language = attribute(tag, "xml:lang").filter(|lang| !lang.trim().is_empty());
                self.extras.items.push(ItemExtras {
                    bases,
                    about,
                    language,
                    ..ItemExtras::default()
                });
                None
            }
            "language" if depth <= 3 => Some(Field::FeedLanguage),
            "summary" | "subtitle" if depth == 3 && prefix == "itunes" => Some(Field::FeedSummary),
            "title" if depth <= 3 && prefix == "dc" => Some(Field::FeedTitle),
            "image" if depth <= 3 && prefix == "itunes" => {
                self.extras.icon = attribute(tag, "href").or_else(|| attribute(tag, "url"));
                None
            }
            "ttl" => Some(Field::Ttl),
            "updatePeriod" => Some(Field::Period),
            "updateFrequency" => Some(Field::Frequency),
            "hour" => Some(Field::Hour),
            "day" => Some(Field::Day),
            _ => None,
        }
    }

    fn start_in_item(
        &mut self,
        tag: &BytesStart<'_>,
        prefix: &str,
        name: &str,
        below: usize,
    ) -> Option<Field> {
        let item = self.extras.items.last_mut()?;
        if let Some((claim, address)) = pictures::named(tag, prefix, name)
            && item.image.as_ref().is_none_or(|(known, _)| *known < claim)
        {
            item.image = Some((claim, address));
        }
        match (prefix, name) {
            ("", "guid") if below == 1 => {
                item.is_permalink = attribute(tag, "isPermaLink")
                    .or_else(|| attribute(tag, "ispermalink"))
                    .map(|value| !value.trim().eq_ignore_ascii_case("false"));
                None
            }
            (_, "enclosure") if below == 1 && item.enclosures.len() < MAX_ENCLOSURES => {
                item.enclosures.push(["url", "type", "length"].map(|name| attribute(tag, name)));
                None
            }
            ("" | "atom", "source") if below == 1 => {
                item.source_url = attribute(tag, "url");
                self.source_depth = Some(self.item_depth? + 1);
                Some(Field::SourceTitle)
            }
            ("itunes", "author") if below == 1 => Some(Field::Author),
            ("dc" | "media", "title") if below <= 3 && item.title.is_none() => Some(Field::Title),
            ("dc" | "media" | "itunes", "description" | "summary") | ("", "summary")
                if below <= 3 && item.summary.is_none() =>
            {
                Some(Field::Summary)
            }
            ("dc", "subject") | ("media", "category") if below <= 3 => Some(Field::Subject),
            ("dc", "language") if below == 1 => Some(Field::Language),
            ("", "comments") if below == 1 => Some(Field::Comments),
            ("slash", "comments") | ("thr", "total") if below == 1 => Some(Field::CommentCount),
            ("" | "atom", "link") if below == 1 => {
                if attribute(tag, "rel").is_some_and(|rel| rel == "replies") {
                    let count = attribute(tag, "thr:count");
                    item.comment_count =
                        item.comment_count.or(count.and_then(|count| count.trim().parse().ok()));
                    item.comments = item.comments.take().or_else(|| attribute(tag, "href"));
                }
                None
            }
            ("dcterms", "issued" | "created" | "modified" | "date") if below == 1 => {
                Some(Field::Date).filter(|_| item.date.is_none())
            }
            _ => None,
        }
    }

    /// `atom:source` holds a feed's elements; RSS 2.0 `source` is the title itself.
    fn start_in_source(&mut self, tag: &BytesStart<'_>, name: &str, below: usize) -> Option<Field> {
        let item = self.extras.items.last_mut()?;
        match name {
            "title" if below == 1 => return Some(Field::SourceTitle),
            "link" if below == 1 => {
                let is_feed = attribute(tag, "rel").is_some_and(|rel| rel == "self");
                if is_feed || item.source_url.is_none() {
                    item.source_url = attribute(tag, "href").or(item.source_url.take());
                }
            }
            _ => {}
        }
        None
    }

    /// Whether the text that follows is wanted.
    pub fn is_collecting(&self) -> bool {
        self.field.is_some()
    }

    /// Text stands in the innermost element.
    #[inline]
    pub fn text(&mut self, text: &str, depth: usize) {
        let wants = |(field, at)| at == depth || field == Field::SourceTitle && at < depth;
        if self.field.is_some_and(wants) && self.text.len() + text.len() <= longest(self.field) {
            self.text.push_str(text);
        }
    }

    /// The element at `depth` ends.
    pub fn end(&mut self, depth: usize) {
        if let Some((field, _)) = self.field.take_if(|(_, field_depth)| *field_depth == depth) {
            self.keep(field);
        }
        self.source_depth.take_if(|source| *source == depth);
        self.item_depth.take_if(|item| *item == depth);
        while self.bases.last().is_some_and(|(base_depth, _)| *base_depth >= depth) {
            self.bases.pop();
        }
    }

    fn base(&mut self, base: String, name: &str, depth: usize) {
        let in_item = self.item_depth.is_some();
        if in_item && matches!(name, "content" | "encoded" | "description" | "summary") {
            if let Some(item) = self.extras.items.last_mut() {
                item.bases.push(base);
            }
        } else if !in_item {
            self.bases.push((depth, base));
        }
    }

    fn keep(&mut self, field: Field) {
        let text = self.text.trim();
        if text.is_empty() {
            return;
        }
        let wishes = &mut self.extras.wishes;
        match field {
            Field::Ttl => wishes.ttl_mins = text.parse().ok().filter(|&mins| mins > 0),
            Field::Period => self.period_mins = period_mins(text),
            Field::Frequency => self.frequency = text.parse().ok().filter(|&times| times > 0),
            Field::Hour => {
                // Netscape's hours run from 1 to 24, RSS 2.0's from 0 to 23: 24 is midnight.
                if let Some(hour) = text.parse::<u8>().ok().filter(|&hour| hour <= 24)
                    && !wishes.skip_hours.contains(&(hour % 24))
                {
                    wishes.skip_hours.push(hour % 24);
                }
            }
            Field::Day => {
                if let Some(day) = weekday(text)
                    && !wishes.skip_days.contains(&day)
                {
                    wishes.skip_days.push(day);
                }
            }
            Field::SourceTitle => self.keep_in_item(|item| &mut item.source_title),
            Field::Author => self.keep_in_item(|item| &mut item.author),
            Field::Date if date::parse(text).is_some() => {
                self.keep_in_item(|item| &mut item.date);
            }
            Field::Date => {}
            Field::FeedTitle => self.extras.title = Some(text.to_owned()),
            Field::Title => self.keep_in_item(|item| &mut item.title),
            Field::Summary => self.keep_in_item(|item| &mut item.summary),
            Field::Subject => {
                let subject = text.to_owned();
                if let Some(item) = self.extras.items.last_mut()
                    && item.subjects.len() < MAX_SUBJECTS
                {
                    item.subjects.push(subject);
                }
            }
            Field::FeedLanguage => self.extras.language = Some(text.to_owned()),
            Field::FeedSummary => self.extras.summary = Some(text.to_owned()),
            Field::Language => self.keep_in_item(|item| &mut item.language),
            Field::Comments => self.keep_in_item(|item| &mut item.comments),
            Field::CommentCount => {
                let count = text.parse().ok();
                if let Some(item) = self.extras.items.last_mut() {
                    item.comment_count = count.or(item.comment_count);
                }
            }
        }
    }

    fn keep_in_item(&mut self, place: fn(&mut ItemExtras) -> &mut Option<String>) {
        if let Some(item) = self.extras.items.last_mut() {
            *place(item) = Some(self.text.trim().to_owned());
        }
    }

    /// What was collected.
    pub fn finish(mut self) -> Extras {
        // Without a period it is daily, without a frequency once (RSS 1.0 syndication module).
        if self.period_mins.is_some() || self.frequency.is_some() {
            let period = self.period_mins.unwrap_or(24 * 60);
            let mins = period / self.frequency.unwrap_or(1);
            self.extras.wishes.syndication_mins = Some(mins).filter(|&mins| mins > 0);
        }
        self.extras
    }
}

/// How long the text of a field may be.
fn longest(field: Option<(Field, usize)>) -> usize {
    if matches!(field, Some((Field::Summary, _))) { MAX_SUMMARY } else { MAX_TEXT }
}

fn period_mins(text: &str) -> Option<u32> {
    let day = 24 * 60;
    match text.to_ascii_lowercase().as_str() {
        "hourly" => Some(60),
        "daily" => Some(day),
        "weekly" => Some(7 * day),
        "monthly" => Some(30 * day),
        "yearly" => Some(365 * day),
        _ => None,
    }
}

fn weekday(text: &str) -> Option<u8> {
    let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let at = names.iter().position(|name| name.eq_ignore_ascii_case(text))?;
    u8::try_from(at).ok()
}
