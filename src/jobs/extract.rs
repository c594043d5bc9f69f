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
use crate::fetch::request::Request;
use crate::jobs::current::Current;
use crate::jobs::dice::Dice;
use crate::jobs::robots::{self, Permits};
use crate::jobs::shelf::Shelf;
use crate::jobs::subscriptions::Subscriptions;
use crate::jobs::workers::Workers;
use crate::model::article::{ArticleAgendum, Attempt, WaitingArticle};
use crate::model::entry::EntryId;
use crate::model::feed::FeedId;
use crate::model::outcome::{Failure, FailureClass, Fresh, Outcome, Validators};
use crate::model::settings::Subscription;
use crate::model::text::SafeHtml;
use crate::model::url::FeedUrl;
use crate::parse;
use crate::refresh::articles;
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

/// What came of asking for a page.
enum Page {
    Fresh(Box<Fresh>),
    Failed(Failure),
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

    /// Reads the article of `entry`, and tells when it is to be tried again, if it is.
    ///
    /// # Errors
    /// If the database cannot be read or written; nothing was written then.
    pub async fn read(
        &self,
        entry: EntryId,
        keep_alive: bool,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        let Some(article) = self.store.article_to_read(entry).await? else { return Ok(None) };
        if article.next_attempt > self.clock.now() {
            // Its site demanded a pause meanwhile.
            return Ok(Some(article.next_attempt));
        }
        let subscriptions = self.subscriptions.get();
        let wanted = subscriptions.find(&article.feed_url).filter(|feed| feed.full_text);
        let attempt = match wanted {
            Some(feed) => {
                let Some(page) = self.fetch(&article, feed, keep_alive).await else {
                    // Its site has told what it asks of robots: the page's turn comes after a pause.
                    return Ok(Some(self.clock.now()));
                };
                self.decide(&article, page).await
            }
            None => Attempt::GivenUp { reason: "its feed is not read in full any more".to_owned() },
        };
        match self.store.settle_article(&article, &attempt).await {
            // Somebody else settled it, its link is another now, or its feed is retired: what they
            // wrote holds, and is looked at anew.
            Err(StoreError::Conflict) => return Ok(Some(self.clock.now())),
            settled => settled?,
        }
        report(&article, &attempt);
        match attempt {
            Attempt::Read { .. } => {
                self.shelf.turn();
                Ok(None)
            }
            Attempt::Postponed { until, .. } => Ok(Some(until)),
            Attempt::GivenUp { .. } => Ok(None),
        }
    }

    /// Asks for the page; what only the feed's origin may see goes to no other. Nothing if its site was
    /// asked instead what robots may ask for.
    async fn fetch(
        &self,
        article: &WaitingArticle,
        feed: &Subscription,
        keep_alive: bool,
    ) -> Option<Page> {
        let url = match FeedUrl::parse(article.link.as_str()) {
            Ok(url) => url,
            Err(reason) => {
                let (class, reason) = (FailureClass::Guard, reason.to_string());
                return Some(Page::Failed(Failure { class, reason, retry_after: None }));
            }
        };
        match self.permits.allow(url.web(), self.clock.now()) {
            Some(true) => {}
            Some(false) => {
                let reason = "its site asks robots not to read it (robots.txt)";
                return Some(Page::Failed(of_client(reason)));
            }
            None => return self.ask_for_permit(&url, feed).await.err().map(Page::Failed),
        }
        let (login, headers) = feed.confidential_to(&url);
        let (user_agent, none) = (feed.user_agent.as_deref(), Validators::default());
        let plain = Request::plain(&url, &none);
        let request = Request { login, headers, user_agent, keep_alive, ..plain };
        Some(match self.client.get().get_page(&request, self.clock.now()).await {
            Outcome::Fresh(fresh) => Page::Fresh(Box::new(fresh)),
            Outcome::Failed(failure) => Page::Failed(failure),
            Outcome::Gone => Page::Failed(of_client("the page is gone for good (410)")),
            Outcome::Unchanged(_) => Page::Failed(of_client("the page was not sent")),
        })
    }

    /// Asks the site of a page what robots may ask for.
    async fn ask_for_permit(&self, page: &FeedUrl, feed: &Subscription) -> Result<(), Failure> {
        let url = robots::address(page.web()).and_then(|url| FeedUrl::parse(url.as_str()).ok());
        let url = url.ok_or_else(|| of_client("its site has no address for robots.txt"))?;
        let (user_agent, none) = (feed.user_agent.as_deref(), Validators::default());
        let request = Request { user_agent, ..Request::plain(&url, &none) };
        let answer = self.client.get().get_page(&request, self.clock.now()).await;
        self.permits.learn(page.web(), answer, self.clock.now())
    }

    async fn decide(&self, article: &WaitingArticle, page: Page) -> Attempt {
        let fresh = match page {
            Page::Fresh(fresh) => *fresh,
            Page::Failed(failure) => return self.after(article, failure),
        };
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

fn of_client(reason: &str) -> Failure {
    Failure { class: FailureClass::Client, reason: reason.to_owned(), retry_after: None }
}

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
