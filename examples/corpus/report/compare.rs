//! One document beside what the oracle found in the same file.
//!
//! Titles are compared as a reader would see them, addresses as they resolve, dates to the second.
//! Of a body it is asked that there is one, not much shorter than theirs.

use std::ops::AddAssign;

use feedmill::clean::plain;
use feedmill::model::document::{Document, Item};
use feedmill::model::url::WebUrl;

use super::oracle::{Entry, Found};

/// How many of those that should be there are.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Share {
    /// How many are there and right.
    pub(crate) found: usize,
    /// How many there should be.
    pub(crate) expected: usize,
}

impl Share {
    /// In hundredths; all of nothing is all.
    pub(crate) fn percent(self) -> f64 {
        if self.expected == 0 { 100.0 } else { 100.0 * self.found as f64 / self.expected as f64 }
    }

    /// One more is expected, and it is there or not.
    pub(crate) fn count(&mut self, is_found: bool) {
        self.expected += 1;
        self.found += usize::from(is_found);
    }
}

impl AddAssign for Share {
    fn add_assign(&mut self, other: Self) {
        self.found += other.found;
        self.expected += other.expected;
    }
}

/// How much of what the oracle found is there.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shares {
    /// Entries.
    pub(crate) entries: Share,
    /// Titles of entries.
    pub(crate) titles: Share,
    /// Their links.
    pub(crate) links: Share,
    /// Their dates.
    pub(crate) dates: Share,
    /// Their bodies.
    pub(crate) bodies: Share,
}

impl AddAssign<&Self> for Shares {
    fn add_assign(&mut self, other: &Self) {
        self.entries += other.entries;
        self.titles += other.titles;
        self.links += other.links;
        self.dates += other.dates;
        self.bodies += other.bodies;
    }
}

/// Compares what was read, if anything was; what differs is told to `differs`.
pub(crate) fn compare(
    found: &Found,
    document: Option<&Document>,
    base: &WebUrl,
    differs: &mut Vec<String>,
) -> Shares {
    let items = document.map_or(&[][..], |document| &document.items);
    let mut shares = Shares::default();
    let expected = found.entries.len();
    shares.entries = Share { found: items.len().min(expected), expected };
    if items.len() != expected {
        differs.push(format!("{}: {} entries, not {expected}", found.path, items.len()));
    }
    for (at, theirs) in found.entries.iter().enumerate() {
        let ours = partner(theirs, at, items, items.len() == expected);
        let mut judge = |share: &mut Share, what: &str, verdict: Option<bool>| {
            let Some(is_right) = verdict else { return };
            share.count(is_right);
            if !is_right && ours.is_some() {
                differs.push(format!("{}: entry {at}: {what}", found.path));
            }
        };
        let title = ours.map(|ours| ours.title.as_str()).unwrap_or_default();
        let said = format!("the title is {title:?}, not {:?}", theirs.title);
        judge(&mut shares.titles, &said, has_title(theirs, ours));
        let link = ours.and_then(|ours| ours.link.as_ref()).map(WebUrl::as_str);
        let said = format!("the link is {link:?}, not {:?}", theirs.link);
        judge(&mut shares.links, &said, has_link(theirs, ours, base));
        let date = ours.and_then(|ours| ours.published);
        let said = format!("the date is {date:?}, not {:?}", theirs.published.or(theirs.updated));
        judge(&mut shares.dates, &said, has_date(theirs, ours));
        let length = ours.map_or(0, |ours| ours.body.0.len());
        let said = format!("the body has {length} bytes, not {}", theirs.body());
        judge(&mut shares.bodies, &said, has_body(theirs, ours));
    }
    shares
}

/// The item that the oracle's entry is: at the same place where there are as many, else one of the
/// same name.
fn partner<'a>(theirs: &Entry, at: usize, items: &'a [Item], is_aligned: bool) -> Option<&'a Item> {
    if is_aligned {
        return items.get(at);
    }
    let title = theirs.title.as_deref().map(plain::title);
    let named = |item: &&Item| {
        theirs.id.is_some() && theirs.id == item.guid
            || title.as_ref().is_some_and(|title| !title.is_empty() && *title == item.title)
    };
    items.iter().find(named)
}

/// Letters and digits: how blanks, quotes and markup are shown is not compared.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn has_title(theirs: &Entry, ours: Option<&Item>) -> Option<bool> {
    let theirs = theirs.title.as_deref().filter(|title| !title.trim().is_empty())?;
    let seen = plain::title(theirs);
    (!seen.is_empty()).then(|| {
        ours.is_some_and(|ours| {
            let ours = letters(ours.title.as_str());
            ours == letters(seen.as_str()) || ours == letters(theirs)
        })
    })
}

fn has_link(theirs: &Entry, ours: Option<&Item>, base: &WebUrl) -> Option<bool> {
    let written = theirs.link.as_deref().filter(|link| !link.trim().is_empty())?;
    // An identity that is no address is not a link.
    let is_name = theirs.id.as_deref() == Some(written) && !written.contains("://");
    if is_name {
        return None;
    }
    let address = WebUrl::join(base, &written.replace("&amp;", "&")).ok()?;
    let ours = ours.and_then(|ours| ours.link.as_ref()).map(WebUrl::as_str);
    // One of several is as good as another, and a base that the document states is not theirs.
    let is_right = |ours: &str| {
        theirs.nlinks > 1 || ours == address.as_str() || ours.ends_with(written.trim_matches('.'))
    };
    Some(ours.is_some_and(is_right))
}

fn has_date(theirs: &Entry, ours: Option<&Item>) -> Option<bool> {
    let dates = [theirs.published, theirs.updated];
    dates.iter().any(Option::is_some).then(|| {
        let ours = ours.map_or([None, None], |ours| [ours.published, ours.updated]);
        let ours: Vec<i64> = ours.into_iter().flatten().map(|time| time.timestamp()).collect();
        dates.iter().flatten().any(|date| ours.iter().any(|ours| is_same_date(*ours, *date)))
    })
}

/// The same to the second, or parted by the offset of a zone: the oracle takes names of zones that
/// it does not know, such as BST, for UTC.
fn is_same_date(ours: i64, theirs: i64) -> bool {
    let apart = (ours - theirs).abs();
    apart <= 14 * 3_600 && apart % 1_800 == 0
}

fn has_body(theirs: &Entry, ours: Option<&Item>) -> Option<bool> {
    let expected = theirs.body();
    (expected > 0).then(|| {
        let length = ours.map_or(0, |ours| ours.body.0.trim().len());
        length > 0 && 2 * length >= expected
    })
}
