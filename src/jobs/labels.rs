//! Labels: what the configuration says about what is published.
//!
//! A value of its own because it changes while the service runs: a reload makes new labels, and
//! shelf and pages take them whole.

use std::collections::HashMap;

use crate::model::feed::shown_title;
use crate::model::settings::{MergedFeed, Newsletter, Settings, Subscription};
use crate::model::text::PlainText;
use crate::model::url::{FeedUrl, WebUrl};

/// What the configuration says about what is published.
#[derive(Debug, Clone, PartialEq)]
pub struct Labels {
    /// Under which address readers reach this server.
    pub base_url: WebUrl,
    /// The merged feeds.
    pub feeds: Vec<MergedFeed>,
    /// The newsletters, as (name, title), in the order of the configuration.
    pub newsletters: Vec<(String, String)>,
    /// Titles that the operator gave to feeds.
    pub titles: HashMap<FeedUrl, String>,
}

impl Labels {
    /// Those of `settings`. `base_url` is where the server is reached if the settings do not say.
    pub fn of(settings: &Settings, base_url: &WebUrl) -> Self {
        let titled = |feed: &Subscription| Some((feed.url.clone(), feed.title.clone()?));
        let named = |letter: &Newsletter| (letter.name.clone(), letter.title.clone());
        Self {
            base_url: settings.server.base_url.as_ref().unwrap_or(base_url).clone(),
            feeds: settings.merged_feeds.clone(),
            newsletters: settings.newsletters.iter().map(named).collect(),
            titles: settings.subscriptions.iter().filter_map(titled).collect(),
        }
    }

    /// What the feed at `url`, which calls itself `own`, is called where people see it.
    pub fn title(&self, url: &FeedUrl, own: &PlainText) -> PlainText {
        shown_title(self.titles.get(url).map(String::as_str), own, url)
    }
}
