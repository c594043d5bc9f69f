//! Whether it is feedmill itself that is offline: what refreshes tell of it, who is to be pardoned,
//! and what the operator hears. The rule is `refresh::outage`'s.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::jobs::trouble::in_words;
use crate::model::feed::Feed;
use crate::model::outcome::Outcome;
use crate::model::plan::Plan;
use crate::model::url::Site;
use crate::refresh::outage::{self, Change, Watch};
use crate::store::error::StoreError;
use crate::store::open::Store;
use crate::store::outage::Outage;

/// When a feed is asked again that was asked in vain in an outage, if that lasts.
pub const ASKED_AGAIN: TimeDelta = outage::LONGEST_PAUSE;

/// What is thought of it. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Outlook(Arc<Mutex<Watch>>);

impl Outlook {
    /// Goes on where the last service ended; `all_at_home` is whether no site that is asked is a public
    /// one.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn resume(
        &self,
        store: &Store,
        all_at_home: bool,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        match store.last_outage().await? {
            Some(Outage { since, ended: None }) => self.watch().resume(since, all_at_home, now),
            Some(Outage { ended: Some(ended), .. }) => self.watch().resume_return(ended, now),
            None => {}
        }
        Ok(())
    }

    /// When a host may be asked again, if we are offline.
    pub fn next_probe(&self) -> Option<DateTime<Utc>> {
        self.watch().next_probe()
    }

    /// The clock was set back to `now`.
    pub fn set_back(&self, now: DateTime<Utc>) {
        self.watch().set_back(now);
    }

    /// Whether feeds still come back that became due in an outage.
    pub fn is_returning(&self, now: DateTime<Utc>) -> bool {
        self.watch().is_returning(now)
    }

    /// How far apart so many feeds are asked that became due in an outage.
    pub fn gap(&self, feeds: usize) -> TimeDelta {
        outage::gap(feeds)
    }

    /// Learns from what came of asking `feed` at `site`, one of so many `sites`; whether it is to be left as it was, since it
    /// is not to blame.
    ///
    /// # Errors
    /// If what follows cannot be written.
    pub(in crate::jobs) async fn spares(
        &self,
        store: &Store,
        feed: &Feed,
        (site, outcome): (&Site, &Outcome),
        sites: usize,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let sign = outage::sign(feed, outcome, now);
        let change = self.watch().note(site, sign, sites, now);
        match change {
            Change::Nothing => {}
            Change::Begins { since, punished } => {
                tracing::warn!(since = %since, "no host answers: feedmill seems to be offline; nothing is held against the feeds, and one is asked now and then");
                store.went_offline(since).await?;
                for feed in punished {
                    pardon(store, feed).await;
                }
            }
            Change::Ends { since } => {
                tracing::info!(since = %since, "hosts answer again; feeds that became due meanwhile are asked one after another");
                store.came_online(now).await?;
            }
        }
        Ok(outage::is_silent(outcome) && self.watch().excuses(now))
    }

    /// A failure was held against a feed, which is given as it was before.
    pub(in crate::jobs) async fn punished(&self, store: &Store, before: Feed, now: DateTime<Utc>) {
        let pardoned = self.watch().punish(before, now);
        if let Some(feed) = pardoned {
            pardon(store, feed).await;
        }
    }

    fn watch(&self) -> MutexGuard<'_, Watch> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leaves a feed as it was before its last failure, unless something else happened to it since.
async fn pardon(store: &Store, before: Feed) {
    let plan = Plan { generation: before.generation + 1, ..Plan::of(&before) };
    match store.commit(plan).await {
        Ok(_) | Err(StoreError::Conflict) => {}
        Err(error) => {
            tracing::warn!(feed.id = before.id.0, error = %in_words(&error), "a failure stays held against a feed");
        }
    }
}
