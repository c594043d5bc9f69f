//! The only wiring: settings become a store, a client, a web server and the loops around them.
//!
//! The program is a value with a start and an end, so that a test starts the very program that
//! people run. Commands that work without a service open a [`Workshop`] instead: the same parts
//! without the loops.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, Utc};
use tokio::sync::Semaphore;

use crate::clock::{Clock, SystemClock};
use crate::fetch::client::Client;
use crate::jobs::current::Current;
use crate::jobs::deliver::Deliverer;
use crate::jobs::dice::Dice;
use crate::jobs::discover::Discoverer;
use crate::jobs::draft::Drafter;
use crate::jobs::errand::Wish;
use crate::jobs::extract::Extractor;
use crate::jobs::labels::Labels;
use crate::jobs::library::Library;
use crate::jobs::outlook::Outlook;
use crate::jobs::overview::Overview;
use crate::jobs::pushes::Pushes;
use crate::jobs::refresh::Refresher;
use crate::jobs::rehearse::Rehearser;
use crate::jobs::requests::Requests;
use crate::jobs::robots::Permits;
use crate::jobs::seal::Sealer;
use crate::jobs::shelf::Shelf;
use crate::jobs::subscribe::Subscriber;
use crate::jobs::subscriptions::Subscriptions;
use crate::jobs::sync;
use crate::jobs::why::Explainer;
use crate::jobs::wish::{self, Wished};
use crate::jobs::workers::Workers;
use crate::model::settings::{FetchSettings, MailRoute, Newsletter, Settings};
use crate::model::url::WebUrl;
use crate::serve::house::House;
use crate::store::error::OpenError;
use crate::store::open::{self, Store};

/// How long closing the database may take.
const CLOSING: Duration = Duration::from_secs(2);
/// How often a database that somebody else has is looked for while it is created or migrated, and
/// how long between two looks.
const CREATION_LOOKS: usize = 50;
const CREATION_PAUSE: Duration = Duration::from_millis(100);
/// Threads for work on strangers' bytes.
const WORKERS: usize = 2;
/// How many pages are read at once: feeds always find a thread.
const PAGES_AT_ONCE: usize = 1;

/// What comes from outside the program besides its settings.
#[derive(Debug, Clone)]
pub struct World {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub dice: Dice,
}

impl World {
    /// The machine's clock and the operating system's chance.
    pub fn real() -> Self {
        Self { clock: Arc::new(SystemClock), dice: Dice::new(chance) }
    }
}

/// What nobody can guess.
#[expect(clippy::disallowed_methods, reason = "the one place that draws chance")]
fn unguessable() -> Option<[u8; 32]> {
    let mut drawn = [0; 32];
    getrandom::fill(&mut drawn).is_ok().then_some(drawn)
}

#[expect(clippy::disallowed_methods, reason = "the one place that draws chance")]
fn chance() -> f64 {
    // Without chance from the system there is no jitter, and nothing worse.
    let drawn = getrandom::u32().unwrap_or(0);
    f64::from(drawn) / (f64::from(u32::MAX) + 1.0)
}

/// All parts, wired, at rest.
#[derive(Debug, Clone)]
pub struct Workshop {
    /// What comes from outside.
    pub world: World,
    /// When this began.
    pub began: DateTime<Utc>,
    /// What the web server shows.
    pub house: Arc<House>,
    /// Whether the service is usable.
    pub ready: Arc<AtomicBool>,
    shelf: Arc<Shelf>,
    store: Store,
    workers: Workers,
    page_turn: Arc<Semaphore>,
    outlook: Outlook,
    permits: Permits,
    client: Current<Client>,
    subscriptions: Current<Subscriptions>,
    newsletters: Current<Vec<Newsletter>>,
    route: Current<MailRoute>,
    address: Current<Option<WebUrl>>,
}

/// What came of trying to own a database.
#[derive(Debug)]
pub enum Tried {
    /// It is ours.
    Ours(Box<Workshop>),
    /// Somebody else has it: a service, or a command. The settings come back.
    Theirs(Box<Settings>),
}

impl Workshop {
    /// Opens the database, alone, and brings its feeds in line with the settings. `listening` is
    /// where the service listens, if it does.
    ///
    /// # Errors
    /// With what, where and what to do next: the database is another program's or in use, newer
    /// than this program, or cannot be written.
    pub async fn open(
        settings: Settings,
        world: World,
        listening: Option<SocketAddr>,
    ) -> anyhow::Result<Self> {
        let store = open::open(&settings.storage.path, world.clock.now()).await?;
        let workshop = Self::wire(settings, world, store, listening)?;
        workshop.sync().await?;
        Ok(workshop)
    }

    /// Opens the database alone, if nobody else has it.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn try_to_own(settings: Settings, world: World) -> anyhow::Result<Tried> {
        match open::open(&settings.storage.path, world.clock.now()).await {
            Ok(store) => {
                let workshop = Self::wire(settings, world, store, None)?;
                workshop.sync().await?;
                Ok(Tried::Ours(Box::new(workshop)))
            }
            Err(OpenError::Held { .. }) => Ok(Tried::Theirs(Box::new(settings))),
            Err(error) => Err(error.into()),
        }
    }

    /// The counter of a database that somebody else has, and may be about to create.
    ///
    /// # Errors
    /// If the database is not there or of another version.
    pub async fn counter(settings: &Settings, clock: &dyn Clock) -> anyhow::Result<Requests> {
        for _ in 0..CREATION_LOOKS {
            match open::beside(&settings.storage.path).await {
                Err(OpenError::Missing(_) | OpenError::Older(_)) => {
                    clock.after(CREATION_PAUSE).await;
                }
                opened => return Ok(Requests::new(opened?)),
            }
        }
        Ok(Requests::new(open::beside(&settings.storage.path).await?))
    }

    /// Opens the database beside a running service: to read, and to leave requests.
    ///
    /// # Errors
    /// If the database is not there or of another version.
    pub async fn beside(settings: Settings, world: World) -> anyhow::Result<Self> {
        let store = open::beside(&settings.storage.path).await?;
        Self::wire(settings, world, store, None)
    }

    fn wire(
        settings: Settings,
        world: World,
        store: Store,
        listening: Option<SocketAddr>,
    ) -> anyhow::Result<Self> {
        let client = Client::new(&settings.fetch).context("failed to prepare the HTTP client")?;
        let workers = Workers::start(WORKERS).context("failed to start threads")?;
        let listening = listening.unwrap_or(settings.server.listen);
        let labels = Labels::of(&settings, &loopback_url(listening)?);
        let ready = Arc::new(AtomicBool::new(false));
        let shelf = Arc::new(Shelf::new(store.clone(), labels.clone()));
        let library = Library::new(store.clone());
        let (clock, dice) = (Arc::clone(&world.clock), world.dice.clone());
        let pushes = Arc::new(Pushes::new(store.clone(), clock, dice));
        let for_all = Arc::clone(&shelf);
        let house = House::new(for_all, library, pushes, labels, Arc::clone(&ready));
        Ok(Self {
            began: world.clock.now(),
            world,
            house,
            ready,
            shelf,
            store,
            workers,
            page_turn: Arc::new(Semaphore::new(PAGES_AT_ONCE)),
            outlook: Outlook::default(),
            permits: Permits::default(),
            client: Current::new(client),
            subscriptions: Current::new(Subscriptions::new(
                settings.subscriptions,
                &settings.fetch,
            )),
            newsletters: Current::new(settings.newsletters),
            route: Current::new(settings.mail),
            address: Current::new(settings.server.base_url),
        })
    }

    /// Puts changed settings in force: feeds, outputs, newsletters, the mail's route.
    ///
    /// # Errors
    /// If the database cannot be written or no HTTP client can be made; what was in force stays.
    pub async fn apply(&self, settings: Settings, listening: SocketAddr) -> anyhow::Result<()> {
        let client = self.client.get().renewed(&settings.fetch);
        let client = client.context("failed to prepare the HTTP client")?;
        let labels = Labels::of(&settings, &loopback_url(listening)?);
        let subscriptions = Subscriptions::new(settings.subscriptions, &settings.fetch);
        self.keep(&subscriptions, &settings.newsletters).await?;
        self.subscriptions.replace(subscriptions);
        self.client.replace(client);
        self.newsletters.replace(settings.newsletters);
        self.route.replace(settings.mail);
        self.address.replace(settings.server.base_url);
        self.house.relabel(labels);
        self.shelf.turn();
        self.house.pushes.look_at_all();
        Ok(())
    }

    async fn sync(&self) -> anyhow::Result<()> {
        let (now, all_at_home) = (self.world.clock.now(), self.subscriptions.get().are_at_home());
        self.outlook.resume(&self.store, all_at_home, now).await?;
        self.keep(&self.subscriptions.get(), &self.newsletters.get()).await
    }

    async fn keep(
        &self,
        subscriptions: &Subscriptions,
        newsletters: &[Newsletter],
    ) -> anyhow::Result<()> {
        let now = self.world.clock.now();
        let changed = sync::sync(&self.store, subscriptions, newsletters, now)
            .await
            .context("failed to keep the feeds of the configuration")?;
        if changed {
            self.shelf.turn();
        }
        Ok(())
    }

    /// The job that refreshes a feed.
    pub fn refresher(&self) -> Refresher {
        Refresher {
            store: self.store.clone(),
            client: self.client.clone(),
            workers: self.workers.clone(),
            subscriptions: self.subscriptions.clone(),
            shelf: Arc::clone(&self.shelf),
            clock: Arc::clone(&self.world.clock),
            dice: self.world.dice.clone(),
            pushes: Arc::clone(&self.house.pushes),
            outlook: self.outlook.clone(),
        }
    }

    /// The job that asks hubs.
    pub fn subscriber(&self) -> Subscriber {
        let (refresher, address) = (self.refresher(), self.address.clone());
        Subscriber { refresher, address, draw: unguessable }
    }

    /// The job that reads articles from their pages.
    pub fn extractor(&self) -> Extractor {
        Extractor {
            store: self.store.clone(),
            client: self.client.clone(),
            workers: self.workers.clone(),
            subscriptions: self.subscriptions.clone(),
            shelf: Arc::clone(&self.shelf),
            clock: Arc::clone(&self.world.clock),
            dice: self.world.dice.clone(),
            permits: self.permits.clone(),
            turn: Arc::clone(&self.page_turn),
        }
    }

    /// The job that drafts editions.
    pub fn drafter(&self) -> Drafter {
        Drafter {
            store: self.store.clone(),
            subscriptions: self.subscriptions.clone(),
            address: self.address.clone(),
            workers: self.workers.clone(),
        }
    }

    /// The job that makes editions.
    pub fn sealer(&self) -> Sealer {
        Sealer {
            store: self.store.clone(),
            drafter: self.drafter(),
            newsletters: self.newsletters.clone(),
            clock: Arc::clone(&self.world.clock),
        }
    }

    /// The job that delivers letters.
    pub fn deliverer(&self) -> Deliverer {
        Deliverer {
            store: self.store.clone(),
            route: self.route.clone(),
            newsletters: self.newsletters.clone(),
            clock: Arc::clone(&self.world.clock),
            dice: self.world.dice.clone(),
        }
    }

    /// The job that answers questions about what is kept.
    pub fn overview(&self) -> Overview {
        Overview { store: self.store.clone(), subscriptions: self.subscriptions.clone() }
    }

    /// The job that explains feeds and entries.
    pub fn explainer(&self) -> Explainer {
        Explainer {
            store: self.store.clone(),
            subscriptions: self.subscriptions.clone(),
            merged_feeds: Arc::new(self.house.labels().feeds.clone()),
            newsletters: self.newsletters.clone(),
        }
    }

    /// The job that shows editions before they are made.
    pub fn rehearser(&self) -> Rehearser {
        Rehearser {
            drafter: self.drafter(),
            route: self.route.clone(),
            clock: Arc::clone(&self.world.clock),
        }
    }

    /// The newsletters in force.
    pub fn newsletters(&self) -> Arc<Vec<Newsletter>> {
        self.newsletters.get()
    }

    /// The feeds that a wish to refresh is about.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn wished(&self, wish: &Wish) -> anyhow::Result<Wished> {
        let now = self.world.clock.now();
        wish::find(&self.store, wish, now).await.context("failed to read the feeds")
    }

    /// The counter between commands and the service.
    pub fn requests(&self) -> Requests {
        Requests::new(self.store.clone())
    }

    /// Writes what is pending and closes the database.
    pub async fn close(&self) {
        let closed = tokio::time::timeout(CLOSING, self.store.close()).await;
        if !matches!(closed, Ok(Ok(()))) {
            tracing::error!(ended = ?closed, "the database was not closed in order; nothing committed is lost");
        }
    }
}

/// The job that finds feeds behind addresses. It needs no database.
///
/// # Errors
/// If no HTTP client can be made, or the system gives no thread.
pub fn discoverer(settings: &FetchSettings, world: &World) -> anyhow::Result<Discoverer> {
    Ok(Discoverer {
        client: Client::new(settings).context("failed to prepare the HTTP client")?,
        workers: Workers::start(1).context("failed to start a thread")?,
        clock: Arc::clone(&world.clock),
        gap: settings.per_host_gap,
    })
}

/// The address under which readers reach the service if none is configured: where it listens.
fn loopback_url(listening: SocketAddr) -> anyhow::Result<WebUrl> {
    WebUrl::parse(&format!("http://{listening}/")).context("no address to publish")
}
