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
    format!("{date}.{time}.{}@{}", hash::hex(&hash[..10]), from.ascii_domain())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::edition::EditionId;
    use crate::model::letter::LetterId;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a moment of the table")
    }

    fn now() -> DateTime<Utc> {
        at("2026-11-24T06:00:00Z")
    }

    fn address(text: &str) -> Address {
        Address::parse(text).expect("an address of the table")
    }

    fn letter(state: LetterState) -> Letter {
        Letter {
            id: LetterId(1),
            edition: EditionId(1),
            to: address("zoe@exemple.fr"),
            message_id: "2026-11-24.0700.ab@exemple.fr".to_owned(),
            sha256: [0; 32],
            state,
            attempts: 1,
            resent: false,
            next_attempt: now(),
            expires: at("2026-11-26T06:00:00Z"),
            reply: None,
            generation: 1,
        }
    }

    fn deferred() -> Handover {
        Handover::Deferred { reply: "451 later".to_owned() }
    }

    fn uncertain() -> Handover {
        Handover::Uncertain { reason: "connection reset".to_owned() }
    }

    #[test]
    fn every_handover_has_one_settlement() {
        use LetterState::{Accepted, Expired, Held, Queued, Rejected, Uncertain};
        use OnUncertain::{Hold, Resend};
        let accepted = || Handover::Accepted { reply: "250 ok".to_owned() };
        let rejected = || Handover::Rejected { reply: "550 no such user".to_owned() };
        // (handover, policy, resent before, horizon over) -> (state, resent after)
        for (handover, policy, resent, over, expected) in [
            (accepted(), Resend, false, false, (Accepted, false)),
            (accepted(), Resend, true, true, (Accepted, true)),
            (accepted(), Hold, false, false, (Accepted, false)),
            (rejected(), Resend, false, false, (Rejected, false)),
            (rejected(), Hold, false, false, (Rejected, false)),
            (deferred(), Resend, false, false, (Queued, false)),
            (deferred(), Resend, true, false, (Queued, true)),
            (deferred(), Hold, false, false, (Queued, false)),
            (deferred(), Resend, false, true, (Expired, false)),
            (uncertain(), Resend, false, false, (Queued, true)),
            (uncertain(), Resend, true, false, (Uncertain, true)),
            (uncertain(), Resend, false, true, (Uncertain, false)),
            (uncertain(), Hold, false, false, (Held, false)),
            (uncertain(), Hold, false, true, (Held, false)),
        ] {
            let letter = Letter { resent, ..letter(LetterState::DataSent) };
            let now = if over { letter.expires } else { now() };
            let settled = after(&letter, handover.clone(), policy, now, 0.5);
            assert_eq!((settled.state, settled.resent), expected, "{handover:?} {policy:?}");
        }
    }

    #[test]
    fn pauses_double_from_a_minute_to_half_an_hour_and_up_to_twice_that_by_chance() {
        for (attempts, least, most) in [
            (0, 60, 120),
            (1, 60, 120),
            (2, 120, 240),
            (3, 240, 480),
            (6, 1_800, 3_600),
            (99, 1_800, 3_600),
        ] {
            for (dice, seconds) in [(0.0, least), (1.0, most)] {
                let letter = Letter { attempts, ..letter(LetterState::Sending) };
                let settled = after(&letter, deferred(), OnUncertain::Resend, now(), dice);
                assert_eq!((settled.next_attempt - now()).num_seconds(), seconds, "{attempts}");
            }
        }
    }

    #[test]
    fn a_letter_is_tried_to_the_end_of_its_horizon_and_not_beyond() {
        let mut letter = letter(LetterState::Sending);
        let mut moment = now();
        let mut tries = 0;
        loop {
            let settled = after(&letter, deferred(), OnUncertain::Resend, moment, 0.3);
            if settled.state == LetterState::Expired {
                break;
            }
            assert!(settled.next_attempt > moment && settled.next_attempt < letter.expires);
            assert!(!is_expired(&letter, settled.next_attempt));
            moment = settled.next_attempt;
            letter.attempts += 1;
            tries += 1;
        }
        assert!((60..100).contains(&tries), "{tries}");
        assert_eq!(letter.expires - moment, TimeDelta::minutes(1));
        assert_eq!(expired(&letter, letter.expires).state, LetterState::Expired);
    }

    #[test]
    fn after_a_restart_only_what_was_sent_is_uncertain() {
        use LetterState::{DataSent, Expired, Held, Queued, Sending, Uncertain};
        use OnUncertain::{Hold, Resend};
        for (state, resent, policy, expected) in [
            (Sending, false, Resend, Some((Queued, false))),
            (Sending, true, Hold, Some((Queued, true))),
            (DataSent, false, Resend, Some((Queued, true))),
            (DataSent, true, Resend, Some((Uncertain, true))),
            (DataSent, false, Hold, Some((Held, false))),
            (Queued, false, Resend, None),
            (Uncertain, false, Resend, None),
            (Held, false, Resend, None),
            (Expired, false, Resend, None),
        ] {
            let letter = Letter { resent, ..letter(state) };
            let settled = after_restart(&letter, policy, now(), 0.0);
            let settled = settled.map(|settled| (settled.state, settled.resent));
            assert_eq!(settled, expected, "{state:?} {policy:?}");
        }
        // An old copy of the database: the letter is not sent months later.
        let old = letter(Sending);
        let settled = after_restart(&old, Resend, at("2027-03-01T00:00:00Z"), 0.0);
        assert_eq!(settled.map(|settled| settled.state), Some(Expired));
    }

    #[test]
    fn a_message_id_is_a_function_of_edition_and_address() {
        let slot = |time: &str| Slot {
            date: at("2026-11-24T00:00:00Z").date_naive(),
            time: time.to_owned(),
            at: at("2026-11-24T05:30:00Z"),
        };
        let from = address("Le Brief <brief@lettres.exemple.fr>");
        let id =
            |name: &str, time: &str, to: &str| message_id(name, &slot(time), &from, &address(to));
        let one = id("matin", "06:30", "zoe@exemple.fr");
        assert_eq!(one, "2026-11-24.0630.c7e751907a851a4723e8@lettres.exemple.fr");
        assert_eq!(one, id("matin", "06:30", "Zoé <zoe@exemple.fr>"), "the name is no part of it");
        for other in [
            id("soir", "06:30", "zoe@exemple.fr"),
            id("matin", "18:30", "zoe@exemple.fr"),
            id("matin", "06:30", "noe@exemple.fr"),
        ] {
            assert_ne!(one, other);
        }
        let accented = address("brief@été.fr");
        let id = message_id("matin", &slot("06:30"), &accented, &address("zoe@exemple.fr"));
        assert!(id.ends_with("@xn--t-9fab.fr") && id.is_ascii(), "{id}");
    }
}
