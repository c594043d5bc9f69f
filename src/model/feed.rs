//! A feed: a subscription of ours to one URL, and all that is remembered about it between polls.

use chrono::{DateTime, Utc};

use super::document::{Repair, Wishes};
use super::hash;
use super::outcome::{FailureClass, Validators};
use super::rhythm::Rhythm;
use super::text::PlainText;
use super::url::{FeedUrl, WebUrl};
use super::whereabouts::Whereabouts;

/// The number of a feed in its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeedId(pub i64);

/// A label given to feeds in the configuration, by which outputs select them.
pub type Tag = String;

/// What a feed is called where people see it: as the operator says, else as its publisher says, else
/// by its site.
pub fn shown_title(given: Option<&str>, own: &PlainText, url: &FeedUrl) -> PlainText {
    match given {
        Some(given) => PlainText::new(given),
        None if own.is_empty() => PlainText::new(url.site().as_str()),
        None => own.clone(),
    }
}

/// A feed as kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    /// Its number.
    pub id: FeedId,
    /// Where it is subscribed.
    pub url: FeedUrl,
    /// Counts writes: a plan made for an older generation is refused.
    pub generation: i64,
    /// What the last polls left.
    pub state: FeedState,
}

impl Feed {
    /// Where it is asked: where it is subscribed, or where it moved for good.
    pub fn address(&self) -> &FeedUrl {
        self.state.whereabouts.moved_to.as_ref().unwrap_or(&self.url)
    }

    /// Whether nothing was ever written of it since it was subscribed: it was neither asked, nor has
    /// another feed become it.
    pub fn is_untouched(&self) -> bool {
        self.generation == 0
    }
}

/// What a refresh writes back about its feed, whole, in one row.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedState {
    /// Its title as the publisher writes it; empty before the first good poll.
    pub title: PlainText,
    /// The page it belongs to.
    pub site: Option<WebUrl>,
    /// The language it declares.
    pub language: Option<String>,
    /// How much of the last document that was read had to be mended; none before there was one.
    pub repair: Option<Repair>,
    /// Hubs that tell of its changes (WebSub).
    pub hubs: Vec<WebUrl>,
    /// The address by which its hubs know it.
    pub topic: Option<WebUrl>,
    /// How far its hub is trusted to tell of every change. It is kept with the callbacks of the feed,
    /// so a refresh does not write it.
    pub hub_trust: Option<HubTrust>,
    /// Its picture.
    pub icon: Option<WebUrl>,
    /// What the last good answer said to recognise itself by.
    pub validators: Validators,
    /// Where it is found.
    pub whereabouts: Whereabouts,
    /// How often in a row the very body came that we said to have.
    pub repeats: u32,
    /// When it was last asked for the whole of it, or gave it.
    pub whole: Option<DateTime<Utc>>,
    /// The name of a document (see [`document_name`]) that is a feed and cannot be read: it is kept
    /// until a newer parser reads it.
    pub unread: Option<[u8; 32]>,
    /// SHA-256 of the last body read: the same body again needs no parsing.
    pub body_hash: Option<[u8; 32]>,
    /// How many items the last document held.
    pub item_count: u32,
    /// How many items of the last document were not read: beyond the budget, or broken.
    pub left_out: u32,
    /// Whether its guids can be believed.
    pub guids: GuidTrust,
    /// What the publisher asks of those who poll.
    pub wishes: Wishes,
    /// Its health.
    pub standing: Standing,
    /// When it may be asked again.
    pub next_check: DateTime<Utc>,
    /// Which rule decided that.
    pub rule: CheckRule,
    /// Until when the publisher asked not to be asked (Retry-After); no request of a person's
    /// overrides it.
    pub not_before: Option<DateTime<Utc>>,
    /// When it was last asked.
    pub last_check: Option<DateTime<Utc>>,
    /// When it last brought something new or changed.
    pub last_change: Option<DateTime<Utc>>,
    /// When it publishes.
    pub rhythm: Rhythm,
    /// Whether a document of it was read at least once.
    pub polled_before: bool,
    /// The name of a document that ended the process while it was read (see [`document_name`]): it
    /// is not read again.
    pub quarantined: Option<[u8; 32]>,
}

impl FeedState {
    /// A feed that was never asked: due at `now`.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self {
            title: PlainText::default(),
            site: None,
            language: None,
            repair: None,
            hubs: Vec::new(),
            topic: None,
            hub_trust: None,
            icon: None,
            validators: Validators::default(),
            whereabouts: Whereabouts::default(),
            repeats: 0,
            whole: None,
            unread: None,
            body_hash: None,
            item_count: 0,
            left_out: 0,
            guids: GuidTrust::Trusted,
            wishes: Wishes::default(),
            standing: Standing::New,
            next_check: now,
            rule: CheckRule::FirstPoll,
            not_before: None,
            last_check: None,
            last_change: None,
            rhythm: Rhythm::default(),
            polled_before: false,
            quarantined: None,
        }
    }
}

/// How far a hub is trusted to tell of every change of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HubTrust {
    /// Until when.
    pub until: DateTime<Utc>,
    /// The last sign of its life.
    pub heard: DateTime<Utc>,
}

/// The name under which a document is set apart, of the SHA-256 of its body: another version of this
/// program gives it another one, and so reads it again.
pub fn document_name(body_hash: &[u8; 32]) -> [u8; 32] {
    hash::of_parts([body_hash.as_slice(), env!("CARGO_PKG_VERSION").as_bytes()])
}

/// A feed's health as a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Never asked.
    New,
    /// The last poll was good.
    Healthy,
    /// The last polls failed; it is asked again, less and less often.
    Failing {
        /// How many in a row.
        failures: u32,
        /// Since when.
        since: DateTime<Utc>,
        /// What kind of failure the last one was.
        class: FailureClass,
        /// The last failure, for people.
        reason: String,
    },
    /// The publisher said 410: it is not asked again until the operator acts.
    Gone {
        /// Since when.
        since: DateTime<Utc>,
    },
}

/// Whether the guids of a feed identify its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GuidTrust {
    /// Each item has its own.
    Trusted,
    /// Several items of one document shared one: links or contents identify instead.
    Doubtful,
}

/// Which rule decided when a feed is asked next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckRule {
    /// It was never asked.
    FirstPoll,
    /// When it publishes.
    Rhythm,
    /// `interval` of the configuration.
    Interval,
    /// Its hub tells of changes.
    Hub,
    /// It offers no validators, so every poll costs a whole body.
    NoValidators,
    /// It never says that nothing changed, so every poll costs a whole body.
    NeverUnchanged,
    /// Cache-Control or Expires of its answer.
    Freshness,
    /// `ttl` or `sy:*` of its document.
    PublisherWish,
    /// `skipHours` or `skipDays` of its document.
    SkippedHours,
    /// Retry-After of its answer.
    RetryAfter,
    /// Failures in a row.
    Backoff,
    /// The longest wait that a publisher's wish can cause.
    Cap,
    /// 410: never.
    Gone,
}
