//! What is wrong, in words for people.

use crate::model::feed::Standing;

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
