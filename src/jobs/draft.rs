//! Drafting an edition: gather what waits, select, load what is shown, render. Nothing is written,
//! so a preview shows exactly what would be sent (promise I10).

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::clean::excerpt;
use crate::jobs::copies;
use crate::jobs::current::Current;
use crate::jobs::library;
use crate::jobs::subscriptions::Subscriptions;
use crate::jobs::workers::{Panicked, Workers};
use crate::model::edition::{CopyOf, EditionText, Slot};
use crate::model::entry::{Entry, EntryId};
use crate::model::feed::{FeedId, Tag};
use crate::model::settings::Newsletter;
use crate::model::text::PlainText;
use crate::model::url::WebUrl;
use crate::newsletter::page::{EditionPage, PageSection, PageStory};
use crate::newsletter::render::{self, TemplateError};
use crate::newsletter::select::{self, Candidate, Chosen, Rules, Section, Selection, Story};
use crate::store::error::StoreError;
use crate::store::feeds::FeedTitle;
use crate::store::newsletters::Waiting;
use crate::store::open::Store;

/// How long an excerpt may be, in characters.
const EXCERPT: usize = 300;
/// How long a feed must have been failing to be named in a letter.
const NEEDS_ATTENTION: TimeDelta = TimeDelta::hours(24);
/// How many such feeds are named, and how many that have ended.
const NAMED: usize = 5;

/// What drafting needs. Clones share it.
#[derive(Debug, Clone)]
pub struct Drafter {
    /// Where entries wait.
    pub store: Store,
    /// Tags, weights and titles of feeds.
    pub subscriptions: Current<Subscriptions>,
    /// Where readers find the service, if that is configured.
    pub address: Current<Option<WebUrl>>,
    /// Where templates are rendered.
    pub workers: Workers,
}

/// An edition before it is sealed.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Its text.
    pub text: EditionText,
    /// The entries it shows.
    pub shown: Vec<EntryId>,
    /// The entries it counts.
    pub counted: Vec<EntryId>,
    /// The entries it passes over.
    pub copies: Vec<CopyOf>,
    /// The feeds of which it tells that they have ended.
    pub ended: Vec<FeedId>,
}

/// Too little waits for an edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooFew {
    /// How many stories wait.
    pub waiting: usize,
}

/// Why there is no draft.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// The database.
    #[error("could not read what waits")]
    Store(#[from] StoreError),
    /// A template of the operator's.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A fault of ours.
    #[error("rendering {0}")]
    Panicked(#[from] Panicked),
}

/// A feed as letters name it.
#[derive(Debug, Clone)]
struct Source {
    title: PlainText,
    tags: Vec<Tag>,
    weight: f64,
}

impl Drafter {
    /// The edition that `slot` would get now.
    ///
    /// # Errors
    /// [`DraftError`]
    pub async fn draft(
        &self,
        newsletter: &Newsletter,
        slot: &Slot,
    ) -> Result<Result<Draft, TooFew>, DraftError> {
        let mut waiting =
            self.store.waiting(&newsletter.name, &newsletter.tags, newsletter.backfill).await?;
        let copies = copies::among(&self.store, &newsletter.name, &waiting).await?;
        let passed_over: HashSet<EntryId> = copies.iter().map(|copy| copy.entry).collect();
        waiting.retain(|entry| !passed_over.contains(&entry.id));
        let sources = self.sources(&waiting).await?;
        let chosen = match choose(&waiting, &sources, newsletter) {
            Selection::TooFew { waiting } => return Ok(Err(TooFew { waiting })),
            Selection::Edition(chosen) => chosen,
        };
        let entries = self.store.entries(&chosen.shown).await?;
        let mut page = page(newsletter, slot, &chosen, entries, &sources);
        page.attention = self.attention(slot.at).await?;
        let ended = self.store.untold_ends(&newsletter.name, &newsletter.tags, NAMED).await?;
        page.ended = self.named(&ended);
        let ended = ended.into_iter().map(|feed| feed.feed).collect();
        page.online = self.online(newsletter, slot);
        let templates = newsletter.templates.clone();
        let text = self.workers.run(move || render::render(&page, &templates)).await??;
        Ok(Ok(Draft { text, shown: chosen.shown, counted: chosen.counted, copies, ended }))
    }

    async fn sources(&self, waiting: &[Waiting]) -> Result<HashMap<FeedId, Source>, StoreError> {
        let feeds: HashSet<FeedId> = waiting.iter().map(|entry| entry.feed).collect();
        let feeds: Vec<FeedId> = feeds.into_iter().collect();
        let subscriptions = self.subscriptions.get();
        let titles = self.store.feed_titles(&feeds).await?;
        Ok(titles
            .into_iter()
            .map(|feed| {
                let wanted = subscriptions.find(&feed.url);
                let source = Source {
                    title: subscriptions.title(&feed.url, &feed.title),
                    tags: wanted.map(|wanted| wanted.tags.clone()).unwrap_or_default(),
                    weight: wanted.map_or(1.0, |wanted| wanted.weight),
                };
                (feed.feed, source)
            })
            .collect())
    }

    /// Where the edition can be read in a browser, if the service's address is configured: what is
    /// served on this machine only is of no use in a mailbox.
    fn online(&self, newsletter: &Newsletter, slot: &Slot) -> Option<WebUrl> {
        let address = self.address.get();
        let path = library::edition_path(&newsletter.name, slot);
        WebUrl::join(address.as_ref().as_ref()?, &path).ok()
    }

    /// The names of feeds that have failed for a day.
    async fn attention(&self, now: DateTime<Utc>) -> Result<Vec<PlainText>, StoreError> {
        let failing = self.store.failing_since(now - NEEDS_ATTENTION, NAMED).await?;
        Ok(self.named(&failing))
    }

    fn named(&self, feeds: &[FeedTitle]) -> Vec<PlainText> {
        let subscriptions = self.subscriptions.get();
        feeds.iter().map(|feed| subscriptions.title(&feed.url, &feed.title)).collect()
    }
}

fn choose(
    waiting: &[Waiting],
    sources: &HashMap<FeedId, Source>,
    newsletter: &Newsletter,
) -> Selection {
    let candidates: Vec<Candidate> = waiting
        .iter()
        .map(|entry| {
            let source = sources.get(&entry.feed);
            Candidate {
                id: entry.id,
                feed: entry.feed,
                document: entry.document,
                order: entry.order,
                title_hash: entry.title_hash,
                weight: source.map_or(1.0, |source| source.weight),
                section: source
                    .and_then(|source| select::section_of(&source.tags, &newsletter.tags)),
            }
        })
        .collect();
    let rules = Rules {
        min_items: newsletter.min_items,
        max_items: newsletter.max_items,
        max_per_feed: newsletter.max_per_feed,
        sections: &newsletter.tags,
    };
    select::select(&candidates, &rules)
}

fn page(
    newsletter: &Newsletter,
    slot: &Slot,
    chosen: &Chosen,
    entries: Vec<Entry>,
    sources: &HashMap<FeedId, Source>,
) -> EditionPage {
    let entries: HashMap<EntryId, Entry> =
        entries.into_iter().map(|entry| (entry.id, entry)).collect();
    let section = |section: &Section| PageSection {
        name: section.name.as_deref().map(PlainText::new),
        stories: section
            .stories
            .iter()
            .filter_map(|chosen| story(chosen, &entries, sources))
            .collect(),
        more: section.more,
    };
    EditionPage {
        title: newsletter.title.clone(),
        language: newsletter.language,
        date: slot.date,
        zone: newsletter.timetable.zone(),
        sections: chosen.sections.iter().map(section).collect(),
        online: None,
        merged_feed: None,
        attention: Vec::new(),
        ended: Vec::new(),
    }
}

fn story(
    chosen: &Story,
    entries: &HashMap<EntryId, Entry>,
    sources: &HashMap<FeedId, Source>,
) -> Option<PageStory> {
    let entry = entries.get(&chosen.entry)?;
    let name = |feed: FeedId| sources.get(&feed).map(|source| source.title.clone());
    Some(PageStory {
        title: entry.content.title.clone(),
        link: entry.content.link.clone(),
        source: name(entry.feed).unwrap_or_default(),
        also: chosen
            .also
            .iter()
            .filter_map(|id| entries.get(id).and_then(|other| name(other.feed)))
            .collect(),
        excerpt: excerpt::of(&entry.content.body, EXCERPT),
        authors: entry.content.authors.clone(),
        published: entry.content.published,
    })
}
