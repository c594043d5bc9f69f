//! What reader apps see: the same bytes while nothing changes, nothing made up when a source fails.

use chrono::TimeDelta;
use feedmill::clock::Clock;

use crate::journeys::{DAWN, NEWSLETTER, Village};
use crate::world::clock::ManualClock;
use crate::world::feed::Post;
use crate::world::home::{self, Home};
use crate::world::ledger::Ledger;
use crate::world::mailbox;
use crate::world::mill::Mill;
use crate::world::publisher::{Publisher, Reply};
use crate::world::relay::Relay;

#[test]
fn a_merged_feed_asked_twice_is_the_same_bytes_also_after_a_restart() {
    let village = Village::with("");
    let now = village.clock.now();
    let posts = ["1", "2", "3"].map(|name| Post::new(name).dated(now - TimeDelta::hours(1)));
    village.publisher.posts("/rss", posts);
    let mill = Mill::start(&village.home, &village.clock);
    let copies =
        |mill: &Mill| ["atom", "rss", "json"].map(|f| mill.get(&format!("/feeds/all.{f}")));
    let before = copies(&mill);
    mill.lives_until_the("2026-11-24T12:00:00Z");
    let later = copies(&mill);
    mill.stop();
    let mill = Mill::start(&village.home, &village.clock);
    for (format, first) in ["atom", "rss", "json"].iter().zip(&before) {
        let path = format!("/feeds/all.{format}");
        let again = mill.get(&path);
        for answer in [&again].into_iter().chain(&later) {
            if answer.header("content-type") == first.header("content-type") {
                assert_eq!(answer.text(), first.text());
                assert_eq!(answer.header("etag"), first.header("etag"), "{path}");
                assert_eq!(answer.header("last-modified"), first.header("last-modified"), "{path}");
            }
        }
        let etag = first.header("etag").expect("a validator");
        assert_eq!(mill.get_with(&path, &[("If-None-Match", etag)]).status, 304, "{path}");
        let modified = first.header("last-modified").expect("a date");
        assert_eq!(mill.get_with(&path, &[("If-Modified-Since", modified)]).status, 304, "{path}");
    }
}

#[test]
fn a_source_that_fails_holds_back_no_other_and_is_named_after_a_day() {
    let (well, ill) = (Publisher::start(), Publisher::on([127, 0, 0, 2]));
    let (relay, home) = (Relay::start(), Home::new());
    well.posts("/rss", [Post::new("1")]);
    ill.posts("/rss", [Post::new("autre")]);
    ill.edit("/rss", |feed| feed.title = "La gazette muette".to_owned());
    let feeds = [well.url("/rss"), ill.url("/rss")];
    home.configure(&feeds, home::Post::Relay(relay.port()), NEWSLETTER);
    let clock = ManualClock::at(DAWN);
    let mill = Mill::start(&home, &clock);
    ill.answers("/rss", Reply::Status(503));
    let day = |name: &str, until: &str| {
        well.posts("/rss", [Post::new(name), Post::new("1")]);
        mill.lives_until_the(until);
        mailbox::opened(&relay.taken()).pop().expect("a letter")
    };
    let first = day("mardi", "2026-11-24T05:30:00Z");
    assert!(first.text.contains("Post mardi"), "{}", first.text);
    assert!(!first.text.contains("ne répond plus"), "one failure is no news");
    let merged = mill.merged();
    assert_eq!(merged.len(), 3, "nothing made up: {merged:?}");
    let second = day("mercredi", "2026-11-25T05:30:00Z");
    let third = day("jeudi", "2026-11-26T05:30:00Z");
    assert!(second.text.contains("Post mercredi") && third.text.contains("Post jeudi"));
    for part in [&third.text, &third.html] {
        assert!(part.contains("ne répond plus") && part.contains("La gazette muette"), "{part}");
    }
    assert_eq!((mill.totals().failing, mill.merged().len()), (1, 5));

    ill.recovers("/rss");
    let fourth = day("vendredi", "2026-11-27T05:30:00Z");
    assert!(!fourth.text.contains("La gazette muette"), "{}", fourth.text);
}

#[test]
fn a_date_in_the_future_does_not_stick_on_top_and_undated_items_keep_their_order() {
    let village = Village::with("");
    let now = village.clock.now();
    let future = Post::new("futur").dated(now + TimeDelta::days(700));
    let undated = ["b", "a"].map(Post::new);
    let posts = |news: &[&str]| -> Vec<Post> {
        let news = news.iter().map(|name| Post::new(name));
        news.chain([future.clone()]).chain(undated.clone()).collect()
    };
    village.publisher.posts("/rss", posts(&[]));
    let mill = Mill::start(&village.home, &village.clock);
    let order = mill.merged();
    mill.lives_until(now + TimeDelta::hours(3));
    village.publisher.posts("/rss", posts(&["plus tard"]));
    mill.polls();
    let merged = mill.merged();
    assert_eq!(merged[0], "Post plus tard", "{merged:?}");
    assert_eq!(merged[1..], order, "the rest keeps its order");
}

#[test]
fn a_slow_reader_of_the_database_holds_up_no_refresh() {
    let village = Village::with("");
    village.publisher.posts("/rss", [Post::new("0")]);
    let mill = Mill::start(&village.home, &village.clock);
    let ledger = Ledger::open(&village.home.path("feedmill.db"));
    let reading = ledger.connection().unchecked_transaction().expect("begun");
    let seen = || ledger.number("select count(*) from entry");
    assert_eq!(seen(), 1);
    for poll in 1..=20 {
        let posts = (0..=poll).map(|number| Post::new(&number.to_string()));
        village.publisher.posts("/rss", posts);
        let tally = mill.polls();
        assert_eq!((tally.arrived, tally.failed.len()), (1, 0), "poll {poll}");
    }
    assert_eq!(seen(), 1, "the reader still sees what it began with");
    drop(reading);
    assert_eq!((seen(), mill.merged().len()), (21, 21));
}
