//! Feeds that end: what readers are told of it, and how often.

use chrono::TimeDelta;
use feedmill::clock::Clock;

use crate::journeys::{DAWN, headlines};
use crate::world::clock::ManualClock;
use crate::world::feed::Post;
use crate::world::home::Home;
use crate::world::mailbox::{self, Letter};
use crate::world::mill::Mill;
use crate::world::program::feedmill;
use crate::world::publisher::{Publisher, Reply};

const LETTERS: &str = "from = \"moulin@exemple.fr\"\nto = [\"zoe@exemple.fr\"]\nat = \"06:30\"\n\
    timezone = \"Europe/Paris\"\n";

/// The letters of a newsletter in the folder, in the order of their dates.
fn letters(home: &Home, newsletter: &str) -> Vec<Letter> {
    let mut letters = mailbox::folder(&home.path("outbox"));
    letters.retain(|letter| {
        letter.header("list-id").is_some_and(|id| id.contains(&format!("<{newsletter}.")))
    });
    letters.sort_by_key(|letter| letter.subject.clone());
    letters
}

#[test]
fn an_end_is_told_once_in_the_next_letter_of_each_newsletter() {
    let (publisher, home) = (Publisher::start(), Home::new());
    for path in ["/fin", "/suite"] {
        publisher.posts(path, [Post::new("0")]);
    }
    let feed = |path: &str, title: &str, tag: &str| {
        let url = publisher.url(path);
        format!("[[feed]]\nurl = \"{url}\"\ntitle = \"{title}\"\ntags = [\"{tag}\"]\n")
    };
    let newsletter = |name: &str, language: &str, tags: &str| {
        format!(
            "[[newsletter]]\nname = \"{name}\"\ntitle = \"{name}\"\nlanguage = \"{language}\"\n\
             tags = {tags}\n{LETTERS}"
        )
    };
    home.write(&format!(
        "[fetch]\nallow_private = [\"127.0.0.0/8\"]\nper_host_gap = \"0s\"\n\n{}{}{}{}{}",
        feed("/fin", "Gazette", "a"),
        feed("/suite", "Courrier", "b"),
        newsletter("matin", "fr", "[]"),
        newsletter("all", "en", "[\"b\", \"a\"]"),
        newsletter("other", "en", "[\"b\"]"),
    ));
    let clock = ManualClock::at(DAWN);
    let mut mill = Mill::start(&home, &clock);
    mill.lives_until_the("2026-11-24T06:00:00Z");
    publisher.answers("/fin", Reply::Status(410));
    mill.polls();
    mill.lives_until_the("2026-11-25T06:00:00Z");
    assert_eq!(letters(&home, "matin").len(), 1, "an end alone makes no letter");
    mill.stop();
    for day in 26..29 {
        publisher.posts("/suite", [Post::new(&format!("du {day}"))]);
        mill = Mill::start(&home, &clock);
        mill.lives_until(clock.now() + TimeDelta::hours(22));
        mill.polls();
        if day == 26 {
            let preview = feedmill(&home, &["newsletter", "preview", "matin"]);
            assert!(preview.stdout.contains("(410)"), "a preview tells it and settles nothing");
        }
        mill.lives_until_the(&format!("2026-11-{day}T06:00:00Z"));
        mill.stop();
    }
    let fr = "Une source n’est plus publiée (410)\u{a0}: Gazette.";
    for (name, sentence) in [("matin", fr), ("all", "One source has ended (410): Gazette.")] {
        let letters = letters(&home, name);
        let told = letters.iter().map(|letter| {
            assert_eq!(letter.html.contains(sentence), letter.text.contains(sentence));
            (headlines(letter).concat(), letter.text.contains("410"))
        });
        let days = [("0", false), ("du 26", true), ("du 27", false), ("du 28", false)];
        let expected = days.map(|(post, is_told)| (format!("Post {post}"), is_told));
        assert_eq!(told.collect::<Vec<_>>(), expected, "{name}");
        assert!(letters[1].text.contains(sentence), "{}", letters[1].text);
    }
    let other = letters(&home, "other");
    assert_eq!(other.len(), 4);
    assert!(
        other.iter().all(|letter| !letter.text.contains("410")),
        "it does not select that feed"
    );
}
