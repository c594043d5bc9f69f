//! Whether refreshes can be kept. While they cannot, one feed is asked now and then to find out, less
//! and less often; a line says when that begins and one when it ends, not one per feed.

use chrono::{DateTime, TimeDelta, Utc};

use crate::jobs::refreshed::{RefreshError, Refreshed};
use crate::jobs::trouble::in_words;
use crate::model::feed::FeedId;

/// How long after a refresh that could not be written one feed is asked to find out whether writing
/// works again; it doubles with each failure.
pub const AFTER_TROUBLE: TimeDelta = TimeDelta::seconds(60);
/// How often it doubles at most: to half an hour and a little.
const DOUBLINGS: u32 = 5;

/// What is known of it.
#[derive(Debug, Default)]
pub struct Writing {
    trouble: Option<Trouble>,
}

/// Nothing can be written.
#[derive(Debug)]
struct Trouble {
    until: DateTime<Utc>,
    doublings: u32,
}

impl Writing {
    /// When it is tried again, if it does not work.
    pub fn tried_at(&self) -> Option<DateTime<Utc>> {
        self.trouble.as_ref().map(|trouble| trouble.until)
    }

    /// The clock was set back to `now`: what was to be tried under a clock that ran ahead is tried
    /// now.
    pub fn set_back(&mut self, now: DateTime<Utc>) {
        if let Some(trouble) = &mut self.trouble {
            trouble.until = trouble.until.min(now);
        }
    }

    /// Learns from what became of a refresh.
    pub fn note(
        &mut self,
        feed: FeedId,
        result: &Result<Refreshed, RefreshError>,
        now: DateTime<Utc>,
    ) {
        match (result, &self.trouble) {
            (Err(RefreshError::Panicked { .. }), _) => {
                tracing::error!(feed.id = feed.0, "a refresh ended by a fault of feedmill's own");
            }
            (Err(error @ RefreshError::Store { .. }), None) => {
                tracing::error!(feed.id = feed.0, error = %in_words(error),
                    "refreshes cannot be kept; nothing is lost, one feed is tried now and then");
                self.trouble = Some(Trouble { until: now + AFTER_TROUBLE, doublings: 0 });
            }
            (Err(RefreshError::Store { .. }), Some(trouble)) if trouble.until <= now => {
                let doublings = (trouble.doublings + 1).min(DOUBLINGS);
                let until = now + AFTER_TROUBLE * 2_i32.pow(doublings);
                self.trouble = Some(Trouble { until, doublings });
            }
            (Ok(_), Some(_)) => {
                tracing::info!("refreshes are kept again");
                self.trouble = None;
            }
            (Ok(_) | Err(_), _) => {}
        }
    }
}
