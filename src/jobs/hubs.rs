//! What was agreed with the hub of a feed, for people and programs. Its callback's address is not told:
//! who knows it may speak there.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::model::callback::{Callback, CallbackState};
use crate::model::feed::FeedId;

/// What was agreed with a hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HubReport {
    /// Its address.
    pub url: String,
    /// How far it is: active, asked, refused, leaving.
    pub state: &'static str,
    /// Since when it tells of changes, under this lease.
    pub since: Option<DateTime<Utc>>,
    /// Until when polling rests because of it, if it does.
    pub trusted_until: Option<DateTime<Utc>>,
    /// When its lease ends.
    pub lapses: Option<DateTime<Utc>>,
    /// The last sign of its life.
    pub heard: Option<DateTime<Utc>>,
    /// How often in a row it was asked in vain.
    pub failures: u32,
    /// How often it told of changes.
    pub pushes: u32,
    /// How often somebody told something that was not signed as agreed.
    pub ignored: u32,
    /// When it is asked again, or for a new lease.
    pub next_ask: DateTime<Utc>,
    /// Why it does not tell.
    pub trouble: Option<String>,
}

/// The one callback of each feed that says most; of hubs that failed the one that is asked next.
pub fn by_feed(mut callbacks: Vec<Callback>) -> HashMap<FeedId, HubReport> {
    callbacks.sort_by_key(|callback| Reverse((rank(&callback.state), callback.due)));
    callbacks.into_iter().map(|callback| (callback.feed, report(callback))).collect()
}

/// How many feeds have a hub that tells of changes, is silent, is asked, or failed.
pub fn counts<'a>(
    reports: impl Iterator<Item = &'a HubReport>,
    now: DateTime<Utc>,
) -> BTreeMap<&'static str, u64> {
    let mut counts =
        BTreeMap::from(["telling", "silent", "asked", "refused"].map(|word| (word, 0)));
    for report in reports {
        let word = match (report.state, report.is_trusted(now)) {
            ("active", true) => "telling",
            ("active", false) => "silent",
            (state, _) => state,
        };
        // A farewell is nothing to count.
        counts.entry(word).and_modify(|count| *count += 1);
    }
    counts
}

impl HubReport {
    /// Whether polling rests because of it at `now`.
    fn is_trusted(&self, now: DateTime<Utc>) -> bool {
        self.trusted_until.is_some_and(|until| until > now)
    }

    /// The whole in one line, with moments as `moment` tells them.
    pub fn in_words(&self, now: DateTime<Utc>, moment: impl Fn(DateTime<Utc>) -> String) -> String {
        let state = match (self.since.zip(self.lapses), self.state) {
            (Some((since, lapses)), _) => {
                let how = if self.is_trusted(now) {
                    "tells of changes"
                } else {
                    "silent, so polled as ever:"
                };
                format!("{how} since {}, lease until {}", moment(since), moment(lapses))
            }
            (None, "refused") => {
                let times = match self.failures {
                    0 | 1 => String::new(),
                    failures => format!(" {failures} times in a row"),
                };
                format!("failed{times}, asked again {}", moment(self.next_ask))
            }
            (None, "asked") => "asked, not verified yet".to_owned(),
            (None, state) => state.to_owned(),
        };
        let last = self.heard.filter(|_| self.pushes > 0);
        let last = last.map(|heard| format!(", last {}", moment(heard))).unwrap_or_default();
        let told = match (self.pushes, self.ignored) {
            (0, 0) => String::new(),
            (pushes, 0) => format!(", told {pushes} times{last}"),
            (pushes, ignored) => format!(", told {pushes} times{last}, {ignored} more ignored"),
        };
        let trouble = self.trouble.as_ref().map(|trouble| format!(": {trouble}"));
        format!("{} {state}{told}{}", self.url, trouble.unwrap_or_default())
    }
}

fn rank(state: &CallbackState) -> u8 {
    match state {
        CallbackState::Active { .. } => 0,
        CallbackState::Asked => 1,
        CallbackState::Refused { .. } => 2,
        CallbackState::Leaving { .. } => 3,
    }
}

fn report(callback: Callback) -> HubReport {
    let trusted_until = callback.trusted_until();
    let lease = match callback.state {
        CallbackState::Active { verified, lapses, heard, .. } => Some((verified, lapses, heard)),
        CallbackState::Asked | CallbackState::Refused { .. } | CallbackState::Leaving { .. } => {
            None
        }
    };
    let (state, trouble) = match callback.state {
        CallbackState::Active { doubted, .. } => {
            let doubt = "a poll found what it had not told".to_owned();
            ("active", doubted.then_some(doubt))
        }
        CallbackState::Asked => ("asked", None),
        CallbackState::Refused { reason } => ("refused", Some(reason)),
        CallbackState::Leaving { .. } => ("leaving", None),
    };
    HubReport {
        url: callback.hub.to_string(),
        state,
        since: lease.map(|(since, ..)| since),
        trusted_until,
        lapses: lease.map(|(_, lapses, _)| lapses),
        heard: lease.map(|(.., heard)| heard),
        failures: callback.attempts,
        pushes: callback.pushes,
        ignored: callback.ignored,
        next_ask: callback.due,
        trouble,
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::model::callback::Past;
    use crate::model::secret::Secret;
    use crate::model::url::WebUrl;

    fn day(day: i64) -> DateTime<Utc> {
        DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(day)
    }

    fn callback(feed: i64, hub: &str, state: CallbackState) -> Callback {
        let web = |text: &str| WebUrl::parse(text).expect("a URL");
        Callback {
            token: Secret::new("token"),
            generation: 0,
            feed: FeedId(feed),
            address: web("https://mill.example/websub/token"),
            hub: web(&format!("https://{hub}.example/")),
            topic: web("https://exemple.fr/flux"),
            secret: Some(Secret::new("secret")),
            state,
            due: day(12),
            attempts: 0,
            passes: 0,
            pushes: 0,
            ignored: 0,
            past: Past::None,
        }
    }

    fn active(heard: i64, doubted: bool) -> CallbackState {
        CallbackState::Active { verified: day(8), lapses: day(18), heard: day(heard), doubted }
    }

    fn refused(reason: &str) -> CallbackState {
        CallbackState::Refused { reason: reason.to_owned() }
    }

    #[test]
    fn how_it_stands_with_a_hub_is_one_line() {
        let leaving = CallbackState::Leaving { told: false };
        let all = [
            callback(1, "new", active(8, false)),
            Callback { pushes: 3, ..callback(2, "well", active(10, false)) },
            Callback { pushes: 3, ignored: 2, ..callback(3, "doubted", active(9, true)) },
            callback(4, "silent", active(5, false)),
            callback(5, "asked", CallbackState::Asked),
            Callback { attempts: 1, ..callback(6, "once", refused("it answered 500")) },
            Callback { attempts: 4, ..callback(7, "often", refused("it denied the request")) },
            callback(8, "left", leaving.clone()),
            // Of several the one that says most.
            callback(9, "old", leaving),
            callback(9, "renewed", active(10, false)),
            Callback { due: day(14), ..callback(10, "later", refused("500")) },
            callback(10, "sooner", refused("500")),
        ];
        let reports = by_feed(all.to_vec());
        let line =
            |feed| reports[&FeedId(feed)].in_words(day(11), |at| at.format("%d.%m.").to_string());
        let lines: Vec<String> = (1..=10).map(line).collect();
        insta::assert_snapshot!(lines.join("\n"));
        assert!(!lines.join("").contains("token"), "who knows it may speak there");
        let counts = counts(reports.values(), day(11));
        let counts: Vec<_> = counts.into_iter().collect();
        assert_eq!(counts, [("asked", 1), ("refused", 3), ("silent", 2), ("telling", 3)]);
    }
}
