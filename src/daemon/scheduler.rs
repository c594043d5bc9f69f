//! The loop that polls: it waits until a feed or the page of an article may be asked, starts that,
//! and notes when it is to be asked again. All thinking is in [`Schedule`]; this file only waits.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::clock::is_set_back;
use crate::daemon::lifecycle::Stop;
use crate::daemon::schedule::{Schedule, Start, Turn};
use crate::daemon::work::{self, End, Finished};
use crate::daemon::writing::{AFTER_TROUBLE, Writing};
use crate::jobs::extract::Extractor;
use crate::jobs::outlook::ASKED_AGAIN;
use crate::jobs::refresh::{Refresher, Urgency};
use crate::jobs::refreshed::{RefreshError, Refreshed};
use crate::jobs::trouble::in_words;
use crate::model::feed::FeedId;
use crate::model::rest::SiteRest;
use crate::model::settings::FetchSettings;
use crate::model::url::Site;

/// How soon the agenda is read again after a feed was found retired.
const AFTER_RETIRING: TimeDelta = TimeDelta::seconds(1);

/// What the scheduler can be told.
#[derive(Debug)]
pub enum Order {
    /// The feeds or their settings changed: read again when each is due.
    Reload(FetchSettings),
    /// Ask these feeds as soon as their sites allow; `told` hears of each, and is dropped with the
    /// last.
    Refresh {
        /// Which, and whose they are.
        feeds: Vec<(FeedId, Site)>,
        /// Why.
        urgency: Urgency,
        /// Who wants to know.
        told: mpsc::UnboundedSender<Asked>,
    },
    /// Articles of this feed may wait that nobody looked for yet.
    Articles(FeedId),
}

/// What became of a feed that was asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Which.
    pub feed: FeedId,
    /// Whether it was being asked already when that was ordered.
    pub joined: bool,
    /// What its refresh did, or why it did nothing.
    pub result: Arc<Result<Refreshed, RefreshError>>,
}

/// Whether the feeds that are due are found by looking into the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agenda {
    /// All feeds, at their next checks, for ever.
    Standing,
    /// Only what is ordered; the loop ends with the last sender of orders.
    OrdersOnly,
}

/// The loop and what it knows.
#[derive(Debug)]
pub struct Scheduler {
    refresher: Refresher,
    extractor: Extractor,
    agenda: Agenda,
    schedule: Schedule,
    orders: Option<mpsc::Receiver<Order>>,
    stop: Stop,
    settled: watch::Sender<bool>,
    under_way: JoinSet<Finished>,
    /// Feeds that are to be asked now, and why.
    wanted: HashMap<FeedId, Urgency>,
    told: HashMap<FeedId, Vec<mpsc::UnboundedSender<Asked>>>,
    writing: Writing,
    /// Whether no host answers, so that hosts are asked one at a time.
    offline: bool,
    load_again: Option<DateTime<Utc>>,
    /// What the clock showed last.
    seen: DateTime<Utc>,
    /// Feeds of which articles may wait that the schedule does not know of; `None` is all.
    with_articles: Option<Vec<FeedId>>,
}

enum Event {
    Finished(Finished),
    Order(Option<Order>),
    Woken,
    Aborted,
}

impl Scheduler {
    /// A loop that has not begun. `settled` tells whether all that was due has been asked.
    pub fn new(
        (refresher, extractor): (Refresher, Extractor),
        fetch: &FetchSettings,
        agenda: Agenda,
        orders: mpsc::Receiver<Order>,
        stop: Stop,
        settled: watch::Sender<bool>,
    ) -> Self {
        let mut schedule = Schedule::new(fetch.connections, fetch.per_host_gap);
        // A pass that somebody waits for is as fast as connections and pauses allow.
        if agenda == Agenda::Standing {
            schedule.limit(fetch.rate);
        }
        Self {
            seen: refresher.clock.now(),
            offline: agenda == Agenda::Standing && refresher.outlook.next_probe().is_some(),
            refresher,
            extractor,
            agenda,
            schedule,
            orders: Some(orders),
            stop,
            settled,
            under_way: JoinSet::new(),
            wanted: HashMap::new(),
            told: HashMap::new(),
            writing: Writing::default(),
            load_again: None,
            with_articles: None,
        }
    }

    /// Polls until the end is asked for and what is under way has finished.
    pub async fn run(mut self) {
        self.load().await;
        loop {
            let now = self.refresher.clock.now();
            let is_back = is_set_back(std::mem::replace(&mut self.seen, now), now);
            if is_back {
                self.schedule.set_back(now);
                self.writing.set_back(now);
                self.refresher.outlook.set_back(now);
            }
            // What waits was planned under a clock that ran ahead: the agenda knows what is due.
            if is_back || self.load_again.is_some_and(|at| at <= now) {
                self.load().await;
            }
            if self.with_articles.as_ref().is_none_or(|feeds| !feeds.is_empty()) {
                self.load_articles().await;
            }
            for start in self.schedule.start(now, self.admitted(now)) {
                self.begin(start);
            }
            // In an outage all is asked that can be.
            let pauses = self.under_way.is_empty() && self.next_probe().is_some_and(|at| at > now);
            self.settled.send_if_modified(|settled| {
                let is = pauses || self.schedule.is_settled(now);
                std::mem::replace(settled, is) != is
            });
            let ending = self.stop.is_draining() || self.has_nothing_to_come();
            if ending && self.under_way.is_empty() {
                return;
            }
            let event = self.next_event().await;
            if matches!(event, Event::Aborted) {
                return;
            }
            self.handle(event).await;
        }
    }

    /// How many feeds may be started: while nothing can be written, one now and then.
    fn admitted(&self, now: DateTime<Utc>) -> usize {
        let by_people = self.wanted.values().filter(|urgency| urgency.is_a_persons()).count();
        match self.writing.tried_at() {
            _ if self.stop.is_draining() => 0,
            None if self.offline => match self.next_probe() {
                // What a person wants is tried whatever the outlook.
                _ if by_people > 0 => by_people,
                Some(at) if at > now || !self.under_way.is_empty() => 0,
                Some(_) | None => 1,
            },
            None => usize::MAX,
            // And at once.
            Some(until) => {
                let may = until <= now || by_people > 0;
                usize::from(may && self.under_way.is_empty())
            }
        }
    }

    /// When a host may be asked again, while none answers. A pass that somebody waits for goes on.
    fn next_probe(&self) -> Option<DateTime<Utc>> {
        let next = self.refresher.outlook.next_probe();
        next.filter(|_| self.agenda == Agenda::Standing)
    }

    fn has_nothing_to_come(&self) -> bool {
        self.agenda == Agenda::OrdersOnly
            && self.orders.is_none()
            && self.told.is_empty()
            && (self.stop.is_draining() || self.schedule.is_empty(self.refresher.clock.now()))
    }

    async fn next_event(&mut self) -> Event {
        let wake = self.wake();
        let draining = self.stop.is_draining();
        let stop = self.stop.clone();
        tokio::select! {
            Some(joined) = self.under_way.join_next() => {
                joined.map_or(Event::Woken, Event::Finished)
            }
            order = next_order(&mut self.orders) => Event::Order(order),
            () = wake => Event::Woken,
            () = stop.draining(), if !draining => Event::Woken,
            () = stop.aborting() => Event::Aborted,
        }
    }

    fn wake(&self) -> crate::clock::Wait {
        let now = self.refresher.clock.now();
        let pause = self.writing.tried_at().max(self.next_probe()).filter(|until| *until > now);
        let check =
            self.schedule.next_wake().map(|check| pause.map_or(check, |end| check.max(end)));
        let wakes = [check, pause, self.load_again];
        match wakes.into_iter().flatten().min() {
            Some(at) if self.schedule.has_free_connection() => self.refresher.clock.until(at),
            _ => Box::pin(std::future::pending()),
        }
    }

    async fn handle(&mut self, event: Event) {
        match event {
            Event::Finished(finished) => self.finish(finished),
            Event::Order(Some(Order::Reload(fetch))) => {
                self.schedule.rebound(fetch.connections, fetch.per_host_gap);
                self.schedule.limit(fetch.rate);
                self.load().await;
            }
            Event::Order(Some(Order::Refresh { feeds, urgency, told })) => {
                let now = self.refresher.clock.now();
                for (feed, site) in feeds {
                    let wanted = self.wanted.entry(feed).or_insert(urgency);
                    *wanted = urgency.max(*wanted);
                    self.told.entry(feed).or_default().push(told.clone());
                    self.schedule.ask(feed, &site, now);
                }
            }
            Event::Order(Some(Order::Articles(feed))) => self.expect_articles_of(feed),
            Event::Order(None) => self.orders = None,
            Event::Woken | Event::Aborted => {}
        }
    }

    async fn load(&mut self) {
        self.load_again = None;
        let now = self.refresher.clock.now();
        let found = match self.refresher.rests().await {
            Ok(rests) => {
                rests.iter().for_each(|rest| self.schedule.slow_down(rest, now));
                match self.agenda {
                    Agenda::Standing => self.refresher.agenda().await,
                    Agenda::OrdersOnly => return,
                }
            }
            Err(error) => Err(error),
        };
        match found {
            Ok(agenda) => {
                self.schedule.forget_waiting();
                for due in agenda {
                    self.schedule.add(due.feed, &due.site, due.next_check);
                }
                self.schedule.hold_articles(self.offline);
                if !self.offline && self.refresher.outlook.is_returning(now) {
                    let wanted = &self.wanted;
                    let gap = |feeds| self.refresher.outlook.gap(feeds);
                    self.schedule.spread(now, gap, |feed| wanted.contains_key(&feed));
                }
                self.with_articles = None;
            }
            Err(error) => {
                tracing::error!(error = %in_words(&error), "the feeds due could not be read; trying again in a minute");
                self.load_again = Some(now + AFTER_TROUBLE);
            }
        }
    }

    fn expect_articles_of(&mut self, feed: FeedId) {
        // Without a list, those of all feeds are looked for.
        self.with_articles.iter_mut().for_each(|feeds| feeds.push(feed));
    }

    /// Puts articles that wait into the schedule; those it knows already stay where they are.
    async fn load_articles(&mut self) {
        let found = match self.with_articles.replace(Vec::new()) {
            None => self.extractor.agenda().await,
            Some(feeds) => self.extractor.agenda_of(&feeds).await,
        };
        match found {
            Ok(articles) => {
                for article in articles {
                    self.schedule.add(article.entry, &article.site, article.next_attempt);
                }
            }
            Err(error) => {
                tracing::error!(error = %in_words(&error), "the articles to be read could not be found; trying again with the next");
            }
        }
    }

    fn begin(&mut self, start: Start) {
        match start.turn {
            Turn::Feed(feed) => {
                let wanted = self.wanted.remove(&feed);
                let urgency = wanted.unwrap_or(Urgency::Due);
                let refresher = self.refresher.clone();
                self.under_way.spawn(work::refresh(refresher, feed, start, urgency));
            }
            Turn::Article(entry) => {
                self.under_way.spawn(work::read(self.extractor.clone(), entry, start));
            }
        }
    }

    fn finish(&mut self, finished: Finished) {
        let Finished { start, end } = finished;
        let now = self.refresher.clock.now();
        match end {
            End::Refreshed(feed, result) => self.finish_refresh(start, feed, *result, now),
            End::Article(turned) => {
                self.slow_down(turned.rest.as_ref(), now);
                self.schedule.finish(start, turned.again, now);
            }
        }
    }

    fn slow_down(&mut self, rest: Option<&SiteRest>, now: DateTime<Utc>) {
        rest.into_iter().for_each(|rest| self.schedule.slow_down(rest, now));
    }

    fn finish_refresh(
        &mut self,
        start: Start,
        feed: FeedId,
        result: Result<Refreshed, RefreshError>,
        now: DateTime<Utc>,
    ) {
        if result.as_ref().is_ok_and(|refreshed| refreshed.wants_articles) {
            self.expect_articles_of(feed);
        }
        let next_check = match &result {
            Ok(refreshed) => Some(refreshed.next_check),
            Err(RefreshError::Held { next_check, .. }) => Some(*next_check),
            Err(RefreshError::Retired) => {
                // It may have been retired and taken back while it was asked: the agenda knows.
                self.load_again = Some(now + AFTER_RETIRING);
                None
            }
            Err(RefreshError::Offline { .. }) => Some(now + ASKED_AGAIN),
            Err(RefreshError::Panicked { .. } | RefreshError::Store { .. }) => {
                Some(now + AFTER_TROUBLE)
            }
        };
        // Who ordered it while it was under way has what it brought.
        let joined = self.wanted.remove(&feed).is_some();
        self.writing.note(feed, &result, now);
        let offline = self.next_probe().is_some();
        if std::mem::replace(&mut self.offline, offline) != offline {
            self.load_again = Some(now);
        }
        if result.as_ref().is_ok_and(Refreshed::is_merged) {
            // The other may be due sooner than was known.
            self.load_again = Some(now);
        }
        let next_check = next_check.filter(|_| self.agenda == Agenda::Standing);
        self.slow_down(result.as_ref().ok().and_then(|refreshed| refreshed.rest.as_ref()), now);
        match (&result, next_check) {
            // From now on another site answers for it.
            (Ok(Refreshed { moved: Some(site), .. }), Some(next_check)) => {
                self.schedule.finish(start, None, now);
                self.schedule.add(feed, site, next_check);
            }
            (_, next_check) => self.schedule.finish(start, next_check, now),
        }
        let result = Arc::new(result);
        for told in self.told.remove(&feed).unwrap_or_default() {
            // Who asked may have gone.
            let _ = told.send(Asked { feed, joined, result: Arc::clone(&result) });
        }
    }
}

async fn next_order(orders: &mut Option<mpsc::Receiver<Order>>) -> Option<Order> {
    match orders {
        Some(orders) => orders.recv().await,
        None => std::future::pending().await,
    }
}
