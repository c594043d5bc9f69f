//! What is done once after a start, beside the loops: what an older feedmill left behind is cleaned
//! or read again. Each chore says what it did, or why it did not.

use crate::jobs::reclean;
use crate::jobs::refresh::Refresher;
use crate::jobs::trouble;

/// Cleans bodies again that an older feedmill cleaned, and shows them then.
pub async fn reclean(with: Refresher) {
    match reclean::reclean(&with.store, &with.workers).await {
        Ok(0) => {}
        Ok(bodies) => {
            tracing::info!(bodies, "bodies cleaned again by the rules of this version");
            with.shelf.turn();
        }
        Err(error) => {
            tracing::error!(error = %trouble::in_words(&error), "old bodies are not shown until the next start");
        }
    }
}

/// Reads documents again that an older feedmill could not read.
pub async fn reread(with: Refresher) {
    match with.reread().await {
        Ok(0) => {}
        Ok(documents) => {
            tracing::info!(documents, "documents read that an older version could not read");
        }
        Err(error) => {
            tracing::error!(error = %trouble::in_words(&error), "old documents are not read before the next start");
        }
    }
}
