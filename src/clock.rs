//! Time, as an argument.
//!
//! The only trait made for tests: loops ask a [`Clock`] what time it is and wait on it, so that a
//! test can let months pass in seconds. Rules never see it; they are given `now`.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// A future that ends when a moment has come.
pub type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What time it is, and when it is later.
pub trait Clock: Debug + Send + Sync {
    /// The time of day, UTC.
    fn now(&self) -> DateTime<Utc>;

    /// Ends when `moment` has come, at once if it has passed; or else when the clock is set back
    /// meanwhile, so that nobody waits for years for what was planned under a clock that ran ahead.
    /// Who waits looks again.
    fn until(&self, moment: DateTime<Utc>) -> Wait;

    /// Ends after `pause`, also if the time of day is set meanwhile: for looking again soon.
    fn after(&self, pause: Duration) -> Wait;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// How long a sleep lasts before the wall clock is looked at again, so that a clock that was set or
/// a machine that was suspended is noticed.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// Whether a clock that showed `before` and shows `now` later was set back, by more than clocks are
/// when they are kept right.
pub fn is_set_back(before: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now + KEPT_RIGHT < before
}

/// By how much a clock that is kept right may step back.
const KEPT_RIGHT: TimeDelta = TimeDelta::seconds(30);

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn after(&self, pause: Duration) -> Wait {
        Box::pin(tokio::time::sleep(pause))
    }

    fn until(&self, moment: DateTime<Utc>) -> Wait {
        let clock = *self;
        Box::pin(async move {
            let mut now = clock.now();
            while let Ok(rest) = (moment - now).to_std() {
                if rest.is_zero() {
                    return;
                }
                tokio::time::sleep(rest.min(LOOK_AGAIN)).await;
                let before = std::mem::replace(&mut now, clock.now());
                if is_set_back(before, now) {
                    return;
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_kept_right_is_not_set_back() {
        let at = |secs: i64| DateTime::from_timestamp(1_795_000_000 + secs, 0).expect("a moment");
        for (before, now, is) in [(0, 0, false), (0, 9, false), (9, 0, false), (30, 0, false)] {
            assert_eq!(is_set_back(at(before), at(now)), is, "{before} {now}");
        }
        assert!(is_set_back(at(31), at(0)) && is_set_back(at(0), DateTime::UNIX_EPOCH));
    }
}
