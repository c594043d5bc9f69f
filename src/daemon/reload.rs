//! A changed configuration, applied while the service runs.
//!
//! The files it was read from are looked at every few seconds, and at once on SIGHUP. A valid one is
//! applied: feeds, outputs, newsletters, templates, the route of the mail. An invalid one changes
//! nothing and says why. What only a start can change is said, too.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tokio::signal::unix::Signal;

use crate::config::fault::Faults;
use crate::config::feeds::ReadList;
use crate::config::files::Sources;
use crate::config::load::{self, Loaded};
use crate::daemon::compose::Workshop;
use crate::daemon::desk::Desk;
use crate::daemon::lifecycle::Stop;
use crate::daemon::scheduler::Order;
use crate::model::settings::Settings;

/// How long between two looks at the files.
const PAUSE: Duration = Duration::from_secs(5);
/// How long to wait when a configuration could not be put in force.
const AFTER_TROUBLE: Duration = Duration::from_secs(60);

/// How the configuration is read again.
#[derive(Debug)]
pub struct Reload {
    /// SIGHUP, listened to since before the start.
    pub hangups: Signal,
    /// The file that was named, if one was.
    pub path: Option<PathBuf>,
    /// What was read last.
    pub sources: Sources,
    /// What only a start can change, as it was at the start.
    pub fixed: Fixed,
    /// How lists of feeds are read.
    pub read_list: fn(&str) -> Result<crate::config::feeds::ListedFeeds, String>,
}

/// What only a start can change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    listen: SocketAddr,
    storage: PathBuf,
}

impl Fixed {
    /// The part of `settings` that only a start can change.
    pub fn of(settings: &Settings) -> Self {
        Self { listen: settings.server.listen, storage: settings.storage.path.clone() }
    }
}

/// Watches and applies until the end is asked for.
pub async fn run(
    mut reload: Reload,
    workshop: Workshop,
    desk: Desk,
    listening: SocketAddr,
    stop: Stop,
) {
    let clock = workshop.world.clock.clone();
    while !stop.is_draining() {
        let asked = tokio::select! {
            _ = reload.hangups.recv() => true,
            () = clock.after(PAUSE) => false,
            () = stop.draining() => return,
        };
        if asked || reload.sources.changed() {
            tokio::select! {
                () = again(&mut reload, &workshop, &desk, listening) => {}
                () = stop.draining() => return,
            }
        }
    }
}

async fn again(reload: &mut Reload, workshop: &Workshop, desk: &Desk, listening: SocketAddr) {
    let read_list: ReadList<'_> = &reload.read_list;
    match load::load(reload.path.as_deref(), read_list) {
        Ok(loaded) => {
            let sources = loaded.sources.clone();
            // What could not be applied is tried again at the next look.
            if let Err(error) = apply(reload, loaded, workshop, desk, listening).await {
                tracing::error!(error = %format!("{error:#}"), "the changed configuration could not be put in force; it is tried again in a minute");
                workshop.world.clock.after(AFTER_TROUBLE).await;
            } else {
                reload.sources = sources;
            }
        }
        Err(Faults { faults, sources, .. }) => {
            reload.sources = sources;
            for fault in &faults {
                tracing::error!(fault = %fault.headline(), "the changed configuration is wrong; the former one stays in force");
            }
        }
    }
}

async fn apply(
    reload: &Reload,
    loaded: Loaded,
    workshop: &Workshop,
    desk: &Desk,
    listening: SocketAddr,
) -> anyhow::Result<()> {
    if Fixed::of(&loaded.settings) != reload.fixed {
        tracing::warn!("server.listen and storage.url change at the next start only");
    }
    let fetch = loaded.settings.fetch.clone();
    workshop.apply(loaded.settings, listening).await?;
    desk.revised.notify_one();
    desk.posted.notify_one();
    if desk.orders.send(Order::Reload(fetch)).await.is_err() {
        anyhow::bail!("the service is ending");
    }
    tracing::info!("the changed configuration is in force");
    Ok(())
}
