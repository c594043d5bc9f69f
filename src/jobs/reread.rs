//! Documents that an older parser could not read are read again, without being asked for.

use std::sync::Arc;

use bytes::Bytes;

use crate::jobs::reading::Reading;
use crate::jobs::refresh::{Refresher, Urgency};
use crate::jobs::refreshed::RefreshError;
use crate::model::feed::FeedId;
use crate::model::outcome::{Fresh, Links, Outcome};

impl Refresher {
    /// Reads what other versions of this program could not, and tells how many documents it can.
    ///
    /// # Errors
    /// If the database cannot be read or written; what is left is read at the next start.
    pub async fn reread(&self) -> Result<usize, RefreshError> {
        let mut read = 0;
        for feed in self.store.unread_by_others().await? {
            read += usize::from(self.reread_one(feed).await?);
        }
        Ok(read)
    }

    async fn reread_one(&self, id: FeedId) -> Result<bool, RefreshError> {
        let Some(feed) = self.store.feed(id).await? else { return Ok(false) };
        let Some(unread) = self.store.unread(id).await? else { return Ok(false) };
        let fresh = Fresh {
            delta: false,
            body: Bytes::from(unread.body),
            content_type: unread.content_type,
            validators: feed.state.validators.clone(),
            found_at: unread.found_at,
            moved: false,
            links: Links::default(),
            conditional: false,
            freshness: None,
            retry_after: None,
        };
        let reading = self.read(&feed, Outcome::Fresh(fresh), Urgency::Due).await;
        let is_read = matches!(reading, Reading::Document(_));
        let asked = feed.state.last_check;
        match self.apply(feed, &Arc::new(reading), asked).await {
            Ok(_) => Ok(is_read),
            // Somebody asked it meanwhile.
            Err(RefreshError::Retired) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
