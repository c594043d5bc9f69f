//! Mornings under clocks that jump, stop and run back: one edition a local date, nothing lost.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use feedmill::clock::Clock;

use crate::journeys::{NEWSLETTER, Village, at, headlines};
use crate::world::feed::Post;
use crate::world::home;
use crate::world::mailbox::Letter;
use crate::world::mill::Mill;
use crate::world::program::feedmill;
use crate::world::relay::Step;

/// A window of posts that ends with number `newest`.
fn window(newest: i64) -> Vec<Post> {
    let numbers = (newest - 9).max(0)..=newest;
    numbers.rev().map(|number| Post::new(&format!("numéro {number:03}"))).collect()
}

/// Lets `days` pass with a post a day, and returns the letters; each day there must be one by
/// `end_of_day`.
fn days_pass(village: &Village, mill: &Mill, days: i64, end_of_day: TimeDelta) -> Vec<Letter> {
    let start = village.clock.now();
    for day in 0..days {
        village.publisher.posts("/rss", window(day));
        // Timers are a little late, each day by something else.
        let late = TimeDelta::seconds(day * 7 % 40);
        mill.lives_until(start + TimeDelta::days(day) + end_of_day + late);
        let count = village.relay.taken().len();
        assert_eq!(count, usize::try_from(day).expect("small") + 1, "after day {day}");
    }
    village.letters()
}

#[test]
fn thirty_days_across_a_change_of_clocks_make_thirty_letters_with_each_post_once() {
    let village = Village::with("");
    village.clock.set(at("2026-03-10T03:00:00Z"));
    village.publisher.posts("/rss", window(0));
    let mill = Mill::start(&village.home, &village.clock);
    let letters = days_pass(&village, &mill, 30, TimeDelta::hours(23));
    for (day, letter) in letters.iter().enumerate() {
        assert_eq!(headlines(letter), [format!("Post numéro {day:03}")]);
    }
    let dates: std::collections::BTreeSet<_> =
        mill.editions().into_iter().map(|edition| edition.slot).collect();
    assert_eq!(dates.len(), 30, "one a local date");
    assert!(dates.contains("2026-03-29 06:30"), "the day of 23 hours too");
}

/// What stands in the timetable, where, from when on, and at which instants the letters are made.
const CHANGES: [(&str, &str, &str, [&str; 3]); 6] = [
    (
        "06:30",
        "Europe/Paris",
        "2024-03-29T23:00:00Z",
        ["2024-03-30T05:30:00Z", "2024-03-31T04:30:00Z", "2024-04-01T04:30:00Z"],
    ),
    (
        "06:30",
        "Europe/Paris",
        "2024-10-25T22:00:00Z",
        ["2024-10-26T04:30:00Z", "2024-10-27T05:30:00Z", "2024-10-28T05:30:00Z"],
    ),
    (
        "02:30",
        "Europe/Paris",
        "2024-03-29T23:00:00Z",
        ["2024-03-30T01:30:00Z", "2024-03-31T01:00:00Z", "2024-04-01T00:30:00Z"],
    ),
    (
        "02:30",
        "Europe/Paris",
        "2024-10-25T22:00:00Z",
        ["2024-10-26T00:30:00Z", "2024-10-27T00:30:00Z", "2024-10-28T01:30:00Z"],
    ),
    (
        "00:00",
        "Africa/Cairo",
        "2024-04-24T20:00:00Z",
        ["2024-04-24T22:00:00Z", "2024-04-25T22:00:00Z", "2024-04-26T21:00:00Z"],
    ),
    (
        "00:00",
        "Asia/Beirut",
        "2024-03-29T20:00:00Z",
        ["2024-03-29T22:00:00Z", "2024-03-30T22:00:00Z", "2024-03-31T21:00:00Z"],
    ),
];

#[test]
fn on_days_of_23_and_25_hours_there_is_one_letter_and_no_post_is_lost_or_repeated() {
    for (time, zone, start, instants) in CHANGES {
        let village = Village::with("");
        village.clock.set(at(start));
        let newsletter = NEWSLETTER
            .replace("06:30", time)
            .replace("Europe/Paris", zone.parse::<Tz>().expect("a zone").name());
        let feeds = [village.publisher.url("/rss")];
        village.home.configure(&feeds, home::Post::Relay(village.relay.port()), &newsletter);
        village.publisher.posts("/rss", window(0));
        let mill = Mill::start(&village.home, &village.clock);
        for (day, instant) in (0..).zip(instants) {
            let instant: DateTime<Utc> = at(instant);
            village.publisher.posts("/rss", window(day));
            mill.lives_until(instant - TimeDelta::seconds(1));
            let count = usize::try_from(day).expect("small");
            assert_eq!(village.relay.taken().len(), count, "{time} {zone} before {instant}");
            mill.lives_until(instant);
            let letters = village.letters();
            assert_eq!(letters.len(), count + 1, "{time} {zone} at {instant}");
            assert_eq!(headlines(&letters[count]), [format!("Post numéro {day:03}")]);
        }
        assert_eq!(mill.editions().len(), 3);
    }
}

#[test]
fn down_in_the_morning_makes_one_late_letter_with_what_was_posted_meanwhile() {
    let village = Village::with("max_per_feed = 25\n");
    village.publisher.posts("/rss", window(0));
    Mill::start(&village.home, &village.clock).stop();
    village.publisher.posts("/rss", window(2));
    village.clock.set(at("2026-11-24T08:00:00Z"));
    let mill = Mill::start(&village.home, &village.clock);
    mill.lives_until_the("2026-11-24T08:30:00Z");
    let letters = village.letters();
    assert_eq!(letters.len(), 1);
    for number in 0..=2 {
        assert!(letters[0].text.contains(&format!("numéro {number:03}")), "{}", letters[0].text);
    }
    mill.lives_until_the("2026-11-25T05:29:00Z");
    assert_eq!(village.letters().len(), 1);
}

#[test]
fn down_for_three_days_makes_one_letter_and_loses_nothing() {
    let village = Village::with("max_per_feed = 25\n");
    village.publisher.posts("/rss", window(0));
    Mill::start(&village.home, &village.clock).stop();
    village.clock.set(at("2026-11-27T07:00:00Z"));
    village.publisher.posts("/rss", window(8));
    let mill = Mill::start(&village.home, &village.clock);
    mill.lives_until_the("2026-11-27T20:00:00Z");
    let letters = village.letters();
    assert_eq!(letters.len(), 1);
    for number in 0..=8 {
        assert!(letters[0].text.contains(&format!("numéro {number:03}")), "{}", letters[0].text);
    }
}

#[test]
fn back_too_late_makes_no_letter_and_the_next_one_carries_all() {
    let village = Village::with("");
    village.publisher.posts("/rss", window(0));
    Mill::start(&village.home, &village.clock).stop();
    village.clock.set(at("2026-11-24T13:00:00Z"));
    village.publisher.posts("/rss", window(1));
    let mill = Mill::start(&village.home, &village.clock);
    mill.lives_until_the("2026-11-25T05:29:00Z");
    assert_eq!(village.letters().len(), 0, "half past two in the afternoon is no morning");
    mill.lives_until_the("2026-11-25T05:30:00Z");
    let letters = village.letters();
    assert_eq!(letters.len(), 1);
    for number in 0..=1 {
        assert!(letters[0].text.contains(&format!("numéro {number:03}")), "{}", letters[0].text);
    }
}

#[test]
fn an_old_copy_of_the_database_sends_no_letter_of_back_then() {
    let village = Village::with("");
    let (database, copy) = (village.home.path("feedmill.db"), village.home.path("copy"));
    village.publisher.posts("/rss", window(0));
    village.relay.refuses(Step::Rcpt, 451);
    let mill = Mill::start(&village.home, &village.clock);
    mill.lives_until_the("2026-11-24T05:30:00Z");
    assert_eq!(mill.totals().letters["queued"], 1);
    mill.stop();
    std::fs::copy(&database, &copy).expect("copied");
    village.relay.accepts();
    let mill = Mill::start(&village.home, &village.clock);
    mill.lives_until_the("2026-11-27T05:00:00Z");
    assert_eq!(village.letters().len(), 1);
    mill.stop();
    std::fs::copy(&copy, &database).expect("restored");
    for log in ["feedmill.db-wal", "feedmill.db-shm"] {
        // There is none after an orderly end.
        let _ = std::fs::remove_file(village.home.path(log));
    }
    let mill = Mill::start(&village.home, &village.clock);
    mill.lives_until_the("2026-11-27T20:00:00Z");
    assert_eq!(village.letters().len(), 1);
    assert_eq!(mill.totals().letters["expired"], 1, "it is shown as given up");
}

#[test]
fn a_clock_that_is_set_back_makes_no_second_letter() {
    let village = Village::with("");
    village.publisher.posts("/rss", window(0));
    let mill = Mill::start(&village.home, &village.clock);
    mill.lives_until_the("2026-11-24T05:40:00Z");
    assert_eq!(village.letters().len(), 1);
    village.publisher.posts("/rss", window(1));
    village.clock.set(at("2026-11-24T04:40:00Z"));
    mill.lives_until_the("2026-11-24T12:00:00Z");
    assert_eq!(village.letters().len(), 1);
    mill.lives_until_the("2026-11-25T05:30:00Z");
    assert_eq!(village.letters().len(), 2);
}

#[test]
fn the_next_letter_is_told_in_local_time_and_in_utc() {
    let village = Village::with("");
    let said = feedmill(&village.home, &["newsletter", "next"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(said.stdout.contains("06:30 Europe/Paris"), "{}", said.stdout);
    let utc = ["05:30Z", "04:30Z"].iter().any(|utc| said.stdout.contains(utc));
    assert!(utc, "{}", said.stdout);
}
