//! What conditional requests are worth at a feed: whether it ever says that nothing changed, and
//! whether it says so for too long.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::feed::FeedState;
use crate::model::outcome::{Fresh, Validators};

/// After how many answers with the very body that we said to have a feed never answers 304.
pub const REPEATS: u32 = 5;

/// For how long a feed that is known to change may say that it did not, before all of it is asked
/// for; and how long before that is done again.
pub const STALE: TimeDelta = TimeDelta::days(30);

/// Whether a feed never says that nothing changed, so that every poll costs a whole body.
pub fn never_unchanged(state: &FeedState) -> bool {
    state.repeats >= REPEATS
}

/// How often in a row the body that we have came, after it came once more in `fresh`. Only an answer
/// to validators that are still the body's counts: a server that renews them says the truth.
pub fn repeats(before: &FeedState, fresh: &Fresh) -> u32 {
    let matches = fresh.conditional && same(&fresh.validators, &before.validators);
    before.repeats.saturating_add(u32::from(matches))
}

/// Whether two sets of validators are of one representation (RFC 9110, section 13.1.3: where there is
/// an ETag, dates are ignored).
fn same(one: &Validators, other: &Validators) -> bool {
    match (&one.etag, &other.etag) {
        (Some(one), Some(other)) => one == other,
        (None, None) => one.last_modified.is_some() && one.last_modified == other.last_modified,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// Whether all of a feed is to be asked for, without validators, since it has said that nothing
/// changed for longer than it is known to keep silent.
pub fn is_due(state: &FeedState, now: DateTime<Utc>) -> bool {
    let is_known_to_change = state.rhythm.gaps.iter().sum::<f32>() > 0.0;
    state.validators.any()
        && is_known_to_change
        && state.whole.is_some_and(|whole| now - whole >= STALE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::outcome::Links;
    use crate::model::url::WebUrl;

    fn validators(etag: &str, date: &str) -> Validators {
        let field = |text: &str| Some(text.as_bytes().to_vec()).filter(|bytes| !bytes.is_empty());
        Validators { etag: field(etag), last_modified: field(date) }
    }

    fn state() -> FeedState {
        FeedState::new(DateTime::<Utc>::UNIX_EPOCH)
    }

    #[test]
    fn only_matching_validators_that_were_sent_count() {
        for (sent, came, conditional, counts) in [
            (("a-gzip", ""), ("a-gzip", ""), true, true),
            (("a", "m"), ("a", "m2"), true, true),
            (("", "m"), ("", "m"), true, true),
            (("a", ""), ("b", ""), true, false),
            (("", "m"), ("", "m2"), true, false),
            (("a", ""), ("", "m"), true, false),
            (("", ""), ("", ""), true, false),
            (("a", ""), ("a", ""), false, false),
        ] {
            let before = FeedState { validators: validators(sent.0, sent.1), ..state() };
            let fresh = Fresh {
                delta: false,
                body: bytes::Bytes::new(),
                content_type: None,
                validators: validators(came.0, came.1),
                found_at: WebUrl::parse("https://x.fr/").expect("a URL"),
                moved: false,
                links: Links::default(),
                conditional,
                freshness: None,
                retry_after: None,
            };
            assert_eq!(repeats(&before, &fresh), u32::from(counts), "{sent:?} {came:?}");
        }
    }

    #[test]
    fn all_is_asked_for_after_thirty_days_of_a_feed_that_changes() {
        let now = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(100);
        let days = |days| Some(now - TimeDelta::days(days));
        for (whole, etag, gaps, due) in [
            (days(30), "a", 3.0, true),
            (days(29), "a", 3.0, false),
            (None, "a", 3.0, false),
            (days(30), "", 3.0, false),
            (days(90), "a", 0.0, false),
        ] {
            let mut state = FeedState { whole, validators: validators(etag, ""), ..state() };
            state.rhythm.gaps[3] = gaps;
            assert_eq!(is_due(&state, now), due, "{whole:?} {etag} {gaps}");
        }
    }
}
