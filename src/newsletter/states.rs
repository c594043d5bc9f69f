//! What becomes of a letter after an attempt to hand it over, and after a restart.
//!
//! Promise I6 in small: a letter is tried until it is accepted, refused or out of time; it may reach
//! its subscriber twice only if the link or the process died between the final dot and the recorded
//! reply, and then once more at most, with the same bytes.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::edition::Slot;
use crate::model::hash;
use crate::model::letter::{Handover, Letter, LetterState};
use crate::model::secret::Address;
use crate::model::settings::OnUncertain;

/// Where a letter stands from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// Its state.
    pub state: LetterState,
    /// When it is tried next, if it is queued; else when it was settled.
    pub next_attempt: DateTime<Utc>,
    /// Whether an uncertain attempt was followed by another.
    pub resent: bool,
    /// What the server last said, or why it could not be asked.
    pub reply: String,
}

/// What follows from `handover`. `letter.attempts` counts the attempt that it ended; `dice` is in
/// `0..1`.
pub fn after(
    letter: &Letter,
    handover: Handover,
    policy: OnUncertain,
    now: DateTime<Utc>,
    dice: f64,
) -> Settlement {
    match handover {
        Handover::Accepted { reply } => ended(letter, LetterState::Accepted, reply, now),
        Handover::Rejected { reply } => ended(letter, LetterState::Rejected, reply, now),
        Handover::Deferred { reply } => match next_attempt(letter, now, dice) {
            Some(next_attempt) => Settlement {
                state: LetterState::Queued,
                next_attempt,
                resent: letter.resent,
                reply,
            },
            None => ended(letter, LetterState::Expired, reply, now),
        },
        Handover::Uncertain { reason } => uncertain(letter, reason, policy, now, dice),
    }
}

/// What follows for a letter that a stop of the process left unfinished; nothing for the others.
///
/// A claimed letter whose text was not sent is queued again at once. One whose text was sent is
/// uncertain, as if the link had been lost.
pub fn after_restart(
    letter: &Letter,
    policy: OnUncertain,
    now: DateTime<Utc>,
    dice: f64,
) -> Option<Settlement> {
    match letter.state {
        LetterState::Sending if is_expired(letter, now) => {
            Some(ended(letter, LetterState::Expired, STOPPED.to_owned(), now))
        }
        LetterState::Sending => Some(Settlement {
            state: LetterState::Queued,
            next_attempt: now,
            resent: letter.resent,
            reply: STOPPED.to_owned(),
        }),
        LetterState::DataSent => {
            Some(uncertain(letter, STOPPED_SENDING.to_owned(), policy, now, dice))
        }
        LetterState::Queued
        | LetterState::Accepted
        | LetterState::Rejected
        | LetterState::Uncertain
        | LetterState::Held
        | LetterState::Expired => None,
    }
}

/// Whether a letter's horizon has passed: then it is not tried any more (also when an old copy of
/// the database was put back).
pub fn is_expired(letter: &Letter, now: DateTime<Utc>) -> bool {
    now >= letter.expires
}

/// The settlement of a queued letter whose horizon has passed.
pub fn expired(letter: &Letter, now: DateTime<Utc>) -> Settlement {
    let reply = letter.reply.clone().unwrap_or_else(|| NEVER_TRIED.to_owned());
    ended(letter, LetterState::Expired, reply, now)
}

const STOPPED: &str = "feedmill stopped before the text was sent";
const STOPPED_SENDING: &str = "feedmill stopped before the reply was recorded";
const NEVER_TRIED: &str = "its time was over before the first attempt";

fn ended(letter: &Letter, state: LetterState, reply: String, now: DateTime<Utc>) -> Settlement {
    Settlement { state, next_attempt: now, resent: letter.resent, reply }
}

fn uncertain(
    letter: &Letter,
    reason: String,
    policy: OnUncertain,
    now: DateTime<Utc>,
    dice: f64,
) -> Settlement {
    match policy {
        OnUncertain::Hold => ended(letter, LetterState::Held, reason, now),
        OnUncertain::Resend if letter.resent => ended(letter, LetterState::Uncertain, reason, now),
        OnUncertain::Resend => match next_attempt(letter, now, dice) {
            Some(next_attempt) => {
                Settlement { state: LetterState::Queued, next_attempt, resent: true, reply: reason }
            }
            None => ended(letter, LetterState::Uncertain, reason, now),
        },
    }
}

/// The pause after the first failed attempt; it doubles with each further one.
const FIRST_PAUSE: TimeDelta = TimeDelta::minutes(1);
/// The longest pause, before chance stretches it to up to twice as long.
const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(30);
/// How long before its horizon a letter is tried for the last time.
const LAST_CHANCE: TimeDelta = TimeDelta::minutes(1);

/// When a letter is tried again: after 1 to 2 minutes, twice that, …, 30 to 60 minutes, and once
/// more just before its horizon; none when that is over.
fn next_attempt(letter: &Letter, now: DateTime<Utc>, dice: f64) -> Option<DateTime<Utc>> {
    let last_chance = letter.expires.checked_sub_signed(LAST_CHANCE)?;
    let doublings = letter.attempts.saturating_sub(1).min(5);
    let pause = (FIRST_PAUSE * 2_i32.pow(doublings)).min(LONGEST_PAUSE);
    let jitter = pause.as_seconds_f64() * dice.clamp(0.0, 1.0);
    let jitter = TimeDelta::milliseconds((jitter * 1000.0) as i64);
    (now < last_chance).then(|| (now + pause + jitter).min(last_chance))
}

/// The Message-ID of a letter, without angle brackets: a function of newsletter, slot and address,
/// so that a second copy can be told as one. Its domain is that of `from`.
///
/// It shows nothing of the address: the local part ends in a hash.
pub fn message_id(newsletter: &str, slot: &Slot, from: &Address, to: &Address) -> String {
    let time: String = slot.time.chars().filter(char::is_ascii_digit).collect();
    let date = slot.date.format("%Y-%m-%d");
    let hash = hash::short([
        newsletter.as_bytes(),
        slot.date.to_string().as_bytes(),
        slot.time.as_bytes(),
        to.mailbox().as_bytes(),
    ]);
    format!("{date}.{time}.{}@{}", hash::hex(&hash), ascii_domain(from.domain()))
}

/// A domain as mail headers and envelopes can carry it everywhere (RFC 5890: A-labels).
fn ascii_domain(domain: &str) -> String {
    match url::Host::parse(domain) {
        Ok(host) => host.to_string(),
        Err(_) => {
            domain.chars().filter(|c| c.is_ascii_alphanumeric() || ".-".contains(*c)).collect()
        }
    }
}
