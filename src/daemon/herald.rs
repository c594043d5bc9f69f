//! The loop about hubs: it waits until one is to be asked, has spoken, or lets a lease lapse, and has
//! done what follows. One request at a time to a hub's site, with a pause, and a few in all.

use std::collections::HashMap;
use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};

use crate::clock::Wait;
use crate::daemon::desk::Desk;
use crate::daemon::lifecycle::Stop;
use crate::daemon::scheduler::{Asked, Order};
use crate::daemon::turns::Turns;
use crate::jobs::refresh::Urgency;
use crate::jobs::subscribe::{Ask, Round, Subscriber, ToldRound};
use crate::jobs::trouble::in_words;
use crate::model::feed::FeedId;
use crate::model::note::Note;

type Trouble = Box<dyn Error + Send + Sync>;

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
        turns: Turns::default(),
        asks: JoinSet::new(),
        fetching: HashMap::new(),
        held: HashMap::new(),
    };
    while !stop.is_draining() {
        let wake = herald.round().await;
        let pushes = herald.subscriber.pushes();
        tokio::select! {
            () = wake => {}
            () = pushes.woken() => {}
            Some(ended) = herald.asks.join_next() => herald.was_asked(ended),
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
    /// Who asks hubs, and who waits for that.
    turns: Turns,
    asks: JoinSet<Ask>,
    /// Feeds that are fetched because of a hub, and up to which number was told before that was ordered.
    fetching: HashMap<FeedId, i64>,
    /// Feeds that could not be fetched, or of which that could not be kept, and when they are again: the
    /// notes may be as they were.
    held: HashMap<FeedId, DateTime<Utc>>,
}

impl Herald {
    /// Does what is to be done; the wait ends when there is more.
    async fn round(&mut self) -> Wait {
        let (pushes, clock) = (self.subscriber.pushes(), self.subscriber.clock());
        let wakes = pushes.wakes();
        self.read_pushes().await;
        let wake = match self.cares().await {
            Ok(wake) => wake,
            Err(error) => {
                tracing::error!(error = %in_words(error.as_ref()), "hubs cannot be cared for; feeds are polled as ever, trying again in a minute");
                return clock.until(clock.now() + AFTER_TROUBLE);
            }
        };
        let is_at_rest = self.turns.is_empty()
            && self.fetching.is_empty()
            && pushes.hubs.is_at_rest()
            && pushes.notes.is_at_rest();
        pushes.settle_at(is_at_rest.then_some(wakes));
        match wake {
            Some(at) => clock.until(at),
            None => Box::pin(std::future::pending()),
        }
    }

    /// Looks at some of what needs it, has hubs asked and feeds fetched. Says when there is more to do.
    async fn cares(&mut self) -> Result<Option<DateTime<Utc>>, Trouble> {
        let Round { asks, wake: next_callback } = self.subscriber.round().await?;
        asks.into_iter().for_each(|ask| self.turns.join(ask));
        while let Some(ask) = self.turns.next(ASKS) {
            self.start(ask);
        }
        let released = self.release();
        let ToldRound { fetches, wake: next_note } = self.subscriber.told().await?;
        for note in fetches {
            let ordered = self.order(note).await;
            self.subscriber.pushes().notes.or_again(ordered)?;
        }
        Ok([next_callback, next_note, released].into_iter().flatten().min())
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

    fn start(&mut self, ask: Ask) {
        let (subscriber, gap) = (self.subscriber.clone(), self.gap);
        self.asks.spawn(async move {
            let asked = AssertUnwindSafe(subscriber.ask(&ask)).catch_unwind().await;
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
            ask
        });
    }

    /// A hub was asked: what follows from that for its feed is looked at.
    fn was_asked(&mut self, ended: Result<Ask, JoinError>) {
        if let Ok(Ask { site, feed }) = ended {
            self.turns.done(&site);
            self.subscriber.pushes().hubs.name([feed]);
        }
    }

    /// Has feeds looked at again that were left alone; says when there is the next.
    fn release(&mut self) -> Option<DateTime<Utc>> {
        let now = self.subscriber.clock().now();
        let is_over = |until: DateTime<Utc>| until <= now || until > now + AFTER_FAILURE;
        let over: Vec<FeedId> =
            self.held.iter().filter(|(_, until)| is_over(**until)).map(|(feed, _)| *feed).collect();
        self.held.retain(|_, until| !is_over(*until));
        self.subscriber.pushes().notes.name(over);
        self.held.values().min().copied()
    }

    /// Has the scheduler fetch a feed, in turn with all others of its site, if that is not under way and
    /// it is not to be left alone: it is looked at again after that.
    async fn order(&mut self, Note { feed, told: number, .. }: Note) -> Result<(), Trouble> {
        if self.held.contains_key(&feed) || self.fetching.contains_key(&feed) {
            return Ok(());
        }
        let Some(site) = self.subscriber.site(feed).await? else { return Ok(()) };
        self.fetching.insert(feed, number);
        let (feeds, told) = (vec![(feed, site)], self.told.clone());
        let order = Order::Refresh { feeds, urgency: Urgency::Told, told };
        // The scheduler lives as long as this loop.
        let _ = self.desk.orders.send(order).await;
        Ok(())
    }

    async fn fetched(&mut self, done: &Asked) {
        let Some(up_to) = self.fetching.remove(&done.feed) else { return };
        let kept = self.subscriber.fetched(done.feed, (up_to, done.joined), &done.result).await;
        self.subscriber.pushes().notes.name([done.feed]);
        if kept.is_err() || done.result.is_err() {
            self.held.insert(done.feed, self.subscriber.clock().now() + AFTER_FAILURE);
        }
        if let Err(error) = kept {
            tracing::error!(feed.id = done.feed.0, error = %in_words(&error),
                "what a hub told was followed; that it was cannot be kept");
        }
    }
}
