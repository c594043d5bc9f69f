//! Where a feed is found, beside where it is subscribed: behind which address its validators were
//! given, where it says to have moved, and where it is asked since that was believed.
//!
//! The configuration is the operator's and is not changed by a move. What follows from an answer is
//! `refresh::moves`'.

use chrono::{DateTime, Utc};

use super::url::{FeedUrl, WebUrl};

/// Where a feed is found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Whereabouts {
    /// The address that gave the validators, where it is not the one that is asked: they are sent to
    /// no other.
    pub validated_at: Option<WebUrl>,
    /// The address that is asked instead of the subscribed one, which moved there for good.
    pub moved_to: Option<FeedUrl>,
    /// A move for good that is not believed yet.
    pub moving: Option<Moving>,
    /// Whether a redirect ever led to what had nothing in common with the feed. Since then its entries
    /// may be strangers', so having some in common says nothing any more.
    pub met_strangers: bool,
}

/// A move that a publisher claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moving {
    /// Where to.
    pub to: FeedUrl,
    /// In how many polls in a row the feed was found there; 0 if it cannot be told from strangers.
    pub polls: u32,
    /// When it was first found there.
    pub since: DateTime<Utc>,
    /// Whether most of what was found there at each poll was known.
    pub close: bool,
}
