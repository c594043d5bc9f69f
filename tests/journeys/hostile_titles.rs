//! Strangers' words in letters: the header is the one that feedmill writes, whatever they say.

use unicode_segmentation::UnicodeSegmentation;

use crate::journeys::Village;
use crate::world::feed::{Format, Post};
use crate::world::mailbox::Letter;
use crate::world::mill::Mill;

const HOSTILE: [&str; 12] = [
    "un\r\nBcc: victime@exemple.fr",
    "deux\nBcc: victime@exemple.fr\n\ncorps",
    "trois\rBcc: victime@exemple.fr",
    "quatre\0cinq\u{1b}[31msix\u{7}",
    "sept\u{202e}huit\u{2066}neuf",
    "dix\u{85}Bcc: x\u{2028}Bcc: y",
    "=?utf-8?b?DQpCY2M6IHZpY3RpbWVAZXhlbXBsZS5mcg==?=",
    "=?utf-8?Q?=0D=0ABcc:_victime=40exemple.fr?=",
    "\"<victime@exemple.fr>, \\",
    "<script>alert(1)</script>\u{92}",
    ".\r\n.\r\nMAIL FROM:<x>",
    "]]>--><!--",
];

const FIELDS: [&str; 9] = [
    "Date",
    "From",
    "To",
    "Subject",
    "Message-ID",
    "List-Id",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
];

/// The letter about a post with this title, in a feed and by an author of the same name.
fn letter_about(title: &str) -> Vec<u8> {
    let village = Village::with("");
    village.publisher.edit("/rss", |feed| {
        // Only JSON can carry every character.
        (feed.format, feed.title) = (Format::Json, title.to_owned());
    });
    village.publisher.posts("/rss", [Post::new("1").titled(title).saying(title)]);
    let mill = Mill::start(&village.home, &village.clock);
    mill.lives_until_the("2026-11-24T05:30:00Z");
    let mut taken = village.relay.taken();
    assert_eq!(taken.len(), 1, "{title:?}");
    let letter = taken.remove(0);
    assert_eq!(letter.to, ["zoe@exemple.fr"], "{title:?}");
    letter.bytes
}

/// Fails unless header and lines are those of a letter of feedmill's.
fn check(title: &str, bytes: &[u8]) {
    let letter = std::str::from_utf8(bytes).expect("ASCII");
    assert!(letter.is_ascii(), "{title:?}");
    for line in letter.split("\r\n") {
        assert!(line.len() <= 78, "{title:?}: {} octets: {line}", line.len());
        assert!(!line.contains(['\r', '\n', '\0', '\u{1b}']), "{title:?}: {line:?}");
    }
    let (head, _) = letter.split_once("\r\n\r\n").expect("an empty line after the header");
    let lines = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
    let fields: Vec<&str> = lines.map(|line| line.split_once(':').expect("a field").0).collect();
    assert_eq!(fields, FIELDS, "{title:?}");
}

#[test]
fn hostile_titles_reach_the_relay_as_harmless_text() {
    for title in HOSTILE {
        let bytes = letter_about(title);
        check(title, &bytes);
        let letter = Letter::read(&bytes);
        let strange = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!letter.subject.contains(strange), "{:?}", letter.subject);
        let shown = |text: &str| text.chars().any(|c| strange(c) && !"\r\n\t".contains(c));
        assert!(!shown(&letter.text) && !shown(&letter.html), "{title:?}");
        assert!(!letter.html.contains("<script"), "{}", letter.html);
    }
}

#[test]
fn titles_without_end_are_cut_between_graphemes_and_folded() {
    let family = "👩‍👩‍👧‍👦";
    for title in ["x".repeat(2_000), family.repeat(10_000), "mot ".repeat(5_000)] {
        let bytes = letter_about(&title);
        check(title.get(..10).unwrap_or_default(), &bytes);
        let subject = Letter::read(&bytes).subject;
        assert!(subject.graphemes(true).count() < 200, "{subject}");
        let rest = subject.replace(family, "");
        assert!(!rest.contains(['👩', '👧', '👦', '\u{200d}']), "cut inside: {subject}");
    }
}
