//! The two journeys on an ordinary morning: a post reaches the reader app at the next poll and the
//! letter at half past six, once each.

use crate::journeys::{DAWN, NEWSLETTER, Village};
use crate::world::clock::ManualClock;
use crate::world::feed::{Format, Post};
use crate::world::home::{self, Home};
use crate::world::mailbox;
use crate::world::mill::Mill;
use crate::world::program::{Service, feedmill};
use crate::world::publisher::Publisher;
use crate::world::reader;
use crate::world::relay::Relay;

/// The titles of a document, read by a parser that is not ours.
fn titles(document: &[u8]) -> Vec<String> {
    let feed = feed_rs::parser::parse(document).expect("a document");
    feed.entries.into_iter().map(|entry| entry.title.expect("a title").content).collect()
}

#[test]
fn sources_of_three_formats_reach_three_formats_and_one_letter() {
    let (publisher, relay, home) = (Publisher::start(), Relay::start(), Home::new());
    let formats = [("/rss", Format::Rss), ("/atom", Format::Atom), ("/json", Format::Json)];
    for (path, format) in formats {
        publisher.posts(path, [Post::new(path).saying("<p>Le corps.</p>")]);
        publisher.edit(path, |feed| feed.format = format);
    }
    let feeds = formats.map(|(path, _)| publisher.url(path));
    home.configure(&feeds, home::Post::Relay(relay.port()), NEWSLETTER);
    let clock = ManualClock::at(DAWN);
    let mill = Mill::start(&home, &clock);

    let mut wanted = formats.map(|(path, _)| format!("Post {path}"));
    wanted.sort();
    for name in ["atom", "rss", "json"] {
        let merged = mill.get(&format!("/feeds/all.{name}"));
        let mut shown = titles(&merged.body);
        shown.sort();
        assert_eq!(shown, wanted, "{name}");
    }

    mill.lives_until_the("2026-11-24T05:29:59Z");
    assert_eq!(relay.taken(), [], "not before half past six");
    mill.lives_until_the("2026-11-24T05:30:00Z");
    let letters = mailbox::opened(&relay.taken());
    assert_eq!(letters.len(), 1);
    for title in &wanted {
        assert!(letters[0].text.contains(title), "{}", letters[0].text);
        assert!(letters[0].html.contains(title), "{}", letters[0].html);
    }
    assert_eq!(letters[0].to, ["zoe@exemple.fr"]);
    assert!(letters[0].text.contains("mardi 24 novembre 2026"), "{}", letters[0].text);

    mill.lives_until_the("2026-11-25T12:00:00Z");
    assert_eq!(relay.taken().len(), 1, "without news there is no letter");
}

#[test]
fn an_unchanged_feed_costs_a_304_and_changes_nothing() {
    let village = Village::with("");
    village.publisher.posts("/rss", [Post::new("2"), Post::new("1")]);
    let mill = Mill::start(&village.home, &village.clock);
    let first = mill.get("/feeds/all.atom");
    let etag = first.header("etag").expect("a validator").to_owned();

    mill.lives_until_the("2026-11-24T12:00:00Z");
    let requests = village.publisher.requests_for("/rss");
    assert!((2..=9).contains(&requests.len()), "{} polls in eight hours", requests.len());
    let given = reader::get(&village.publisher.url("/rss")).expect("answered");
    for request in &requests[1..] {
        for (asked, said) in [("if-none-match", "etag"), ("if-modified-since", "last-modified")] {
            assert_eq!(request.header(asked).as_deref(), given.header(said), "byte for byte");
        }
    }
    assert_eq!(mill.feed().standing, "healthy");
    assert_eq!(mill.totals().entries, 2);
    assert_eq!(mill.get_with("/feeds/all.atom", &[("If-None-Match", &etag)]).status, 304);
    assert_eq!(village.letters().len(), 1);
}

#[test]
fn the_commands_and_the_service_make_the_same_journeys() {
    let publisher = Publisher::start();
    publisher.posts("/rss", [Post::new("2"), Post::new("1")]);
    let home = Home::new();
    home.configure(&[publisher.url("/rss")], home::Post::Files, NEWSLETTER);

    let said = feedmill(&home, &["refresh", "--all"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let service = Service::start(&home);
    let merged = reader::get(&home.url("/feeds/all.atom")).expect("answered");
    assert!(merged.text().contains("Post 1") && merged.text().contains("Post 2"));

    let again = feedmill(&home, &["refresh", "--all", "--force"]);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    let last = publisher.requests_for("/rss").pop().expect("asked again");
    assert!(last.header("if-none-match").is_some(), "a conditional request: {last:?}");
    assert!(service.stop().0.success());

    for (code, letters) in [(0, 1), (1, 1)] {
        let sent = feedmill(&home, &["newsletter", "send", "matin"]);
        assert_eq!(sent.code, Some(code), "{}{}", sent.stdout, sent.stderr);
        assert_eq!(mailbox::folder(&home.path("outbox")).len(), letters, "one edition a slot");
    }
}
