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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::origin::now;

    fn fields(lines: &[&str]) -> HeaderMap {
        let mut fields = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(": ").expect("a field");
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
            fields.append(name, HeaderValue::from_str(value).expect("a value"));
        }
        fields
    }

    #[test]
    fn freshness_is_computed_ignored_or_saturated_but_never_fails() {
        let cases: [(&[&str], Option<u64>); 30] = [
            (&[], None),
            (&["Cache-Control: max-age=43200"], Some(43_200)),
            (&["Cache-Control: max-age=43200", "Age: 40000"], Some(3_200)),
            (&["Cache-Control: max-age=60", "Age: 40000"], Some(0)),
            (&["Cache-Control: max-age=60", "Age: -1"], Some(60)),
            (&["Cache-Control: max-age=60", "Age: 1, 2"], Some(60)),
            (&["Cache-Control: max-age=60", "Age: 99999999999999999999"], Some(0)),
            (&["Cache-Control: max-age=abc"], None),
            (&["Cache-Control: max-age"], None),
            (&["Cache-Control: max-age="], None),
            (&["Cache-Control: max-age=60; x"], None),
            (&["Cache-Control: max-age=-1"], None),
            (&["Cache-Control: max-age=+1"], None),
            (&["Cache-Control: max-age=1.5"], None),
            (&["Cache-Control: max-age=99999999999999999999"], Some(1 << 31)),
            (&["Cache-Control: max-age=60", "Cache-Control: max-age=120"], Some(60)),
            (&["Cache-Control: max-age=abc, max-age=120"], Some(120)),
            (&["Cache-Control: public,MAX-AGE = \"60\" ,x=\"a,b\""], Some(60)),
            (&["Cache-Control: s-maxage=60"], None),
            (&["Cache-Control: no-cache"], Some(0)),
            (&["Cache-Control: max-age=60, no-cache"], Some(0)),
            (&["Cache-Control: private, no-store, max-age=60"], Some(0)),
            (&["Expires: 0"], Some(0)),
            (&["Expires: Sun, 06 Nov 1994 08:49:37 GMT"], Some(0)),
            (&["Expires: 0", "Cache-Control: max-age=60"], Some(60)),
            (
                &["Date: Sun, 06 Nov 1994 08:49:37 GMT", "Expires: Sun, 06 Nov 1994 09:49:37 GMT"],
                Some(3_600),
            ),
            (
                &[
                    "Date: Sunday, 06-Nov-94 08:49:37 GMT",
                    "Expires: Sun Nov  6 09:49:37 1994",
                    "Age: 600",
                ],
                Some(3_000),
            ),
            (&["Date: garbage", "Expires: Sun, 06 Nov 1994 09:49:37 GMT"], Some(0)),
            (
                &["Date: Sun, 06 Nov 1994 08:49:37 GMT", "Expires: Fri, 31 Dec 9999 23:59:59 GMT"],
                Some(1 << 31),
            ),
            (&["Cache-Control: \u{e9}", "Expires: \u{e9}"], None),
        ];
        for (lines, secs) in cases {
            assert_eq!(of(&fields(lines), now()), secs.map(Duration::from_secs), "{lines:?}");
        }
    }

    #[test]
    fn expires_without_date_is_measured_from_now() {
        let expires = httpdate::fmt_http_date(SystemTime::from(now() + chrono::Duration::hours(2)));
        let found = of(&fields(&[&format!("Expires: {expires}")]), now());
        assert_eq!(found, Some(Duration::from_secs(7_200)));
    }

    #[test]
    fn retry_after_is_read_in_every_form() {
        let delay = |secs| Some(RetryAfter::Delay(Duration::from_secs(secs)));
        let at = |secs| DateTime::from_timestamp(secs, 0).map(RetryAfter::At);
        let cases: [(&[&str], Option<RetryAfter>); 16] = [
            (&[], None),
            (&["Retry-After: 0"], delay(0)),
            (&["Retry-After:  86400 "], delay(86_400)),
            (&["Retry-After: 99999999999999999999999"], delay(1 << 31)),
            (&["Retry-After: -5"], None),
            (&["Retry-After: 1h"], None),
            (&["Retry-After: 1.5"], None),
            (&["Retry-After: "], None),
            (&["Retry-After: \u{e9}"], None),
            (&["Retry-After: Sun, 06 Nov 1994 08:49:37 GMT"], at(784_111_777)),
            (&["Retry-After: Sunday, 06-Nov-94 08:49:37 GMT"], at(784_111_777)),
            (&["Retry-After: Sun Nov  6 08:49:37 1994"], at(784_111_777)),
            (&["Retry-After: Fri, 31 Dec 9999 23:59:59 GMT"], at(253_402_300_799)),
            (
                &[
                    "Date: Sun, 06 Nov 1994 08:49:37 GMT",
                    "Retry-After: Sun, 06 Nov 1994 08:59:37 GMT",
                ],
                delay(600),
            ),
            (
                &[
                    "Date: Sun, 06 Nov 1994 08:59:37 GMT",
                    "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT",
                ],
                delay(0),
            ),
            (&["Retry-After: 60", "Retry-After: 120"], delay(60)),
        ];
        for (lines, expected) in cases {
            assert_eq!(retry_after(&fields(lines)), expected, "{lines:?}");
        }
    }
}
