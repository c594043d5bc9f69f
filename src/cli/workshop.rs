//! How commands reach the database: alone if no service runs, else beside it.

use std::time::Duration;

use anyhow::Context;

use crate::daemon::compose::{Workshop, World};
use crate::jobs::errand::{Errand, Reply};
use crate::model::settings::Settings;

/// How long the service has to pick a request up and finish it.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// How long between two looks at its answer.
const PAUSE: Duration = Duration::from_millis(200);

/// Who else has the database.
#[derive(Debug)]
pub enum Access {
    /// Nobody: it may be changed.
    Owner(Workshop),
    /// A running service: it may be read, and asked.
    Beside(Workshop),
}

/// Opens the database, alone if possible.
///
/// # Errors
/// If it cannot be opened either way.
pub async fn open(settings: Settings) -> anyhow::Result<Access> {
    match Workshop::open(settings.clone(), World::real(), None).await {
        Ok(workshop) => Ok(Access::Owner(workshop)),
        Err(error) if Workshop::is_held(&error) => {
            Ok(Access::Beside(Workshop::beside(settings, World::real()).await?))
        }
        Err(error) => Err(error),
    }
}

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
