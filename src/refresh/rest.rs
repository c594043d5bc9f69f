//! How a whole site is treated that throttles us: it is asked more slowly for a time, and never left
//! alone, since strangers' feeds may be behind the same name.
//!
//! Retry-After slows it down at once, for as long as it says. Without it the site is asked half as
//! often for as long as the feed itself backs off, and half as often again with each further refusal.
//! A private host has one owner, who can say it for each feed: it is never slowed down as a whole.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::feed::{FeedState, Standing};
use crate::model::outcome::{Failure, FailureClass};
use crate::model::rest::{LONGEST, SiteRest};
use crate::model::url::WebUrl;

use super::cadence::{self, CheckBounds};

/// How many times as slowly as usual a site is asked, at most.
pub const SLOWEST: u32 = 15;

/// How often in a row a refusal doubles, before that is reached.
const DOUBLINGS: u32 = 4;

/// For how long a page that was refused without a word slows its site down.
const PAGE_STEP: TimeDelta = TimeDelta::hours(1);

/// An answer that wants us to ask less (429, 503).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttle<'a> {
    /// What was asked for.
    pub address: &'a WebUrl,
    /// Until when it is not to be asked, if the answer said so.
    pub not_before: Option<DateTime<Utc>>,
    /// How long we would wait of ourselves.
    pub step: TimeDelta,
    /// How often in a row it failed.
    pub failures: u32,
}

/// What the last poll of a feed was told, if it was throttled; `state` is what the poll left behind,
/// `asked` where it began. It is told by who answered, and not by who led there.
pub fn of_feed<'a>(
    state: &FeedState,
    failure: &'a Failure,
    asked: &'a WebUrl,
    bounds: &CheckBounds,
) -> Option<Throttle<'a>> {
    let address = failure.address.as_deref().unwrap_or(asked);
    match state.standing {
        Standing::Failing { failures, class: FailureClass::Throttled, .. } => Some(Throttle {
            address,
            not_before: state.not_before,
            step: cadence::backoff(bounds, failures),
            failures,
        }),
        Standing::New | Standing::Healthy | Standing::Failing { .. } | Standing::Gone { .. } => {
            None
        }
    }
}

/// What a request for a page was told, if it was throttled at `now`; `times` in a row.
pub fn of_page<'a>(
    failure: &'a Failure,
    asked: &'a WebUrl,
    times: u32,
    now: DateTime<Utc>,
) -> Option<Throttle<'a>> {
    (failure.class == FailureClass::Throttled).then(|| Throttle {
        address: failure.address.as_deref().unwrap_or(asked),
        not_before: cadence::not_before(failure.retry_after, now),
        step: PAGE_STEP,
        failures: times,
    })
}

/// What follows for the site of a request that was throttled at `now`; `before` is what it was owed.
pub fn of_site(
    throttle: &Throttle<'_>,
    before: Option<SiteRest>,
    now: DateTime<Utc>,
) -> Option<SiteRest> {
    let site = throttle.address.site();
    if !site.is_public() {
        return None;
    }
    let before = before.filter(|rest| holds(rest, now));
    let (until, slower) = match throttle.not_before {
        Some(until) => (until.min(now + LONGEST), SLOWEST),
        None => {
            let in_a_row = 2_u32.pow(throttle.failures.clamp(1, DOUBLINGS));
            let doubled = before.as_ref().map_or(0, |rest| rest.slower.saturating_mul(2));
            (now + throttle.step.min(LONGEST), in_a_row.max(doubled))
        }
    };
    let slower = before.as_ref().map_or(slower, |rest| rest.slower.max(slower)).min(SLOWEST);
    match before {
        Some(before) if before.until > until => Some(SiteRest { slower, ..before }),
        Some(_) | None => {
            let (told, said) = (throttle.address.clone(), throttle.not_before.is_some());
            Some(SiteRest { site, until, slower, told, said })
        }
    }
}

/// Whether a rest still holds at `now`. One that reaches further than any answer can was written under
/// a clock that ran ahead.
pub fn holds(rest: &SiteRest, now: DateTime<Utc>) -> bool {
    rest.until > now && rest.until <= now + LONGEST
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::minutes(minute)
    }

    /// What is told when that address answers 429.
    fn throttled(by: Option<&str>) -> Failure {
        let address = by.map(|address| Box::new(url(address)));
        let (class, reason) = (FailureClass::Throttled, String::new());
        Failure { class, reason, retry_after: None, address }
    }

    #[test]
    fn who_answered_is_slowed_and_not_who_led_there() {
        let asked = url("https://short.example/feed");
        let hour = std::time::Duration::from_secs(3_600);
        let bounds = CheckBounds { min_interval: hour, max_interval: hour * 24, interval: None };
        let (since, reason, class) = (at(0), String::new(), FailureClass::Throttled);
        let standing = Standing::Failing { failures: 1, since, class, reason };
        let state = FeedState { standing, ..FeedState::new(at(0)) };
        for (by, site) in [
            (Some("https://far.example/feed"), Some("far.example")),
            (Some("http://nas.local/feed"), None),
            (None, Some("short.example")),
        ] {
            let failure = throttled(by);
            let of_feed = of_feed(&state, &failure, &asked, &bounds);
            let of_page = of_page(&failure, &asked, 1, at(0));
            for throttle in [of_feed, of_page] {
                let rest = of_site(&throttle.expect("it was throttled"), None, at(0));
                let slowed = rest.as_ref().map(|rest| rest.site.as_str());
                assert_eq!(slowed, site, "{by:?}");
                assert!(rest.is_none_or(|rest| rest.told.as_str() == by.unwrap_or(asked.as_str())));
            }
        }
    }

    fn url(text: &str) -> WebUrl {
        WebUrl::parse(text).expect("a URL")
    }

    /// What `/b` of a site is told at minute 0, which backs off for an hour by itself; what its site was
    /// owed since `/a` was told, as (until, slower); and what it is owed then, as (until, slower, who
    /// was told last, whether it said for how long).
    type Row = (Option<i64>, u32, Option<(i64, u32)>, (i64, u32, &'static str, bool));

    #[test]
    fn a_site_is_slowed_by_what_it_says_and_more_each_time_where_it_says_nothing() {
        let rows: [Row; 15] = [
            // It says for how long.
            (Some(5), 1, None, (5, 15, "/b", true)),
            (Some(5), 9, None, (5, 15, "/b", true)),
            (Some(9_000), 1, None, (1_440, 15, "/b", true)),
            (Some(5), 1, Some((90, 2)), (90, 15, "/a", true)),
            (Some(95), 1, Some((90, 2)), (95, 15, "/b", true)),
            // It says nothing.
            (None, 1, None, (60, 2, "/b", false)),
            (None, 2, None, (60, 4, "/b", false)),
            (None, 3, None, (60, 8, "/b", false)),
            (None, 4, None, (60, 15, "/b", false)),
            (None, u32::MAX, None, (60, 15, "/b", false)),
            // It said something before.
            (None, 1, Some((30, 2)), (60, 4, "/b", false)),
            (None, 1, Some((90, 8)), (90, 15, "/a", true)),
            (None, 1, Some((90, 15)), (90, 15, "/a", true)),
            // What is over, or was written under a clock that ran ahead, counts for nothing.
            (None, 1, Some((0, 8)), (60, 2, "/b", false)),
            (None, 1, Some((1_441, 8)), (60, 2, "/b", false)),
        ];
        for (not_before, failures, before, (until, slower, told, said)) in rows {
            let (a, b) = (url("https://blogs.example/a"), url("https://blogs.example/b"));
            let before = before.map(|(until, slower)| SiteRest {
                site: a.site(),
                until: at(until),
                slower,
                told: a.clone(),
                said: true,
            });
            let what = format!("{not_before:?} {failures} {before:?}");
            let not_before = not_before.map(at);
            let step = TimeDelta::hours(1);
            let throttle = Throttle { address: &b, not_before, step, failures };
            let rest = of_site(&throttle, before, at(0)).expect("a public site");
            let seen = (rest.until, rest.slower, rest.told.parts().path(), rest.said);
            assert_eq!(seen, (at(until), slower, told, said), "{what}");
            assert_eq!(rest.site.as_str(), "blogs.example");
        }
    }

    #[test]
    fn a_private_host_speaks_for_the_feed_alone() {
        for (address, is_slowed) in [
            ("https://a.example/feed", true),
            ("http://93.184.215.14/feed", true),
            ("http://nas.local/feed", false),
            ("http://192.168.1.9/feed", false),
            ("http://[::1]/feed", false),
        ] {
            let address = url(address);
            let (not_before, step) = (Some(at(30)), TimeDelta::hours(1));
            let throttle = Throttle { address: &address, not_before, step, failures: 1 };
            assert_eq!(of_site(&throttle, None, at(0)).is_some(), is_slowed, "{address}");
        }
    }

    #[test]
    fn only_who_is_throttled_slows_its_site() {
        use FailureClass::{Body, Client, Document, Guard, Network, Server, Throttled};
        let (address, mut state) = (url("https://a.example/"), FeedState::new(at(0)));
        let hour = std::time::Duration::from_secs(3_600);
        let bounds = CheckBounds { min_interval: hour, max_interval: hour * 24, interval: None };
        let failure = throttled(None);
        for standing in [Standing::New, Standing::Healthy, Standing::Gone { since: at(0) }] {
            state.standing = standing;
            assert_eq!(of_feed(&state, &failure, &address, &bounds), None, "{:?}", state.standing);
        }
        for class in [Body, Client, Document, Guard, Network, Server, Throttled] {
            let (since, reason) = (at(0), String::new());
            state.standing = Standing::Failing { failures: 3, since, class, reason };
            let step = of_feed(&state, &failure, &address, &bounds).map(|throttle| throttle.step);
            let expected = (class == Throttled).then(|| TimeDelta::hours(4));
            assert_eq!(step, expected, "{class:?}");
        }
    }
}
