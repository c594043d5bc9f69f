//! The two journeys, from a publisher's edit to what a person receives, with the very program.

use crate::world::feed::Post;
use crate::world::home::{self, Home};
use crate::world::mailbox;
use crate::world::program::{Service, feedmill};
use crate::world::publisher::Publisher;
use crate::world::reader;
use crate::world::relay::Relay;

const NEWSLETTER: &str = "[[newsletter]]\nname = \"matin\"\ntitle = \"Le matin\"\nat = \"06:30\"\n\
    timezone = \"Europe/Paris\"\nlanguage = \"fr\"\nfrom = \"moulin@exemple.fr\"\n\
    to = [\"zoe@exemple.fr\"]\n";

#[test]
fn posts_reach_the_reader_app_and_an_unchanged_feed_changes_nothing() {
    let publisher = Publisher::start();
    publisher.posts("/rss", [Post::new("2"), Post::new("1")]);
    let home = Home::new();
    home.configure(&[publisher.url("/rss")], home::Post::Files, "");

    let said = feedmill(&home, &["refresh", "--all"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let service = Service::start(&home);
    let merged = home.url("/feeds/all.atom");
    let first = reader::get(&merged).expect("answered");
    assert!(first.text().contains("Post 1") && first.text().contains("Post 2"));
    let etag = first.header("etag").expect("a validator").to_owned();

    let again = feedmill(&home, &["refresh", "--all", "--force"]);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    let last = publisher.requests_for("/rss").pop().expect("asked again");
    assert!(last.header("if-none-match").is_some(), "a conditional request: {last:?}");
    let unchanged = reader::get_with(&merged, &[("If-None-Match", &etag)]).expect("answered");
    assert_eq!(unchanged.status, 304);
    assert!(service.stop().0.success());
}

#[test]
fn a_letter_whose_reply_was_lost_comes_again_with_the_same_bytes() {
    let publisher = Publisher::start();
    publisher.posts("/rss", [Post::new("1")]);
    let relay = Relay::start();
    let home = Home::new();
    home.configure(&[publisher.url("/rss")], home::Post::Relay(relay.port()), NEWSLETTER);

    relay.loses_the_reply();
    assert_eq!(feedmill(&home, &["refresh", "--all"]).code, Some(0));
    let sent = feedmill(&home, &["newsletter", "send", "matin"]);
    assert_eq!(sent.code, Some(0), "{}", sent.stderr);
    let mut service = Service::start(&home);
    let taken = relay.wait_for(2, std::time::Duration::from_secs(120));
    assert_eq!(taken.len(), 2, "{}", service.kill());
    assert_eq!(taken[0].bytes, taken[1].bytes);
    let letters = mailbox::opened(&taken);
    assert_eq!(letters[0].message_id, letters[1].message_id);
    assert!(letters[0].text.contains("Post 1") && letters[0].html.contains("Post 1"));
}

#[test]
fn without_a_mail_server_letters_are_files() {
    let publisher = Publisher::start();
    publisher.posts("/rss", [Post::new("1")]);
    let home = Home::new();
    home.configure(&[publisher.url("/rss")], home::Post::Files, NEWSLETTER);
    assert_eq!(feedmill(&home, &["refresh", "--all"]).code, Some(0));
    for _ in 0..2 {
        let sent = feedmill(&home, &["newsletter", "send", "matin"]);
        assert!(sent.code.is_some(), "{}", sent.stderr);
        assert_eq!(mailbox::folder(&home.path("outbox")).len(), 1, "one edition a slot");
    }
}
