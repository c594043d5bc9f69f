//! Which of the entries that wait are copies of what a newsletter's readers had before: what is to be
//! known is gathered, `newsletter::copies` decides.
//!
//! Only entries are looked at whose document another feed has too, or whose feed is found where
//! another is: most mornings these are few.

use std::collections::HashSet;

use crate::model::edition::CopyOf;
use crate::model::entry::EntryId;
use crate::model::feed::FeedId;
use crate::newsletter::copies::{self, Twins};
use crate::store::error::StoreError;
use crate::store::newsletters::Waiting;
use crate::store::open::Store;

/// The copies among what waits for `newsletter`, by number.
///
/// # Errors
/// If the database cannot be read.
pub(in crate::jobs) async fn among(
    store: &Store,
    newsletter: &str,
    waiting: &[Waiting],
) -> Result<Vec<CopyOf>, StoreError> {
    let shared = waiting.iter().filter(|entry| entry.is_shared).map(|entry| entry.id);
    let bearers = store.bearers(newsletter, &shared.collect::<Vec<_>>()).await?;
    let mut named = Vec::new();
    let groups = store.found_together().await?;
    for feeds in &groups {
        let led: HashSet<FeedId> = feeds.iter().copied().collect();
        let of_them = waiting.iter().filter(|entry| led.contains(&entry.feed));
        let entries: Vec<EntryId> = of_them.map(|entry| entry.id).collect();
        named.extend(store.kin_by_key(newsletter, feeds, &entries).await?);
    }
    if bearers.is_empty() && named.is_empty() {
        return Ok(Vec::new());
    }
    let waiting = waiting.iter().map(|entry| entry.id).collect();
    let found = copies::copies(&waiting, &named, &bearers, &Twins::of(&groups));
    Ok(found.into_iter().map(|(entry, of)| CopyOf { entry, of }).collect())
}
