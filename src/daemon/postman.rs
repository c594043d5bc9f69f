//! The loop that delivers: it waits until a letter is due and hands it over, a few at a time.

use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use std::sync::Arc;
use tokio::sync::Notify;

use crate::clock::Wait;
use crate::daemon::lifecycle::Stop;
use crate::jobs::deliver::Deliverer;
use crate::jobs::trouble;
use crate::model::letter::Letter;

/// Letters handed over at once: mail servers limit connections from one client.
const AT_ONCE: usize = 4;
/// Letters looked up at once.
const BATCH: usize = 64;
/// How long to wait when the database cannot be read.
const AFTER_TROUBLE: Duration = Duration::from_secs(60);

/// Delivers until the end is asked for; `posted` tells of new letters.
pub async fn run(deliverer: Deliverer, posted: Arc<Notify>, stop: Stop) {
    recover(&deliverer).await;
    while !stop.is_draining() {
        let round = tokio::select! {
            round = deliver_due(&deliverer, &stop) => round,
            () = stop.aborting() => return,
        };
        let wake = match round {
            Round::Delivered => continue,
            Round::Nothing => next_due(&deliverer).await,
            Round::Trouble => deliverer.clock.after(AFTER_TROUBLE),
        };
        tokio::select! {
            () = wake => {}
            () = posted.notified(), if round == Round::Nothing => {}
            () = stop.draining() => {}
        }
        if round == Round::Trouble {
            // Nothing is on its way now: letters whose state could not be recorded are settled.
            recover(&deliverer).await;
        }
    }
}

async fn recover(deliverer: &Deliverer) {
    if let Err(error) = deliverer.recover().await {
        let error = trouble::in_words(&error);
        tracing::error!(error = %error, "letters half sent could not be looked up");
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Round {
    Delivered,
    Nothing,
    Trouble,
}

async fn deliver_due(deliverer: &Deliverer, stop: &Stop) -> Round {
    let due = match deliverer.due(BATCH).await {
        Ok(due) if due.is_empty() => return Round::Nothing,
        Ok(due) => due,
        Err(error) => {
            let error = trouble::in_words(&error);
            tracing::error!(error = %error, "letters due could not be read; trying again in a minute");
            return Round::Trouble;
        }
    };
    let one = |letter: Letter| async move {
        // Who asks for the end gets it after the letters that are on their way.
        if stop.is_draining() {
            return Ok(());
        }
        let delivered = deliverer.deliver(&letter).await.map(|_| ());
        if let Err(error) = &delivered {
            let error = trouble::in_words(error);
            tracing::error!(letter.id = letter.id.0, error = %error,
                "a letter's delivery could not be recorded; trying again in a minute");
        }
        delivered
    };
    let results = stream::iter(due).map(one).buffer_unordered(AT_ONCE).collect::<Vec<_>>().await;
    if results.iter().all(Result::is_ok) { Round::Delivered } else { Round::Trouble }
}

async fn next_due(deliverer: &Deliverer) -> Wait {
    match deliverer.next_due().await {
        Ok(Some(at)) => deliverer.clock.until(at),
        Ok(None) => Box::pin(std::future::pending()),
        Err(_) => deliverer.clock.after(AFTER_TROUBLE),
    }
}
