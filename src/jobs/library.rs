//! The library: what pages show of feeds, entries and editions.
//!
//! Reads only. What it gives is already sanitised and typed; escaping for the place where it is
//! written is the page's.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, NaiveDate, Utc};

use crate::clean::{excerpt, sanitise};
use crate::jobs::hubs::{self, HubReport};
use crate::jobs::labels::Labels;
use crate::jobs::shelf::Printed;
use crate::model::document::RawHtml;
use crate::model::edition::{Edition, EditionId, Slot};
use crate::model::entry::EntryId;
use crate::model::feed::FeedId;
use crate::model::text::{HeaderText, PlainText};
use crate::model::url::WebUrl;
use crate::publish::format::Format;
use crate::publish::opml::{self, OpmlFeed};
use crate::publish::view::{self, EXCERPT_CHARS, Source, View, ViewItem};
use crate::publish::write;
use crate::store::edition_lists::EditionHead;
use crate::store::error::StoreError;
use crate::store::feeds::FeedSummary;
use crate::store::open::Store;

/// How many editions a feed of editions holds.
const EDITIONS_IN_FEED: usize = 20;

/// What can be looked up.
#[derive(Debug)]
pub struct Library {
    store: Store,
    /// The feeds of editions, as last printed, by newsletter.
    printed: RwLock<HashMap<String, EditionsFeed>>,
}

/// A feed of editions and what it was printed from: once sealed, editions do not change.
#[derive(Debug, Clone)]
struct EditionsFeed {
    newest: Option<EditionId>,
    title: String,
    base_url: String,
    printed: Arc<Printed>,
}

impl Library {
    /// The library of `store`.
    pub fn new(store: Store) -> Self {
        Self { store, printed: RwLock::default() }
    }

    /// Since when no host answers the service, which seems to be offline itself.
    pub async fn offline_since(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.store.offline_since().await
    }

    /// What was agreed with the hubs of feeds.
    pub async fn hubs(&self) -> Result<HashMap<FeedId, HubReport>, StoreError> {
        Ok(hubs::by_feed(self.store.callbacks().await?))
    }

    /// All feeds of the configuration, by address.
    pub async fn feeds(&self) -> Result<Vec<FeedSummary>, StoreError> {
        let mut feeds = self.store.feeds().await?;
        feeds.retain(|feed| !feed.retired);
        Ok(feeds)
    }

    /// The feeds of the configuration as an OPML file.
    pub async fn opml(&self, labels: &Labels) -> Result<Printed, StoreError> {
        let listed = |feed: FeedSummary| OpmlFeed {
            title: labels.title(&feed.feed.url, &feed.feed.state.title),
            url: feed.feed.url,
            tags: feed.tags,
            site: feed.feed.state.site,
        };
        let feeds: Vec<OpmlFeed> = self.feeds().await?.into_iter().map(listed).collect();
        Ok(Printed::of(opml::write(&feeds), "text/x-opml; charset=utf-8", None))
    }

    /// One entry as an item.
    pub async fn entry(
        &self,
        labels: &Labels,
        id: EntryId,
    ) -> Result<Option<ViewItem>, StoreError> {
        let Some(entry) = self.store.entries(&[id]).await?.pop() else { return Ok(None) };
        let Some(feed) = self.store.feed_titles(&[entry.feed]).await?.pop() else {
            return Ok(None);
        };
        let title = labels.title(&feed.url, &feed.title);
        let source = Source { title, url: feed.url, site: feed.site };
        let excerpt = excerpt::of(&entry.content.body, EXCERPT_CHARS);
        Ok(Some(ViewItem::of(entry, excerpt, source, Vec::new())))
    }

    /// The last editions, of one newsletter or of all, newest first, without their texts.
    pub async fn editions(
        &self,
        newsletter: Option<&str>,
        rows: usize,
    ) -> Result<Vec<EditionHead>, StoreError> {
        self.store.edition_heads(newsletter, rows).await
    }

    /// The edition of a date and local time `HH:MM`; without a time, the last of that date.
    pub async fn edition(
        &self,
        newsletter: &str,
        date: NaiveDate,
        time: Option<&str>,
    ) -> Result<Option<Edition>, StoreError> {
        let time = match time {
            Some(time) => Some(time.to_owned()),
            None => self.store.last_time(newsletter, date).await?,
        };
        let Some(time) = time else { return Ok(None) };
        let slot = Slot { date, time, at: DateTime::UNIX_EPOCH };
        self.store.edition_of(newsletter, &slot).await
    }

    /// The last editions of a newsletter as an Atom feed; none if there is no such newsletter.
    pub async fn editions_feed(
        &self,
        labels: &Labels,
        newsletter: &str,
    ) -> Result<Option<Arc<Printed>>, StoreError> {
        let named = labels.newsletters.iter().find(|(name, _)| name == newsletter);
        let Some((name, title)) = named.cloned() else { return Ok(None) };
        let newest = self.store.edition_heads(Some(&name), 1).await?.pop().map(|head| head.id);
        let base_url = labels.base_url.as_str().to_owned();
        if let Some(printed) = self.last_printed(&name, newest, &title, &base_url) {
            return Ok(Some(printed));
        }
        let editions = self.store.editions(Some(&name), EDITIONS_IN_FEED).await?;
        let base = labels.base_url.clone();
        let (feed_name, feed_title) = (name.clone(), title.clone());
        let press = move || {
            let items = editions.into_iter().map(|edition| item(edition, &base)).collect();
            let view = View::editions(&feed_name, &feed_title, base.clone(), items);
            let text = write::write(&view, Format::Atom);
            let changed = (!view.items.is_empty()).then(|| view.updated());
            Arc::new(Printed::of(text, Format::Atom.content_type(), changed))
        };
        let printed = tokio::task::spawn_blocking(press).await;
        let printed = printed.map_err(|error| StoreError::Engine(error.to_string()))?;
        let feed = EditionsFeed { newest, title, base_url, printed: Arc::clone(&printed) };
        self.printed.write().unwrap_or_else(PoisonError::into_inner).insert(name, feed);
        Ok(Some(printed))
    }

    fn last_printed(
        &self,
        name: &str,
        newest: Option<EditionId>,
        title: &str,
        base_url: &str,
    ) -> Option<Arc<Printed>> {
        let printed = self.printed.read().unwrap_or_else(PoisonError::into_inner);
        let last = printed.get(name)?;
        let same = last.newest == newest && last.title == title && last.base_url == base_url;
        same.then(|| Arc::clone(&last.printed))
    }
}

/// The path of an edition, below the base URL. Its time is part of it: an address must not come to
/// mean another edition when a second one follows on the same day.
pub fn edition_path(newsletter: &str, slot: &Slot) -> String {
    format!("editions/{newsletter}/{}-{}", slot.date, slot.time.replace(':', ""))
}

/// An edition as an item of a feed. Its HTML is a letter's, so it is sanitised once more into what
/// a feed can carry.
fn item(edition: Edition, base: &WebUrl) -> ViewItem {
    let body = sanitise::body(&RawHtml(edition.text.html), Some(base));
    let date = edition.slot.date.to_string();
    ViewItem {
        id: view::edition_id(&edition.newsletter, &date, &edition.slot.time),
        title: HeaderText::new(&edition.text.subject),
        link: WebUrl::parse(&view::below(base, &edition_path(&edition.newsletter, &edition.slot)))
            .ok(),
        authors: vec![PlainText::new(&edition.title)],
        published: edition.sealed,
        updated: edition.sealed,
        categories: Vec::new(),
        enclosures: Vec::new(),
        excerpt: excerpt::of(&body, EXCERPT_CHARS),
        body,
        source: None,
        also: Vec::new(),
    }
}
