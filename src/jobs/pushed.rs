//! A document that a hub pushed is read as a polled one is, by the same hands: entries come of it, and
//! nothing is said by it of validators, of the next check or of the feed's health.

use std::sync::Arc;

use bytes::Bytes;

use crate::jobs::reading::Reading;
use crate::jobs::refresh::{Refresher, Urgency};
use crate::jobs::refreshed::{self, RefreshError};
use crate::model::feed::FeedId;
use crate::model::outcome::{Fresh, Links, Outcome, Validators};
use crate::model::url::WebUrl;

impl Refresher {
    /// Takes a document that a hub pushed, found as if at `topic`: entries as from a poll, and nothing
    /// else. Says whether articles may have been put into their queue; none if it cannot be read.
    ///
    /// # Errors
    /// [`RefreshError`]; nothing was written then.
    pub async fn take_push(
        &self,
        id: FeedId,
        topic: &WebUrl,
        body: Bytes,
    ) -> Result<Option<bool>, RefreshError> {
        let began = self.clock.now();
        let feed = self.store.feed(id).await?.ok_or(RefreshError::Retired)?;
        // The fields of a push are not signed: nothing is taken from them.
        let fresh = Fresh {
            delta: false,
            body,
            content_type: None,
            validators: Validators::default(),
            found_at: topic.clone(),
            moved: false,
            links: Links::default(),
            conditional: false,
            freshness: None,
            retry_after: None,
        };
        let reading = match self.read(&feed, Outcome::Fresh(fresh), Urgency::Due).await {
            Reading::Document(read) => Arc::new(Reading::Pushed(read)),
            Reading::SameBody(_) => return Ok(Some(false)),
            Reading::Pushed(_)
            | Reading::Unread { .. }
            | Reading::Unreadable { .. }
            | Reading::Unchanged { .. }
            | Reading::Gone
            | Reading::Failed(_) => return Ok(None),
        };
        let (taken, noteworthy) = self.apply(feed.clone(), &reading, None).await?;
        refreshed::report(&feed, &taken, noteworthy, self.clock.now() - began);
        Ok(Some(taken.wants_articles))
    }
}
