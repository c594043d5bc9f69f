//! The loop about hubs: it waits until one is to be asked, has spoken, or lets a lease lapse, and has
//! done what follows. One request at a time to a hub's site, with a pause, and a few in all.

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::clock::Wait;
use crate::daemon::desk::Desk;
use crate::daemon::lifecycle::Stop;
use crate::daemon::scheduler::{Asked, Order};
use crate::jobs::refresh::Urgency;
use crate::jobs::subscribe::{Ask, Round, Subscriber};
use crate::jobs::trouble::in_words;
use crate::model::feed::FeedId;
use crate::model::note::Note;
use crate::model::url::Site;

/// How many hubs are asked at once.
const ASKS: usize = 4;
/// How long to wait when something could not be kept.
const AFTER_TROUBLE: TimeDelta = TimeDelta::seconds(60);

/// How long a feed that could not be fetched is left alone, whatever is kept about it.
const AFTER_FAILURE: TimeDelta = TimeDelta::minutes(5);

/// Cares for hubs until the end is asked for. `gap` is the pause between two requests to a site.
pub async fn run(subscriber: Subscriber, gap: Duration, desk: Desk, stop: Stop) {
    let (told, mut asked) = mpsc::unbounded_channel();
    let mut herald = Herald {
        subscriber,
        gap,
        desk,
        told,
        asking: HashSet::new(),
        asks: JoinSet::new(),
        fetching: HashMap::new(),
        held: HashMap::new(),
        next_look: None,
        looked: DateTime::<Utc>::MIN_UTC,
    };
    while !stop.is_draining() {
        let wake = herald.round().await;
        let pushes = herald.subscriber.pushes();
        tokio::select! {
            () = wake => {}
            () = pushes.woken() => {}
            Some(ended) = herald.asks.join_next() => {
                if let Ok(site) = ended {
                    herald.asking.remove(&site);
                }
                herald.next_look = Some(DateTime::<Utc>::MIN_UTC);
            }
            Some(done) = asked.recv() => herald.fetched(&done).await,
            () = stop.draining() => {}
        }
        herald.subscriber.pushes().settle_at(None);
    }
}

struct Herald {
    subscriber: Subscriber,
    gap: Duration,
    desk: Desk,
    told: mpsc::UnboundedSender<Asked>,
    /// Sites of hubs that are being asked, or have their pause.
    asking: HashSet<Site>,
    asks: JoinSet<Site>,
    /// Feeds that are fetched because of a hub, and up to which number was told before that was ordered.
    fetching: HashMap<FeedId, i64>,
    /// Feeds that could not be fetched, or of which that could not be kept, and when they are again: the
    /// notes may be as they were.
    held: HashMap<FeedId, DateTime<Utc>>,
    /// When callbacks are to be looked at, if nobody says so before.
    next_look: Option<DateTime<Utc>>,
    /// When they were.
    looked: DateTime<Utc>,
}

impl Herald {
    /// Does what is to be done; the wait ends when there is more.
    async fn round(&mut self) -> Wait {
        let wakes = self.subscriber.pushes().wakes();
        self.read_pushes().await;
        let clock = self.subscriber.clock();
        let found = match self.look().await {
            Ok(()) => self.subscriber.told().await.map_err(Into::into),
            Err(error) => Err(error),
        };
        let (fetches, next_note) = match found {
            Ok(told) => told,
            Err(error) => {
                self.next_look = Some(clock.now());
                tracing::error!(error = %in_words(error.as_ref()), "hubs cannot be cared for; feeds are polled as ever, trying again in a minute");
                return clock.until(clock.now() + AFTER_TROUBLE);
            }
        };
        let released = self.order(fetches).await;
        let is_at_rest = self.asks.is_empty() && self.fetching.is_empty();
        self.subscriber.pushes().settle_at(is_at_rest.then_some(wakes));
        let wake = self.next_look.into_iter().chain(next_note).chain(released).min();
        match wake {
            Some(at) => clock.until(at),
            None => Box::pin(std::future::pending()),
        }
    }

    /// Looks at callbacks if one of them may need it: somebody said so, a moment has come, or the clock
    /// was set back behind the last look.
    async fn look(&mut self) -> Result<(), Box<dyn Error + Send + Sync>> {
        let now = self.subscriber.clock().now();
        let is_due = self.next_look.is_some_and(|at| at <= now) || now < self.looked;
        if self.subscriber.pushes().is_changed() || is_due {
            // Until it was done, it is to be done.
            (self.next_look, self.looked) = (Some(now), now);
            let Round { asks, wake } = self.subscriber.round().await?;
            self.next_look = wake;
            self.start(asks);
        }
        Ok(())
    }

    async fn read_pushes(&mut self) {
        while let Some(push) = self.subscriber.pushes().next() {
            let feed = push.feed;
            if self.subscriber.read(push).await {
                // The scheduler lives as long as this loop.
                let _ = self.desk.orders.send(Order::Articles(feed)).await;
            }
        }
    }

    fn start(&mut self, asks: Vec<Ask>) {
        for ask in asks {
            if self.asking.len() >= ASKS || !self.asking.insert(ask.site.clone()) {
                continue;
            }
            let (subscriber, gap, site) = (self.subscriber.clone(), self.gap, ask.site.clone());
            self.asks.spawn(async move {
                let asked = AssertUnwindSafe(subscriber.ask(ask)).catch_unwind().await;
                match asked {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => {
                        tracing::error!(error = %in_words(&error), "what a hub was asked cannot be kept");
                        subscriber.clock().after(AFTER_TROUBLE.to_std().unwrap_or_default()).await;
                    }
                    Err(_) => {
                        tracing::error!("asking a hub ended by a fault of feedmill's own");
                        subscriber.clock().after(AFTER_TROUBLE.to_std().unwrap_or_default()).await;
                    }
                }
                if !gap.is_zero() {
                    subscriber.clock().after(gap).await;
                }
                site
            });
        }
    }

    /// Has the scheduler fetch feeds, in turn with all others of their sites. Says when one of them is to
    /// be ordered that must not be yet.
    async fn order(&mut self, notes: Vec<Note>) -> Option<DateTime<Utc>> {
        let now = self.subscriber.clock().now();
        self.held.retain(|_, until| *until > now && *until <= now + AFTER_FAILURE);
        let mut released = None;
        for Note { feed, told: number, .. } in notes {
            if let Some(until) = self.held.get(&feed) {
                released = released.into_iter().chain([*until]).min();
                continue;
            }
            if self.fetching.contains_key(&feed) {
                continue;
            }
            let Ok(Some(site)) = self.subscriber.site(feed).await else { continue };
            self.fetching.insert(feed, number);
            let (feeds, told) = (vec![(feed, site)], self.told.clone());
            let order = Order::Refresh { feeds, urgency: Urgency::Told, told };
            let _ = self.desk.orders.send(order).await;
        }
        released
    }

    async fn fetched(&mut self, done: &Asked) {
        let Some(up_to) = self.fetching.remove(&done.feed) else { return };
        let kept = self.subscriber.fetched(done.feed, (up_to, done.joined), &done.result).await;
        if kept.is_err() || done.result.is_err() {
            self.held.insert(done.feed, self.subscriber.clock().now() + AFTER_FAILURE);
        }
        if let Err(error) = kept {
            tracing::error!(feed.id = done.feed.0, error = %in_words(&error),
                "what a hub told was followed; that it was cannot be kept");
        }
    }
}
