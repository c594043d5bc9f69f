//! What the operator wants of each feed, to be looked up by its address.

use std::collections::HashSet;

use crate::model::feed::shown_title;
use crate::model::settings::{FetchSettings, Subscription};
use crate::model::text::PlainText;
use crate::model::url::FeedUrl;
use crate::refresh::cadence::CheckBounds;

/// One configuration's subscriptions, sorted by address.
#[derive(Debug)]
pub struct Subscriptions {
    sorted: Vec<Subscription>,
    bounds: CheckBounds,
    sites: usize,
}

impl Subscriptions {
    /// Takes the subscriptions of a configuration.
    pub fn new(mut subscriptions: Vec<Subscription>, fetch: &FetchSettings) -> Self {
        subscriptions.sort_by(|one, other| one.url.cmp(&other.url));
        let bounds = CheckBounds {
            min_interval: fetch.min_interval,
            max_interval: fetch.max_interval,
            interval: None,
        };
        let sites: HashSet<_> = subscriptions.iter().map(|feed| feed.url.site()).collect();
        Self { sites: sites.len(), sorted: subscriptions, bounds }
    }

    /// The subscription to `url`; none if it was retired meanwhile.
    pub fn find(&self, url: &FeedUrl) -> Option<&Subscription> {
        let place = self.sorted.binary_search_by(|subscription| subscription.url.cmp(url)).ok()?;
        self.sorted.get(place)
    }

    /// What the feed at `url`, which calls itself `own`, is called where people see it.
    pub fn title(&self, url: &FeedUrl, own: &PlainText) -> PlainText {
        let given = self.find(url).and_then(|found| found.title.as_deref());
        shown_title(given, own, url)
    }

    /// How often `url` may be asked.
    pub fn bounds(&self, url: &FeedUrl) -> CheckBounds {
        CheckBounds { interval: self.find(url).and_then(|found| found.interval), ..self.bounds }
    }

    /// How many sites they are of.
    pub fn sites(&self) -> usize {
        self.sites
    }

    /// Whether none is of a public site.
    pub fn are_at_home(&self) -> bool {
        !self.sorted.iter().any(|feed| feed.url.site().is_public())
    }

    /// All of them, sorted by address.
    pub fn all(&self) -> &[Subscription] {
        &self.sorted
    }
}
