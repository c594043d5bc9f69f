//! The words that stand for our enums in the database: stable for ever, since files are kept.
//!
//! Each table is written once and read both ways; a variant without a word does not compile.

use crate::model::document::Repair;
use crate::model::feed::{CheckRule, GuidTrust};
use crate::model::outcome::FailureClass;

/// Makes `$to` (variant to word) and `$from` (word to variant) of one table.
macro_rules! words {
    ($to:ident, $from:ident, $kind:ty { $($variant:path => $word:literal),+ $(,)? }) => {
        /// The word for a value.
        pub fn $to(value: $kind) -> &'static str {
            match value {
                $($variant => $word),+
            }
        }

        /// The value of a word, if it is one of ours.
        pub fn $from(word: &str) -> Option<$kind> {
            [$($variant),+].into_iter().find(|&value| $to(value) == word)
        }
    };
}

words!(rule, rule_of, CheckRule {
    CheckRule::FirstPoll => "first-poll",
    CheckRule::Rhythm => "rhythm",
    CheckRule::Interval => "interval",
    CheckRule::Hub => "hub",
    CheckRule::NoValidators => "no-validators",
    CheckRule::NeverUnchanged => "never-unchanged",
    CheckRule::Freshness => "freshness",
    CheckRule::PublisherWish => "publisher-wish",
    CheckRule::SkippedHours => "skipped-hours",
    CheckRule::RetryAfter => "retry-after",
    CheckRule::Backoff => "backoff",
    CheckRule::Cap => "cap",
    CheckRule::Gone => "gone",
});

words!(guids, guids_of, GuidTrust {
    GuidTrust::Trusted => "trusted",
    GuidTrust::Doubtful => "doubtful",
});

words!(repair, repair_of, Repair {
    Repair::None => "none",
    Repair::Characters => "characters",
    Repair::Namespaces => "namespaces",
    Repair::Elements => "elements",
    Repair::Tree => "tree",
});

words!(class, class_of, FailureClass {
    FailureClass::Network => "network",
    FailureClass::Server => "server",
    FailureClass::Throttled => "throttled",
    FailureClass::Client => "client",
    FailureClass::Guard => "guard",
    FailureClass::Body => "body",
    FailureClass::Document => "document",
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back_and_strange_ones_do_not() {
        assert_eq!(rule_of(rule(CheckRule::SkippedHours)), Some(CheckRule::SkippedHours));
        assert_eq!(class_of("guard"), Some(FailureClass::Guard));
        assert_eq!(guids_of("Trusted"), None);
        assert_eq!(rule_of(""), None);
    }
}
