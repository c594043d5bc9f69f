//! Previews, lists and checks are rehearsals: they write nothing.

use std::path::Path;

use crate::journeys::{NEWSLETTER, headlines};
use crate::world::feed::Post;
use crate::world::home::{self, Home};
use crate::world::mailbox;
use crate::world::program::{Service, feedmill};
use crate::world::publisher::Publisher;
use crate::world::relay::Relay;

const REHEARSALS: [&[&str]; 11] = [
    &["newsletter", "preview", "matin"],
    &["newsletter", "preview", "matin", "--html"],
    &["newsletter", "preview", "matin", "--eml"],
    &["newsletter", "test", "matin", "essai@exemple.fr"],
    &["newsletter", "next"],
    &["newsletter", "list"],
    &["status"],
    &["status", "--json"],
    &["feeds", "--json"],
    &["check"],
    &["export"],
];

/// The database and its log, as bytes.
fn database(home: &Path) -> [Vec<u8>; 2] {
    ["feedmill.db", "feedmill.db-wal"]
        .map(|name| std::fs::read(home.join(name)).unwrap_or_default())
}

#[test]
fn rehearsals_leave_the_database_as_it_was_to_the_byte() {
    let (publisher, relay, home) = (Publisher::start(), Relay::start(), Home::new());
    publisher.posts("/rss", [Post::new("2"), Post::new("1")]);
    home.configure(&[publisher.url("/rss")], home::Post::Relay(relay.port()), NEWSLETTER);
    let said = feedmill(&home, &["refresh", "--all"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let config = std::fs::read(home.path("feedmill.toml")).expect("readable");
    let before = database(home.folder());
    let requests = publisher.requests().len();
    for arguments in REHEARSALS {
        let told = [(); 2].map(|()| feedmill(&home, arguments));
        for said in &told {
            assert_eq!(said.code, Some(0), "{arguments:?}: {}", said.stderr);
        }
        assert!(database(home.folder()) == before, "{arguments:?} wrote to the database");
        if arguments[1..] == ["preview", "matin"] {
            assert_eq!(told[0].stdout, told[1].stdout);
            assert!(told[0].stdout.contains("Post 1"), "{}", told[0].stdout);
        }
    }
    assert_eq!(std::fs::read(home.path("feedmill.toml")).expect("readable"), config);
    assert_eq!(publisher.requests().len(), requests, "nobody was asked");

    let tests = mailbox::opened(&relay.taken());
    assert_eq!(tests.len(), 2);
    assert!(tests.iter().all(|letter| letter.to == ["essai@exemple.fr"]));
    let sent = feedmill(&home, &["newsletter", "send", "matin"]);
    assert_eq!(sent.code, Some(0), "{}{}", sent.stdout, sent.stderr);
    let letters = mailbox::opened(&relay.taken());
    assert_eq!(letters.len(), 3);
    assert_eq!(letters[2].to, ["zoe@exemple.fr"], "the edition was still to come");
    assert_eq!(headlines(&letters[2]), headlines(&letters[0]), "as the rehearsal showed it");
    assert_ne!(letters[2].message_id, letters[0].message_id);
}

#[test]
fn rehearsals_beside_the_service_change_nothing_either() {
    let (publisher, relay, home) = (Publisher::start(), Relay::start(), Home::new());
    publisher.posts("/rss", [Post::new("1")]);
    home.configure(&[publisher.url("/rss")], home::Post::Relay(relay.port()), NEWSLETTER);
    assert_eq!(feedmill(&home, &["refresh", "--all"]).code, Some(0));
    let service = Service::start(&home);
    for arguments in REHEARSALS {
        let said = feedmill(&home, arguments);
        assert_eq!(said.code, Some(0), "{arguments:?}: {}", said.stderr);
    }
    let said = feedmill(&home, &["status", "--json"]);
    let status: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(status["editions"].as_u64(), Some(0), "{status}");
    assert!(service.stop().0.success());
    assert_eq!(relay.taken().len(), 1, "the test letter");
}
