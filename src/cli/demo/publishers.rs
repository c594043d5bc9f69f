//! The demo's publishers: eight small sites on loopback, French and English, some of them broken in
//! ordinary ways.
//!
//! Their texts are files in `demo/`; addresses and dates are filled in when they are asked, so that
//! the news is always of this morning.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{DateTime, TimeDelta, Utc};
use include_dir::{Dir, include_dir};

use crate::model::hash;

static TEXTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/demo");

/// One of the demo's feeds.
#[derive(Debug, Clone, Copy)]
pub struct Publisher {
    /// The last part of its address.
    pub name: &'static str,
    /// The tag it gets in the demo's configuration.
    pub tag: &'static str,
    /// What is remarkable about it.
    pub remark: &'static str,
    file: &'static str,
    media_type: &'static str,
    status: StatusCode,
}

/// All of them.
pub const PUBLISHERS: [Publisher; 8] = [
    Publisher {
        name: "courrier",
        tag: "local",
        remark: "RSS from WordPress, with its shortcodes and “appeared first on” lines",
        file: "courrier-des-rives.xml",
        media_type: "application/rss+xml",
        status: StatusCode::OK,
    },
    Publisher {
        name: "gazette",
        tag: "local",
        remark: "Atom; tells one of the Courrier’s stories as well",
        file: "gazette-du-littoral.xml",
        media_type: "application/atom+xml",
        status: StatusCode::OK,
    },
    Publisher {
        name: "harbour",
        tag: "english",
        remark: "RSS in English, with a script and a tracking pixel",
        file: "harbour-post.xml",
        media_type: "text/xml",
        status: StatusCode::OK,
    },
    Publisher {
        name: "veille",
        tag: "veille",
        remark: "JSON Feed; links to articles of two others, with tracking parameters",
        file: "veille.json",
        media_type: "application/feed+json",
        status: StatusCode::OK,
    },
    Publisher {
        name: "carnets",
        tag: "table",
        remark: "broken: Windows-1252 under a UTF-8 label, bare ampersands, no version",
        file: "carnets-de-cuisine.xml",
        media_type: "text/html",
        status: StatusCode::OK,
    },
    Publisher {
        name: "atelier",
        tag: "table",
        remark: "broken: ends in the middle of an item",
        file: "atelier.xml",
        media_type: "application/rss+xml",
        status: StatusCode::OK,
    },
    Publisher {
        name: "maintenance",
        tag: "local",
        remark: "answers with an HTML page",
        file: "page.html",
        media_type: "text/html",
        status: StatusCode::OK,
    },
    Publisher {
        name: "surcharge",
        tag: "local",
        remark: "answers 503 and asks to come back in an hour",
        file: "page.html",
        media_type: "text/html",
        status: StatusCode::SERVICE_UNAVAILABLE,
    },
];

impl Publisher {
    /// Where its feed is found, below the address of all.
    pub fn path(&self) -> String {
        format!("/{}/feed", self.name)
    }
}

#[derive(Debug)]
struct Town {
    base: String,
    now: DateTime<Utc>,
}

/// Serves all publishers on `listener`, for ever.
///
/// # Errors
/// If the listener breaks.
pub async fn serve(listener: tokio::net::TcpListener, now: DateTime<Utc>) -> std::io::Result<()> {
    let base = base(listener.local_addr()?);
    let town = Arc::new(Town { base, now });
    let routes = Router::new().route("/{name}/feed", get(feed)).with_state(town);
    axum::serve(listener, routes).await
}

/// Where the publishers are found.
pub fn base(address: SocketAddr) -> String {
    format!("http://{address}")
}

async fn feed(
    State(town): State<Arc<Town>>,
    Path(name): Path<String>,
    request: HeaderMap,
) -> Response {
    let Some(publisher) = PUBLISHERS.iter().find(|publisher| publisher.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Some(file) = TEXTS.get_file(publisher.file) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let body = town.fill_in(file.contents(), publisher.name);
    let etag = format!("\"{}\"", hash::hex(&hash::of_bytes(&body)[..8]));
    if request.get(header::IF_NONE_MATCH).is_some_and(|sent| sent == etag.as_str()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let mut headers =
        vec![(header::CONTENT_TYPE, publisher.media_type.to_owned()), (header::ETAG, etag)];
    if publisher.status == StatusCode::SERVICE_UNAVAILABLE {
        headers.push((header::RETRY_AFTER, "3600".to_owned()));
    }
    (publisher.status, axum::response::AppendHeaders(headers), body).into_response()
}

impl Town {
    /// Replaces `@@base@@`, `@@self@@` and dates such as `@@rss:90@@`, which is ninety minutes ago.
    /// Works on bytes: one of the texts is not UTF-8, on purpose.
    fn fill_in(&self, text: &[u8], name: &str) -> Vec<u8> {
        let mut filled = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = find(rest, b"@@") {
            filled.extend_from_slice(&rest[..start]);
            let after = &rest[start + 2..];
            let Some(end) = find(after, b"@@") else { break };
            let word = String::from_utf8_lossy(&after[..end]);
            filled.extend_from_slice(self.value(&word, name).as_bytes());
            rest = &after[end + 2..];
        }
        filled.extend_from_slice(rest);
        filled
    }

    fn value(&self, word: &str, name: &str) -> String {
        let (kind, minutes) = word.split_once(':').unwrap_or((word, "0"));
        let then = self.now - TimeDelta::minutes(minutes.parse().unwrap_or(0));
        match kind {
            "base" => self.base.clone(),
            "self" => format!("{}/{name}/feed", self.base),
            "rss" => then.to_rfc2822(),
            "atom" => then.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            // A date as hand-made feeds write it.
            "fr" => then.format("%Y/%-m/%-d %H:%M:%S").to_string(),
            other => format!("@@{other}@@"),
        }
    }
}

fn find(text: &[u8], pattern: &[u8]) -> Option<usize> {
    text.windows(pattern.len()).position(|window| window == pattern)
}
