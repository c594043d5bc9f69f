//! From an address that somebody typed to a subscribed feed: pages of all kinds, over real HTTP.

use crate::world::feed::Post;
use crate::world::home::{self, Home};
use crate::world::program::{Said, feedmill};
use crate::world::publisher::{Publisher, Reply};

/// How many requests an address may cost.
const MOST_REQUESTS: usize = 16;

fn village() -> (Publisher, Home) {
    let (publisher, home) = (Publisher::start(), Home::new());
    home.configure(&[], home::Post::Files, "");
    (publisher, home)
}

fn page(publisher: &Publisher, path: &str, head: &str, body: &str) {
    let html = format!("<!doctype html><html><head>{head}</head><body>{body}</body></html>");
    publisher.answers(path, Reply::Page(html));
}

fn config(home: &Home) -> String {
    std::fs::read_to_string(home.path("feedmill.toml")).expect("there")
}

/// The paths that were asked for, in order.
fn asked(publisher: &Publisher) -> Vec<String> {
    publisher.requests().into_iter().map(|request| request.path).collect()
}

fn done(said: &Said) {
    assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
}

#[test]
fn a_page_that_declares_its_feed_leads_to_it() {
    let (publisher, home) = village();
    publisher.posts("/flux/journal", [Post::new("A"), Post::new("B")]);
    let head = "<!-- <link rel=alternate type=application/rss+xml href=/comment> -->\
        <base href='/flux/'><LINK REL='alternate' TYPE=application/rss+xml HREF=journal>";
    page(&publisher, "/", head, "<script>'<a href=/script.rss>'</script><a href=/x.rss>RSS</a>");
    let said = feedmill(&home, &["add", &publisher.url("/"), "--tag", "presse"]);
    done(&said);
    assert!(said.stdout.contains("Le flux (RSS, 2 items"), "{}", said.stdout);
    let feed =
        format!("[[feed]]\nurl = \"{}\"\ntags = [\"presse\"]", publisher.url("/flux/journal"));
    assert!(config(&home).contains(&feed), "{}", config(&home));
    assert_eq!(asked(&publisher), ["/", "/flux/journal"]);
}

#[test]
fn a_page_and_its_feed_are_read_in_the_encoding_that_they_state() {
    let (publisher, home) = village();
    let answer = |kind: &str, text: &str| {
        let (body, _, _) = encoding_rs::WINDOWS_1252.encode(text);
        let length = body.len();
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n");
        Reply::Wire([head.as_bytes(), &body].concat())
    };
    // Two letters that a guess takes for another script.
    let page = "<!doctype html><meta charset=windows-1252>\
        <link rel=alternate type=application/rss+xml href='/flux-ÿÞ'>";
    publisher.answers("/", answer("text/html", page));
    let feed = "<?xml version='1.0' encoding='windows-1252'?><rss version='2.0'><channel>\
        <title>L’Écho du soir — été</title><item><guid>1</guid><title>Où</title></item></channel></rss>";
    publisher.answers("/flux-%C3%BF%C3%9E", answer("application/rss+xml", feed));
    let said = feedmill(&home, &["add", &publisher.url("/")]);
    done(&said);
    assert!(said.stdout.contains("L’Écho du soir — été (RSS, 1 item"), "{}", said.stdout);
    assert_eq!(asked(&publisher), ["/", "/flux-%C3%BF%C3%9E"]);
}

#[test]
fn a_page_that_declares_nothing_is_asked_for_well_known_paths() {
    let (publisher, home) = village();
    publisher.posts("/rss.xml", [Post::new("A")]);
    page(&publisher, "/", "<title>x</title>", "<p>Bonjour.</p>");
    done(&feedmill(&home, &["add", &publisher.url("/")]));
    assert!(config(&home).contains(&publisher.url("/rss.xml")));
    let asked = asked(&publisher);
    assert!(asked.last().is_some_and(|path| path == "/rss.xml"), "{asked:?}");
    assert!(asked.len() <= 6, "{asked:?}");
}

#[test]
fn of_two_feeds_the_best_is_taken_and_both_are_shown() {
    let (publisher, home) = village();
    publisher.posts("/main", [Post::new("A")]);
    publisher.posts("/comments/feed", [Post::new("C")]);
    publisher.edit("/comments/feed", |feed| feed.title = "Les commentaires".to_owned());
    let link = "<link rel=alternate type=application/rss+xml href=";
    page(&publisher, "/", &format!("{link}/gone>{link}/comments/feed>{link}/main>"), "");
    let said = feedmill(&home, &["add", &publisher.url("/")]);
    done(&said);
    for shown in ["Found 2 feeds", "Le flux", "Les commentaires", "Taken is the first"] {
        assert!(said.stdout.contains(shown), "{shown}: {}", said.stdout);
    }
    let config = config(&home);
    assert!(config.contains(&publisher.url("/main")) && !config.contains("comments"), "{config}");
    let said = feedmill(&home, &["add", "--json", &publisher.url("/")]);
    let json: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(json["added"], serde_json::json!([]), "it is there already: {json}");
    assert_eq!(json["found"][0]["feeds"][1]["title"], "Les commentaires");
    assert_eq!(json["found"][0]["tried"][0]["url"], publisher.url("/gone"));
}

#[test]
fn what_leads_to_no_feed_is_told_with_all_that_was_tried_and_changes_nothing() {
    let (publisher, home) = village();
    let links: String = (0..40).map(|n| format!("<a href=/{n}.rss>RSS</a>")).collect();
    let head = "<link rel=alternate type=application/rss+xml href=/html>\
        <meta name=generator content='WordPress 6.8'>";
    page(&publisher, "/", head, &links);
    page(&publisher, "/html", "", "not a feed");
    let before = config(&home);
    let said = feedmill(&home, &["add", &publisher.url("/")]);
    assert_eq!(said.code, Some(1), "{}", said.stdout);
    let (root, html) = (publisher.url("/"), publisher.url("/html"));
    for told in [
        format!("No feed was found at {root}. Tried:\n  {root}: a page that leads to no feed\n"),
        format!("  {html}: not a feed\n"),
        format!("  {} answered 404 Not Found\n", publisher.url("/feed/")),
        "--no-check".to_owned(),
    ] {
        assert!(said.stderr.contains(&told), "{told}: {}", said.stderr);
    }
    assert_eq!(config(&home), before);
    let asked = asked(&publisher);
    assert!(asked.len() <= MOST_REQUESTS, "{asked:?}");
    let once: std::collections::HashSet<&String> = asked.iter().collect();
    assert_eq!(once.len(), asked.len(), "nothing is asked twice: {asked:?}");
}

#[test]
fn an_error_page_is_an_error_and_no_page() {
    let (publisher, home) = village();
    publisher.answers("/404", Reply::Status(404));
    publisher.answers("/500", Reply::Status(500));
    publisher.answers("/429", Reply::RetryAfter(429, "60".to_owned()));
    publisher.posts("/rss", [Post::new("A")]);
    let urls: Vec<String> =
        ["/404", "/500", "/429", "/rss"].iter().map(|path| publisher.url(path)).collect();
    let said = feedmill(&home, &["add", &urls[0], &urls[1], &urls[2], &urls[3]]);
    assert_eq!(said.code, Some(1), "{}", said.stdout);
    for (url, status) in urls.iter().zip(["404 Not Found", "500 Internal Server Error", "429"]) {
        let told = format!("Cannot read {url}. Tried:\n  {url} answered {status}");
        assert!(said.stderr.contains(&told), "{told}: {}", said.stderr);
    }
    assert!(config(&home).contains(&urls[3]), "what is a feed is added all the same");
    assert_eq!(asked(&publisher), ["/404", "/500", "/429", "/rss"], "and nothing is guessed");
}

#[test]
fn a_feed_costs_one_request_and_what_is_subscribed_none() {
    let (publisher, home) = village();
    publisher.posts("/rss", [Post::new("A")]);
    let url = publisher.url("/rss");
    done(&feedmill(&home, &["add", &url.replace("http://", "feed:http://")]));
    let said = feedmill(&home, &["add", &url]);
    done(&said);
    assert!(said.stdout.contains("Already subscribed"), "{}", said.stdout);
    assert_eq!(asked(&publisher), ["/rss"]);
    done(&feedmill(&home, &["add", "--no-check", &publisher.url("/unseen")]));
    assert!(config(&home).contains(&publisher.url("/unseen")));
    assert_eq!(asked(&publisher), ["/rss"], "unchecked is unasked");
}

#[test]
fn an_address_without_a_scheme_is_looked_for_at_https_and_then_at_http() {
    let (publisher, home) = village();
    publisher.posts("/rss", [Post::new("A")]);
    let url = publisher.url("/rss");
    let typed = url.strip_prefix("http://").expect("it is http");
    let said = feedmill(&home, &["add", typed]);
    done(&said);
    assert!(config(&home).contains(&format!("url = \"{url}\"")), "{}", config(&home));
    assert_eq!(publisher.connections(), 2);
}

#[test]
fn a_private_address_is_refused_also_behind_a_page() {
    let (publisher, home) = village();
    std::fs::write(home.path("feedmill.toml"), "").expect("written");
    let url = publisher.url("/rss");
    let said = feedmill(&home, &["add", &url]);
    assert_eq!(said.code, Some(1), "{}", said.stdout);
    assert!(said.stderr.contains("127.0.0.1 is a private address"), "{}", said.stderr);
    assert_eq!(publisher.connections(), 0);

    let (outside, inside) = (Publisher::start(), Publisher::on([127, 0, 0, 2]));
    inside.posts("/rss", [Post::new("A")]);
    let head =
        format!("<link rel=alternate type=application/rss+xml href='{}'>", inside.url("/rss"));
    page(&outside, "/", &head, "");
    let allowed = "[fetch]\nper_host_gap = \"0s\"\nallow_private = [\"127.0.0.1/32\"]\n";
    std::fs::write(home.path("feedmill.toml"), allowed).expect("written");
    let said = feedmill(&home, &["add", &outside.url("/")]);
    assert_eq!(said.code, Some(1), "{}", said.stdout);
    assert!(said.stderr.contains("127.0.0.2 is a private address"), "{}", said.stderr);
    assert_eq!(inside.connections(), 0);
}

#[test]
fn a_site_that_wants_to_be_left_alone_is() {
    let (publisher, home) = village();
    let link = "<link rel=alternate type=application/rss+xml href=";
    page(&publisher, "/", &format!("{link}/a>{link}/b>"), "");
    publisher.answers("/a", Reply::RetryAfter(429, "60".to_owned()));
    publisher.posts("/b", [Post::new("B")]);
    let said = feedmill(&home, &["add", &publisher.url("/")]);
    assert_eq!(said.code, Some(1), "{}", said.stdout);
    assert!(said.stderr.contains("is left alone"), "{}", said.stderr);
    assert_eq!(asked(&publisher), ["/", "/a"]);
}
