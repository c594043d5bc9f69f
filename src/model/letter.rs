//! A letter: one edition to one subscriber, and the state of its delivery.
//!
//! ```text
//! queued ─claim→ sending ─354→ data-sent ─250→ accepted
//!    ↑              │              ├─ 4yz → queued (later)   ├─ 5yz → rejected
//!    └── 4yz, lost ─┘              └─ lost → uncertain ─ resend → queued, once │ hold → held
//! queued past its horizon → expired
//! ```

use chrono::{DateTime, Utc};

use super::edition::EditionId;
use super::secret::Address;

/// The number of a letter in its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LetterId(pub i64);

/// A letter as kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Letter {
    /// Its number.
    pub id: LetterId,
    /// The edition it carries.
    pub edition: EditionId,
    /// The subscriber.
    pub to: Address,
    /// Its Message-ID, without angle brackets.
    pub message_id: String,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Where it stands.
    pub state: LetterState,
    /// How often it was tried.
    pub attempts: u32,
    /// Whether an uncertain attempt was followed by another: then the subscriber may have it twice.
    pub resent: bool,
    /// When it is tried next, if it is queued.
    pub next_attempt: DateTime<Utc>,
    /// When it is given up.
    pub expires: DateTime<Utc>,
    /// What the server last said, or why it could not be asked.
    pub reply: Option<String>,
    /// Counts writes: a claim or settlement made for an older generation is refused.
    pub generation: i64,
}

/// Where a letter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LetterState {
    /// Waiting for its next attempt.
    Queued,
    /// Claimed: a dialogue with the server is under way, its text not yet sent.
    Sending,
    /// The server said 354: from here on it may have the letter.
    DataSent,
    /// The server took it.
    Accepted,
    /// The server refused it for good.
    Rejected,
    /// The link or the process died between the final dot and the recorded reply.
    Uncertain,
    /// Uncertain, and not sent again by the newsletter's `on_uncertain = "hold"`.
    Held,
    /// Given up: it could not be handed over within its horizon.
    Expired,
}

impl LetterState {
    /// All states, in the order of a letter's life.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Sending,
        Self::DataSent,
        Self::Accepted,
        Self::Rejected,
        Self::Uncertain,
        Self::Held,
        Self::Expired,
    ];

    /// The word for it, in the database, in tables and in logs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::DataSent => "data-sent",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Uncertain => "uncertain",
            Self::Held => "held",
            Self::Expired => "expired",
        }
    }

    /// The state of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// What became of an attempt to hand a letter over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handover {
    /// The server took it and said so.
    Accepted {
        /// Its reply.
        reply: String,
    },
    /// Not now: 4yz, or the server was not reached, before the text was sent or with a clear reply
    /// after it.
    Deferred {
        /// The reply, or what failed.
        reply: String,
    },
    /// Never: 5yz.
    Rejected {
        /// The reply.
        reply: String,
    },
    /// The text was sent and no reply came.
    Uncertain {
        /// What was lost.
        reason: String,
    },
}
