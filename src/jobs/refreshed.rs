//! What a refresh did, or why it did nothing, and the lines that the log has of it: one for people if
//! something changed, and one for each thing that an operator should know once.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use crate::jobs::trouble;
use crate::model::feed::{Feed, Standing};
use crate::model::rest::SiteRest;
use crate::model::url::{FeedUrl, Site};
use crate::refresh::cadence;
use crate::store::error::StoreError;

/// What a refresh did.
#[derive(Debug, Clone, PartialEq)]
pub struct Refreshed {
    /// The feed's address.
    pub url: FeedUrl,
    /// How many entries are new.
    pub arrived: usize,
    /// How many entries changed.
    pub changed: usize,
    /// Whether articles may have been put into their queue.
    pub wants_articles: bool,
    /// Its health afterwards.
    pub standing: Standing,
    /// When it is asked again.
    pub next_check: DateTime<Utc>,
    /// Who answers for it from now on, if its address is another than before.
    pub moved: Option<Site>,
    /// What its site is owed, if it throttled us.
    pub rest: Option<SiteRest>,
}

impl Refreshed {
    /// Whether the feed turned out to be another one, which is asked for both.
    pub fn is_merged(&self) -> bool {
        self.moved.is_some() && self.next_check == cadence::NEVER
    }
}

/// Why a refresh wrote nothing.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The feed is no longer subscribed.
    #[error("the feed is no longer subscribed")]
    Retired,
    /// It must not be asked now.
    #[error("{reason}")]
    Held {
        /// Its address.
        url: FeedUrl,
        /// Why, and until when.
        reason: String,
        /// When it is due.
        next_check: DateTime<Utc>,
    },
    /// No host answers, so nothing is held against it.
    #[error("no host answers at present: feedmill itself seems to be offline")]
    Offline {
        /// Its address.
        url: FeedUrl,
    },
    /// The database.
    #[error("could not be kept")]
    Store {
        /// Its address, once it is known.
        url: Option<FeedUrl>,
        /// What failed.
        source: StoreError,
    },
    /// A fault of ours.
    #[error("ended by a fault of feedmill's own; please report it")]
    Panicked {
        /// Its address, once it is known.
        url: Option<FeedUrl>,
    },
}

impl From<StoreError> for RefreshError {
    fn from(source: StoreError) -> Self {
        Self::Store { url: None, source }
    }
}

impl RefreshError {
    /// The same with the feed that it is about.
    pub(in crate::jobs) fn about(self, feed: &FeedUrl) -> Self {
        match self {
            Self::Store { source, .. } => Self::Store { url: Some(feed.clone()), source },
            Self::Retired | Self::Held { .. } | Self::Offline { .. } | Self::Panicked { .. } => {
                self
            }
        }
    }
}

/// One line when an address takes the place of another.
pub(in crate::jobs) fn report_move(feed: &Feed, to: &FeedUrl, merged: bool) {
    let (id, url, to) = (feed.id.0, feed.url.as_str(), to.as_str());
    let what = match (merged, to == url) {
        (true, _) => "moved for good to another feed's address: merged into that",
        (false, true) => "asked again where it is subscribed",
        (false, false) => "moved for good: asked there from now on",
    };
    tracing::info!(feed.id = id, feed.url = url, to, "{what}");
}

/// One line when a feed turns out to send the same body again and again.
pub(in crate::jobs) fn report_repeats(feed: &Feed) {
    tracing::info!(
        feed.id = feed.id.0,
        feed.url = feed.url.as_str(),
        "it never answers 304, though it is told what we have: asked once a day at most"
    );
}

/// One line per refresh, for people if something changed.
pub(in crate::jobs) fn report(
    feed: &Feed,
    refreshed: &Refreshed,
    noteworthy: bool,
    took: TimeDelta,
) {
    let standing = trouble::trouble(&refreshed.standing).unwrap_or_else(|| "well".to_owned());
    let (id, url) = (feed.id.0, feed.url.as_str());
    let (arrived, changed) = (refreshed.arrived, refreshed.changed);
    let duration_ms = took.num_milliseconds();
    let next_check = refreshed.next_check.to_rfc3339_opts(SecondsFormat::Millis, true);
    if noteworthy {
        tracing::info!(feed.id = id, feed.url = url, arrived, changed, standing = %standing,
            duration_ms, next_check = %next_check, "refreshed");
    } else {
        tracing::debug!(feed.id = id, feed.url = url, standing = %standing, duration_ms,
            next_check = %next_check, "refreshed");
    }
}
