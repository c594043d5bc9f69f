//! Which feeds a wish to refresh is about.

use chrono::{DateTime, Utc};

use crate::jobs::errand::{Remark, Wish};
use crate::model::feed::FeedId;
use crate::model::url::{FeedUrl, Site};
use crate::store::error::StoreError;
use crate::store::open::Store;

/// The feeds of a wish.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Wished {
    /// Feeds to be asked, and whose they are.
    pub feeds: Vec<(FeedId, Site)>,
    /// Addresses that are no feed of ours, each with the reason.
    pub unknown: Vec<Remark>,
}

/// Finds the feeds of `wish`: those named, else all, else those due at `now`.
///
/// # Errors
/// If the database cannot be read.
pub async fn find(store: &Store, wish: &Wish, now: DateTime<Utc>) -> Result<Wished, StoreError> {
    let mut wished = Wished::default();
    if wish.urls.is_empty() {
        let agenda = store.agenda().await?.into_iter();
        let due = agenda.filter(|feed| wish.all || feed.next_check <= now);
        wished.feeds = due.map(|feed| (feed.feed, feed.site)).collect();
        return Ok(wished);
    }
    for text in &wish.urls {
        let found = match FeedUrl::parse(text) {
            Ok(url) => store.feed_by_url(&url).await?.ok_or_else(|| {
                "it is not subscribed; `feedmill feeds` lists those that are".to_owned()
            }),
            Err(error) => Err(error.to_string()),
        };
        match found {
            Ok(feed) => wished.feeds.push((feed.id, feed.address().site())),
            Err(reason) => wished.unknown.push(Remark { url: text.clone(), reason }),
        }
    }
    Ok(wished)
}
