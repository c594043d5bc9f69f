//! Conditional requests: whether to answer with the representation, with 304 or with 412
//! (RFC 9110, section 13).

use std::time::{Duration, SystemTime};

use axum::http::header::{
    HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE,
};
use axum::http::{HeaderMap, HeaderValue};
use chrono::{DateTime, Utc};

/// What a GET or HEAD gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The representation: 200.
    Send,
    /// The client has it: 304.
    NotModified,
    /// The client wanted another: 412.
    PreconditionFailed,
}

/// The order of section 13.2.2 for a representation that exists, has the strong `etag` (with its
/// quotes) and was last modified at `modified`. Without such a date, conditions on dates count as
/// absent.
pub fn judge(headers: &HeaderMap, etag: &str, modified: Option<DateTime<Utc>>) -> Verdict {
    // HTTP dates know whole seconds.
    let modified = modified.map(|moment| moment.timestamp());
    let against = |field| Some((modified?, date(headers, field)?));
    if headers.contains_key(IF_MATCH) {
        if !matches(headers, &IF_MATCH, etag, Comparison::Strong) {
            return Verdict::PreconditionFailed;
        }
    } else if against(&IF_UNMODIFIED_SINCE).is_some_and(|(modified, date)| modified > date) {
        return Verdict::PreconditionFailed;
    }
    if headers.contains_key(IF_NONE_MATCH) {
        let has_it = matches(headers, &IF_NONE_MATCH, etag, Comparison::Weak);
        return if has_it { Verdict::NotModified } else { Verdict::Send };
    }
    let unchanged = against(&IF_MODIFIED_SINCE).is_some_and(|(modified, date)| modified <= date);
    if unchanged { Verdict::NotModified } else { Verdict::Send }
}

/// The comparison functions of section 8.8.3.2. Ours are all strong, so they differ only in what
/// they make of a weak tag of the client's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Strong,
    Weak,
}

/// Whether the list of tags in `field` has `etag`, or is `*`.
fn matches(headers: &HeaderMap, field: &HeaderName, etag: &str, how: Comparison) -> bool {
    headers.get_all(field).iter().any(|line| list_has(line, etag.as_bytes(), how))
}

/// Tags may hold commas, so the list is read tag by tag; what is not a tag is passed over.
fn list_has(line: &HeaderValue, etag: &[u8], how: Comparison) -> bool {
    let mut rest = line.as_bytes();
    if rest.trim_ascii() == b"*" {
        return true;
    }
    while !rest.is_empty() {
        rest = rest.trim_ascii_start();
        let (is_weak, tag) = match rest.strip_prefix(b"W/") {
            Some(tag) => (true, tag),
            None => (false, rest),
        };
        let quoted = tag.strip_prefix(b"\"").and_then(|inside| {
            let end = inside.iter().position(|&b| b == b'"')?;
            Some(&tag[..end + 2])
        });
        if quoted.is_some_and(|tag| tag == etag) && (how == Comparison::Weak || !is_weak) {
            return true;
        }
        let after = quoted.map_or(rest, |quoted| &tag[quoted.len()..]);
        let comma = after.iter().position(|&b| b == b',');
        rest = comma.map_or(&[], |comma| &after[comma + 1..]);
    }
    false
}

/// A single valid date of `field`, in seconds since 1970; anything else counts as absent.
fn date(headers: &HeaderMap, field: &HeaderName) -> Option<i64> {
    let mut lines = headers.get_all(field).iter();
    let only = lines.next().filter(|_| lines.next().is_none())?;
    let date = httpdate::parse_http_date(only.to_str().ok()?).ok()?;
    let since = date.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

/// `moment` as HTTP writes it (section 5.6.7); what lies before 1970 becomes 1970.
pub fn http_date(moment: DateTime<Utc>) -> String {
    let seconds = u64::try_from(moment.timestamp()).unwrap_or(0);
    httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ETAG: &str = "\"abc\"";

    fn verdict(fields: &[(&str, &str)]) -> Verdict {
        let modified = "2026-11-23T06:30:00.750Z".parse().expect("a date");
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            let name: HeaderName = name.parse().expect("a name");
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
        }
        judge(&headers, ETAG, Some(modified))
    }

    const BEFORE: &str = "Mon, 23 Nov 2026 06:29:59 GMT";
    const SAME: &str = "Mon, 23 Nov 2026 06:30:00 GMT";
    const AFTER: &str = "Mon, 23 Nov 2026 06:30:01 GMT";

    #[test]
    fn if_none_match_lists() {
        use Verdict::{NotModified, Send};
        for (list, expected) in [
            ("\"abc\"", NotModified),
            ("W/\"abc\"", NotModified),
            ("*", NotModified),
            (" * ", NotModified),
            ("\"x\", \"abc\"", NotModified),
            ("\"x\",W/\"abc\" , \"y\"", NotModified),
            ("\"a,b\", \"abc\"", NotModified),
            (",, \"abc\"", NotModified),
            ("junk, \"abc\"", NotModified),
            ("\"x\"", Send),
            ("\"abc-gzip\"", Send),
            ("\"abc", Send),
            ("abc", Send),
            ("w/\"abc\"", Send),
            ("\"x\", *", Send),
            ("\"ABC\"", Send),
            ("", Send),
        ] {
            assert_eq!(verdict(&[("if-none-match", list)]), expected, "{list}");
        }
        assert_eq!(
            verdict(&[("if-none-match", "\"x\""), ("if-none-match", "\"abc\"")]),
            NotModified
        );
    }

    #[test]
    fn if_modified_since_counts_only_alone_and_valid() {
        use Verdict::{NotModified, Send};
        for (date, expected) in [
            (BEFORE, Send),
            (SAME, NotModified),
            (AFTER, NotModified),
            ("Monday, 23-Nov-26 06:30:00 GMT", NotModified),
            ("Mon Nov 23 06:30:00 2026", NotModified),
            ("2026-11-23T06:30:00Z", Send),
            ("yesterday", Send),
            ("", Send),
        ] {
            assert_eq!(verdict(&[("if-modified-since", date)]), expected, "{date}");
        }
        let twice = [("if-modified-since", AFTER), ("if-modified-since", AFTER)];
        assert_eq!(verdict(&twice), Send);
        for (tag, expected) in [("\"x\"", Send), ("nonsense", Send), ("\"abc\"", NotModified)] {
            for date in [BEFORE, AFTER] {
                let both = [("if-none-match", tag), ("if-modified-since", date)];
                assert_eq!(verdict(&both), expected, "{tag} {date}");
            }
        }
    }

    #[test]
    fn if_match_and_if_unmodified_since_come_first() {
        use Verdict::{NotModified, PreconditionFailed, Send};
        for (fields, expected) in [
            (&[("if-match", "\"abc\"")][..], Send),
            (&[("if-match", "*")], Send),
            (&[("if-match", "W/\"abc\"")], PreconditionFailed),
            (&[("if-match", "\"x\"")], PreconditionFailed),
            (&[("if-match", "\"x\""), ("if-none-match", "\"abc\"")], PreconditionFailed),
            (&[("if-match", "\"abc\""), ("if-none-match", "\"abc\"")], NotModified),
            (&[("if-match", "\"abc\""), ("if-unmodified-since", BEFORE)], Send),
            (&[("if-unmodified-since", BEFORE)], PreconditionFailed),
            (&[("if-unmodified-since", SAME)], Send),
            (&[("if-unmodified-since", "nonsense")], Send),
        ] {
            assert_eq!(verdict(fields), expected, "{fields:?}");
        }
    }

    #[test]
    fn without_a_date_of_ours_dates_do_not_count() {
        for field in [IF_MODIFIED_SINCE, IF_UNMODIFIED_SINCE] {
            let headers = HeaderMap::from_iter([(field, HeaderValue::from_static(AFTER))]);
            assert_eq!(judge(&headers, ETAG, None), Verdict::Send);
        }
    }

    #[test]
    fn a_date_is_written_as_http_wants_it() {
        let date = "2026-11-23T06:30:00.750Z".parse().expect("a date");
        assert_eq!(http_date(date), SAME);
        assert_eq!(http_date(DateTime::<Utc>::MIN_UTC), "Thu, 01 Jan 1970 00:00:00 GMT");
    }
}
