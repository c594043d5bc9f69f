//! Whatever publishers do to their items, readers see each article once: in the merged feed, and in
//! one letter at most.

use chrono::TimeDelta;
use feedmill::clock::Clock;

use crate::journeys::{Village, at};
use crate::world::feed::{Format, Post};
use crate::world::mill::Mill;

/// The letters of the first morning and the one after it, as one text.
fn two_mornings(village: &Village, mill: &Mill) -> (String, String) {
    let text = |from: usize| -> String {
        village.letters()[from..].iter().map(|letter| letter.text.clone()).collect()
    };
    mill.lives_until_the("2026-11-24T05:30:00Z");
    let (first, letters) = (text(0), village.letters().len());
    mill.lives_until_the("2026-11-25T05:30:00Z");
    (first, text(letters))
}

#[test]
fn an_item_without_guid_and_link_is_one_entry_over_a_hundred_polls() {
    let village = Village::with("");
    let bare = Post { link: None, ..Post::new("nu").without_guid() };
    let mill = {
        village.publisher.posts("/rss", [bare.clone()]);
        Mill::start(&village.home, &village.clock)
    };
    for poll in 0..100 {
        village.publisher.edit("/rss", |feed| feed.title = format!("Le flux {poll}"));
        mill.polls();
    }
    assert_eq!(mill.totals().entries, 1);
    assert_eq!(mill.merged(), ["Post nu"]);
    let (first, second) = two_mornings(&village, &mill);
    assert_eq!((first.matches("Post nu").count(), second.as_str()), (1, ""));
}

#[test]
fn an_edited_item_is_changed_in_the_merged_feed_and_not_mailed_again() {
    for format in [Format::Atom, Format::Rss, Format::Json] {
        let village = Village::with("");
        village.publisher.edit("/rss", |feed| feed.format = format);
        village.publisher.posts("/rss", [Post::new("1").titled("Avant")]);
        let mill = Mill::start(&village.home, &village.clock);
        mill.lives_until_the("2026-11-24T05:30:00Z");
        village.publisher.posts("/rss", [Post::new("1").titled("Après").saying("<p>Neuf.</p>")]);
        let tally = mill.polls();
        assert_eq!((tally.arrived, tally.changed), (0, 1), "{format:?}");
        assert_eq!(mill.merged(), ["Après"], "{format:?}");
        mill.lives_until_the("2026-11-25T05:30:00Z");
        assert_eq!(village.letters().len(), 1, "{format:?}");
    }
}

#[test]
fn a_new_item_that_is_older_than_all_known_is_read_and_mailed() {
    let village = Village::with("");
    let now = village.clock.now();
    let recent = Post::new("neuf").dated(now - TimeDelta::hours(1));
    village.publisher.posts("/rss", [recent.clone()]);
    let mill = Mill::start(&village.home, &village.clock);
    mill.lives_until_the("2026-11-24T05:30:00Z");
    let late = Post::new("tardif").dated(now - TimeDelta::days(3));
    let undated = Post::new("sans date");
    village.publisher.posts("/rss", [undated, recent, late]);
    mill.lives_until_the("2026-11-25T05:30:00Z");
    assert_eq!(mill.merged().len(), 3);
    let letters = village.letters();
    assert_eq!(letters.len(), 2);
    for (title, times) in [("Post tardif", 1), ("Post sans date", 1), ("Post neuf", 0)] {
        assert_eq!(letters[1].text.matches(title).count(), times, "{}", letters[1].text);
    }
}

#[test]
fn guids_that_turn_bad_and_good_again_lose_nothing_and_double_nothing() {
    let village = Village::with("");
    let posts = |guid: fn(&Post) -> Option<String>| -> Vec<Post> {
        let posts = ["a", "b", "c"].map(Post::new);
        posts.into_iter().map(|post| Post { guid: guid(&post), ..post }).collect()
    };
    village.publisher.posts("/rss", posts(|post| post.guid.clone()));
    let mill = Mill::start(&village.home, &village.clock);
    let ways: [fn(&Post) -> Option<String>; 5] = [
        |_| Some("la même".to_owned()),
        |post| post.guid.clone(),
        |_| None,
        |_| Some("la même".to_owned()),
        |post| post.guid.clone(),
    ];
    for (way, guid) in ways.into_iter().enumerate() {
        village.publisher.posts("/rss", posts(guid));
        mill.polls();
        assert_eq!(mill.totals().entries, 3, "way {way}");
    }
    let (first, second) = two_mornings(&village, &mill);
    for name in ["Post a", "Post b", "Post c"] {
        assert_eq!(first.matches(name).count(), 1, "{first}");
    }
    assert_eq!(second, "");
}

#[test]
fn ids_that_flip_their_scheme_or_gain_a_fragment_bring_nothing_new() {
    let village = Village::with("");
    let known_as = |guid: &str| {
        village.publisher.posts("/rss", [Post::new("1").known_as(guid)]);
    };
    known_as("http://exemple.fr/1");
    let mill = Mill::start(&village.home, &village.clock);
    for guid in [
        "https://exemple.fr/1",
        "http://exemple.fr/1#0",
        "https://exemple.fr/1/",
        "https://exemple.fr/1?utm_source=rss",
    ] {
        known_as(guid);
        assert_eq!(mill.polls().arrived, 0, "{guid}");
    }
    assert_eq!(mill.totals().entries, 1);
}

#[test]
fn a_body_that_embeds_the_time_changes_a_bounded_number_of_times() {
    let village = Village::with("");
    village.publisher.posts("/rss", [Post::new("1")]);
    let mill = Mill::start(&village.home, &village.clock);
    let mut changed = 0;
    for poll in 0..60 {
        let body = format!("<p>Il est {poll} heures.</p>");
        village.publisher.posts("/rss", [Post::new("1").saying(&body)]);
        changed += mill.polls().changed;
    }
    assert!((1..=24).contains(&changed), "{changed} changes");
    assert_eq!(mill.totals().entries, 1);
}

#[test]
fn an_old_item_that_scrolls_in_after_a_deletion_is_no_news() {
    let village = Village::with("");
    let now = village.clock.now();
    let post = |day: i64| Post::new(&format!("du jour {day}")).dated(now - TimeDelta::days(day));
    village.publisher.posts("/rss", [post(0), post(1), post(2)]);
    let mill = Mill::start(&village.home, &village.clock);
    mill.lives_until_the("2026-11-24T05:30:00Z");
    village.publisher.posts("/rss", [post(1), post(2), post(3)]);
    mill.lives_until_the("2026-11-25T05:30:00Z");
    assert_eq!(mill.totals().entries, 4, "it is kept all the same");
    assert_eq!(village.letters().len(), 1);
}

#[test]
fn a_whole_archive_announced_anew_is_no_news() {
    let village = Village::with("max_items = 100\nmax_per_feed = 100\n");
    let now = village.clock.now();
    village.publisher.posts("/rss", [Post::new("neuf").dated(now)]);
    let mill = Mill::start(&village.home, &village.clock);
    mill.lives_until_the("2026-11-24T05:30:00Z");
    let old = (0..606).map(|number| {
        Post::new(&format!("archive {number}")).dated(now - TimeDelta::days(30 + number))
    });
    let fresh = Post::new("de ce matin").dated(at("2026-11-25T01:00:00Z"));
    village.publisher.posts("/rss", std::iter::once(fresh).chain(old));
    mill.lives_until_the("2026-11-25T05:30:00Z");
    assert_eq!(mill.totals().entries, 608);
    let letters = village.letters();
    assert_eq!(letters.len(), 2);
    assert!(letters[1].text.contains("Post de ce matin"), "{}", letters[1].text);
    assert!(!letters[1].text.contains("archive"), "{}", letters[1].text);
}

#[test]
fn what_vanishes_and_comes_back_is_neither_deleted_nor_announced_again() {
    let village = Village::with("");
    let posts = || ["3", "2", "1"].map(Post::new);
    village.publisher.posts("/rss", posts());
    let mill = Mill::start(&village.home, &village.clock);
    mill.lives_until_the("2026-11-24T05:30:00Z");
    let merged = mill.merged();
    for half in [vec![], vec![Post::new("2")], vec![Post::new("1"), Post::new("3")], vec![]] {
        village.publisher.posts("/rss", half);
        assert_eq!(mill.polls().arrived, 0);
        assert_eq!(mill.merged(), merged);
        village.publisher.posts("/rss", posts());
        assert_eq!(mill.polls().arrived, 0);
        assert_eq!(mill.merged(), merged);
    }
    mill.lives_until_the("2026-11-25T05:30:00Z");
    assert_eq!((mill.totals().entries, village.letters().len()), (3, 1));
}
