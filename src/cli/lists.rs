//! Lists of feeds between OPML, which `publish` knows, and the configuration, which knows no OPML.

use crate::config::edit::NewFeed;
use crate::config::feeds::{ListedFeed, ListedFeeds};
use crate::model::settings::Subscription;
use crate::model::text::PlainText;
use crate::publish::opml::{self, OpmlFeed, OpmlList};

/// Reads the text of an OPML file for `config::load`.
pub fn read(text: &str) -> Result<ListedFeeds, String> {
    let list = opml::read(text).map_err(|error| error.to_string())?;
    let rejected = rejected(&list);
    let feeds = list.feeds.into_iter().map(|feed| ListedFeed {
        title: Some(feed.title.as_str().to_owned()).filter(|title| !title.is_empty()),
        url: feed.url,
        tags: feed.tags,
    });
    Ok(ListedFeeds { feeds: feeds.collect(), rejected })
}

/// Reads the text of an OPML file as feeds to be added, with what could not be taken.
pub fn read_new(text: &str) -> Result<(Vec<NewFeed>, Vec<String>), String> {
    let listed = read(text)?;
    let feeds = listed
        .feeds
        .into_iter()
        .map(|feed| NewFeed::new(feed.url, feed.title.as_deref(), &feed.tags))
        .collect();
    Ok((feeds, listed.rejected))
}

fn rejected(list: &OpmlList) -> Vec<String> {
    let one_by_one = list
        .rejected
        .iter()
        .map(|rejected| format!("line {}: {}: {}", rejected.line, rejected.what, rejected.reason));
    let more = (list.rejected_more > 0).then(|| format!("and {} more", list.rejected_more));
    one_by_one.chain(more).collect()
}

/// Writes the subscribed feeds as OPML.
pub fn write(subscriptions: &[Subscription]) -> String {
    let feeds: Vec<OpmlFeed> = subscriptions
        .iter()
        .map(|subscription| OpmlFeed {
            title: PlainText::new(subscription.title.as_deref().unwrap_or_default()),
            url: subscription.url.clone(),
            tags: subscription.tags.clone(),
            site: None,
        })
        .collect();
    opml::write(&feeds)
}
