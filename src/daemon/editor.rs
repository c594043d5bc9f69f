//! The loop that makes editions: it waits until a newsletter is due and has its edition sealed.
//!
//! After a start it lets the feeds that are due be asked first, for a while, so that a service that
//! was down at half past six does not send yesterday's news at nine.

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

use crate::clock::Wait;
use crate::daemon::desk::Desk;
use crate::daemon::lifecycle::Stop;
use crate::jobs::seal::{Answer, SealError, Sealer};
use crate::jobs::trouble;
use crate::model::settings::Newsletter;

/// How long a late edition waits for the first pass over the feeds.
const FIRST_PASS: TimeDelta = TimeDelta::minutes(10);
/// How long to wait when an edition could not be made.
const AFTER_TROUBLE: TimeDelta = TimeDelta::seconds(60);

/// Makes editions until the end is asked for.
pub async fn run(sealer: Sealer, desk: Desk, first_pass: watch::Receiver<bool>, stop: Stop) {
    wait_for_first_pass(&sealer, first_pass, &stop).await;
    while !stop.is_draining() {
        let wake = round(&sealer, &desk).await;
        tokio::select! {
            () = wake => {}
            () = desk.revised.notified() => {}
            () = stop.draining() => {}
        }
    }
}

async fn wait_for_first_pass(sealer: &Sealer, mut first_pass: watch::Receiver<bool>, stop: &Stop) {
    let patience = sealer.clock.until(sealer.clock.now() + FIRST_PASS);
    tokio::select! {
        _ = first_pass.wait_for(|settled| *settled) => {}
        () = patience => {}
        () = stop.draining() => {}
    }
}

/// Answers every newsletter that is due; the wait ends when the next one is.
async fn round(sealer: &Sealer, desk: &Desk) -> Wait {
    let mut next: Option<DateTime<Utc>> = None;
    for newsletter in sealer.newsletters.get().iter() {
        let wake = match answer(sealer, newsletter, desk).await {
            Ok(wake) => wake,
            Err(error) => {
                tracing::error!(newsletter = %newsletter.name, error = %trouble::in_words(&error),
                    "no edition was made; what waits still waits, trying again in a minute");
                Some(sealer.clock.now() + AFTER_TROUBLE)
            }
        };
        next = [next, wake].into_iter().flatten().min();
    }
    match next {
        Some(at) => sealer.clock.until(at),
        None => Box::pin(std::future::pending()),
    }
}

/// Answers what is due of one newsletter, and tells when it is due again.
async fn answer(
    sealer: &Sealer,
    newsletter: &Newsletter,
    desk: &Desk,
) -> Result<Option<DateTime<Utc>>, SealError> {
    let mut answered = None;
    loop {
        let answer = sealer.answer_due(newsletter).await?;
        if answered.is_some() && answered.as_ref() == answer.slot() {
            // The same slot again: whatever the reason, not without a pause.
            return Ok(Some(sealer.clock.now() + AFTER_TROUBLE));
        }
        answered = answer.slot().cloned();
        match &answer {
            Answer::NotDue(next) => return Ok(*next),
            Answer::Sealed { .. } => desk.posted.notify_one(),
            Answer::TooFew { .. } | Answer::Missed(_) | Answer::Made(_) => {
                tracing::info!(newsletter = %newsletter.name, "{}", answer.told());
            }
        }
    }
}
