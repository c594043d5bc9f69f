//! For how long an answer is declared fresh, and when one may ask again: RFC 9111, section 4.2, and
//! RFC 9110, section 10.2.3.
//!
//! Servers write what they like here, so nothing fails: what cannot be read counts as absent, what
//! is absurdly large as [`LONGEST`]. Dates of a server are measured against its own `Date`, since
//! its clock may be wrong.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use reqwest::header::{
    AGE, CACHE_CONTROL, DATE, EXPIRES, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER,
};

use crate::model::outcome::RetryAfter;

/// The longest time a field can declare: 2³¹ seconds (RFC 9111, section 1.2.2).
pub const LONGEST: Duration = Duration::from_secs(1 << 31);

/// For how long the answer with these fields is declared fresh from now on: `max-age`, or else
/// `Expires` less `Date`; less `Age`. `no-cache` and `no-store` declare that it is not fresh at all.
/// `s-maxage` is for shared caches and ignored.
pub fn of(fields: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let lifetime = match declared(fields) {
        Some(lifetime) => lifetime,
        None => expires(fields, now)?,
    };
    let age = first(fields, &AGE).and_then(delta_seconds).unwrap_or_default();
    Some(lifetime.saturating_sub(age))
}

/// Retry-After: a number of seconds or a date.
pub fn retry_after(fields: &HeaderMap) -> Option<RetryAfter> {
    let text = first(fields, &RETRY_AFTER)?;
    if let Some(delay) = delta_seconds(text) {
        return Some(RetryAfter::Delay(delay));
    }
    let at = date(text)?;
    match first(fields, &DATE).and_then(date) {
        Some(sent) => Some(RetryAfter::Delay(between(sent, at))),
        None => Some(RetryAfter::At(at)),
    }
}

/// What Cache-Control declares: the first directive that can be read wins, but `no-cache` and
/// `no-store` win over all.
fn declared(fields: &HeaderMap) -> Option<Duration> {
    let mut lifetime = None;
    for line in fields.get_all(CACHE_CONTROL) {
        for directive in text(line).unwrap_or_default().split(',') {
            let (name, value) = match directive.split_once('=') {
                Some((name, value)) => (name.trim(), value.trim().trim_matches('"').trim()),
                None => (directive.trim(), ""),
            };
            if name.eq_ignore_ascii_case("max-age") {
                lifetime = lifetime.or_else(|| delta_seconds(value));
            }
            if name.eq_ignore_ascii_case("no-cache") || name.eq_ignore_ascii_case("no-store") {
                return Some(Duration::ZERO);
            }
        }
    }
    lifetime
}

/// `Expires` less `Date`. An `Expires` that is not a date, as `0`, has passed (RFC 9111, section
/// 5.3).
fn expires(fields: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let expires = first(fields, &EXPIRES)?;
    let sent = first(fields, &DATE).and_then(date).unwrap_or(now);
    Some(date(expires).map_or(Duration::ZERO, |at| between(sent, at)))
}

fn between(from: DateTime<Utc>, to: DateTime<Utc>) -> Duration {
    (to - from).to_std().unwrap_or_default().min(LONGEST)
}

/// `delta-seconds`: digits and nothing else, however many.
fn delta_seconds(text: &str) -> Option<Duration> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Digits that are no u64 are simply too many.
    Some(text.parse().map_or(LONGEST, Duration::from_secs).min(LONGEST))
}

/// An HTTP date in any of its three forms (RFC 9110, section 5.6.7).
fn date(text: &str) -> Option<DateTime<Utc>> {
    let time = httpdate::parse_http_date(text).ok()?;
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    DateTime::from_timestamp(i64::try_from(since.as_secs()).ok()?, 0)
}

fn first<'a>(fields: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    fields.get(name).and_then(text)
}

fn text(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok().map(str::trim)
}
