//! How many requests begin within a second: a window of the last ones.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

const SECOND: TimeDelta = TimeDelta::seconds(1);

/// A bound on what begins within a second.
#[derive(Debug)]
pub struct Rate {
    most: usize,
    begun: VecDeque<DateTime<Utc>>,
}

impl Rate {
    /// So many at most.
    pub fn new(most: usize) -> Self {
        Self { most: most.max(1), begun: VecDeque::new() }
    }

    /// Changes the bound, for what begins from now on.
    pub fn limit(&mut self, most: usize) {
        self.most = most.max(1);
    }

    /// Whether one more may begin at `now`.
    pub fn admits(&mut self, now: DateTime<Utc>) -> bool {
        // A clock that was set back knows nothing of what was begun.
        while self.begun.front().is_some_and(|at| *at + SECOND <= now || *at > now) {
            self.begun.pop_front();
        }
        self.begun.len() < self.most
    }

    /// One begins.
    pub fn note(&mut self, now: DateTime<Utc>) {
        if self.most < usize::MAX {
            self.begun.push_back(now);
        }
    }

    /// When the next may begin, if so many did within the last second that it must wait.
    pub fn admits_from(&self) -> Option<DateTime<Utc>> {
        let first = self.begun.len().checked_sub(self.most)?;
        self.begun.get(first).map(|at| *at + SECOND)
    }
}
