//! `feedmill run`: the service, from start to end.

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::answer::{Answer, Code};
use crate::cli::lists;
use crate::config::load::Loaded;
use crate::daemon::compose::World;
use crate::daemon::lifecycle::{self, Stop};
use crate::daemon::program::{Ending, Program};
use crate::daemon::reload::{Fixed, Reload};

/// Runs until a signal ends it.
///
/// # Errors
/// If the service cannot be started.
pub async fn run(loaded: Loaded) -> anyhow::Result<Answer> {
    let stop = Stop::default();
    lifecycle::end_on_signals(&stop).context("failed to listen to signals")?;
    let hangups = signal(SignalKind::hangup()).context("failed to listen to SIGHUP")?;
    let reload = Reload {
        hangups,
        path: loaded.file,
        sources: loaded.sources,
        fixed: Fixed::of(&loaded.settings),
        read_list: lists::read,
    };
    let program = Program::start(loaded.settings, World::real(), stop).await?;
    let mut answer = Answer::done("");
    match program.run(reload).await {
        Ending::Drained => {}
        Ending::Aborted => {
            "work under way was dropped; it is done again after the next start\n"
                .clone_into(&mut answer.err);
        }
        Ending::Broken => answer.code = Code::Failed,
    }
    Ok(answer)
}
