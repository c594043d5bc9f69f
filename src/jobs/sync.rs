//! Bringing the database in line with the configuration: feeds that are new in it, gone from it or
//! back in it, and newsletters that begin.

use chrono::{DateTime, Utc};

use crate::jobs::subscriptions::Subscriptions;
use crate::model::settings::Newsletter;
use crate::store::error::StoreError;
use crate::store::open::Store;

/// Brings feeds and newsletters in line; tells whether feeds changed.
///
/// # Errors
/// If the database cannot be written.
pub async fn sync(
    store: &Store,
    subscriptions: &Subscriptions,
    newsletters: &[Newsletter],
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let feeds = subscriptions
        .all()
        .iter()
        .map(|subscription| (subscription.url.clone(), subscription.tags.clone()))
        .collect::<Vec<_>>();
    let synced = store.sync(&feeds, now).await?;
    // A newsletter begins before the first poll, so that it finds what that poll brings.
    for newsletter in newsletters {
        store.newsletter_began(&newsletter.name, now).await?;
    }
    let changed = synced.added + synced.retired + synced.revived > 0;
    if changed {
        tracing::info!(
            added = synced.added,
            retired = synced.retired,
            revived = synced.revived,
            "the feeds follow the configuration"
        );
    }
    Ok(changed)
}
