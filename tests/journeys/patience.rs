//! Publishers that are hard to follow: that never say that nothing changed, say so for ever, send
//! what cannot be read, fail for weeks, or end.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use feedmill::clock::Clock;
use rusqlite::{Connection, params};

use crate::journeys::{NEWSLETTER, at};
use crate::world::clock::ManualClock;
use crate::world::feed::{Format, Post};
use crate::world::home::{self, Home};
use crate::world::mill::Mill;
use crate::world::program::eventually;
use crate::world::publisher::{Publisher, Reply};

/// How long a chore of the start may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

struct Place {
    publisher: Publisher,
    home: Home,
    clock: ManualClock,
}

impl Place {
    fn new() -> Self {
        let (publisher, home) = (Publisher::start(), Home::new());
        home.configure(&[publisher.url("/rss")], home::Post::Files, NEWSLETTER);
        Self { publisher, home, clock: ManualClock::at("2026-11-24T08:00:00Z") }
    }

    fn start(&self) -> Mill {
        Mill::start(&self.home, &self.clock)
    }

    fn asked(&self) -> usize {
        self.publisher.requests_for("/rss").len()
    }

    /// Whether the last request was conditional.
    fn asked_conditionally(&self) -> bool {
        let last = self.publisher.requests_for("/rss").pop().expect("asked");
        last.header("if-none-match").is_some() || last.header("if-modified-since").is_some()
    }

    /// Lets it live to its next check, and past it.
    fn lives_to_the_next_check(&self, mill: &Mill) {
        let next = mill.feed().next_check.expect("it is asked again");
        mill.lives_until(next.max(self.clock.now()));
    }
}

fn answer(status: &str, headers: &[&str], body: &str) -> Reply {
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let length = if status.starts_with("304") {
        String::new()
    } else {
        format!("Content-Length: {}\r\n", body.len())
    };
    Reply::Wire(
        format!("HTTP/1.1 {status}\r\nConnection: close\r\n{length}{headers}\r\n{body}")
            .into_bytes(),
    )
}

#[test]
fn a_feed_that_never_answers_304_is_asked_once_a_day() {
    let place = Place::new();
    let body = Format::Rss.render("Le flux", &[Post::new("1").dated(at("2026-11-24T07:00:00Z"))]);
    place.publisher.answers("/rss", answer("200 OK", &["ETag: \"7f-gzip\""], &body));
    let mill = place.start();
    for _ in 0..4 {
        place.lives_to_the_next_check(&mill);
    }
    assert!(mill.feed().remarks.is_empty(), "{:?}", mill.feed().remarks);
    place.lives_to_the_next_check(&mill);
    let last = place.publisher.requests_for("/rss").pop().expect("asked");
    assert_eq!(last.header("if-none-match").as_deref(), Some("\"7f-gzip\""), "byte for byte");
    let feed = mill.feed();
    assert!(feed.remarks[0].contains("never answers 304"), "{:?}", feed.remarks);
    assert!(feed.rule.contains("304"), "{}", feed.rule);
    let (now, asked) = (place.clock.now(), place.asked());
    assert!(feed.next_check >= Some(now + TimeDelta::hours(24)), "{:?}", feed.next_check);
    mill.lives_until(now + TimeDelta::hours(72));
    assert_eq!(place.asked(), asked + 3);

    place.publisher.answers("/rss", answer("304 Same", &[], ""));
    place.lives_to_the_next_check(&mill);
    assert!(mill.feed().remarks.is_empty(), "it has learnt it");
}

#[test]
fn a_feed_that_says_for_ever_that_nothing_changed_is_asked_for_all_once_in_thirty_days() {
    let place = Place::new();
    let post = |day: i64| {
        let date: DateTime<Utc> = at("2026-11-20T07:00:00Z") + TimeDelta::days(day);
        Post::new(&day.to_string()).dated(date)
    };
    place.publisher.posts("/rss", (0..4).rev().map(post));
    let mill = place.start();
    place.publisher.edit("/rss", |feed| feed.posts.insert(0, post(4)));
    // Whatever it is asked: not even without validators does it send anything.
    place.publisher.answers("/rss", answer("304 Same", &[], ""));
    let mut whole = Vec::new();
    let start = place.clock.now();
    for _ in 0..65 {
        let (day, asked) = ((place.clock.now() - start).num_days(), place.asked());
        mill.lives_until(place.clock.now() + TimeDelta::days(1));
        let new = &place.publisher.requests_for("/rss")[asked..];
        let all = new.iter().filter(|request| request.header("if-none-match").is_none()).count();
        whole.extend(std::iter::repeat_n(day, all));
    }
    assert_eq!(whole.len(), 2, "once in thirty days: {whole:?}");
    assert!(whole[0] >= 29 && whole[1] - whole[0] >= 30, "{whole:?}");
    place.publisher.recovers("/rss");
    mill.lives_until(place.clock.now() + TimeDelta::days(32));
    assert_eq!(mill.totals().entries, 5, "and it is found what it has");
}

const BROKEN: &str = "{\"version\": \"https://jsonfeed.org/version/1.1\", \"title\": \"Le flux\", \
    \"items\": [{\"id\": \"1\", \"title\": \"Un\"";

#[test]
fn a_feed_that_cannot_be_read_is_kept_and_read_by_a_newer_parser_without_download() {
    is_kept_and_read_one_day(BROKEN);
}

#[test]
fn a_feed_that_is_too_much_is_kept_and_read_by_a_newer_parser_without_download() {
    let deep = "<a>".repeat(2_000);
    is_kept_and_read_one_day(&format!("<rss version=\"2.0\"><channel><item>{deep}"));
}

fn is_kept_and_read_one_day(document: &str) {
    let place = Place::new();
    place.publisher.answers("/rss", answer("200 OK", &["ETag: \"b\""], document));
    let mill = place.start();
    let feed = mill.feed();
    assert_eq!((feed.standing, mill.totals().entries), ("failing", 0));
    assert!(feed.remarks[0].contains("kept"), "{:?}", feed.remarks);
    for _ in 0..2 {
        place.lives_to_the_next_check(&mill);
        assert!(place.asked_conditionally(), "validators and body are kept together");
    }
    place.publisher.answers("/rss", answer("304 Same", &[], ""));
    place.lives_to_the_next_check(&mill);
    assert_eq!(mill.feed().standing, "failing", "what did not change is not well");
    let pause = mill.feed().next_check.expect("it is asked again") - place.clock.now();
    assert!(pause >= TimeDelta::hours(8), "no hot retry: {pause}");
    mill.stop();

    // What an older version left behind that could not read what this one can.
    let asked = place.asked();
    let database = Connection::open(place.home.path("feedmill.db")).expect("a database");
    let readable = Format::Json.render("Le flux", &[Post::new("1")]);
    let older = "update unread set parser = '0.0.1', body = ?1";
    assert_eq!(database.execute(older, params![readable.as_bytes()]), Ok(1));
    drop(database);
    let mill = place.start();
    eventually("it is read", PATIENCE, || mill.merged() == ["Post 1"]);
    assert_eq!(place.asked(), asked, "nothing is downloaded for it");
    assert_eq!((mill.feed().standing, mill.feed().remarks), ("healthy", vec![]));
    place.lives_to_the_next_check(&mill);
    assert!(place.asked_conditionally());
}

#[test]
fn whatever_fails_for_weeks_recovers_unattended() {
    for (what, reply) in [
        ("500", Reply::Status(500)),
        ("502", Reply::Status(502)),
        ("503", Reply::Status(503)),
        ("504", Reply::Status(504)),
        ("429", Reply::Status(429)),
        ("401", Reply::Status(401)),
        ("403", Reply::Status(403)),
        ("404", Reply::Status(404)),
        ("451", Reply::Status(451)),
        ("closed", Reply::HangUp),
        ("a page", Reply::Page("<html>Bonjour</html>".to_owned())),
        ("410 behind a temporary redirect", Reply::Redirect(302, "/gone".to_owned())),
    ] {
        let place = Place::new();
        place.publisher.posts("/rss", [Post::new("1")]);
        place.publisher.answers("/gone", Reply::Status(410));
        let mill = place.start();
        place.publisher.answers("/rss", reply);
        let mut pauses = Vec::new();
        for _ in 0..20 {
            let before = place.clock.now();
            place.lives_to_the_next_check(&mill);
            pauses.push(place.clock.now() - before);
        }
        let feed = mill.feed();
        assert_eq!(feed.standing, "failing", "{what}");
        assert!(feed.trouble.is_some_and(|why| why.contains("20 times")), "{what}");
        assert!(pauses.iter().all(|pause| *pause >= TimeDelta::hours(1)), "{what}: {pauses:?}");
        assert!(pauses.iter().all(|pause| *pause <= TimeDelta::hours(25)), "{what}: {pauses:?}");
        assert!(pauses[10..].iter().all(|pause| *pause >= TimeDelta::hours(24)), "{what}");
        place.publisher.posts("/rss", [Post::new("2"), Post::new("1")]);
        place.lives_to_the_next_check(&mill);
        assert_eq!((mill.feed().standing, mill.totals().entries), ("healthy", 2), "{what}");
    }
}

#[test]
fn a_feed_that_has_ended_is_never_asked_again_and_told() {
    let place = Place::new();
    place.publisher.posts("/rss", [Post::new("1")]);
    let mill = place.start();
    place.publisher.answers("/rss", Reply::Status(410));
    place.lives_to_the_next_check(&mill);
    let asked = place.asked();
    mill.lives_until(place.clock.now() + TimeDelta::days(60));
    mill.polls();
    mill.stop();
    let mill = place.start();
    mill.lives_until(place.clock.now() + TimeDelta::days(60));
    assert_eq!(place.asked(), asked, "not even by force");
    let feed = mill.feed();
    assert_eq!((feed.standing, feed.next_check), ("gone", None));
    assert!(feed.trouble.is_some_and(|why| why.contains("410")));
    assert!(mill.get("/status").text().contains("ended by its publisher (410)"));
    assert_eq!(mill.totals().entries, 1, "what it brought is kept");
}
