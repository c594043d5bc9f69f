//! One article: its page is fetched, the article found in it, and written, or why not.
//!
//! Gather (the entry, its page), decide (`clean::article`, on the workers, one page at a time so
//! that feeds never wait for more than one), apply (one transaction, fenced by the number of
//! attempts). Where there is no article the feed's own body stays shown, and the reason is kept.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::Semaphore;

use crate::clean::article::extract;
use crate::clean::article::words::Article;
use crate::clean::prose;
use crate::clock::Clock;
use crate::fetch::client::Client;
use crate::jobs::current::Current;
use crate::jobs::dice::Dice;
use crate::jobs::pages::{Asking, Failed, Page};
use crate::jobs::rests;
use crate::jobs::robots::Permits;
use crate::jobs::shelf::Shelf;
use crate::jobs::subscriptions::Subscriptions;
use crate::jobs::workers::Workers;
use crate::model::article::{ArticleAgendum, Attempt, WaitingArticle};
use crate::model::entry::EntryId;
use crate::model::feed::FeedId;
use crate::model::outcome::{Failure, FailureClass, Fresh};
use crate::model::rest::SiteRest;
use crate::model::text::SafeHtml;
use crate::parse;
use crate::refresh::{articles, rest};
use crate::store::error::StoreError;
use crate::store::open::Store;

/// What reading articles needs. Clones share it.
#[derive(Debug, Clone)]
pub struct Extractor {
    /// Where it is kept.
    pub store: Store,
    /// How pages are fetched.
    pub client: Current<Client>,
    /// Where pages are read.
    pub workers: Workers,
    /// What the operator wants.
    pub subscriptions: Current<Subscriptions>,
    /// What must show the change.
    pub shelf: Arc<Shelf>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Jitter.
    pub dice: Dice,
    /// What sites ask of robots.
    pub permits: Permits,
    /// Whose turn it is on the workers.
    pub turn: Arc<Semaphore>,
}

/// What reading an article came to, as a schedule wants it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Turned {
    /// When it is to be tried again, if it is.
    pub again: Option<DateTime<Utc>>,
    /// What the site of its page is owed, if it throttled us.
    pub rest: Option<SiteRest>,
}

impl Turned {
    fn again(at: DateTime<Utc>) -> Self {
        Self { again: Some(at), rest: None }
    }
}

impl Extractor {
    /// All articles that are to be read, and when.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn agenda(&self) -> Result<Vec<ArticleAgendum>, StoreError> {
        self.store.articles_waiting().await
    }

    /// The articles of some feeds that are to be read, and when.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn agenda_of(&self, feeds: &[FeedId]) -> Result<Vec<ArticleAgendum>, StoreError> {
        let mut agenda = Vec::new();
        for feed in feeds {
            agenda.extend(self.store.articles_of(*feed).await?);
        }
        Ok(agenda)
    }

    /// Reads the article of `entry`.
    ///
    /// # Errors
    /// If the database cannot be read or written; nothing was written then.
    pub async fn read(&self, entry: EntryId, keep_alive: bool) -> Result<Turned, StoreError> {
        let Some(article) = self.store.article_to_read(entry).await? else {
            return Ok(Turned::default());
        };
        if article.next_attempt > self.clock.now() {
            // Its site demanded a pause meanwhile.
            return Ok(Turned::again(article.next_attempt));
        }
        let (page, rest) = self.fetch(&article, keep_alive).await?;
        let Some(attempt) = self.decide(&article, page).await else {
            return Ok(Turned::again(self.clock.now()));
        };
        let now = self.clock.now();
        match self.store.settle_article(&article, &attempt, rest.as_ref(), now).await {
            // Somebody else settled it, its link is another now, or its feed is retired: what they
            // wrote holds, and is looked at anew. What the site said holds as well.
            Err(StoreError::Conflict) => return Ok(Turned { again: Some(now), rest }),
            settled => settled?,
        }
        report(&article, &attempt);
        let again = match attempt {
            Attempt::Read { .. } => {
                self.shelf.turn();
                None
            }
            Attempt::Postponed { until, .. } | Attempt::Held { until, .. } => Some(until),
            Attempt::GivenUp { .. } => None,
        };
        Ok(Turned { again, rest })
    }

    /// Asks for the page, if its feed is still read in full; and what the site that was asked is owed.
    async fn fetch(
        &self,
        article: &WaitingArticle,
        keep_alive: bool,
    ) -> Result<(Option<Page>, Option<SiteRest>), StoreError> {
        let subscriptions = self.subscriptions.get();
        let wanted = subscriptions.find(&article.feed_url).filter(|feed| feed.full_text);
        let Some(feed) = wanted else { return Ok((None, None)) };
        let (client, permits) = (&*self.client.get(), &self.permits);
        let asking = Asking { client, permits, feed, keep_alive, now: self.clock.now() };
        let page = asking.page(&article.link).await;
        let failed = match &page {
            Page::Failed(failed) | Page::Held { failed: Some(failed), .. } => Some(failed),
            Page::Held { failed: None, .. } | Page::Fresh(_) | Page::Permitted => None,
        };
        if let (Page::Held { until, .. }, Some(Failed { failure, address })) = (&page, failed) {
            let (robots, reason) = (address.as_str(), failure.reason.as_str());
            tracing::info!(robots, reason, until = %until,
                "a site cannot say what robots may read, its articles wait");
        }
        let (now, times) = (self.clock.now(), article.attempts + 1);
        let throttle =
            failed.and_then(|failed| rest::of_page(&failed.failure, &failed.address, times, now));
        let rest = rests::after(&self.store, throttle, now).await?;
        Ok((Some(page), rest))
    }

    /// What an attempt came to; nothing if the turn of the page comes again.
    async fn decide(&self, article: &WaitingArticle, page: Option<Page>) -> Option<Attempt> {
        let now = self.clock.now();
        Some(match page {
            Some(Page::Fresh(fresh)) => self.extract(article, *fresh).await,
            Some(Page::Failed(failed)) => self.after(article, failed.failure),
            Some(Page::Permitted) => return None,
            Some(Page::Held { until, is_own, .. }) if articles::is_patient(article.since, now) => {
                Attempt::Held { until, reason: NO_PERMIT.to_owned(), for_all: is_own }
            }
            Some(Page::Held { .. }) => {
                let (class, reason) = (FailureClass::Server, NO_PERMIT.to_owned());
                self.after(article, Failure { class, reason, retry_after: None, address: None })
            }
            None => Attempt::GivenUp { reason: "its feed is not read in full any more".to_owned() },
        })
    }

    async fn extract(&self, article: &WaitingArticle, fresh: Fresh) -> Attempt {
        let own = article.own.clone();
        // The semaphore is never closed; without a permit one page more is read at once.
        let _turn = self.turn.acquire().await.ok();
        let (in_hand, entry) = (self.store.in_hand.clone(), article.entry);
        let work = move || {
            let _held = in_hand.hold_page(entry);
            find(&fresh, &own)
        };
        let found = self.workers.run(work).await;
        match found {
            Ok(Ok(found)) => {
                Attempt::Read { body: found.body, image: found.image, removed: found.removed }
            }
            Ok(Err(reason)) => Attempt::GivenUp { reason },
            Err(panicked) => Attempt::GivenUp { reason: format!("the extraction {panicked}") },
        }
    }

    fn after(&self, article: &WaitingArticle, failure: Failure) -> Attempt {
        let (now, dice) = (self.clock.now(), self.dice.throw());
        match articles::next_attempt(&failure, article.attempts + 1, now, dice) {
            Some(until) => Attempt::Postponed {
                until,
                for_all: failure.retry_after.is_some(),
                reason: failure.reason,
            },
            None => Attempt::GivenUp { reason: failure.reason },
        }
    }
}

/// Why an article waits that was not tried.
const NO_PERMIT: &str = "a site on the way to it cannot say what robots may read (robots.txt)";

/// The article in a page, unless the feed's own body says more.
fn find(fresh: &Fresh, own: &SafeHtml) -> Result<Article, String> {
    let html = parse::page_text::decode(&fresh.body, fresh.content_type.as_deref());
    let found = extract::extract(&html, &fresh.found_at).map_err(|why| why.to_string())?;
    let own = prose::text(own).as_str().chars().count();
    match found.length < own {
        true => {
            Err(format!("the feed says more ({own} characters) than its page ({})", found.length))
        }
        false => Ok(found),
    }
}

/// One line per article.
fn report(article: &WaitingArticle, attempt: &Attempt) {
    let (entry, feed, link) = (article.entry.0, article.feed.0, article.link.as_str());
    match attempt {
        Attempt::Read { body, .. } => {
            let bytes = body.as_str().len();
            tracing::info!(entry.id = entry, feed.id = feed, link, bytes, "article read");
        }
        // Told of its site, once.
        Attempt::Held { until, reason, .. } => {
            tracing::debug!(entry.id = entry, feed.id = feed, link, reason, until = %until,
                "article not read, it waits");
        }
        Attempt::Postponed { until, reason, .. } => {
            tracing::info!(entry.id = entry, feed.id = feed, link, reason, until = %until,
                "article not read, to be tried again");
        }
        Attempt::GivenUp { reason } => {
            tracing::info!(
                entry.id = entry,
                feed.id = feed,
                link,
                reason,
                "article not read, the feed's own text is shown"
            );
        }
    }
}
