//! What is wrong, in words for people.

use std::error::Error;

use crate::model::feed::Standing;
use crate::store::error::{OpenError, StoreError};

/// What is wrong with a feed in that standing, for people; nothing if it is well.
pub fn trouble(standing: &Standing) -> Option<String> {
    match standing {
        Standing::New | Standing::Healthy => None,
        Standing::Failing { failures: 1, reason, .. } => Some(reason.clone()),
        Standing::Failing { failures, reason, .. } => {
            Some(format!("{reason} ({failures} times in a row)"))
        }
        Standing::Gone { .. } => {
            Some("the publisher says that it has ended (410); it is not asked again".to_owned())
        }
    }
}

/// An error with its causes, on one line.
pub fn in_words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words = format!("{words}: {cause}");
        source = cause.source();
    }
    words
}

/// What the operator can do about an error, if one of its causes tells.
pub fn advice(error: &(dyn Error + 'static)) -> Option<&'static str> {
    let mut advice = None;
    let mut cause = Some(error);
    while let Some(error) = cause {
        advice = of_cause(error).or(advice);
        cause = error.source();
    }
    advice
}

fn of_cause(cause: &(dyn Error + 'static)) -> Option<&'static str> {
    if let Some(error) = cause.downcast_ref::<StoreError>() {
        return Some(about_store(error));
    }
    match cause.downcast_ref::<OpenError>()? {
        OpenError::Held { .. } => {
            Some("stop the other feedmill, or give this one a storage.url of its own")
        }
        OpenError::File { .. } => Some(
            "see that its folder exists and that the user of feedmill may write there (storage.url)",
        ),
        OpenError::Backup { .. } => Some("make room beside the database, then start again"),
        // These say in themselves what to do, or have a cause that does.
        OpenError::Missing(_)
        | OpenError::Foreign(_)
        | OpenError::Newer { .. }
        | OpenError::Older(_)
        | OpenError::Diverged { .. }
        | OpenError::Store { .. } => None,
    }
}

fn about_store(error: &StoreError) -> &'static str {
    match error {
        StoreError::Full => "free some space on the disk of the database; nothing was lost",
        StoreError::Busy => {
            "close what else has the database open (`fuser` on the file tells), then try again"
        }
        StoreError::ReadOnly => {
            "let the user of feedmill write the database and its folder (storage.url)"
        }
        StoreError::Corrupt(_) => {
            "stop the service, keep the file, and put the last good copy of the database in its place"
        }
        StoreError::Disk(_) => "look at the system's log: the disk may be failing; keep a copy",
        StoreError::Conflict | StoreError::Closed => "try again",
        StoreError::Engine(_) => "this is a fault of feedmill's own: please report it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_cause_that_tells_gives_the_advice() {
        let path = std::path::PathBuf::from("/srv/feedmill.db");
        let full = OpenError::Backup { backup: path.clone(), source: StoreError::Full };
        assert_eq!(advice(&full), Some(about_store(&StoreError::Full)));
        let held = OpenError::Held { path: path.clone(), lock: path.clone() };
        assert!(advice(&held).is_some_and(|advice| advice.contains("stop the other")));
        let broken = OpenError::Store { path, source: StoreError::ReadOnly };
        assert_eq!(advice(&broken), Some(about_store(&StoreError::ReadOnly)));
        assert_eq!(advice(&std::fmt::Error), None);
    }
}
