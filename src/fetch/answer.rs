//! What an answer means: its status sorted into an outcome, its fields into values.
//!
//! Only a 200 (or 203, the same through a transforming proxy) brings a body, and a 226 that was asked
//! for what is new of one; only a 304 to a
//! conditional request says that nothing changed; only a 410 of the feed's own address, or of one
//! it moved to for good, ends a feed. All else is a failure of which nothing is kept.

use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use reqwest::header::{
    CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, LAST_MODIFIED, TRANSFER_ENCODING,
};

use crate::model::outcome::{FailureClass, Fresh, Outcome, Unchanged, Validators};
use crate::model::url::WebUrl;

use super::error::{self, FetchError};
use super::request::FEED_DELTA;
use super::{body, freshness, links};

/// The longest validator that is kept, in bytes.
const LONGEST_VALIDATOR: usize = 8_192;

/// The final answer of a chain of redirects, its body not read yet.
#[derive(Debug)]
pub struct Answer {
    /// The answer.
    pub response: reqwest::Response,
    /// Who gave it.
    pub url: WebUrl,
    /// Whether that address was asked conditionally.
    pub conditional: bool,
    /// Whether it may answer with new items alone.
    pub delta: bool,
    /// Whether all redirects on the way, if any, were permanent ones.
    pub permanent: bool,
    /// Whether there were any.
    pub redirected: bool,
    /// Which address was asked first.
    pub asked: WebUrl,
}

/// The outcome of an answer, which is read to its end for it.
pub async fn sort(
    answer: Answer,
    max_body: u64,
    now: DateTime<Utc>,
) -> Result<Outcome, FetchError> {
    let Answer { response, url, conditional, delta, permanent, redirected, asked } = answer;
    let moved = redirected && permanent;
    let fields = response.headers();
    if fields.contains_key(TRANSFER_ENCODING) && fields.contains_key(CONTENT_LENGTH) {
        // One of the two is a lie (RFC 9112, section 6.3).
        let cause = "its answer states its length in two ways".to_owned();
        return Err(FetchError::Broken { host: error::host(url.parts()), cause });
    }
    let is_delta = delta && response.status() == StatusCode::IM_USED && names_feed(fields);
    match response.status() {
        status if is_delta || is_whole(status) => {
            let mut fresh = Fresh {
                delta: is_delta,
                body: bytes::Bytes::new(),
                content_type: content_type(fields),
                validators: validators(fields),
                freshness: freshness::of(fields, now),
                retry_after: freshness::retry_after(fields),
                links: links::of(fields, &url),
                found_at: url,
                moved,
                conditional,
            };
            fresh.body = body::read(response, max_body, fresh.found_at.parts()).await?;
            Ok(Outcome::Fresh(fresh))
        }
        StatusCode::NOT_MODIFIED if conditional => Ok(Outcome::Unchanged(Unchanged {
            validators: validators(fields),
            links: links::of(fields, &url),
            freshness: freshness::of(fields, now),
            retry_after: freshness::retry_after(fields),
            found_at: url,
            moved,
        })),
        // Only who was asked can say that there is nothing more to ask.
        StatusCode::GONE if url.stands_for(&asked) => Ok(Outcome::Gone),
        status => Err(refusal(status, fields, &url)),
    }
}

/// Whether a status brings a whole body.
fn is_whole(status: StatusCode) -> bool {
    matches!(status, StatusCode::OK | StatusCode::NON_AUTHORITATIVE_INFORMATION)
}

/// Whether an answer says that it is what was left of a feed (RFC 3229, section 10.5.2).
fn names_feed(fields: &HeaderMap) -> bool {
    fields.get_all("im").iter().any(|value| {
        let names = value.to_str().unwrap_or_default().split(',');
        names.map(str::trim).any(|name| name.eq_ignore_ascii_case(FEED_DELTA))
    })
}

/// The validators of a response, dropped where they are too long to be worth echoing.
fn validators(fields: &HeaderMap) -> Validators {
    let one = |name: HeaderName| {
        let value = fields.get(name)?.as_bytes();
        (!value.is_empty() && value.len() <= LONGEST_VALIDATOR).then(|| value.to_vec())
    };
    Validators { etag: one(ETAG), last_modified: one(LAST_MODIFIED) }
}

fn content_type(fields: &HeaderMap) -> Option<String> {
    fields.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// An answer that is not one to keep.
pub fn refusal(status: StatusCode, fields: &HeaderMap, url: &WebUrl) -> FetchError {
    let retry_after = freshness::retry_after(fields);
    let (class, remark) = match status.as_u16() {
        100..200 => (FailureClass::Network, ", which was not asked for"),
        304 => (FailureClass::Network, ", although nothing was asked conditionally"),
        429 => (FailureClass::Throttled, ": it wants to be asked less often"),
        503 => (FailureClass::Throttled, ": it wants to be asked later"),
        226 => (FailureClass::Document, ", which is a part of a feed that was not asked for"),
        200..300 => (FailureClass::Document, ", which is not a whole feed"),
        300..400 => (FailureClass::Network, ", which leads nowhere"),
        401 | 407 => (FailureClass::Client, ": it wants other credentials"),
        410 => (FailureClass::Client, " behind a redirect"),
        400..500 => (FailureClass::Client, ""),
        // Codes beyond 5xx count as server errors (RFC 9110, section 15).
        _ => (FailureClass::Server, ""),
    };
    let status = match status.canonical_reason() {
        Some(name) => format!("{} {name}", status.as_u16()),
        None => status.as_u16().to_string(),
    };
    let (place, address) = (error::place(url.parts()), Box::new(url.clone()));
    FetchError::Status { place, address, status, remark, class, retry_after }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::fetch::origin::{
        Origin, answer, client, failure, fresh, get, now, request, validators,
    };
    use crate::model::outcome::RetryAfter;

    #[tokio::test]
    async fn every_status_but_a_whole_body_is_sorted_as_a_failure() {
        use FailureClass::{Client, Document, Network, Server, Throttled};
        let cases = [
            ("201 Created", Document),
            ("202 Accepted", Document),
            ("204 No Content", Document),
            ("205 Reset Content", Document),
            ("206 Partial Content", Document),
            ("226 IM Used", Document),
            ("300 Multiple Choices", Network),
            ("304 Not Modified", Network),
            ("305 Use Proxy", Network),
            ("400 Bad Request", Client),
            ("401 Unauthorized", Client),
            ("403 Forbidden", Client),
            ("404 Not Found", Client),
            ("418 I'm a teapot", Client),
            ("429 Too Many Requests", Throttled),
            ("451 Unavailable For Legal Reasons", Client),
            ("500 Internal Server Error", Server),
            ("502 Bad Gateway", Server),
            ("503 Service Unavailable", Throttled),
            ("504 Gateway Timeout", Server),
            ("520 Origin Error", Server),
            ("600 Odd", Server),
            ("999 Request denied", Server),
        ];
        for (status, class) in cases {
            let origin = Origin::always(answer(status, &["ETag: \"x\""], b"<rss/>")).await;
            let found = failure(get(&client(), &origin.feed("/feed?key=secret")).await);
            assert_eq!(found.class, class, "{status}");
            let start = format!("http://{}/feed?… answered {}", origin.address, &status[..3]);
            assert!(found.reason.starts_with(&start), "{status}: {}", found.reason);
        }
    }

    #[tokio::test]
    async fn a_body_through_a_transforming_proxy_is_a_body() {
        let origin =
            Origin::always(answer("203 Non-Authoritative Information", &[], b"<rss/>")).await;
        assert_eq!(fresh(get(&client(), &origin.feed("/")).await).body, "<rss/>");
    }

    #[tokio::test]
    async fn a_good_answer_is_described_whole() {
        let fields = [
            "Content-Type: application/rss+xml; charset=\u{e9}",
            "ETag: \"one\"",
            "Cache-Control: max-age=60",
            "Retry-After: 120",
        ];
        let origin = Origin::always(answer("200 OK", &fields, b"<rss/>")).await;
        let url = origin.feed("/feed");
        let expected = Fresh {
            body: bytes::Bytes::from_static(b"<rss/>"),
            content_type: Some("application/rss+xml; charset=\u{fffd}".to_owned()),
            validators: validators(Some("\"one\""), None),
            found_at: url.web().clone(),
            moved: false,
            links: crate::model::outcome::Links::default(),
            conditional: false,
            delta: false,
            freshness: Some(Duration::from_secs(60)),
            retry_after: Some(RetryAfter::Delay(Duration::from_secs(120))),
        };
        assert_eq!(fresh(get(&client(), &url).await), expected);
    }

    #[tokio::test]
    async fn a_410_ends_a_feed_unless_a_redirect_led_there() {
        let origin = Origin::new(|heard| match heard.target() {
            "/moved" => answer("301 Moved Permanently", &["Location: /gone"], b""),
            "/elsewhere" => answer("302 Found", &["Location: /gone"], b""),
            _ => answer("410 Gone", &[], b""),
        })
        .await;
        assert_eq!(get(&client(), &origin.feed("/gone")).await, Outcome::Gone);
        for url in ["/moved", "/elsewhere"] {
            let behind = failure(get(&client(), &origin.feed(url)).await);
            assert_eq!(behind.class, FailureClass::Client, "{url}");
            assert!(behind.reason.contains("410"), "{}", behind.reason);
        }
    }

    #[tokio::test]
    async fn a_410_of_the_secure_form_of_what_was_asked_is_its_own() {
        for (asked, url, is_end) in [
            ("http://x.example/feed", "https://x.example/feed", true),
            ("http://x.example/feed", "https://x.example/", false),
            ("http://x.example/feed", "https://www.x.example/feed", false),
            ("https://x.example/feed", "http://x.example/feed", false),
        ] {
            let [asked, url] = [asked, url].map(|text| WebUrl::parse(text).expect("a URL"));
            let gone = hyper::Response::builder().status(410).body("").expect("an answer");
            let (response, redirected) = (reqwest::Response::from(gone), true);
            let (conditional, delta, permanent) = (false, false, true);
            let says = format!("{asked} {url}");
            let answer = Answer { response, url, conditional, delta, permanent, redirected, asked };
            let outcome = sort(answer, 9, now()).await;
            assert_eq!(outcome.is_ok_and(|it| it == Outcome::Gone), is_end, "{says}");
        }
    }

    #[tokio::test]
    async fn being_asked_to_wait_is_throttling_and_says_how_long() {
        let delay = |secs| Some(RetryAfter::Delay(Duration::from_secs(secs)));
        let cases = [
            ("429 Too Many Requests", "Retry-After: 86400", FailureClass::Throttled, delay(86_400)),
            ("429 Too Many Requests", "X: y", FailureClass::Throttled, None),
            ("503 Service Unavailable", "Retry-After: 5", FailureClass::Throttled, delay(5)),
            ("503 Service Unavailable", "Retry-After: soon", FailureClass::Throttled, None),
            ("404 Not Found", "Retry-After: 7", FailureClass::Client, delay(7)),
        ];
        for (status, field, class, retry_after) in cases {
            let origin = Origin::always(answer(status, &[field], b"")).await;
            let found = failure(get(&client(), &origin.feed("/")).await);
            assert_eq!((found.class, found.retry_after), (class, retry_after), "{status} {field}");
        }
    }

    #[tokio::test]
    async fn a_refusal_names_who_refuses_and_not_who_led_there() {
        let other = Origin::always(answer("429 Too Many Requests", &[], b"")).await;
        let location = format!("Location: {}", other.url("/feed?a=1"));
        let origin = Origin::always(answer("302 Found", &[&location], b"")).await;
        let found = failure(get(&client(), &origin.feed("/")).await);
        let address = found.address.map(|address| address.to_string());
        assert_eq!(address, Some(other.url("/feed?a=1")));
    }

    #[tokio::test]
    async fn after_any_failure_the_next_good_answer_is_taken() {
        let origin = Origin::new(|heard| match heard.field("if-none-match") {
            Some("\"good\"") => answer("304 Not Modified", &[], b""),
            _ => answer("500 Internal Server Error", &["ETag: \"bad\""], b"<html/>"),
        })
        .await;
        let (client, url) = (client(), origin.feed("/"));
        let held = validators(Some("\"good\""), None);
        failure(get(&client, &url).await);
        let outcome = client.get(&request(&url, &held), now()).await;
        assert!(matches!(outcome, Outcome::Unchanged { .. }), "{outcome:?}");
    }
}
