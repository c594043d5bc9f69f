//! Hubs (WebSub, W3C Recommendation of 2018): which one is asked for what and when, and what follows
//! from what it says.
//!
//! A hub is a convenience and never needed: while it is well, polling falls to once a day
//! ([`super::cadence`]); whatever goes wrong with it, polling goes on as ever. Each lease has a
//! callback of its own; the old one stays until the new one is verified, and is then told off.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::callback::{Callback, CallbackState, HubFeed, Past};
use crate::model::document::Document;
use crate::model::feed::FeedState;
use crate::model::outcome::{Failure, Links, Validators};
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
/// After how many failures in a row it is the turn of another hub, if the feed names one. After a denial it
/// is at once.
const PATIENCE_WITH_ONE: u32 = 3;
/// The longest pause after failures, and the shortest after a denial.
const LONGEST_RETRY: TimeDelta = TimeDelta::days(1);
/// The longest pause after denials in a row.
const LONGEST_DENIAL: TimeDelta = TimeDelta::days(14);
/// Within how long a feed is fetched that changed: its publisher is not asked by all at once. Content
/// that came with the news has as long to be read.
const SPREAD: TimeDelta = TimeDelta::seconds(60);
/// Within how long a feed is fetched whose hub is trusted no more.
const TRUSTLESS_SPREAD: TimeDelta = TimeDelta::minutes(30);
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
        /// What stands for the attempts before, to be forgotten then.
        instead_of: Option<Callback>,
        /// What the leases before say of the hub.
        past: Past,
    },
    /// The hub is to be told that this is not wanted any more.
    TellOff(Callback),
    /// This is to be kept in place of what is kept of it.
    Keep(Callback),
    /// This is to be forgotten.
    Forget(Callback),
}

impl Step {
    /// The hub that it asks; none if it asks nobody.
    pub fn asks(&self) -> Option<&WebUrl> {
        match self {
            Self::Ask { hub, .. } => Some(hub),
            Self::TellOff(callback) => Some(&callback.hub),
            Self::Keep(_) | Self::Forget(_) => None,
        }
    }
}

/// What is to be done now about a feed with these callbacks. `base` is the address under which hubs
/// reach us; without it no hub is asked for anything.
pub fn steps(
    feed: &HubFeed,
    callbacks: &[Callback],
    base: Option<&WebUrl>,
    now: DateTime<Utc>,
) -> Vec<Step> {
    let place = base.filter(|_| feed.is_polled).zip(feed.topic.as_ref());
    let fits = |callback: &Callback| {
        place.is_some_and(|(base, topic)| {
            *topic == callback.topic
                && feed.hubs.contains(&callback.hub)
                && callback.address.as_str().starts_with(base.as_str())
        })
    };
    let current = |callback: &&Callback| {
        fits(callback) && !is_of_the_future(callback, now) && !is_leaving(callback)
    };
    let known: Vec<&Callback> = callbacks.iter().filter(current).collect();
    let is_told = known.iter().any(|callback| tells(callback, now));
    let mut steps: Vec<Step> = callbacks
        .iter()
        .filter_map(|callback| match step(callback, fits(callback), now) {
            // What is known of its hub is not forgotten with it.
            Some(Step::Forget(lapsed)) if known == [callback] => Some(lapse(lapsed, now)),
            // What became of the others does not matter any more, once they may be asked again: until
            // then it is their wish.
            None if is_told && is_refused(callback) && callback.due <= now => {
                Some(Step::Forget(callback.clone()))
            }
            step => step,
        })
        .collect();
    if let Some((_, topic)) = place {
        steps.extend(request(&feed.hubs, topic, &known, now));
    }
    steps
}

/// The request that is to be made now, if one is; `known` is what is known of the hubs.
fn request(
    hubs: &[WebUrl],
    topic: &WebUrl,
    known: &[&Callback],
    now: DateTime<Utc>,
) -> Option<Step> {
    let mut past = Past::None;
    for callback in known {
        match callback.state {
            // They become refusals first.
            CallbackState::Active { lapses, .. } if known.len() == 1 && lapses <= now => {
                return None;
            }
            CallbackState::Asked => return None,
            CallbackState::Active { .. } if now < callback.due => return None,
            CallbackState::Active { .. } => past = callback.past(),
            CallbackState::Refused { .. } if past == Past::None => past = callback.past(),
            CallbackState::Refused { .. } | CallbackState::Leaving { .. } => {}
        }
    }
    let hub = choice(hubs, known)?;
    let before = known.iter().find(|callback| is_refused(callback) && callback.hub == *hub);
    if before.is_some_and(|before| now < before.due) {
        return None;
    }
    let instead_of = before.map(|before| (*before).clone());
    Some(Step::Ask { hub: hub.clone(), topic: topic.clone(), instead_of, past })
}

/// Which of `hubs` is asked, `known` being what is known of them: the one because of which others had
/// their turn least often; of these one that we have to do with already, for a hub is not left without
/// need; then one behind TLS, since only there a secret can be agreed on; then the first named.
fn choice<'a>(hubs: &'a [WebUrl], known: &[&Callback]) -> Option<&'a WebUrl> {
    hubs.iter().min_by_key(|hub| {
        let of_it = known.iter().filter(|callback| callback.hub == **hub);
        let passes = of_it.map(|callback| callback.passes).max();
        (passes.unwrap_or(0), passes.is_none(), hub.parts().scheme() != "https")
    })
}

/// Whether a hub tells there of changes, and nothing is to be done about it.
fn tells(callback: &Callback, now: DateTime<Utc>) -> bool {
    matches!(callback.state, CallbackState::Active { .. }) && now < callback.due
}

fn is_refused(callback: &Callback) -> bool {
    matches!(callback.state, CallbackState::Refused { .. })
}

fn is_leaving(callback: &Callback) -> bool {
    matches!(callback.state, CallbackState::Leaving { .. })
}

/// Its lease ended: its hub is asked anew at once.
fn lapse(callback: Callback, now: DateTime<Utc>) -> Step {
    let past = callback.past();
    let state = CallbackState::Refused { reason: "its lease ended".to_owned() };
    Step::Keep(Callback { state, due: now, past, ..callback })
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

/// The hub verified it and grants a lease of so many seconds, as it writes them. `past` is what the leases
/// before say of it.
pub fn verified(
    callback: Callback,
    past: Past,
    lease: Option<&str>,
    now: DateTime<Utc>,
) -> Callback {
    let lease = granted(lease);
    let (verified, lapses) = (now, now + lease);
    let (heard, doubted) = match past {
        Past::None => (now, false),
        Past::Told(at) => (at, false),
        Past::Silent => (now, true),
    };
    let state = CallbackState::Active { verified, lapses, heard, doubted };
    let due = now + (lease * 4 / 5).max(SOONEST_RENEWAL);
    Callback { state, due, attempts: 0, passes: 0, past, ..callback }
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
    denial: Option<TimeDelta>,
    longest: TimeDelta,
    now: DateTime<Utc>,
) -> Callback {
    let doublings = callback.attempts.min(16);
    let pause = (denial.unwrap_or(FIRST_RETRY) * (1 << doublings)).min(longest);
    let reason = HeaderText::new(&reason).as_str().chars().take(LONGEST_REASON).collect();
    let attempts = callback.attempts.saturating_add(1);
    let is_over = denial.is_some() || attempts.is_multiple_of(PATIENCE_WITH_ONE);
    let passes = callback.passes.saturating_add(is_over.into());
    let (state, past) = (CallbackState::Refused { reason }, callback.past());
    Callback { state, due: now + pause, attempts, passes, past, ..callback }
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

/// What it does to a callback that something is told there at `now`, and whether its feed is to be fetched
/// for that, or what was told to be read. A callback listens while its lease runs; one that is left only
/// has the feed fetched, since its hub tells there until it hears of that.
pub fn pushed(mut callback: Callback, told: Told, now: DateTime<Utc>) -> (Callback, bool) {
    match &mut callback.state {
        CallbackState::Active { lapses, .. } if *lapses <= now => (callback, false),
        CallbackState::Active { .. } | CallbackState::Leaving { .. } if told == Told::Forged => {
            callback.ignored = callback.ignored.saturating_add(1);
            (callback, false)
        }
        CallbackState::Active { heard, doubted, .. } if told != Told::Unread => {
            (*heard, *doubted) = (now, false);
            callback.pushes = callback.pushes.saturating_add(1);
            (callback, true)
        }
        CallbackState::Active { .. } | CallbackState::Leaving { .. } => (callback, true),
        CallbackState::Asked | CallbackState::Refused { .. } => (callback, false),
    }
}

/// How long after it was told a feed is fetched; `dice` is from 0 to 1.
pub fn spread(told: Told, dice: f64) -> TimeDelta {
    match told {
        Told::Signed | Told::Unread | Told::Forged => SPREAD,
        Told::Unsigned => share(SPREAD, dice),
    }
}

/// How long after the trust in its hub has ended a feed is fetched, since its next check was set in that
/// trust: a hub may end it for thousands.
pub fn after_trust(dice: f64) -> TimeDelta {
    share(TRUSTLESS_SPREAD, dice)
}

fn share(most: TimeDelta, dice: f64) -> TimeDelta {
    most * (dice.clamp(0.0, 1.0) * 1_000.0) as i32 / 1_000
}

/// Whether one of the hubs behind these callbacks is trusted at `now`.
pub fn is_trusted(callbacks: &[Callback], now: DateTime<Utc>) -> bool {
    callbacks.iter().filter_map(Callback::trusted_until).any(|until| until > now)
}

/// What a push leaves behind that brought entries or changes. Hubs tell twice and out of turn, and nothing
/// in an item says dependably which of two states is the newer one: after a change the next poll gets
/// the document whole and settles it.
pub fn brought(state: &mut FeedState, entries: bool, changes: bool, now: DateTime<Utc>) {
    if entries || changes {
        state.last_change = Some(now);
    }
    if changes {
        (state.body_hash, state.validators) = (None, Validators::default());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::feed::FeedId;
    use crate::model::outcome::{FailureClass, RetryAfter};
    use crate::model::secret::Secret;
    use crate::refresh::note::Pause;

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
            passes: 0,
            pushes: 0,
            ignored: 0,
            past: Past::None,
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
        let rows: [(&str, Vec<Callback>, &[&str]); 17] = [
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
            ("lapsed", vec![callback(lapsed(), 0)], &["give up"]),
            (
                "lapsed, its renewal failed",
                vec![callback(lapsed(), 0), callback(refused_state(), 0)],
                &["forget", "ask again"],
            ),
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
    fn a_hub_that_fails_is_replaced_by_the_next_and_has_its_turn_again() {
        let (a, b, c) = ("https://a.example/", "https://b.example/", "https://c.example/");
        let plain = "http://plain.example/";
        let known =
            |hub: &str, passes| Callback { hub: web(hub), passes, ..callback(refused_state(), 5) };
        for (claim, hubs, known, expected) in [
            ("none named", &[][..], vec![], None),
            ("one", &[a], vec![], Some(a)),
            ("one that failed ever so often", &[a], vec![known(a, 9)], Some(a)),
            ("the first named", &[a, b], vec![], Some(a)),
            ("the first behind TLS", &[plain, a, b], vec![], Some(a)),
            ("it failed, not often", &[a, b], vec![known(a, 0)], Some(a)),
            ("it failed too often", &[a, b], vec![known(a, 1)], Some(b)),
            ("the second failed, not often", &[a, b], vec![known(a, 1), known(b, 0)], Some(b)),
            ("both failed too often", &[a, b], vec![known(a, 1), known(b, 1)], Some(a)),
            ("and the first again", &[a, b], vec![known(a, 2), known(b, 1)], Some(b)),
            ("and the second again", &[a, b], vec![known(a, 2), known(b, 2)], Some(a)),
            ("two of three failed", &[a, b, c], vec![known(a, 1), known(b, 1)], Some(c)),
            ("without TLS, where all else failed", &[plain, a], vec![known(a, 1)], Some(plain)),
            ("known, and without TLS", &[a, plain], vec![known(plain, 0)], Some(plain)),
            ("known, and named last", &[a, b, c], vec![known(c, 0)], Some(c)),
            ("what is known is not named any more", &[b, a], vec![known(c, 0)], Some(b)),
        ] {
            let hubs: Vec<WebUrl> = hubs.iter().map(|hub| web(hub)).collect();
            let known: Vec<&Callback> = known.iter().collect();
            assert_eq!(choice(&hubs, &known).map(WebUrl::as_str), expected, "{claim}");
        }
    }

    #[test]
    fn it_is_anothers_turn_after_three_failures_in_a_row_or_a_denial() {
        let failure = Failure {
            class: FailureClass::Server,
            reason: "500".to_owned(),
            retry_after: None,
            address: None,
        };
        let asked = callback(CallbackState::Asked, 0);
        let fail = |callback| failed(callback, &failure, now());
        let deny = |callback| denied(callback, None, now());
        let mut after = asked.clone();
        let passes: Vec<u32> = (0..7)
            .map(|_| {
                after = fail(after.clone());
                after.passes
            })
            .collect();
        assert_eq!(passes, [0, 0, 1, 1, 1, 2, 2]);
        assert_eq!(deny(asked.clone()).passes, 1);
        assert_eq!(deny(callback(active(), 5)).passes, 1, "also while it tells");
        assert_eq!(deny(deny(asked)).passes, 2);
        let well = verified(after, Past::None, None, now());
        assert_eq!((well.attempts, well.passes), (0, 0));
    }

    #[test]
    fn another_hub_is_asked_while_the_first_is_left_alone_and_one_tells_in_the_end() {
        const OTHER: &str = "https://other.example/";
        let two = HubFeed { hubs: vec![web(HUB), web(OTHER)], ..feed() };
        let first = |state, due, passes| Callback { passes, ..callback(state, due) };
        let second = |state, due, passes| Callback { hub: web(OTHER), ..first(state, due, passes) };
        let (asked, refused) = (CallbackState::Asked, refused_state());
        type Steps = &'static [(&'static str, &'static str)];
        let rows: [(&str, Vec<Callback>, Steps); 12] = [
            ("failed, not often", vec![first(refused.clone(), 5, 0)], &[]),
            ("failed too often", vec![first(refused.clone(), 5, 1)], &[("ask", OTHER)]),
            ("the other is asked", vec![first(refused.clone(), 0, 1), second(asked, 5, 0)], &[]),
            (
                "it failed once",
                vec![first(refused.clone(), 0, 1), second(refused.clone(), 5, 0)],
                &[],
            ),
            (
                "it is asked again",
                vec![first(refused.clone(), 0, 1), second(refused.clone(), 0, 0)],
                &[("ask again", OTHER)],
            ),
            (
                "the first again",
                vec![first(refused.clone(), 0, 1), second(refused.clone(), 5, 1)],
                &[("ask again", HUB)],
            ),
            (
                "the first again, but not yet",
                vec![first(refused.clone(), 5, 1), second(refused.clone(), 0, 1)],
                &[],
            ),
            (
                "the other tells",
                vec![first(refused.clone(), 0, 1), second(active(), 5, 0)],
                &[("forget", HUB)],
            ),
            (
                "the other tells while the first is to be left alone",
                vec![first(refused.clone(), 5, 1), second(active(), 5, 0)],
                &[],
            ),
            (
                "and tells no more: the first is left alone still",
                vec![first(refused.clone(), 5, 1), second(refused.clone(), 9, 1)],
                &[],
            ),
            ("the other is to be renewed", vec![second(active(), 0, 0)], &[("ask", OTHER)]),
            (
                "its renewal failed too often, and it tells still",
                vec![second(active(), 0, 0), second(refused, 5, 1)],
                &[("ask", HUB)],
            ),
        ];
        for (claim, callbacks, expected) in rows {
            let steps = steps(&two, &callbacks, Some(&base()), now());
            let hubs = steps.iter().map(|step| match step {
                Step::Ask { hub, .. } => hub.as_str(),
                Step::TellOff(one) | Step::Keep(one) | Step::Forget(one) => one.hub.as_str(),
            });
            let seen: Vec<_> = words(&steps).into_iter().zip(hubs).collect();
            assert_eq!(seen, expected, "{claim}");
        }
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
            let active = verified(callback(CallbackState::Asked, 5), Past::None, said, now());
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
            address: None,
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
        for (claim, told, pause, secs) in [
            ("unsigned", Told::Unsigned, none, 30),
            ("soon after one in vain", Told::Unsigned, in_vain, 180),
            ("soon after news", Told::Unsigned, with_news, 30),
            ("right after news", Told::Unsigned, just_now, 60),
            ("Retry-After", Told::Unsigned, asked_to_wait, 5_400),
            ("signed", Told::Signed, none, 60),
            ("unread", Told::Unread, none, 60),
        ] {
            let soon = pause.after(now() + spread(told, 0.5));
            assert_eq!((soon - now()).num_seconds(), secs, "{claim}");
        }
    }

    #[test]
    fn a_callback_listens_while_its_lease_runs_and_one_that_is_left_is_heard() {
        let (told, untold) =
            (CallbackState::Leaving { told: true }, CallbackState::Leaving { told: false });
        for (claim, state, told, is_told, pushes, ignored) in [
            ("unsigned", active(), Told::Unsigned, true, 1, 0),
            ("signed", active(), Told::Signed, true, 1, 0),
            ("unread", active(), Told::Unread, true, 0, 0),
            ("forged", active(), Told::Forged, false, 0, 1),
            ("lapsed", lapsed(), Told::Unsigned, false, 0, 0),
            ("not verified", CallbackState::Asked, Told::Unsigned, false, 0, 0),
            ("refused", refused_state(), Told::Signed, false, 0, 0),
            ("leaving", untold.clone(), Told::Unsigned, true, 0, 0),
            ("leaving, signed", untold, Told::Signed, true, 0, 0),
            ("told off", told.clone(), Told::Unread, true, 0, 0),
            ("told off, forged", told, Told::Forged, false, 0, 1),
        ] {
            let (after, is) = pushed(callback(state, 5), told, now());
            assert_eq!((is, after.pushes, after.ignored), (is_told, pushes, ignored), "{claim}");
            let heard = matches!(after.state,
                CallbackState::Active { heard, .. } if heard == now());
            assert_eq!(heard, pushes > 0, "{claim}");
        }
    }

    #[test]
    fn a_hub_that_kept_something_back_is_trusted_again_when_it_tells() {
        let CallbackState::Active { verified, lapses, heard, .. } = active() else { panic!() };
        let doubted = CallbackState::Active { verified, lapses, heard, doubted: true };
        let doubted = callback(doubted, 5);
        assert_eq!(doubted.trusted_until(), None);
        let (unread, _) = pushed(doubted.clone(), Told::Unread, now());
        assert_eq!(unread.trusted_until(), None);
        let (told, _) = pushed(doubted, Told::Unsigned, now());
        assert_eq!(told.trusted_until(), Some(now() + TimeDelta::days(5)));
    }

    #[test]
    fn a_next_lease_is_trusted_only_if_something_was_told_during_the_one_before() {
        let days = |days| TimeDelta::days(days);
        let told = |at| Callback { pushes: 1, ..callback(active_heard(at), 0) };
        let silent = callback(active(), 0);
        let CallbackState::Active { verified, lapses, heard, .. } = active() else { panic!() };
        let doubt = CallbackState::Active { verified, lapses, heard, doubted: true };
        let kept_back = Callback { pushes: 9, ..callback(doubt, 0) };
        let denied_silent = denied(silent.clone(), None, now());
        let once_silent = Callback { past: Past::Silent, ..callback(refused_state(), 0) };
        let after_failure = Callback { past: Past::Silent, ..callback(CallbackState::Asked, 0) };
        for (claim, before, trusted) in [
            ("the first", callback(CallbackState::Asked, 0), Some(days(5))),
            ("told three days ago", told(now() - days(3)), Some(days(2))),
            ("told six days ago", told(now() - days(6)), Some(days(-1))),
            ("silent", silent, None),
            ("kept back", kept_back, None),
            ("denied, and silent before", denied_silent, None),
            ("refused, and silent before", once_silent, None),
            ("asked again, and silent before", after_failure, None),
        ] {
            let next = verified_after(before.past());
            assert_eq!(next.trusted_until().map(|until| until - now()), trusted, "{claim}");
        }
        let lapsed = Callback { pushes: 0, ..callback(lapsed(), 0) };
        let steps_then = steps(&feed(), &[lapsed], Some(&base()), now());
        let [Step::Keep(kept)] = steps_then.as_slice() else { panic!("{steps_then:?}") };
        let again = steps(&feed(), std::slice::from_ref(kept), Some(&base()), now());
        assert!(matches!(&again[..], [Step::Ask { past: Past::Silent, .. }]), "{again:?}");
    }

    fn active_heard(heard: DateTime<Utc>) -> CallbackState {
        let CallbackState::Active { verified, lapses, .. } = active() else { panic!() };
        CallbackState::Active { verified, lapses, heard, doubted: false }
    }

    fn verified_after(past: Past) -> Callback {
        verified(callback(CallbackState::Asked, 5), past, Some("864000"), now())
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
