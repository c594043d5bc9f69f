//! Who asks a hub next: one feed at a time at each site, sites in turn, and a few in all.
//!
//! It only says so; nothing is asked here. What a feed asks is decided when it is its turn.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::jobs::line::Line;
use crate::jobs::subscribe::Ask;
use crate::model::url::Site;

/// The feeds that wait to ask hubs.
#[derive(Debug, Default)]
pub struct Turns {
    lines: HashMap<Site, Line>,
    /// Sites whose line is not empty and which are not busy.
    sites: VecDeque<Site>,
    /// Sites that are being asked, or have their pause.
    busy: HashSet<Site>,
}

impl Turns {
    /// A feed waits to ask a hub.
    pub fn join(&mut self, Ask { site, feed }: Ask) {
        if !self.lines.contains_key(&site) && !self.busy.contains(&site) {
            self.sites.push_back(site.clone());
        }
        self.lines.entry(site).or_default().join(feed);
    }

    /// Who asks now, if fewer than `most` sites are busy; its site is busy until it is [`Self::done`].
    pub fn next(&mut self, most: usize) -> Option<Ask> {
        if self.busy.len() >= most {
            return None;
        }
        let site = self.sites.pop_front()?;
        let line = self.lines.get_mut(&site)?;
        let feed = line.take()?;
        if line.is_empty() {
            self.lines.remove(&site);
        }
        self.busy.insert(site.clone());
        Some(Ask { site, feed })
    }

    /// A site was asked and had its pause.
    pub fn done(&mut self, site: &Site) {
        if self.busy.remove(site) && self.lines.contains_key(site) {
            self.sites.push_back(site.clone());
        }
    }

    /// Whether nobody waits or asks.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.busy.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::feed::FeedId;
    use crate::model::url::WebUrl;

    fn ask(host: &str, feed: i64) -> Ask {
        let site = WebUrl::parse(&format!("https://{host}.example/")).expect("a URL").site();
        Ask { site, feed: FeedId(feed) }
    }

    #[test]
    fn each_site_is_asked_by_one_at_a_time_and_sites_take_turns() {
        let mut turns = Turns::default();
        for (host, feed) in [("a", 1), ("a", 2), ("a", 2), ("b", 2), ("c", 4)] {
            turns.join(ask(host, feed));
        }
        assert_eq!(turns.next(2), Some(ask("a", 1)));
        assert_eq!(turns.next(2), Some(ask("b", 2)));
        assert_eq!(turns.next(2), None, "two are busy");
        turns.join(ask("a", 3));
        turns.join(ask("b", 5));
        turns.done(&ask("a", 1).site);
        assert_eq!(turns.next(2), Some(ask("c", 4)), "before that site again");
        turns.done(&ask("c", 4).site);
        assert_eq!(turns.next(2), Some(ask("a", 2)));
        turns.done(&ask("a", 2).site);
        turns.done(&ask("b", 2).site);
        assert_eq!([turns.next(9), turns.next(9)], [Some(ask("a", 3)), Some(ask("b", 5))]);
        assert!(!turns.is_empty());
        turns.done(&ask("a", 3).site);
        turns.done(&ask("b", 5).site);
        assert!(turns.is_empty());
    }
}
