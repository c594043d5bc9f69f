//! Answers: statuses and headers, the same for every route.
//!
//! No text of a stranger's becomes a header: what stands in one is a constant, a date, a hash or an
//! address of ours. Errors are plain text that says what to do.

use axum::body::Body;
use axum::http::header::{
    ACCEPT_RANGES, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    ETAG, HeaderName, LAST_MODIFIED, REFERRER_POLICY, RETRY_AFTER, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;

use super::coding::{self, Coding};
use super::conditional::{self, Verdict};
use crate::jobs::shelf::Printed;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// What a browser may do with a document of ours that is not a page: nothing.
pub const INERT: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
);

/// How long a copy may be used without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Five minutes, then it must be checked: merged feeds.
    Shortly,
    /// It must be checked each time: pages.
    Checked,
    /// An hour: what never changes once it is there.
    Long,
    /// Not at all: health.
    Never,
}

impl Keep {
    fn value(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Shortly => "max-age=300, must-revalidate",
            Self::Checked => "no-cache",
            Self::Long => "max-age=3600",
            Self::Never => "no-store",
        })
    }
}

/// `printed`, or 304 or 412, as `headers` ask for it.
pub fn printed(
    headers: &HeaderMap,
    printed: &Printed,
    keep: Keep,
    policy: &HeaderValue,
) -> Response {
    let gzip = printed.gzip.as_ref().filter(|_| coding::choose(headers) == Coding::Gzip);
    let (etag, body, coded) = match gzip {
        Some(coded) => (&printed.gzip_etag, coded, true),
        None => (&printed.etag, &printed.body, false),
    };
    let verdict = conditional::judge(headers, etag, printed.last_modified);
    if verdict == Verdict::PreconditionFailed {
        return text(
            StatusCode::PRECONDITION_FAILED,
            "This has changed: ask again without If-Match.",
        );
    }
    // A 304 carries what a cache needs to find and renew its copy, and no more: the policies are
    // with the copy already (RFC 9110, section 15.4.5).
    let mut response = match verdict {
        Verdict::NotModified => Response::new(Body::empty()),
        Verdict::Send | Verdict::PreconditionFailed => with_policies(policy),
    };
    let fields = response.headers_mut();
    fields.insert(CACHE_CONTROL, keep.value());
    fields.insert(VARY, HeaderValue::from_static("accept-encoding"));
    insert(fields, ETAG, etag);
    if verdict == Verdict::NotModified {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    if let Some(date) = printed.last_modified {
        insert(fields, LAST_MODIFIED, &conditional::http_date(date));
    }
    fields.insert(CONTENT_TYPE, HeaderValue::from_static(printed.content_type));
    fields.insert(ACCEPT_RANGES, HeaderValue::from_static("none"));
    if coded {
        fields.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    *response.body_mut() = Body::from(body.clone());
    response
}

/// A line or two of plain text.
pub fn text(status: StatusCode, message: &str) -> Response {
    let mut response = with_policies(&INERT);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, TEXT);
    response.headers_mut().insert(CACHE_CONTROL, Keep::Never.value());
    *response.body_mut() = Body::from(format!("{message}\n"));
    response
}

/// 404: nothing is at this address.
pub fn not_found() -> Response {
    text(StatusCode::NOT_FOUND, "There is nothing here. The front page, /, lists what there is.")
}

/// 400: the address cannot be read.
pub fn bad_request() -> Response {
    text(
        StatusCode::BAD_REQUEST,
        "This address cannot be read. The front page, /, lists what there is.",
    )
}

/// The answer to a request that is neither GET nor HEAD: what can be done here. Hubs may post.
pub fn to_other_methods(method: &Method, path: &str) -> Option<Response> {
    let mut response = match *method {
        Method::GET | Method::HEAD => return None,
        Method::POST if path.starts_with("/websub/") => return None,
        Method::OPTIONS => with_policies(&INERT),
        _ => text(
            StatusCode::METHOD_NOT_ALLOWED,
            "Only GET and HEAD are possible here: feedmill is changed by its configuration.",
        ),
    };
    if *method == Method::OPTIONS {
        *response.status_mut() = StatusCode::NO_CONTENT;
    }
    response.headers_mut().insert(ALLOW, ALLOWED);
    Some(response)
}

const ALLOWED: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");

/// 503: what is asked for is there but cannot be had now. The reason goes to the log, not to
/// strangers.
pub fn unavailable(error: &dyn std::error::Error) -> Response {
    tracing::error!(error = %error, "failed to answer a reader");
    let message = "This cannot be read at the moment. Try again in a minute; \
                   the log of feedmill says why.";
    let mut response = text(StatusCode::SERVICE_UNAVAILABLE, message);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("60"));
    response
}

/// An empty answer with what a browser may do with it.
pub fn with_policies(policy: &HeaderValue) -> Response {
    let mut response = Response::new(Body::empty());
    let fields = response.headers_mut();
    fields.reserve(10);
    fields.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    fields.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    fields.insert(CONTENT_SECURITY_POLICY, policy.clone());
    response
}

/// `value` is a date or a hash of ours; were it ever something else, no header is better than a
/// forged one.
fn insert(fields: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        fields.insert(name, value);
    }
}
