//! A feed's health: how polls move it from state to state, and which moves people hear of.

use chrono::{DateTime, Utc};

use crate::model::feed::Standing;
use crate::model::outcome::Failure;
use crate::model::text::HeaderText;

/// The longest reason kept, in characters.
const LONGEST_REASON: usize = 300;

/// After one more failed poll. Whatever the failure, the feed is asked again: only 410 ends it.
pub fn after_failure(before: &Standing, failure: &Failure, now: DateTime<Utc>) -> Standing {
    let (failures, since) = match before {
        Standing::Failing { failures, since, .. } => (failures.saturating_add(1), *since),
        Standing::New | Standing::Healthy | Standing::Gone { .. } => (1, now),
    };
    let reason = HeaderText::new(&failure.reason);
    let reason = reason.as_str().chars().take(LONGEST_REASON).collect();
    Standing::Failing { failures, since, class: failure.class, reason }
}

/// After a 410.
pub fn after_gone(before: &Standing, now: DateTime<Utc>) -> Standing {
    match before {
        Standing::Gone { since } => Standing::Gone { since: *since },
        Standing::New | Standing::Healthy | Standing::Failing { .. } => {
            Standing::Gone { since: now }
        }
    }
}

/// Whether people hear of a move: the first failure of a row, the recovery, the end. Not that a
/// failing feed still fails, nor that a new one works.
pub fn is_noteworthy(before: &Standing, after: &Standing) -> bool {
    match (before, after) {
        (Standing::Failing { .. }, Standing::Failing { .. })
        | (Standing::New | Standing::Healthy, Standing::New | Standing::Healthy)
        | (Standing::Gone { .. }, Standing::Gone { .. }) => false,
        (Standing::Failing { .. } | Standing::Gone { .. }, Standing::New | Standing::Healthy)
        | (_, Standing::Failing { .. } | Standing::Gone { .. }) => true,
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::model::outcome::FailureClass;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn failing(failures: u32, minute: i64) -> Standing {
        let (class, reason) = (FailureClass::Server, "502".to_owned());
        Standing::Failing { failures, since: at(minute), class, reason }
    }

    #[test]
    fn failures_in_a_row_are_counted_from_the_first() {
        let failure = Failure {
            class: FailureClass::Server,
            reason: "50\u{1b}2\n".into(),
            retry_after: None,
            address: None,
        };
        for (before, after) in [
            (Standing::New, failing(1, 9)),
            (Standing::Healthy, failing(1, 9)),
            (failing(1, 3), failing(2, 3)),
            (failing(u32::MAX, 3), failing(u32::MAX, 3)),
            (Standing::Gone { since: at(3) }, failing(1, 9)),
        ] {
            assert_eq!(after_failure(&before, &failure, at(9)), after, "{before:?}");
        }
    }

    #[test]
    fn one_line_per_change_of_state() {
        let gone = Standing::Gone { since: at(3) };
        for (before, after, noteworthy) in [
            (Standing::New, Standing::Healthy, false),
            (Standing::Healthy, Standing::Healthy, false),
            (Standing::New, failing(1, 0), true),
            (Standing::Healthy, failing(1, 0), true),
            (failing(1, 0), failing(2, 0), false),
            (failing(9, 0), Standing::Healthy, true),
            (Standing::Healthy, gone.clone(), true),
            (failing(2, 0), gone.clone(), true),
            (gone.clone(), gone.clone(), false),
            (gone, Standing::Healthy, true),
        ] {
            assert_eq!(is_noteworthy(&before, &after), noteworthy, "{before:?} -> {after:?}");
        }
    }
}
