//! Bodies that an older cleaner made are cleaned again: they are not shown before (promise I7).

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::clean::sanitise;
use crate::jobs::workers::{Panicked, Workers};
use crate::model::text::SafeHtml;
use crate::store::entries::{RenewedBody, StaleBody};
use crate::store::error::StoreError;
use crate::store::open::Store;

/// Bodies read, cleaned and written at once.
const BATCH: usize = 64;

/// Why cleaning stopped; it goes on at the next start.
#[derive(Debug, thiserror::Error)]
pub enum RecleanError {
    /// The database.
    #[error("old bodies could not be read or written")]
    Store(#[from] StoreError),
    /// A fault of ours.
    #[error("cleaning an old body {0}")]
    Panicked(#[from] Panicked),
}

/// Cleans all bodies of older cleaners again, and tells how many there were.
///
/// # Errors
/// [`RecleanError`]
pub async fn reclean(store: &Store, workers: &Workers) -> Result<usize, RecleanError> {
    let mut cleaned = 0;
    loop {
        let stale = store.stale_bodies(BATCH).await?;
        if stale.is_empty() {
            break;
        }
        cleaned += stale.len();
        store.renew_bodies(workers.run(move || clean(stale)).await?).await?;
    }
    loop {
        let stale = store.stale_articles(BATCH).await?;
        if stale.is_empty() {
            return Ok(cleaned);
        }
        cleaned += stale.len();
        store.renew_articles(workers.run(move || clean(stale)).await?).await?;
    }
}

fn clean(stale: Vec<StaleBody>) -> Vec<RenewedBody> {
    let clean = |body: StaleBody| {
        let again = AssertUnwindSafe(|| sanitise::clean(&body.html, body.base.as_ref()));
        let mut removed = body.removed;
        // One body must not keep those behind it from being shown: it is shown empty.
        let Ok(cleaned) = catch_unwind(again) else {
            tracing::error!(entry.id = body.entry.0, "a body could not be cleaned again");
            return (body.entry, SafeHtml::default(), removed);
        };
        removed.absorb(cleaned.removed);
        (body.entry, cleaned.body, removed)
    };
    stale.into_iter().map(clean).collect()
}
