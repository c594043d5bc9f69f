//! Counting what came of refreshes, for whoever asked for them.

use crate::jobs::errand::{Remark, Tally};
use crate::jobs::refresh::{RefreshError, Refreshed};
use crate::model::feed::{FeedId, Standing};

/// Adds one feed to the tally.
pub fn note(tally: &mut Tally, feed: FeedId, result: &Result<Refreshed, RefreshError>) {
    let remark = |url: &dyn ToString, reason: String| Remark { url: url.to_string(), reason };
    match result {
        Ok(refreshed) => {
            tally.asked += 1;
            tally.arrived += refreshed.arrived;
            tally.changed += refreshed.changed;
            if let Some(reason) = trouble(&refreshed.standing) {
                tally.failed.push(remark(&refreshed.url, reason));
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

/// What is wrong with a feed in that standing, for people; nothing if it is well.
pub fn trouble(standing: &Standing) -> Option<String> {
    match standing {
        Standing::New | Standing::Healthy => None,
        Standing::Failing { failures: 1, reason, .. } => Some(reason.clone()),
        Standing::Failing { failures, reason, .. } => {
            Some(format!("{reason} ({failures} times in a row)"))
        }
        Standing::Gone { .. } => {
            Some("the publisher says that it has ended (410); it is not asked again".to_owned())
        }
    }
}

/// An error with its causes, on one line.
pub fn in_words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words = format!("{words}: {cause}");
        source = cause.source();
    }
    words
}
