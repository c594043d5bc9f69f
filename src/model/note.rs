//! Notes: that a feed's hub told something which nobody has followed yet.
//!
//! What is told is counted, since several things may be told at the same moment, and a note is settled
//! up to a number. It belongs to the feed: callbacks come and go. What becomes of one is
//! `refresh::note`'s.

use chrono::{DateTime, Utc};

use super::feed::FeedId;

/// How much was told of a feed, and how much of it was followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Note {
    /// Of which.
    pub feed: FeedId,
    /// Counts its writes; a write made for an older generation is refused.
    pub generation: i64,
    /// How much was told ever; the last one has this number.
    pub told: i64,
    /// Up to which number all was read, or the feed was fetched since.
    pub answered: i64,
    /// When the feed is to be fetched, if something was told that is not answered.
    pub fetch_at: Option<DateTime<Utc>>,
}

impl Note {
    /// Nothing told of `feed`.
    pub fn new(feed: FeedId) -> Self {
        Self { feed, generation: 0, told: 0, answered: 0, fetch_at: None }
    }
}
