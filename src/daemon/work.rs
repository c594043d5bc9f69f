//! What the scheduler has under way: the refresh of a feed or the reading of an article, each ending
//! as a value, whatever goes wrong in it.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use crate::daemon::schedule::Start;
use crate::daemon::writing::AFTER_TROUBLE;
use crate::jobs::extract::{Extractor, Turned};
use crate::jobs::refresh::{Refresher, Urgency};
use crate::jobs::refreshed::{RefreshError, Refreshed};
use crate::jobs::trouble::in_words;
use crate::model::entry::EntryId;
use crate::model::feed::FeedId;

/// Something has ended.
#[derive(Debug)]
pub struct Finished {
    /// What was started.
    pub start: Start,
    /// How it ended.
    pub end: End,
}

/// How what was started ended.
#[derive(Debug)]
pub enum End {
    /// A refresh of that feed.
    Refreshed(FeedId, Box<Result<Refreshed, RefreshError>>),
    /// The reading of an article.
    Article(Turned),
}

/// Refreshes a feed.
pub async fn refresh(
    refresher: Refresher,
    feed: FeedId,
    start: Start,
    urgency: Urgency,
) -> Finished {
    let refresh = AssertUnwindSafe(refresher.refresh(feed, start.keep_alive, urgency));
    let result = refresh.catch_unwind().await;
    let result = result.unwrap_or(Err(RefreshError::Panicked { url: None }));
    Finished { start, end: End::Refreshed(feed, Box::new(result)) }
}

/// Reads the article of an entry.
pub async fn read(extractor: Extractor, entry: EntryId, start: Start) -> Finished {
    let later = extractor.clock.now() + AFTER_TROUBLE;
    let read = AssertUnwindSafe(extractor.read(entry, start.keep_alive));
    let turned = match read.catch_unwind().await {
        Ok(Ok(turned)) => turned,
        Ok(Err(error)) => {
            tracing::error!(entry.id = entry.0, error = %in_words(&error),
                "an article cannot be kept; it is read again in a minute");
            Turned { again: Some(later), rest: None }
        }
        Err(_) => {
            tracing::error!(
                entry.id = entry.0,
                "reading an article ended by a fault of feedmill's own"
            );
            Turned::default()
        }
    };
    Finished { start, end: End::Article(turned) }
}
