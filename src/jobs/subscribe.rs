//! Hubs are asked to tell of changes, and what they told is followed up.
//!
//! A round looks at some of the feeds for which there may be something to do (`jobs::attention`) and
//! finds out what (`refresh::websub`, pure). What asks a hub is done one by one by the loop that called
//! it, and decided again then; the rest is done at once. A callback is committed before its hub hears of
//! it, since a hub may verify before it answers.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::clock::Clock;
use crate::fetch::hub::{HubRequest, Mode};
use crate::jobs::current::Current;
use crate::jobs::pushes::{Push, Pushes};
use crate::jobs::refresh::Refresher;
use crate::jobs::refreshed::{RefreshError, Refreshed};
use crate::jobs::trouble;
use crate::model::callback::{Callback, CallbackState, HubFeed, Past};
use crate::model::feed::FeedId;
use crate::model::hash;
use crate::model::note::Note;
use crate::model::outcome::Failure;
use crate::model::secret::Secret;
use crate::model::url::{Site, WebUrl};
use crate::refresh::note::{self, Pause};
use crate::refresh::websub::{self, Step};
use crate::store::error::StoreError;
use crate::store::open::Store;

/// What asking hubs needs. Clones share it.
#[derive(Debug, Clone)]
pub struct Subscriber {
    /// With what feeds are refreshed: hubs are asked by the same client and kept in the same place.
    pub refresher: Refresher,
    /// The configured address under which the world reaches us.
    pub address: Current<Option<WebUrl>>,
    /// What nobody can guess; none if the system gives none.
    pub draw: fn() -> Option<[u8; 32]>,
}

/// What a round found about callbacks.
#[derive(Debug)]
pub struct Round {
    /// Hubs to be asked.
    pub asks: Vec<Ask>,
    /// When there is more to do.
    pub wake: Option<DateTime<Utc>>,
}

/// What a round found of what was told.
#[derive(Debug)]
pub struct ToldRound {
    /// The feeds to be fetched because of it.
    pub fetches: Vec<Note>,
    /// When there is more to do.
    pub wake: Option<DateTime<Utc>>,
}

/// One feed that is to ask a hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Who answers for the hub: the unit of pacing.
    pub site: Site,
    /// Whose changes it is to tell.
    pub feed: FeedId,
}

impl Subscriber {
    /// What time it is.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.refresher.clock)
    }

    /// What hubs say.
    pub fn pushes(&self) -> Arc<Pushes> {
        Arc::clone(&self.refresher.pushes)
    }

    fn store(&self) -> &Store {
        &self.refresher.store
    }

    /// The address under which hubs reach us, if they can.
    fn base(&self) -> Option<WebUrl> {
        let base = self.address.get().as_ref().clone()?;
        self.refresher.client.get().admits(&base).then_some(base)
    }

    /// Finds feeds to be fetched now because of what was told.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn told(&self) -> Result<ToldRound, StoreError> {
        let looked = self.look_at_notes(self.refresher.clock.now()).await;
        self.pushes().notes.or_again(looked)
    }

    async fn look_at_notes(&self, now: DateTime<Utc>) -> Result<ToldRound, StoreError> {
        let pushes = self.pushes();
        let since = pushes.notes.begin(now).unwrap_or(DateTime::<Utc>::MIN_UTC);
        let batch = pushes.notes.batch(self.store().notes_due(since, now).await)?;
        let mut fetches = self.store().notes(&batch).await?;
        fetches.retain(|note| note.fetch_at.is_some_and(|at| at <= now));
        let wake = match pushes.notes.is_at_rest() {
            true => self.store().next_note(now).await?,
            false => Some(now),
        };
        Ok(ToldRound { fetches, wake })
    }

    /// Finds what is to be done about callbacks of some feeds now, and does what asks nobody.
    ///
    /// # Errors
    /// If the database cannot be read or written.
    pub async fn round(&self) -> Result<Round, StoreError> {
        let looked = self.look_at_callbacks(self.refresher.clock.now()).await;
        self.pushes().hubs.or_again(looked)
    }

    async fn look_at_callbacks(&self, now: DateTime<Utc>) -> Result<Round, StoreError> {
        let pushes = self.pushes();
        let found = match pushes.hubs.begin(now) {
            Some(since) => self.store().callbacks_due(since, now).await,
            None => self.store().hub_feeds().await,
        };
        let asks = self.look(&pushes.hubs.batch(found)?, now).await?;
        let wake = match pushes.hubs.is_at_rest() {
            true => self.store().next_callback(now).await?,
            false => Some(now),
        };
        Ok(Round { asks, wake })
    }

    /// Who of these feeds is to ask a hub. Where something was done at once it is looked again.
    async fn look(&self, feeds: &[FeedId], now: DateTime<Utc>) -> Result<Vec<Ask>, StoreError> {
        let (base, mut asks) = (self.base(), Vec::new());
        for (HubFeed { feed, .. }, callbacks, steps) in
            self.steps(feeds, base.as_ref(), now).await?
        {
            let was_trusted = websub::is_trusted(&callbacks, now);
            let mut is_done = true;
            for step in &steps {
                match step {
                    Step::Keep(callback) => _ = self.keep(callback).await?,
                    Step::Forget(callback) => {
                        _ = kept(self.store().forget_callback(callback).await)?
                    }
                    Step::Ask { .. } | Step::TellOff(_) => continue,
                }
                is_done = false;
            }
            if is_done {
                let hubs = steps.iter().filter_map(Step::asks);
                asks.extend(hubs.map(|hub| Ask { site: hub.site(), feed }));
                continue;
            }
            if was_trusted && !self.is_trusted(feed, now).await? {
                self.pushes().trust_ended(feed).await?;
            }
            self.pushes().hubs.name([feed]);
        }
        Ok(asks)
    }

    /// Keeps a callback; says whether it could. A hub that spoke meanwhile is listened to first.
    async fn keep(&self, callback: &Callback) -> Result<bool, StoreError> {
        kept(self.store().keep_callbacks(std::slice::from_ref(callback)).await)
    }

    async fn is_trusted(&self, feed: FeedId, now: DateTime<Utc>) -> Result<bool, StoreError> {
        Ok(websub::is_trusted(&self.store().callbacks_of(feed).await?, now))
    }

    /// What is to be done about some feeds now.
    async fn steps(
        &self,
        feeds: &[FeedId],
        base: Option<&WebUrl>,
        now: DateTime<Utc>,
    ) -> Result<Vec<(HubFeed, Vec<Callback>, Vec<Step>)>, StoreError> {
        let known = self.store().with_callbacks(feeds).await?;
        let decided = known.into_iter().map(|(feed, callbacks)| {
            let steps = websub::steps(&feed, &callbacks, base, now);
            (feed, callbacks, steps)
        });
        Ok(decided.collect())
    }

    /// Asks a hub of that site what its feed needs now, if it needs something, and has the feed looked at
    /// again.
    ///
    /// # Errors
    /// If the database cannot be read or written.
    pub async fn ask(&self, Ask { site, feed }: &Ask) -> Result<(), StoreError> {
        let (base, now) = (self.base(), self.refresher.clock.now());
        let steps = self.steps(&[*feed], base.as_ref(), now).await?.into_iter();
        let asks_there = |step: &Step| step.asks().is_some_and(|hub| hub.site() == *site);
        match steps.flat_map(|(_, _, steps)| steps).find(asks_there) {
            Some(step) => self.take(*feed, step).await,
            None => Ok(()),
        }
    }

    async fn take(&self, feed: FeedId, step: Step) -> Result<(), StoreError> {
        match step {
            Step::Ask { hub, topic, instead_of, past } => {
                let before = instead_of.as_ref();
                let (attempts, passes) =
                    before.map_or((0, 0), |before| (before.attempts, before.passes));
                let made = self.made(feed, hub, topic);
                let asked = made.map(|made| Callback { attempts, passes, past, ..made });
                let Some(asked) = asked else { return Ok(()) };
                // What it would be there instead of has changed: that is looked at first.
                if !kept(self.store().add_callback(&asked, instead_of.as_ref()).await)? {
                    return Ok(());
                }
                let lease_secs = websub::LEASE.num_seconds();
                match self.post(&asked, Mode::Subscribe { lease_secs }).await {
                    Ok(()) => Ok(()),
                    Err(failure) => self.failed(asked, &failure).await,
                }
            }
            Step::TellOff(callback) => {
                // Best effort: a hub that does not hear it is answered 410 from then on.
                let told = self.post(&callback, Mode::Unsubscribe).await;
                tracing::debug!(feed.id = callback.feed.0, hub = %callback.hub, told = ?told, "a hub is told off");
                self.keep(&websub::told_off(callback, self.refresher.clock.now())).await.map(|_| ())
            }
            Step::Keep(_) | Step::Forget(_) => Ok(()),
        }
    }

    /// A callback that nobody can guess; none if that cannot be had now.
    fn made(&self, feed: FeedId, hub: WebUrl, topic: WebUrl) -> Option<Callback> {
        let drawn = || (self.draw)().map(|drawn| hash::hex(&drawn));
        let token = drawn()?;
        let address = WebUrl::join(&self.base()?, &format!("websub/{token}")).ok()?;
        let secret = match hub.parts().scheme() {
            "https" => Some(Secret::new(drawn()?)),
            _ => None,
        };
        Some(Callback {
            token: Secret::new(token),
            generation: 0,
            feed,
            address,
            hub,
            topic,
            secret,
            state: CallbackState::Asked,
            due: self.refresher.clock.now() + websub::PATIENCE,
            attempts: 0,
            passes: 0,
            pushes: 0,
            ignored: 0,
            past: Past::None,
        })
    }

    async fn post(&self, callback: &Callback, mode: Mode) -> Result<(), Failure> {
        let request = HubRequest {
            hub: &callback.hub,
            topic: &callback.topic,
            callback: &callback.address,
            secret: callback.secret.as_ref(),
            mode,
        };
        self.refresher.client.get().ask_hub(&request).await
    }

    async fn failed(&self, asked: Callback, failure: &Failure) -> Result<(), StoreError> {
        tracing::info!(feed.id = asked.feed.0, hub = %asked.hub, reason = %failure.reason,
            "a hub could not be asked; its feed is polled as ever");
        // One that was verified in spite of that has another generation by now.
        self.keep(&websub::failed(asked, failure, self.refresher.clock.now())).await.map(|_| ())
    }

    /// Reads a pushed document; the feed is fetched only if that brings nothing. Says whether articles
    /// may wait now.
    pub async fn read(&self, push: Push) -> bool {
        let Push { feed, topic, number, body } = push;
        match self.refresher.take_push(feed, &topic, body).await {
            Ok(Some(wants_articles)) => {
                let settled = self.pushes().follow(feed, |note| note::read(note, number)).await;
                if let Err(error) = settled {
                    tracing::error!(feed.id = feed.0, error = %trouble::in_words(&error),
                        "what a hub pushed was read; that it was cannot be kept, so the feed is fetched");
                }
                wants_articles
            }
            // It is fetched in a minute.
            Ok(None) => false,
            Err(error) => {
                tracing::error!(feed.id = feed.0, error = %trouble::in_words(&error),
                    "what a hub pushed could not be kept; the feed is fetched instead");
                false
            }
        }
    }

    /// What a hub told of a feed up to that number was followed by a fetch, or could not be. A fetch that
    /// `joined` one under way may show what was before.
    ///
    /// # Errors
    /// If the database cannot be read or written.
    pub async fn fetched(
        &self,
        feed: FeedId,
        (up_to, joined): (i64, bool),
        result: &Result<Refreshed, RefreshError>,
    ) -> Result<(), StoreError> {
        let now = self.refresher.clock.now();
        let Some(kept) = self.store().feed(feed).await? else { return self.left(feed).await };
        let pause = Pause::of(&kept.state);
        self.pushes()
            .follow(feed, |note| match result {
                Ok(_) if joined => note::fetched(note, 0, pause.after(now)),
                Ok(_) => note::fetched(note, up_to, pause.after(now)),
                Err(_) => note::postponed(note, pause, now),
            })
            .await
    }

    /// Who answers for a feed that is to be fetched; none if it is not polled any more.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn site(&self, feed: FeedId) -> Result<Option<Site>, StoreError> {
        let kept = self.store().feed(feed).await?;
        if kept.is_none() {
            self.left(feed).await?;
        }
        Ok(kept.map(|feed| feed.address().site()))
    }

    /// A feed is not polled any more: whatever was told of it needs nothing.
    async fn left(&self, feed: FeedId) -> Result<(), StoreError> {
        let now = self.refresher.clock.now();
        self.pushes().follow(feed, |note| note::fetched(note, note.told, now)).await
    }
}

/// Whether it was kept; a conflict means that somebody else wrote it meanwhile.
fn kept(written: Result<(), StoreError>) -> Result<bool, StoreError> {
    match written {
        Ok(()) => Ok(true),
        Err(StoreError::Conflict) => Ok(false),
        Err(other) => Err(other),
    }
}
