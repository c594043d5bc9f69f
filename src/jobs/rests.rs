//! The rests of sites: what one that throttles us is owed from now on, beside what it was owed before,
//! and what sites were owed when the program started. The rule is `refresh::rest`'s.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::model::rest::SiteRest;
use crate::refresh::rest::{self, Throttle};
use crate::store::error::StoreError;
use crate::store::open::Store;

/// What follows for the site of what was asked, if that was throttled.
///
/// # Errors
/// If the database cannot be read.
pub(in crate::jobs) async fn after(
    store: &Store,
    throttle: Option<Throttle<'_>>,
    now: DateTime<Utc>,
) -> Result<Option<SiteRest>, StoreError> {
    let Some(throttle) = throttle else { return Ok(None) };
    let before = store.rest(&throttle.address.site()).await?;
    Ok(rest::of_site(&throttle, before, now))
}

/// What the sites of our feeds are owed at `now`.
///
/// # Errors
/// If the database cannot be read.
pub(in crate::jobs) async fn owed(
    store: &Store,
    now: DateTime<Utc>,
) -> Result<Vec<SiteRest>, StoreError> {
    let mut rests = store.rests_to_keep().await?;
    rests.retain(|rest| rest::holds(rest, now));
    Ok(rests)
}

/// What the site of a feed is owed, for whoever asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RestReport {
    /// The site.
    pub site: String,
    /// Until when.
    pub until: DateTime<Utc>,
    /// How many times as slowly as usual it is asked.
    pub slower: u32,
    /// What was asked for when it said so.
    pub told: String,
    /// Whether it said for how long (Retry-After).
    pub retry_after: bool,
}

impl From<&SiteRest> for RestReport {
    fn from(rest: &SiteRest) -> Self {
        Self {
            site: rest.site.as_str().to_owned(),
            until: rest.until,
            slower: rest.slower,
            told: rest.told.to_string(),
            retry_after: rest.said,
        }
    }
}
