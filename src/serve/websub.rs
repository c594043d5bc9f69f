//! Callbacks of hubs (WebSub): `/websub/TOKEN`, the one place where strangers may post.
//!
//! A question is answered with its challenge, as text, if it is about what we asked for, and with 404
//! otherwise. A push is thanked whatever it holds: it is read within bounds of size and time, and
//! what it is worth is found out behind. An address that is none of ours is gone (410), which tells
//! a hub to stop. Nothing here redirects.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;

use super::answer::{self, INERT};
use super::house::House;
use crate::jobs::pushes::Question;

/// The longest challenge that is echoed, in bytes.
const LONGEST_CHALLENGE: usize = 2_048;
/// The largest push that is kept to be read, in bytes.
const LARGEST_PUSH: usize = 2_000_000;
/// How much of a push is taken from the wire at most, so that its sender hears the answer.
const MOST_TAKEN: usize = 16 * LARGEST_PUSH;
/// How long a push may take to come.
const PATIENCE: Duration = Duration::from_secs(10);

/// A hub asks whether we asked.
pub async fn verify(
    State(house): State<Arc<House>>,
    method: Method,
    token: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Response {
    let Ok(Path(token)) = token else { return answer::bad_request() };
    let question = question(query.as_deref().unwrap_or_default());
    if method != Method::GET || question.challenge.len() > LONGEST_CHALLENGE {
        return answer::not_found();
    }
    match house.pushes.answer(&token, &question).await {
        Ok(Some(challenge)) => echo(challenge),
        Ok(None) => answer::not_found(),
        Err(error) => answer::unavailable(&error),
    }
}

/// The first of each parameter counts.
fn question(query: &str) -> Question {
    let mut question = Question::default();
    let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).collect();
    let first = |name: &str| {
        pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone().into_owned())
    };
    question.mode = first("hub.mode").unwrap_or_default();
    question.topic = first("hub.topic").unwrap_or_default();
    question.challenge = first("hub.challenge").unwrap_or_default();
    question.lease_seconds = first("hub.lease_seconds");
    question.reason = first("hub.reason");
    question
}

/// The challenge and not a byte more; nothing in it can be taken for a page.
fn echo(challenge: String) -> Response {
    let mut response = answer::with_policies(&INERT);
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    *response.body_mut() = Body::from(challenge);
    response
}

/// A hub tells something.
pub async fn push(
    State(house): State<Arc<House>>,
    token: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Ok(Path(token)) = token else { return answer::bad_request() };
    let callback = match house.pushes.known(&token).await {
        Ok(Some(callback)) => callback,
        Ok(None) => return answer::text(StatusCode::GONE, "Nothing is expected here any more."),
        Err(error) => return answer::unavailable(&error),
    };
    let hand = house.pushes.may_take_in(&callback);
    let kept = if hand.is_some() { LARGEST_PUSH } else { 0 };
    let body = tokio::time::timeout(PATIENCE, taken(body, kept)).await;
    let body = body.ok().flatten().filter(|_| hand.is_some());
    let signature = headers.get("x-hub-signature").and_then(|value| value.to_str().ok());
    match house.pushes.take(callback, signature, body).await {
        Ok(()) => answer::text(StatusCode::ACCEPTED, "Thank you."),
        Err(error) => answer::unavailable(&error),
    }
}

/// A body that came whole and is no longer than `kept`. Of a longer one the rest is passed over.
async fn taken(body: Body, kept: usize) -> Option<Bytes> {
    let (mut stream, mut whole, mut length) = (body.into_data_stream(), BytesMut::new(), 0);
    while let Some(piece) = stream.next().await {
        let piece = piece.ok()?;
        length += piece.len();
        if length > MOST_TAKEN {
            return None;
        }
        if length > kept {
            whole = BytesMut::new();
        } else {
            whole.extend_from_slice(&piece);
        }
    }
    (length <= kept).then(|| whole.freeze())
}
