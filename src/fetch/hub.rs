//! Requests to hubs (WebSub, W3C Recommendation of 2018): the one place of the program that posts.
//!
//! A hub is a stranger that another stranger named: the same guard, the same client, the same time
//! limit as for feeds. Redirects that keep the method are followed (307, 308), no others, and never
//! from https to http, where a secret could be read. Of the answer only the status counts.

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode};

use crate::model::secret::Secret;
use crate::model::url::WebUrl;

use super::error::FetchError;
use super::guard::Guard;
use super::{answer, cause, hops};

/// How many redirects of a hub are followed.
const HOPS: usize = 3;

/// What a hub is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// To tell of changes.
    Subscribe {
        /// For how long, in seconds.
        lease_secs: i64,
    },
    /// To tell of them no more.
    Unsubscribe,
}

/// One request to a hub.
#[derive(Debug, Clone, Copy)]
pub struct HubRequest<'a> {
    /// Which hub.
    pub hub: &'a WebUrl,
    /// Whose changes: the address by which the hub knows the feed.
    pub topic: &'a WebUrl,
    /// Where it is to tell of them.
    pub callback: &'a WebUrl,
    /// With what it is to sign. Not sent to a hub without TLS.
    pub secret: Option<&'a Secret>,
    /// What is wanted.
    pub mode: Mode,
}

/// Asks along redirects until the hub takes the request: any 2xx, of which 202 is the usual one.
pub(in crate::fetch) async fn ask(
    http: &reqwest::Client,
    guard: &Guard,
    common: &HeaderMap,
    request: &HubRequest<'_>,
) -> Result<(), FetchError> {
    let body = form(request);
    let mut url = request.hub.clone();
    for _ in 0..=HOPS {
        guard.check(url.parts())?;
        let mut post = reqwest::Request::new(Method::POST, url.parts().clone());
        post.headers_mut().clone_from(common);
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        post.headers_mut().insert(CONTENT_TYPE, kind);
        *post.body_mut() = Some(body.clone().into());
        let sent = http.execute(post).await;
        let response = sent.map_err(|error| cause::explain(&error, url.parts()))?;
        match response.status() {
            status if status.is_success() => return Ok(()),
            StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => {
                // The form holds a secret, where the hub is behind TLS.
                url = hops::target(&url, response.headers(), true)?;
            }
            status => return Err(answer::refusal(status, response.headers(), &url)),
        }
    }
    Err(hops::too_long(&url, HOPS))
}

/// The form of section 5.1.
fn form(request: &HubRequest<'_>) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("hub.callback", request.callback.as_str());
    form.append_pair("hub.topic", request.topic.as_str());
    match request.mode {
        Mode::Subscribe { lease_secs } => {
            form.append_pair("hub.mode", "subscribe");
            form.append_pair("hub.lease_seconds", &lease_secs.to_string());
            // Section 5.1: a secret must not be sent where it could be read.
            let is_safe = request.hub.parts().scheme() == "https";
            if let Some(secret) = request.secret.filter(|_| is_safe) {
                form.append_pair("hub.secret", secret.reveal());
            }
        }
        Mode::Unsubscribe => {
            form.append_pair("hub.mode", "unsubscribe");
        }
    }
    // Hubs of PubSubHubbub 0.3 want to be told how to verify; WebSub ignores it.
    form.append_pair("hub.verify", "async");
    form.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::client::Client;
    use crate::fetch::origin::{Canary, Origin, answer, client, settings};
    use crate::model::outcome::{Failure, FailureClass, RetryAfter};

    fn web(text: &str) -> WebUrl {
        WebUrl::parse(text).expect("a URL")
    }

    async fn asked(client: &Client, hub: &str, mode: Mode) -> Result<(), Failure> {
        let (topic, callback) =
            (web("https://exemple.fr/flux?a=1&b=2"), web("https://m.example/w/x"));
        let secret = Secret::new("s3cret");
        let (hub, secret) = (&web(hub), Some(&secret));
        let request = HubRequest { hub, topic: &topic, callback: &callback, secret, mode };
        client.ask_hub(&request).await
    }

    const SUBSCRIBE: Mode = Mode::Subscribe { lease_secs: 864_000 };

    #[test]
    fn a_secret_goes_to_hubs_behind_tls_only() {
        let (topic, callback) =
            (web("https://exemple.fr/flux?a=1&b=2"), web("https://m.example/w/x"));
        let secret = Secret::new("s3cret");
        for (hub, mode, has) in [
            ("https://hub.example/", SUBSCRIBE, true),
            ("http://hub.example/", SUBSCRIBE, false),
            ("https://hub.example/", Mode::Unsubscribe, false),
        ] {
            let (hub, secret) = (&web(hub), Some(&secret));
            let form = form(&HubRequest { hub, topic: &topic, callback: &callback, secret, mode });
            assert_eq!(form.contains("hub.secret=s3cret"), has, "{form}");
            assert!(
                form.contains("hub.topic=https%3A%2F%2Fexemple.fr%2Fflux%3Fa%3D1%26b%3D2"),
                "{form}"
            );
        }
    }

    #[tokio::test]
    async fn a_hub_is_posted_a_form_and_its_status_sorted() {
        let origin = Origin::new(|heard| match heard.target() {
            "/yes" => answer("202 Accepted", &[], b""),
            "/old" => answer("204 No Content", &[], b""),
            "/busy" => answer("503 Busy", &["Retry-After: 600"], b""),
            "/moved" => answer("308 Moved", &["Location: /yes"], b""),
            "/away" => answer("307 Moved", &["Location: /moved"], b""),
            "/see" => answer("303 See", &["Location: /yes"], b""),
            "/found" => answer("302 Found", &["Location: /yes"], b""),
            "/round" => answer("307 Moved", &["Location: /round"], b""),
            _ => answer("404 Not Found", &[], b""),
        })
        .await;
        let client = client();
        for (path, class) in [
            ("/yes", None),
            ("/old", None),
            ("/moved", None),
            ("/away", None),
            ("/busy", Some(FailureClass::Throttled)),
            ("/see", Some(FailureClass::Network)),
            ("/found", Some(FailureClass::Network)),
            ("/round", Some(FailureClass::Network)),
            ("/no", Some(FailureClass::Client)),
        ] {
            let hub = origin.url(path);
            let result = asked(&client, &hub, SUBSCRIBE).await;
            assert_eq!(result.as_ref().err().map(|failure| failure.class), class, "{path}");
            if path == "/busy" {
                let delay = RetryAfter::Delay(std::time::Duration::from_secs(600));
                assert_eq!(result.expect_err("a failure").retry_after, Some(delay));
            }
        }
        assert!(origin.heard().iter().all(|heard| heard.head.starts_with("POST ")));
        let kind = origin.heard()[0].field("content-type").map(str::to_owned);
        assert_eq!(kind.as_deref(), Some("application/x-www-form-urlencoded"));
    }

    #[tokio::test]
    async fn a_hub_that_leads_nowhere_is_a_failure_and_odd_locations_are_read_as_those_of_feeds() {
        let nowhere = "without saying where to";
        let unusable = "to something unusable";
        for (field, problem) in [
            ("X-Location: /yes", nowhere),
            ("Location: ", nowhere),
            ("Location: file:///etc/passwd", unusable),
            ("Location: data:text/plain,x", unusable),
            ("Location: http://[::1/", unusable),
        ] {
            let origin = Origin::always(answer("307 Moved", &[field], b"")).await;
            let failure = asked(&client(), &origin.url("/"), SUBSCRIBE).await.expect_err(field);
            assert_eq!(failure.class, FailureClass::Network, "{field}");
            assert!(failure.reason.contains(problem), "{field}: {}", failure.reason);
            assert_eq!(origin.heard().len(), 1, "{field}");
        }
        for (location, target) in [
            ("../x y", "/x%20y"),
            ("caf\u{e9}", "/a/caf%E9"),
            ("http://user:pass@127.0.0.1:{port}/q#f", "/q"),
            ("//127.0.0.1:{port}/p", "/p"),
        ] {
            let origin = Origin::new(move |heard| match heard.target() {
                "/a/hub" => {
                    let host = heard.field("host").expect("a Host field");
                    let (_, port) = host.rsplit_once(':').expect("a port");
                    let location = location.replace("{port}", port);
                    answer("308 Moved", &[&format!("Location: {location}")], b"")
                }
                _ => answer("202 Accepted", &[], b""),
            })
            .await;
            asked(&client(), &origin.url("/a/hub"), SUBSCRIBE).await.expect(location);
            let heard = origin.heard();
            assert_eq!(heard[1].target(), target, "{location}");
            assert_eq!(heard[1].field("authorization"), None, "{location}");
            assert!(heard[1].head.starts_with("POST "), "{location}");
        }
    }

    #[test]
    fn a_hub_behind_tls_does_not_lead_out_of_it() {
        let mut fields = HeaderMap::new();
        fields.insert(reqwest::header::LOCATION, "http://hub.example/".parse().expect("a value"));
        let led = hops::target(&web("https://hub.example/"), &fields, true);
        assert_eq!(led, Err(FetchError::Refused(crate::fetch::guard::Refused::Downgrade)));
    }

    #[tokio::test]
    async fn no_hub_leads_past_the_guard() {
        let canary = Canary::at("127.0.0.2").await;
        let inside = format!("http://127.0.0.2:{}/", canary.port());
        let target = inside.clone();
        let origin =
            Origin::new(move |_| answer("307 Moved", &[&format!("Location: {target}")], b"")).await;
        let client = Client::new(&settings(&["127.0.0.1"])).expect("a client");
        let hub = origin.url("/");
        for hub in [hub, inside, "http://localhost:8/".to_owned()] {
            let failure = asked(&client, &hub, SUBSCRIBE).await.expect_err(&hub);
            assert_eq!(failure.class, FailureClass::Guard, "{hub}: {}", failure.reason);
        }
        assert!(!canary.sang());
    }
}
