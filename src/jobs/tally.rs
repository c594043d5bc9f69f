//! Counting what came of refreshes, for whoever asked for them.

use crate::jobs::errand::{Remark, Tally};
use crate::jobs::refreshed::{RefreshError, Refreshed};
use crate::jobs::trouble::{in_words, trouble};
use crate::model::feed::FeedId;

/// Adds one feed to the tally.
pub fn note(tally: &mut Tally, feed: FeedId, result: &Result<Refreshed, RefreshError>) {
    let remark = |url: &dyn ToString, reason: String| Remark { url: url.to_string(), reason };
    match result {
        Ok(refreshed) => {
            tally.asked += 1;
            tally.arrived += refreshed.arrived;
            tally.changed += refreshed.changed;
            match trouble(&refreshed.standing) {
                Some(reason) => tally.failed.push(remark(&refreshed.url, reason)),
                None => tally.read += 1,
            }
        }
        Err(RefreshError::Held { url, reason, .. }) => {
            tally.held.push(remark(url, reason.clone()));
        }
        Err(error @ RefreshError::Retired) => {
            tally.failed.push(remark(&numbered(feed), in_words(error)));
        }
        Err(error @ RefreshError::Offline { url }) => {
            tally.asked += 1;
            tally.failed.push(remark(url, in_words(error)));
        }
        Err(error @ (RefreshError::Store { url, .. } | RefreshError::Panicked { url })) => {
            let name = url.as_ref().map_or_else(|| numbered(feed), ToString::to_string);
            tally.failed.push(remark(&name, in_words(error)));
        }
    }
}

/// The name of a feed that could not be looked up.
fn numbered(feed: FeedId) -> String {
    format!("feed {}", feed.0)
}
