//! How commands that found a running service have it work for them.

use std::time::Duration;

use anyhow::Context;

use crate::daemon::compose::Workshop;
use crate::jobs::errand::{Errand, Reply};

/// How long the service has to pick a request up and finish it.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// How long between two looks at its answer.
const PAUSE: Duration = Duration::from_millis(200);

/// Leaves `errand` for the running service and waits for its answer.
///
/// # Errors
/// If the database cannot be reached or the service does not answer in time.
pub async fn ask(workshop: &Workshop, errand: &Errand) -> anyhow::Result<Reply> {
    let requests = workshop.requests();
    let now = workshop.world.clock.now();
    let ticket = requests.leave(errand, now).await.context("failed to ask the running service")?;
    let answered = async {
        loop {
            if let Some(reply) = requests.reply(&ticket).await? {
                return anyhow::Ok(reply);
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::time::timeout(PATIENCE, answered)
        .await
        .context("the running service did not answer within 15 minutes; see its log")?
}
