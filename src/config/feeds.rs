//! `[[feed]]` and `feed_lists`: what is subscribed.
//!
//! A feed of a list that also stands in the configuration is the configuration's: there it can be
//! given an interval or a password. Two entries of the configuration for one feed are a fault; two
//! spellings of its address, as with http and https, are one feed, and told.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use toml::Spanned;

use crate::config::addresses;
use crate::config::fault::Wrong;
use crate::config::headers;
use crate::config::machine;
use crate::config::reach::{self, Reach};
use crate::config::schema;
use crate::config::section::Section;
use crate::config::values;
use crate::model::feed::Tag;
use crate::model::settings::Subscription;
use crate::model::url::FeedUrl;

/// A feed as a list of feeds names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedFeed {
    /// Where it is fetched.
    pub url: FeedUrl,
    /// Its title, if the list gives one.
    pub title: Option<String>,
    /// Its tags.
    pub tags: Vec<Tag>,
}

/// What a list of feeds holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListedFeeds {
    /// Its feeds.
    pub feeds: Vec<ListedFeed>,
    /// What stands in it and is none, in words for the operator.
    pub rejected: Vec<String>,
}

/// Reads the text of a list of feeds: OPML, which this room does not know.
pub type ReadList<'a> = &'a dyn Fn(&str) -> Result<ListedFeeds, String>;

/// Reads all `[[feed]]` and the `feed_lists`.
pub fn subscriptions(
    root: &Section<'_>,
    reach: Reach<'_>,
    read_list: ReadList<'_>,
) -> Vec<Subscription> {
    let mut places: HashMap<FeedUrl, usize> = HashMap::new();
    let mut subscriptions: Vec<Subscription> = Vec::new();
    let mut spellings: HashMap<String, FeedUrl> = HashMap::new();
    for section in root.sections("feed", &schema::FEED) {
        let (place, subscription) = feed(&section, reach);
        let Some(subscription) = subscription else { continue };
        let line = root.findings().line(&place);
        match places.insert(subscription.url.clone(), line) {
            Some(first) => {
                let what = format!("{} stands here and in line {first}", subscription.url);
                let allowed = "each feed once; it may have several tags";
                root.findings().fault(place, Wrong::new(what).allowed(allowed));
            }
            None => match spellings.entry(subscription.url.without_spelling()) {
                Entry::Vacant(first) => {
                    first.insert(subscription.url.clone());
                    subscriptions.push(subscription);
                }
                Entry::Occupied(first) => {
                    let what = format!(
                        "{} is taken for {}, which is read instead of both",
                        subscription.url,
                        first.get()
                    );
                    root.findings().warning(place, Wrong::new(what));
                }
            },
        }
    }
    for list in root.list("feed_lists", values::path) {
        for listed in list_of_feeds(root, reach, read_list, &list) {
            if let Entry::Vacant(first) = spellings.entry(listed.url.without_spelling()) {
                first.insert(listed.url.clone());
                subscriptions.push(subscription_of(listed));
            }
        }
    }
    subscriptions
}

fn subscription_of(listed: ListedFeed) -> Subscription {
    Subscription {
        url: listed.url,
        title: listed.title,
        tags: listed.tags,
        interval: None,
        full_text: schema::FULL_TEXT,
        delta: schema::DELTA,
        weight: schema::WEIGHT,
        login: None,
        headers: Vec::new(),
        user_agent: None,
    }
}

fn list_of_feeds(
    root: &Section<'_>,
    reach: Reach<'_>,
    read_list: ReadList<'_>,
    list: &Spanned<String>,
) -> Vec<ListedFeed> {
    let path = reach.resolve(list.get_ref());
    let listed = reach.files.text(&path).and_then(|text| read_list(&text));
    let listed = listed.unwrap_or_else(|why| {
        let what = format!("cannot read {}: {why}", path.display());
        root.findings().fault(list.span(), Wrong::new(what).allowed("OPML files"));
        ListedFeeds::default()
    });
    for rejected in &listed.rejected {
        let what = format!("{}: {rejected}", list.get_ref());
        root.findings().warning(list.span(), Wrong::new(what));
    }
    listed.feeds
}

type Place = std::ops::Range<usize>;

fn feed(section: &Section<'_>, reach: Reach<'_>) -> (Place, Option<Subscription>) {
    let url = section.get("url");
    if let Some(url) = url.filter(|url| addresses::holds_credentials(url.get_ref())) {
        section.findings().hide(url.span());
    }
    let url = section.read("url", addresses::feed_url);
    if url.is_none() && section.get("url").is_none() {
        section.missing("url", "`url` with the feed's address");
    }
    let interval = section.read("interval", machine::interval);
    interval.iter().for_each(|interval| machine::warn_if_impolite(section, interval));
    let login = reach::login(section, reach, None);
    let headers = headers::headers(section, reach);
    let authorization = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    if login.is_some() && authorization {
        let what = "there is a `username` and an Authorization header";
        let wrong = Wrong::new(what).allowed("one of them");
        section.findings().fault(section.place_of("username"), wrong);
    }
    let title = section.read("title", values::label).map(Spanned::into_inner);
    let tags = tags(section);
    let weight = section.read_or("weight", schema::WEIGHT, values::weight);
    let full_text = section.read_or("full_text", schema::FULL_TEXT, values::flag);
    let delta = section.read_or("delta", schema::DELTA, values::flag);
    let user_agent = section.read("user_agent", values::user_agent).map(Spanned::into_inner);
    let interval = interval.map(Spanned::into_inner);
    let subscription = url.map(|url| Subscription {
        url: url.into_inner(),
        title,
        tags,
        interval,
        full_text,
        delta,
        weight,
        login,
        headers,
        user_agent,
    });
    (section.place_of("url"), subscription)
}

/// The tags under `tags`, each once.
pub fn tags(section: &Section<'_>) -> Vec<Tag> {
    let mut tags: Vec<Tag> = Vec::new();
    for tag in section.list("tags", values::label) {
        if !tags.contains(tag.get_ref()) {
            tags.push(tag.into_inner());
        }
    }
    tags
}
