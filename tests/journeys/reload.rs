//! The configuration changes while the service runs.

use std::time::Duration;

use nix::sys::signal::Signal;

use crate::journeys::NEWSLETTER;
use crate::world::feed::Post;
use crate::world::home::{self, Home};
use crate::world::program::{Service, eventually, feedmill};
use crate::world::publisher::Publisher;
use crate::world::reader;

/// What the promise gives: ten seconds, and some for a busy machine.
const NOTICED: Duration = Duration::from_secs(30);

fn merged(home: &Home) -> String {
    reader::get(&home.url("/feeds/all.atom")).expect("answered").text()
}

fn standing(home: &Home, url: &str) -> String {
    let said = feedmill(home, &["feeds", "--json"]);
    let feeds: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    let feed = feeds.as_array().expect("a list").iter().find(|feed| feed["url"] == url);
    feed.and_then(|feed| feed["standing"].as_str()).unwrap_or_default().to_owned()
}

#[test]
fn a_changed_file_is_noticed_and_applied_and_at_once_on_sighup() {
    let (publisher, home) = (Publisher::start(), Home::new());
    publisher.posts("/a", [Post::new("A")]);
    publisher.posts("/b", [Post::new("B")]);
    let (a, b) = (publisher.url("/a"), publisher.url("/b"));
    home.configure(std::slice::from_ref(&a), home::Post::Files, NEWSLETTER);
    let service = Service::start(&home);
    eventually("A is merged", NOTICED, || merged(&home).contains("Post A"));

    home.configure(&[a.clone(), b.clone()], home::Post::Files, NEWSLETTER);
    eventually("B is merged", NOTICED, || merged(&home).contains("Post B"));
    assert!(merged(&home).contains("Post A"));

    let asked = publisher.requests_for("/b").len();
    publisher.posts("/c", [Post::new("C")]);
    home.configure(&[b, publisher.url("/c")], home::Post::Files, NEWSLETTER);
    service.signal(Signal::SIGHUP);
    eventually("C is merged", NOTICED, || merged(&home).contains("Post C"));
    assert!(!merged(&home).contains("Post A"), "its feed is retired");
    assert_eq!(standing(&home, &a), "retired");
    assert_eq!(publisher.requests_for("/b").len(), asked, "a reload polls nobody anew");

    let (status, log) = service.stop();
    assert!(status.success(), "{log}");
    assert!(log.contains("the changed configuration is in force"), "{log}");
}

#[test]
fn a_faulty_file_is_told_with_its_place_and_the_service_goes_on() {
    let (publisher, home) = (Publisher::start(), Home::new());
    publisher.posts("/a", [Post::new("A")]);
    home.configure(&[publisher.url("/a")], home::Post::Files, NEWSLETTER);
    let service = Service::start(&home);
    eventually("A is merged", NOTICED, || merged(&home).contains("Post A"));
    let file = home.path("feedmill.toml");
    let good = std::fs::read_to_string(&file).expect("readable");
    let faulty = good.replace("per_host_gap", "per_host_gapp");
    std::fs::write(&file, faulty).expect("written");
    service.signal(Signal::SIGHUP);
    let told = "the former one stays in force";
    eventually("the fault is told", NOTICED, || service.log().contains(told));
    assert!(service.log().contains("per_host_gapp"), "{}", service.log());
    assert!(merged(&home).contains("Post A"));
    std::fs::write(&file, good).expect("written");
    service.signal(Signal::SIGHUP);
    let applied = "the changed configuration is in force";
    eventually("the mended file is in force", NOTICED, || service.log().contains(applied));
    let (status, log) = service.stop();
    assert!(status.success(), "{log}");
}

#[test]
fn add_and_remove_reach_a_running_service() {
    let (publisher, home) = (Publisher::start(), Home::new());
    publisher.posts("/a", [Post::new("A")]);
    publisher.posts("/b", [Post::new("B")]);
    let (a, b) = (publisher.url("/a"), publisher.url("/b"));
    home.configure(std::slice::from_ref(&a), home::Post::Files, NEWSLETTER);
    let service = Service::start(&home);
    let added = feedmill(&home, &["add", &b, "--tag", "neuf"]);
    assert_eq!(added.code, Some(0), "{}", added.stderr);
    eventually("B is merged", NOTICED, || merged(&home).contains("Post B"));

    let removed = feedmill(&home, &["remove", &a]);
    assert_eq!(removed.code, Some(0), "{}", removed.stderr);
    eventually("A is retired", NOTICED, || standing(&home, &a) == "retired");
    assert!(!merged(&home).contains("Post A"));
    let said = feedmill(&home, &["status", "--json"]);
    let status: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!((status["feeds"].as_u64(), status["entries"].as_u64()), (Some(1), Some(2)));
    let (status, log) = service.stop();
    assert!(status.success(), "{log}");
}
