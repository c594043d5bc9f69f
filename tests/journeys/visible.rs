//! Nothing is lost silently: what fails, is dropped, given up or held is counted, and can be asked
//! for.

use crate::journeys::{NEWSLETTER, Village};
use crate::world::feed::Post;
use crate::world::home::{self, Home};
use crate::world::mill::Mill;
use crate::world::program::{Service, feedmill};
use crate::world::publisher::{Publisher, Reply};
use crate::world::reader;
use crate::world::relay::Step;

#[test]
fn every_way_to_fail_is_listed_with_its_reason() {
    let (publisher, home) = (Publisher::start(), Home::new());
    publisher.posts("/well", [Post::new("1")]);
    let ways = [
        ("/gone", Reply::Status(410), "gone"),
        ("/server", Reply::Status(503), "failing"),
        ("/refused", Reply::Status(403), "failing"),
        ("/page", Reply::Page("<html><body>Bonjour</body></html>".to_owned()), "failing"),
        ("/empty", Reply::Empty, "failing"),
        ("/hangs-up", Reply::HangUp, "failing"),
        ("/cut", Reply::Truncated, "failing"),
        ("/loop", Reply::Redirect(302, "/loop".to_owned()), "failing"),
        ("/private", Reply::Redirect(302, "http://10.0.0.1/".to_owned()), "failing"),
        ("/wait", Reply::RetryAfter(429, "3600".to_owned()), "failing"),
    ];
    for (path, reply, _) in &ways {
        publisher.posts(path, [Post::new("x")]);
        publisher.answers(path, reply.clone());
    }
    let mut feeds: Vec<String> = ways.iter().map(|(path, ..)| publisher.url(path)).collect();
    feeds.push(publisher.url("/well"));
    home.configure(&feeds, home::Post::Files, NEWSLETTER);
    let said = feedmill(&home, &["refresh", "--all", "--json"]);
    assert_eq!(said.code, Some(0), "one feed works: {}", said.stderr);
    let tally: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(tally["failed"].as_array().map(Vec::len), Some(ways.len()), "{tally}");

    let service = Service::start(&home);
    let json = |arguments: &[&str]| -> serde_json::Value {
        let said = feedmill(&home, arguments);
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        serde_json::from_str(&said.stdout).expect("JSON")
    };
    let status = json(&["status", "--json"]);
    assert_eq!(status["failing"].as_u64(), Some(ways.len() as u64), "{status}");
    assert_eq!((status["feeds"].as_u64(), status["entries"].as_u64()), (Some(11), Some(1)));
    let failing = json(&["feeds", "--failing", "--json"]);
    let page = reader::get(&home.url("/status")).expect("answered").text();
    for (path, _, standing) in &ways {
        let url = publisher.url(path);
        let list = failing.as_array().expect("a list");
        let feed = list.iter().find(|feed| feed["url"] == url.as_str()).expect("it is listed");
        assert_eq!(feed["standing"], *standing, "{feed}");
        assert!(feed["trouble"].as_str().is_some_and(|reason| !reason.is_empty()), "{feed}");
        assert!(page.contains(&path[1..]), "{path} is on the status page: {page}");
    }
    assert!(service.stop().0.success());
}

#[test]
fn letters_given_up_held_or_refused_are_counted_and_told() {
    for (conduct, more, state) in
        [(Step::Rcpt, "", "rejected"), (Step::Connect, "horizon = \"1h\"\n", "expired")]
    {
        let village = Village::with(more);
        village.publisher.posts("/rss", [Post::new("1")]);
        let mill = Mill::start(&village.home, &village.clock);
        village.relay.refuses(conduct, if state == "rejected" { 550 } else { 421 });
        mill.lives_until_the("2026-11-24T09:00:00Z");
        mill.stop();
        let said = feedmill(&village.home, &["status", "--json"]);
        let status: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
        assert_eq!(status["letters"][state].as_u64(), Some(1), "{status}");
        let said = feedmill(&village.home, &["newsletter", "list"]);
        assert!(said.stdout.contains(&format!("1 {state}")), "{}", said.stdout);
    }
}

#[test]
fn items_that_are_not_read_are_counted_with_their_feed() {
    let (publisher, home) = (Publisher::start(), Home::new());
    let wire = |document: String| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", document.len());
        Reply::Wire([head.as_bytes(), document.as_bytes()].concat())
    };
    let rss = |items: &str| format!("<rss version=\"2.0\"><channel>{items}</channel></rss>");
    publisher.answers("/beyond", wire(rss(&"<item><title>a</title></item>".repeat(20_003))));
    let json =
        "{\"version\": \"https://jsonfeed.org/version/1.1\", \"items\": [1, {\"id\": 2}, null]}";
    publisher.answers("/json", wire(json.to_owned()));
    publisher.posts("/well", [Post::new("1")]);
    let feeds = ["/beyond", "/json", "/well"].map(|path| publisher.url(path));
    home.configure(&feeds, home::Post::Files, "");
    assert_eq!(feedmill(&home, &["refresh", "--all"]).code, Some(0));
    let told = |arguments: &[&str]| -> serde_json::Value {
        let said = feedmill(&home, arguments);
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        serde_json::from_str(&said.stdout).expect("JSON")
    };
    for (url, left_out) in feeds.iter().zip([20_003, 2, 0]) {
        assert_eq!(told(&["why", url, "--json"])["left_out"], left_out, "{url}");
    }
    assert_eq!(told(&["status", "--json"])["left_out"], 20_005);
    let said = feedmill(&home, &["feeds"]).stdout;
    assert!(said.contains("20003 items of its last document were not read"), "{said}");
    let said = feedmill(&home, &["why", &feeds[1]]).stdout;
    assert!(said.contains("2 items of its last document were not read"), "{said}");

    publisher.posts("/beyond", [Post::new("1")]);
    publisher.recovers("/beyond");
    assert_eq!(feedmill(&home, &["refresh", "--force", &feeds[0]]).code, Some(0));
    assert_eq!(told(&["why", &feeds[0], "--json"])["left_out"], 0);
}
