//! Asking for the page of an article: at each address on the way, the first and each that a redirect
//! leads to, only if its site allows robots to read it.
//!
//! What a site asks of robots is asked once a day, and instead of the page: its turn comes again after
//! the pause that the site is owed. What only the feed's origin may see goes to no other.

use chrono::{DateTime, Utc};

use crate::fetch::client::{Client, Landing};
use crate::fetch::request::Request;
use crate::jobs::robots::{self, Permit, Permits};
use crate::model::outcome::{Failure, FailureClass, Fresh, Outcome, Validators};
use crate::model::settings::Subscription;
use crate::model::url::{FeedUrl, WebUrl};

/// What came of asking for a page.
#[derive(Debug)]
pub enum Page {
    /// It.
    Fresh(Box<Fresh>),
    /// Nothing.
    Failed(Failed),
    /// A site on the way has told what it asks of robots instead.
    Permitted,
    /// A site on the way cannot tell.
    Held {
        /// When it is asked again.
        until: DateTime<Utc>,
        /// What it answered, if it was asked just now.
        failed: Option<Failed>,
    },
}

/// A failure, and what was asked for when it came.
#[derive(Debug)]
pub struct Failed {
    /// What came.
    pub failure: Failure,
    /// Instead of this.
    pub address: WebUrl,
}

/// Who asks, for which feed, and when.
#[derive(Debug)]
pub struct Asking<'a> {
    /// How.
    pub client: &'a Client,
    /// What sites ask of robots.
    pub permits: &'a Permits,
    /// Whose article it is.
    pub feed: &'a Subscription,
    /// Whether the site is asked again soon.
    pub keep_alive: bool,
    /// When.
    pub now: DateTime<Utc>,
}

impl Asking<'_> {
    /// Asks for a page.
    pub async fn page(&self, link: &WebUrl) -> Page {
        let mut to = link.clone();
        let mut hops = 0;
        loop {
            let url = match FeedUrl::parse(to.as_str()) {
                Ok(url) => url,
                Err(reason) => {
                    return failed(FailureClass::Guard, &reason.to_string(), to);
                }
            };
            match self.permits.of(url.web(), self.now) {
                Permit::Given => {}
                Permit::Refused => {
                    let reason = "its site asks robots not to read it (robots.txt)";
                    return failed(FailureClass::Client, reason, to);
                }
                Permit::Silent { until } => return Page::Held { until, failed: None },
                Permit::Unasked => return self.permit(&url).await,
            }
            match self.step(&url, hops).await {
                Landing::Here(outcome) => return landed(*outcome, to),
                Landing::Elsewhere(next) => (to, hops) = (next, hops + 1),
            }
        }
    }

    async fn step(&self, url: &FeedUrl, hops: usize) -> Landing {
        let (login, headers) = self.feed.confidential_to(url);
        let (user_agent, none) = (self.feed.user_agent.as_deref(), Validators::default());
        let plain = Request::plain(url, &none);
        let request = Request { login, headers, user_agent, keep_alive: self.keep_alive, ..plain };
        self.client.get_page_step(&request, hops, self.now).await
    }

    /// Asks the site of a page what robots may ask for.
    async fn permit(&self, page: &FeedUrl) -> Page {
        let url = robots::address(page.web()).and_then(|url| FeedUrl::parse(url.as_str()).ok());
        let Some(url) = url else {
            let reason = "its site has no address for robots.txt";
            return failed(FailureClass::Client, reason, page.web().clone());
        };
        let (user_agent, none) = (self.feed.user_agent.as_deref(), Validators::default());
        let request = Request { user_agent, ..Request::plain(&url, &none) };
        let answer = self.client.get_page(&request, self.now).await;
        let learnt = self.permits.learn(page.web(), answer, self.now);
        match (learnt, self.permits.of(page.web(), self.now)) {
            (Err(failure), Permit::Silent { until }) => {
                let failed = Some(Failed { failure, address: url.web().clone() });
                Page::Held { until, failed }
            }
            (Ok(()) | Err(_), _) => Page::Permitted,
        }
    }
}

fn landed(outcome: Outcome, address: WebUrl) -> Page {
    match outcome {
        Outcome::Fresh(fresh) => Page::Fresh(Box::new(fresh)),
        Outcome::Failed(failure) => Page::Failed(Failed { failure, address }),
        Outcome::Gone => failed(FailureClass::Client, "the page is gone for good (410)", address),
        Outcome::Unchanged(_) => failed(FailureClass::Client, "the page was not sent", address),
    }
}

fn failed(class: FailureClass, reason: &str, address: WebUrl) -> Page {
    let failure = Failure { class, reason: reason.to_owned(), retry_after: None };
    Page::Failed(Failed { failure, address })
}
