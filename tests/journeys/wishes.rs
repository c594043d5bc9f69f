//! What publishers ask of those who poll, in documents and headers, and that nothing else of what
//! they write changes where or how often they are asked.

use chrono::TimeDelta;
use feedmill::clock::Clock;

use crate::journeys::NEWSLETTER;
use crate::world::clock::ManualClock;
use crate::world::home::{self, Home};
use crate::world::mill::Mill;
use crate::world::publisher::{Publisher, Reply};

const ITEM: &str = "<item><guid>1</guid><title>Un</title></item>";

/// A channel that holds `wish` and one item, with validators and these headers.
fn channel(wish: &str, headers: &str) -> Reply {
    let body = format!(
        "<rss version=\"2.0\" xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\" \
         xmlns:atom=\"http://www.w3.org/2005/Atom\"><channel><title>t</title>{wish}{ITEM}</channel></rss>"
    );
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nETag: \"e\"\r\nContent-Type: application/rss+xml\r\n\
         Content-Length: {length}\r\n{headers}\r\n"
    );
    Reply::Wire((head + &body).into_bytes())
}

fn place() -> (Publisher, Home, ManualClock) {
    let (publisher, home) = (Publisher::start(), Home::new());
    home.configure(&[publisher.url("/rss")], home::Post::Files, NEWSLETTER);
    (publisher, home, ManualClock::at("2026-11-24T08:00:00Z"))
}

#[test]
fn wishes_only_slow_down_and_nonsense_changes_nothing() {
    let hours = |hours: std::ops::Range<u32>| -> String {
        let each: String = hours.map(|hour| format!("<hour>{hour}</hour>")).collect();
        format!("<skipHours>{each}</skipHours>")
    };
    let sy = |period: &str, frequency: &str| {
        format!("{period}<sy:updateFrequency>{frequency}</sy:updateFrequency>")
    };
    let hourly = "<sy:updatePeriod>hourly</sy:updatePeriod>";
    for (wish, hours_later, rule) in [
        ("<ttl>1</ttl>".to_owned(), 1, "its own rhythm"),
        ("<ttl>60</ttl>".to_owned(), 1, "its own rhythm"),
        ("<ttl>600</ttl>".to_owned(), 10, "the publisher's ttl or sy:updatePeriod"),
        ("<ttl>100000</ttl>".to_owned(), 14 * 24, "the longest wait we obey"),
        ("<ttl>-5</ttl>".to_owned(), 1, "its own rhythm"),
        ("<ttl>abc</ttl>".to_owned(), 1, "its own rhythm"),
        (sy(hourly, "60"), 1, "its own rhythm"),
        (sy("", "1"), 24, "the publisher's ttl or sy:updatePeriod"),
        (hours(9..12), 4, "the publisher's skipHours or skipDays"),
        (hours(9..25), 17, "the publisher's skipHours or skipDays"),
        (hours(0..24), 1, "its own rhythm"),
        ("<skipHours><hour>neuf</hour><hour>-9</hour></skipHours>".to_owned(), 1, "its own rhythm"),
        (
            "<skipDays><day>Tuesday</day></skipDays>".to_owned(),
            16,
            "the publisher's skipHours or skipDays",
        ),
    ] {
        let (publisher, home, clock) = place();
        publisher.answers("/rss", channel(&wish, ""));
        let mill = Mill::start(&home, &clock);
        let feed = mill.feed();
        let later = feed.next_check.expect("it is asked again") - clock.now();
        assert_eq!((later, feed.rule), (TimeDelta::hours(hours_later), rule), "{wish}");
        assert_eq!(feed.remarks.iter().any(|it| it.contains("no hour")), wish == hours(0..24));
        mill.stop();
    }
}

#[test]
fn retry_after_outlives_restarts_and_force() {
    let (publisher, home, clock) = place();
    publisher.answers("/rss", Reply::RetryAfter(429, "86400".to_owned()));
    Mill::start(&home, &clock).stop();
    for hours in [1, 5, 17] {
        clock.advance(TimeDelta::hours(hours));
        let mill = Mill::start(&home, &clock);
        assert_eq!(mill.polls().held.len(), 1, "nor by force");
        mill.stop();
    }
    assert_eq!(publisher.requests().len(), 1);
    publisher.answers("/rss", Reply::RetryAfter(429, "172800".to_owned()));
    clock.advance(TimeDelta::hours(2));
    let mill = Mill::start(&home, &clock);
    mill.lives_until(clock.now() + TimeDelta::hours(47));
    assert_eq!(publisher.requests().len(), 2);
    publisher.answers("/rss", channel("", ""));
    mill.lives_until(clock.now() + TimeDelta::minutes(90));
    assert_eq!((publisher.requests().len(), mill.feed().standing), (3, "healthy"));
}

#[test]
fn addresses_that_a_feed_names_for_itself_are_not_asked() {
    let (publisher, home, clock) = place();
    let other = publisher.url("/other");
    let own = format!("<atom:link rel=\"self\" href=\"{other}\"/><link>{other}</link>");
    let headers = format!("Content-Location: {other}\r\nLink: <{other}>; rel=\"self\"\r\n");
    publisher.answers("/rss", channel(&own, &headers));
    let mill = Mill::start(&home, &clock);
    (0..6).for_each(|_| drop(mill.polls()));
    assert_eq!(publisher.requests_for("/rss").len(), 7);
    assert_eq!(publisher.requests().len(), 7, "nothing else");
    assert_eq!(mill.feed().moved_to, None);
}
