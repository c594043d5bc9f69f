//! Feeds in line: the first come is the first out, and none stands there twice.

use std::collections::{HashSet, VecDeque};

use crate::model::feed::FeedId;

/// A line of feeds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    order: VecDeque<FeedId>,
    within: HashSet<FeedId>,
}

impl Line {
    /// Puts a feed at its end, if it is not in it.
    pub fn join(&mut self, feed: FeedId) {
        if self.within.insert(feed) {
            self.order.push_back(feed);
        }
    }

    /// Takes the first out.
    pub fn take(&mut self) -> Option<FeedId> {
        let feed = self.order.pop_front()?;
        self.within.remove(&feed);
        Some(feed)
    }

    /// Whether nobody is in it.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_come_is_the_first_out_and_none_stands_there_twice() {
        let mut line = Line::default();
        for feed in [3, 1, 3, 2, 1] {
            line.join(FeedId(feed));
        }
        assert_eq!(line.take(), Some(FeedId(3)));
        line.join(FeedId(3));
        let rest: Vec<_> = std::iter::from_fn(|| line.take()).map(|feed| feed.0).collect();
        assert_eq!(rest, [1, 2, 3]);
        assert!(line.is_empty());
    }
}
