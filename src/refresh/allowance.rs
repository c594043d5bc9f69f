//! How much of what is told of a feed is looked at: whoever may speak at a callback may speak often.
//! Time is an argument; nothing of it outlives the process.

use chrono::{DateTime, Utc};

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
    use chrono::TimeDelta;

    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-24T12:00:00Z".parse().expect("a date")
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
}
