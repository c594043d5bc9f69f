//! Counts what leaves: every request, as it is handed to the connection, and what it was answered.
//!
//! Whoever tests a feed reader's manners counts the same on the other side. Clones share the counts,
//! so that they outlive a client that another configuration replaces.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::TimeDelta;
use reqwest::header::{COOKIE, IF_MODIFIED_SINCE, IF_NONE_MATCH, REFERER};
use reqwest::{Method, StatusCode};

use crate::model::manners::Manners;

/// The counts.
#[derive(Debug, Clone, Default)]
pub struct Ledger(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    polls: AtomicU64,
    first_polls: AtomicU64,
    requests: AtomicU64,
    conditional: AtomicU64,
    unchanged: AtomicU64,
    throttled: AtomicU64,
    redirects: AtomicU64,
    pages: AtomicU64,
    cookies: AtomicU64,
    referrers: AtomicU64,
    not_get: AtomicU64,
    /// One more than the milliseconds, so that 0 is none.
    shortest: AtomicU64,
}

/// What a request is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errand {
    /// A feed.
    Feed,
    /// A page.
    Page,
}

fn add(count: &AtomicU64, when: bool) {
    count.fetch_add(u64::from(when), Ordering::Relaxed);
}

impl Ledger {
    /// A poll of a feed begins: the first one ever, or so long after the last.
    pub fn polls(&self, is_first: bool, after: Option<TimeDelta>) {
        add(&self.0.polls, true);
        add(&self.0.first_polls, is_first);
        let millis = after.and_then(|after| u64::try_from(after.num_milliseconds()).ok());
        if let Some(millis) = millis {
            let shorter = |so_far: u64| (so_far == 0 || millis < so_far - 1).then_some(millis + 1);
            // Whoever was faster wrote a shorter one.
            let _ = self.0.shortest.fetch_update(Ordering::Relaxed, Ordering::Relaxed, shorter);
        }
    }

    /// A request leaves; `is_hop` if a redirect led to it.
    pub fn leaves(&self, request: &reqwest::Request, errand: Errand, is_hop: bool) {
        let fields = request.headers();
        let has_validator =
            fields.contains_key(IF_NONE_MATCH) || fields.contains_key(IF_MODIFIED_SINCE);
        add(&self.0.requests, errand == Errand::Feed);
        add(&self.0.conditional, errand == Errand::Feed && has_validator);
        add(&self.0.redirects, errand == Errand::Feed && is_hop);
        add(&self.0.pages, errand == Errand::Page);
        add(&self.0.cookies, fields.contains_key(COOKIE));
        add(&self.0.referrers, fields.contains_key(REFERER));
        add(&self.0.not_get, request.method() != Method::GET);
    }

    /// It was answered so.
    pub fn answered(&self, status: StatusCode) {
        add(&self.0.unchanged, status == StatusCode::NOT_MODIFIED);
        add(&self.0.throttled, status == StatusCode::TOO_MANY_REQUESTS);
    }

    /// What was counted so far.
    pub fn read(&self) -> Manners {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let (requests, conditional) = (read(&self.0.requests), read(&self.0.conditional));
        Manners {
            polls: read(&self.0.polls),
            first_polls: read(&self.0.first_polls),
            requests,
            conditional,
            unconditional: requests.saturating_sub(conditional),
            unchanged: read(&self.0.unchanged),
            throttled: read(&self.0.throttled),
            redirects: read(&self.0.redirects),
            pages: read(&self.0.pages),
            cookies: read(&self.0.cookies),
            referrers: read(&self.0.referrers),
            not_get: read(&self.0.not_get),
            shortest_interval_ms: read(&self.0.shortest).checked_sub(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaves_is_counted_by_what_it_carries() {
        let request = |method: Method, field: Option<(&'static str, &str)>| {
            let url = url::Url::parse("http://x.fr/").expect("a URL");
            let mut request = reqwest::Request::new(method, url);
            if let Some((name, value)) = field {
                request.headers_mut().insert(name, value.parse().expect("a value"));
            }
            request
        };
        let ledger = Ledger::default();
        ledger.leaves(&request(Method::GET, None), Errand::Feed, false);
        ledger.leaves(&request(Method::GET, Some(("if-none-match", "x"))), Errand::Feed, true);
        ledger.leaves(&request(Method::HEAD, Some(("cookie", "x"))), Errand::Page, true);
        ledger.leaves(&request(Method::GET, Some(("referer", "x"))), Errand::Page, false);
        ledger.answered(StatusCode::NOT_MODIFIED);
        ledger.answered(StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(ledger.read().shortest_interval_ms, None);
        ledger.polls(true, None);
        for seconds in [70, 60, 80] {
            ledger.polls(false, Some(TimeDelta::seconds(seconds)));
        }
        let expected = Manners {
            polls: 4,
            first_polls: 1,
            requests: 2,
            conditional: 1,
            unconditional: 1,
            unchanged: 1,
            throttled: 1,
            redirects: 1,
            pages: 2,
            cookies: 1,
            referrers: 1,
            not_get: 1,
            shortest_interval_ms: Some(60_000),
        };
        assert_eq!(ledger.read(), expected);
    }
}
