//! When it is feedmill itself that is offline: no feed is punished, one host is asked at a time, and
//! the return is no stampede.

use chrono::{DateTime, TimeDelta, Utc};
use feedmill::clock::Clock;

use crate::journeys::{NEWSLETTER, at};
use crate::world::clock::ManualClock;
use crate::world::feed::Post;
use crate::world::home::{self, Home};
use crate::world::mill::Mill;
use crate::world::publisher::{Publisher, Reply};

/// Publishers on so many sites, each with a feed that is polled every hour.
struct Net {
    publishers: Vec<Publisher>,
    home: Home,
    clock: ManualClock,
}

const HOURLY: &str = "interval = \"1h\"\n";

impl Net {
    fn of(sites: u8) -> Self {
        let publishers: Vec<_> = (1..=sites).map(|n| Publisher::on([127, 0, 0, n])).collect();
        let home = Home::new();
        let mut more = NEWSLETTER.to_owned();
        for publisher in &publishers {
            publisher.posts("/rss", [Post::new("1")]);
            more += &format!("[[feed]]\nurl = \"{}\"\n{HOURLY}", publisher.url("/rss"));
        }
        home.configure(&[], home::Post::Files, &more);
        Self { publishers, home, clock: ManualClock::at("2026-11-24T08:00:00Z") }
    }

    fn is_down(&self, down: bool) {
        for publisher in &self.publishers {
            match down {
                true => publisher.answers("/rss", Reply::HangUp),
                false => publisher.recovers("/rss"),
            }
        }
    }

    fn asked(&self) -> usize {
        self.publishers.iter().map(|publisher| publisher.requests().len()).sum()
    }
}

/// The moments at which requests were made, looked at from step to step.
fn asked_per_step(net: &Net, mill: &Mill, until: DateTime<Utc>, step: TimeDelta) -> Vec<usize> {
    let mut asked = Vec::new();
    while net.clock.now() < until {
        let before = net.asked();
        mill.lives_until(net.clock.now() + step);
        asked.push(net.asked() - before);
    }
    asked
}

#[test]
fn an_outage_punishes_nobody_and_ends_without_a_stampede() {
    let net = Net::of(20);
    let mill = Mill::start(&net.home, &net.clock);
    assert_eq!(net.asked(), 20);
    net.is_down(true);
    mill.lives_until(at("2026-11-24T09:01:00Z"));
    let since = mill.totals().offline_since.expect("it is noticed");
    assert_eq!(since, at("2026-11-24T09:00:00Z"));
    assert!(mill.get("/status").text().contains("feedmill itself seems to be offline"));
    assert_eq!(mill.totals().failing, 0, "those that failed before it was noticed are pardoned");

    let before = net.asked();
    mill.lives_until(at("2026-11-24T15:00:00Z"));
    let probes = net.asked() - before;
    assert!((30..60).contains(&probes), "one now and then, not {probes}");
    for feed in mill.feeds() {
        assert_eq!((feed.standing, feed.trouble), ("healthy", None), "{}", feed.url);
        assert!(feed.next_check <= Some(net.clock.now()), "all of them are due");
    }

    net.is_down(false);
    let step = TimeDelta::seconds(2);
    let asked = asked_per_step(&net, &mill, at("2026-11-24T15:12:00Z"), step);
    assert_eq!(mill.totals().offline_since, None);
    assert!(asked.iter().all(|asked| *asked <= 8), "{asked:?}");
    assert!(asked.iter().filter(|asked| **asked > 0).count() >= 8, "spread: {asked:?}");
    assert_eq!(asked.iter().sum::<usize>(), 20, "each is asked once: {asked:?}");
    assert!(mill.feeds().iter().all(|feed| feed.standing == "healthy"));
    assert!(!mill.get("/status").text().contains("seems to be offline"));
}

#[test]
fn a_few_sites_that_are_down_are_their_own_trouble() {
    let net = Net::of(9);
    let mill = Mill::start(&net.home, &net.clock);
    for publisher in &net.publishers[..4] {
        publisher.answers("/rss", Reply::HangUp);
    }
    mill.lives_until(at("2026-11-24T09:30:00Z"));
    assert_eq!((mill.totals().failing, mill.totals().offline_since), (4, None));
}

#[test]
fn a_service_that_starts_offline_finds_its_feeds_unpunished() {
    let net = Net::of(5);
    Mill::start(&net.home, &net.clock).stop();
    net.is_down(true);
    net.clock.advance(TimeDelta::days(1));
    let mill = Mill::start(&net.home, &net.clock);
    assert!(mill.totals().offline_since.is_some());
    mill.stop();
    net.is_down(false);
    let mill = Mill::start(&net.home, &net.clock);
    assert_eq!(mill.totals().offline_since, None, "the first that is asked answers");
    assert!(mill.feeds().iter().all(|feed| feed.standing == "healthy"));
}

#[test]
fn restarts_in_an_outage_and_after_it_bring_no_stampede() {
    let net = Net::of(20);
    let mill = Mill::start(&net.home, &net.clock);
    net.is_down(true);
    mill.lives_until(at("2026-11-24T12:00:00Z"));
    mill.stop();
    let before = net.asked();
    let mill = Mill::start(&net.home, &net.clock);
    assert_eq!(net.asked() - before, 1, "one is asked whether it lasts");
    assert_eq!(mill.totals().offline_since, Some(at("2026-11-24T09:00:00Z")));
    mill.lives_until(at("2026-11-24T13:00:00Z"));
    let probes = net.asked() - before;
    assert!((5..12).contains(&probes), "one now and then, not {probes}");
    assert_eq!(mill.totals().failing, 0);
    mill.stop();

    net.is_down(false);
    let step = TimeDelta::seconds(2);
    let mut asked = Vec::new();
    for _ in 0..4 {
        let before = net.asked();
        let mill = Mill::start(&net.home, &net.clock);
        asked.push(net.asked() - before);
        asked.extend(asked_per_step(&net, &mill, net.clock.now() + step * 3, step));
        assert_eq!(mill.totals().offline_since, None);
        mill.stop();
    }
    let mill = Mill::start(&net.home, &net.clock);
    asked.extend(asked_per_step(&net, &mill, net.clock.now() + TimeDelta::minutes(1), step));
    assert!(asked.iter().all(|asked| *asked <= 3), "{asked:?}");
    let all: Vec<_> = net.publishers.iter().map(|publisher| publisher.requests().len()).collect();
    assert!(mill.feeds().iter().all(|feed| feed.next_check > Some(net.clock.now())), "{all:?}");
}
