//! Redirects, walked by hand: each hop passes the guard and gets only what is meant for it.
//!
//! Five hops at most. Validators are sent to the address that gave them (or to the same address
//! over https), credentials and custom fields to the origin of the feed's own address, so that no
//! hop learns what another one said. Of the answers on the way nothing is kept: the final one's
//! fields alone count.

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Method, Response, StatusCode};

use crate::model::url::WebUrl;

use super::answer::Answer;
use super::cause;
use super::error::{self, FetchError};
use super::guard::{Guard, Refused};
use super::manners::{Errand, Ledger};
use super::request::Request;
use super::reuse;

/// How many redirects are followed.
pub const HOPS: usize = 5;

/// What a chain of requests is made with.
#[derive(Debug)]
pub struct Walk<'a> {
    /// The client; it follows nothing by itself.
    pub http: &'a reqwest::Client,
    /// The guard.
    pub guard: &'a Guard,
    /// The fields of every request.
    pub common: &'a HeaderMap,
    /// The feed's request.
    pub request: &'a Request<'a>,
    /// Where it is counted.
    pub ledger: &'a Ledger,
    /// What it is made for.
    pub errand: Errand,
}

/// What one request of a chain came to.
#[derive(Debug)]
pub enum Step {
    /// An answer that is no redirect.
    End(Box<Answer>),
    /// A redirect.
    Hop {
        /// Where to.
        to: WebUrl,
        /// Whether for good.
        for_good: bool,
    },
}

/// A chain that leads on from `url` after so many redirects.
pub fn too_long(url: &WebUrl, followed: usize) -> FetchError {
    let problem = format!("once more after {followed} redirects");
    FetchError::Redirect { place: error::place(url.parts()), problem }
}

impl Walk<'_> {
    /// The first answer that is not a redirect.
    pub async fn to_the_end(&self) -> Result<Answer, FetchError> {
        let mut url = self.request.url.web().clone();
        let mut permanent = true;
        for hop in 0..=HOPS {
            match self.step(&url, hop > 0).await? {
                Step::End(answer) => return Ok(Answer { permanent, ..*answer }),
                Step::Hop { to, for_good } => {
                    permanent &= for_good;
                    url = to;
                }
            }
        }
        Err(too_long(&url, HOPS))
    }

    /// One request, to `url`; `redirected` if another one led there.
    pub async fn step(&self, url: &WebUrl, redirected: bool) -> Result<Step, FetchError> {
        self.guard.check(url.parts())?;
        let (response, conditional) = self.ask(url, redirected).await?;
        if let Some(for_good) = redirect(response.status()) {
            let to = target(url, response.headers(), self.request.is_confidential())?;
            return Ok(Step::Hop { to, for_good });
        }
        let (url, delta) = (url.clone(), conditional && self.request.delta);
        let (permanent, asked) = (true, self.request.url.web().clone());
        let answer = Answer { response, url, conditional, delta, permanent, redirected, asked };
        Ok(Step::End(Box::new(answer)))
    }

    /// The answer of one hop, and whether the request was conditional. What a kept connection did not
    /// hear is said once more.
    async fn ask(&self, url: &WebUrl, is_hop: bool) -> Result<(Response, bool), FetchError> {
        let (request, conditional) = self.request_to(url)?;
        let (mut sent, was_kept) = reuse::watched(self.send(request, is_hop)).await;
        if was_kept && sent.as_ref().is_err_and(cause::is_silence) {
            sent = self.send(self.request_to(url)?.0, is_hop).await;
        }
        let response = sent.map_err(|error| cause::explain(&error, url.parts()))?;
        self.ledger.answered(response.status());
        Ok((response, conditional))
    }

    async fn send(&self, request: reqwest::Request, is_hop: bool) -> reqwest::Result<Response> {
        self.ledger.leaves(&request, self.errand, is_hop);
        self.http.execute(request).await
    }

    /// The request to one hop, and whether it is conditional.
    fn request_to(&self, url: &WebUrl) -> Result<(reqwest::Request, bool), FetchError> {
        let mut request = reqwest::Request::new(Method::GET, url.parts().clone());
        let fields = request.headers_mut();
        fields.clone_from(self.common);
        self.request.add_open(fields)?;
        let conditional = url.stands_for(self.request.owner) && self.request.add_conditions(fields);
        if !self.request.is_confidential() || !same_origin(self.request.url.web(), url) {
            return Ok((request, conditional));
        }
        self.request.add_confidential(fields)?;
        let Some(login) = self.request.login else {
            return Ok((request, conditional));
        };
        let builder = reqwest::RequestBuilder::from_parts(self.http.clone(), request)
            .basic_auth(&login.username, Some(login.password.reveal()));
        let unfit = |_| FetchError::Setting("its credentials cannot be sent".to_owned());
        Ok((builder.build().map_err(unfit)?, conditional))
    }
}

/// Where a redirect leads (RFC 9110, section 10.2.2), without credentials and fragment. What is
/// confidential is not taken from https to http.
pub fn target(
    from: &WebUrl,
    fields: &HeaderMap,
    is_confidential: bool,
) -> Result<WebUrl, FetchError> {
    let wrong =
        |problem: String| FetchError::Redirect { place: error::place(from.parts()), problem };
    let location = fields.get(LOCATION).map(|value| readable(value.as_bytes()));
    let Some(location) = location.filter(|text| !text.is_empty()) else {
        return Err(wrong("without saying where to".to_owned()));
    };
    let to = WebUrl::join(from, &location)
        .map_err(|reason| wrong(format!("to something unusable ({reason})")))?;
    let mut parts = to.parts().clone();
    parts.set_fragment(None);
    let refused = |()| wrong("to an address that cannot have credentials".to_owned());
    parts.set_username("").map_err(refused)?;
    parts.set_password(None).map_err(refused)?;
    if is_confidential && from.parts().scheme() == "https" && parts.scheme() == "http" {
        return Err(Refused::Downgrade.into());
    }
    WebUrl::from_url(parts).map_err(|reason| wrong(format!("to nowhere ({reason})")))
}

/// Whether a status is a redirect to follow, and whether for good (RFC 9110, section 15.4).
fn redirect(status: StatusCode) -> Option<bool> {
    match status {
        StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT => Some(true),
        StatusCode::FOUND | StatusCode::SEE_OTHER | StatusCode::TEMPORARY_REDIRECT => Some(false),
        _ => None,
    }
}

/// A Location as text. It should be ASCII; raw UTF-8 is common, and other bytes are
/// percent-encoded, as the server meant them.
fn readable(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.trim().to_owned(),
        Err(_) => {
            let encoded = |byte: &u8| match byte.is_ascii() {
                true => char::from(*byte).to_string(),
                false => format!("%{byte:02X}"),
            };
            bytes.iter().map(encoded).collect()
        }
    }
}

fn same_origin(one: &WebUrl, other: &WebUrl) -> bool {
    let (one, other) = (one.parts(), other.parts());
    one.scheme() == other.scheme()
        && one.host_str() == other.host_str()
        && one.port_or_known_default() == other.port_or_known_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::client::Client;
    use crate::fetch::origin::{
        Canary, Origin, Reply, answer, client, failure, fresh, get, now, request, settings,
        validators,
    };
    use crate::model::outcome::{FailureClass, Outcome, Validators};
    use crate::model::secret::Secret;
    use crate::model::settings::Login;

    const KINDS: [&str; 5] = [
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ];

    fn to(kind: &str, location: &str) -> Reply {
        answer(kind, &[&format!("Location: {location}")], b"moved")
    }

    #[tokio::test]
    async fn all_five_kinds_of_redirect_are_followed() {
        for kind in KINDS {
            let origin = Origin::new(move |heard| match heard.target() {
                "/feed" => to(kind, "new/place?x=1#part"),
                _ => answer("200 OK", &[], b"<rss/>"),
            })
            .await;
            let found = fresh(get(&client(), &origin.feed("/feed")).await);
            assert_eq!(found.found_at.as_str(), origin.url("/new/place?x=1"), "{kind}");
            assert!(origin.heard().iter().all(|heard| heard.head.starts_with("GET ")));
        }
    }

    #[tokio::test]
    async fn five_redirects_are_followed_and_loops_end() {
        let origin = Origin::new(|heard| match heard.target().trim_start_matches('/') {
            "loop" => to("302 Found", "/loop"),
            "a" => to("301 Moved Permanently", "/b"),
            "b" => to("301 Moved Permanently", "/a"),
            "0" => answer("200 OK", &[], b"<rss/>"),
            left => to("302 Found", &format!("/{}", left.parse::<u32>().expect("a number") - 1)),
        })
        .await;
        assert_eq!(fresh(get(&client(), &origin.feed("/5")).await).body, "<rss/>");
        for (path, asked) in [("/6", 6), ("/11", 6), ("/loop", 6), ("/a", 6)] {
            let before = origin.heard().len();
            let failure = failure(get(&client(), &origin.feed(path)).await);
            assert_eq!(failure.class, FailureClass::Network, "{path}");
            assert!(failure.reason.ends_with("redirects once more after 5 redirects"), "{path}");
            assert_eq!(origin.heard().len() - before, asked, "{path}");
        }
    }

    #[tokio::test]
    async fn a_redirect_that_leads_nowhere_is_a_failure() {
        let long = format!("/{}", "x".repeat(200_000));
        let cases = [
            ("X-Location: /x", "without saying where to"),
            ("Location: ", "without saying where to"),
            ("Location: file:///etc/passwd", "to something unusable"),
            ("Location: FTP://127.0.0.1/x", "to something unusable"),
            ("Location: gopher://127.0.0.1/x", "to something unusable"),
            ("Location: data:text/xml,<rss/>", "to something unusable"),
            ("Location: unix:/run/x.sock", "to something unusable"),
            ("Location: feed:http://127.0.0.1/x", "to something unusable"),
            ("Location: http://", "to something unusable"),
            ("Location: http://[::1/", "to something unusable"),
            (&format!("Location: {long}"), "to something unusable"),
        ];
        for (field, problem) in cases {
            let origin = Origin::always(answer("302 Found", &[field], b"<rss/>")).await;
            let found = failure(get(&client(), &origin.feed("/feed?key=secret")).await);
            assert_eq!(found.class, FailureClass::Network, "{field:.60}");
            assert!(found.reason.contains(problem), "{field:.60}: {}", found.reason);
            assert!(found.reason.len() < 400 && !found.reason.contains("secret"));
            assert_eq!(origin.heard().len(), 1, "{field:.60}");
        }
    }

    #[tokio::test]
    async fn odd_locations_are_resolved_as_they_were_meant() {
        let cases = [
            ("../x y", "/x%20y"),
            ("?page=2", "/a/feed?page=2"),
            ("//127.0.0.1:{port}/p", "/p"),
            ("caf\u{e9}", "/a/caf%E9"),
            ("caf\u{c3}\u{a9}", "/a/caf%C3%A9"),
            ("http://user:pass@127.0.0.1:{port}/q#f", "/q"),
            ("http:\\\\127.0.0.1:{port}\\r", "/r"),
        ];
        for (location, target) in cases {
            let origin = Origin::new(move |heard| match heard.target() {
                "/a/feed" => {
                    let host = heard.field("host").expect("a Host field");
                    let (_, port) = host.rsplit_once(':').expect("a port");
                    to("302 Found", &location.replace("{port}", port))
                }
                _ => answer("200 OK", &[], b"<rss/>"),
            })
            .await;
            let found = fresh(get(&client(), &origin.feed("/a/feed")).await);
            let heard = origin.heard();
            assert_eq!(heard[1].target(), target, "{location}");
            assert_eq!(heard[1].field("authorization"), None, "{location}");
            assert_eq!(found.found_at.as_str(), origin.url(target));
        }
    }

    #[tokio::test]
    async fn a_redirect_to_a_private_place_is_refused_at_that_hop() {
        let canary = Canary::at("127.0.0.2").await;
        let port = canary.port();
        let only_first = Client::new(&settings(&["127.0.0.1/32"])).expect("a client");
        let places = [
            format!("http://127.0.0.2:{port}/"),
            format!("http://0x7f000002:{port}/"),
            format!("http://[::ffff:127.0.0.2]:{port}/"),
            format!("http://public.example@127.0.0.2:{port}/"),
            format!("http://localhost:{port}/"),
            "http://169.254.169.254/latest/meta-data/".to_owned(),
            "http://[::1]/".to_owned(),
            "http://127.0.0.1:6379/".to_owned(),
            "http://127.0.0.1:25/".to_owned(),
        ];
        for (n, place) in places.iter().enumerate() {
            let (kind, place) = (KINDS[n % KINDS.len()], place.clone());
            let origin = Origin::new(move |heard| match heard.target() {
                "/feed" => to("302 Found", "/second"),
                "/second" => to("301 Moved Permanently", "/third"),
                _ => to(kind, &place),
            })
            .await;
            for path in ["/feed", "/third"] {
                let found = failure(get(&only_first, &origin.feed(path)).await);
                assert_eq!(found.class, FailureClass::Guard, "{}: {}", places[n], found.reason);
            }
            assert_eq!(origin.heard().len(), 4);
        }
        assert!(!canary.sang());
    }

    #[tokio::test]
    async fn credentials_and_custom_headers_stay_with_their_origin() {
        let other = Origin::at("127.0.0.2", |_| answer("200 OK", &[], b"<rss/>")).await;
        let place = other.url("/feed");
        let origin = Origin::new(move |heard| match heard.target() {
            "/same" => to("302 Found", "/there"),
            "/there" => answer("200 OK", &[], b"<rss/>"),
            _ => to("302 Found", &place),
        })
        .await;
        let login = Login { username: "u".to_owned(), password: Secret::new("p") };
        let headers = [("X-Api-Key".to_owned(), Secret::new("k3y"))];
        let none = Validators::default();
        for path in ["/same", "/other"] {
            let url = origin.feed(path);
            let mut asked = request(&url, &none);
            (asked.login, asked.headers) = (Some(&login), &headers);
            fresh(client().get(&asked, now()).await);
        }
        for heard in origin.heard() {
            assert_eq!(heard.field("authorization"), Some("Basic dTpw"));
            assert_eq!(heard.field("x-api-key"), Some("k3y"));
        }
        assert_eq!((origin.heard().len(), other.heard().len()), (3, 1));
        for field in ["authorization", "x-api-key", "cookie", "referer"] {
            assert_eq!(other.heard()[0].field(field), None, "{field}");
        }
    }

    #[test]
    fn secrets_are_not_taken_from_https_to_http() {
        let login = Login { username: "u".to_owned(), password: Secret::new("p") };
        let url = crate::model::url::FeedUrl::parse("https://a.example/feed").expect("a URL");
        let none = Validators::default();
        let open = request(&url, &none);
        let secret = Request { login: Some(&login), ..open };
        let mut fields = HeaderMap::new();
        fields.insert(LOCATION, "http://a.example/feed".parse().expect("a value"));
        let led = |asked: &Request<'_>| target(url.web(), &fields, asked.is_confidential());
        assert_eq!(led(&secret), Err(FetchError::Refused(Refused::Downgrade)));
        assert!(led(&open).is_ok());
    }

    #[tokio::test]
    async fn validators_go_to_the_address_that_gave_them_and_to_no_other() {
        let other = Origin::at("127.0.0.2", |heard| match heard.field("if-none-match") {
            Some("\"theirs\"") => answer("304 Not Modified", &[], b""),
            _ => answer("200 OK", &["ETag: \"theirs\""], b"<rss/>"),
        })
        .await;
        let place = other.url("/feed");
        let origin = Origin::new(move |_| {
            let location = format!("Location: {place}");
            answer("302 Found", &["ETag: \"ours\"", "Cache-Control: max-age=9", &location], b"")
        })
        .await;
        let (client, url) = (client(), origin.feed("/feed"));
        let first = fresh(get(&client, &url).await);
        assert_eq!(first.validators, validators(Some("\"theirs\""), None));
        let again = Request { owner: &first.found_at, ..request(&url, &first.validators) };
        let second = client.get(&again, now()).await;
        assert!(matches!(second, Outcome::Unchanged { .. }), "{second:?}");
        assert!(origin.heard().iter().all(|heard| heard.field("if-none-match").is_none()));
        assert_eq!(other.heard()[1].field("if-none-match"), Some("\"theirs\""));
        assert_eq!(other.heard()[1].field("referer"), None);
    }

    #[tokio::test]
    async fn validators_of_an_address_that_now_redirects_elsewhere_are_not_sent_there() {
        let other = Origin::at("127.0.0.2", |heard| match heard.field("if-none-match") {
            Some(_) => answer("304 Not Modified", &[], b""),
            None => answer("200 OK", &[], b"<rss/>"),
        })
        .await;
        let place = other.url("/feed");
        let origin = Origin::new(move |_| to("301 Moved Permanently", &place)).await;
        let (url, held) = (origin.feed("/feed"), validators(Some("\"ours\""), None));
        let found = fresh(client().get(&request(&url, &held), now()).await);
        assert_eq!(origin.heard()[0].field("if-none-match"), Some("\"ours\""));
        assert_eq!((found.body, found.validators), ("<rss/>".into(), Validators::default()));
    }

    #[tokio::test]
    async fn nothing_that_a_redirect_says_is_kept() {
        let origin = Origin::new(|heard| match heard.target() {
            "/feed" => {
                let fields = [
                    "Location: /there",
                    "ETag: \"hop\"",
                    "Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT",
                    "Cache-Control: max-age=99",
                    "Retry-After: 99",
                    "Set-Cookie: a=b",
                ];
                answer("302 Found", &fields, b"")
            }
            _ => answer("200 OK", &[], b"<rss/>"),
        })
        .await;
        let found = fresh(get(&client(), &origin.feed("/feed")).await);
        assert_eq!(found.validators, Validators::default());
        assert_eq!((found.freshness, found.retry_after), (None, None));
        assert_eq!(origin.heard()[1].field("cookie"), None);
    }

    #[test]
    fn http_becoming_https_is_the_same_address() {
        let cases = [
            ("http://a.example/f?x=1", "https://a.example/f?x=1", true),
            ("http://a.example/f", "http://a.example/f", true),
            ("https://a.example/f", "http://a.example/f", false),
            ("http://a.example/f", "https://a.example/g", false),
            ("http://a.example/f", "https://www.a.example/f", false),
            ("http://a.example:8080/f", "https://a.example/f", false),
            ("http://a.example/f", "https://a.example:8443/f", false),
        ];
        for (owner, url, same) in cases {
            let (owner, url) = (WebUrl::parse(owner).expect(owner), WebUrl::parse(url).expect(url));
            assert_eq!(url.stands_for(&owner), same, "{owner} {url}");
        }
    }
}
