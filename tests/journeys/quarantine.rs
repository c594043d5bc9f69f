//! A document that ends the process while it is read: after the restart it is not read again, until
//! it changes or a person insists; everything else goes on. So it is with a body that is cleaned again.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::world::feed::Post;
use crate::world::home::{self, Home};
use crate::world::ledger::Ledger;
use crate::world::program::{Service, eventually, feedmill};
use crate::world::publisher::{Publisher, Reply};

const PATIENCE: Duration = Duration::from_secs(60);

/// A document that is read for a while: within every budget, and as large as a body may be.
fn long() -> Reply {
    let text = "<p>Un paragraphe comme un autre, et encore un.</p>".repeat(400);
    let items: String = (0..400)
        .map(|n| {
            format!("<item><guid>{n}</guid><description><![CDATA[{text}]]></description></item>")
        })
        .collect();
    let document =
        format!("<rss version=\"2.0\"><channel><title>Long</title>{items}</channel></rss>");
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", document.len());
    Reply::Wire([head.as_bytes(), document.as_bytes()].concat())
}

/// Waits until a document is noted as being read, and has the process abort at that moment.
fn dies_reading(service: Service, home: &Home) {
    let begun = Instant::now();
    let notes = home.path("feedmill.db.in-hand");
    while !std::fs::read(&notes).is_ok_and(|notes| notes.iter().any(|&byte| byte != 0)) {
        assert!(begun.elapsed() < PATIENCE, "no document is read: {}", service.log());
    }
    service.signal(Signal::SIGABRT);
    assert!(!service.ends().0.success());
}

fn feed(home: &Home, url: &str) -> serde_json::Value {
    let said = feedmill(home, &["feeds", "--json"]);
    let list: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    let mut feeds = list.as_array().expect("a list").iter();
    feeds.find(|feed| feed["url"] == url).expect("it is listed").clone()
}

#[test]
fn a_document_that_ends_the_process_is_not_read_again_until_it_changes() {
    let (publisher, other, home) = (Publisher::start(), Publisher::on([127, 0, 0, 2]), Home::new());
    let (long_url, other_url) = (publisher.url("/long"), other.url("/bon"));
    home.configure(&[long_url.clone(), other_url.clone()], home::Post::Files, "");
    publisher.answers("/long", long());
    dies_reading(Service::start(&home), &home);

    other.posts("/bon", [Post::new("1")]);
    let mut service = Service::start(&home);
    feedmill(&home, &["refresh", "--force", &other_url]);
    assert!(service.log().contains("set apart"), "the operator is told: {}", service.log());
    eventually("the others are read and this one is refused", PATIENCE, || {
        feed(&home, &other_url)["entries"] == 1 && feed(&home, &long_url)["standing"] == "failing"
    });
    let trouble = feed(&home, &long_url)["trouble"].to_string();
    assert!(trouble.contains("died while it read this document"), "{trouble}");
    assert!(service.is_alive());

    publisher.posts("/long", [Post::new("court")]);
    publisher.recovers("/long");
    feedmill(&home, &["refresh", "--force", &long_url]);
    assert_eq!(feed(&home, &long_url)["standing"], "healthy");
    assert!(service.stop().0.success());
}

#[test]
fn a_person_may_insist_on_a_document_that_was_set_apart() {
    let (publisher, home) = (Publisher::start(), Home::new());
    let url = publisher.url("/long");
    home.configure(std::slice::from_ref(&url), home::Post::Files, "");
    publisher.answers("/long", long());
    dies_reading(Service::start(&home), &home);

    let said = feedmill(&home, &["refresh", "--all"]);
    assert!(said.stdout.contains("died while it read this document"), "{}", said.stdout);
    let said = feedmill(&home, &["refresh", "--force", &url]);
    assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
    assert_eq!(feed(&home, &url)["entries"], 400);
}

#[test]
fn a_body_that_twice_ends_the_process_is_not_cleaned_again() {
    let (publisher, home) = (Publisher::start(), Home::new());
    let url = publisher.url("/rss");
    publisher.posts("/rss", [Post::new("1")]);
    home.configure(std::slice::from_ref(&url), home::Post::Files, "");
    assert_eq!(feedmill(&home, &["refresh", "--all"]).code, Some(0));
    let database = home.path("feedmill.db");
    let html = "<p>Un paragraphe <b>comme</b> un autre, et encore un.</p>".repeat(20_000);
    let aged = Ledger::open(&database)
        .connection()
        .execute("update entry_body set cleaner = 1, html = ?1", [&html])
        .expect("an update");
    assert_eq!(aged, 1);
    let bodies = |version: i64| {
        let sql = format!("select count(*) from entry_body where cleaner = {version}");
        Ledger::open(&database).number(&sql)
    };
    dies_reading(Service::start(&home), &home);
    let service = Service::start(&home);
    eventually("the operator is told", PATIENCE, || service.log().contains("put off"));
    dies_reading(service, &home);
    let mut service = Service::start(&home);
    eventually("the body is set apart", PATIENCE, || bodies(-2) == 1);
    assert!(service.is_alive());
    let said = feedmill(&home, &["why", "1"]).stdout;
    assert!(said.contains("not shown: feedmill failed or died"), "{said}");
    let kept = "select length(html) from entry_body";
    assert_eq!(Ledger::open(&database).number(kept), html.len() as i64);

    publisher.posts("/rss", [Post::new("1"), Post::new("2")]);
    feedmill(&home, &["refresh", "--force", &url]);
    assert_eq!(feed(&home, &url)["entries"], 2);
    assert!(service.stop().0.success());
}
