//! Documents made to harm: the service that reads them is the same process afterwards, no bigger
//! than it was, and has read all others.

use std::time::Duration;

use crate::world::feed::Post;
use crate::world::home::{self, Home};
use crate::world::program::{Service, eventually, feedmill};
use crate::world::publisher::{Publisher, Reply};
use crate::world::reader;

/// How much the peak of the memory may grow, in kB.
const GROWTH_KB: u64 = 64 * 1024;

fn rss(items: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\" \
         xmlns:media=\"http://search.yahoo.com/mrss/\" \
         xmlns:itunes=\"http://www.itunes.com/dtds/podcast-1.0.dtd\">\
         <channel><title>Hostile</title><link>http://exemple.fr/</link>{items}</channel></rss>"
    )
}

fn atom(entry: &str) -> String {
    format!(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:media=\"http://search.yahoo.com/mrss/\">\
         <id>urn:h</id><title>Hostile</title><updated>2026-01-01T00:00:00Z</updated>\
         <entry><id>urn:1</id><title>x</title>{entry}</entry></feed>"
    )
}

fn nested(name: &str, depth: usize) -> String {
    format!("{}{}", format!("<{name}>").repeat(depth), format!("</{name}>").repeat(depth))
}

fn item(inside: &str) -> String {
    rss(&format!("<item><guid>1</guid><title>Lisible</title>{inside}</item>"))
}

fn numbered(count: usize, write: impl Fn(usize) -> String) -> String {
    (0..count).map(write).collect()
}

/// Documents and whether their entry must be read all the same.
fn documents() -> Vec<(&'static str, String, bool)> {
    // As many as a body of ten megabytes can hold.
    let many = |tag: &str| item(&format!("<{tag}/>").repeat(9_900_000 / (tag.len() + 3)));
    let attributes = numbered(50_000, |n| format!("a{n}=\"\" "));
    let entities =
        numbered(20, |n| format!("<!ENTITY e{} \"{}\">", n + 1, format!("&e{n};").repeat(10)));
    let laughing = item("<description>&e20;</description>");
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    let deep =
        format!("{{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":{open}{close}}}");
    vec![
        ("/media-1000", item(&nested("media:group", 1_000)), false),
        ("/media-10000", item(&nested("media:group", 10_000)), false),
        ("/media-100000", item(&nested("media:group", 100_000)), false),
        ("/media-atom", atom(&nested("media:group", 100_000)), false),
        (
            "/div",
            item(&format!("<description><![CDATA[{}]]></description>", nested("div", 50_000))),
            true,
        ),
        ("/duration", item("<itunes:duration>99999999999999999999999</itunes:duration>"), true),
        ("/duration-colons", item("<itunes:duration>9:9:9:9:9:-1</itunes:duration>"), true),
        ("/author", item("<author>a@b.com\u{2026}</author>"), true),
        ("/author-open", item("<author>a@b.com (</author>"), true),
        (
            "/editor",
            rss("<managingEditor>a@b.com\u{2026} (</managingEditor><item><guid>1</guid>\
                 <title>Lisible</title></item>"),
            true,
        ),
        ("/items", rss(&"<item/>".repeat(1_000_000)), false),
        ("/categories", many("category"), false),
        ("/links", many("link"), false),
        ("/authors", many("author"), false),
        ("/enclosures", many("enclosure"), false),
        ("/attributes", item(&format!("<x {attributes}/>")), false),
        ("/json", deep, false),
        ("/laughs", format!("<!DOCTYPE r [{entities}]>{laughing}"), false),
    ]
}

#[test]
fn documents_made_to_harm_do_not_end_the_service_or_grow_it_or_delay_others() {
    let (publisher, other, home) = (Publisher::start(), Publisher::on([127, 0, 0, 2]), Home::new());
    let documents = documents();
    let mut feeds: Vec<String> = documents.iter().map(|(path, ..)| publisher.url(path)).collect();
    feeds.push(other.url("/bon"));
    // All is well at first, so that what the service needs for an ordinary day is not counted.
    for (path, ..) in &documents {
        publisher.posts(path, [Post::new("ordinaire")]);
    }
    other.posts("/bon", [Post::new("1")]);
    home.configure(&feeds, home::Post::Files, "");
    let mut service = Service::start(&home);
    let merged = || reader::get(&home.url("/feeds/all.atom")).expect("answered").text();
    let patience = Duration::from_secs(60);
    eventually("all is well", patience, || {
        let said = feedmill(&home, &["status", "--json"]);
        let status: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
        status["entries"].as_u64() == Some(documents.len() as u64 + 1)
    });
    let before = service.peak_kb();
    for (path, document, _) in &documents {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\r\n",
            document.len()
        );
        let bytes = [head.as_bytes(), document.as_bytes()].concat();
        publisher.answers(path, Reply::Wire(bytes));
    }
    other.posts("/bon", [Post::new("neuf"), Post::new("1")]);
    let said = feedmill(&home, &["refresh", "--all", "--force", "--json"]);
    assert!(service.is_alive(), "{}", service.kill());
    let tally: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(tally["asked"].as_u64(), Some(feeds.len() as u64), "{tally}");
    assert!(merged().contains("Post neuf"), "others are read");

    let said = feedmill(&home, &["feeds", "--json"]);
    let list: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    for (path, _, readable) in &documents {
        let url = publisher.url(path);
        let mut feeds = list.as_array().expect("a list").iter();
        let feed = feeds.find(|feed| feed["url"] == url.as_str()).expect("it is listed");
        let reads = feed["entries"].as_u64() == Some(2);
        assert!(reads || !readable, "its entry is read: {feed}");
        assert!(reads || feed["trouble"].is_string(), "read, or told why not: {feed}");
    }
    let grown = service.peak_kb().saturating_sub(before);
    assert!(grown <= GROWTH_KB, "grown by {grown} kB over {before} kB");
    let (status, log) = service.stop();
    assert!(status.success(), "{log}");
    // The service's own lines begin with the year; a panic's own words would not.
    let strange: Vec<&str> = log.lines().filter(|line| !line.starts_with("20")).collect();
    assert!(strange.is_empty(), "not lines of the log: {strange:#?}");
}
