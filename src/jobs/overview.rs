//! Questions about what is kept, answered for people and programs: nothing is written.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::jobs::current::Current;
use crate::jobs::hubs::{self, HubReport};
use crate::jobs::remarks;
use crate::jobs::rests::RestReport;
use crate::jobs::subscriptions::Subscriptions;
use crate::jobs::trouble;
use crate::model::document::Repair;
use crate::model::edition::{Edition, EditionId};
use crate::model::feed::{CheckRule, Standing};
use crate::model::letter::{Letter, LetterState};
use crate::model::rest::SiteRest;
use crate::model::text::HeaderText;
use crate::store::error::StoreError;
use crate::store::feeds::FeedSummary;
use crate::store::open::Store;

/// Where questions are answered. Clones share it.
#[derive(Debug, Clone)]
pub struct Overview {
    /// Where everything is kept.
    pub store: Store,
    /// Titles of the operator's own.
    pub subscriptions: Current<Subscriptions>,
}

/// The whole in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Feeds that are polled.
    pub feeds: u64,
    /// Feeds that cannot be read at present.
    pub failing: u64,
    /// Items of the feeds' last documents that were not read: beyond the budget, or broken.
    pub left_out: u64,
    /// Entries kept.
    pub entries: u64,
    /// Different documents among them.
    pub documents: u64,
    /// Editions sealed.
    pub editions: u64,
    /// Letters, by state.
    pub letters: BTreeMap<&'static str, u64>,
    /// Letters that their subscribers may have twice: nobody knew whether the first was taken.
    pub resent: u64,
    /// Feeds whose hub tells of changes, is silent, is asked or failed.
    pub hubs: BTreeMap<&'static str, u64>,
    /// Since when no host answers the service, which seems to be offline itself.
    pub offline_since: Option<DateTime<Utc>>,
}

/// One feed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeedReport {
    /// Its address.
    pub url: String,
    /// Its title.
    pub title: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its health: new, healthy, failing, gone, merged, retired.
    pub standing: &'static str,
    /// Where it is asked, if that is not its address: it moved there for good.
    pub moved_to: Option<String>,
    /// What is wrong, if something is.
    pub trouble: Option<String>,
    /// What else the operator should know.
    pub remarks: Vec<String>,
    /// How much of its last document had to be mended; nothing before there was one.
    pub repair: Option<&'static str>,
    /// How many entries of it are kept.
    pub entries: u64,
    /// How many items of its last document were not read: beyond the budget, or broken.
    pub left_out: u32,
    /// When it was last asked.
    pub last_check: Option<DateTime<Utc>>,
    /// When it last brought something.
    pub last_change: Option<DateTime<Utc>>,
    /// When it is asked again; nothing for feeds that are not.
    pub next_check: Option<DateTime<Utc>>,
    /// Which rule decided that.
    pub rule: &'static str,
    /// What was agreed with its hub; nothing where no hub was asked.
    pub hub: Option<HubReport>,
    /// The ETag that the next poll echoes.
    pub etag: Option<String>,
    /// The Last-Modified that the next poll echoes.
    pub last_modified: Option<String>,
    /// Until when its publisher asked to be left alone (Retry-After).
    pub not_before: Option<DateTime<Utc>>,
    /// What its whole site is owed, or was last, since it throttled us.
    pub site_rest: Option<RestReport>,
}

/// How many feeds cost their publishers more than usual, or less.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Leniency {
    /// Feeds that offer no validators: each poll of them costs a whole body.
    pub without_validators: usize,
    /// Feeds that are asked at the longest wait we obey, though their publishers said a longer one.
    pub capped: usize,
    /// Feeds whose publishers asked to be left alone for a time that is not over.
    pub asked_to_wait: usize,
}

/// One edition and its letters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EditionReport {
    /// The newsletter.
    pub newsletter: String,
    /// The local date and time of its slot.
    pub slot: String,
    /// When it was sealed.
    pub sealed: DateTime<Utc>,
    /// Its subject.
    pub subject: String,
    /// How many entries it shows.
    pub shown: u32,
    /// How many more it counts.
    pub counted: u32,
    /// How many it passed over, since readers had them through other feeds.
    pub copies: u32,
    /// Its letters, by state.
    pub letters: BTreeMap<&'static str, u64>,
    /// Letters that their subscribers may have twice.
    pub resent: u64,
    /// What the server said of letters that were not accepted.
    pub replies: Vec<String>,
}

impl Overview {
    /// The whole in numbers.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn totals(&self, now: DateTime<Utc>) -> Result<Totals, StoreError> {
        let counts = self.store.counts().await?;
        let hubs = hubs::by_feed(self.store.callbacks().await?);
        let mut letters: BTreeMap<&'static str, u64> =
            LetterState::ALL.into_iter().map(|state| (state.word(), 0)).collect();
        for (state, count) in self.store.letter_counts().await? {
            letters.insert(state.word(), count);
        }
        Ok(Totals {
            feeds: counts.feeds,
            failing: counts.failing,
            left_out: counts.left_out,
            entries: counts.entries,
            documents: counts.documents,
            editions: counts.editions,
            letters,
            resent: counts.resent,
            hubs: hubs::counts(hubs.values(), now),
            offline_since: self.store.offline_since().await?,
        })
    }

    /// All feeds, retired ones last.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn feeds(&self) -> Result<Vec<FeedReport>, StoreError> {
        let subscriptions = self.subscriptions.get();
        let mut feeds = self.store.feeds().await?;
        // What was merged is told as long as it is in the configuration.
        feeds.retain(|summary| {
            summary.merged_into.is_none() || subscriptions.find(&summary.feed.url).is_some()
        });
        feeds.sort_by_key(|summary| summary.retired);
        let mut hubs = hubs::by_feed(self.store.callbacks().await?);
        let rests = self.store.rests().await?;
        let rests: HashMap<&str, &SiteRest> =
            rests.iter().map(|rest| (rest.site.as_str(), rest)).collect();
        let report = |summary: FeedSummary| {
            let hub = hubs.remove(&summary.feed.id);
            let site = summary.feed.address().site();
            let site_rest = rests.get(site.as_str()).map(|rest| RestReport::from(*rest));
            FeedReport { site_rest, ..report(summary, hub, &subscriptions) }
        };
        Ok(feeds.into_iter().map(report).collect())
    }

    /// How many feeds cost their publishers more than usual, or less.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn leniency(&self) -> Result<Leniency, StoreError> {
        let feeds = self.store.feeds().await?;
        let polled =
            || feeds.iter().filter(|summary| !summary.retired).map(|summary| &summary.feed.state);
        let by = |rule: CheckRule| polled().filter(|state| state.rule == rule).count();
        Ok(Leniency {
            without_validators: polled()
                .filter(|state| state.polled_before && !state.validators.any())
                .count(),
            capped: by(CheckRule::Cap),
            asked_to_wait: by(CheckRule::RetryAfter),
        })
    }

    /// The feed at `url`; nothing if there is none.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn feed(&self, url: &str) -> Result<Option<FeedReport>, StoreError> {
        Ok(self.feeds().await?.into_iter().find(|feed| feed.url == url))
    }

    /// The latest editions of a newsletter, or of all, newest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn editions(
        &self,
        newsletter: Option<&str>,
        limit: usize,
    ) -> Result<Vec<EditionReport>, StoreError> {
        let mut reports = Vec::new();
        for edition in self.store.editions(newsletter, limit).await? {
            let letters = self.store.letters(edition.id).await?;
            reports.push(edition_report(edition, &letters));
        }
        Ok(reports)
    }

    /// A sealed edition.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn edition(&self, id: EditionId) -> Result<Option<Edition>, StoreError> {
        self.store.edition(id).await
    }
}

fn report(
    summary: FeedSummary,
    hub: Option<HubReport>,
    subscriptions: &Subscriptions,
) -> FeedReport {
    let FeedSummary { feed, tags, retired, entries, merged_into } = summary;
    let polled = !retired && !matches!(feed.state.standing, Standing::Gone { .. });
    FeedReport {
        title: subscriptions.title(&feed.url, &feed.state.title).one_line().to_string(),
        tags,
        standing: match (retired, &merged_into) {
            (true, Some(_)) => "merged",
            (true, None) => "retired",
            (false, _) => standing_word(&feed.state.standing),
        },
        moved_to: feed.state.whereabouts.moved_to.as_ref().map(ToString::to_string),
        trouble: trouble::trouble(&feed.state.standing).filter(|_| merged_into.is_none()),
        remarks: remarks::about(&feed, merged_into.as_ref()),
        repair: feed.state.repair.map(repair_words),
        entries,
        left_out: feed.state.left_out,
        last_check: feed.state.last_check,
        last_change: feed.state.last_change,
        next_check: polled.then_some(feed.state.next_check),
        rule: rule_words(feed.state.rule),
        hub,
        etag: feed.state.validators.etag.as_deref().map(field_words),
        last_modified: feed.state.validators.last_modified.as_deref().map(field_words),
        not_before: feed.state.not_before,
        site_rest: None,
        url: feed.url.to_string(),
    }
}

fn edition_report(edition: Edition, letters: &[Letter]) -> EditionReport {
    let mut by_state: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut replies = Vec::new();
    for letter in letters {
        *by_state.entry(letter.state.word()).or_default() += 1;
        if letter.state != LetterState::Accepted {
            replies.extend(letter.reply.as_deref().map(|reply| HeaderText::new(reply).to_string()));
        }
    }
    EditionReport {
        slot: format!("{} {}", edition.slot.date, edition.slot.time),
        sealed: edition.sealed,
        subject: HeaderText::new(&edition.text.subject).to_string(),
        shown: edition.shown,
        counted: edition.counted,
        copies: edition.copies,
        letters: by_state,
        resent: letters.iter().map(|letter| u64::from(letter.resent)).sum(),
        replies,
        newsletter: edition.newsletter,
    }
}

/// The value of a field, for people: byte for byte it is only echoed.
fn field_words(value: &[u8]) -> String {
    HeaderText::new(&String::from_utf8_lossy(value)).to_string()
}

fn standing_word(standing: &Standing) -> &'static str {
    match standing {
        Standing::New => "new",
        Standing::Healthy => "healthy",
        Standing::Failing { .. } => "failing",
        Standing::Gone { .. } => "gone",
    }
}

/// What had to be mended to read a document, for people.
fn repair_words(repair: Repair) -> &'static str {
    match repair {
        Repair::None => "none",
        Repair::Characters => "characters",
        Repair::Namespaces => "namespaces",
        Repair::Elements => "elements",
        Repair::Tree => "tree",
    }
}

/// The rule that decided a next check, for people.
fn rule_words(rule: CheckRule) -> &'static str {
    match rule {
        CheckRule::FirstPoll => "never asked",
        CheckRule::Rhythm => "its own rhythm",
        CheckRule::Interval => "the interval configured",
        CheckRule::Hub => "its hub tells of changes, so once a day",
        CheckRule::NoValidators => "no validators, so once a day",
        CheckRule::NeverUnchanged => "it never answers 304, so once a day",
        CheckRule::Freshness => "the publisher's Cache-Control or Expires",
        CheckRule::PublisherWish => "the publisher's ttl or sy:updatePeriod",
        CheckRule::SkippedHours => "the publisher's skipHours or skipDays",
        CheckRule::RetryAfter => "the publisher's Retry-After",
        CheckRule::Backoff => "failures in a row",
        CheckRule::Cap => "the longest wait we obey",
        CheckRule::Gone => "ended by its publisher",
    }
}
