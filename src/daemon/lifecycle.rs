//! How the service ends: first it stops taking on work and lets what is under way finish, then,
//! when that takes too long or a second signal comes, it drops the rest.
//!
//! Dropping is safe at every point: what was not committed did not happen, and a letter whose text
//! was on its way is found as such at the next start.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// How long work under way may take after the first signal; together with closing the database it
/// stays below ten seconds.
pub const DRAIN: Duration = Duration::from_secs(7);

/// The two signals of the end. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    drain: CancellationToken,
    abort: CancellationToken,
}

impl Stop {
    /// Asks for the end: no new work.
    pub fn drain(&self) {
        self.drain.cancel();
    }

    /// Ends waiting for work under way, too.
    pub fn abort(&self) {
        self.drain.cancel();
        self.abort.cancel();
    }

    /// Whether the end has been asked for.
    pub fn is_draining(&self) -> bool {
        self.drain.is_cancelled()
    }

    /// Waits until the end is asked for.
    pub async fn draining(&self) {
        self.drain.cancelled().await;
    }

    /// Waits until work under way is to be dropped.
    pub async fn aborting(&self) {
        self.abort.cancelled().await;
    }

    /// The token that stands for "no new work", for servers that want one.
    pub fn drain_token(&self) -> CancellationToken {
        self.drain.clone()
    }
}

/// Turns SIGTERM and SIGINT into the end: the first drains, a second aborts.
///
/// # Errors
/// If the signals cannot be listened to.
pub fn end_on_signals(stop: &Stop) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = stop.clone();
    tokio::spawn(async move {
        loop {
            let name = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            };
            if stop.is_draining() {
                tracing::warn!(signal = name, "a second signal: work under way is dropped");
                stop.abort();
            } else {
                tracing::info!(signal = name, "ending: work under way is finished first");
                stop.drain();
            }
        }
    });
    Ok(())
}
