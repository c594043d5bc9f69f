//! Hubs (WebSub, W3C Recommendation of 2018): which one is asked for what and when, and what follows
//! from what it says.
//!
//! A hub is a convenience and never needed: while it is well, polling falls to once a day
//! ([`super::cadence`]); whatever goes wrong with it, polling goes on as ever. Each lease has a
//! callback of its own; the old one stays until the new one is verified, and is then told off.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::callback::{Callback, CallbackState, HubFeed};
use crate::model::document::Document;
use crate::model::feed::FeedState;
use crate::model::outcome::{Failure, Links};
use crate::model::text::HeaderText;
use crate::model::url::WebUrl;
use crate::refresh::cadence;

/// The lease that a hub is asked for: the default of the recommendation.
pub const LEASE: TimeDelta = TimeDelta::days(10);
/// The longest lease that is believed, whatever a hub grants.
const LONGEST_LEASE: TimeDelta = TimeDelta::days(30);
/// The lease of a hub that does not say, or says nonsense.
const UNSAID_LEASE: TimeDelta = TimeDelta::days(1);
/// No lease is renewed sooner: a shorter one lapses, and is asked for again only then.
const SOONEST_RENEWAL: TimeDelta = TimeDelta::minutes(15);
/// How long a hub may take to verify.
pub const PATIENCE: TimeDelta = TimeDelta::hours(1);
/// After how long a hub is asked again that could not be; it doubles with every failure.
const FIRST_RETRY: TimeDelta = TimeDelta::minutes(15);
/// The longest pause after failures, and the shortest after a denial.
const LONGEST_RETRY: TimeDelta = TimeDelta::days(1);
/// The longest pause after denials in a row.
const LONGEST_DENIAL: TimeDelta = TimeDelta::days(14);
/// The shortest time to the next fetch of a feed because of what is told, if the last one brought
/// nothing; otherwise it is that of people.
const VAIN_GAP: TimeDelta = TimeDelta::minutes(5);
/// Within how long a feed is fetched that changed: its publisher is not asked by all at once. Content
/// that came with the news has as long to be read.
const SPREAD: TimeDelta = TimeDelta::seconds(60);
/// The longest reason kept, in characters.
const LONGEST_REASON: usize = 300;

/// Takes over what an answer names: its Link fields win over its document (section 4).
pub fn discover(state: &mut FeedState, links: &Links, document: Option<&Document>) {
    if let Some(document) = document {
        state.hubs.clone_from(&document.hubs);
        state.topic.clone_from(&document.own_url);
    }
    if !links.hubs.is_empty() {
        state.hubs.clone_from(&links.hubs);
    }
    if links.own.is_some() {
        state.topic.clone_from(&links.own);
    }
}

/// Whether news that a poll finds were kept back by a hub that is trusted: it told nothing since the poll
/// before.
pub fn kept_back(before: &FeedState) -> bool {
    let trust = before.hub_trust.zip(before.last_check);
    trust.is_some_and(|(trust, last_check)| trust.heard < last_check)
}

/// What is to be done about hubs.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// A hub is to be asked to tell of a feed.
    Ask {
        /// Which hub.
        hub: WebUrl,
        /// By which address it knows the feed.
        topic: WebUrl,
        /// How often it was asked in vain before.
        attempts: u32,
        /// What stands for those attempts, to be forgotten then.
        instead_of: Option<Callback>,
    },
    /// The hub is to be told that this is not wanted any more.
    TellOff(Callback),
    /// This is to be kept in place of what is kept of it.
    Keep(Callback),
    /// This is to be forgotten.
    Forget(Callback),
}

/// What is to be done now about a feed with these callbacks. `base` is the address under which hubs
/// reach us; without it no hub is asked for anything.
pub fn steps(
    feed: &HubFeed,
    callbacks: &[Callback],
    base: Option<&WebUrl>,
    now: DateTime<Utc>,
) -> Vec<Step> {
    let wanted = wanted(feed, base);
    let fits = |callback: &Callback| {
        wanted.is_some_and(|(hub, topic)| *hub == callback.hub && *topic == callback.topic)
            && base.is_some_and(|base| callback.address.as_str().starts_with(base.as_str()))
    };
    let mut steps: Vec<Step> =
        callbacks.iter().filter_map(|callback| step(callback, fits(callback), now)).collect();
    let Some((hub, topic)) = wanted else { return steps };
    let mut before = None;
    let current = |callback: &&Callback| fits(callback) && !is_of_the_future(callback, now);
    for callback in callbacks.iter().filter(current) {
        match callback.state {
            CallbackState::Asked if now < callback.due => return steps,
            CallbackState::Active { .. } if now < callback.due => return steps,
            CallbackState::Refused { .. } if now < callback.due => return steps,
            // It becomes a refusal first.
            CallbackState::Asked => return steps,
            CallbackState::Refused { .. } => before = Some(callback.clone()),
            CallbackState::Active { .. } | CallbackState::Leaving { .. } => {}
        }
    }
    steps.push(Step::Ask {
        hub: hub.clone(),
        topic: topic.clone(),
        attempts: before.as_ref().map_or(0, |before| before.attempts),
        instead_of: before,
    });
    steps
}

/// The hub to be asked and the address by which it knows the feed. One behind TLS is preferred: only
/// there a secret can be agreed on.
fn wanted<'a>(feed: &'a HubFeed, base: Option<&WebUrl>) -> Option<(&'a WebUrl, &'a WebUrl)> {
    base.filter(|_| feed.is_polled)?;
    let safe = feed.hubs.iter().find(|hub| hub.parts().scheme() == "https");
    Some((safe.or(feed.hubs.first())?, feed.topic.as_ref()?))
}

/// Whether a callback was written under a clock that ran ahead: it would be trusted, or waited for, long
/// after its hub forgot it.
fn is_of_the_future(callback: &Callback, now: DateTime<Utc>) -> bool {
    let now = now + cadence::CLOCK_SET_BACK;
    match callback.state {
        CallbackState::Active { heard, .. } => heard > now,
        CallbackState::Asked | CallbackState::Leaving { told: true } => {
            callback.due > now + PATIENCE
        }
        CallbackState::Leaving { told: false } => callback.due > now,
        CallbackState::Refused { .. } => callback.due > now + cadence::CAP,
    }
}

/// What is to be done now about one callback by itself; `fits` is whether it is what is wanted.
fn step(callback: &Callback, fits: bool, now: DateTime<Utc>) -> Option<Step> {
    let is_due = callback.due <= now;
    let changed = |state, due| Some(Step::Keep(Callback { state, due, ..callback.clone() }));
    match &callback.state {
        _ if is_of_the_future(callback, now) => Some(Step::Forget(callback.clone())),
        // One that is verified in spite of this is told off by its absence (404).
        CallbackState::Asked | CallbackState::Refused { .. } if !fits => {
            Some(Step::Forget(callback.clone()))
        }
        CallbackState::Asked if is_due => {
            let reason = "it did not verify the request within an hour".to_owned();
            Some(Step::Keep(refused(callback.clone(), reason, None, LONGEST_RETRY, now)))
        }
        CallbackState::Active { lapses, .. } if is_due && *lapses <= now => {
            Some(Step::Forget(callback.clone()))
        }
        CallbackState::Active { .. } if !fits => {
            changed(CallbackState::Leaving { told: false }, now)
        }
        CallbackState::Leaving { told: false } if is_due => Some(Step::TellOff(callback.clone())),
        CallbackState::Leaving { told: true } if is_due => Some(Step::Forget(callback.clone())),
        CallbackState::Asked
        | CallbackState::Refused { .. }
        | CallbackState::Active { .. }
        | CallbackState::Leaving { .. } => None,
    }
}

/// The next moment at which there is something to do about `callbacks`, after `now`.
pub fn wake(callbacks: &[Callback], now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let moments = callbacks.iter().flat_map(|callback| {
        let lapses = match callback.state {
            CallbackState::Active { lapses, .. } => Some(lapses),
            CallbackState::Asked
            | CallbackState::Refused { .. }
            | CallbackState::Leaving { .. } => None,
        };
        [Some(callback.due), lapses, callback.fetch_at]
    });
    moments.flatten().filter(|moment| *moment > now).min()
}

/// The hub verified it and grants a lease of so many seconds, as it writes them.
pub fn verified(callback: Callback, lease: Option<&str>, now: DateTime<Utc>) -> Callback {
    let lease = granted(lease);
    let (verified, lapses, heard) = (now, now + lease, now);
    let state = CallbackState::Active { verified, lapses, heard, doubted: false };
    let due = now + (lease * 4 / 5).max(SOONEST_RENEWAL);
    Callback { state, due, attempts: 0, ..callback }
}

fn granted(lease: Option<&str>) -> TimeDelta {
    let digits = lease.map(str::trim).filter(|lease| !lease.is_empty());
    let digits = digits.filter(|lease| lease.bytes().all(|byte| byte.is_ascii_digit()));
    match digits.map(|digits| digits.parse::<u32>().map_or(LONGEST_LEASE, seconds)) {
        Some(lease) if !lease.is_zero() => lease.min(LONGEST_LEASE),
        Some(_) | None => UNSAID_LEASE,
    }
}

fn seconds(seconds: u32) -> TimeDelta {
    TimeDelta::seconds(i64::from(seconds))
}

/// The hub said no, at once or while its lease ran (section 5.2).
pub fn denied(callback: Callback, reason: Option<&str>, now: DateTime<Utc>) -> Callback {
    let reason = match reason.map(str::trim).filter(|reason| !reason.is_empty()) {
        Some(reason) => format!("it denied the request: {reason}"),
        None => "it denied the request".to_owned(),
    };
    refused(callback, reason, Some(LONGEST_RETRY), LONGEST_DENIAL, now)
}

/// The hub could not be asked. Retry-After is obeyed as that of feeds is.
pub fn failed(callback: Callback, failure: &Failure, now: DateTime<Utc>) -> Callback {
    let mut callback = refused(callback, failure.reason.clone(), None, LONGEST_RETRY, now);
    let not_before = cadence::not_before(failure.retry_after, now);
    callback.due = not_before.map_or(callback.due, |until| until.max(callback.due));
    callback
}

fn refused(
    callback: Callback,
    reason: String,
    first: Option<TimeDelta>,
    longest: TimeDelta,
    now: DateTime<Utc>,
) -> Callback {
    let doublings = callback.attempts.min(16);
    let pause = (first.unwrap_or(FIRST_RETRY) * (1 << doublings)).min(longest);
    let reason = HeaderText::new(&reason).as_str().chars().take(LONGEST_REASON).collect();
    let (state, attempts) =
        (CallbackState::Refused { reason }, callback.attempts.saturating_add(1));
    Callback { state, due: now + pause, attempts, ..callback }
}

/// It is not wanted any more, since another one took its place.
pub fn replaced(callback: Callback, now: DateTime<Utc>) -> Callback {
    Callback { state: CallbackState::Leaving { told: false }, due: now, ..callback }
}

/// The hub was told, or could not be: it may verify that for a while.
pub fn told_off(callback: Callback, now: DateTime<Utc>) -> Callback {
    Callback { state: CallbackState::Leaving { told: true }, due: now + PATIENCE, ..callback }
}

/// What was told at a callback, by its signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Signed by the secret that only the hub has: its content may be read.
    Signed,
    /// Nobody can sign there: no more than a reason to fetch.
    Unsigned,
    /// Too much, too slow or too often to be looked at: no more than a reason to fetch, and no sign of
    /// the hub's life.
    Unread,
    /// Not signed as agreed: nothing at all.
    Forged,
}

/// When a feed may be fetched because of what is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// When it was last fetched.
    pub last_check: Option<DateTime<Utc>>,
    /// When it last brought something.
    pub last_change: Option<DateTime<Utc>>,
    /// Its publisher's Retry-After.
    pub not_before: Option<DateTime<Utc>>,
}

impl Pause {
    /// That of a feed in this state.
    pub fn of(state: &FeedState) -> Self {
        let FeedState { last_check, last_change, not_before, .. } = *state;
        Self { last_check, last_change, not_before }
    }

    /// The first moment from `wanted` on.
    pub fn after(self, wanted: DateTime<Utc>) -> DateTime<Utc> {
        let was_vain = self.last_change < self.last_check;
        let gap = if was_vain { VAIN_GAP } else { cadence::MINIMUM_GAP };
        let gap = self.last_check.map(|last| last + gap);
        [gap, self.not_before].into_iter().flatten().fold(wanted, DateTime::max)
    }
}

/// Something was told there at `now`; `dice` is from 0 to 1. Only a callback whose lease runs listens.
pub fn pushed(
    mut callback: Callback,
    told: Told,
    pause: Pause,
    now: DateTime<Utc>,
    dice: f64,
) -> Callback {
    let CallbackState::Active { heard, doubted, lapses, .. } = &mut callback.state else {
        return callback;
    };
    let spread = match told {
        _ if *lapses <= now => return callback,
        Told::Forged => {
            callback.ignored = callback.ignored.saturating_add(1);
            return callback;
        }
        Told::Signed | Told::Unread => SPREAD,
        Told::Unsigned => SPREAD * (dice.clamp(0.0, 1.0) * 1_000.0) as i32 / 1_000,
    };
    if told != Told::Unread {
        (*heard, *doubted) = (now, false);
        callback.pushes = callback.pushes.saturating_add(1);
    }
    let soon = pause.after(now + spread);
    callback.fetch_at = Some(callback.fetch_at.map_or(soon, |at| at.min(soon)));
    callback
}

/// The feed could not be fetched because of what was told: when it is tried again.
pub fn postponed(pause: Pause, now: DateTime<Utc>) -> DateTime<Utc> {
    pause.after(now + VAIN_GAP)
}

/// How many pushes to one callback are looked at: ten at once, then one a minute. What comes beyond
/// is answered and is no more than a reason to fetch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Allowance {
    left: f64,
    at: DateTime<Utc>,
}

const MOST_AT_ONCE: f64 = 10.0;

impl Allowance {
    /// A full one.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self { left: MOST_AT_ONCE, at: now }
    }

    /// Takes one out, if one is left at `now`.
    pub fn take(&mut self, now: DateTime<Utc>) -> bool {
        let minutes = (now - self.at).num_milliseconds().max(0) as f64 / 60_000.0;
        self.left = (self.left + minutes).min(MOST_AT_ONCE);
        self.at = now;
        let has_one = self.left >= 1.0;
        self.left -= f64::from(u8::from(has_one));
        has_one
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::feed::FeedId;
    use crate::model::outcome::{FailureClass, RetryAfter};
    use crate::model::secret::Secret;

    const HUB: &str = "https://hub.example/";
    const TOPIC: &str = "https://exemple.fr/flux";

    fn web(text: &str) -> WebUrl {
        WebUrl::parse(text).expect("a URL")
    }

    fn base() -> WebUrl {
        web("https://mill.example/a/")
    }

    fn now() -> DateTime<Utc> {
        "2026-11-24T12:00:00Z".parse().expect("a date")
    }

    fn feed() -> HubFeed {
        let (hubs, topic) = (vec![web(HUB)], Some(web(TOPIC)));
        HubFeed { feed: FeedId(1), hubs, topic, is_polled: true }
    }

    /// A callback in that state, due so many minutes from now.
    fn callback(state: CallbackState, due_mins: i64) -> Callback {
        Callback {
            token: Secret::new("t"),
            generation: 3,
            feed: FeedId(1),
            address: web("https://mill.example/a/websub/t"),
            hub: web(HUB),
            topic: web(TOPIC),
            secret: None,
            state,
            due: now() + TimeDelta::minutes(due_mins),
            attempts: 0,
            pushes: 0,
            ignored: 0,
            fetch_at: None,
        }
    }

    fn active() -> CallbackState {
        let day = TimeDelta::days(1);
        CallbackState::Active {
            verified: now() - day,
            lapses: now() + day * 9,
            heard: now() - day,
            doubted: false,
        }
    }

    fn lapsed() -> CallbackState {
        let verified = now() - TimeDelta::days(10);
        CallbackState::Active { verified, lapses: now(), heard: verified, doubted: false }
    }

    fn refused_state() -> CallbackState {
        CallbackState::Refused { reason: "500".to_owned() }
    }

    fn words(steps: &[Step]) -> Vec<&'static str> {
        steps
            .iter()
            .map(|step| match step {
                Step::Ask { instead_of: None, .. } => "ask",
                Step::Ask { instead_of: Some(_), .. } => "ask again",
                Step::TellOff(_) => "tell off",
                Step::Keep(Callback { state: CallbackState::Leaving { told: false }, .. }) => {
                    "leave"
                }
                Step::Keep(Callback { state: CallbackState::Refused { .. }, .. }) => "give up",
                Step::Keep(_) => "keep",
                Step::Forget(_) => "forget",
            })
            .collect()
    }

    #[test]
    fn each_feed_has_one_callback_that_tells_and_one_request_at_most() {
        let leaving = |told| CallbackState::Leaving { told };
        let rows: [(&str, Vec<Callback>, &[&str]); 16] = [
            ("none yet", vec![], &["ask"]),
            ("asked", vec![callback(CallbackState::Asked, 5)], &[]),
            ("asked in vain", vec![callback(CallbackState::Asked, 0)], &["give up"]),
            ("active", vec![callback(active(), 5)], &[]),
            ("to be renewed", vec![callback(active(), 0)], &["ask"]),
            ("being renewed", vec![callback(active(), 0), callback(CallbackState::Asked, 5)], &[]),
            ("renewal failed", vec![callback(active(), 0), callback(refused_state(), 5)], &[]),
            (
                "renewal failed a while ago",
                vec![callback(refused_state(), 0), callback(active(), 0)],
                &["ask again"],
            ),
            ("renewed", vec![callback(leaving(false), 0), callback(active(), 5)], &["tell off"]),
            ("told off", vec![callback(leaving(true), 5), callback(active(), 5)], &[]),
            (
                "told off long ago",
                vec![callback(leaving(true), 0), callback(active(), 5)],
                &["forget"],
            ),
            ("lapsed before its time", vec![callback(lapsed(), 5)], &[]),
            ("lapsed", vec![callback(lapsed(), 0)], &["forget", "ask"]),
            ("refused", vec![callback(refused_state(), 5)], &[]),
            ("refused a while ago", vec![callback(refused_state(), 0)], &["ask again"]),
            ("only leaving", vec![callback(leaving(true), 5)], &["ask"]),
        ];
        for (claim, callbacks, expected) in rows {
            let steps = steps(&feed(), &callbacks, Some(&base()), now());
            assert_eq!(words(&steps), expected, "{claim}");
        }
    }

    #[test]
    fn what_is_not_wanted_any_more_is_left() {
        let other_hub = HubFeed { hubs: vec![web("https://other.example/")], ..feed() };
        let other_topic = HubFeed { topic: Some(web("https://exemple.fr/autre")), ..feed() };
        let no_hub = HubFeed { hubs: vec![], ..feed() };
        let no_topic = HubFeed { topic: None, ..feed() };
        let retired = HubFeed { is_polled: false, ..feed() };
        let (here, elsewhere) = (base(), web("https://elsewhere.example/"));
        let rows = [
            ("another hub", &other_hub, Some(&here), &["leave", "ask"][..], &["forget", "ask"][..]),
            ("another topic", &other_topic, Some(&here), &["leave", "ask"], &["forget", "ask"]),
            ("no hub", &no_hub, Some(&here), &["leave"], &["forget"]),
            ("no topic", &no_topic, Some(&here), &["leave"], &["forget"]),
            ("retired", &retired, Some(&here), &["leave"], &["forget"]),
            ("not public", &feed(), None, &["leave"], &["forget"]),
            ("moved", &feed(), Some(&elsewhere), &["leave", "ask"], &["forget", "ask"]),
        ];
        for (claim, feed, base, of_active, of_others) in rows {
            let left = |state| words(&steps(feed, &[callback(state, 5)], base, now()));
            assert_eq!(left(active()), of_active, "{claim}");
            assert_eq!(left(CallbackState::Asked), of_others, "{claim}");
            assert_eq!(left(refused_state()), of_others, "{claim}");
        }
    }

    #[test]
    fn what_was_written_under_a_clock_that_ran_ahead_is_not_waited_for() {
        let year = TimeDelta::days(365);
        for state in [
            active(),
            CallbackState::Asked,
            refused_state(),
            CallbackState::Leaving { told: true },
            CallbackState::Leaving { told: false },
        ] {
            let ahead = |mut callback: Callback, by: TimeDelta| {
                callback.due += by;
                if let CallbackState::Active { verified, lapses, heard, .. } = &mut callback.state {
                    (*verified, *lapses, *heard) = (now() + by, *lapses + by, now() + by);
                }
                callback
            };
            let steps_after = |by| {
                let callbacks = [ahead(callback(state.clone(), 5), by)];
                words(&steps(&feed(), &callbacks, Some(&base()), now()))
            };
            assert_eq!(steps_after(year), ["forget", "ask"], "{state:?}");
            let asks = matches!(state, CallbackState::Leaving { .. });
            let little: &[&str] = if asks { &["ask"] } else { &[] };
            assert_eq!(steps_after(TimeDelta::minutes(9)), little, "{state:?}: a little");
        }
    }

    #[test]
    fn a_hub_behind_tls_is_preferred() {
        let hubs = vec![web("http://a.example/"), web("https://b.example/")];
        let steps = steps(&HubFeed { hubs, ..feed() }, &[], Some(&base()), now());
        assert!(matches!(&steps[0], Step::Ask { hub, .. } if hub.as_str() == "https://b.example/"));
    }

    #[test]
    fn the_hubs_lease_counts_within_bounds_and_is_renewed_at_four_fifths() {
        for (said, lease_secs, renewed_secs) in [
            (Some("864000"), 864_000, 691_200),
            (Some(" 86400 "), 86_400, 69_120),
            (Some("3600"), 3_600, 2_880),
            (Some("60"), 60, 900),
            (Some("315360000"), 30 * 86_400, 24 * 86_400),
            (Some("99999999999999999999"), 30 * 86_400, 24 * 86_400),
            (Some("0"), 86_400, 69_120),
            (Some("-1"), 86_400, 69_120),
            (Some("1e9"), 86_400, 69_120),
            (Some(""), 86_400, 69_120),
            (None, 86_400, 69_120),
        ] {
            let active = verified(callback(CallbackState::Asked, 5), said, now());
            let CallbackState::Active { lapses, .. } = active.state else { panic!("{said:?}") };
            assert_eq!((lapses - now()).num_seconds(), lease_secs, "{said:?}");
            assert_eq!((active.due - now()).num_seconds(), renewed_secs, "{said:?}");
            let trusted = active.trusted_until().expect("trusted") - now();
            assert_eq!(trusted.num_seconds(), lease_secs / 2, "{said:?}: half its silence");
        }
    }

    #[test]
    fn pauses_after_refusals_double_to_a_day_and_after_denials_to_two_weeks() {
        let failure = |retry_after| Failure {
            class: FailureClass::Server,
            reason: "500".to_owned(),
            retry_after,
        };
        let pauses = |step: &dyn Fn(Callback) -> Callback| {
            let mut callback = callback(CallbackState::Asked, 0);
            let pause = |_| {
                callback = step(callback.clone());
                (callback.due - now()).num_minutes()
            };
            (0..20).map(pause).collect::<Vec<i64>>()
        };
        let failed_pauses = pauses(&|callback| failed(callback, &failure(None), now()));
        assert_eq!(failed_pauses[..8], [15, 30, 60, 120, 240, 480, 960, 1_440]);
        assert_eq!(failed_pauses[19], 1_440);
        let denied_pauses = pauses(&|callback| denied(callback, Some(" no\u{7}\n "), now()));
        assert_eq!(denied_pauses[..5], [1_440, 2_880, 5_760, 11_520, 20_160]);
        assert_eq!(denied_pauses[19], 20_160);
        let later = failure(Some(RetryAfter::Delay(Duration::from_secs(7_200))));
        let asked = failed(callback(CallbackState::Asked, 0), &later, now());
        assert_eq!((asked.due - now()).num_minutes(), 120, "Retry-After is obeyed");
    }

    #[test]
    fn what_is_told_has_a_feed_fetched_but_not_against_its_publishers_will() {
        let minutes = |mins| now() + TimeDelta::minutes(mins);
        let none = Pause { last_check: None, last_change: None, not_before: None };
        let in_vain = Pause { last_check: Some(minutes(-2)), ..none };
        let with_news = Pause { last_change: Some(minutes(-2)), ..in_vain };
        let just_now = Pause { last_check: Some(now()), last_change: Some(now()), ..none };
        let asked_to_wait = Pause { not_before: Some(minutes(90)), ..in_vain };
        let rows = [
            ("unsigned", active(), Told::Unsigned, none, Some(30), 1, 0),
            ("soon after one in vain", active(), Told::Unsigned, in_vain, Some(180), 1, 0),
            ("soon after news", active(), Told::Unsigned, with_news, Some(30), 1, 0),
            ("right after news", active(), Told::Unsigned, just_now, Some(60), 1, 0),
            ("Retry-After", active(), Told::Unsigned, asked_to_wait, Some(5_400), 1, 0),
            ("signed", active(), Told::Signed, none, Some(60), 1, 0),
            ("unread", active(), Told::Unread, none, Some(60), 0, 0),
            ("forged", active(), Told::Forged, none, None, 0, 1),
            ("lapsed", lapsed(), Told::Unsigned, none, None, 0, 0),
            ("not verified", CallbackState::Asked, Told::Unsigned, none, None, 0, 0),
            ("refused", refused_state(), Told::Signed, none, None, 0, 0),
            ("leaving", CallbackState::Leaving { told: true }, Told::Signed, none, None, 0, 0),
        ];
        for (claim, state, told, pause, secs, pushes, ignored) in rows {
            let after = pushed(callback(state, 5), told, pause, now(), 0.5);
            let fetch = after.fetch_at.map(|at| (at - now()).num_seconds());
            assert_eq!((fetch, after.pushes, after.ignored), (secs, pushes, ignored), "{claim}");
            let heard = matches!(after.state,
                CallbackState::Active { heard, .. } if heard == now());
            assert_eq!(heard, pushes > 0, "{claim}");
        }
        let soon = Callback { fetch_at: Some(minutes(1)), ..callback(active(), 5) };
        let after = pushed(soon, Told::Unsigned, asked_to_wait, now(), 0.0);
        assert_eq!(after.fetch_at, Some(minutes(1)), "the earlier moment stays");
    }

    #[test]
    fn a_hub_that_kept_something_back_is_trusted_again_when_it_tells() {
        let CallbackState::Active { verified, lapses, heard, .. } = active() else { panic!() };
        let doubted = CallbackState::Active { verified, lapses, heard, doubted: true };
        let doubted = callback(doubted, 5);
        assert_eq!(doubted.trusted_until(), None);
        let pause = Pause { last_check: None, last_change: None, not_before: None };
        let unread = pushed(doubted.clone(), Told::Unread, pause, now(), 0.0);
        assert_eq!(unread.trusted_until(), None);
        let told = pushed(doubted, Told::Unsigned, pause, now(), 0.0);
        assert_eq!(told.trusted_until(), Some(now() + TimeDelta::days(5)));
    }

    #[test]
    fn ten_pushes_at_once_are_looked_at_and_then_one_a_minute() {
        let mut allowance = Allowance::new(now());
        let at = |secs| now() + TimeDelta::seconds(secs);
        let looked_at = (0..50).filter(|_| allowance.take(at(0))).count();
        assert_eq!(looked_at, 10);
        assert_eq!(
            [30, 61, 62, 121].map(|secs| allowance.take(at(secs))),
            [false, true, false, true]
        );
        assert!(!allowance.take(at(-3_600)), "a clock set back gives none");
        let later = (0..50).filter(|_| allowance.take(at(86_400))).count();
        assert_eq!(later, 10);
    }

    #[test]
    fn link_fields_win_over_the_document_and_a_later_answer_over_an_earlier_one() {
        let links = |hubs: &[&str], own: Option<&str>| Links {
            hubs: hubs.iter().map(|hub| web(hub)).collect(),
            own: own.map(web),
        };
        let document = Document {
            hubs: vec![web("https://d.example/")],
            own_url: Some(web("https://exemple.fr/d")),
            ..Document::default()
        };
        let mut state = FeedState::new(now());
        let mut see = |links: Links, document: Option<&Document>| {
            discover(&mut state, &links, document);
            let hubs = state.hubs.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            (hubs, state.topic.as_ref().map(ToString::to_string).unwrap_or_default())
        };
        let pair = |hub: &str, own: &str| (hub.to_owned(), own.to_owned());
        let (d, h) = ("https://d.example/", "https://h.example/");
        assert_eq!(see(links(&[], None), Some(&document)), pair(d, "https://exemple.fr/d"));
        let all = links(&[h], Some("https://exemple.fr/h"));
        assert_eq!(see(all.clone(), Some(&document)), pair(h, "https://exemple.fr/h"));
        assert_eq!(see(links(&[h], None), Some(&document)), pair(h, "https://exemple.fr/d"));
        assert_eq!(see(links(&[], None), None), pair(h, "https://exemple.fr/d"), "the same body");
        assert_eq!(see(all, None), pair(h, "https://exemple.fr/h"));
        assert_eq!(see(links(&[], None), Some(&Document::default())), pair("", ""));
    }
}
