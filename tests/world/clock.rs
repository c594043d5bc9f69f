//! A clock that stands still until the test moves it.
//!
//! Whoever waits on it is listed, so that a test can go from one awaited moment to the next and let
//! months pass in seconds, without guessing how long anything takes.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Poll, Waker};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use feedmill::clock::{Clock, Wait, is_set_back};

/// A clock in the test's hand. Clones show the same time.
#[derive(Debug, Clone)]
pub(crate) struct ManualClock(Arc<Mutex<Face>>);

#[derive(Debug)]
struct Face {
    now: DateTime<Utc>,
    waiting: BTreeMap<u64, (DateTime<Utc>, Option<Waker>)>,
    waits: u64,
    /// How often it was set back.
    set_back: u64,
}

impl ManualClock {
    /// A clock that shows `now` (RFC 3339).
    pub(crate) fn at(now: &str) -> Self {
        let now = now.parse().expect("a time as RFC 3339 writes it");
        Self(Arc::new(Mutex::new(Face { now, waiting: BTreeMap::new(), waits: 0, set_back: 0 })))
    }

    fn face(&self) -> MutexGuard<'_, Face> {
        self.0.lock().expect("no thread panics while it holds the clock")
    }

    /// Moves on by `step` and wakes whoever waited for a moment that has now come.
    pub(crate) fn advance(&self, step: TimeDelta) {
        let now = self.face().now + step;
        self.set(now);
    }

    /// Shows `now`, which may also be earlier: clocks are set back, and then all who wait look again.
    pub(crate) fn set(&self, now: DateTime<Utc>) {
        let mut face = self.face();
        let is_set_back = is_set_back(face.now, now);
        face.now = now;
        face.set_back += u64::from(is_set_back);
        if is_set_back {
            // Until they have looked, what they waited for is over, and not still to come.
            face.waiting.values_mut().for_each(|(moment, _)| *moment = now);
        }
        let due = face.waiting.values_mut().filter(|(moment, _)| *moment <= now);
        let wakers: Vec<Waker> = due.filter_map(|(_, waker)| waker.take()).collect();
        drop(face);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// The moments that are waited for, the nearest first.
    pub(crate) fn awaited(&self) -> Vec<DateTime<Utc>> {
        let face = self.face();
        let mut moments: Vec<_> = face.waiting.values().map(|(moment, _)| *moment).collect();
        moments.sort_unstable();
        moments
    }

    /// Moves on to the nearest moment waited for that is still to come, but not past `end`.
    pub(crate) fn advance_to_next(&self, end: DateTime<Utc>) -> DateTime<Utc> {
        let now = self.now();
        let next = self.awaited().into_iter().find(|moment| *moment > now);
        let next = next.map_or(end, |moment| moment.min(end));
        self.set(next);
        next
    }
}

/// Ends a wait that is given up: nobody waits there any more.
struct Ticket(ManualClock, u64);

impl Drop for Ticket {
    fn drop(&mut self) {
        self.0.face().waiting.remove(&self.1);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        self.face().now
    }

    fn after(&self, pause: Duration) -> Wait {
        self.until(self.now() + pause)
    }

    fn until(&self, moment: DateTime<Utc>) -> Wait {
        let (ticket, set_back) = {
            let mut face = self.face();
            face.waits += 1;
            let number = face.waits;
            face.waiting.insert(number, (moment, None));
            (Ticket(self.clone(), number), face.set_back)
        };
        Box::pin(poll_fn(move |context| {
            let Ticket(clock, number) = &ticket;
            let mut face = clock.face();
            if face.now >= moment || face.set_back != set_back {
                return Poll::Ready(());
            }
            face.waiting.insert(*number, (moment, Some(context.waker().clone())));
            Poll::Pending
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_is_woken_when_the_moment_has_come_and_not_before() {
        let clock = ManualClock::at("2026-03-29T00:00:00Z");
        let start = clock.now();
        let hour = TimeDelta::hours(1);
        let sleeper = {
            let clock = clock.clone();
            tokio::spawn(async move {
                clock.until(start + hour).await;
                clock.until(start + hour * 3).await;
                clock.now()
            })
        };
        while clock.awaited().is_empty() {
            tokio::task::yield_now().await;
        }
        clock.advance(hour - TimeDelta::seconds(1));
        tokio::task::yield_now().await;
        assert_eq!(clock.awaited(), [start + hour]);
        clock.advance(TimeDelta::seconds(1));
        while clock.awaited() != [start + hour * 3] {
            tokio::task::yield_now().await;
        }
        assert_eq!(clock.advance_to_next(start + hour * 9), start + hour * 3);
        assert_eq!(sleeper.await.expect("it does not panic"), start + hour * 3);
        assert_eq!(clock.advance_to_next(start + hour * 9), start + hour * 9, "nobody waits");
    }

    #[tokio::test]
    async fn a_moment_that_has_passed_is_not_waited_for_and_a_dropped_wait_is_forgotten() {
        let clock = ManualClock::at("2026-03-29T00:00:00Z");
        clock.until(clock.now()).await;
        let wait = clock.until(clock.now() + TimeDelta::days(1));
        assert_eq!(clock.awaited().len(), 1);
        drop(wait);
        assert!(clock.awaited().is_empty());
        let back = clock.now() - TimeDelta::days(1);
        clock.set(back);
        assert_eq!(clock.now(), back);
    }

    #[tokio::test]
    async fn who_waits_is_not_at_rest_until_it_has_seen_that_the_clock_was_set_back() {
        let clock = ManualClock::at("2026-03-29T00:00:00Z");
        let wait = clock.until(clock.now() + TimeDelta::days(1));
        let back = clock.now() - TimeDelta::days(1);
        clock.set(back);
        assert_eq!(clock.awaited(), [back], "over, and not yet seen");
        wait.await;
        assert!(clock.awaited().is_empty());
    }
}
