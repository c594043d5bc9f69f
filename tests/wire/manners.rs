//! What a site demands of one feed, and of whom that holds: production guard, public names, and a
//! clock that the test moves.

use chrono::TimeDelta;
use feedmill::clock::Clock;

use super::names::{Names, these};
use super::pocket::{self, ELSEWHERE, PUBLIC};
use crate::world::clock::ManualClock;
use crate::world::feed::Post;
use crate::world::home::{self, Home};
use crate::world::mill::Mill;
use crate::world::publisher::{Publisher, Reply};

const NOON: &str = "2026-11-24T12:00:00Z";
/// How many feeds a host has.
const FEEDS: usize = 10;

/// Feeds of `host`, and how often each was asked.
struct Host<'a> {
    name: &'a str,
    publisher: &'a Publisher,
}

impl Host<'_> {
    fn posts(&self, clock: &ManualClock) -> Vec<String> {
        let feed = |n: usize| {
            let path = format!("/{}/{n}", self.name);
            self.publisher.posts(&path, [Post::new(&path).dated(clock.now())]);
            format!("http://{}{path}", self.name)
        };
        (0..FEEDS).map(feed).collect()
    }

    fn answers(&self, n: usize, reply: Reply) {
        self.publisher.answers(&format!("/{}/{n}", self.name), reply);
    }

    fn asked(&self, n: usize) -> usize {
        self.publisher.requests_for(&format!("/{}/{n}", self.name)).len()
    }

    fn asked_in_all(&self) -> usize {
        (0..FEEDS).map(|n| self.asked(n)).sum()
    }
}

#[test]
fn a_public_site_that_throttles_one_feed_is_left_alone_and_a_private_host_speaks_for_the_feed() {
    if !pocket::enter(
        "wire::manners::a_public_site_that_throttles_one_feed_is_left_alone_and_a_private_host_speaks_for_the_feed",
    ) {
        return;
    }
    let _names = Names::start(|name, _, _| match name {
        "nas.local" => these(&["10.0.0.7"]),
        "elsewhere.example" => these(&[ELSEWHERE]),
        _ => these(&[PUBLIC]),
    });
    let publisher = Publisher::over(pocket::listen("0.0.0.0", 80));
    let clock = ManualClock::at(NOON);
    let host = |name| Host { name, publisher: &publisher };
    let (many, blog, other) =
        (host("www.many.example"), host("blog.many.example"), host("elsewhere.example"));
    let nas = host("10.0.0.7");
    for (status, when) in [(429, "18000"), (503, "Tue, 24 Nov 2026 17:00:00 GMT")] {
        let home = Home::new();
        let hosts = [&many, &blog, &other, &nas];
        let feeds: Vec<String> = hosts.iter().flat_map(|host| host.posts(&clock)).collect();
        clock.set(NOON.parse().expect("a time"));
        home.configure_fetching("allow_private = [\"10.0.0.7\"]", &feeds, home::Post::Files, "");
        let mill = Mill::start(&home, &clock);
        for throttling in [&many, &nas] {
            throttling.answers(3, Reply::RetryAfter(status, when.to_owned()));
        }
        // All are asked once an hour or two, until one is told to wait.
        let began = clock.now();
        let until_throttled = |host: &Host<'_>, before: usize| {
            while host.asked(3) == before {
                mill.lives_until(clock.now() + TimeDelta::minutes(1));
            }
        };
        until_throttled(&many, many.asked(3));
        let (asked, theirs) = (many.asked_in_all() + blog.asked_in_all(), other.asked_in_all());
        let throttled = clock.now();
        mill.lives_until(began + TimeDelta::minutes(295));
        let wait = clock.now() - throttled;
        assert!(wait > TimeDelta::hours(2), "{wait} are enough to tell");
        assert_eq!(
            many.asked_in_all() + blog.asked_in_all(),
            asked,
            "the whole site is left alone"
        );
        assert!(other.asked_in_all() > theirs + FEEDS, "another site is asked as ever");
        let own = nas.asked(3);
        let neighbours = nas.asked_in_all() - own;
        assert!(neighbours >= 3 * (FEEDS - 1), "and so are feeds of a private host: {neighbours}");
        many.answers(3, Reply::Status(200));
        mill.lives_until(throttled + TimeDelta::hours(9));
        assert!(
            many.asked_in_all() + blog.asked_in_all() >= asked + 2 * FEEDS - 1,
            "and then all are"
        );
        mill.stop();
    }
}
