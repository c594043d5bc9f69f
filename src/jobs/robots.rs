//! What sites ask of robots, remembered for a day: asked for before the first page of an article, as
//! RFC 9309 says. Feeds are not asked about: somebody subscribed to them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::outcome::{Failure, FailureClass, Outcome};
use crate::model::url::WebUrl;
use crate::parse::robots::Robots;

/// How long a robots.txt is remembered (RFC 9309, section 2.4).
const KEPT: TimeDelta = TimeDelta::hours(24);
/// How many sites are remembered.
const MOST: usize = 2_000;

/// When each origin was asked, and what it said.
type Known = HashMap<String, (DateTime<Utc>, Robots)>;

/// What is known of sites. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Permits(Arc<Mutex<Known>>);

impl Permits {
    /// Whether a page may be asked for; nothing if its site was not asked within a day.
    pub fn allow(&self, page: &WebUrl, now: DateTime<Utc>) -> Option<bool> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (asked, robots) = known.get(&origin(page))?;
        let is_fresh = *asked <= now && now - *asked < KEPT;
        is_fresh.then(|| {
            robots.allow(&page.parts()[url::Position::BeforePath..url::Position::AfterQuery])
        })
    }

    /// Learns from the answer for a site's robots.txt. One that is not there allows all.
    ///
    /// # Errors
    /// If the site did not answer: then nothing may be asked of it for now.
    pub fn learn(&self, page: &WebUrl, answer: Outcome, now: DateTime<Utc>) -> Result<(), Failure> {
        let robots = match answer {
            Outcome::Fresh(fresh) => Robots::read(&fresh.body),
            Outcome::Gone | Outcome::Unchanged(_) => Robots::default(),
            Outcome::Failed(failure) => match failure.class {
                FailureClass::Network | FailureClass::Server | FailureClass::Throttled => {
                    return Err(failure);
                }
                FailureClass::Client
                | FailureClass::Guard
                | FailureClass::Body
                | FailureClass::Document => Robots::default(),
            },
        };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(origin(page), (now, robots));
        Ok(())
    }
}

/// The address of the robots.txt that speaks of a page.
pub fn address(page: &WebUrl) -> Option<WebUrl> {
    WebUrl::join(page, "/robots.txt").ok()
}

fn origin(page: &WebUrl) -> String {
    page.parts().origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(class: FailureClass) -> Outcome {
        Outcome::Failed(Failure { class, reason: "so".to_owned(), retry_after: None })
    }

    #[test]
    fn a_site_is_asked_once_a_day_and_one_that_does_not_answer_is_left_alone() {
        let page = WebUrl::parse("https://x.fr/a?b#c").expect("a URL");
        assert_eq!(
            address(&page).map(|url| url.to_string()).as_deref(),
            Some("https://x.fr/robots.txt")
        );
        let (permits, now) = (Permits::default(), DateTime::UNIX_EPOCH);
        assert_eq!(permits.allow(&page, now), None);
        assert!(permits.learn(&page, failed(FailureClass::Server), now).is_err());
        assert_eq!(permits.allow(&page, now), None);
        assert!(permits.learn(&page, failed(FailureClass::Client), now).is_ok());
        assert_eq!(permits.allow(&page, now + TimeDelta::hours(23)), Some(true));
        assert_eq!(permits.allow(&page, now + TimeDelta::hours(24)), None);
        let other = WebUrl::parse("http://x.fr/a").expect("a URL");
        assert_eq!(permits.allow(&other, now), None, "another origin");
    }
}
