//! Asking for the page of an article: at each address on the way, the first and each that a redirect
//! leads to, only if its site allows robots to read it.
//!
//! What a site asks of robots is asked once a day. That of the page itself is asked instead of it: its
//! turn comes again after the pause that the site is owed. That of a further site is asked on the way,
//! so that one article costs so many requests and no more, wherever its page leads. What only the feed's
//! origin may see goes to no other.

use chrono::{DateTime, Utc};
use tokio::time::{Instant, timeout_at};

use crate::fetch::client::{Client, Landing};
use crate::fetch::request::Request;
use crate::jobs::robots::{self, Permit, Permits, Silence};
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
    /// Its site has told what it asks of robots instead.
    Permitted,
    /// A site on the way cannot tell.
    Held {
        /// When it is asked again.
        until: DateTime<Utc>,
        /// What it answered, if it was asked just now.
        failed: Option<Failed>,
        /// Whether it is the page's own site.
        is_own: bool,
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
    /// Asks for a page, in the time of one request.
    pub async fn page(&self, link: &WebUrl) -> Page {
        self.page_by(link, self.client.deadline()).await
    }

    async fn page_by(&self, link: &WebUrl, by: Instant) -> Page {
        let (mut to, mut hops) = (link.clone(), 0);
        loop {
            let url = match FeedUrl::parse(to.as_str()) {
                Ok(url) => url,
                Err(reason) => {
                    return failed(FailureClass::Guard, &reason.to_string(), to);
                }
            };
            let is_permitted = match self.permits.of(url.web(), self.now) {
                Permit::Given => true,
                Permit::Refused => false,
                Permit::Silent { until } => {
                    return Page::Held { until, failed: None, is_own: hops == 0 };
                }
                Permit::Unasked => match self.permit(&url, hops, by).await {
                    Ok(_) if hops == 0 => return Page::Permitted,
                    Ok(is_permitted) => is_permitted,
                    Err(page) => return page,
                },
            };
            if !is_permitted {
                let reason = "its site asks robots not to read it (robots.txt)";
                return failed(FailureClass::Client, reason, to);
            }
            match self.step(&url, hops, by).await {
                Landing::Here(outcome) => return landed(*outcome, to),
                Landing::Elsewhere(next) => (to, hops) = (next, hops + 1),
            }
        }
    }

    async fn step(&self, url: &FeedUrl, hops: usize, by: Instant) -> Landing {
        let (login, headers) = self.feed.confidential_to(url);
        let (user_agent, none) = (self.feed.user_agent.as_deref(), Validators::default());
        let plain = Request::plain(url, &none);
        let request = Request { login, headers, user_agent, keep_alive: self.keep_alive, ..plain };
        self.client.get_page_step(&request, hops, by, self.now).await
    }

    /// Asks the site of a page what robots may ask for: whether it may be asked for, or what came instead.
    async fn permit(&self, page: &FeedUrl, hops: usize, by: Instant) -> Result<bool, Page> {
        let url = robots::address(page.web()).and_then(|url| FeedUrl::parse(url.as_str()).ok());
        let Some(url) = url else {
            let reason = "its site has no address for robots.txt";
            return Err(failed(FailureClass::Client, reason, page.web().clone()));
        };
        let (user_agent, none) = (self.feed.user_agent.as_deref(), Validators::default());
        let request = Request { user_agent, ..Request::plain(&url, &none) };
        let ask = self.client.get_page(&request, self.now);
        let answer = match hops {
            0 => ask.await,
            // What a slow start has left of the time is no measure of this site.
            _ => timeout_at(by, ask).await.map_err(|_| {
                let reason = "the way to it takes more than the time of one request";
                failed(FailureClass::Network, reason, page.web().clone())
            })?,
        };
        self.permits.learn(page.web(), answer, self.now).map_err(|Silence { until, failure }| {
            let failed = Some(Failed { failure, address: url.web().clone() });
            Page::Held { until, failed, is_own: hops == 0 }
        })
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
    let failure = Failure { class, reason: reason.to_owned(), retry_after: None, address: None };
    Page::Failed(Failed { failure, address })
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::fetch::origin::{Origin, Reply, answer, client, now};

    fn subscription() -> Subscription {
        Subscription {
            url: FeedUrl::parse("https://feeds.example/rss").expect("a URL"),
            title: None,
            tags: Vec::new(),
            interval: None,
            full_text: true,
            delta: false,
            weight: 1.0,
            login: None,
            headers: Vec::new(),
            user_agent: None,
        }
    }

    fn url(origin: &Origin, path: &str) -> WebUrl {
        WebUrl::parse(&origin.url(path)).expect("a URL")
    }

    /// Origins without a robots.txt, each of which leads to the one before it, the first to nowhere.
    async fn chain(length: usize) -> Vec<Origin> {
        let mut origins: Vec<Origin> = Vec::new();
        for _ in 0..length {
            let next = origins.last().map(|origin| format!("Location: {}", origin.url("/a")));
            let page = match &next {
                Some(next) => answer("302 Found", &[next], b""),
                None => answer("200 OK", &["Content-Type: text/html"], b"<p>the end"),
            };
            let origin = Origin::new(move |heard| match heard.target() {
                "/robots.txt" => answer("404 Not Found", &[], b""),
                _ => page.clone(),
            });
            origins.push(origin.await);
        }
        origins
    }

    #[tokio::test]
    async fn however_many_origins_a_page_leads_through_its_first_one_is_asked_once() {
        let (client, permits, feed) = (client(), Permits::default(), subscription());
        let (client, permits, feed) = (&client, &permits, &feed);
        let asking = Asking { client, permits, feed, keep_alive: false, now: now() };
        for (length, is_read, last) in [(1, true, 0), (6, true, 0), (9, false, 3)] {
            let origins = chain(length).await;
            let first = url(&origins[length - 1], "/a");
            assert!(matches!(asking.page(&first).await, Page::Permitted), "its own robots.txt");
            let page = asking.page(&first).await;
            assert_eq!(matches!(page, Page::Fresh(_)), is_read, "{length}: {page:?}");
            assert!(is_read || matches!(page, Page::Failed(_)), "an attempt: {page:?}");
            for (at, origin) in origins.iter().enumerate() {
                let heard: Vec<_> =
                    origin.heard().iter().map(|it| it.target().to_owned()).collect();
                let asked = if at < last { &[][..] } else { &["/robots.txt", "/a"] };
                assert_eq!(heard, asked, "{length} long, number {at}");
            }
        }
    }

    #[tokio::test]
    async fn a_page_has_the_time_of_one_request_wherever_it_leads() {
        let slow = Origin::new(|heard| match heard.target() {
            "/robots.txt" => answer("404 Not Found", &[], b""),
            _ => Reply::Drip(b"HTTP/1.1 200 OK\r\nX: ".to_vec()),
        });
        let slow = slow.await;
        let silent = Origin::always(Reply::Drip(b"HTTP/1.1 200 OK\r\nX: ".to_vec())).await;
        let to = Arc::new(Mutex::new(String::new()));
        let next = Arc::clone(&to);
        let first = Origin::new(move |_| {
            let next = next.lock().expect("no test panics with it").clone();
            answer("302 Found", &[&format!("Location: {next}")], b"")
        });
        let (first, feed, client) = (first.await, subscription(), client());
        for origin in [&slow, &silent] {
            let permits = Permits::default();
            let (client, permits, feed) = (&client, &permits, &feed);
            let asking = Asking { client, permits, feed, keep_alive: false, now: now() };
            let link = url(&first, "/a");
            permits
                .learn(&link, Outcome::Gone, now())
                .expect("a site that has no robots.txt allows all");
            *to.lock().expect("no test panics with it") = origin.url("/b");
            let by = Instant::now() + std::time::Duration::from_millis(300);
            let page = asking.page_by(&link, by).await;
            let Page::Failed(Failed { failure, .. }) = page else { panic!("{page:?}") };
            assert_eq!(failure.class, FailureClass::Network, "{failure:?}");
            assert!(
                Instant::now() < by + std::time::Duration::from_secs(10),
                "not 20 s from there"
            );
            let known = permits.of(&url(origin, "/b"), now());
            assert!(!matches!(known, Permit::Silent { .. }), "its site is not to blame");
        }
    }
}
