//! Callbacks: addresses of ours at which hubs tell of a feed's changes (WebSub), and how far each is.
//!
//! Its address is a capability: who knows it may speak there, nobody else can guess it, and each
//! lease has another one. What follows from what is said there is `refresh::websub`'s.

use chrono::{DateTime, Utc};

use super::feed::FeedId;
use super::secret::Secret;
use super::url::WebUrl;

/// One address, what it was made for and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Callback {
    /// The last part of its address: what makes it unguessable.
    pub token: Secret,
    /// Counts its writes; a write made for an older generation is refused.
    pub generation: i64,
    /// Whose changes are told there.
    pub feed: FeedId,
    /// The whole address, as the hub was told.
    pub address: WebUrl,
    /// Who tells.
    pub hub: WebUrl,
    /// By which address the hub knows the feed.
    pub topic: WebUrl,
    /// With what the hub signs; none where it cannot be told without being overheard.
    pub secret: Option<Secret>,
    /// How far it is.
    pub state: CallbackState,
    /// When something is to be done about it, by what its state says.
    pub due: DateTime<Utc>,
    /// How often in a row the hub was asked in vain before.
    pub attempts: u32,
    /// How often another hub of its feed had its turn because of that.
    pub passes: u32,
    /// How often it was told something that counts.
    pub pushes: u32,
    /// How often something was told that is not the hub's, by its signature.
    pub ignored: u32,
    /// What the leases before say of the hub.
    pub past: Past,
}

/// What the leases before say of a hub: only one that kept its promise is trusted from the beginning of
/// the next lease on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Past {
    /// There were none: it is trusted once.
    None,
    /// It told something while the last one ran, at that moment for the last time.
    Told(DateTime<Utc>),
    /// It told nothing while the last one ran, or kept something back.
    Silent,
}

/// How far a callback is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallbackState {
    /// The hub is asked and has not verified; `due` ends the wait.
    Asked,
    /// The hub verified it and tells; `due` renews it, under another address.
    Active {
        /// Since when.
        verified: DateTime<Utc>,
        /// When the hub forgets it.
        lapses: DateTime<Utc>,
        /// The last sign of the hub's life: the verification of its first lease, or a push that counts,
        /// of the lease before, too.
        heard: DateTime<Utc>,
        /// Whether a poll found what the hub had not told, or the lease before ended in silence.
        doubted: bool,
    },
    /// The hub could not be asked, or said no; it is asked again when `due`.
    Refused {
        /// Why, for people.
        reason: String,
    },
    /// It is not wanted any more: the hub is told when `due`, and once told, it is forgotten then.
    Leaving {
        /// Whether the hub was told.
        told: bool,
    },
}

impl Callback {
    /// Until when its hub is trusted to tell of every change: while its lease runs and it has not been
    /// silent for half of it, nor kept anything back. None if it is not.
    pub fn trusted_until(&self) -> Option<DateTime<Utc>> {
        match self.state {
            CallbackState::Active { verified, lapses, heard, doubted: false } => {
                Some(lapses.min(heard + (lapses - verified) / 2))
            }
            CallbackState::Active { doubted: true, .. }
            | CallbackState::Asked
            | CallbackState::Refused { .. }
            | CallbackState::Leaving { .. } => None,
        }
    }

    /// What it says of its hub to the lease after it.
    pub fn past(&self) -> Past {
        match self.state {
            CallbackState::Active { heard, doubted: false, .. } if self.pushes > 0 => {
                Past::Told(heard)
            }
            CallbackState::Active { .. } => Past::Silent,
            CallbackState::Asked
            | CallbackState::Refused { .. }
            | CallbackState::Leaving { .. } => self.past,
        }
    }
}

/// A feed as far as hubs matter.
#[derive(Debug, Clone, PartialEq)]
pub struct HubFeed {
    /// Which.
    pub feed: FeedId,
    /// Its hubs, the preferred one first as its publisher names them.
    pub hubs: Vec<WebUrl>,
    /// By which address hubs know it.
    pub topic: Option<WebUrl>,
    /// Whether it is polled at all: neither retired nor ended by its publisher.
    pub is_polled: bool,
}
