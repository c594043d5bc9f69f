//! What hubs say at our callbacks: verified, counted, and handed on to whoever acts on it.
//!
//! Everything here is quick and bounded, since a hub waits for the answer and anybody may knock: a
//! look-up, a signature, one write. That a feed is to be fetched is committed before the hub is
//! thanked; a pushed document waits in a short queue, and one that finds no room there is fetched.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::{Notify, Semaphore, SemaphorePermit, watch};

use crate::clock::Clock;
use crate::jobs::attention::Attention;
use crate::jobs::dice::Dice;
use crate::jobs::trouble::in_words;
use crate::model::callback::{Callback, CallbackState};
use crate::model::feed::{Feed, FeedId, FeedState};
use crate::model::note::Note;
use crate::model::secret::Secret;
use crate::model::url::WebUrl;
use crate::refresh::allowance::Allowance;
use crate::refresh::note::{self, Pause};
use crate::refresh::signature;
use crate::refresh::websub::{self, Told};
use crate::store::error::StoreError;
use crate::store::open::Store;

/// How many pushed bodies are taken in at once.
const AT_ONCE: usize = 4;
/// Of how many feeds what was told can be written at once.
const PENS: usize = 16;
/// How many pushed documents may wait to be read.
const QUEUE: usize = 8;
/// How often something is decided again after a conflict.
const CONFLICTS: usize = 3;

/// The side of callbacks that hubs see. Shared by routes and the loop that acts on it.
#[derive(Debug)]
pub struct Pushes {
    store: Store,
    /// By which moments are told.
    pub clock: Arc<dyn Clock>,
    dice: Dice,
    hands: Semaphore,
    /// Who writes what was told of a feed: many at once would only undo each other's decisions. Feeds
    /// share them by their numbers.
    pens: [tokio::sync::Mutex<()>; PENS],
    queue: Mutex<VecDeque<Push>>,
    allowances: Mutex<HashMap<FeedId, Allowance>>,
    news: Notify,
    wakes: AtomicU64,
    /// Feeds about whose callbacks something may be to be done.
    pub hubs: Attention,
    /// Feeds that may be to be fetched because of what was told.
    pub notes: Attention,
    /// How many wakes have been acted on, when nothing is under way.
    settled: watch::Sender<Option<u64>>,
}

/// A document that a hub pushed, its signature checked.
#[derive(Debug, Clone)]
pub struct Push {
    /// Whose it is.
    pub feed: FeedId,
    /// The address by which the hub knows the feed.
    pub topic: WebUrl,
    /// Its number among all that was told of the feed.
    pub number: i64,
    /// The document.
    pub body: Bytes,
}

/// What a hub asks at a callback (WebSub, sections 5.2 and 5.3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// `hub.mode`.
    pub mode: String,
    /// `hub.topic`.
    pub topic: String,
    /// `hub.challenge`.
    pub challenge: String,
    /// `hub.lease_seconds`.
    pub lease_seconds: Option<String>,
    /// `hub.reason`.
    pub reason: Option<String>,
}

/// What a feed says of hubs, and whether the one it has is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubsNamed {
    hubs: Vec<WebUrl>,
    topic: Option<WebUrl>,
    is_trusted: bool,
}

impl HubsNamed {
    /// That of a feed in this state.
    pub fn of(state: &FeedState) -> Self {
        let (hubs, topic) = (state.hubs.clone(), state.topic.clone());
        Self { hubs, topic, is_trusted: state.hub_trust.is_some() }
    }
}

impl Pushes {
    /// Nothing said yet.
    pub fn new(store: Store, clock: Arc<dyn Clock>, dice: Dice) -> Self {
        Self {
            store,
            clock,
            dice,
            hands: Semaphore::new(AT_ONCE),
            pens: Default::default(),
            queue: Mutex::default(),
            allowances: Mutex::default(),
            news: Notify::new(),
            wakes: AtomicU64::new(0),
            hubs: Attention::default(),
            notes: Attention::default(),
            settled: watch::Sender::new(None),
        }
    }

    /// The callback whose address ends with `token`.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn known(&self, token: &str) -> Result<Option<Callback>, StoreError> {
        // No look-up for what cannot be one of ours.
        if token.len() != 64 || !token.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(None);
        }
        self.store.callback(&Secret::new(token)).await
    }

    /// Answers a hub's question: with its challenge if it is about what we asked for, with nothing
    /// to a denial; none if nothing of the kind was asked.
    ///
    /// # Errors
    /// If the database cannot be read or written.
    pub async fn answer(
        &self,
        token: &str,
        question: &Question,
    ) -> Result<Option<String>, StoreError> {
        for _ in 0..CONFLICTS {
            let Some(callback) = self.known(token).await? else { return Ok(None) };
            if callback.topic.as_str() != question.topic {
                return Ok(None);
            }
            match self.settle(callback, question).await {
                Ok(is_known) => {
                    let challenge = match question.mode.as_str() {
                        "denied" => String::new(),
                        _ => question.challenge.clone(),
                    };
                    return Ok(is_known.then_some(challenge));
                }
                Err(StoreError::Conflict) => {}
                Err(other) => return Err(other),
            }
        }
        Err(StoreError::Conflict)
    }

    async fn settle(&self, callback: Callback, question: &Question) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let (feed, mut trust_ended) = (callback.feed, false);
        match (question.mode.as_str(), &callback.state) {
            (_, CallbackState::Asked) if callback.due <= now => return Ok(false),
            ("subscribe", CallbackState::Asked) => {
                let others = self.others_active(&callback).await?;
                let past = others.first().map_or(callback.past, Callback::past);
                let lease = question.lease_seconds.as_deref();
                let active = websub::verified(callback, past, lease, now);
                let was_trusted = websub::is_trusted(&others, now);
                trust_ended =
                    was_trusted && active.trusted_until().is_none_or(|until| until <= now);
                let replaced = |other| websub::replaced(other, now);
                let mut kept: Vec<_> = others.into_iter().map(replaced).collect();
                tracing::info!(feed.id = active.feed.0, hub = %active.hub, "a hub tells of changes");
                kept.push(active);
                self.store.keep_callbacks(&kept).await?;
            }
            ("unsubscribe", CallbackState::Leaving { .. }) => {
                self.store.forget_callback(&callback).await?;
            }
            ("denied", CallbackState::Asked | CallbackState::Active { .. }) => {
                trust_ended = websub::is_trusted(std::slice::from_ref(&callback), now);
                let denied = websub::denied(callback, question.reason.as_deref(), now);
                tracing::info!(feed.id = denied.feed.0, hub = %denied.hub, "a hub tells of no changes any more");
                self.store.keep_callbacks(&[denied]).await?;
            }
            _ => return Ok(false),
        }
        if trust_ended {
            self.trust_ended(feed).await?;
        }
        self.look_at(feed);
        Ok(true)
    }

    /// The other callbacks of its feed that tell of changes.
    async fn others_active(&self, one: &Callback) -> Result<Vec<Callback>, StoreError> {
        let mut others = self.store.callbacks_of(one.feed).await?;
        others.retain(|other| {
            matches!(other.state, CallbackState::Active { .. }) && other.token != one.token
        });
        Ok(others)
    }

    /// The hub of a feed is trusted no more: the check that was set in that trust comes forward.
    ///
    /// # Errors
    /// If the database cannot be read or written.
    pub async fn trust_ended(&self, feed: FeedId) -> Result<(), StoreError> {
        let Some(kept) = self.store.feed(feed).await? else { return Ok(()) };
        let at = self.clock.now() + websub::after_trust(self.dice.throw());
        let soon = Pause::of(&kept.state).after(at);
        self.follow(feed, |note| note::told(note, soon)).await
    }

    /// What becomes of what is noted of a feed, decided again when something is told meanwhile.
    ///
    /// # Errors
    /// If the database cannot be read or written.
    pub async fn follow(
        &self,
        feed: FeedId,
        becomes: impl Fn(Note) -> Note,
    ) -> Result<(), StoreError> {
        for _ in 0..CONFLICTS {
            let note = self.store.note(feed).await?;
            let after = becomes(note);
            if after == note {
                return Ok(());
            }
            match self.store.keep_note(&after).await {
                Err(StoreError::Conflict) => {}
                other => {
                    self.notes.name([feed]);
                    self.rouse();
                    return other;
                }
            }
        }
        Err(StoreError::Conflict)
    }

    /// Leave to take in the body of a push, if it is worth it: a signature is expected, the hub pushes
    /// no more than it may, and not too many are taken in at this moment.
    pub fn may_take_in(&self, callback: &Callback) -> Option<SemaphorePermit<'_>> {
        let is_listening =
            matches!(callback.state, CallbackState::Active { .. } | CallbackState::Leaving { .. });
        if callback.secret.is_none() || !is_listening || !self.is_allowed(callback.feed) {
            return None;
        }
        self.hands.try_acquire().ok()
    }

    /// Takes one out of the allowance of a feed.
    fn is_allowed(&self, feed: FeedId) -> bool {
        let mut allowances = self.allowances.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        allowances.entry(feed).or_insert_with(|| Allowance::new(now)).take(now)
    }

    /// Takes a push: `body` is none where it was not taken in.
    ///
    /// # Errors
    /// If the database cannot be read or written.
    pub async fn take(
        &self,
        mut callback: Callback,
        signature: Option<&str>,
        body: Option<Bytes>,
    ) -> Result<(), StoreError> {
        let told = match (&callback.secret, &body) {
            (None, _) if self.is_allowed(callback.feed) => Told::Unsigned,
            (_, None) | (None, _) => Told::Unread,
            (Some(secret), Some(body)) => {
                let is_signed = signature.is_some_and(|said| signature::is_of(said, body, secret));
                if is_signed { Told::Signed } else { Told::Forged }
            }
        };
        let pen = usize::try_from(callback.feed.0).unwrap_or_default() % PENS;
        let _pen = self.pens[pen].lock().await;
        for _ in 0..CONFLICTS {
            let Some(feed) = self.store.feed(callback.feed).await? else { return Ok(()) };
            let (now, dice) = (self.clock.now(), self.dice.throw());
            let (after, is_told) = websub::pushed(callback.clone(), told, now);
            if after == callback && !is_told {
                return Ok(());
            }
            let mut note = self.store.note(feed.id).await?;
            if is_told {
                let soon = Pause::of(&feed.state).after(now + websub::spread(told, dice));
                note = note::told(note, soon);
            }
            match self.store.keep_push(&after, &note).await {
                Ok(()) => {
                    tracing::debug!(feed.id = feed.id.0, told = ?told, "a hub told something");
                    if is_told {
                        self.hand_on(after, told, note.told, body);
                    }
                    return Ok(());
                }
                Err(StoreError::Conflict) => {}
                Err(other) => return Err(other),
            }
            let Some(again) = self.store.callback(&callback.token).await? else { return Ok(()) };
            callback = again;
        }
        Err(StoreError::Conflict)
    }

    fn hand_on(&self, callback: Callback, told: Told, number: i64, body: Option<Bytes>) {
        self.notes.name([callback.feed]);
        if let (Told::Signed, Some(body)) = (told, body) {
            let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            if queue.len() < QUEUE {
                let Callback { feed, topic, .. } = callback;
                queue.push_back(Push { feed, topic, number, body });
            }
        }
        self.rouse();
    }

    /// Compares what a refresh left of a feed with what it was `before`: whether it names other hubs, and
    /// whether the one it has is trusted no more. Where that cannot be kept it is said: the refresh is.
    pub async fn compare(&self, before: &Feed, after: &HubsNamed) {
        let state = &before.state;
        if *after != HubsNamed::of(state) {
            self.look_at(before.id);
        }
        let Some(last_check) = state.last_check else { return };
        if state.hub_trust.is_none() || after.is_trusted {
            return;
        }
        if let Err(error) = self.store.doubt_hubs(before.id, last_check).await {
            tracing::error!(feed.id = before.id.0, error = %in_words(&error),
                "a poll found what a hub had not told; that cannot be kept, so it is trusted on");
        }
    }

    /// The next document to be read.
    pub fn next(&self) -> Option<Push> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// Something may be to be done about the callbacks of a feed.
    pub fn look_at(&self, feed: FeedId) {
        self.hubs.name([feed]);
        self.rouse();
    }

    /// Something may be to be done about the callbacks of any feed.
    pub fn look_at_all(&self) {
        self.hubs.name_all();
        self.rouse();
    }

    fn rouse(&self) {
        self.wakes.fetch_add(1, Ordering::SeqCst);
        self.news.notify_one();
    }

    /// Ends when somebody said so.
    pub async fn woken(&self) {
        self.news.notified().await;
    }

    /// How often somebody said so.
    pub fn wakes(&self) -> u64 {
        self.wakes.load(Ordering::SeqCst)
    }

    /// Tells whether all is done that was said up to so many wakes; none while something is under way.
    pub fn settle_at(&self, wakes: Option<u64>) {
        self.settled.send_replace(wakes);
    }

    /// Waits until everything that was said has been acted on.
    pub async fn settled(&self) {
        let mut settled = self.settled.subscribe();
        let _ = settled.wait_for(|settled| *settled == Some(self.wakes())).await;
    }
}
