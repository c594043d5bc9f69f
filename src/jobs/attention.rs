//! Which feeds are to be looked at: those that somebody named, and those for which a moment came since
//! the last look. So a look costs what there is to be done, however much is known.
//!
//! It is kept in memory alone: whoever begins, or finds the clock set back, looks at everything once.
//! A look that failed is to be had again. Whoever writes that something is to be done at this very
//! moment names its feed after that: the look at this moment may have been before.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use crate::jobs::line::Line;
use crate::model::feed::FeedId;

/// How many feeds are looked at in one go.
const BATCH: usize = 64;

/// The feeds to be looked at. At first it is everything.
#[derive(Debug, Default)]
pub struct Attention(Mutex<Named>);

#[derive(Debug, Default)]
struct Named {
    feeds: Line,
    /// Up to which moment what fell due was found; none if everything is to be looked at.
    seen: Option<DateTime<Utc>>,
}

impl Attention {
    fn named(&self) -> MutexGuard<'_, Named> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// These are to be looked at.
    pub fn name(&self, feeds: impl IntoIterator<Item = FeedId>) {
        let mut named = self.named();
        feeds.into_iter().for_each(|feed| named.feeds.join(feed));
    }

    /// Everything is to be looked at.
    pub fn name_all(&self) {
        self.named().seen = None;
    }

    /// A look begins at `now`: since when it is to be found what fell due; none if everything is to be.
    pub fn begin(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.named().seen.replace(now).filter(|seen| *seen <= now)
    }

    /// The feeds to look at now, a few of those named and of those `found` to be due.
    ///
    /// # Errors
    /// What kept them from being found.
    pub fn batch<E>(&self, found: Result<Vec<FeedId>, E>) -> Result<Vec<FeedId>, E> {
        self.name(self.or_again(found)?);
        let mut named = self.named();
        Ok(std::iter::from_fn(|| named.feeds.take()).take(BATCH).collect())
    }

    /// What a look came to. Where it failed, what was taken for it is to be found again.
    ///
    /// # Errors
    /// What it failed by.
    pub fn or_again<T, E>(&self, look: Result<T, E>) -> Result<T, E> {
        look.inspect_err(|_| self.name_all())
    }

    /// Whether there is nothing more to look at, at this moment.
    pub fn is_at_rest(&self) -> bool {
        let named = self.named();
        named.feeds.is_empty() && named.seen.is_some()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn minute(minute: i64) -> DateTime<Utc> {
        DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn found(numbers: &[i64]) -> Result<Vec<FeedId>, ()> {
        Ok(numbers.iter().map(|number| FeedId(*number)).collect())
    }

    #[test]
    fn everything_is_looked_at_once_and_then_what_fell_due() {
        let attention = Attention::default();
        assert!(!attention.is_at_rest());
        assert_eq!(attention.begin(minute(5)), None);
        assert!(attention.is_at_rest());
        assert_eq!(attention.begin(minute(6)), Some(minute(5)));
        assert_eq!(attention.begin(minute(6)), Some(minute(6)));
        assert_eq!(attention.begin(minute(4)), None, "the clock was set back");
        assert_eq!(attention.begin(minute(5)), Some(minute(4)));
        attention.name_all();
        assert_eq!(attention.begin(minute(6)), None);
        assert_eq!(attention.batch(Err(())), Err(()));
        assert_eq!(attention.begin(minute(7)), None, "the look failed");
        assert_eq!(attention.or_again(Ok::<_, ()>(5)), Ok(5));
        assert_eq!(attention.begin(minute(8)), Some(minute(7)));
        assert_eq!(attention.or_again(Err::<i32, _>(())), Err(()), "at its very end");
        assert_eq!(attention.begin(minute(9)), None);
    }

    #[test]
    fn feeds_are_looked_at_in_batches_the_first_named_first() {
        let attention = Attention::default();
        attention.begin(minute(0));
        attention.name([FeedId(9)]);
        assert_eq!(attention.batch(found(&[2, 9, 1])), found(&[9, 2, 1]));
        assert!(attention.is_at_rest());
        let many: Vec<i64> = (0..150).collect();
        let sizes = [
            attention.batch(found(&many)).map(|batch| batch.len()),
            attention.batch(found(&[])).map(|batch| batch.len()),
            attention.batch(found(&[3])).map(|batch| batch.len()),
        ];
        assert_eq!(sizes, [Ok(64), Ok(64), Ok(23)]);
    }
}
