//! Letters and relays that fail: every letter is handed over, twice only where nobody can know, and
//! then the same bytes.

use feedmill::jobs::errand::Reply;

use crate::journeys::{NEWSLETTER, Village};
use crate::world::feed::Post;
use crate::world::home;
use crate::world::ledger::Ledger;
use crate::world::mill::Mill;
use crate::world::relay::{Conduct, Step};

/// A village with one post, its mill a minute before the letter.
fn before_the_letter(more: &str) -> (Village, Mill) {
    let village = Village::with(more);
    village.publisher.posts("/rss", [Post::new("1")]);
    let mill = Mill::start(&village.home, &village.clock);
    mill.lives_until_the("2026-11-24T05:29:00Z");
    (village, mill)
}

#[test]
fn a_relay_that_is_down_in_the_morning_gets_the_letter_when_it_is_back() {
    let (village, mill) = before_the_letter("");
    village.relay.refuses(Step::Connect, 421);
    mill.lives_until_the("2026-11-24T05:30:00Z");
    assert_eq!((village.letters().len(), mill.totals().letters["queued"]), (0, 1));
    let ledger = Ledger::open(&village.home.path("feedmill.db"));
    let sealed = ledger.texts("select hex(sha256) from letter");

    village.publisher.posts("/rss", [Post::new("venu trop tard"), Post::new("1")]);
    mill.lives_until_the("2026-11-24T08:30:00Z");
    assert_eq!(village.letters().len(), 0);
    assert!(village.relay.conversations() > 3, "it was tried again");
    village.relay.accepts();
    mill.lives_until_the("2026-11-24T10:00:00Z");
    let letters = village.letters();
    assert_eq!((letters.len(), mill.totals().letters["accepted"]), (1, 1));
    assert!(letters[0].text.contains("Post 1") && !letters[0].text.contains("trop tard"));
    assert_eq!(ledger.texts("select hex(sha256) from letter"), sealed);
    mill.lives_until_the("2026-11-25T05:29:00Z");
    assert_eq!(village.letters().len(), 1, "once");
}

#[test]
fn a_letter_whose_reply_was_lost_comes_again_with_the_same_bytes_and_is_counted() {
    let (village, mill) = before_the_letter("");
    village.relay.loses_the_reply();
    mill.lives_until_the("2026-11-24T09:00:00Z");
    let taken = village.relay.taken();
    assert_eq!(taken.len(), 2);
    assert_eq!(taken[0].bytes, taken[1].bytes);
    let letters = village.letters();
    assert_eq!(letters[0].message_id, letters[1].message_id);
    let totals = mill.totals();
    assert_eq!((totals.letters["accepted"], totals.resent), (1, 1));
    assert_eq!(mill.editions()[0].resent, 1, "it is shown");
}

#[test]
fn a_letter_whose_reply_is_always_lost_comes_twice_and_no_more() {
    let (village, mill) = before_the_letter("");
    village.relay.behaves(Conduct::LoseTheReply);
    mill.lives_until_the("2026-11-26T12:00:00Z");
    let taken = village.relay.taken();
    assert_eq!(taken.len(), 2);
    assert_eq!(taken[0].bytes, taken[1].bytes);
    let totals = mill.totals();
    assert_eq!((totals.letters["uncertain"], totals.resent), (1, 1));
}

#[test]
fn a_held_letter_never_comes_twice_and_is_shown() {
    let (village, mill) = before_the_letter("on_uncertain = \"hold\"\n");
    village.relay.loses_the_reply();
    mill.lives_until_the("2026-11-26T12:00:00Z");
    assert_eq!(village.relay.taken().len(), 1);
    assert_eq!((mill.totals().letters["held"], mill.totals().resent), (1, 0));
    let edition = mill.editions().remove(0);
    assert_eq!(edition.letters["held"], 1);
    assert_eq!(edition.replies.len(), 1, "with the reason: {edition:?}");
}

#[test]
fn every_step_at_which_a_relay_breaks_off_ends_in_one_accepted_copy() {
    let steps = [Step::Connect, Step::Hello, Step::Mail, Step::Rcpt, Step::Data];
    for step in steps {
        for conduct in [Conduct::HangUp(step), Conduct::Refuse(step, 451, "later".to_owned())] {
            let (village, mill) = before_the_letter("");
            village.relay.behaves_once(conduct.clone());
            mill.lives_until_the("2026-11-24T09:00:00Z");
            assert_eq!(village.relay.taken().len(), 1, "{conduct:?}");
            let totals = mill.totals();
            assert_eq!((totals.letters["accepted"], totals.resent), (1, 0), "{conduct:?}");
        }
    }
    // Behind the dot nobody can know: the state was uncertain, and the copy is the same.
    let (village, mill) = before_the_letter("");
    village.relay.behaves_once(Conduct::HangUp(Step::Dot));
    mill.lives_until_the("2026-11-24T09:00:00Z");
    assert_eq!((village.relay.taken().len(), mill.totals().resent), (1, 1));
}

#[test]
fn a_letter_is_tried_to_the_end_of_its_horizon_and_then_shown_as_given_up() {
    let (village, mill) = before_the_letter("horizon = \"12h\"\n");
    village.relay.refuses(Step::Rcpt, 451);
    mill.lives_until_the("2026-11-24T17:00:00Z");
    assert_eq!(mill.totals().letters["queued"], 1);
    let tried = village.relay.conversations();
    assert!((10..=40).contains(&tried), "{tried} attempts in half a day");
    mill.lives_until_the("2026-11-24T18:00:00Z");
    assert_eq!(mill.totals().letters["expired"], 1);
    let edition = mill.editions().remove(0);
    assert!(edition.replies[0].contains("451"), "{edition:?}");
    village.relay.accepts();
    mill.lives_until_the("2026-11-25T05:00:00Z");
    assert_eq!(village.relay.taken().len(), 0, "given up is given up");
}

#[test]
fn one_refused_subscriber_stops_no_other() {
    let village = Village::with("");
    let to = "to = [\"zoe@exemple.fr\", \"max@exemple.fr\", \"lea@exemple.fr\"]";
    let newsletter = NEWSLETTER.replace("to = [\"zoe@exemple.fr\"]", to);
    let feeds = [village.publisher.url("/rss")];
    village.home.configure(&feeds, home::Post::Relay(village.relay.port()), &newsletter);
    village.publisher.posts("/rss", [Post::new("1")]);
    let mill = Mill::start(&village.home, &village.clock);
    village.relay.behaves_once(Conduct::Refuse(Step::Rcpt, 550, "unknown".to_owned()));
    mill.lives_until_the("2026-11-25T05:00:00Z");
    let taken = village.relay.taken();
    assert_eq!(taken.len(), 2);
    assert!(taken.iter().all(|letter| letter.to.len() == 1), "one subscriber a transaction");
    assert_ne!(taken[0].to, taken[1].to);
    let letters = mill.totals().letters;
    assert_eq!((letters["accepted"], letters["rejected"]), (2, 1));
    assert_eq!(village.relay.conversations(), 3, "a refusal is final");
    assert!(mill.editions()[0].replies[0].contains("550"));
}

#[test]
fn a_template_that_changes_between_attempts_does_not_change_the_bytes() {
    let village = Village::with("templates = { html = \"own.html\", text = \"own.txt\" }\n");
    let writes = |mark: &str| {
        std::fs::write(village.home.path("own.html"), format!("<p>{mark}</p>")).expect("written");
        std::fs::write(village.home.path("own.txt"), format!("{mark}\n")).expect("written");
    };
    writes("premier");
    village.publisher.posts("/rss", [Post::new("1")]);
    village.relay.behaves_once(Conduct::LoseTheReply);
    let mill = Mill::start(&village.home, &village.clock);
    mill.lives_until_the("2026-11-24T05:30:00Z");
    assert_eq!(village.relay.taken().len(), 1);
    mill.stop();
    writes("second");
    let mill = Mill::start(&village.home, &village.clock);
    mill.lives_until_the("2026-11-24T09:00:00Z");
    let taken = village.relay.taken();
    assert_eq!(taken.len(), 2);
    assert_eq!(taken[0].bytes, taken[1].bytes);
    assert!(village.letters()[1].text.contains("premier"));
    village.publisher.posts("/rss", [Post::new("2"), Post::new("1")]);
    mill.lives_until_the("2026-11-25T05:30:00Z");
    assert!(village.letters()[2].text.contains("second"), "the next edition has the new one");
}

#[test]
fn sending_by_hand_takes_the_slot_that_the_timetable_then_skips() {
    let (village, mill) = before_the_letter("");
    for sealed_now in [true, false] {
        let reply = mill.sends("matin");
        let Reply::Newsletter { sealed, .. } = reply else { panic!("{reply:?}") };
        assert_eq!(sealed, sealed_now);
    }
    village.publisher.posts("/rss", [Post::new("2"), Post::new("1")]);
    mill.lives_until_the("2026-11-24T12:00:00Z");
    assert_eq!((village.letters().len(), mill.totals().editions), (1, 1));
    mill.lives_until_the("2026-11-25T05:30:00Z");
    let letters = village.letters();
    assert_eq!(letters.len(), 2, "what came after it is in the next");
    assert!(letters[1].text.contains("Post 2") && !letters[1].text.contains("Post 1"));
    let unknown = mill.sends("soir");
    assert!(matches!(&unknown, Reply::Failed { why } if why.contains("matin")), "{unknown:?}");
}
