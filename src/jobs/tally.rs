//! Counting what came of refreshes, for whoever asked for them.

use crate::jobs::errand::{Remark, Tally};
use crate::jobs::refresh::{RefreshError, Refreshed};
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
        Err(error @ (RefreshError::Retired | RefreshError::Store(_) | RefreshError::Panicked)) => {
            let name = format!("feed {}", feed.0);
            tally.failed.push(remark(&name, in_words(error)));
        }
    }
}
