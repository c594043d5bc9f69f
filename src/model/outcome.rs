//! What a fetch meant: the answer of one conditional request, sorted by what follows from it.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};

use super::url::WebUrl;

/// Validators of a representation (RFC 9110, section 8.8): made by `fetch`, kept by `store`, echoed
/// byte for byte, read by nobody between.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Validators {
    /// The ETag field as received.
    pub etag: Option<Vec<u8>>,
    /// The Last-Modified field as received.
    pub last_modified: Option<Vec<u8>>,
}

impl Validators {
    /// Whether a conditional request can be made with them.
    pub fn any(&self) -> bool {
        self.etag.is_some() || self.last_modified.is_some()
    }
}

/// The meaning of one fetch.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A complete body came.
    Fresh(Fresh),
    /// 304: nothing changed.
    Unchanged(Unchanged),
    /// 410 from the very address that was asked: it has ended.
    Gone,
    /// Anything else: nothing of it is kept but the failure.
    Failed(Failure),
}

/// A complete and good answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Fresh {
    /// The body, its content codings undone.
    pub body: Bytes,
    /// The Content-Type field.
    pub content_type: Option<String>,
    /// The validators of the final response; none of a redirect's.
    pub validators: Validators,
    /// Where it was found after redirects.
    pub found_at: WebUrl,
    /// Whether all redirects on the way there, of which there was one at least, were for good.
    pub moved: bool,
    /// What its Link fields name.
    pub links: Links,
    /// Whether it was asked for conditionally.
    pub conditional: bool,
    /// Whether it holds new items alone, as it was asked to (226, RFC 3229).
    pub delta: bool,
    /// For how long it is declared fresh: max-age or Expires, less Age (RFC 9111, section 4.2).
    pub freshness: Option<Duration>,
    /// Retry-After, which any answer may carry.
    pub retry_after: Option<RetryAfter>,
}

/// The answer that nothing changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Unchanged {
    /// What it says the validators are now; empty where it repeats none.
    pub validators: Validators,
    /// Where it was found after redirects.
    pub found_at: WebUrl,
    /// Whether all redirects on the way there, of which there was one at least, were for good.
    pub moved: bool,
    /// What its Link fields name.
    pub links: Links,
    /// For how long it is declared fresh.
    pub freshness: Option<Duration>,
    /// Retry-After, which any answer may carry.
    pub retry_after: Option<RetryAfter>,
}

/// What the Link fields of an answer name (RFC 8288), of what is of use.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Links {
    /// Hubs that tell of changes (WebSub, `rel="hub"`).
    pub hubs: Vec<WebUrl>,
    /// The address by which hubs know it (`rel="self"`).
    pub own: Option<WebUrl>,
}

/// Retry-After (RFC 9110, section 10.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// So long from now.
    Delay(Duration),
    /// Not before.
    At(DateTime<Utc>),
}

/// A fetch that brought nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure.
    pub class: FailureClass,
    /// For people: what happened and where, on one line, without credentials.
    pub reason: String,
    /// Retry-After, if the answer said so.
    pub retry_after: Option<RetryAfter>,
    /// Who answered, after redirects, if somebody did.
    pub address: Option<Box<WebUrl>>,
}

/// Kinds of failure, by what follows from them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureClass {
    /// The network: names, connections, TLS, deadlines, broken answers.
    Network,
    /// The server is in trouble: 5xx.
    Server,
    /// The server wants to be asked less or later: 429, 503.
    Throttled,
    /// The server refuses: 401, 403, 404, 451 and other 4xx.
    Client,
    /// Our guard refuses to connect there.
    Guard,
    /// Too large, or coded in a way that we do not undo.
    Body,
    /// An answer came but it is not a feed that we can read.
    Document,
}
