//! What an answer means: its status sorted into an outcome, its fields into values.
//!
//! Only a 200 (or 203, the same through a transforming proxy) brings a body; only a 304 to a
//! conditional request says that nothing changed; only a 410 of the feed's own address, or of one
//! it moved to for good, ends a feed. All else is a failure of which nothing is kept.

use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, ETAG, HeaderMap, HeaderName, LAST_MODIFIED};

use crate::model::outcome::{FailureClass, Fresh, Outcome, Validators};
use crate::model::url::WebUrl;

use super::error::{self, FetchError};
use super::{body, freshness};

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
    /// Whether all redirects on the way, if any, were permanent ones.
    pub permanent: bool,
}

/// The outcome of an answer, which is read to its end for it.
pub async fn sort(
    answer: Answer,
    max_body: u64,
    now: DateTime<Utc>,
) -> Result<Outcome, FetchError> {
    let Answer { response, url, conditional, permanent } = answer;
    let fields = response.headers();
    match response.status() {
        StatusCode::OK | StatusCode::NON_AUTHORITATIVE_INFORMATION => {
            let mut fresh = Fresh {
                body: bytes::Bytes::new(),
                content_type: content_type(fields),
                validators: validators(fields),
                freshness: freshness::of(fields, now),
                retry_after: freshness::retry_after(fields),
                found_at: url,
            };
            fresh.body = body::read(response, max_body, fresh.found_at.parts()).await?;
            Ok(Outcome::Fresh(fresh))
        }
        StatusCode::NOT_MODIFIED if conditional => Ok(Outcome::Unchanged {
            validators: validators(fields),
            freshness: freshness::of(fields, now),
            retry_after: freshness::retry_after(fields),
        }),
        StatusCode::GONE if permanent => Ok(Outcome::Gone),
        status => Err(refusal(status, fields, url.parts())),
    }
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
fn refusal(status: StatusCode, fields: &HeaderMap, url: &url::Url) -> FetchError {
    let retry_after = freshness::retry_after(fields);
    let (class, remark) = match status.as_u16() {
        304 => (FailureClass::Network, ", although nothing was asked conditionally"),
        429 => (FailureClass::Throttled, ": it wants to be asked less often"),
        503 if retry_after.is_some() => (FailureClass::Throttled, ": it wants to be asked later"),
        200..300 => (FailureClass::Document, ", which is not a whole feed"),
        300..400 => (FailureClass::Network, ", which leads nowhere"),
        401 | 407 => (FailureClass::Client, ": it wants other credentials"),
        410 => (FailureClass::Client, " behind a temporary redirect"),
        400..500 => (FailureClass::Client, ""),
        // Codes beyond 5xx count as server errors (RFC 9110, section 15).
        _ => (FailureClass::Server, ""),
    };
    let status = match status.canonical_reason() {
        Some(name) => format!("{} {name}", status.as_u16()),
        None => status.as_u16().to_string(),
    };
    FetchError::Status { place: error::place(url), status, remark, class, retry_after }
}
