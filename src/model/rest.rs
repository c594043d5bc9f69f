//! The rest of a site: more time between two requests to all of it, since it throttled one of them.

use chrono::{DateTime, TimeDelta, Utc};

use super::url::{Site, WebUrl};

/// For how long one answer slows its whole site down, at most: then the site's next answer says
/// whether that still holds.
pub const LONGEST: TimeDelta = TimeDelta::days(1);

/// What a site that throttled us is owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteRest {
    /// Which site.
    pub site: Site,
    /// Until when.
    pub until: DateTime<Utc>,
    /// How many times as slowly as usual it is asked.
    pub slower: u32,
    /// What was asked for when it last said so.
    pub told: WebUrl,
    /// Whether it said for how long (Retry-After).
    pub said: bool,
}
