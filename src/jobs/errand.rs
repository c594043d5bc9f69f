//! What a command asks of a running service, and what it hears back: JSON in a row of the database.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::jobs::overview::Leniency;
use crate::model::manners::Manners;

/// Something to be done by whoever owns the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Errand {
    /// Ask feeds now.
    Refresh(Wish),
    /// Tell how the service behaves towards publishers.
    Manners,
    /// Make a newsletter's edition now.
    Send {
        /// Its name.
        newsletter: String,
    },
}

/// Which feeds to ask now.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Wish {
    /// Their addresses; if none, the feeds that are due, or all.
    pub urls: Vec<String>,
    /// With no addresses: all feeds, due or not.
    pub all: bool,
    /// Even if they were asked less than a minute ago.
    pub force: bool,
}

/// What came of a wish to refresh.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Feeds asked.
    pub asked: usize,
    /// Feeds among them that could be read.
    pub read: usize,
    /// New entries.
    pub arrived: usize,
    /// Changed entries.
    pub changed: usize,
    /// Feeds that could not be read, each with its reason.
    pub failed: Vec<Remark>,
    /// Feeds that were not asked, each with its reason.
    pub held: Vec<Remark>,
}

/// A feed and what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// Its address.
    pub url: String,
    /// What is to be said.
    pub reason: String,
}

/// What the service says of an errand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// Feeds were asked.
    Refreshed(Tally),
    /// How the service behaves towards publishers.
    Manners {
        /// When it started.
        since: DateTime<Utc>,
        /// What was counted since it started.
        manners: Manners,
        /// What holds of the feeds now.
        leniency: Leniency,
    },
    /// An edition was made, or not, as told.
    Newsletter {
        /// What was done, for people.
        told: String,
        /// Whether an edition was made.
        sealed: bool,
    },
    /// It could not be done.
    Failed {
        /// What went wrong, where, and what to do next.
        why: String,
    },
}

/// The kind of all requests: what differs is in the argument.
const KIND: &str = "errand";

impl Errand {
    /// Kind and argument of the request that stands for it.
    pub fn to_request(&self) -> (&'static str, String) {
        (KIND, serde_json::to_string(self).expect("strings and flags are JSON"))
    }

    /// The errand of a request; none if another version of feedmill asked for something unknown.
    pub fn parse(kind: &str, argument: &str) -> Option<Self> {
        (kind == KIND).then(|| serde_json::from_str(argument).ok())?
    }
}

impl Reply {
    /// As it is kept.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("strings and numbers are JSON")
    }

    /// Reads what was kept.
    pub fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|_| Self::Failed {
            why: "the service answered in a form that this version does not know".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errands_and_replies_survive_the_database() {
        let errands = [
            Errand::Refresh(Wish { urls: vec!["http://x.fr/".into()], all: false, force: true }),
            Errand::Send { newsletter: "matin".into() },
        ];
        for errand in errands {
            let (kind, argument) = errand.to_request();
            assert_eq!(Errand::parse(kind, &argument), Some(errand));
        }
        assert_eq!(Errand::parse("errand", "{\"fly\":1}"), None);
        let reply = Reply::Refreshed(Tally { asked: 2, ..Tally::default() });
        assert_eq!(Reply::parse(&reply.to_text()), reply);
        assert!(matches!(Reply::parse("?"), Reply::Failed { .. }));
    }
}
