//! Two feedmills at one database: one works, the other says so.

use std::thread;

use crate::journeys::NEWSLETTER;
use crate::world::feed::Post;
use crate::world::home::{self, Home};
use crate::world::program::{Said, Service, feedmill};
use crate::world::publisher::Publisher;
use crate::world::relay::Relay;

/// How many commands at once.
const CROWD: usize = 20;

#[test]
fn a_second_service_at_one_database_is_refused_and_told_why() {
    let (publisher, home) = (Publisher::start(), Home::new());
    publisher.posts("/rss", [Post::new("1")]);
    home.configure(&[publisher.url("/rss")], home::Post::Files, NEWSLETTER);
    let mut service = Service::start(&home);
    let file = home.path("feedmill.toml");
    let other = std::fs::read_to_string(&file).expect("readable");
    let listen = other.lines().find(|line| line.starts_with("listen")).expect("it listens");
    let other = other.replace(listen, "listen = \"127.0.0.1:0\"");
    std::fs::write(home.path("other.toml"), other).expect("written");
    let said = feedmill(&home, &["--config", "other.toml", "run"]);
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    assert!(said.stderr.contains("in use by another feedmill"), "{}", said.stderr);
    assert!(said.stderr.contains("feedmill.db"), "{}", said.stderr);
    assert!(service.is_alive());
    assert!(service.stop().0.success());
}

/// Twenty people send the letter at once.
fn crowd(home: &Home) -> Vec<Said> {
    thread::scope(|scope| {
        let send = || feedmill(home, &["newsletter", "send", "matin"]);
        let running: Vec<_> = (0..CROWD).map(|_| scope.spawn(send)).collect();
        running.into_iter().map(|one| one.join().expect("it does not panic")).collect()
    })
}

fn sent_by_one(said: &[Said], relay: &Relay) {
    let done = said.iter().filter(|said| said.code == Some(0)).count();
    let failed = said.iter().filter(|said| said.code == Some(1)).count();
    assert_eq!((done, failed), (1, CROWD - 1), "{said:#?}");
    assert_eq!(relay.taken().len(), 1, "one letter");
}

#[test]
fn twenty_sends_beside_a_service_make_one_letter() {
    let (publisher, relay, home) = (Publisher::start(), Relay::start(), Home::new());
    publisher.posts("/rss", [Post::new("1")]);
    home.configure(&[publisher.url("/rss")], home::Post::Relay(relay.port()), NEWSLETTER);
    assert_eq!(feedmill(&home, &["refresh", "--all"]).code, Some(0));
    let service = Service::start(&home);
    let said = crowd(&home);
    relay.wait_for(1, std::time::Duration::from_secs(30));
    sent_by_one(&said, &relay);
    assert!(service.stop().0.success());
    assert_eq!(relay.taken().len(), 1);
}

#[test]
fn twenty_sends_without_a_service_make_one_letter() {
    let (publisher, relay, home) = (Publisher::start(), Relay::start(), Home::new());
    publisher.posts("/rss", [Post::new("1")]);
    home.configure(&[publisher.url("/rss")], home::Post::Relay(relay.port()), NEWSLETTER);
    assert_eq!(feedmill(&home, &["refresh", "--all"]).code, Some(0));
    sent_by_one(&crowd(&home), &relay);
}

#[test]
fn whoever_comes_second_to_a_new_home_waits_until_there_is_a_database() {
    let (publisher, home) = (Publisher::start(), Home::new());
    publisher.posts("/rss", [Post::new("1")]);
    home.configure(&[publisher.url("/rss")], home::Post::Files, "");
    let said: Vec<Said> = thread::scope(|scope| {
        let refresh = || feedmill(&home, &["refresh", "--all"]);
        let running: Vec<_> = (0..8).map(|_| scope.spawn(refresh)).collect();
        running.into_iter().map(|one| one.join().expect("it does not panic")).collect()
    });
    let missing = said.iter().filter(|said| said.stderr.contains("does not exist")).count();
    assert_eq!(missing, 0, "{said:#?}");
    assert!(said.iter().any(|said| said.code == Some(0)), "{said:#?}");
}
