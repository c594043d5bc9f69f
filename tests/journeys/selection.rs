//! What an edition takes: what has arrived and was in none before, never more than it says.

use chrono::TimeDelta;
use feedmill::clock::Clock;

use crate::journeys::{Village, headlines};
use crate::world::feed::Post;
use crate::world::ledger::Ledger;
use crate::world::mill::Mill;
use crate::world::publisher::Reply;

#[test]
fn too_little_is_carried_to_the_next_edition_and_nothing_makes_no_letter() {
    let village = Village::with("min_items = 3\n");
    village.publisher.posts("/rss", []);
    let mill = Mill::start(&village.home, &village.clock);
    mill.lives_until_the("2026-11-24T06:00:00Z");
    assert_eq!(mill.totals().editions, 0);
    village.publisher.posts("/rss", ["2", "1"].map(Post::new));
    mill.lives_until_the("2026-11-25T06:00:00Z");
    assert_eq!(mill.totals().editions, 0, "two are too little");
    village.publisher.posts("/rss", ["3", "2", "1"].map(Post::new));
    mill.lives_until_the("2026-11-25T20:00:00Z");
    assert_eq!(mill.totals().editions, 0, "the slot of this morning is answered");
    mill.lives_until_the("2026-11-26T05:30:00Z");
    let letters = village.letters();
    assert_eq!(letters.len(), 1);
    for name in ["Post 1", "Post 2", "Post 3"] {
        assert!(letters[0].text.contains(name), "{name} was carried: {}", letters[0].text);
    }
}

#[test]
fn a_new_feed_brings_a_few_of_its_items_and_not_its_archive() {
    let village = Village::with("");
    let now = village.clock.now();
    let posts = (0..40)
        .map(|age| Post::new(&format!("numéro {age:02}")).dated(now - TimeDelta::hours(age)));
    village.publisher.posts("/rss", posts.collect::<Vec<_>>());
    let mill = Mill::start(&village.home, &village.clock);
    mill.lives_until_the("2026-11-24T05:30:00Z");
    assert_eq!(mill.merged().len(), 40, "the merged feed has them all");
    let edition = mill.editions().remove(0);
    assert_eq!((edition.shown, edition.counted), (3, 2), "max_per_feed 3 of backfill 5");
    let newest = ["Post numéro 00", "Post numéro 01", "Post numéro 02"];
    assert_eq!(headlines(&village.letters()[0]), newest);
    mill.lives_until_the("2026-11-25T05:30:00Z");
    assert_eq!(village.letters().len(), 1, "the rest is archive");
}

#[test]
fn limits_hold_and_what_is_over_is_counted_and_never_returns() {
    let village = Village::with("max_items = 4\nmax_per_feed = 4\n");
    village.publisher.posts("/rss", [Post::new("premier")]);
    let mill = Mill::start(&village.home, &village.clock);
    mill.lives_until_the("2026-11-24T05:30:00Z");
    let posts = (1..=10).map(|number| Post::new(&number.to_string()));
    village.publisher.posts("/rss", posts.collect::<Vec<_>>());
    mill.lives_until_the("2026-11-25T05:30:00Z");
    let edition = mill.editions().remove(0);
    assert_eq!((edition.shown, edition.counted), (4, 6));
    assert!(village.letters()[1].text.contains('6'), "{}", village.letters()[1].text);
    mill.lives_until_the("2026-11-26T05:30:00Z");
    assert_eq!(village.letters().len(), 2);
}

#[test]
fn over_weeks_of_edits_failures_and_restarts_no_item_is_in_two_editions() {
    let village = Village::with("max_items = 100\nmax_per_feed = 100\n");
    let mut mill = {
        village.publisher.posts("/rss", [Post::new("0")]);
        Mill::start(&village.home, &village.clock)
    };
    for day in 1..=14_i64 {
        let now = village.clock.now();
        match day % 4 {
            0 => village.publisher.answers_once("/rss", Reply::Truncated),
            1 => village.publisher.answers_once("/rss", Reply::Status(500)),
            2 => village.relay.loses_the_reply(),
            _ => village.publisher.answers_once("/rss", Reply::Empty),
        }
        // Two new ones each day, a window of ten, and yesterday's are edited.
        let posts = (0.max(2 * day - 9)..=2 * day).rev().map(|number| {
            let title = if number < 2 * day - 1 { "Post édité" } else { "Post" };
            Post::new(&number.to_string()).titled(&format!("{title} {number}."))
        });
        village.publisher.posts("/rss", posts.collect::<Vec<_>>());
        mill.lives_until(now + TimeDelta::hours(10));
        if day % 3 == 0 {
            mill.stop();
            mill = Mill::start(&village.home, &village.clock);
        }
        mill.lives_until(now + TimeDelta::days(1));
    }
    mill.lives_until(village.clock.now() + TimeDelta::hours(2));
    mill.stop();
    let ledger = Ledger::open(&village.home.path("feedmill.db"));
    ledger.is_whole();
    let titles = ledger.texts("select title from entry");
    assert_eq!(titles.len(), 29, "{titles:?}");
    assert_eq!(ledger.number("select count(*) from edition_entry"), 29);
    let distinct = "select count(distinct newsletter_id || ' ' || entry_id) from edition_entry";
    assert_eq!(ledger.number(distinct), 29);
    // What readers have: each number in one letter, copies of a letter aside.
    let mut letters = village.letters();
    letters.dedup_by(|one, other| one.message_id == other.message_id);
    let shown = letters.iter().flat_map(headlines);
    let numbers = shown.map(|title| title.trim_start_matches(|c: char| !c.is_ascii_digit()));
    let mut numbers: Vec<&str> = numbers.collect();
    let count = numbers.len();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!((count, numbers.len()), (29, 29), "{numbers:?}");
}
