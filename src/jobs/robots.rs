//! What sites ask of robots, remembered for a day: asked for before the first page of an article, as
//! RFC 9309 says, and at each redirect on the way to one. Feeds are not asked about: somebody
//! subscribed to them. Of a site that cannot say it, nothing is read until it was asked again.
//!
//! There is room for so much. What a site allows can be asked for again, and is left out first, the
//! oldest before all; that a site wants to be left alone is kept as long as there is anything else.

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
/// How much memory what they said may take, in bytes. The longest that one can say is a quarter of it.
const MOST_BYTES: usize = 8_000_000;
/// What an origin takes, whatever it said.
const OF_ONE: usize = 400;

/// What is known of sites. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Permits(Arc<Mutex<HashMap<String, Known>>>);

/// What an origin said of robots.
#[derive(Debug)]
enum Known {
    Said { at: DateTime<Utc>, robots: Robots },
    Silent { since: DateTime<Utc>, times: u32, until: DateTime<Utc> },
}

impl Known {
    fn weight(&self) -> usize {
        match self {
            Self::Said { robots, .. } => OF_ONE + robots.weight(),
            Self::Silent { .. } => OF_ONE,
        }
    }

    /// What is of most use at `now` is the greatest. How often a site was silent counts for a day more.
    fn worth(&self, now: DateTime<Utc>) -> (bool, DateTime<Utc>) {
        match self {
            Self::Said { at, .. } => (false, *at),
            Self::Silent { until, .. } => (*until + KEPT > now, *until),
        }
    }
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
        self.keep(page, Known::Said { at: now, robots }, now);
        Ok(is_permitted)
    }

    fn is_silent(&self, page: &WebUrl, failure: &Failure, now: DateTime<Utc>) -> DateTime<Utc> {
        let times = match self.known().get(&origin(page)) {
            Some(Known::Silent { times, .. }) => times.saturating_add(1),
            Some(Known::Said { .. }) | None => 1,
        };
        let until = articles::asked_again(failure, times, now);
        self.keep(page, Known::Silent { since: now, times, until }, now);
        until
    }

    fn keep(&self, page: &WebUrl, what: Known, now: DateTime<Utc>) {
        let (mut known, newest) = (self.known(), origin(page));
        known.remove(&newest);
        let mut bytes = what.weight() + known.values().map(Known::weight).sum::<usize>();
        while known.len() >= MOST || bytes > MOST_BYTES {
            let least =
                known.iter().min_by_key(|(_, it)| it.worth(now)).map(|(name, _)| name.clone());
            let Some(least) = least else { break };
            bytes -= known.remove(&least).as_ref().map_or(0, Known::weight);
        }
        known.insert(newest, what);
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
    use crate::model::outcome::{Fresh, Links, Validators};

    fn failed(class: FailureClass) -> Outcome {
        Outcome::Failed(Failure {
            class,
            reason: "so".to_owned(),
            retry_after: None,
            address: None,
        })
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

    fn page(number: usize) -> WebUrl {
        WebUrl::parse(&format!("https://{number}.fr/a")).expect("a URL")
    }

    fn said(body: &str) -> Outcome {
        Outcome::Fresh(Fresh {
            body: body.to_owned().into(),
            content_type: None,
            validators: Validators::default(),
            found_at: page(0),
            moved: false,
            links: Links::default(),
            conditional: false,
            delta: false,
            freshness: None,
            retry_after: None,
        })
    }

    #[test]
    fn what_sites_say_takes_so_much_memory_and_the_oldest_goes_first() {
        let (permits, now) = (Permits::default(), DateTime::UNIX_EPOCH);
        let rules: String = (0..10_000).map(|n| format!("Disallow: /{n:a>37}\n")).collect();
        let longest = said(&format!("User-agent: *\n{rules}"));
        for number in 0..100 {
            let at = now + TimeDelta::seconds(number);
            let site = page(usize::try_from(number).expect("a number"));
            assert!(permits.learn(&site, longest.clone(), at).is_ok());
            assert_eq!(permits.of(&site, at), Permit::Given, "what was just learnt is known");
        }
        let weight: usize = permits.known().values().map(Known::weight).sum();
        assert!((MOST_BYTES / 2..=MOST_BYTES).contains(&weight), "{weight}");
        let end = now + TimeDelta::seconds(100);
        let known: Vec<_> =
            (0..100).filter(|it| permits.of(&page(*it), end) != Permit::Unasked).collect();
        let first = 100 - known.len();
        assert!(known.len() > 3 && known.iter().copied().eq(first..100), "{known:?}");
    }

    #[test]
    fn that_a_site_wants_to_be_left_alone_is_kept_whoever_comes() {
        let (permits, now) = (Permits::default(), DateTime::UNIX_EPOCH);
        let silent = page(MOST * 3);
        assert!(permits.learn(&silent, failed(FailureClass::Throttled), now).is_err());
        let Permit::Silent { until } = permits.of(&silent, now) else { panic!("it is silent") };
        for number in 0..MOST * 2 {
            assert!(permits.learn(&page(number), failed(FailureClass::Client), now).is_ok());
        }
        assert_eq!(permits.known().len(), MOST);
        assert_eq!(permits.of(&silent, now), Permit::Silent { until });
        let again = permits.learn(&silent, failed(FailureClass::Server), until);
        let longer = again.expect_err("it is silent").until - until;
        assert_eq!(longer, TimeDelta::minutes(30), "and for how often it was");
        for number in 0..MOST * 2 {
            assert!(permits.learn(&page(number), failed(FailureClass::Server), now).is_err());
        }
        assert_eq!(permits.known().len(), MOST, "there is an end to that, too");
    }
}
