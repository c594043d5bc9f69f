//! The mill in process, under the clock of the test: months pass in seconds.
//!
//! It is the very program that `feedmill run` starts, on a runtime of its own. Between two moves of
//! the clock it is let come to rest: whatever was due has been done then.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use feedmill::cli::lists;
use feedmill::clock::Clock;
use feedmill::config::load;
use feedmill::config::surroundings::Surroundings;
use feedmill::daemon::clerk;
use feedmill::daemon::compose::World;
use feedmill::daemon::lifecycle::Stop;
use feedmill::daemon::program::{Ending, Program};
use feedmill::daemon::scheduler::Order;
use feedmill::jobs::dice::Dice;
use feedmill::jobs::errand::{Reply, Tally, Wish};
use feedmill::jobs::overview::{EditionReport, FeedReport, Totals};
use feedmill::model::article::ArticleStanding;
use feedmill::model::entry::EntryId;
use feedmill::model::settings::Settings;
use tokio::runtime::{Builder, Runtime};

use super::clock::ManualClock;
use super::home::Home;
use super::reader::{self, Answer};

/// How long the mill may take to come to rest, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long after its start the editor waits for the first pass over the feeds.
const FIRST_PASS: TimeDelta = TimeDelta::minutes(10);
/// Waits shorter than this are a loop looking again, not something to come.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(1);

/// A running mill.
#[derive(Debug)]
pub(crate) struct Mill {
    runtime: Runtime,
    program: Program,
    clock: ManualClock,
    began: DateTime<Utc>,
    newsletters: usize,
}

/// The settings of a home.
pub(crate) fn settings(home: &Home) -> Settings {
    let around = Surroundings::stated(home.folder(), home.folder(), &[]);
    let loaded = load::load_in(&around, Some(Path::new("feedmill.toml")), &lists::read);
    loaded.unwrap_or_else(|faults| panic!("{faults}")).settings
}

impl Mill {
    /// Starts it in `home`, without chance, and lets it do what is due at once.
    pub(crate) fn start(home: &Home, clock: &ManualClock) -> Self {
        let mill = Self::begin(home, clock, Dice::new(|| 0.0));
        mill.rests();
        mill
    }

    /// Starts it in `home` with these dice, and returns at once.
    pub(crate) fn begin(home: &Home, clock: &ManualClock, dice: Dice) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("threads");
        let settings = settings(home);
        let newsletters = settings.newsletters.len();
        let world = World { clock: Arc::new(clock.clone()), dice };
        let began = clock.now();
        let program = runtime.block_on(Program::start(settings, world, Stop::default()));
        let program = program.unwrap_or_else(|error| panic!("{error:#}"));
        Self { runtime, program, clock: clock.clone(), began, newsletters }
    }

    /// Waits until nothing is left to do at this moment of the clock.
    pub(crate) fn rests(&self) {
        let begun = Instant::now();
        while !self.is_at_rest() {
            let awaited = self.clock.awaited();
            assert!(begun.elapsed() < PATIENCE, "it does not come to rest: {awaited:?}");
            // Sockets and disks work in real time: there is nothing of ours to wait on.
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Every loop waits for a moment to come, every feed and every page that was due has been asked,
    /// and no letter is on its way.
    fn is_at_rest(&self) -> bool {
        let (now, awaited) = (self.clock.now(), self.clock.awaited());
        let first_pass = self.began + FIRST_PASS;
        if awaited.iter().any(|moment| *moment <= now || *moment == first_pass) {
            return false;
        }
        let workshop = self.program.workshop();
        let settled = async { tokio::time::timeout(PATIENCE, self.program.settled()).await };
        self.runtime.block_on(settled).expect("every feed that was due has been asked");
        let articles = self.runtime.block_on(workshop.extractor().agenda()).expect("readable");
        if articles.iter().any(|article| article.next_attempt <= now) {
            return false;
        }
        let (feeds, letters, due, herald) = self.runtime.block_on(async {
            let feeds = workshop.refresher().agenda().await.expect("readable").len();
            let letters = workshop.overview().totals(now).await.expect("readable").letters;
            let store = workshop.refresher().store;
            let next_callback = store.next_callback(now).await.expect("readable");
            let herald = next_callback.or(store.next_note(now).await.expect("readable"));
            let due = workshop.deliverer().due(1).await.expect("readable").len();
            (feeds, letters, due, herald)
        });
        // The clerk always waits, the others if there is something to come.
        let waits = 1
            + usize::from(herald.is_some())
            + usize::from(feeds > 0)
            + usize::from(self.newsletters > 0)
            + usize::from(letters["queued"] > 0);
        let on_their_way = letters["sending"] + letters["data-sent"];
        due == 0 && on_their_way == 0 && awaited.len() == waits && awaited == self.clock.awaited()
    }

    /// Lets it live until `end`, stopping at every moment that something in it waits for.
    pub(crate) fn lives_until(&self, end: DateTime<Utc>) {
        while self.clock.now() < end {
            let now = self.clock.now();
            let next = self.clock.awaited().into_iter().find(|moment| *moment > now + LOOK_AGAIN);
            self.clock.set(next.map_or(end, |moment| moment.min(end)));
            self.rests();
        }
    }

    /// [`Mill::lives_until`] a moment as RFC 3339 writes it.
    pub(crate) fn lives_until_the(&self, end: &str) {
        self.lives_until(end.parse().expect("a time as RFC 3339 writes it"));
    }

    /// Has every feed asked now, as `refresh --all --force` does.
    pub(crate) fn polls(&self) -> Tally {
        self.refreshes(true)
    }

    /// Reads the configuration of `home` again, as far as the polling goes.
    pub(crate) fn reloads(&self, home: &Home) {
        let order = Order::Reload(settings(home).fetch);
        self.runtime.block_on(self.program.desk().orders.send(order)).expect("it runs");
        self.rests();
    }

    /// Has every feed asked now, as `refresh --all` does.
    pub(crate) fn refreshes(&self, force: bool) -> Tally {
        self.wishes(&Wish { urls: Vec::new(), all: true, force })
    }

    fn wishes(&self, wish: &Wish) -> Tally {
        let (workshop, desk) = (self.program.workshop(), self.program.desk());
        let reply = self.runtime.block_on(clerk::refresh(workshop, desk, wish));
        self.rests();
        match reply {
            Reply::Refreshed(tally) => tally,
            other @ (Reply::Newsletter { .. } | Reply::Manners { .. } | Reply::Failed { .. }) => {
                panic!("{other:?}")
            }
        }
    }

    /// The same for one feed.
    pub(crate) fn polls_only(&self, url: &str) -> Tally {
        self.wishes(&Wish { urls: vec![url.to_owned()], all: false, force: true })
    }

    /// How far the article of an entry is.
    pub(crate) fn article(&self, entry: i64) -> Option<ArticleStanding> {
        let store = self.program.workshop().extractor().store;
        self.runtime.block_on(store.article(EntryId(entry))).expect("readable")
    }

    /// Makes the edition of the current slot, as `newsletter send` does.
    pub(crate) fn sends(&self, newsletter: &str) -> Reply {
        let (workshop, desk) = (self.program.workshop(), self.program.desk());
        let reply = self.runtime.block_on(clerk::send(workshop, desk, newsletter));
        self.rests();
        reply
    }

    /// What its web server answers for a path.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[])
    }

    /// What its web server answers to a reader that remembers validators.
    pub(crate) fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let url = format!("http://{}{path}", self.program.address());
        reader::get_with(&url, headers).expect("answered")
    }

    /// The titles of the merged feed `all`, in its order.
    pub(crate) fn merged(&self) -> Vec<String> {
        let feed = self.get("/feeds/all.json");
        assert_eq!(feed.status, 200, "{}", feed.text());
        let feed: serde_json::Value = serde_json::from_slice(&feed.body).expect("JSON");
        let items = feed["items"].as_array().expect("items");
        items.iter().map(|item| item["title"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The whole in numbers, as `status` shows it.
    pub(crate) fn totals(&self) -> Totals {
        let overview = self.program.workshop().overview();
        self.runtime.block_on(overview.totals(self.clock.now())).expect("readable")
    }

    /// The feeds, as `feeds` shows them.
    pub(crate) fn feeds(&self) -> Vec<FeedReport> {
        let overview = self.program.workshop().overview();
        self.runtime.block_on(overview.feeds()).expect("readable")
    }

    /// The one feed of a mill that has one.
    pub(crate) fn feed(&self) -> FeedReport {
        let mut feeds = self.feeds();
        assert_eq!(feeds.len(), 1, "{feeds:?}");
        feeds.remove(0)
    }

    /// The editions, newest first, as `newsletter list` shows them.
    pub(crate) fn editions(&self) -> Vec<EditionReport> {
        let overview = self.program.workshop().overview();
        self.runtime.block_on(overview.editions(None, 1_000)).expect("readable")
    }

    /// Ends it as a service manager does.
    pub(crate) fn stop(self) -> Ending {
        self.runtime.block_on(self.program.end())
    }
}
