//! The running service as a value: it starts, it is told of changes, it ends.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::Context;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;

use crate::daemon::compose::{Workshop, World};
use crate::daemon::desk::Desk;
use crate::daemon::lifecycle::{DRAIN, Stop};
use crate::daemon::reload::{self, Reload};
use crate::daemon::scheduler::{Agenda, Scheduler};
use crate::daemon::{chores, clerk, editor, herald, postman, service};
use crate::model::settings::Settings;
use crate::serve::listen::{Limits, Listener};
use crate::serve::routes;

/// Orders that may wait for the scheduler.
const ORDERS: usize = 64;

/// The service, running.
#[derive(Debug)]
pub struct Program {
    address: SocketAddr,
    workshop: Workshop,
    stop: Stop,
    loops: JoinSet<()>,
    /// Work that ends by itself.
    chores: JoinSet<()>,
    settled: watch::Receiver<bool>,
    desk: Desk,
}

/// How the service ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It was asked to, and finished what was under way.
    Drained,
    /// It was asked to, and had to drop what was under way.
    Aborted,
    /// A loop ended by itself: a fault of ours.
    Broken,
}

impl Program {
    /// Starts everything; when it returns, the service is usable.
    ///
    /// # Errors
    /// If the database cannot be opened or the address cannot be listened on.
    pub async fn start(settings: Settings, world: World, stop: Stop) -> anyhow::Result<Self> {
        let listener = listen_on(settings.server.listen).await?;
        let address = listener.address();
        let fetch = settings.fetch.clone();
        let workshop = Workshop::open(settings, world, Some(address)).await?;
        let (orders, ordered) = mpsc::channel(ORDERS);
        let (settle, settled) = watch::channel(false);
        let (posted, revised) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let desk = Desk { orders, posted, revised };

        let mut loops = JoinSet::new();
        let routes = routes::router(Arc::clone(&workshop.house));
        loops.spawn(listener.serve(routes, Limits::default(), stop.drain_token()));
        let jobs = (workshop.refresher(), workshop.extractor());
        let scheduler =
            Scheduler::new(jobs, &fetch, Agenda::Standing, ordered, stop.clone(), settle);
        loops.spawn(scheduler.run());
        loops.spawn(editor::run(workshop.sealer(), desk.clone(), settled.clone(), stop.clone()));
        loops.spawn(postman::run(workshop.deliverer(), Arc::clone(&desk.posted), stop.clone()));
        let gap = fetch.per_host_gap;
        loops.spawn(herald::run(workshop.subscriber(), gap, desk.clone(), stop.clone()));
        loops.spawn(clerk::run(workshop.clone(), desk.clone(), stop.clone()));
        let mut chores = JoinSet::new();
        chores.spawn(chores::reclean(workshop.refresher()));
        chores.spawn(chores::reread(workshop.refresher()));
        workshop.ready.store(true, Ordering::Release);
        service::ready(&address);
        Ok(Self { address, workshop, stop, loops, chores, settled, desk })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its parts.
    pub fn workshop(&self) -> &Workshop {
        &self.workshop
    }

    /// Its loops, to be told of things.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Waits until every feed that was due has been asked, and what hubs said has been acted on.
    pub async fn settled(&self) {
        self.workshop.house.pushes.settled().await;
        // The scheduler lives as long as the program.
        let _ = self.settled.clone().wait_for(|settled| *settled).await;
    }

    /// Watches the configuration, and runs until the end is asked for.
    pub async fn run(mut self, reload: Reload) -> Ending {
        let (workshop, desk) = (self.workshop.clone(), self.desk.clone());
        self.loops.spawn(reload::run(reload, workshop, desk, self.address, self.stop.clone()));
        self.loops.spawn(service::pat_watchdog(self.stop.clone()));
        let broken = tokio::select! {
            () = self.stop.draining() => false,
            ended = self.loops.join_next() => {
                // Loops that end because the end was asked for may be seen here first.
                let broken = !self.stop.is_draining();
                if broken {
                    tracing::error!(ended = ?ended, "a part of the service ended by itself; please report this");
                }
                broken
            }
        };
        let ending = self.end().await;
        if broken { Ending::Broken } else { ending }
    }

    /// Ends it: what is under way is finished within the time for it, the rest is dropped.
    pub async fn end(mut self) -> Ending {
        self.workshop.ready.store(false, Ordering::Release);
        service::stopping();
        self.stop.drain();
        self.chores.shutdown().await;
        let drained = async { while self.loops.join_next().await.is_some() {} };
        let ending = tokio::select! {
            () = drained => Ending::Drained,
            () = tokio::time::sleep(DRAIN) => Ending::Aborted,
            () = self.stop.aborting() => Ending::Aborted,
        };
        self.stop.abort();
        self.loops.shutdown().await;
        self.workshop.close().await;
        ending
    }
}

async fn listen_on(listen: SocketAddr) -> anyhow::Result<Listener> {
    Listener::bind(listen).await.with_context(|| {
        format!("failed to listen on {listen}; choose another server.listen, or stop what uses it")
    })
}
