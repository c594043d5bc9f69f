//! How commands reach the database: alone if nobody else has it, else beside a running service,
//! which is asked to do the work.
//!
//! Who has the database may be another command, or a service that is ending: neither answers. So who
//! waits for an answer also tries to become the owner, and does the work when that succeeds.

use std::time::Duration;

use anyhow::Context;

use crate::daemon::compose::{Tried, Workshop, World};
use crate::jobs::errand::{Errand, Reply};
use crate::jobs::requests::{Requests, Ticket};
use crate::model::settings::Settings;

/// How long the service has to pick a request up and finish it.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// How long between two looks at its answer.
const PAUSE: Duration = Duration::from_millis(200);

/// Who does the work.
#[derive(Debug)]
pub enum Turn {
    /// The command, which owns the database now.
    Ours(Box<Workshop>),
    /// The running service, which has done it.
    Theirs(Reply),
}

/// Opens the database for a command, or has the service that owns it do `errand`.
///
/// # Errors
/// If it cannot be opened either way, or the service does not answer in time.
pub async fn turn(settings: Settings, errand: &Errand) -> anyhow::Result<Turn> {
    let settings = match Workshop::try_to_own(settings, World::real()).await? {
        Tried::Ours(workshop) => return Ok(Turn::Ours(workshop)),
        Tried::Theirs(settings) => settings,
    };
    let clock = World::real().clock;
    let requests = Workshop::counter(&settings, clock.as_ref()).await?;
    let now = clock.now();
    let left = requests.leave(errand, now).await;
    let ticket = left.context("failed to ask the running service")?;
    tokio::time::timeout(PATIENCE, answered(settings, &requests, &ticket))
        .await
        .context("who has the database did not answer within 15 minutes; see the service's log")?
}

async fn answered(
    mut settings: Box<Settings>,
    requests: &Requests,
    ticket: &Ticket,
) -> anyhow::Result<Turn> {
    loop {
        if let Some(reply) = requests.reply(ticket).await? {
            return Ok(Turn::Theirs(reply));
        }
        settings = match Workshop::try_to_own(*settings, World::real()).await? {
            Tried::Ours(workshop) => return withdraw(workshop, ticket).await,
            Tried::Theirs(settings) => settings,
        };
        tokio::time::sleep(PAUSE).await;
    }
}

/// Takes back a request that nobody is left to answer, so that no later service does it again.
async fn withdraw(workshop: Box<Workshop>, ticket: &Ticket) -> anyhow::Result<Turn> {
    let requests = workshop.requests();
    if let Some(reply) = requests.reply(ticket).await? {
        workshop.close().await;
        return Ok(Turn::Theirs(reply));
    }
    let taken_back = Reply::Failed { why: "the command did it itself".to_owned() };
    requests.answer(ticket, &taken_back).await.context("failed to take the request back")?;
    Ok(Turn::Ours(workshop))
}
