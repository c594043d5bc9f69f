//! Gathering a merged feed: which entries it shows, and which feeds brought each of them.
//!
//! Newest first. Entries of several feeds that are the same document are one item: the one that
//! arrived first stands for it, at its own place, and all its feeds are named. A document that one
//! feed brought more than once is not folded: its link does not tell its items apart.

use std::collections::{HashMap, HashSet};

use crate::clean::excerpt;
use crate::jobs::labels::Labels;
use crate::model::entry::{Entry, EntryId};
use crate::model::feed::FeedId;
use crate::model::settings::{Collapse, MergedFeed};
use crate::model::url::DocumentKey;
use crate::publish::view::{EXCERPT_CHARS, Source, View, ViewItem};
use crate::store::entries::EntryHead;
use crate::store::error::StoreError;
use crate::store::feeds::FeedTitle;
use crate::store::open::Store;

/// How many further pages are read to make up for what was folded.
const MOST_PAGES: usize = 50;

/// How many entries are read at least at once.
const SHORTEST_PAGE: usize = 20;

/// What a merged feed shows.
#[derive(Debug)]
pub(in crate::jobs) struct Selection {
    items: Vec<Folded>,
    sources: HashMap<FeedId, Source>,
}

/// An entry and the feeds that brought it, its own first.
#[derive(Debug)]
struct Folded {
    head: EntryHead,
    feeds: Vec<FeedId>,
}

/// Selects what `feed` shows now.
pub(in crate::jobs) async fn select(
    store: &Store,
    feed: &MergedFeed,
) -> Result<Selection, StoreError> {
    let mut items: Vec<Folded> = Vec::with_capacity(feed.limit);
    let mut before = None;
    for _ in 0..MOST_PAGES {
        let rows = (feed.limit - items.len()).max(SHORTEST_PAGE);
        let page = store.newest(&feed.tags, before, rows).await?;
        before = page.last().map(|head| (head.order, head.id));
        let was_last = page.len() < rows;
        let groups = match feed.collapse {
            Collapse::Documents => groups(store, feed, &page).await?,
            Collapse::None => HashMap::new(),
        };
        items.extend(page.into_iter().filter_map(|head| fold(head, &groups)));
        if was_last || items.len() >= feed.limit {
            break;
        }
    }
    items.truncate(feed.limit);
    let named: HashSet<FeedId> = items.iter().flat_map(|item| &item.feeds).copied().collect();
    let named: Vec<FeedId> = named.into_iter().collect();
    let sources = store.feed_titles(&named).await?.into_iter().map(source).collect();
    Ok(Selection { items, sources })
}

/// All entries of the documents on `page`.
async fn groups(
    store: &Store,
    feed: &MergedFeed,
    page: &[EntryHead],
) -> Result<HashMap<DocumentKey, Vec<EntryHead>>, StoreError> {
    let documents: HashSet<DocumentKey> = page.iter().filter_map(|head| head.document).collect();
    let documents: Vec<DocumentKey> = documents.into_iter().collect();
    let mut groups: HashMap<DocumentKey, Vec<EntryHead>> = HashMap::new();
    for head in store.same_documents(&documents, &feed.tags).await? {
        if let Some(document) = head.document {
            groups.entry(document).or_default().push(head);
        }
    }
    for group in groups.values_mut() {
        group.sort_by_key(|head| head.id);
    }
    Ok(groups)
}

/// `head` as an item, or nothing if an entry that arrived earlier stands for it.
fn fold(head: EntryHead, groups: &HashMap<DocumentKey, Vec<EntryHead>>) -> Option<Folded> {
    let group = head.document.and_then(|document| groups.get(&document));
    let group = group.map(Vec::as_slice).unwrap_or_default();
    let feeds: Vec<FeedId> = group.iter().map(|head| head.feed).collect();
    let distinct: HashSet<FeedId> = feeds.iter().copied().collect();
    if distinct.len() < feeds.len() || !group.iter().any(|other| other.id == head.id) {
        return Some(Folded { feeds: vec![head.feed], head });
    }
    (group[0].id == head.id).then_some(Folded { head, feeds })
}

fn source(title: FeedTitle) -> (FeedId, Source) {
    (title.feed, Source { title: title.title, url: title.url, site: title.site })
}

impl Selection {
    /// The entries to show, in order.
    pub(in crate::jobs) fn shown(&self) -> Vec<EntryId> {
        self.items.iter().map(|item| item.head.id).collect()
    }

    /// The view of `entries`, which are those of [`Selection::shown`].
    pub(in crate::jobs) fn view(
        &self,
        labels: &Labels,
        feed: &MergedFeed,
        entries: Vec<Entry>,
    ) -> View {
        let mut entries: HashMap<EntryId, Entry> =
            entries.into_iter().map(|entry| (entry.id, entry)).collect();
        let item = |item: &Folded| {
            let entry = entries.remove(&item.head.id)?;
            let mut sources =
                item.feeds.iter().filter_map(|feed| Some(titled(self.sources.get(feed)?, labels)));
            let first = sources.next()?;
            let excerpt = excerpt::of(&entry.content.body, EXCERPT_CHARS);
            Some(ViewItem::of(entry, excerpt, first, sources.collect()))
        };
        let items = self.items.iter().filter_map(item).collect();
        View::merged(&feed.name, &feed.title, labels.base_url.clone(), items)
    }
}

/// `source` under the title that the operator gave it, if there is one.
fn titled(source: &Source, labels: &Labels) -> Source {
    Source { title: labels.title(&source.url, &source.title), ..source.clone() }
}
