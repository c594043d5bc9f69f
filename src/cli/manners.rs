//! `feedmill status --politeness`: how the service behaves towards publishers, in the terms in which
//! feed readers are tested. It counts from the start of the service on, and says so: nothing of it is
//! kept over a restart. It writes nothing but the question to the service.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::cli::answer::Answer;
use crate::cli::tables::{list, when};
use crate::cli::workshop::{self, Turn};
use crate::config::units;
use crate::daemon::compose::World;
use crate::jobs::errand::{Errand, Reply};
use crate::jobs::overview::Leniency;
use crate::model::manners::Manners;
use crate::model::settings::Settings;

/// Reports what was counted since the service started, and what holds of the feeds now.
///
/// # Errors
/// If the database cannot be read, or the service does not answer.
pub async fn run(settings: Settings, as_json: bool) -> anyhow::Result<Answer> {
    let (counted, leniency) = match workshop::turn(settings, &Errand::Manners).await? {
        Turn::Ours(workshop) => {
            let leniency = workshop.overview().leniency().await;
            workshop.close().await;
            (None, leniency?)
        }
        Turn::Theirs(Reply::Manners { since, manners, leniency }) => {
            (Some((since, manners)), leniency)
        }
        Turn::Theirs(Reply::Failed { why }) => anyhow::bail!(why),
        Turn::Theirs(Reply::Refreshed(_) | Reply::Newsletter { .. }) => {
            anyhow::bail!("the service answered something else")
        }
    };
    if as_json {
        let (since, manners) = counted.unzip();
        let report = json!({ "since": since, "since_start": manners, "feeds": leniency });
        return Ok(Answer::json(&report));
    }
    Ok(in_words(counted.as_ref(), &leniency, World::real().clock.now()))
}

fn in_words(
    counts: Option<&(DateTime<Utc>, Manners)>,
    feeds: &Leniency,
    now: DateTime<Utc>,
) -> Answer {
    let mut rows = match counts {
        Some((since, manners)) => {
            let since = format!("since the service started ({})", when(*since, now));
            [vec![("counted", since)], counted(manners)].concat()
        }
        None => vec![("polls", "none: no service is running, which would count".to_owned())],
    };
    rows.push(("feeds without validators", feeds.without_validators.to_string()));
    rows.push(("feeds at the longest wait", feeds.capped.to_string()));
    rows.push(("feeds asked to wait", feeds.asked_to_wait.to_string()));
    Answer::done(list(&rows))
}

fn counted(manners: &Manners) -> Vec<(&'static str, String)> {
    let shortest = manners.shortest_interval_ms.map_or_else(
        || "none was polled twice".to_owned(),
        |millis| units::in_words(Duration::from_secs(millis / 1_000)),
    );
    let unconditional = format!("{} ({} first polls)", manners.unconditional, manners.first_polls);
    vec![
        ("polls", manners.polls.to_string()),
        ("requests for feeds", manners.requests.to_string()),
        ("unconditional requests", unconditional),
        ("validators echoed", manners.conditional.to_string()),
        ("answered 304", manners.unchanged.to_string()),
        ("answered 429", manners.throttled.to_string()),
        ("shortest interval", shortest),
        ("redirects followed", manners.redirects.to_string()),
        ("requests for pages", manners.pages.to_string()),
        ("cookies sent", manners.cookies.to_string()),
        ("referrers sent", manners.referrers.to_string()),
        ("requests that were no GET", manners.not_get.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_report_reads_well() {
        let manners = Manners {
            polls: 40,
            first_polls: 3,
            requests: 44,
            conditional: 37,
            unconditional: 7,
            redirects: 4,
            shortest_interval_ms: Some(3_600_400),
            ..Manners::default()
        };
        let feeds = Leniency { without_validators: 1, capped: 0, asked_to_wait: 2 };
        let now = DateTime::UNIX_EPOCH;
        let alone = in_words(None, &feeds, now).out;
        let counts = (now - TimeDelta::days(3), manners);
        insta::assert_snapshot!(in_words(Some(&counts), &feeds, now).out + "\n" + &alone);
    }
}
