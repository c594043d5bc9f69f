//! Hubs (WebSub): what they promise is believed while they keep it, and nothing they do does harm.

use std::collections::HashSet;
use std::time::Duration;

use chrono::TimeDelta;
use feedmill::clock::{Clock, SystemClock};
use hmac::{Hmac, KeyInit, Mac};

use crate::journeys::DAWN;
use crate::world::clock::ManualClock;
use crate::world::feed::{Format, Post};
use crate::world::home::{self, Home};
use crate::world::hub::{self, Conduct, Hub};
use crate::world::ledger::Ledger;
use crate::world::mill::Mill;
use crate::world::program::{Service, eventually, feedmill};
use crate::world::publisher::{Publisher, Reply};
use crate::world::reader;

/// A publisher with a hub, and a home that the world reaches.
struct Square {
    publisher: Publisher,
    hub: Hub,
    home: Home,
    clock: ManualClock,
}

impl Square {
    fn new() -> Self {
        Self::at_home(Home::public())
    }

    fn at_home(home: Home) -> Self {
        let (publisher, hub) = (Publisher::start(), Hub::start());
        publisher.posts("/rss", [Post::new("1")]);
        home.configure(&[publisher.url("/rss")], home::Post::Files, "");
        let square = Self { publisher, hub, home, clock: ManualClock::at(DAWN) };
        square.names(&square.hub.url());
        square
    }

    /// The publisher names that hub.
    fn names(&self, hub: &str) {
        let own = self.topic();
        self.publisher.edit("/rss", |feed| {
            let links = format!("<{hub}>; rel=\"hub\", <{own}>; rel=\"self\"");
            feed.headers = vec![("Link".to_owned(), links)];
        });
    }

    fn topic(&self) -> String {
        self.publisher.url("/rss")
    }

    /// Hubs and publishers have three seconds to answer.
    fn hurried(self) -> Self {
        let path = self.home.path("feedmill.toml");
        let toml = std::fs::read_to_string(&path).expect("a config");
        let toml = toml.replace("[fetch]\n", "[fetch]\ntimeout = \"3s\"\n");
        std::fs::write(path, toml).expect("written");
        self
    }

    fn starts(&self) -> Mill {
        Mill::start(&self.home, &self.clock)
    }

    fn polls(&self) -> usize {
        self.publisher.requests_for("/rss").len()
    }

    /// How often the publisher is asked within `hours`, in which it mends its newest post every hour:
    /// without a hub it is asked as often.
    fn polls_within(&self, mill: &Mill, hours: i64) -> usize {
        let before = self.polls();
        for _ in 0..hours {
            self.publisher.edit("/rss", |feed| {
                let title = feed.posts[0].title.clone().unwrap_or_default();
                feed.posts[0].title = Some(format!("{title}!"));
            });
            self.lives(mill, TimeDelta::hours(1));
        }
        self.polls() - before
    }

    fn lives(&self, mill: &Mill, time: TimeDelta) {
        mill.lives_until(self.clock.now() + time);
    }

    /// The document with these posts, as the publisher would serve it.
    fn document(posts: &[&str]) -> Vec<u8> {
        let posts: Vec<Post> = posts.iter().map(|name| Post::new(name)).collect();
        Format::Rss.render("Le flux", &posts).into_bytes()
    }

    /// Gives the callback a secret, as if its hub were behind TLS.
    fn agrees_on(&self, secret: &str) {
        let ledger = Ledger::open(&self.home.path("feedmill.db"));
        let sql = "update callback set secret = ?1 where state = 'active'";
        let changed = ledger.connection().execute(sql, [secret]).expect("written");
        assert_eq!(changed, 1);
    }
}

fn signed(method: &str, body: &[u8], secret: &str) -> String {
    fn hex<M: Mac + KeyInit>(body: &[u8], secret: &str) -> String {
        let mac = <M as KeyInit>::new_from_slice(secret.as_bytes()).expect("any key");
        let digest = mac.chain_update(body).finalize().into_bytes();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
    let digest = match method {
        "sha1" => hex::<Hmac<sha1::Sha1>>(body, secret),
        "sha256" => hex::<Hmac<sha2::Sha256>>(body, secret),
        "sha384" => hex::<Hmac<sha2::Sha384>>(body, secret),
        _ => hex::<Hmac<sha2::Sha512>>(body, secret),
    };
    format!("{method}={digest}")
}

#[test]
fn while_a_hub_tells_polling_rests_and_when_it_is_silent_polling_is_as_ever() {
    let square = Square::new();
    square.hub.grants(&(6 * 86_400).to_string());
    let mill = square.starts();
    assert_eq!(square.hub.verified().len(), 1, "{:?}", square.hub.unverified());
    assert_eq!(mill.feed().hub.expect("asked").state, "active");
    // The check that was set before the hub agreed, then one a day.
    assert_eq!(square.polls_within(&mill, 24), 1);
    assert_eq!(mill.feed().rule, "its hub tells of changes, so once a day");
    mill.stop();

    let mill = square.starts();
    assert_eq!(square.polls_within(&mill, 24), 1, "a restart changes nothing");
    let third = square.polls_within(&mill, 24);
    assert!(third <= 2, "{third}");
    // Silent for three of six days.
    let resumed = square.polls_within(&mill, 24);
    assert!(resumed >= 20, "{resumed}");
    let hub = mill.feed().hub.expect("asked");
    assert_eq!((hub.state, mill.feed().rule), ("active", "its own rhythm"));
    assert_eq!((mill.totals().hubs["silent"], mill.totals().hubs["telling"]), (1, 0));
    assert!(mill.get("/status").text().contains("silent, so polled as ever"));

    assert_eq!(square.hub.pushes(b"", &[]).status, 202);
    mill.rests();
    assert_eq!(square.polls_within(&mill, 1), 1, "it is fetched for that");
    let polls = square.polls_within(&mill, 4);
    assert!(polls <= 1, "it is trusted again: {polls}");
    mill.stop();
}

#[test]
fn a_push_brings_the_news_and_what_polling_finds_alone_ends_the_trust() {
    let square = Square::new();
    let mill = square.starts();
    square.lives(&mill, TimeDelta::hours(3));
    square.publisher.posts("/rss", [Post::new("2"), Post::new("1")]);
    let before = square.polls();
    assert_eq!(square.hub.pushes(b"anything", &[]).status, 202);
    mill.rests();
    assert_eq!((mill.totals().entries, square.polls() - before), (2, 1), "fetched at once");

    // Within a minute nothing is fetched again, however often the hub tells.
    square.publisher.posts("/rss", [Post::new("3"), Post::new("2"), Post::new("1")]);
    for _ in 0..20 {
        assert_eq!(square.hub.pushes(b"anything", &[]).status, 202);
        mill.rests();
    }
    assert_eq!(square.polls() - before, 1);
    square.lives(&mill, TimeDelta::minutes(6));
    assert_eq!((mill.totals().entries, square.polls() - before), (3, 2));
    assert!(mill.feed().hub.expect("asked").trusted_until.is_some());

    square.publisher.posts("/rss", [Post::new("4"), Post::new("3")]);
    square.lives(&mill, TimeDelta::hours(25));
    assert_eq!(mill.totals().entries, 4, "found by the poll of the day");
    let hub = mill.feed().hub.expect("asked");
    assert_eq!((hub.state, hub.trusted_until), ("active", None));
    assert!(hub.trouble.is_some_and(|trouble| trouble.contains("had not told")));
    let polls = square.polls_within(&mill, 6);
    assert!(polls >= 5, "{polls}");
    mill.stop();
}

#[test]
fn what_is_told_waits_for_the_publishers_retry_after_also_over_a_restart() {
    let square = Square::new();
    square.publisher.edit("/rss", |feed| {
        feed.headers.push(("Retry-After".to_owned(), "7200".to_owned()));
    });
    let mill = square.starts();
    square.lives(&mill, TimeDelta::minutes(121));
    assert_eq!(square.polls(), 2);
    assert_eq!(mill.feed().rule, "its hub tells of changes, so once a day");
    assert_eq!(square.hub.pushes(b"", &[]).status, 202);
    mill.rests();
    mill.stop();
    let mill = square.starts();
    assert_eq!(square.polls_within(&mill, 1), 0, "Retry-After is obeyed");
    assert_eq!(square.polls_within(&mill, 1), 1, "and then what was told is followed");
    mill.stop();
}

#[test]
fn the_article_of_a_pushed_entry_is_read_from_its_page() {
    let square = Square::new();
    let more = format!("[[feed]]\nurl = \"{}\"\nfull_text = true\n", square.topic());
    square.home.configure(&[], home::Post::Files, &more);
    let mill = square.starts();
    square.agrees_on("s3cret");
    square.publisher.answers("/article", Reply::Page("<p>Rien".to_owned()));
    let post = Post::new("2").at(&square.publisher.url("/article"));
    let body = Format::Rss.render("Le flux", &[post]).into_bytes();
    let signature = signed("sha256", &body, "s3cret");
    square.hub.pushes(&body, &[("X-Hub-Signature", &signature)]);
    mill.rests();
    assert_eq!((mill.totals().entries, square.polls()), (2, 1));
    assert_eq!(square.publisher.requests_for("/article").len(), 1);
    mill.stop();
}

#[test]
fn many_feeds_of_one_hub_ask_it_one_after_the_other() {
    let (square, feeds) = (Square::new(), 30);
    let paths: Vec<String> = (0..feeds).map(|number| format!("/feed/{number}")).collect();
    let links = |path: &str| {
        let (hub, own) = (square.hub.url(), square.publisher.url(path));
        format!("<{hub}>; rel=\"hub\", <{own}>; rel=\"self\"")
    };
    for path in &paths {
        square.publisher.posts(path, [Post::new(path)]);
        square.publisher.edit(path, |feed| feed.headers = vec![("Link".to_owned(), links(path))]);
    }
    let urls: Vec<String> = paths.iter().map(|path| square.publisher.url(path)).collect();
    square.home.configure(&urls, home::Post::Files, "");
    let mill = square.starts();
    assert_eq!(square.hub.verified().len(), feeds, "{:?}", square.hub.unverified());
    assert_eq!((square.hub.asked().len(), square.hub.most_at_once()), (feeds, 1));
    let callbacks: HashSet<String> = square.hub.verified().into_iter().collect();
    assert_eq!(callbacks.len(), feeds, "each has its own");
    mill.stop();
}

#[test]
fn what_is_told_is_no_reason_to_look_at_every_callback() {
    let square = Square::new();
    let mill = square.starts();
    square.lives(&mill, TimeDelta::hours(3));
    // Whoever looked at it would ask for its renewal.
    let ledger = Ledger::open(&square.home.path("feedmill.db"));
    let changed = ledger.connection().execute("update callback set due = verified", []);
    assert_eq!(changed.expect("written"), 1);
    square.publisher.posts("/rss", [Post::new("2"), Post::new("1")]);
    assert_eq!(square.hub.pushes(b"", &[]).status, 202);
    mill.rests();
    assert_eq!((mill.totals().entries, square.hub.asked().len()), (2, 1));
    mill.stop();
    let mill = square.starts();
    assert_eq!(square.hub.asked_to("subscribe").len(), 2, "a start looks at all");
    mill.stop();
}

#[test]
fn what_a_hub_was_thanked_for_outlives_the_process() {
    let square = Square::new();
    let mut service = Service::start(&square.home);
    let patience = Duration::from_secs(60);
    eventually("the hub verifies us", patience, || square.hub.verified().len() == 1);
    assert_eq!(square.hub.pushes(b"anything", &[]).status, 202);
    service.kill();
    let ledger = Ledger::open(&square.home.path("feedmill.db"));
    let noted = "select count(*) from note where fetch_at is not null";
    assert_eq!((ledger.number(noted), square.polls()), (1, 1), "noted, and not fetched yet");
    drop(ledger);
    square.clock.set(SystemClock.now());
    let mill = square.starts();
    square.lives(&mill, TimeDelta::minutes(6));
    assert_eq!(square.polls(), 2);
    mill.stop();
}

#[test]
fn questions_about_what_was_not_asked_are_not_found() {
    let square = Square::new();
    square.hub.behaves(Conduct::Forgets);
    let mill = square.starts();
    let asked = square.hub.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!((asked[0].mode.as_str(), asked[0].line.as_str()), ("subscribe", "POST /"));
    assert_eq!((&asked[0].topic, &asked[0].secret), (&square.topic(), &None), "no TLS, no secret");
    let callback = asked[0].callback.clone();
    assert!(callback.starts_with(&square.home.url("/websub/")), "{callback}");
    let topic = square.topic();
    let ask = |url: &str, query: &str| reader::get(&format!("{url}?{query}")).expect("answered");
    let right = hub::question("subscribe", &topic, "c", Some("864000"));
    let other = square.home.url(&format!("/websub/{}", "0".repeat(64)));
    for (url, query) in [
        (&callback, hub::question("unsubscribe", &topic, "c", None)),
        (&callback, hub::question("publish", &topic, "c", None)),
        (&callback, hub::question("", &topic, "c", None)),
        (&callback, hub::question("subscribe", "http://autre.fr/", "c", None)),
        (&callback, hub::question("subscribe", &format!("{topic}x"), "c", None)),
        (&callback, hub::question("subscribe", &topic, &"c".repeat(3_000), None)),
        (&callback, String::new()),
        (&other, right.clone()),
        (&format!("{callback}0"), right.clone()),
        (&callback[..callback.len() - 1].to_owned(), right.clone()),
    ] {
        assert_eq!(ask(url, &query).status, 404, "{url} {query}");
    }
    let ten_megabytes = hub::question("subscribe", &topic, &"c".repeat(10_000_000), None);
    let refused = reader::get(&format!("{callback}?{ten_megabytes}"));
    assert!(refused.as_ref().map_or(true, |answer| answer.status != 200), "{refused:?}");
    assert_eq!(mill.feed().hub.expect("asked").state, "asked", "nothing of that counted");

    let html = "<script>alert(1)</script>";
    let answer = ask(&callback, &hub::question("subscribe", &topic, html, Some("864000")));
    assert_eq!((answer.status, answer.text().as_str()), (200, html));
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(ask(&callback, &right).status, 404, "asked once, answered once");
    mill.rests();
    assert_eq!(mill.feed().hub.expect("asked").state, "active");
    mill.stop();
}

#[test]
fn a_denial_is_believed_and_said_and_the_hub_asked_again_a_day_later() {
    let square = Square::new();
    square.hub.behaves(Conduct::Denies("no room\r\nhere".to_owned()));
    let mill = square.starts();
    let hub = mill.feed().hub.expect("asked");
    assert_eq!(hub.state, "refused");
    assert!(hub.trouble.expect("a reason").ends_with("no room here"));
    let polls = square.polls_within(&mill, 23);
    assert!(polls >= 20 && square.hub.asked().len() == 1, "{polls} {:?}", square.hub.asked());
    square.hub.grants("864000");
    square.lives(&mill, TimeDelta::hours(2));
    assert_eq!(mill.feed().hub.expect("asked").state, "active");

    // And also while it tells: the check that was set in that trust comes forward.
    square.lives(&mill, TimeDelta::hours(3));
    assert_eq!(mill.feed().rule, "its hub tells of changes, so once a day");
    let polls = square.polls();
    let query = format!("hub.mode=denied&hub.topic={}", square.topic());
    let answer = reader::get(&format!("{}?{query}", square.hub.callback())).expect("answered");
    assert_eq!((answer.status, answer.text().as_str()), (200, ""));
    mill.rests();
    assert_eq!(mill.feed().hub.expect("asked").state, "refused");
    assert_eq!((square.polls() - polls, mill.feed().rule), (1, "its own rhythm"));
    mill.stop();
}

#[test]
fn a_burst_is_read_as_far_as_it_may_be_and_fetched_for_the_rest() {
    let square = Square::new();
    let mill = square.starts();
    square.agrees_on("s3cret");
    square.lives(&mill, TimeDelta::hours(3));
    let names: Vec<String> = (1..=13).map(|number| number.to_string()).collect();
    square.publisher.posts("/rss", names.iter().rev().map(|name| Post::new(name)));
    let before = square.polls();
    for name in &names[1..] {
        let body = Square::document(&[name]);
        let signature = signed("sha256", &body, "s3cret");
        assert_eq!(square.hub.pushes(&body, &[("X-Hub-Signature", &signature)]).status, 202);
    }
    mill.rests();
    assert!(mill.totals().entries <= 11, "no more than ten are read");
    square.lives(&mill, TimeDelta::minutes(6));
    assert_eq!((mill.totals().entries, square.polls() - before), (13, 1));
    square.lives(&mill, TimeDelta::minutes(30));
    assert_eq!(square.polls() - before, 1, "once");
    mill.stop();
}

#[test]
fn what_is_told_while_the_feed_is_fetched_is_fetched_again() {
    let square = Square::new();
    let mill = square.starts();
    square.lives(&mill, TimeDelta::hours(3));
    square.publisher.answers_once("/rss", Reply::Drip(Duration::from_millis(5)));
    let before = square.polls();
    std::thread::scope(|scope| {
        let polling = scope.spawn(|| mill.polls());
        eventually("it is asked", Duration::from_secs(60), || square.polls() > before);
        assert_eq!(square.hub.pushes(b"", &[]).status, 202);
        polling.join().expect("polled");
    });
    assert_eq!(square.polls() - before, 1);
    square.publisher.posts("/rss", [Post::new("2"), Post::new("1")]);
    square.lives(&mill, TimeDelta::minutes(6));
    assert_eq!((mill.totals().entries, square.polls() - before), (2, 2));
    mill.stop();
}

#[test]
fn what_was_told_outlives_its_callback() {
    let square = Square::new();
    square.publisher.edit("/rss", |feed| {
        feed.headers.push(("Retry-After".to_owned(), "7200".to_owned()));
    });
    square.hub.grants("3600");
    let mill = square.starts();
    square.lives(&mill, TimeDelta::minutes(40));
    assert_eq!(square.hub.pushes(b"", &[]).status, 202);
    mill.rests();
    square.lives(&mill, TimeDelta::minutes(20));
    assert_eq!(
        square.hub.asked_to("unsubscribe").len(),
        1,
        "renewed, and the old one forgotten: {:?}",
        square.hub.asked()
    );
    let ledger = Ledger::open(&square.home.path("feedmill.db"));
    assert_eq!(ledger.number("select count(*) from note where fetch_at is not null"), 1);
    drop(ledger);
    assert_eq!(square.polls(), 1);
    mill.stop();
}

#[test]
fn a_hub_that_never_tells_is_trusted_for_its_first_lease_only() {
    let square = Square::new();
    square.hub.grants("86400");
    let mill = square.starts();
    let first = square.polls_within(&mill, 19);
    assert!(first <= 9, "it rests for half the lease: {first}");
    square.lives(&mill, TimeDelta::minutes(30));
    assert_eq!(square.hub.asked_to("subscribe").len(), 2);
    let second = square.polls_within(&mill, 18);
    assert!(second >= 17, "{second}");
    assert_eq!(mill.feed().hub.expect("asked").trusted_until, None);

    // It tells: it is trusted again, also during the lease after that.
    let second = &square.hub.asked_to("subscribe")[1].callback;
    assert_eq!(hub::post(second, b"", &[]).expect("answered").status, 202);
    mill.rests();
    square.lives(&mill, TimeDelta::hours(2));
    assert_eq!(square.hub.asked_to("subscribe").len(), 3);
    let third = square.polls_within(&mill, 8);
    assert!(third <= 1, "{third}");
    mill.stop();
}

#[test]
fn until_the_hub_hears_of_the_farewell_it_is_heard_at_the_old_address() {
    let square = Square::new();
    square.hub.behaves(Conduct::Keeps("864000".to_owned()));
    let mill = square.starts();
    let old = square.hub.callback();
    square.lives(&mill, TimeDelta::days(8) + TimeDelta::minutes(30));
    assert_eq!(square.hub.asked_to("unsubscribe").len(), 1);
    assert_ne!(square.hub.callback(), old);
    square.publisher.posts("/rss", [Post::new("2"), Post::new("1")]);
    assert_eq!(hub::post(&old, b"", &[]).expect("answered").status, 202);
    mill.rests();
    square.lives(&mill, TimeDelta::minutes(6));
    assert_eq!(mill.totals().entries, 2, "thanked, and fetched");
    square.lives(&mill, TimeDelta::hours(1));
    assert_eq!(hub::post(&old, b"", &[]).expect("answered").status, 410);
    mill.stop();
}

#[test]
fn an_old_state_that_is_pushed_is_mended_by_the_next_poll() {
    let square = Square::new();
    let mill = square.starts();
    square.agrees_on("s3cret");
    let titled = |title: &str| Post { title: Some(title.to_owned()), ..Post::new("1") };
    square.publisher.posts("/rss", [titled("Neuf")]);
    square.lives(&mill, TimeDelta::hours(3));
    mill.polls();
    assert_eq!(mill.merged(), ["Neuf"]);
    let body = Format::Rss.render("Le flux", &[titled("Ancien")]).into_bytes();
    let signature = signed("sha256", &body, "s3cret");
    square.hub.pushes(&body, &[("X-Hub-Signature", &signature)]);
    mill.rests();
    assert_eq!(mill.merged(), ["Ancien"]);
    assert_eq!(asked_with(&square, &mill), (None, None));
    assert_eq!(mill.merged(), ["Neuf"]);
    mill.stop();
}

#[test]
fn while_it_cannot_be_written_that_news_were_followed_there_is_no_loop_of_fetches() {
    let square = Square::new();
    let mill = square.starts();
    square.lives(&mill, TimeDelta::hours(3));
    let before = square.polls();
    let ledger = Ledger::open(&square.home.path("feedmill.db"));
    // The note of the push is its first, and inserted; that it was followed cannot be written.
    let full = "create trigger full before update on note begin select raise(abort, 'full'); end";
    ledger.connection().execute_batch(full).expect("written");
    assert_eq!(square.hub.pushes(b"", &[]).status, 202);
    mill.rests();
    assert_eq!(square.polls() - before, 1);
    square.lives(&mill, TimeDelta::minutes(60));
    let polls = square.polls() - before;
    assert!((2..=13).contains(&polls), "{polls}");
    ledger.connection().execute_batch("drop trigger full").expect("written");
    square.publisher.posts("/rss", [Post::new("2"), Post::new("1")]);
    square.lives(&mill, TimeDelta::minutes(6));
    assert_eq!(mill.totals().entries, 2, "it is not forgotten");
    let polls = square.polls();
    square.lives(&mill, TimeDelta::minutes(30));
    assert_eq!(square.polls(), polls, "and then it is answered");
    mill.stop();
}

#[test]
fn only_what_is_signed_as_agreed_is_read_and_whatever_is_pushed_is_thanked() {
    let square = Square::new();
    let mill = square.starts();
    square.agrees_on("s3cret");
    square.lives(&mill, TimeDelta::hours(3));
    let before = square.polls();
    let forged = Square::document(&["forged"]);
    let other = signed("sha256", &forged, "secret");
    let half = signed("sha256", b"other bytes", "s3cret");
    let mixed = signed("sha1", &forged, "s3cret").replace("sha1=", "sha512=");
    for headers in [
        &[][..],
        &[("X-Hub-Signature", "")],
        &[("X-Hub-Signature", "sha256=")],
        &[("X-Hub-Signature", other.as_str())],
        &[("X-Hub-Signature", half.as_str())],
        &[("X-Hub-Signature", mixed.as_str())],
    ] {
        assert_eq!(square.hub.pushes(&forged, headers).status, 202, "{headers:?}");
    }
    square.lives(&mill, TimeDelta::hours(1));
    let hub = mill.feed().hub.expect("asked");
    assert_eq!((mill.totals().entries, hub.pushes, hub.ignored), (1, 0, 6));
    assert_eq!(square.polls(), before, "not even fetched");

    let validators = asked_with(&square, &mill);
    let before = square.polls();
    for (number, method) in ["sha1", "sha256", "sha384", "sha512"].into_iter().enumerate() {
        let body = Square::document(&[&format!("pushed-{number}")]);
        let signature = signed(method, &body, "s3cret");
        let headers = [
            ("X-Hub-Signature", signature.as_str()),
            ("ETag", "\"trap\""),
            ("Link", "<http://autre.fr/>; rel=\"self\", <http://autre.fr/hub>; rel=\"hub\""),
            ("Content-Type", "text/html; charset=utf-16"),
        ];
        assert_eq!(square.hub.pushes(&body, &headers).status, 202);
        mill.rests();
        assert_eq!(mill.totals().entries, 2 + number as u64, "{method}: read at once");
        square.lives(&mill, TimeDelta::minutes(2));
    }
    assert_eq!(square.polls(), before, "and not fetched");
    let feed = mill.feed();
    assert_eq!((feed.standing, feed.hub.expect("asked").pushes), ("healthy", 4));
    assert_eq!(asked_with(&square, &mill), validators, "validators are those of polls");
    let asked = square.hub.asked();
    assert_eq!(asked.len(), 1, "no other topic or hub is taken from a push: {asked:?}");

    // Signed but no document: a reason to fetch, and no failure.
    let nonsense = b"<html>Bonjour";
    let signature = signed("sha256", nonsense, "s3cret");
    let before = square.polls();
    square.hub.pushes(nonsense, &[("X-Hub-Signature", &signature)]);
    mill.rests();
    square.lives(&mill, TimeDelta::minutes(6));
    assert_eq!((square.polls() - before, mill.feed().standing), (1, "healthy"));
    mill.stop();
}

/// The validators that a poll now is made with.
fn asked_with(square: &Square, mill: &Mill) -> (Option<String>, Option<String>) {
    mill.polls();
    let request = square.publisher.requests_for("/rss").pop().expect("asked");
    (request.header("if-none-match"), request.header("if-modified-since"))
}

#[test]
fn gigantic_and_slow_pushes_are_bounded_and_thanked() {
    let square = Square::new();
    let mill = square.starts();
    square.agrees_on("s3cret");
    square.lives(&mill, TimeDelta::hours(3));
    let gigantic = vec![b' '; 20_000_000];
    let signature = signed("sha256", &gigantic, "s3cret");
    let before = square.polls();
    let answer = square.hub.pushes(&gigantic, &[("X-Hub-Signature", &signature)]);
    assert_eq!(answer.status, 202);
    let hub = mill.feed().hub.expect("asked");
    assert_eq!((hub.pushes, hub.ignored), (0, 0), "not looked at");
    mill.rests();
    square.lives(&mill, TimeDelta::minutes(2));
    assert_eq!(square.polls() - before, 1, "but fetched");

    let begun = std::time::Instant::now();
    let slow = hub::open_post(&square.hub.callback(), 1_000, &[]).expect("connected");
    let answer = reader::read_answer(&mut std::io::BufReader::new(slow)).expect("answered");
    assert_eq!(answer.status, 202);
    assert!(begun.elapsed() < Duration::from_secs(20));
    for path in [format!("/websub/{}", "f".repeat(64)), "/websub/x".to_owned()] {
        let gone = hub::post(&square.home.url(&path), b"x", &[]).expect("answered");
        assert_eq!(gone.status, 410, "{path}");
    }
    for path in ["/", "/feeds/all.atom", "/websub"] {
        let refused = hub::post(&square.home.url(path), b"", &[]).expect("answered");
        assert_eq!(refused.status, 405, "{path}");
    }
    mill.rests();
    mill.stop();
}

#[test]
fn a_push_before_its_callback_was_verified_is_thanked_and_nothing_follows() {
    let square = Square::new();
    square.hub.behaves(Conduct::Forgets);
    let mill = square.starts();
    let callback = square.hub.asked()[0].callback.clone();
    let body = Square::document(&["2"]);
    let signature = signed("sha256", &body, "s3cret");
    for headers in [&[][..], &[("X-Hub-Signature", signature.as_str())]] {
        assert_eq!(hub::post(&callback, &body, headers).expect("answered").status, 202);
    }
    mill.rests();
    square.lives(&mill, TimeDelta::minutes(10));
    assert_eq!((mill.totals().entries, square.polls()), (1, 1));
    let hub = mill.feed().hub.expect("asked");
    assert_eq!((hub.state, hub.pushes, hub.ignored), ("asked", 0, 0));
    mill.stop();
}

#[test]
fn pushes_that_stall_take_nothing_from_others() {
    let square = Square::new();
    let mill = square.starts();
    square.agrees_on("s3cret");
    square.lives(&mill, TimeDelta::hours(3));
    let callback = square.hub.callback();
    let stall = |_| hub::open_post(&callback, 1_000, &[]).expect("connected");
    let stalled: Vec<_> = (0..30).map(stall).collect();
    square.publisher.posts("/rss", [Post::new("2"), Post::new("1")]);
    let body = Square::document(&["2"]);
    let signature = signed("sha256", &body, "s3cret");
    let begun = std::time::Instant::now();
    let answer = square.hub.pushes(&body, &[("X-Hub-Signature", &signature)]);
    assert_eq!(answer.status, 202);
    assert_eq!(mill.get("/").status, 200);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    for stream in stalled {
        let answer = reader::read_answer(&mut std::io::BufReader::new(stream));
        assert_eq!(answer.expect("answered").status, 202);
    }
    mill.rests();
    square.lives(&mill, TimeDelta::minutes(6));
    assert_eq!(mill.totals().entries, 2, "read, or fetched");
    mill.stop();
}

#[test]
fn a_lease_is_renewed_in_time_under_a_new_address_and_the_old_one_told_off() {
    for (granted, days) in [(Some("864000"), 8), (Some("315360000"), 24)] {
        let square = Square::new();
        square.hub.behaves(Conduct::Verifies(granted.map(str::to_owned)));
        let mill = square.starts();
        square.lives(&mill, TimeDelta::days(days) - TimeDelta::hours(1));
        assert_eq!(square.hub.asked().len(), 1, "{granted:?}");
        square.lives(&mill, TimeDelta::hours(2));
        let subscribed = square.hub.asked_to("subscribe");
        assert_eq!(subscribed.len(), 2, "{granted:?}: at 80 % of the lease");
        assert_ne!(subscribed[0].callback, subscribed[1].callback);
        let left = square.hub.asked_to("unsubscribe");
        assert_eq!(left.len(), 1, "{granted:?}");
        assert_eq!(left[0].callback, subscribed[0].callback);
        assert_eq!(square.hub.verified().len(), 3, "{:?}", square.hub.unverified());
        let old = hub::post(&subscribed[0].callback, b"", &[]).expect("answered");
        assert_eq!(old.status, 410, "nobody listens there any more");
        mill.stop();
    }
}

#[test]
fn leases_that_are_absurd_or_absent_are_bounded() {
    for (granted, renewed_within, at_most) in [
        (None, 20, 2),
        (Some("0"), 20, 2),
        (Some("-5"), 20, 2),
        (Some("soon"), 20, 2),
        (Some("99999999999999999999999"), 25 * 24, 2),
        (Some("60"), 1, 5),
    ] {
        let square = Square::new();
        square.hub.behaves(Conduct::Verifies(granted.map(str::to_owned)));
        let mill = square.starts();
        square.lives(&mill, TimeDelta::hours(renewed_within));
        let asked = square.hub.asked_to("subscribe").len();
        assert!((2..=at_most).contains(&asked), "{granted:?}: {asked}");
        mill.stop();
    }
}

#[test]
fn a_hub_that_dies_at_its_renewal_is_asked_less_and_less_and_polling_goes_on() {
    let square = Square::new().hurried();
    let mill = square.starts();
    square.lives(&mill, TimeDelta::days(8) - TimeDelta::hours(1));
    square.hub.behaves(Conduct::Refuses(500, String::new()));
    square.lives(&mill, TimeDelta::days(3));
    let asked = square.hub.asked().len() - 1;
    assert!((5..=10).contains(&asked), "{asked}");
    let hub = mill.feed().hub.expect("asked");
    assert_eq!(hub.state, "refused", "its lease has lapsed");
    assert!(hub.trouble.expect("a reason").contains("500"));
    // A feed that was silent for days is asked seldom; then as often as it changes.
    square.polls_within(&mill, 30);
    let polls = square.polls_within(&mill, 24);
    assert!(polls >= 20, "{polls}");
    square.hub.grants("864000");
    square.lives(&mill, TimeDelta::days(1) + TimeDelta::hours(1));
    assert_eq!(mill.feed().hub.expect("asked").state, "active", "it recovers unattended");
    mill.stop();
}

#[test]
fn where_a_hub_is_dead_the_next_named_is_asked_and_polling_goes_on_meanwhile() {
    let (square, second) = (Square::new(), Hub::start());
    let (first, own) = (square.hub.url(), square.topic());
    square.publisher.edit("/rss", |feed| {
        let hubs = format!("<{first}>; rel=\"hub\", <{}>; rel=\"hub\"", second.url());
        feed.headers = vec![("Link".to_owned(), format!("{hubs}, <{own}>; rel=\"self\""))];
    });
    square.hub.behaves(Conduct::Refuses(500, String::new()));
    let mill = square.starts();
    square.lives(&mill, TimeDelta::minutes(44));
    assert_eq!((square.hub.asked().len(), second.asked().len()), (2, 0));
    assert_eq!(mill.feed().hub.expect("asked").url, first);
    square.hub.behaves(Conduct::Refuses(503, "14400".to_owned()));
    square.lives(&mill, TimeDelta::minutes(2));
    assert_eq!((square.hub.asked().len(), second.verified().len()), (3, 1));
    let hub = mill.feed().hub.expect("asked");
    assert_eq!((hub.url, hub.state), (second.url(), "active"));
    let line = format!("Hub: {} tells of changes since 2026-11-24", second.url());
    let page = mill.get("/status").text();
    assert!(page.contains(&line), "{page}");
    assert!(square.polls_within(&mill, 2) >= 1, "the check set before, at its time");

    // The second says no more: it is the turn of the first again, which is well by now, but asked for four
    // hours, of which two are left.
    square.hub.grants("864000");
    let query = format!("hub.mode=denied&hub.topic={own}");
    let answer = reader::get(&format!("{}?{query}", second.callback())).expect("answered");
    assert_eq!(answer.status, 200);
    mill.rests();
    square.lives(&mill, TimeDelta::minutes(117));
    assert_eq!(square.hub.asked().len(), 3, "it wished to be left alone");
    square.lives(&mill, TimeDelta::minutes(4));
    let hub = mill.feed().hub.expect("asked");
    assert_eq!((hub.url, hub.state), (first.clone(), "active"));
    assert_eq!(second.asked().len(), 1, "it is not told off: it said so itself");
    mill.stop();

    // The commands go by the clock of the world.
    let said = feedmill(&square.home, &["status", "--feed", &own]);
    assert!(said.stdout.contains(&format!("{first} ")), "{}", said.stdout);
    assert!(said.stdout.contains(", lease until "), "{}", said.stdout);
    let said = feedmill(&square.home, &["status"]);
    assert!(said.stdout.contains("hubs of feeds"), "{}", said.stdout);
    let said = feedmill(&square.home, &["status", "--json"]);
    let status: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    let hubs = status["hubs"].as_object().expect("counts");
    let count: u64 = hubs.values().filter_map(serde_json::Value::as_u64).sum();
    assert_eq!((hubs.len(), count), (4, 1), "{status}");
}

#[test]
fn a_hub_that_hangs_up_or_stalls_is_asked_less_and_less() {
    for conduct in [Conduct::HangsUp, Conduct::Stalls] {
        let square = Square::new().hurried();
        square.hub.behaves(conduct.clone());
        let mill = square.starts();
        let within_a_day = || {
            let before = square.hub.asked().len();
            square.lives(&mill, TimeDelta::days(1));
            square.hub.asked().len() - before
        };
        // After a quarter of an hour, and then after twice as long each time, up to a day.
        let asked = (square.hub.asked().len(), within_a_day(), within_a_day(), within_a_day());
        assert_eq!(asked, (1, 6, 1, 1), "{conduct:?}");
        assert_eq!(mill.feed().standing, "healthy", "{conduct:?}");
        mill.stop();
    }
}

#[test]
fn hubs_are_followed_where_they_may_lead_and_nowhere_else() {
    for (conduct, led, trouble) in
        [(307, true, ""), (308, true, ""), (302, false, "302"), (303, false, "303")]
    {
        let (square, second) = (Square::new(), Hub::start());
        square.hub.behaves(Conduct::Redirects(conduct, second.url()));
        let mill = square.starts();
        assert_eq!(second.verified().len(), usize::from(led), "{conduct}");
        let said = mill.feed().hub.expect("asked").trouble.unwrap_or_default();
        assert!(said.contains(trouble), "{conduct}: {said}");
        mill.stop();
    }
    for private in ["http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest"] {
        let square = Square::new();
        square.names(private);
        let mill = square.starts();
        let said = mill.feed().hub.expect("asked").trouble.expect("refused");
        assert!(said.contains("private address"), "{private}: {said}");
        assert_eq!(mill.feed().standing, "healthy", "{private}");
        mill.stop();
    }
    let square = Square::new();
    square.hub.behaves(Conduct::Redirects(307, "http://10.0.0.1/".to_owned()));
    let mill = square.starts();
    let said = mill.feed().hub.expect("asked").trouble.expect("refused");
    assert!(said.contains("private address"), "{said}");
    mill.stop();
}

#[test]
fn a_hub_is_told_off_when_the_feed_leaves_or_names_another() {
    let square = Square::new();
    let second = Hub::start();
    let mill = square.starts();
    square.names(&second.url());
    mill.polls();
    assert_eq!(square.publisher.requests_for("/rss").len(), 2, "answered 304");
    assert_eq!(second.verified().len(), 1, "{:?}", second.asked());
    let left = square.hub.asked_to("unsubscribe");
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].callback, square.hub.asked_to("subscribe")[0].callback);
    mill.stop();

    square.home.configure(&[], home::Post::Files, "");
    let mill = square.starts();
    assert_eq!(second.asked_to("unsubscribe").len(), 1);
    assert_eq!(mill.feeds()[0].hub, None, "and forgotten");
    mill.stop();
}

#[test]
fn a_hub_is_told_off_when_a_feed_becomes_another() {
    let square = Square::new();
    let other = Publisher::on([127, 0, 0, 2]);
    let new = other.url("/new");
    other.posts("/new", [Post::new("1")]);
    let links = format!("<{}>; rel=\"hub\", <{new}>; rel=\"self\"", square.hub.url());
    other.edit("/new", |feed| feed.headers = vec![("Link".to_owned(), links)]);
    square.home.configure(&[square.topic(), new.clone()], home::Post::Files, "");
    let mill = square.starts();
    square.publisher.answers("/rss", Reply::Redirect(301, new));
    let of_shells = || {
        let sql = "select count(*) from callback c join feed f on f.id = c.feed_id \
                   where f.merged_into is not null and c.state <> 'leaving'";
        let ledger = Ledger::open(&square.home.path("feedmill.db"));
        let count = ledger.connection().query_row(sql, [], |row| row.get::<_, i64>(0));
        count.expect("a count")
    };
    for _ in 0..5 {
        square.clock.advance(TimeDelta::days(1));
        mill.polls();
    }
    let merged = mill.feeds().iter().filter(|feed| feed.standing == "merged").count();
    assert_eq!((merged, of_shells()), (1, 0));
    let left = square.hub.asked_to("unsubscribe");
    let asked = square.hub.asked_to("subscribe");
    assert!(asked.len() >= 2 && left.len() + 1 == asked.len(), "one is left: {left:?}");
}

#[test]
fn without_an_address_that_the_world_reaches_no_hub_is_asked() {
    let square = Square::at_home(Home::new());
    let mill = square.starts();
    assert_eq!(square.polls_within(&mill, 24), 24);
    assert_eq!(square.hub.asked(), []);
    assert_eq!(mill.feed().hub, None);
    let path = format!("/websub/{}", "0".repeat(64));
    let answer = hub::post(&square.home.url(&path), b"", &[]).expect("answered");
    assert_eq!(answer.status, 410);
    mill.stop();
}
