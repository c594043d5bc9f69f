//! Which articles of a full-text feed are read, and what follows when one could not be.
//!
//! An article is asked for once: of new entries only, of a first poll only the newest few. What may
//! pass is tried again, at most three times in all; what a publisher says for good is believed.

use chrono::{DateTime, TimeDelta, Utc};

use super::cadence;
use crate::model::article::WantedArticles;
use crate::model::outcome::{Failure, FailureClass};
use crate::model::plan::{Arrival, Change};

/// How many articles of a feed's first poll are read: its newest.
pub const FIRST_POLL: u32 = 10;
/// How often an article is tried.
pub const ATTEMPTS: u32 = 3;
/// How long after its first attempt an article is tried again; six times that after the second.
const PAUSE: TimeDelta = TimeDelta::minutes(15);
/// How many times longer the second pause is.
const GROWTH: i32 = 6;
/// How much chance adds to a pause at most, as a part of it.
const JITTER: f64 = 0.25;

/// For how long an article waits for a site that cannot say what robots may read, before that counts
/// as an attempt.
const PATIENCE: TimeDelta = TimeDelta::days(7);
/// How long such a site is not asked again, at most.
const LONGEST_SILENCE: TimeDelta = TimeDelta::days(1);

/// The articles that a plan's entries want.
pub fn wanted(arrivals: &[Arrival], changes: &[Change]) -> WantedArticles {
    let is_wanted =
        |arrival: &&Arrival| arrival.content.link.is_some() && arrival.backlog <= FIRST_POLL;
    WantedArticles {
        new: arrivals.iter().filter(is_wanted).map(|arrival| arrival.key).collect(),
        changed: changes
            .iter()
            .filter_map(|change| Some((change.entry, change.content.link.clone()?)))
            .collect(),
    }
}

/// When an article is tried again whose attempt number `attempt` ended in `failure`, if it is.
/// `dice` is chance from 0 to 1.
pub fn next_attempt(
    failure: &Failure,
    attempt: u32,
    now: DateTime<Utc>,
    dice: f64,
) -> Option<DateTime<Utc>> {
    let may_pass = match failure.class {
        FailureClass::Network | FailureClass::Server | FailureClass::Throttled => true,
        FailureClass::Client
        | FailureClass::Guard
        | FailureClass::Body
        | FailureClass::Document => false,
    };
    if !may_pass || attempt >= ATTEMPTS {
        return None;
    }
    let pause = PAUSE * GROWTH.pow(attempt.saturating_sub(1));
    let chance = TimeDelta::seconds((pause.num_seconds() as f64 * JITTER * dice) as i64);
    let wished = cadence::not_before(failure.retry_after, now);
    Some(wished.unwrap_or(now).max(now + pause + chance))
}

/// When a site is asked again that could not say what robots may read, for the `times`th time in a row:
/// nothing may be read there until then (RFC 9309, section 2.3.1.4).
pub fn asked_again(failure: &Failure, times: u32, now: DateTime<Utc>) -> DateTime<Utc> {
    let pause = PAUSE * 2_i32.pow(times.saturating_sub(1).min(10));
    let wished = cadence::not_before(failure.retry_after, now);
    wished.unwrap_or(now).max(now + pause.min(LONGEST_SILENCE))
}

/// Whether an article of an entry that was first seen at `since` goes on waiting for such a site.
pub fn is_patient(since: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - since < PATIENCE
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::entry::{Content, EntryKey, Fingerprint};
    use crate::model::outcome::RetryAfter;
    use crate::model::url::WebUrl;

    fn now() -> DateTime<Utc> {
        "2026-11-24T12:00:00Z".parse().expect("a date")
    }

    #[test]
    fn only_new_entries_with_a_link_and_the_newest_of_a_first_poll_are_read() {
        let arrival = |number: u8, backlog: u32, link: Option<&str>| Arrival {
            key: EntryKey([number; 16]),
            document: None,
            title_hash: 0,
            fingerprint: Fingerprint(0),
            content: Content {
                link: link.map(|link| WebUrl::parse(link).expect("a URL")),
                ..Content::default()
            },
            first_seen: now(),
            backlog,
        };
        let link = Some("https://exemple.fr/a");
        let arrivals = [
            arrival(1, 0, link),
            arrival(2, FIRST_POLL, link),
            arrival(3, FIRST_POLL + 1, link),
            arrival(4, u32::MAX, link),
            arrival(5, 0, None),
        ];
        let wanted = wanted(&arrivals, &[]);
        assert_eq!(wanted.new, [EntryKey([1; 16]), EntryKey([2; 16])]);
    }

    #[test]
    fn what_may_pass_is_tried_three_times_and_what_is_final_once() {
        use FailureClass::{Body, Client, Document, Guard, Network, Server, Throttled};
        for class in [Client, Guard, Body, Document] {
            let failure =
                Failure { class, reason: String::new(), retry_after: None, address: None };
            assert_eq!(next_attempt(&failure, 1, now(), 0.0), None, "{class:?}");
        }
        for class in [Network, Server, Throttled] {
            let failure =
                Failure { class, reason: String::new(), retry_after: None, address: None };
            let minutes = |attempt| {
                let next = next_attempt(&failure, attempt, now(), 0.0)?;
                Some((next - now()).num_minutes())
            };
            assert_eq!([1, 2, 3].map(minutes), [Some(15), Some(90), None], "{class:?}");
        }
    }

    #[test]
    fn a_publisher_who_wants_to_be_asked_later_is_obeyed() {
        let retry_after = Some(RetryAfter::Delay(Duration::from_secs(7_200)));
        let failure = Failure {
            class: FailureClass::Throttled,
            reason: String::new(),
            retry_after,
            address: None,
        };
        let next = next_attempt(&failure, 1, now(), 1.0);
        assert!(next >= Some(now() + TimeDelta::hours(2)), "{next:?}");
    }

    #[test]
    fn a_site_that_cannot_say_what_robots_may_read_is_asked_more_and_more_seldom() {
        let asked_again = |times, retry_after| {
            let (class, reason) = (FailureClass::Server, String::new());
            let failure = Failure { class, reason, retry_after, address: None };
            (super::asked_again(&failure, times, now()) - now()).num_minutes()
        };
        for (times, minutes) in [(1, 15), (2, 30), (3, 60), (7, 960), (8, 1_440), (u32::MAX, 1_440)]
        {
            assert_eq!(asked_again(times, None), minutes, "{times}");
        }
        let hours = |hours: u64| Some(RetryAfter::Delay(Duration::from_secs(hours * 3_600)));
        assert_eq!((asked_again(1, hours(2)), asked_again(8, hours(2))), (120, 1_440));
        let day = TimeDelta::days(1);
        assert!(is_patient(now() - day * 6, now()) && !is_patient(now() - day * 7, now()));
    }
}
