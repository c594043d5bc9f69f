//! From an address that somebody typed to the feeds behind it, each of them read once.
//!
//! An address that is a feed is taken as it is, with one request. Else the rule of its platform is
//! tried, then what the page declares, then links that look like feeds, then what its program and
//! many sites do; it ends with the first of these that leads to a feed. Polite: all requests go
//! through the one client, paced by site, at most [`MOST_REQUESTS`] of them; a site that does not
//! answer, or wants to be left alone, is not asked again. Nothing is written.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::clock::Clock;
use crate::fetch::client::Client;
use crate::fetch::request::Request;
use crate::jobs::workers::Workers;
use crate::model::document::{Document, Unreadable};
use crate::model::outcome::{FailureClass, Fresh, Outcome, Validators};
use crate::model::text::PlainText;
use crate::model::typed::Typed;
use crate::model::url::{FeedUrl, Site, WebUrl};
use crate::parse::{decode, discover, kind, page_text, platforms, read};

/// How many requests one address may cost.
pub const MOST_REQUESTS: usize = 16;
/// How many feeds that a page declares are read.
const MOST_DECLARED: usize = 6;
/// How many of the links that look like feeds are read.
const MOST_LINKED: usize = 3;

/// Finds feeds.
#[derive(Debug, Clone)]
pub struct Discoverer {
    /// How it asks.
    pub client: Client,
    /// Where answers are read.
    pub workers: Workers,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The pause between two requests to one site.
    pub gap: Duration,
}

/// A feed that was found and read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its address.
    pub url: FeedUrl,
    /// Its title; may be empty.
    pub title: PlainText,
    /// What its format is called.
    pub format: &'static str,
    /// How many items it holds.
    pub entries: usize,
    /// The date of its newest item, as far as it has dates.
    pub newest: Option<DateTime<Utc>>,
}

/// An address that was tried in vain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The address.
    pub url: FeedUrl,
    /// What came of it, on one line.
    pub why: String,
}

/// What was found behind an address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Discovery {
    /// The feeds, best first; each was read.
    pub feeds: Vec<Found>,
    /// What was tried in vain, in order.
    pub tried: Vec<Tried>,
    /// Whether a page was read and no feed found behind it; else nothing readable was there.
    pub is_page: bool,
}

/// What an address turned out to be.
enum Thing {
    Feed(Found, WebUrl),
    Page { text: String, at: WebUrl },
    Broken(String),
    Failed(FailureClass, String),
}

impl Discoverer {
    /// Looks for feeds behind an address.
    pub async fn look(&self, typed: &Typed) -> Discovery {
        let mut search = Search::new(self);
        for place in typed.places() {
            if search.known_places(place).await {
                break;
            }
            match search.ask(place).await {
                Thing::Feed(found, _) => search.done.feeds.push(found),
                Thing::Page { text, at } => search.behind(&text, &at, place).await,
                Thing::Broken(why) => search.in_vain(place, why),
                Thing::Failed(class, why) => {
                    search.in_vain(place, why);
                    if class == FailureClass::Network {
                        continue;
                    }
                }
            }
            break;
        }
        // What holds nothing may be right, but is not what somebody looks for first.
        search.done.feeds.sort_by_key(|found| found.entries == 0);
        search.done
    }

    async fn fetch(&self, url: &FeedUrl) -> Outcome {
        let none = Validators::default();
        let request = Request::plain(url, &none);
        self.client.get(&request, self.clock.now()).await
    }
}

/// One search: what was asked, and what came of it.
struct Search<'a> {
    with: &'a Discoverer,
    asked: HashSet<FeedUrl>,
    last: HashMap<Site, DateTime<Utc>>,
    left_alone: HashSet<Site>,
    landed: HashSet<WebUrl>,
    done: Discovery,
}

impl<'a> Search<'a> {
    fn new(with: &'a Discoverer) -> Self {
        Self {
            with,
            asked: HashSet::new(),
            last: HashMap::new(),
            left_alone: HashSet::new(),
            landed: HashSet::new(),
            done: Discovery::default(),
        }
    }

    /// Tries what is known of the address itself; says whether that was enough.
    async fn known_places(&mut self, place: &FeedUrl) -> bool {
        self.read_all(platforms::sure(place.web()), usize::MAX).await;
        if let Some(question) = platforms::lookup(place.web())
            && !self.asked.contains(&question)
            && let Thing::Page { text, .. } = self.ask(&question).await
            && let Some(url) = platforms::looked_up(text.as_bytes())
        {
            self.read_all(vec![url], 1).await;
        }
        // A feed without items may be what it says; the page may know of a better one.
        self.done.feeds.iter().any(|found| found.entries > 0)
    }

    /// Looks for feeds behind a page, which was asked for at `place`.
    async fn behind(&mut self, page: &str, at: &WebUrl, place: &FeedUrl) {
        self.done.is_page = true;
        let candidates = discover::candidates(page, at);
        let (declared, linked): (Vec<_>, Vec<_>) =
            candidates.into_iter().partition(|candidate| candidate.merit.is_declared());
        let urls = |candidates: Vec<discover::Candidate>, most: usize| {
            candidates.into_iter().map(|candidate| candidate.url).take(most).collect::<Vec<_>>()
        };
        let moved = if at == place.web() { Vec::new() } else { platforms::sure(at) };
        let hints = [platforms::made_by(page, at), platforms::likely(at)].concat();
        let steps = [
            (urls(declared, MOST_DECLARED), usize::MAX),
            (moved, usize::MAX),
            (urls(linked, MOST_LINKED), usize::MAX),
            (hints, 1),
            (platforms::well_known(at), 1),
        ];
        let own = place.clone();
        for (urls, enough) in steps {
            if !self.done.feeds.is_empty() {
                break;
            }
            self.read_all(urls, enough).await;
        }
        if self.done.feeds.is_empty() {
            let why = "a page that leads to no feed".to_owned();
            self.done.tried.insert(0, Tried { url: own, why });
        }
    }

    /// Reads what is at `urls` until `enough` feeds are found.
    async fn read_all(&mut self, urls: Vec<FeedUrl>, enough: usize) {
        let mut found = 0;
        for url in urls {
            if found >= enough || self.asked.len() >= MOST_REQUESTS {
                return;
            }
            if self.asked.contains(&url) {
                continue;
            }
            let site = url.site();
            if self.left_alone.contains(&site) {
                self.in_vain(&url, format!("not asked: {} is left alone", site.as_str()));
                continue;
            }
            match self.ask(&url).await {
                Thing::Feed(feed, at) => {
                    found += usize::from(self.take(feed, &at));
                }
                Thing::Page { .. } => self.in_vain(&url, "not a feed".to_owned()),
                Thing::Broken(why) => self.in_vain(&url, why),
                Thing::Failed(class, why) => {
                    if matches!(class, FailureClass::Network | FailureClass::Throttled) {
                        self.left_alone.insert(site);
                    }
                    self.in_vain(&url, why);
                }
            }
        }
    }

    /// Keeps a feed unless another address led to the same place.
    fn take(&mut self, feed: Found, at: &WebUrl) -> bool {
        let is_new = self.landed.insert(at.clone());
        if is_new {
            self.done.feeds.push(feed);
        }
        is_new
    }

    fn in_vain(&mut self, url: &FeedUrl, why: String) {
        self.done.tried.push(Tried { url: url.clone(), why });
    }

    /// Asks for one address, when its site may be asked again.
    async fn ask(&mut self, url: &FeedUrl) -> Thing {
        let with = self.with;
        if let Some(last) = self.last.get(&url.site()) {
            with.clock.until(*last + with.gap).await;
        }
        self.asked.insert(url.clone());
        let outcome = with.fetch(url).await;
        self.last.insert(url.site(), with.clock.now());
        let fresh = match outcome {
            Outcome::Fresh(fresh) => fresh,
            Outcome::Failed(failure) => return Thing::Failed(failure.class, failure.reason),
            Outcome::Gone => {
                return Thing::Failed(FailureClass::Client, "it has ended (410)".to_owned());
            }
            // Nothing was asked conditionally.
            Outcome::Unchanged(_) => {
                return Thing::Failed(FailureClass::Network, "nothing was sent (304)".to_owned());
            }
        };
        let url = url.clone();
        let looked_at = with.workers.run(move || look_at(url, &fresh)).await;
        looked_at.unwrap_or_else(|panicked| Thing::Broken(format!("the parser {panicked}")))
    }
}

/// What came: a feed, or a page that may name some.
fn look_at(url: FeedUrl, fresh: &Fresh) -> Thing {
    let content_type = fresh.content_type.as_deref();
    match read::read(&fresh.body, content_type, &fresh.found_at) {
        Ok(document) => {
            let format = kind::name(&fresh.body, content_type);
            Thing::Feed(found(url, document, format), fresh.found_at.clone())
        }
        Err(Unreadable::NotAFeed { .. } | Unreadable::Empty) => {
            let bytes = decode::gunzip(&fresh.body).unwrap_or_default();
            let text = page_text::decode(&bytes, content_type).into_owned();
            Thing::Page { text, at: fresh.found_at.clone() }
        }
        Err(why @ (Unreadable::TooMuch { .. } | Unreadable::Broken { .. })) => {
            Thing::Broken(why.to_string())
        }
    }
}

fn found(url: FeedUrl, document: Document, format: &'static str) -> Found {
    let dates = document.items.iter().filter_map(|item| item.published.max(item.updated));
    Found { url, format, entries: document.items.len(), newest: dates.max(), title: document.title }
}
