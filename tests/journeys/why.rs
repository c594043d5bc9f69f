//! `feedmill why`: what people are told of a feed and of an entry.

use crate::journeys::NEWSLETTER;
use crate::world::feed::Post;
use crate::world::home::{self, Home};
use crate::world::program::feedmill;
use crate::world::publisher::Publisher;

fn why(home: &Home, what: &str) -> serde_json::Value {
    let said = feedmill(home, &["why", what, "--json"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    serde_json::from_str(&said.stdout).expect("JSON")
}

#[test]
fn an_entry_is_explained_by_its_number_its_page_and_its_article() {
    let (publisher, home) = (Publisher::start(), Home::new());
    let (url, other) = (publisher.url("/rss"), publisher.url("/autre"));
    let post = || Post::new("1").at("https://journal.example/un?utm_source=rss");
    publisher.posts("/rss", [post()]);
    publisher.posts("/autre", [post().known_as("x")]);
    home.configure(&[url.clone(), other.clone()], home::Post::Files, NEWSLETTER);
    assert_eq!(feedmill(&home, &["refresh", "--all"]).code, Some(0));
    assert_eq!(feedmill(&home, &["newsletter", "send", "matin"]).code, Some(0));

    let both = why(&home, "https://journal.example/un");
    let entries = both["entries"].as_array().expect("a list");
    assert_eq!(entries.len(), 2, "{both}");
    let first = &entries[0];
    assert_eq!(first["document"], "https://journal.example/un");
    assert_eq!(first["merged_feeds"][0], "all");
    assert_eq!((&first["shown_as"], &entries[1]["shown_as"]), (&first["entry"], &first["entry"]));
    assert_eq!(first["editions"][0]["newsletter"], "matin");
    assert_eq!(first["editions"][0]["place"], 1);
    let number = first["entry"].to_string();
    for what in [number.clone(), home.url(&format!("/entries/{number}"))] {
        assert_eq!(why(&home, &what)["entries"][0], *first, "{what}");
    }

    let words = feedmill(&home, &["why", &number]).stdout;
    assert!(words.contains("shown as 1") && words.contains("journal.example/un"), "{words}");
    assert_eq!(why(&home, &url)["kind"], "feed");
}

#[test]
fn what_is_not_known_is_said_with_what_to_give_instead() {
    let home = Home::new();
    home.configure(&[], home::Post::Files, "");
    assert_eq!(feedmill(&home, &["refresh", "--all"]).code, Some(0));
    for what in ["https://ailleurs.example/x", "999", "n'importe quoi"] {
        let said = feedmill(&home, &["why", what]);
        assert_eq!(said.code, Some(1), "{}", said.stdout);
        assert!(said.stderr.contains("nothing is known of"), "{}", said.stderr);
        assert!(said.stderr.contains("Next: "), "{}", said.stderr);
    }
}

#[test]
fn what_cleaning_took_out_of_an_entry_is_told() {
    let (publisher, home) = (Publisher::start(), Home::new());
    let body = "<p>Le texte.</p><script>x</script><p>Partager sur Facebook</p>\
        <img src=\"https://pixel.wp.com/b.gif\">";
    publisher.posts("/rss", [Post::new("1").at("https://journal.example/un").saying(body)]);
    home.configure(&[publisher.url("/rss")], home::Post::Files, "");
    assert_eq!(feedmill(&home, &["refresh", "--all"]).code, Some(0));
    let removed = why(&home, "https://journal.example/un")["entries"][0]["removed"].clone();
    assert_eq!(removed["counts"], serde_json::json!({"share": 1, "script": 1, "tracker": 1}));
    assert_eq!(removed["spans"][0]["text"], "Partager sur Facebook");
    let words = feedmill(&home, &["why", "https://journal.example/un"]).stdout;
    assert!(words.contains("1 × share line: “Partager sur Facebook”"), "{words}");
    assert!(words.contains("1 × tracker\n"), "{words}");
}
