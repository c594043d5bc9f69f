//! The client: one conditional request at a time, redirects included, never an error.
//!
//! The only place that builds an HTTP client. What it builds follows no redirect, uses no proxy,
//! keeps no cookie, sends no Referer, decodes no body, and resolves names through the guard; the
//! rest of this room does by hand what must be watched. Two such clients share one builder: one
//! keeps a connection per host for five seconds, for sites with more feeds queued, one keeps none.
//!
//! Two things the HTTP library does not let us set. It reads interim answers (1xx) without end, so a
//! server that floods with them is ended by the deadline alone and costs a processor until then; and
//! it tries a host's other address family 300 ms after the first (RFC 8305, section 5), no sooner.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use tokio::time::Instant;
use tower::util::MapRequestLayer;

use crate::model::outcome::{Failure, Outcome};
use crate::model::settings::FetchSettings;
use crate::model::url::WebUrl;

use super::answer::{self, Answer};
use super::cause::{self, CONNECT_TIMEOUT};
use super::error::{self, ClientError, FetchError};
use super::guard::Guard;
use super::hops::{self, Step, Walk};
use super::hub::{self, HubRequest};
use super::manners::{Errand, Ledger};
use super::request::{self, Request};
use super::resolve::Resolver;
use super::reuse;
use super::tls;

/// How long an idle connection is kept for a site with more feeds queued.
const KEPT_IDLE: Duration = Duration::from_secs(5);
/// The largest page that is read, in bytes, if feeds may be larger.
const MAX_PAGE: u64 = 10_000_000;
/// How many header fields an answer may have.
const FIELDS: usize = 128;
/// How large the headers of an HTTP/2 answer may be, in bytes.
const FIELD_BYTES: u32 = 64 * 1024;

/// What one request for a page came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Landing {
    /// An answer.
    Here(Box<Outcome>),
    /// A redirect, which was not followed.
    Elsewhere(WebUrl),
}

/// Makes conditional requests. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Client(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    keeping: reqwest::Client,
    closing: reqwest::Client,
    guard: Guard,
    common: HeaderMap,
    of_pages: HeaderMap,
    timeout: Duration,
    max_body: u64,
    ledger: Ledger,
}

impl Client {
    /// A client that works as `settings` say.
    pub fn new(settings: &FetchSettings) -> Result<Self, ClientError> {
        let guard = Guard::new(&settings.allow_private);
        let resolver = Resolver::system(guard.clone());
        Self::resolving(settings, guard, resolver)
    }

    /// One that works as `settings` say and goes on counting.
    pub fn renewed(&self, settings: &FetchSettings) -> Result<Self, ClientError> {
        let guard = Guard::new(&settings.allow_private);
        let resolver = Resolver::system(guard.clone());
        Self::counting(settings, guard, resolver, self.0.ledger.clone())
    }

    /// Where all requests are counted.
    pub fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    /// The same with a resolver of its own.
    pub fn resolving(
        settings: &FetchSettings,
        guard: Guard,
        resolver: Resolver,
    ) -> Result<Self, ClientError> {
        Self::counting(settings, guard, resolver, Ledger::default())
    }

    fn counting(
        settings: &FetchSettings,
        guard: Guard,
        resolver: Resolver,
        ledger: Ledger,
    ) -> Result<Self, ClientError> {
        let resolver = Arc::new(resolver);
        let common = request::common(settings.contact.as_deref(), settings.subscribers);
        let tls = tls::settings().map_err(|error| ClientError(error.to_string()))?;
        Ok(Self(Arc::new(Shared {
            keeping: http_client(&resolver, &tls, 1)?,
            closing: http_client(&resolver, &tls, 0)?,
            guard,
            of_pages: request::of_pages(&common),
            common,
            timeout: settings.timeout,
            max_body: settings.max_body,
            ledger,
        })))
    }

    /// Makes one conditional GET and follows it to its end. `now` is what dates in the answer are
    /// compared with where it does not carry its own.
    ///
    /// Never fails: a failure is an outcome.
    pub async fn get(&self, request: &Request<'_>, now: DateTime<Utc>) -> Outcome {
        let answered = AtomicBool::new(false);
        let fetch = self.0.fetch(request, now, &answered);
        let outcome = self.in_time(request, &answered, self.deadline(), fetch).await;
        outcome.unwrap_or_else(Outcome::Failed)
    }

    /// Makes one GET for a web page; what is none is a failure, its body not read. Nothing is
    /// remembered of it.
    pub async fn get_page(&self, request: &Request<'_>, now: DateTime<Utc>) -> Outcome {
        let answered = AtomicBool::new(false);
        let fetch = self.0.fetch_page(request, now, &answered);
        let outcome = self.in_time(request, &answered, self.deadline(), fetch).await;
        outcome.unwrap_or_else(Outcome::Failed)
    }

    /// By when what begins now is to be over, however many requests it takes.
    pub fn deadline(&self) -> Instant {
        Instant::now() + self.0.timeout
    }

    /// The same, but a redirect is handed back, so that whoever asks can look first whether it may be
    /// followed. `hops` is how many were followed before, `by` when the first one's time is over.
    pub async fn get_page_step(
        &self,
        request: &Request<'_>,
        hops: usize,
        by: Instant,
        now: DateTime<Utc>,
    ) -> Landing {
        let answered = AtomicBool::new(false);
        let fetch = self.0.step_to_page(request, hops, now, &answered);
        let landing = self.in_time(request, &answered, by, fetch).await;
        landing.unwrap_or_else(|failure| Landing::Here(Box::new(Outcome::Failed(failure))))
    }

    /// Asks a hub to tell of a feed's changes, or to tell of them no more. The one request that posts.
    ///
    /// # Errors
    /// If it does not take the request, with what it demands of those who ask again.
    pub async fn ask_hub(&self, request: &HubRequest<'_>) -> Result<(), Failure> {
        let shared = &self.0;
        let asked = hub::ask(&shared.closing, &shared.guard, &shared.common, request);
        let (after, stage) = (shared.timeout, "waiting for its answer");
        let result = tokio::time::timeout(after, asked).await.unwrap_or_else(|_| {
            let host = error::host(request.hub.parts());
            Err(FetchError::TimedOut { host, after, stage })
        });
        result.map_err(FetchError::into_failure)
    }

    /// Whether the guard lets connections to `url` through, as far as can be told without looking its
    /// name up: whether strangers can be expected to reach it.
    pub fn admits(&self, url: &WebUrl) -> bool {
        self.0.guard.check(url.parts()).is_ok()
    }

    async fn in_time<T>(
        &self,
        request: &Request<'_>,
        answered: &AtomicBool,
        by: Instant,
        fetch: impl Future<Output = Result<T, FetchError>>,
    ) -> Result<T, Failure> {
        let after = self.0.timeout;
        let result = tokio::time::timeout_at(by, fetch).await.unwrap_or_else(|_| {
            let stage = match answered.load(Ordering::Relaxed) {
                true => "its answer was coming in",
                false => "waiting for its answer",
            };
            let host = error::host(request.url.web().parts());
            Err(FetchError::TimedOut { host, after, stage })
        });
        result.map_err(FetchError::into_failure)
    }
}

/// Whether an answer of that type may be a web page; one that does not say may be.
fn is_page(content_type: Option<&str>) -> bool {
    let kind = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    ["", "text/html", "application/xhtml+xml", "application/xml", "text/xml", "text/plain"]
        .iter()
        .any(|page| kind.eq_ignore_ascii_case(page))
}

impl Shared {
    async fn fetch(
        &self,
        request: &Request<'_>,
        now: DateTime<Utc>,
        answered: &AtomicBool,
    ) -> Result<Outcome, FetchError> {
        let answer = self.answer(request, Errand::Feed, answered).await?;
        answer::sort(answer, self.max_body, now).await
    }

    async fn fetch_page(
        &self,
        request: &Request<'_>,
        now: DateTime<Utc>,
        answered: &AtomicBool,
    ) -> Result<Outcome, FetchError> {
        let answer = self.answer(request, Errand::Page, answered).await?;
        self.sort_page(answer, now).await
    }

    async fn step_to_page(
        &self,
        request: &Request<'_>,
        hops: usize,
        now: DateTime<Utc>,
        answered: &AtomicBool,
    ) -> Result<Landing, FetchError> {
        let url = request.url.web();
        let step = self.walk(request, Errand::Page).step(url, hops > 0).await?;
        answered.store(true, Ordering::Relaxed);
        match step {
            Step::End(answer) => Ok(Landing::Here(Box::new(self.sort_page(*answer, now).await?))),
            Step::Hop { .. } if hops >= hops::HOPS => Err(hops::too_long(url, hops)),
            Step::Hop { to, .. } => Ok(Landing::Elsewhere(to)),
        }
    }

    async fn sort_page(&self, answer: Answer, now: DateTime<Utc>) -> Result<Outcome, FetchError> {
        let kind = answer.response.headers().get(CONTENT_TYPE);
        let kind = kind.map(|kind| String::from_utf8_lossy(kind.as_bytes()).into_owned());
        if answer.response.status().is_success() && !is_page(kind.as_deref()) {
            let place = error::place(answer.url.parts());
            return Err(FetchError::NotAPage { place, kind: kind.unwrap_or_default() });
        }
        answer::sort(answer, self.max_body.min(MAX_PAGE), now).await
    }

    /// The head of the last answer to `request`.
    async fn answer(
        &self,
        request: &Request<'_>,
        errand: Errand,
        answered: &AtomicBool,
    ) -> Result<Answer, FetchError> {
        let answer = self.walk(request, errand).to_the_end().await?;
        answered.store(true, Ordering::Relaxed);
        Ok(answer)
    }

    fn walk<'a>(&'a self, request: &'a Request<'a>, errand: Errand) -> Walk<'a> {
        let common = match errand {
            Errand::Feed => &self.common,
            Errand::Page => &self.of_pages,
        };
        let ledger = &self.ledger;
        let http = if request.keep_alive { &self.keeping } else { &self.closing };
        Walk { http, guard: &self.guard, common, request, ledger, errand }
    }
}

/// The one constructor of HTTP clients.
#[expect(clippy::disallowed_methods, reason = "the one place that builds HTTP clients")]
fn http_client(
    resolver: &Arc<Resolver>,
    tls: &rustls::ClientConfig,
    idle: usize,
) -> Result<reqwest::Client, ClientError> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .dns_resolver(resolver.clone())
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_max_idle_per_host(idle)
        .pool_idle_timeout(KEPT_IDLE)
        .connector_layer(MapRequestLayer::new(reuse::mark))
        .http1_max_headers(FIELDS)
        .http1_ignore_invalid_headers_in_responses(true)
        .http2_max_header_list_size(FIELD_BYTES)
        .build()
        .map_err(|error| ClientError(cause::innermost(&error)))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::fetch::origin::{
        Canary, Origin, Reply, answer, client, failure, fresh, get, now, raw, request, settings,
        validators,
    };
    use crate::model::outcome::{FailureClass, Unchanged, Validators};
    use crate::model::secret::Secret;
    use crate::model::settings::Login;
    use crate::model::url::FeedUrl;

    #[tokio::test]
    async fn both_validators_of_the_last_answer_are_sent() {
        let fields = [
            "ETag: \"one\"",
            "Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT",
            "Cache-Control: no-store",
            "Expires: 0",
        ];
        let origin = Origin::always(answer("200 OK", &fields, b"<rss/>")).await;
        let (client, url) = (client(), origin.feed("/feed"));
        let first = fresh(get(&client, &url).await);
        client.get(&request(&url, &first.validators), now()).await;
        let heard = origin.heard();
        assert_eq!(
            (heard[0].field("if-none-match"), heard[0].field("if-modified-since")),
            (None, None)
        );
        assert_eq!(heard[1].field("if-none-match"), Some("\"one\""));
        assert_eq!(heard[1].field("if-modified-since"), Some("Thu, 01 Jan 1970 00:00:00 GMT"));
        assert!(heard.iter().all(|request| request.head.starts_with("GET ")));
        assert_eq!(heard.len(), 2, "nothing else is ever asked");
    }

    #[tokio::test]
    async fn validators_are_echoed_byte_for_byte() {
        let long = format!("\"{}\"", "e".repeat(4_000));
        let etags = [
            "\"a\"",
            "W/\"a\"",
            "a",
            "\"a b\"",
            "w/'x'",
            "\"h\u{e9}\u{ff}\u{80}\"",
            "\"v-gzip\"",
            "\"\"",
            &long,
        ];
        let dates = [
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "123456",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Fri, 01 Jan 2041 00:00:00 GMT",
            "yesterday",
        ];
        for n in 0..etags.len() {
            let (etag, date) = (etags[n], dates[n % dates.len()]);
            let fields = [format!("ETag:   {etag} "), format!("Last-Modified: {date}")];
            let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
            let origin = Origin::always(answer("200 OK", &fields, b"<rss/>")).await;
            let (client, url) = (client(), origin.feed("/feed"));
            let first = fresh(get(&client, &url).await);
            assert_eq!(first.validators, validators(Some(etag), Some(date)));
            client.get(&request(&url, &first.validators), now()).await;
            assert_eq!(origin.heard()[1].field("if-none-match"), Some(etag));
            assert_eq!(origin.heard()[1].field("if-modified-since"), Some(date));
        }
    }

    #[tokio::test]
    async fn a_304_hands_on_the_validators_it_carries() {
        let hub = "Link: <https://hub.example/>; rel=hub";
        let fields = ["ETag: \"two\"", "Cache-Control: max-age=43200", "Retry-After: 60", hub];
        let origin = Origin::always(answer("304 Not Modified", &fields, b"")).await;
        let (url, held) = (origin.feed("/feed"), validators(Some("\"one\""), None));
        let outcome = client().get(&request(&url, &held), now()).await;
        let expected = Outcome::Unchanged(Unchanged {
            validators: validators(Some("\"two\""), None),
            found_at: url.web().clone(),
            moved: false,
            links: crate::model::outcome::Links {
                hubs: WebUrl::parse("https://hub.example/").into_iter().collect(),
                own: None,
            },
            freshness: Some(Duration::from_secs(43_200)),
            retry_after: Some(crate::model::outcome::RetryAfter::Delay(Duration::from_secs(60))),
        });
        assert_eq!(outcome, expected);
    }

    #[tokio::test]
    async fn an_answer_without_validators_leaves_none() {
        let origin = Origin::always(answer("200 OK", &[], b"<rss/>")).await;
        let (url, held) = (origin.feed("/feed"), validators(Some("\"one\""), None));
        let outcome = client().get(&request(&url, &held), now()).await;
        assert_eq!(fresh(outcome).validators, Validators::default());
    }

    #[tokio::test]
    async fn every_poll_says_the_same_and_asks_no_cache_to_step_aside() {
        let fields = ["ETag: \"one\"", "Set-Cookie: id=1; Path=/", "Vary: Accept-Encoding"];
        let origin = Origin::always(answer("200 OK", &fields, b"<rss/>")).await;
        let (client, url) = (client(), origin.feed("/Flux%20rss?b=1&a=|2^#top"));
        for _ in 0..3 {
            get(&client, &url).await;
        }
        let heard = origin.heard();
        assert!(heard.iter().all(|request| request.head == heard[0].head), "{heard:?}");
        assert_eq!(heard[0].target(), "/Flux%20rss?b=1&a=|2^");
        assert_eq!(heard[0].field("accept-encoding"), Some("gzip, br, zstd"));
        let accepted = heard[0].field("accept").expect("an Accept field");
        assert!(accepted.starts_with("application/atom+xml") && accepted.ends_with("*/*;q=0.1"));
        for absent in
            ["cookie", "referer", "pragma", "cache-control", "upgrade", "authorization", "te"]
        {
            assert_eq!(heard[0].field(absent), None, "{absent}");
        }
    }

    #[tokio::test]
    async fn the_user_agent_names_feedmill_and_its_operator_or_is_the_feeds_own() {
        let origin = Origin::always(answer("200 OK", &[], b"<rss/>")).await;
        let (url, none) = (origin.feed("/feed"), Validators::default());
        let plain = request(&url, &none);
        let own = Request { user_agent: Some("Mine/1.0"), ..plain };
        let unfit = Request { user_agent: Some("Mine\r\nX: y"), ..plain };
        client().get(&plain, now()).await;
        client().get(&own, now()).await;
        let refused = failure(client().get(&unfit, now()).await);
        let heard = origin.heard();
        let ours = heard[0].field("user-agent").expect("a User-Agent");
        assert!(ours.starts_with("feedmill/") && ours.contains("ops@example.org"), "{ours}");
        assert_eq!(heard[1].field("user-agent"), Some("Mine/1.0"));
        assert_eq!((refused.class, heard.len()), (FailureClass::Guard, 2));
    }

    #[tokio::test]
    async fn credentials_and_headers_of_the_feed_are_sent() {
        let origin = Origin::always(answer("200 OK", &[], b"<rss/>")).await;
        let (url, none) = (origin.feed("/feed"), Validators::default());
        let login = Login { username: "zo\u{e9}".to_owned(), password: Secret::new("a:b") };
        let headers = [("X-Api-Key".to_owned(), Secret::new("k3y"))];
        let mut asked = request(&url, &none);
        (asked.login, asked.headers) = (Some(&login), &headers);
        fresh(client().get(&asked, now()).await);
        let heard = &origin.heard()[0];
        assert_eq!(heard.field("authorization"), Some("Basic em/DqTphOmI="));
        assert_eq!(heard.field("x-api-key"), Some("k3y"));
        for (name, value) in [("Host", "x"), ("Bad name", "x"), ("X-Ok", "a\nb")] {
            let headers = [(name.to_owned(), Secret::new(value))];
            let bad = Request { headers: &headers, ..request(&url, &none) };
            assert_eq!(failure(client().get(&bad, now()).await).class, FailureClass::Guard);
        }
        assert_eq!(origin.heard().len(), 1);
    }

    #[tokio::test]
    async fn a_site_with_more_feeds_keeps_its_connection_and_others_do_not() {
        let origin = Origin::always(answer("200 OK", &[], b"<rss/>")).await;
        let (client, none) = (client(), Validators::default());
        for n in 0..20 {
            let url = origin.feed(&format!("/{n}"));
            fresh(client.get(&request(&url, &none), now()).await);
        }
        assert_eq!(origin.connections(), 1);
        let url = origin.feed("/last");
        for _ in 0..2 {
            let asked = Request { keep_alive: false, ..request(&url, &none) };
            fresh(client.get(&asked, now()).await);
        }
        assert_eq!(origin.connections(), 3);
    }

    #[tokio::test]
    async fn a_connection_that_the_server_closed_meanwhile_is_made_anew() {
        let origin = Origin::always(Reply::Close(raw("200 OK", &[], b"<rss/>"))).await;
        let (client, url) = (client(), origin.feed("/feed"));
        for _ in 0..5 {
            fresh(get(&client, &url).await);
        }
    }

    #[tokio::test]
    async fn the_deadline_covers_headers_and_bodies_that_drip() {
        let mut settings = settings(&["127.0.0.0/8"]);
        settings.timeout = Duration::from_millis(800);
        let client = Client::new(&settings).expect("a client");
        let drips = [
            ("HTTP/1.1 200 OK\r\nX-Slow: ", "waiting for its answer"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", "its answer was coming in"),
            ("HTTP/1.1 200 OK\r\n\r\n", "its answer was coming in"),
        ];
        for (start, stage) in drips {
            let origin = Origin::always(Reply::Drip(start.as_bytes().to_vec())).await;
            let failure = failure(get(&client, &origin.feed("/feed")).await);
            assert_eq!(failure.class, FailureClass::Network);
            let expected = format!("{} timed out after 0.8 s while {stage}", origin.address);
            assert_eq!(failure.reason, expected);
        }
    }

    #[tokio::test]
    async fn nobody_listening_is_named() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        drop(listener);
        let url = FeedUrl::parse(&format!("http://{address}/feed?key=secret")).expect("a URL");
        let failure = failure(get(&client(), &url).await);
        assert_eq!(failure.reason, format!("{address}: connection refused"));
        assert_eq!(failure.class, FailureClass::Network);
    }

    #[tokio::test]
    async fn proxies_of_the_environment_are_not_used() {
        let canary = Canary::at("127.0.0.1").await;
        let origin = Origin::always(answer("200 OK", &[], b"<rss/>")).await;
        let proxy = format!("http://127.0.0.1:{}", canary.port());
        let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"];
        let variables = names.map(|name| (name, proxy.clone()));
        fetch_in_a_child(&origin.url("/feed"), &variables).await;
        assert!(!canary.sang());
        assert_eq!(origin.heard().len(), 1);
    }

    #[tokio::test]
    async fn a_system_without_root_certificates_is_no_obstacle() {
        let origin = Origin::always(answer("200 OK", &[], b"<rss/>")).await;
        let empty = tempfile::tempdir().expect("a folder");
        let file = empty.path().join("roots.pem");
        std::fs::write(&file, "").expect("an empty file");
        let folder = empty.path().join("roots");
        std::fs::create_dir(&folder).expect("an empty folder");
        let variables = [("SSL_CERT_FILE", file), ("SSL_CERT_DIR", folder)];
        fetch_in_a_child(&origin.url("/feed"), &variables).await;
        assert_eq!(origin.heard().len(), 1);
    }

    /// Fetches an address in a process with other environment variables: those of a process are
    /// shared by all its tests.
    async fn fetch_in_a_child(url: &str, variables: &[(&str, impl AsRef<std::ffi::OsStr>)]) {
        let child = std::env::current_exe().expect("a test binary");
        let mut command = std::process::Command::new(child);
        command.args(["--exact", "--ignored", "fetch::client::tests::fetches_what_it_is_told"]);
        command.env("FEEDMILL_TEST_URL", url);
        for (name, value) in variables {
            command.env(name, value);
        }
        let done = tokio::task::spawn_blocking(move || command.output()).await;
        let done = done.expect("no panic").expect("the child ran");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
    }

    #[tokio::test]
    #[ignore = "run in a child by fetch_in_a_child"]
    async fn fetches_what_it_is_told() {
        #[expect(clippy::disallowed_methods, reason = "the parent test says where")]
        let url = std::env::var("FEEDMILL_TEST_URL").expect("run by the other test only");
        let url = FeedUrl::parse(&url).expect("a URL");
        fresh(get(&client(), &url).await);
    }

    #[tokio::test]
    async fn heads_that_are_too_large_fail_and_large_validators_are_dropped() {
        let huge = format!("X-Large: {}", "x".repeat(1_000_000));
        let many: Vec<String> = (0..1_000).map(|n| format!("X-{n}: y")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        for fields in [vec![huge.as_str()], many] {
            let origin = Origin::always(answer("200 OK", &fields, b"<rss/>")).await;
            let failure = failure(get(&client(), &origin.feed("/feed")).await);
            let expected = format!("{}: the headers of its answer are too large", origin.address);
            assert_eq!((failure.class, failure.reason), (FailureClass::Network, expected));
        }
        let etag = format!("ETag: \"{}\"", "e".repeat(64_000));
        let fields = [etag.as_str(), "Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT"];
        let origin = Origin::always(answer("200 OK", &fields, b"<rss/>")).await;
        let kept = fresh(get(&client(), &origin.feed("/feed")).await).validators;
        assert_eq!(kept, validators(None, Some("Thu, 01 Jan 1970 00:00:00 GMT")));
    }

    #[tokio::test]
    async fn what_is_not_http_is_a_failed_fetch() {
        let junk: [&[u8]; 11] = [
            b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n\
                6\r\n<rss/>\r\n0\r\n\r\n",
            b"<rss>HTTP/0.9 has no head</rss>",
            b"\x00\xff\x16\x03\x01 binary \r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nContent-Length: 7\r\n\r\n<rss/>",
            b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n<rss/>",
            b"HTTP/1.1 000 Nothing\r\nContent-Length: 6\r\n\r\n<rss/>",
            b"HTTP/1.1 20 Short\r\nContent-Length: 6\r\n\r\n<rss/>",
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
            b"HTTP/9.9 200 OK\r\nContent-Length: 6\r\n\r\n<rss/>",
            b"",
            b"HTTP/1.1 200 OK\r\n",
        ];
        for bytes in junk {
            let origin = Origin::always(Reply::Close(bytes.to_vec())).await;
            let outcome = get(&client(), &origin.feed("/feed")).await;
            let shown = String::from_utf8_lossy(bytes).into_owned();
            let Outcome::Failed(failure) = outcome else { panic!("{shown}: {outcome:?}") };
            assert_eq!(failure.class, FailureClass::Network, "{shown}: {failure:?}");
            assert!(failure.reason.contains(&origin.address.to_string()), "{shown}: {failure:?}");
        }
    }

    #[tokio::test]
    async fn interim_answers_are_passed_over_but_not_for_ever() {
        let mut some = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".repeat(3);
        some.extend(raw("200 OK", &["ETag: \"one\""], b"<rss/>"));
        let origin = Origin::always(Reply::Whole(some)).await;
        assert_eq!(fresh(get(&client(), &origin.feed("/")).await).body, "<rss/>");
        let hint = b"HTTP/1.1 100 Continue\r\n\r\n".to_vec();
        let origin = Origin::always(Reply::Endless(hint.clone(), hint)).await;
        let mut settings = settings(&["127.0.0.0/8"]);
        settings.timeout = Duration::from_millis(500);
        let client = Client::new(&settings).expect("a client");
        assert_eq!(failure(get(&client, &origin.feed("/")).await).class, FailureClass::Network);
    }

    #[tokio::test]
    async fn old_and_careless_servers_are_understood() {
        let answers: [&[u8]; 4] = [
            b"HTTP/1.0 200 OK\r\n\r\n<rss/>",
            b"HTTP/1.1 200\r\n\r\n<rss/>",
            b"HTTP/1.1 200 OK\nX-Line: feeds only\n\n<rss/>",
            b"HTTP/1.1 200 OK\r\nBad Name: x\r\nno colon\r\nX-\xe9: x\r\n\r\n<rss/>",
        ];
        for bytes in answers {
            let origin = Origin::always(Reply::Close(bytes.to_vec())).await;
            assert_eq!(fresh(get(&client(), &origin.feed("/")).await).body, "<rss/>");
        }
    }

    #[tokio::test]
    async fn a_failure_of_tls_is_not_retried_in_the_clear() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let asked = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let plain = raw("400 Bad Request", &[], b"this is not TLS");
            stream.write_all(&plain).await.expect("written");
            let mut heard = Vec::new();
            stream.read_to_end(&mut heard).await.expect("read");
            let again = tokio::time::timeout(Duration::from_millis(100), listener.accept());
            (heard, again.await.is_ok())
        });
        let url = FeedUrl::parse(&format!("https://{address}/feed")).expect("a URL");
        let failure = failure(get(&client(), &url).await);
        assert_eq!(failure.class, FailureClass::Network);
        assert_eq!(failure.reason, format!("{address}: it does not speak TLS there"));
        let (heard, again) = asked.await.expect("no panic");
        assert!(!again && !heard.windows(4).any(|bytes| bytes == b"GET "));
    }
}
