//! What feed-rs drops and we need: whether a guid is a permalink, the source an aggregator names,
//! enclosures apart from other media, iTunes authors, xml:base, and what the publisher asks of those
//! who poll (RSS 2.0 `ttl`, `skipHours`, `skipDays`; the syndication module).
//!
//! The collector is fed by [`super::budget`], which walks the document anyway.

use quick_xml::events::BytesStart;

use crate::model::document::Wishes;

/// What was collected from one document.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Extras {
    /// What the publisher asks of those who poll.
    pub wishes: Wishes,
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
    /// RSS 2.0 `enclosure`: address, media type, length, as written.
    pub enclosures: Vec<[Option<String>; 3]>,
    /// `xml:base` from the root down to the body, outermost first.
    pub bases: Vec<String>,
}

/// The most enclosures kept of one item.
const MAX_ENCLOSURES: usize = 20;
/// The longest text collected, in bytes.
const MAX_TEXT: usize = 2_000;

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
            (None, _) => self.start_in_channel(name, depth),
            (Some(item), None) => self.start_in_item(tag, prefix, name, depth - item),
            (Some(_), Some(source)) => self.start_in_source(tag, name, depth - source),
        };
        if let Some(field) = field {
            self.text.clear();
            self.field = Some((field, depth));
        }
    }

    fn start_in_channel(&mut self, name: &str, depth: usize) -> Option<Field> {
        match name {
            "item" | "entry" if depth <= 3 => {
                self.item_depth = Some(depth);
                let bases = self.bases.iter().map(|(_, base)| base.clone()).collect();
                self.extras.items.push(ItemExtras { bases, ..ItemExtras::default() });
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

    /// Text stands in the innermost element.
    pub fn text(&mut self, text: &str, depth: usize) {
        if self.field.is_some_and(|(_, field_depth)| field_depth == depth)
            && self.text.len() + text.len() <= MAX_TEXT
        {
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
            Field::SourceTitle | Field::Author => {
                let kept = Some(text.to_owned());
                if let Some(item) = self.extras.items.last_mut() {
                    match field {
                        Field::Author => item.author = kept,
                        _other => item.source_title = kept,
                    }
                }
            }
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

/// The value of an attribute, its references decoded as far as they can be.
pub fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    tag.html_attributes()
        .with_checks(false)
        .flatten()
        .find(|attribute| attribute.key.into_inner() == name)
        .map(|attribute| crate::clean::entities::decode(&attribute.value).into_owned())
}
