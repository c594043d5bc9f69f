//! The article of an entry: read from its page, for feeds that carry only its beginning.

use chrono::{DateTime, Utc};

use super::entry::{EntryId, EntryKey};
use super::feed::FeedId;
use super::removed::Removed;
use super::text::SafeHtml;
use super::url::{FeedUrl, Site, WebUrl};

/// How far the article of an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArticleStanding {
    /// It is to be read.
    Waiting {
        /// How often it was tried.
        attempts: u32,
        /// When it may be tried next.
        next_attempt: DateTime<Utc>,
        /// Why the last attempt brought nothing.
        reason: Option<String>,
    },
    /// It was read, and is shown.
    Read {
        /// The picture that stands for it.
        image: Option<WebUrl>,
    },
    /// It is not tried again; the feed's own body is shown.
    Failed {
        /// Why.
        reason: String,
    },
}

/// An article that is to be read, as a schedule wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticleAgendum {
    /// Whose.
    pub entry: EntryId,
    /// Who answers for its page: the unit of pacing.
    pub site: Site,
    /// When it may be tried.
    pub next_attempt: DateTime<Utc>,
}

/// An article that is to be read, with all that reading it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingArticle {
    /// Whose.
    pub entry: EntryId,
    /// The feed that brought the entry.
    pub feed: FeedId,
    /// Where that is fetched.
    pub feed_url: FeedUrl,
    /// Where the article is.
    pub link: WebUrl,
    /// How often it was tried: what is written for another number is refused.
    pub attempts: u32,
    /// When it may be tried.
    pub next_attempt: DateTime<Utc>,
    /// When its entry was first seen.
    pub since: DateTime<Utc>,
    /// The feed's own body.
    pub own: SafeHtml,
}

/// What an attempt came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// The article.
    Read {
        /// Its cleaned text.
        body: SafeHtml,
        /// The picture that stands for it.
        image: Option<WebUrl>,
        /// What cleaning took out of it.
        removed: Removed,
    },
    /// Nothing, and it is tried again.
    Postponed {
        /// When.
        until: DateTime<Utc>,
        /// Why.
        reason: String,
        /// Whether the site demands it, so that it holds for all that the feed wants.
        for_all: bool,
    },
    /// It was not tried: a site on the way to it cannot say what robots may read.
    Held {
        /// Until when.
        until: DateTime<Utc>,
        /// Why.
        reason: String,
        /// Whether it is the article's own site, so that it holds for all that the feed wants there.
        for_all: bool,
    },
    /// Nothing, and it is not tried again.
    GivenUp {
        /// Why.
        reason: String,
    },
}

/// Which articles a plan puts into the queue.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WantedArticles {
    /// Those of new entries.
    pub new: Vec<EntryKey>,
    /// Those of entries that changed, if their link is another now.
    pub changed: Vec<(EntryId, WebUrl)>,
}
