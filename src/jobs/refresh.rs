//! One refresh: a feed is asked, its answer read, and what follows is written, or nothing is.
//!
//! Gather (request, parse, look up what is known), decide (`refresh::decide`, pure), apply (one
//! transaction, fenced by the feed's generation). A conflict means that somebody else wrote the feed
//! meanwhile: it is decided again with the document in hand, never fetched again.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::clean::repetition::WINDOW;
use crate::clock::Clock;
use crate::fetch::client::Client;
use crate::fetch::request::Request;
use crate::jobs::current::Current;
use crate::jobs::dice::Dice;
use crate::jobs::outlook::Outlook;
use crate::jobs::pushes::{HubsNamed, Pushes};
use crate::jobs::reading::{self, Before, Reading};
use crate::jobs::refreshed::{self, RefreshError, Refreshed};
use crate::jobs::rests;
use crate::jobs::shelf::Shelf;
use crate::jobs::subscriptions::Subscriptions;
use crate::jobs::workers::Workers;
use crate::model::article::WantedArticles;
use crate::model::document::Unreadable;
use crate::model::entry::EntryId;
use crate::model::feed::{Feed, FeedId};
use crate::model::manners::Manners;
use crate::model::outcome::{Outcome, Validators};
use crate::model::plan::Plan;
use crate::model::rest::SiteRest;
use crate::model::url::FeedUrl;
use crate::refresh::articles;
use crate::refresh::cadence::{self, CheckBounds};
use crate::refresh::decide::decide;
use crate::refresh::whole;
use crate::refresh::{moves, outage, repeated, rest};
use crate::store::error::StoreError;
use crate::store::feeds::Agendum;
use crate::store::open::Store;

/// Only a long interval of the operator's, or a clock that ran ahead, puts a next check so far ahead.
const LOOKED_AT_AGAIN: TimeDelta = TimeDelta::days(22);

/// How often a refresh is decided again after a conflict before it is left for the next check.
const CONFLICTS: usize = 3;

/// What a refresh needs. Clones share it.
#[derive(Debug, Clone)]
pub struct Refresher {
    /// Where it is kept.
    pub store: Store,
    /// How it is fetched.
    pub client: Current<Client>,
    /// Where documents are read.
    pub workers: Workers,
    /// What the operator wants.
    pub subscriptions: Current<Subscriptions>,
    /// What must show the change.
    pub shelf: Arc<Shelf>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Jitter.
    pub dice: Dice,
    /// What is told of hubs that a feed names.
    pub pushes: Arc<Pushes>,
    /// Whether it is we who are offline.
    pub outlook: Outlook,
}

/// Why a feed is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Its next check has come.
    Due,
    /// Its hub told something.
    Told,
    /// A person wants it now, `force`d even within a minute of the last time.
    Wanted {
        /// Whether the minute counts.
        force: bool,
    },
}

impl Urgency {
    /// Whether somebody waits for it.
    pub fn is_a_persons(self) -> bool {
        match self {
            Self::Due | Self::Told => false,
            Self::Wanted { .. } => true,
        }
    }
}

impl Refresher {
    /// How publishers were treated since the start.
    pub fn manners(&self) -> Manners {
        self.client.get().ledger().read()
    }

    /// All feeds that are to be polled, and when.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn agenda(&self) -> Result<Vec<Agendum>, StoreError> {
        let now = self.clock.now();
        let mut agenda = self.store.agenda().await?;
        for due in &mut agenda {
            // Whether the feed is really to wait so long is decided with all of it in hand.
            if due.next_check > now + LOOKED_AT_AGAIN && due.next_check < cadence::NEVER {
                due.next_check = now;
            }
        }
        Ok(agenda)
    }

    /// What sites are owed that throttled us.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn rests(&self) -> Result<Vec<SiteRest>, StoreError> {
        rests::owed(&self.store, self.clock.now()).await
    }

    /// Asks a feed and writes what follows. `keep_alive`: its site is asked again soon.
    ///
    /// # Errors
    /// [`RefreshError`]; nothing was written then.
    pub async fn refresh(
        &self,
        id: FeedId,
        keep_alive: bool,
        urgency: Urgency,
    ) -> Result<Refreshed, RefreshError> {
        let began = self.clock.now();
        let mut feed = self.store.feed(id).await?.ok_or(RefreshError::Retired)?;
        permit(&feed, &self.subscriptions.get().bounds(&feed.url), urgency, began)?;
        let is_whole = whole::is_due(&feed.state, began);
        if is_whole {
            // Whatever comes of it: once in so many days.
            feed.state.whole = Some(began);
            tracing::info!(
                feed.id = feed.id.0,
                feed.url = feed.url.as_str(),
                "it said for thirty days that nothing changed: all of it is asked for once"
            );
        }
        let outcome = self.fetch(&feed, keep_alive, is_whole).await?;
        let ended = self.clock.now();
        let (site, is_silent) = (moves::asked_at(&feed).site(), outage::is_silent(&outcome));
        let sites = self.subscriptions.get().sites();
        if self.outlook.spares(&self.store, &feed, (&site, &outcome), sites, ended).await? {
            return Err(RefreshError::Offline { url: feed.url });
        }
        let reading = Arc::new(self.read(&feed, outcome, urgency).await);
        let applied = self.apply(feed.clone(), &reading, None).await;
        let (refreshed, noteworthy) = applied.map_err(|error| error.about(&feed.url))?;
        refreshed::report(&feed, &refreshed, noteworthy, self.clock.now() - began);
        if is_silent {
            self.outlook.punished(&self.store, feed, ended).await;
        }
        Ok(refreshed)
    }

    async fn fetch(
        &self,
        feed: &Feed,
        keep_alive: bool,
        is_whole: bool,
    ) -> Result<Outcome, RefreshError> {
        let subscriptions = self.subscriptions.get();
        let wanted = subscriptions.find(&feed.url).ok_or(RefreshError::Retired)?;
        let url = moves::asked_at(feed);
        // What only the subscribed origin may see does not move with the feed.
        let (login, headers) = wanted.confidential_to(url);
        let none = Validators::default();
        let giver = feed.state.whereabouts.validated_at.as_ref();
        let request = Request {
            url,
            validators: if is_whole { &none } else { &feed.state.validators },
            owner: giver.unwrap_or(feed.address().web()),
            login,
            headers,
            user_agent: wanted.user_agent.as_deref(),
            delta: wanted.delta,
            keep_alive,
        };
        let (client, now) = (self.client.get(), self.clock.now());
        let after = feed.state.last_check.map(|last| now - last);
        client.ledger().polls(!feed.state.polled_before, after);
        Ok(client.get(&request, now).await)
    }

    pub(in crate::jobs) async fn read(
        &self,
        feed: &Feed,
        outcome: Outcome,
        urgency: Urgency,
    ) -> Reading {
        let fresh = match outcome {
            Outcome::Fresh(fresh) => fresh,
            Outcome::Unchanged(unchanged) => return Reading::Unchanged(unchanged),
            Outcome::Gone => return Reading::Gone,
            Outcome::Failed(failure) => return Reading::Failed(failure),
        };
        let is_forced = urgency == Urgency::Wanted { force: true };
        let before = Before {
            last_hash: feed.state.body_hash,
            trust: feed.state.guids,
            set_apart: feed.state.quarantined.filter(|_| !is_forced),
            unread: feed.state.unread.filter(|_| !is_forced),
        };
        let retry_after = fresh.retry_after;
        let (in_hand, id) = (self.store.in_hand.clone(), feed.id);
        let hold = move |name: &[u8; 32]| in_hand.hold(id, name);
        let reading = self.workers.run(move || reading::read(fresh, &before, &hold)).await;
        reading.unwrap_or_else(|panicked| {
            let reason = Unreadable::Broken { reason: format!("the parser {panicked}") };
            Reading::Unreadable { reason, items: 0, retry_after }
        })
    }

    /// Decides and writes, and decides again if somebody else wrote the feed meanwhile. `asked` is when
    /// it was asked, if that is not now.
    pub(in crate::jobs) async fn apply(
        &self,
        mut feed: Feed,
        reading: &Arc<Reading>,
        asked: Option<DateTime<Utc>>,
    ) -> Result<(Refreshed, bool), RefreshError> {
        for _ in 0..CONFLICTS {
            let mut plan = self.decide(&feed, Arc::clone(reading)).await?;
            self.settle_move(&feed, &mut plan).await?;
            plan.state.last_check = asked.or(plan.state.last_check);
            if let Reading::Failed(failure) = reading.as_ref() {
                let bounds = self.subscriptions.get().bounds(&feed.url);
                let asked = moves::asked_at(&feed).web();
                let throttle = rest::of_feed(&plan.state, failure, asked, &bounds);
                plan.rest = rests::after(&self.store, throttle, self.clock.now()).await?;
            }
            let moved = plan.moved.clone().map(|to| (to, plan.merged_into.is_some()));
            let refreshed = Refreshed {
                url: feed.url.clone(),
                arrived: plan.arrivals.len(),
                changed: plan.changes.len(),
                wants_articles: plan.articles != WantedArticles::default(),
                standing: plan.state.standing.clone(),
                next_check: match plan.merged_into {
                    Some(_) => cadence::NEVER,
                    None => plan.state.next_check,
                },
                moved: plan.moved.as_ref().map(FeedUrl::site),
                rest: plan.rest.clone(),
            };
            let noteworthy = plan.noteworthy;
            let named = HubsNamed::of(&plan.state);
            let never_unchanged =
                whole::never_unchanged(&plan.state) && !whole::never_unchanged(&feed.state);
            match self.store.commit(plan).await {
                Ok(_) => {
                    if refreshed.arrived + refreshed.changed > 0 || moved.is_some() {
                        self.shelf.turn();
                    }
                    if never_unchanged {
                        refreshed::report_repeats(&feed);
                    }
                    if let Some((to, merged)) = &moved {
                        refreshed::report_move(&feed, to, *merged);
                        // The hubs of a feed that is a shell now are told off.
                        self.pushes.look_at(feed.id);
                    }
                    self.pushes.compare(&feed, &named).await;
                    return Ok((refreshed, noteworthy));
                }
                Err(StoreError::Conflict) => {
                    feed = self.store.feed(feed.id).await?.ok_or(RefreshError::Retired)?;
                }
                Err(other) => return Err(other.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// Where another feed is already, this one is merged into it, or goes on by its hop.
    async fn settle_move(&self, feed: &Feed, plan: &mut Plan) -> Result<(), StoreError> {
        let Some(address) = plan.moved.as_ref().filter(|address| **address != feed.url) else {
            return Ok(());
        };
        let Some(other) = self.store.feed_at(address, feed.id).await? else { return Ok(()) };
        if moves::may_merge(feed) {
            plan.merged_into = Some(other);
        } else {
            moves::keep_hop(feed, &mut plan.state.whereabouts);
            plan.moved = None;
        }
        Ok(())
    }

    async fn decide(&self, feed: &Feed, reading: Arc<Reading>) -> Result<Plan, RefreshError> {
        let known = match reading.as_ref() {
            // Of a feed that was never read, too: another may have become it.
            Reading::Document(read) | Reading::Pushed(read) if !feed.is_untouched() => {
                let (keys, documents) =
                    (read.identified.lookup_keys(), read.identified.lookup_documents());
                let titles = read.identified.lookup_titles();
                self.store.known(feed.id, &keys, &documents, &titles).await?
            }
            Reading::Document(_)
            | Reading::Pushed(_)
            | Reading::SameBody(_)
            | Reading::Unread { .. }
            | Reading::Unreadable { .. }
            | Reading::Unchanged(_)
            | Reading::Gone
            | Reading::Failed(_) => Vec::new(),
        };
        let subscriptions = self.subscriptions.get();
        let bounds = subscriptions.bounds(&feed.url);
        let full_text = subscriptions.find(&feed.url).is_some_and(|wanted| wanted.full_text);
        let (now, dice) = (self.clock.now(), self.dice.throw());
        if !matches!(*reading, Reading::Document(_) | Reading::Pushed(_)) {
            // Nothing to clean: this is done sooner than handed over.
            return Ok(decide(feed, &bounds, reading.seen(&known), now, dice));
        }
        let entries: Vec<EntryId> = known.iter().map(|known| known.id).collect();
        let (decided, url) = (feed.clone(), Some(feed.url.clone()));
        let in_hand = self.store.in_hand.clone();
        let work = {
            let reading = Arc::clone(&reading);
            move || {
                let _held = reading.name().map(|name| in_hand.hold(decided.id, &name));
                let mut plan = decide(&decided, &bounds, reading.seen(&known), now, dice);
                if !decided.state.polled_before {
                    repeated::settle(&mut plan, &[]);
                }
                plan
            }
        };
        let plan = self.workers.run(work).await.map_err(|_| RefreshError::Panicked { url })?;
        let plan = self.without_repetition(feed, plan, &reading, &entries).await?;
        let articles = full_text.then(|| articles::wanted(&plan.arrivals, &plan.changes));
        Ok(Plan { articles: articles.unwrap_or_default(), ..plan })
    }

    /// Only where something is written anew: a poll that brings nothing costs nothing more.
    async fn without_repetition(
        &self,
        feed: &Feed,
        mut plan: Plan,
        reading: &Arc<Reading>,
        known: &[EntryId],
    ) -> Result<Plan, RefreshError> {
        // Of a first poll, nothing was kept before with which it could be compared.
        let is_first = !feed.state.polled_before;
        if is_first || (plan.arrivals.is_empty() && plan.changes.is_empty()) {
            return Ok(plan);
        }
        let neighbours = self.store.neighbours(feed.id, known, WINDOW).await?;
        let (id, url) = (feed.id, Some(feed.url.clone()));
        let (reading, in_hand) = (Arc::clone(reading), self.store.in_hand.clone());
        let work = move || {
            let _held = reading.name().map(|name| in_hand.hold(id, &name));
            repeated::settle(&mut plan, &neighbours);
            plan
        };
        self.workers.run(work).await.map_err(|_| RefreshError::Panicked { url })
    }
}

/// Whether the feed may be asked now: nobody asks before its next check (promise I2), and what a
/// publisher demands holds for people, too.
fn permit(
    feed: &Feed,
    bounds: &CheckBounds,
    urgency: Urgency,
    now: DateTime<Utc>,
) -> Result<(), RefreshError> {
    let held = |reason: String| RefreshError::Held {
        url: feed.url.clone(),
        reason,
        next_check: feed.state.next_check,
    };
    match urgency {
        Urgency::Due if cadence::plausible(&feed.state, bounds, now) > now => {
            Err(held("it is not due yet".to_owned()))
        }
        Urgency::Due => Ok(()),
        Urgency::Told | Urgency::Wanted { .. } => {
            let force = urgency == (Urgency::Wanted { force: true });
            cadence::may_refresh_now(&feed.state, now, force)
                .map_err(|not_now| held(not_now.to_string()))
        }
    }
}
