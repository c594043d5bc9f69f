//! What sites ask of robots, remembered for a day: asked for before the first page of an article, as
//! RFC 9309 says, and at each redirect on the way to one. Feeds are not asked about: somebody
//! subscribed to them. Of a site that cannot say it, nothing is read until it was asked again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::outcome::{Failure, FailureClass, Outcome};
use crate::model::url::WebUrl;
use crate::parse::robots::Robots;
use crate::refresh::articles;

/// How long a robots.txt is remembered (RFC 9309, section 2.4).
const KEPT: TimeDelta = TimeDelta::hours(24);
/// How many sites are remembered.
const MOST: usize = 2_000;

/// What is known of sites. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Permits(Arc<Mutex<HashMap<String, Known>>>);

/// What an origin said of robots.
#[derive(Debug)]
enum Known {
    Said { at: DateTime<Utc>, robots: Robots },
    Silent { since: DateTime<Utc>, times: u32, until: DateTime<Utc> },
}

/// A site that could not be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// When it is asked again.
    pub until: DateTime<Utc>,
    /// What came instead.
    pub failure: Failure,
}

/// Whether a page may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// It may.
    Given,
    /// Its site asks robots not to.
    Refused,
    /// Its site could not be asked.
    Silent {
        /// When it is asked again.
        until: DateTime<Utc>,
    },
    /// Its site is to be asked.
    Unasked,
}

impl Permits {
    /// Whether a page may be asked for at `now`.
    pub fn of(&self, page: &WebUrl, now: DateTime<Utc>) -> Permit {
        match self.known().get(&origin(page)) {
            Some(Known::Said { at, robots }) if *at <= now && now - *at < KEPT => {
                if allow(robots, page) { Permit::Given } else { Permit::Refused }
            }
            Some(Known::Silent { since, until, .. }) if *since <= now && now < *until => {
                Permit::Silent { until: *until }
            }
            Some(Known::Said { .. } | Known::Silent { .. }) | None => Permit::Unasked,
        }
    }

    /// Learns from the answer for the robots.txt of a page's site whether the page may be asked for. One
    /// that is not there allows all.
    ///
    /// # Errors
    /// If the site did not answer, or is in trouble: then nothing may be asked of it for now.
    pub fn learn(
        &self,
        page: &WebUrl,
        answer: Outcome,
        now: DateTime<Utc>,
    ) -> Result<bool, Silence> {
        let robots = match answer {
            Outcome::Fresh(fresh) => Robots::read(&fresh.body),
            Outcome::Gone | Outcome::Unchanged(_) => Robots::default(),
            Outcome::Failed(failure) => match failure.class {
                FailureClass::Network | FailureClass::Server | FailureClass::Throttled => {
                    let until = self.is_silent(page, &failure, now);
                    return Err(Silence { until, failure });
                }
                FailureClass::Client
                | FailureClass::Guard
                | FailureClass::Body
                | FailureClass::Document => Robots::default(),
            },
        };
        let is_permitted = allow(&robots, page);
        self.keep(page, Known::Said { at: now, robots });
        Ok(is_permitted)
    }

    fn is_silent(&self, page: &WebUrl, failure: &Failure, now: DateTime<Utc>) -> DateTime<Utc> {
        let times = match self.known().get(&origin(page)) {
            Some(Known::Silent { times, .. }) => times.saturating_add(1),
            Some(Known::Said { .. }) | None => 1,
        };
        let until = articles::asked_again(failure, times, now);
        self.keep(page, Known::Silent { since: now, times, until });
        until
    }

    fn keep(&self, page: &WebUrl, what: Known) {
        let mut known = self.known();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(origin(page), what);
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The address of the robots.txt that speaks of a page.
pub fn address(page: &WebUrl) -> Option<WebUrl> {
    WebUrl::join(page, "/robots.txt").ok()
}

fn allow(robots: &Robots, page: &WebUrl) -> bool {
    robots.allow(&page.parts()[url::Position::BeforePath..url::Position::AfterQuery])
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
    fn a_site_is_asked_once_a_day() {
        let page = WebUrl::parse("https://x.fr/a?b#c").expect("a URL");
        assert_eq!(
            address(&page).map(|url| url.to_string()).as_deref(),
            Some("https://x.fr/robots.txt")
        );
        let (permits, now) = (Permits::default(), DateTime::UNIX_EPOCH);
        assert_eq!(permits.of(&page, now), Permit::Unasked);
        assert!(permits.learn(&page, failed(FailureClass::Client), now).is_ok());
        assert_eq!(permits.of(&page, now + TimeDelta::hours(23)), Permit::Given);
        assert_eq!(permits.of(&page, now + TimeDelta::hours(24)), Permit::Unasked);
        assert_eq!(permits.of(&page, now - TimeDelta::hours(1)), Permit::Unasked);
        let other = WebUrl::parse("http://x.fr/a").expect("a URL");
        assert_eq!(permits.of(&other, now), Permit::Unasked, "another origin");
    }

    #[test]
    fn a_site_that_cannot_say_is_left_alone_longer_each_time() {
        let page = WebUrl::parse("https://x.fr/a").expect("a URL");
        let (permits, mut now) = (Permits::default(), DateTime::UNIX_EPOCH);
        let mut pauses = Vec::new();
        for class in [FailureClass::Server, FailureClass::Network, FailureClass::Throttled] {
            assert!(permits.learn(&page, failed(class), now).is_err());
            let Permit::Silent { until } = permits.of(&page, now) else { panic!("{class:?}") };
            pauses.push((until - now).num_minutes());
            now = until;
            assert_eq!(permits.of(&page, now), Permit::Unasked);
        }
        assert_eq!(pauses, [15, 30, 60]);
        assert_eq!(permits.learn(&page, failed(FailureClass::Client), now), Ok(true));
        assert_eq!(permits.of(&page, now), Permit::Given);
    }
}
