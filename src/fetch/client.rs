//! The client: one conditional request at a time, redirects included, never an error.
//!
//! The only place that builds an HTTP client. What it builds follows no redirect, uses no proxy,
//! keeps no cookie, sends no Referer, decodes no body, and resolves names through the guard; the
//! rest of this room does by hand what must be watched. Two such clients share one builder: one
//! keeps a connection per host for five seconds, for sites with more feeds queued, one keeps none.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;

use crate::model::outcome::Outcome;
use crate::model::settings::FetchSettings;
use crate::model::url::{FeedUrl, WebUrl};

use super::answer;
use super::cause::CONNECT_TIMEOUT;
use super::error::{self, ClientError, FetchError};
use super::guard::Guard;
use super::hops::Walk;
use super::request::{self, Request};
use super::resolve::Resolver;

/// How long an idle connection is kept for a site with more feeds queued.
const KEPT_IDLE: Duration = Duration::from_secs(5);
/// How many header fields an answer may have.
const FIELDS: usize = 128;
/// How large the headers of an HTTP/2 answer may be, in bytes.
const FIELD_BYTES: u32 = 64 * 1024;

/// Makes conditional requests. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Client(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    keeping: reqwest::Client,
    closing: reqwest::Client,
    guard: Guard,
    common: HeaderMap,
    timeout: Duration,
    max_body: u64,
    /// Of feeds that are found behind redirects: the address whose validators we hold.
    moved: Mutex<HashMap<FeedUrl, WebUrl>>,
}

impl Client {
    /// A client that works as `settings` say.
    pub fn new(settings: &FetchSettings) -> Result<Self, ClientError> {
        let guard = Guard::new(&settings.allow_private);
        let resolver = Resolver::system(guard.clone());
        Self::resolving(settings, guard, resolver)
    }

    fn resolving(
        settings: &FetchSettings,
        guard: Guard,
        resolver: Resolver,
    ) -> Result<Self, ClientError> {
        let resolver = Arc::new(resolver);
        Ok(Self(Arc::new(Shared {
            keeping: http_client(&resolver, 1)?,
            closing: http_client(&resolver, 0)?,
            guard,
            common: request::common(settings.contact.as_deref()),
            timeout: settings.timeout,
            max_body: settings.max_body,
            moved: Mutex::default(),
        })))
    }

    /// Makes one conditional GET and follows it to its end. `now` is what dates in the answer are
    /// compared with where it does not carry its own.
    ///
    /// Never fails: a failure is an outcome.
    pub async fn get(&self, request: &Request<'_>, now: DateTime<Utc>) -> Outcome {
        let shared = &*self.0;
        let answered = AtomicBool::new(false);
        let fetched = tokio::time::timeout(shared.timeout, shared.fetch(request, now, &answered));
        let result = fetched.await.unwrap_or_else(|_| {
            let stage = match answered.load(Ordering::Relaxed) {
                true => "its answer was coming in",
                false => "waiting for its answer",
            };
            let host = error::host(request.url.web().parts());
            Err(FetchError::TimedOut { host, after: shared.timeout, stage })
        });
        result.unwrap_or_else(|error| Outcome::Failed(error.into_failure()))
    }
}

impl Shared {
    async fn fetch(
        &self,
        request: &Request<'_>,
        now: DateTime<Utc>,
        answered: &AtomicBool,
    ) -> Result<Outcome, FetchError> {
        let http = if request.keep_alive { &self.keeping } else { &self.closing };
        let moved = self.moved().get(request.url).cloned();
        let walk = Walk {
            http,
            guard: &self.guard,
            common: &self.common,
            request,
            owner: moved.as_ref().unwrap_or(request.url.web()),
        };
        let answer = walk.to_the_end().await?;
        answered.store(true, Ordering::Relaxed);
        let outcome = answer::sort(answer, self.max_body, now).await?;
        if let Outcome::Fresh(fresh) = &outcome {
            self.remember(request.url, &fresh.found_at, moved.is_some());
        }
        Ok(outcome)
    }

    /// Remembers whose validators the next request will carry.
    fn remember(&self, url: &FeedUrl, found_at: &WebUrl, was_moved: bool) {
        if found_at != url.web() {
            self.moved().insert(url.clone(), found_at.clone());
        } else if was_moved {
            self.moved().remove(url);
        }
    }

    fn moved(&self) -> MutexGuard<'_, HashMap<FeedUrl, WebUrl>> {
        self.moved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one constructor of HTTP clients. Where the system has no root certificates, as in an empty
/// container, those compiled in are used.
fn http_client(resolver: &Arc<Resolver>, idle: usize) -> Result<reqwest::Client, ClientError> {
    let with_system_roots = builder(resolver, idle).build();
    let Err(system) = with_system_roots else {
        return with_system_roots.map_err(|error| ClientError(error.to_string()));
    };
    tracing::info!(
        cause = %super::cause::innermost(&system),
        "the system's root certificates cannot be used; those compiled in are"
    );
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .filter_map(|root| reqwest::Certificate::from_der(root).ok());
    builder(resolver, idle)
        .tls_certs_only(roots)
        .build()
        .map_err(|error| ClientError(super::cause::innermost(&error)))
}

#[expect(clippy::disallowed_methods, reason = "the one place that builds HTTP clients")]
fn builder(resolver: &Arc<Resolver>, idle: usize) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .dns_resolver(resolver.clone())
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_max_idle_per_host(idle)
        .pool_idle_timeout(KEPT_IDLE)
        .http1_max_headers(FIELDS)
        .http1_ignore_invalid_headers_in_responses(true)
        .http2_max_header_list_size(FIELD_BYTES)
}
