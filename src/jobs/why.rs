//! Why things are as they are: all that is known of one feed or one entry, for people and programs.
//! Nothing is written.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::dedup::canonical;
use crate::jobs::current::Current;
use crate::jobs::overview::{FeedReport, Overview};
use crate::jobs::subscriptions::Subscriptions;
use crate::model::article::ArticleStanding;
use crate::model::entry::{Entry, EntryId};
use crate::model::feed::Tag;
use crate::model::removed::Removed;
use crate::model::settings::{MergedFeed, Newsletter};
use crate::model::url::{FeedUrl, WebUrl};
use crate::store::entries::EntryHead;
use crate::store::error::StoreError;
use crate::store::lineage::Membership;
use crate::store::open::Store;

/// Where the question is answered. Clones share it.
#[derive(Debug, Clone)]
pub struct Explainer {
    /// Where everything is kept.
    pub store: Store,
    /// What is subscribed.
    pub subscriptions: Current<Subscriptions>,
    /// The merged feeds in force.
    pub merged_feeds: Arc<Vec<MergedFeed>>,
    /// The newsletters in force.
    pub newsletters: Current<Vec<Newsletter>>,
}

/// What is known of what was asked about.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Why {
    /// A feed.
    Feed(Box<FeedReport>),
    /// The entries of one document, or one of them.
    Entries {
        /// Each with its feed.
        entries: Vec<EntryReport>,
    },
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EntryReport {
    /// Its number.
    pub entry: i64,
    /// The address of the feed that brought it.
    pub feed: String,
    /// The title of that feed.
    pub feed_title: String,
    /// Its title.
    pub title: String,
    /// Where it is to be read.
    pub link: Option<String>,
    /// The spelling under which it is the same document as entries of other feeds.
    pub document: Option<String>,
    /// When its publisher says it was published.
    pub published: Option<DateTime<Utc>>,
    /// When it was first seen.
    pub first_seen: DateTime<Utc>,
    /// The moment it is ordered by in merged feeds.
    pub ordered: DateTime<Utc>,
    /// How often its content changed.
    pub changes: u32,
    /// When it last did; `first_seen` if never.
    pub changed: DateTime<Utc>,
    /// Its rank among the entries of its feed's first poll; 0 for what came later.
    pub backlog: u32,
    /// How far its article is, in words; none if it is not to be read from its page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub article: Option<String>,
    /// Why its body is not shown, if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<&'static str>,
    /// The entry that stands for the document in merged feeds, where several feeds have it.
    pub shown_as: Option<i64>,
    /// The merged feeds that select it.
    pub merged_feeds: Vec<String>,
    /// The editions that it is in.
    pub editions: Vec<EditionOf>,
    /// The newsletters that select its feed and have it in no edition.
    pub in_no_edition_of: Vec<String>,
    /// What cleaning took out of its body.
    pub removed: Removed,
}

/// An edition that an entry is in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EditionOf {
    /// The newsletter.
    pub newsletter: String,
    /// The local date and time of its slot.
    pub slot: String,
    /// Its place among those shown, from 1; none if it was only counted, or passed over.
    pub place: Option<u32>,
    /// The entry that readers had instead, through another feed, if it was passed over as a copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_of: Option<i64>,
}

impl Explainer {
    /// What is known of `what`: the address of a feed, an entry's number or page, or the address
    /// of an article. Nothing if nothing is.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn why(&self, what: &str) -> Result<Option<Why>, StoreError> {
        let what = what.trim();
        if let Some(id) = entry_number(what) {
            let entries = self.store.entries(&[EntryId(id)]).await?;
            let document = entries.first().and_then(|entry| entry.document);
            let same = self.store.same_documents(document.as_slice(), &[]).await?;
            return self.of_entries(entries, &same).await;
        }
        let typed = if what.contains("://") { what.to_owned() } else { format!("https://{what}") };
        if let Ok(url) = FeedUrl::parse(&typed)
            && let Some(feed) = self.overview().feed(url.as_str()).await?
        {
            return Ok(Some(Why::Feed(Box::new(feed))));
        }
        let Ok(link) = WebUrl::parse(&typed) else { return Ok(None) };
        let document = canonical::canonicalise(&link).document();
        let same = self.store.same_documents(&[document], &[]).await?;
        let ids: Vec<EntryId> = same.iter().map(|head| head.id).collect();
        self.of_entries(self.store.entries(&ids).await?, &same).await
    }

    fn overview(&self) -> Overview {
        Overview { store: self.store.clone(), subscriptions: self.subscriptions.clone() }
    }

    /// Reports on entries of one document, of which `same` are all.
    async fn of_entries(
        &self,
        entries: Vec<Entry>,
        same: &[EntryHead],
    ) -> Result<Option<Why>, StoreError> {
        let mut reports = Vec::new();
        for entry in entries {
            reports.extend(self.entry(entry, same).await?);
        }
        Ok((!reports.is_empty()).then_some(Why::Entries { entries: reports }))
    }

    async fn entry(
        &self,
        entry: Entry,
        same: &[EntryHead],
    ) -> Result<Option<EntryReport>, StoreError> {
        let Some(lineage) = self.store.lineage(entry.id).await? else { return Ok(None) };
        let Some(feed) = self.store.feed_titles(&[entry.feed]).await?.pop() else {
            return Ok(None);
        };
        let subscriptions = self.subscriptions.get();
        let tags: Option<&[Tag]> = subscriptions.find(&feed.url).map(|wanted| &*wanted.tags);
        let selects = |wanted: &[Tag]| {
            tags.is_some_and(|tags| {
                wanted.is_empty() || wanted.iter().any(|tag| tags.contains(tag))
            })
        };
        let editions = self.store.memberships(entry.id).await?;
        let newsletters = self.newsletters.get();
        let waiting = newsletters.iter().filter(|letter| {
            selects(&letter.tags) && !editions.iter().any(|of| of.newsletter == letter.name)
        });
        let merged = self.merged_feeds.iter().filter(|merged| selects(&merged.tags));
        Ok(Some(EntryReport {
            entry: entry.id.0,
            feed_title: subscriptions.title(&feed.url, &feed.title).to_string(),
            feed: feed.url.to_string(),
            title: entry.content.title.to_string(),
            document: entry.content.link.as_ref().map(spelling),
            link: entry.content.link.as_ref().map(ToString::to_string),
            published: entry.content.published,
            first_seen: entry.first_seen,
            ordered: entry.order(),
            changes: lineage.changes,
            changed: entry.changed,
            backlog: lineage.backlog,
            article: self.store.article(entry.id).await?.map(in_words),
            body: lineage.is_set_apart.then_some(SET_APART),
            shown_as: same.first().filter(|_| same.len() > 1).map(|head| head.id.0),
            merged_feeds: merged.map(|merged| merged.name.clone()).collect(),
            in_no_edition_of: waiting.map(|letter| letter.name.clone()).collect(),
            editions: editions.into_iter().map(edition_of).collect(),
            removed: entry.content.removed,
        }))
    }
}

/// What is said of a body that is set apart.
const SET_APART: &str = "not shown: feedmill failed or died as it cleaned this body again, and \
    tries no more before its cleaner is another";

/// How far an article is, for people.
fn in_words(article: ArticleStanding) -> String {
    match article {
        ArticleStanding::Waiting { reason: None, .. } => "waits for its turn to be read".to_owned(),
        ArticleStanding::Waiting { attempts, reason: Some(reason), .. } => {
            format!("not read yet, tried {attempts} times: {reason}")
        }
        ArticleStanding::Read { .. } => "read from its page".to_owned(),
        ArticleStanding::Failed { reason } => format!("the feed's own text is shown: {reason}"),
    }
}

fn spelling(link: &WebUrl) -> String {
    canonical::canonicalise(link).as_str().to_owned()
}

fn edition_of(membership: Membership) -> EditionOf {
    EditionOf {
        newsletter: membership.newsletter,
        slot: format!("{} {}", membership.slot.date, membership.slot.time),
        place: membership.place,
        copy_of: membership.copy_of.map(|entry| entry.0),
    }
}

/// An entry's number, as such or at the end of the address of its page.
fn entry_number(what: &str) -> Option<i64> {
    let number = what.rsplit_once("/entries/").map_or(what, |(_, number)| number);
    number.parse().ok().filter(|&number| number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_named_by_its_number_or_its_page() {
        for (what, number) in [
            ("12", Some(12)),
            ("http://127.0.0.1:7878/entries/7", Some(7)),
            ("https://exemple.fr/entries/", None),
            ("-3", None),
            ("exemple.fr", None),
        ] {
            assert_eq!(entry_number(what), number, "{what}");
        }
    }
}
