//! A plan: what one refresh will write, as a value. `refresh::decide` makes it, the store applies
//! it in one transaction or not at all.

use bytes::Bytes;
use chrono::{DateTime, Utc};

use super::article::WantedArticles;
use super::entry::{Content, EntryId, EntryKey, Fingerprint};
use super::feed::{Feed, FeedId, FeedState};
use super::rest::SiteRest;
use super::url::{DocumentKey, FeedUrl, WebUrl};

/// All that one refresh writes.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The feed it is about.
    pub feed: FeedId,
    /// The generation it was decided for: if the feed has another by now, nothing is written.
    pub generation: i64,
    /// The feed's row afterwards.
    pub state: FeedState,
    /// Items never seen before.
    pub arrivals: Vec<Arrival>,
    /// Entries whose content changed.
    pub changes: Vec<Change>,
    /// Which articles are to be read from their pages.
    pub articles: WantedArticles,
    /// What becomes of a document of it that could not be read.
    pub unread: Unread,
    /// Where the feed is asked from now on, if that is another address than before.
    pub moved: Option<FeedUrl>,
    /// The feed that it turned out to be: it is merged into that.
    pub merged_into: Option<FeedId>,
    /// What its site is owed from now on, if it throttled us.
    pub rest: Option<SiteRest>,
    /// Whether people should hear of it: something changed, or the standing did.
    pub noteworthy: bool,
}

impl Plan {
    /// One that writes the row of `feed` as it stands, and nothing else.
    pub fn of(feed: &Feed) -> Self {
        Self {
            feed: feed.id,
            generation: feed.generation,
            state: feed.state.clone(),
            arrivals: Vec::new(),
            changes: Vec::new(),
            articles: WantedArticles::default(),
            unread: Unread::default(),
            moved: None,
            merged_into: None,
            rest: None,
            noteworthy: false,
        }
    }
}

/// What becomes of a feed's document that is a feed and cannot be read yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Unread {
    /// If there is one it stays.
    #[default]
    Stays,
    /// There is none any more.
    Ends,
    /// It is this one.
    Comes {
        /// Its bytes, the content codings undone.
        body: Bytes,
        /// The Content-Type field it came with.
        content_type: Option<String>,
        /// Where it was found.
        found_at: WebUrl,
    },
}

/// A new entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// Its identity within its feed.
    pub key: EntryKey,
    /// The document it is.
    pub document: Option<DocumentKey>,
    /// A hash of its title.
    pub title_hash: i64,
    /// Its content as the publisher wrote it, hashed.
    pub fingerprint: Fingerprint,
    /// Cleaned content.
    pub content: Content,
    /// When it was first seen.
    pub first_seen: DateTime<Utc>,
    /// Its rank by date, newest is 1, among the items of the feed's first poll; 0 for all that
    /// came later, `u32::MAX` for old ones among them that are archive, not news. Newsletters take
    /// only the first few of a first poll.
    pub backlog: u32,
}

/// A changed entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Which.
    pub entry: EntryId,
    /// Its document now.
    pub document: Option<DocumentKey>,
    /// A hash of its title now.
    pub title_hash: i64,
    /// Its content as the publisher writes it now, hashed.
    pub fingerprint: Fingerprint,
    /// Cleaned content.
    pub content: Content,
    /// When the change was seen.
    pub changed: DateTime<Utc>,
}
