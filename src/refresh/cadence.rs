//! When a feed is asked next: of all rules the latest moment wins, and its name is kept.
//!
//! Our own rules are the feed's rhythm within the configured bounds (or a fixed interval), a day for
//! feeds that offer no validators or whose hub is trusted to tell of changes, and a backoff after
//! failures that is never faster than the pace.
//! Publishers' wishes only ever slow us down: freshness (RFC 9111, section 4.2), Retry-After (RFC
//! 9110, section 10.2.3), `ttl`, `sy:*`, each up to 14 days, and hours and days to leave out.
//! Chance spreads feeds: it only adds, and most where feeds would stay together, after their first
//! poll and after the program was away.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::feed::{CheckRule, FeedState, Standing};
use crate::model::outcome::RetryAfter;
use crate::refresh::{rhythm, skip, whole};

/// The longest wait that a publisher's wish can cause.
pub const CAP: TimeDelta = TimeDelta::days(14);

/// The moment at which nothing is due any more, and which every store and format can express.
pub const NEVER: DateTime<Utc> =
    DateTime::from_timestamp(253_402_214_400, 0).expect("9999-12-31 is within chrono's range");

/// The shortest time between two requests of a person for one feed.
pub const MINIMUM_GAP: TimeDelta = TimeDelta::seconds(60);

/// How far a clock may be set back before what a hub said until then is not believed.
pub const CLOCK_SET_BACK: TimeDelta = TimeDelta::hours(1);

const DAY: TimeDelta = TimeDelta::days(1);
const MOST_JITTER: TimeDelta = TimeDelta::minutes(30);

/// From how late a poll on feeds are scattered anew: they may all have waited for the same moment.
const LATE: TimeDelta = TimeDelta::minutes(30);

/// Over how much of their wait they are scattered then, at most.
const MOST_SCATTER: TimeDelta = TimeDelta::hours(1);

/// For how many times its silence a feed without dates is left alone: after ten days without news it
/// is asked once a day.
const SILENCE_DIVISOR: i32 = 10;

/// The operator's bounds for one feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckBounds {
    /// The shortest time between two polls.
    pub min_interval: Duration,
    /// The longest that our own adaptation chooses.
    pub max_interval: Duration,
    /// A fixed interval instead of adaptation.
    pub interval: Option<Duration>,
}

/// When a feed is asked next, and which rule decided. `state` is what the poll that ended at `now`
/// leaves behind, `freshness` what its answer declared; `dice` is from 0 to 1.
pub fn next_check(
    state: &FeedState,
    bounds: &CheckBounds,
    freshness: Option<Duration>,
    now: DateTime<Utc>,
    dice: f64,
) -> (DateTime<Utc>, CheckRule) {
    if let Standing::Gone { .. } = state.standing {
        return (NEVER, CheckRule::Gone);
    }
    let own = own_rules(state, bounds, now);
    let wishes = publishers_wishes(state, freshness, now);
    let mut latest = own.0;
    for bound in own.1.into_iter().chain(wishes).flatten() {
        if bound.0 > latest.0 {
            latest = bound;
        }
    }
    scatter(latest, state, now, dice)
}

/// A moment before which not to ask, and why.
type Bound = (DateTime<Utc>, CheckRule);

fn own_rules(
    state: &FeedState,
    bounds: &CheckBounds,
    now: DateTime<Utc>,
) -> (Bound, [Option<Bound>; 3]) {
    let base = match bounds.interval {
        Some(interval) => (now + delta(interval), CheckRule::Interval),
        None => (now + adapted(state, bounds, now), CheckRule::Rhythm),
    };
    let failures = match state.standing {
        Standing::Failing { failures, .. } => failures,
        Standing::New | Standing::Healthy | Standing::Gone { .. } => 0,
    };
    let costly = match (state.validators.any(), whole::never_unchanged(state)) {
        (false, _) => Some(CheckRule::NoValidators),
        (true, true) => Some(CheckRule::NeverUnchanged),
        (true, false) => None,
    };
    let costly = costly.filter(|_| failures == 0 && bounds.interval.is_none());
    let costly = costly.map(|rule| (now + DAY.min(delta(bounds.max_interval)), rule));
    // The operator's own interval is not stretched, and a feed that fails is looked after.
    let hub = state.hub_trust.filter(|_| failures == 0 && bounds.interval.is_none());
    // What was heard under a clock that ran ahead says nothing.
    let hub = hub.filter(|trust| trust.heard <= now + CLOCK_SET_BACK);
    let rest = now + DAY.min(delta(bounds.max_interval));
    let hub = hub.map(|trust| (trust.until.min(rest), CheckRule::Hub));
    let backoff = (failures > 0).then(|| (now + backoff(bounds, failures), CheckRule::Backoff));
    (base, [costly, hub, backoff])
}

/// The interval that fits a feed: as its rhythm says ([`rhythm::worth_asking`]), or where it has
/// none, since its items have no dates, a tenth of its silence.
fn adapted(state: &FeedState, bounds: &CheckBounds, now: DateTime<Utc>) -> TimeDelta {
    let most = delta(bounds.max_interval);
    let worth = rhythm::worth_asking(&state.rhythm, rhythm::EAGERNESS, now, most);
    let silence = || state.last_change.map(|change| (now - change) / SILENCE_DIVISOR);
    let wanted = worth.map(|worth| worth - now).or_else(silence).unwrap_or_default();
    wanted.min(most).max(delta(bounds.min_interval))
}

/// How long a feed that failed so often in a row is left alone: doubles with every failure, from the
/// shortest interval up to a day.
pub fn backoff(bounds: &CheckBounds, failures: u32) -> TimeDelta {
    let first = delta(bounds.interval.unwrap_or(bounds.min_interval)).max(TimeDelta::seconds(1));
    let doublings = failures.saturating_sub(1).min(20);
    first.checked_mul(1 << doublings).unwrap_or(DAY).min(DAY)
}

fn publishers_wishes(
    state: &FeedState,
    freshness: Option<Duration>,
    now: DateTime<Utc>,
) -> [Option<Bound>; 3] {
    let fresh = freshness.map(|freshness| (now + delta(freshness), CheckRule::Freshness));
    let minutes = state.wishes.ttl_mins.max(state.wishes.syndication_mins);
    let wish = minutes
        .map(|minutes| (now + TimeDelta::minutes(i64::from(minutes)), CheckRule::PublisherWish));
    let retry = state.not_before.map(|moment| (moment, CheckRule::RetryAfter));
    [fresh, wish, retry].map(|bound| bound.map(|bound| capped(bound, now)))
}

fn capped(bound: Bound, now: DateTime<Utc>) -> Bound {
    if bound.0 >= now + CAP { (now + CAP, CheckRule::Cap) } else { bound }
}

/// Whether the poll that ended at `now` was the first, or so late that others were late with it.
/// `state` still says when it was due.
fn is_in_a_crowd(state: &FeedState, now: DateTime<Utc>) -> bool {
    state.rule == CheckRule::FirstPoll || now - state.next_check >= LATE
}

/// Adds a tenth of the wait at most, half an hour at most, and moves out of skipped hours. After a
/// poll in a crowd it adds up to the whole wait, an hour at most.
fn scatter(bound: Bound, state: &FeedState, now: DateTime<Utc>, dice: f64) -> Bound {
    let ((moment, rule), wishes) = (bound, &state.wishes);
    let share = |most: TimeDelta| {
        let millis = most.num_milliseconds() as f64 * dice.clamp(0.0, 1.0);
        TimeDelta::milliseconds(millis as i64)
    };
    let most = match is_in_a_crowd(state, now) {
        true => (moment - now).min(MOST_SCATTER),
        false => ((moment - now) / 10).min(MOST_JITTER),
    };
    let moment = moment + share(most);
    match skip::next_free_hour(wishes, moment) {
        Some(free) => (free + share(MOST_JITTER), CheckRule::SkippedHours),
        None => (moment, rule),
    }
}

/// A duration as chrono counts it; those beyond every rule become a century.
fn delta(duration: Duration) -> TimeDelta {
    const CENTURY: TimeDelta = TimeDelta::days(36_500);
    TimeDelta::from_std(duration).unwrap_or(CENTURY).min(CENTURY)
}

/// Until when Retry-After forbids to ask, at most [`CAP`] from `now`; none if that is over.
pub fn not_before(retry_after: Option<RetryAfter>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let until = match retry_after? {
        RetryAfter::Delay(delay) => now + delta(delay),
        RetryAfter::At(moment) => moment,
    };
    (until > now).then(|| until.min(now + CAP))
}

/// Before this moment a clock was not set yet: the program is younger.
const YOUNGEST_CLOCK: DateTime<Utc> =
    DateTime::from_timestamp(1_767_225_600, 0).expect("2026-01-01 is within chrono's range");

/// The next check as the scheduler takes it. What lies further ahead than any rule reaches was
/// written under a clock that ran ahead, and would freeze the feed: it is due at `now`, paced by its
/// site like all others. A clock that was not set yet changes nothing: that would be a burst.
pub fn plausible(state: &FeedState, bounds: &CheckBounds, now: DateTime<Utc>) -> DateTime<Utc> {
    match state.standing {
        Standing::Gone { .. } => NEVER,
        Standing::New | Standing::Healthy | Standing::Failing { .. } => {
            let own = delta(bounds.interval.unwrap_or(bounds.max_interval)).max(DAY).max(CAP);
            let reach = own + TimeDelta::days(8) + MOST_JITTER * 2;
            let is_beyond = state.next_check > now + reach && now >= YOUNGEST_CLOCK;
            if is_beyond { now } else { state.next_check }
        }
    }
}

/// Why a person's request to refresh a feed now is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotNow {
    /// The publisher said Retry-After; nothing overrides it.
    #[error("the publisher asks to wait until {0}")]
    RetryAfter(DateTime<Utc>),
    /// It was asked less than [`MINIMUM_GAP`] ago.
    #[error("it was asked less than a minute ago; again from {0}")]
    Gap(DateTime<Utc>),
    /// The publisher said 410.
    #[error("the publisher said that it is gone (410)")]
    Gone,
}

/// Whether a person may have a feed refreshed at `now`. The next check does not matter; `force`
/// drops the minimum gap and nothing else. A Retry-After beyond [`CAP`] was written under a clock
/// that ran ahead.
pub fn may_refresh_now(state: &FeedState, now: DateTime<Utc>, force: bool) -> Result<(), NotNow> {
    if let Standing::Gone { .. } = state.standing {
        return Err(NotNow::Gone);
    }
    if let Some(until) = state.not_before.filter(|&until| until > now && until <= now + CAP) {
        return Err(NotNow::RetryAfter(until));
    }
    let asked = state.last_check.filter(|&asked| asked <= now && now - asked < MINIMUM_GAP);
    match asked {
        Some(asked) if !force => Err(NotNow::Gap(asked + MINIMUM_GAP)),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::feed::HubTrust;
    use crate::model::outcome::{FailureClass, Validators};
    use crate::model::rhythm::Rhythm;

    const HOUR: Duration = Duration::from_secs(3_600);
    const BOUNDS: CheckBounds = CheckBounds {
        min_interval: HOUR,
        max_interval: Duration::from_secs(86_400),
        interval: None,
    };

    fn now() -> DateTime<Utc> {
        "2026-11-24T12:00:00Z".parse().expect("a date")
    }

    fn healthy() -> FeedState {
        let etag = Some(b"\"a\"".to_vec());
        FeedState {
            standing: Standing::Healthy,
            validators: Validators { etag, last_modified: None },
            last_change: Some(now()),
            rule: CheckRule::Rhythm,
            ..FeedState::new(now())
        }
    }

    /// A feed with an item every so many hours, the last one just now.
    fn every(hours: i64) -> Rhythm {
        let mut rhythm = Rhythm::default();
        let dates = (0..60).map(|n| now() - TimeDelta::hours(n * hours));
        rhythm::learn(&mut rhythm, dates, now());
        rhythm
    }

    fn failing(failures: u32) -> Standing {
        let (class, reason) = (FailureClass::Server, String::new());
        Standing::Failing { failures, since: now(), class, reason }
    }

    fn trusted(hours: i64) -> Option<HubTrust> {
        Some(HubTrust { until: now() + TimeDelta::hours(hours), heard: now() })
    }

    /// An edit of a healthy feed's state and of what its answer declared fresh.
    type Edit = fn(&mut FeedState, &mut Option<Duration>);

    fn check(bounds: &CheckBounds, edit: Edit) -> (i64, CheckRule) {
        let (mut state, mut freshness) = (healthy(), None);
        edit(&mut state, &mut freshness);
        let (next, rule) = next_check(&state, bounds, freshness, now(), 0.0);
        ((next - now()).num_minutes(), rule)
    }

    #[test]
    fn the_latest_rule_wins_and_is_named() {
        let rows: [(&str, Edit, i64, CheckRule); 27] = [
            ("nothing known", |_, _| {}, 60, CheckRule::Rhythm),
            ("every hour", |s, _| s.rhythm = every(1), 69, CheckRule::Rhythm),
            ("every 6 hours", |s, _| s.rhythm = every(6), 302, CheckRule::Rhythm),
            ("monthly", |s, _| s.rhythm = every(720), 1_440, CheckRule::Rhythm),
            (
                "silent for 60 days",
                |s, _| s.last_change = Some(now() - TimeDelta::days(60)),
                1_440,
                CheckRule::Rhythm,
            ),
            (
                "no validators",
                |s, _| s.validators = Validators::default(),
                1_440,
                CheckRule::NoValidators,
            ),
            ("a hub", |s, _| s.hub_trust = trusted(72), 1_440, CheckRule::Hub),
            ("a hub trusted for 5 hours", |s, _| s.hub_trust = trusted(5), 300, CheckRule::Hub),
            ("a hub no longer trusted", |s, _| s.hub_trust = trusted(-5), 60, CheckRule::Rhythm),
            (
                "a hub heard under a clock that ran ahead",
                |s, _| {
                    let ahead = |trust: HubTrust| HubTrust { heard: trust.until, ..trust };
                    s.hub_trust = trusted(72).map(ahead);
                },
                60,
                CheckRule::Rhythm,
            ),
            (
                "a hub of a feed that fails",
                |s, _| (s.hub_trust, s.standing) = (trusted(72), failing(1)),
                60,
                CheckRule::Rhythm,
            ),
            ("fresh for 12 hours", |_, f| *f = Some(HOUR * 12), 720, CheckRule::Freshness),
            ("fresh for a minute", |_, f| *f = Some(HOUR / 60), 60, CheckRule::Rhythm),
            ("fresh for ever", |_, f| *f = Some(Duration::MAX), 20_160, CheckRule::Cap),
            ("ttl 1", |s, _| s.wishes.ttl_mins = Some(1), 60, CheckRule::Rhythm),
            ("ttl 120", |s, _| s.wishes.ttl_mins = Some(120), 120, CheckRule::PublisherWish),
            ("ttl 100000", |s, _| s.wishes.ttl_mins = Some(100_000), 20_160, CheckRule::Cap),
            (
                "daily by sy",
                |s, _| s.wishes.syndication_mins = Some(1_440),
                1_440,
                CheckRule::PublisherWish,
            ),
            (
                "Retry-After",
                |s, _| s.not_before = Some(now() + TimeDelta::days(2)),
                2_880,
                CheckRule::RetryAfter,
            ),
            (
                "Retry-After of a failing feed",
                |s, _| (s.not_before, s.standing) = (Some(now() + TimeDelta::days(2)), failing(2)),
                2_880,
                CheckRule::RetryAfter,
            ),
            ("first failure", |s, _| s.standing = failing(1), 60, CheckRule::Rhythm),
            ("second failure", |s, _| s.standing = failing(2), 120, CheckRule::Backoff),
            ("fifth failure", |s, _| s.standing = failing(5), 960, CheckRule::Backoff),
            ("failing for years", |s, _| s.standing = failing(u32::MAX), 1_440, CheckRule::Backoff),
            (
                "failing but slow",
                |s, _| (s.rhythm, s.standing) = (every(720), failing(2)),
                1_440,
                CheckRule::Rhythm,
            ),
            (
                "failing without validators",
                |s, _| (s.validators, s.standing) = (Validators::default(), failing(2)),
                120,
                CheckRule::Backoff,
            ),
            (
                "13 h is skipped",
                |s, _| s.wishes.skip_hours = vec![13],
                120,
                CheckRule::SkippedHours,
            ),
        ];
        for (claim, edit, minutes, rule) in rows {
            assert_eq!(check(&BOUNDS, edit), (minutes, rule), "{claim}");
        }
    }

    #[test]
    fn a_fixed_interval_replaces_adaptation_but_no_wish() {
        let fixed = CheckBounds { interval: Some(HOUR / 4), ..BOUNDS };
        let rows: [(&str, Edit, i64, CheckRule); 6] = [
            ("a hub", |s, _| s.hub_trust = trusted(72), 15, CheckRule::Interval),
            ("monthly", |s, _| s.rhythm = every(720), 15, CheckRule::Interval),
            ("no validators", |s, _| s.validators = Validators::default(), 15, CheckRule::Interval),
            ("fresh", |_, f| *f = Some(HOUR), 60, CheckRule::Freshness),
            ("ttl", |s, _| s.wishes.ttl_mins = Some(30), 30, CheckRule::PublisherWish),
            ("failing", |s, _| s.standing = failing(3), 60, CheckRule::Backoff),
        ];
        for (claim, edit, minutes, rule) in rows {
            assert_eq!(check(&fixed, edit), (minutes, rule), "{claim}");
        }
        let monthly = CheckBounds { interval: Some(HOUR * 720), ..BOUNDS };
        assert_eq!(check(&monthly, |_, _| {}), (43_200, CheckRule::Interval));
    }

    #[test]
    fn a_feed_that_is_gone_is_never_asked_again() {
        let mut state = healthy();
        state.standing = Standing::Gone { since: now() };
        assert_eq!(next_check(&state, &BOUNDS, None, now(), 1.0), (NEVER, CheckRule::Gone));
        assert_eq!(plausible(&state, &BOUNDS, now()), NEVER);
    }

    #[test]
    fn chance_only_adds_and_little() {
        for (dice, hours, most) in [
            (0.0, 1, 0),
            (0.5, 1, 3),
            (1.0, 1, 6),
            (1.0, 240, 30),
            (7.0, 1, 6),
            (-1.0, 1, 0),
            (f64::NAN, 1, 0),
        ] {
            let bounds = CheckBounds { interval: Some(HOUR * hours), ..BOUNDS };
            let (next, _) = next_check(&healthy(), &bounds, None, now(), dice);
            let added = next - now() - TimeDelta::hours(i64::from(hours));
            assert_eq!(added.num_minutes(), most, "{dice} {hours}");
        }
    }

    #[test]
    fn feeds_in_a_crowd_are_scattered_over_their_wait_and_an_hour_at_most() {
        let late = |minutes| now() - TimeDelta::minutes(minutes);
        for (rule, due, hours, most) in [
            (CheckRule::FirstPoll, now(), 1, 60),
            (CheckRule::FirstPoll, now(), 24, 60),
            (CheckRule::Rhythm, late(29), 1, 6),
            (CheckRule::Rhythm, late(30), 1, 60),
            (CheckRule::Rhythm, late(60 * 24), 24, 60),
        ] {
            let state = FeedState { rule, next_check: due, ..healthy() };
            let bounds = CheckBounds { interval: Some(HOUR * hours), ..BOUNDS };
            let (next, _) = next_check(&state, &bounds, None, now(), 1.0);
            let added = next - now() - TimeDelta::hours(i64::from(hours));
            assert_eq!(added.num_minutes(), most, "{rule:?} {due} {hours}");
        }
    }

    #[test]
    fn chance_does_not_lead_into_a_skipped_hour() {
        let mut state = healthy();
        state.wishes.skip_hours = vec![13];
        let bounds = CheckBounds { interval: Some(Duration::from_secs(59 * 60)), ..BOUNDS };
        let (next, rule) = next_check(&state, &bounds, None, now(), 1.0);
        assert_eq!((next - now()).num_minutes(), 150);
        assert_eq!(rule, CheckRule::SkippedHours);
    }

    #[test]
    fn retry_after_is_obeyed_and_capped() {
        let at = |text: &str| Some(RetryAfter::At(text.parse().expect("a date")));
        for (said, until) in [
            (None, None),
            (Some(RetryAfter::Delay(Duration::ZERO)), None),
            (Some(RetryAfter::Delay(HOUR * 24)), Some(now() + DAY)),
            (Some(RetryAfter::Delay(Duration::MAX)), Some(now() + CAP)),
            (at("2026-11-24T13:00:00Z"), Some(now() + TimeDelta::hours(1))),
            (at("2020-01-01T00:00:00Z"), None),
            (at("9999-12-31T23:59:59Z"), Some(now() + CAP)),
        ] {
            assert_eq!(not_before(said, now()), until, "{said:?}");
        }
    }

    #[test]
    fn a_person_waits_for_retry_after_and_a_minute() {
        let minutes = |minutes: i64| Some(now() + TimeDelta::minutes(minutes));
        let seconds = |seconds: i64| Some(now() + TimeDelta::seconds(seconds));
        for (last_check, not_before, force, allowed) in [
            (None, None, false, true),
            (seconds(-59), None, false, false),
            (seconds(-59), None, true, true),
            (seconds(-60), None, false, true),
            (minutes(-5), minutes(5), false, false),
            (minutes(-5), minutes(5), true, false),
            (minutes(-5), minutes(0), false, true),
            (minutes(90), None, false, true),
            (minutes(90), minutes(60 * 24 * 365), false, true),
        ] {
            let state = FeedState { last_check, not_before, next_check: NEVER, ..healthy() };
            let may = may_refresh_now(&state, now(), force);
            assert_eq!(may.is_ok(), allowed, "{last_check:?} {not_before:?} {force}");
        }
        let gone = FeedState { standing: Standing::Gone { since: now() }, ..healthy() };
        assert_eq!(may_refresh_now(&gone, now(), true), Err(NotNow::Gone));
    }

    #[test]
    fn a_clock_that_ran_ahead_freezes_nothing_and_an_unset_one_bursts_nothing() {
        let ten_years = now() + TimeDelta::days(3_650);
        let unset = DateTime::UNIX_EPOCH;
        for (next_check, now, taken) in [
            (now() + TimeDelta::hours(1), now(), now() + TimeDelta::hours(1)),
            (now() + CAP + DAY, now(), now() + CAP + DAY),
            (now() - DAY, now(), now() - DAY),
            (ten_years, now(), now()),
            (now(), unset, now()),
        ] {
            let state = FeedState { next_check, ..healthy() };
            assert_eq!(plausible(&state, &BOUNDS, now), taken);
        }
    }
}
