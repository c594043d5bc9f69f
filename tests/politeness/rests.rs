//! Rests of public sites over restarts (P18), each test in a network of its own.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use feedmill::clock::Clock;
use feedmill::jobs::dice::Dice;

use super::pacing::until;
use super::town::DAWN;
use crate::wire::pocket::{self, PUBLIC};
use crate::world::clock::ManualClock;
use crate::world::feed::Post;
use crate::world::home::{self, Home};
use crate::world::mill::Mill;
use crate::world::program::{Service, eventually, feedmill};
use crate::world::publisher::{Publisher, Reply};

const PATIENCE: Duration = Duration::from_secs(60);

/// A publisher in public, the first of whose feeds is answered so, and the addresses of all.
fn many(reply: Reply) -> (Publisher, Vec<String>) {
    let publisher = Publisher::over(pocket::listen(PUBLIC, 80));
    let paths = ["/0", "/1", "/2", "/3"];
    paths.iter().for_each(|path| publisher.posts(path, [Post::new(path)]));
    publisher.answers("/0", reply);
    (publisher, paths.map(|path| format!("http://{PUBLIC}{path}")).to_vec())
}

#[test]
fn a_public_site_is_still_slowed_after_restarts() {
    if !pocket::enter("politeness::rests::a_public_site_is_still_slowed_after_restarts") {
        return;
    }
    let clock = ManualClock::at(DAWN);
    let (publisher, feeds) = many(Reply::RetryAfter(429, "86400".to_owned()));
    let publisher = publisher.under(&clock);
    let home = Home::new();
    home.configure_fetching("", &feeds, home::Post::Files, "");
    let (dawn, pause) = (clock.now(), TimeDelta::seconds(30));
    let waits = |moment| move |clock: &ManualClock| clock.awaited().contains(&moment);
    for asked in 1..=3 {
        let began = clock.now();
        let mill = Mill::begin(&home, &clock, Dice::new(|| 0.0));
        if asked > 1 {
            let is_waiting = waits(began + pause);
            until("the pause is waited for", || is_waiting(&clock)).expect("it rests");
            assert_eq!(publisher.requests().len(), asked - 1, "a restart asks nobody sooner");
            clock.set(began + pause);
        }
        let next = waits(clock.now() + pause);
        until("the next pause", || publisher.requests().len() == asked && next(&clock))
            .expect("one is asked, and no more");
        let rests: Vec<_> = mill.feeds().into_iter().filter_map(|feed| feed.site_rest).collect();
        assert_eq!(rests.len(), 4, "the site is one");
        assert_eq!((rests[3].told.as_str(), rests[3].slower), (feeds[0].as_str(), 15));
        assert_eq!(rests[3].until, dawn + TimeDelta::days(1));
        mill.stop();
    }
    assert_eq!(publisher.requests_for("/0").len(), 1);
    clock.set(dawn + TimeDelta::days(1));
    let mill = Mill::begin(&home, &clock, Dice::new(|| 0.0));
    until("all", || publisher.requests().len() >= 7).expect("it is over, for everybody");
    mill.stop();
    pocket::report("public host: 2 restarts within its day, the others still 30 s apart");
}

#[test]
fn a_command_keeps_the_rest_that_a_service_was_told() {
    if !pocket::enter("politeness::rests::a_command_keeps_the_rest_that_a_service_was_told") {
        return;
    }
    let (publisher, feeds) = many(Reply::Status(429));
    let home = Home::new();
    home.configure_fetching("", &feeds, home::Post::Files, "");
    let mut service = Service::start(&home);
    let mut shown = String::new();
    eventually("the site is slowed", PATIENCE, || {
        shown = feedmill(&home, &["status", "--feed", &feeds[3]]).stdout;
        shown.contains("is asked 2 times as slowly as usual until")
    });
    assert!(shown.contains(&format!("429 or 503 of http://{PUBLIC}/0")), "{shown}");
    service.kill();
    let (before, begun) = (publisher.requests().len(), Instant::now());
    let said = feedmill(&home, &["refresh", "--force", &feeds[2], &feeds[3]]);
    let took = begun.elapsed();
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert_eq!(publisher.requests().len() - before, 2);
    // A pause before each: nobody knows when the site was asked last.
    assert!(took >= Duration::from_secs(8), "within {took:?}");
    pocket::report(&format!(
        "without Retry-After: 4 s apart instead of 0, also by refresh --force after a kill: 2 feeds in {} s",
        took.as_secs()
    ));
}
