//! Bodies that an older cleaner made are cleaned again: they are not shown before (promise I7).
//!
//! Each is a piece of work of its own, so that feeds wait for one at most, and is noted while it is
//! cleaned: one that ends the process comes last at the next start, and after the second time it is
//! set apart until the next version of the cleaner, as one is that cannot be cleaned.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::clean::sanitise::{self, Cleaned};
use crate::jobs::workers::{Panicked, Workers};
use crate::model::entry::{BodyPlace, EntryId};
use crate::store::entries::{RenewedBody, StaleBody};
use crate::store::error::StoreError;
use crate::store::open::Store;

/// Bodies read and written at once.
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
    for place in [BodyPlace::Feed, BodyPlace::Article] {
        loop {
            let stale = store.stale_bodies(place, BATCH).await?;
            if stale.is_empty() {
                break;
            }
            cleaned += stale.len();
            let (mut renewed, mut broken) = (Vec::new(), Vec::new());
            for body in stale {
                let entry = body.entry;
                match clean(store, workers, place, body).await? {
                    Some(body) => renewed.push(body),
                    None => broken.push(entry),
                }
            }
            report(&broken);
            store.renew_bodies(place, renewed).await?;
            store.set_bodies_apart(place, &broken).await?;
        }
    }
    Ok(cleaned)
}

/// One body, cleaned again; nothing if it cannot be.
async fn clean(
    store: &Store,
    workers: &Workers,
    place: BodyPlace,
    body: StaleBody,
) -> Result<Option<RenewedBody>, Panicked> {
    let in_hand = store.in_hand.clone();
    let work = move || {
        let _held = in_hand.hold_body(body.entry, place);
        let again = AssertUnwindSafe(|| sanitise::clean(&body.html, body.base.as_ref()));
        let Cleaned { body: html, removed: later } = catch_unwind(again).ok()?;
        let mut removed = body.removed;
        removed.absorb(later);
        Some((body.entry, html, removed))
    };
    workers.run(work).await
}

fn report(broken: &[EntryId]) {
    for entry in broken {
        tracing::error!(entry.id = entry.0, "a body could not be cleaned again and is not shown");
    }
}
