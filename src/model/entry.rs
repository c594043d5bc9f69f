//! An entry: an item we keep, under an identity of our own.

use chrono::{DateTime, Utc};

use super::document::Enclosure;
use super::feed::FeedId;
use super::removed::Removed;
use super::text::{PlainText, SafeHtml};
use super::url::{DocumentKey, WebUrl};

/// The number of an entry: given by arrival, never reused, never running back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryId(pub i64);

/// Which of an entry's bodies is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyPlace {
    /// The one its feed brought.
    Feed,
    /// The one its page had.
    Article,
}

/// The identity we settled on for an item, unique within its feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryKey(pub [u8; 16]);

/// A hash of all that a reader would see of an item, to notice change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub i64);

/// An entry as kept, whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number.
    pub id: EntryId,
    /// The feed that brought it.
    pub feed: FeedId,
    /// Its identity within that feed.
    pub key: EntryKey,
    /// The document it is, if it has a link.
    pub document: Option<DocumentKey>,
    /// What a reader sees of it.
    pub content: Content,
    /// When we first saw it.
    pub first_seen: DateTime<Utc>,
    /// When its content last changed; `first_seen` if never.
    pub changed: DateTime<Utc>,
}

/// What a reader sees of an entry, cleaned.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Content {
    /// Where it is to be read.
    pub link: Option<WebUrl>,
    /// Its title; may be empty.
    pub title: PlainText,
    /// Its authors.
    pub authors: Vec<PlainText>,
    /// When the publisher says it was published.
    pub published: Option<DateTime<Utc>>,
    /// Categories, as the publisher names them.
    pub categories: Vec<PlainText>,
    /// Attached files.
    pub enclosures: Vec<Enclosure>,
    /// The picture that stands for it.
    pub image: Option<WebUrl>,
    /// Its own language, where it is not its feed's.
    pub language: Option<String>,
    /// The cleaned body.
    pub body: SafeHtml,
    /// What cleaning took out of the body.
    pub removed: Removed,
}

impl Entry {
    /// The moment it is ordered by: the smaller of published and first seen, so that a date in the
    /// future never sticks on top.
    pub fn order(&self) -> DateTime<Utc> {
        order(self.content.published, self.first_seen)
    }
}

/// The moment an entry is ordered by.
pub fn order(published: Option<DateTime<Utc>>, first_seen: DateTime<Utc>) -> DateTime<Utc> {
    published.map_or(first_seen, |published| published.min(first_seen))
}

/// What must be known of a kept entry to recognise an item as the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its number.
    pub id: EntryId,
    /// Its identity.
    pub key: EntryKey,
    /// The document it is.
    pub document: Option<DocumentKey>,
    /// A hash of its title.
    pub title_hash: i64,
    /// When the publisher says it was published.
    pub published: Option<DateTime<Utc>>,
    /// Its content when last looked at.
    pub fingerprint: Fingerprint,
    /// How often its content changed.
    pub changes: u32,
}

/// A kept entry of the same feed, to see what its items have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbour {
    /// Its number.
    pub entry: EntryId,
    /// A hash of its title.
    pub title_hash: i64,
    /// Its cleaned body.
    pub body: SafeHtml,
    /// What cleaning took out of it.
    pub removed: Removed,
}

/// An entry that may be the same as another, whichever feed brought either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kin {
    /// Its number.
    pub id: EntryId,
    /// The feed that brought it.
    pub feed: FeedId,
    /// The document it is.
    pub document: Option<DocumentKey>,
    /// Its identity within its feed.
    pub key: EntryKey,
    /// A hash of its title; 0 if that is empty.
    pub title_hash: i64,
    /// Its content when last looked at.
    pub fingerprint: Fingerprint,
    /// Whether it is in an edition of the newsletter that asks.
    pub was_sent: bool,
}

/// The first entry of a feed with its document and title, and how many of that feed have these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bearer {
    /// That entry.
    pub first: Kin,
    /// How many there are: one, if it alone.
    pub alike: i64,
}
