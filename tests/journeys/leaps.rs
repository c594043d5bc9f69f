//! Polls under clocks that leap ahead, fall back, were never set, or stood still: no feed is asked in
//! a burst, and none is left alone for ever.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use feedmill::clock::Clock;

use crate::journeys::at;
use crate::world::clock::ManualClock;
use crate::world::feed::Post;
use crate::world::home::{self, Home};
use crate::world::mill::Mill;
use crate::world::program::eventually;
use crate::world::publisher::Publisher;

/// When all is well.
const NOON: &str = "2026-11-24T12:00:00Z";
/// How long one thing may take, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many feeds there are.
const FEEDS: usize = 12;
/// The longest time between two polls of a feed that nobody asks to wait, jitter included.
const LONGEST: TimeDelta = TimeDelta::hours(25);

/// How far ahead a next check may lie: the longest wish of a publisher, and days to leave out.
const REACH: TimeDelta = TimeDelta::days(22);

/// Feeds of one publisher that are asked at least once a day.
struct Village {
    publisher: Publisher,
    home: Home,
    clock: ManualClock,
}

impl Village {
    fn new() -> Self {
        let (publisher, home) = (Publisher::start(), Home::new());
        let feeds: Vec<String> = (0..FEEDS).map(|n| publisher.url(&format!("/{n}"))).collect();
        for n in 0..FEEDS {
            publisher.posts(&format!("/{n}"), [Post::new(&n.to_string()).dated(at(NOON))]);
        }
        home.configure(&feeds, home::Post::Files, "");
        Self { publisher, home, clock: ManualClock::at(NOON) }
    }

    /// A mill in it that has polled for some days.
    fn with_a_past() -> (Self, Mill) {
        let village = Self::new();
        let mill = Mill::start(&village.home, &village.clock);
        mill.lives_until(village.clock.now() + TimeDelta::days(3));
        (village, mill)
    }

    fn restarted(&self, mill: Mill) -> Mill {
        mill.stop();
        Mill::start(&self.home, &self.clock)
    }

    /// How often each feed was asked in the course of `events`: the least and the most.
    fn asked(&self, events: impl FnOnce()) -> (usize, usize) {
        let count = |n: usize| self.publisher.requests_for(&format!("/{n}")).len();
        let before: Vec<usize> = (0..FEEDS).map(count).collect();
        events();
        let each = (0..FEEDS).map(|n| count(n) - before[n]);
        (each.clone().min().expect("feeds"), each.max().expect("feeds"))
    }

    fn shows(&self, mill: &Mill, now: DateTime<Utc>) {
        self.clock.set(now);
        mill.rests();
    }
}

#[test]
fn a_leap_ahead_asks_each_feed_once_and_the_way_back_freezes_none() {
    for leap in [TimeDelta::days(1), TimeDelta::days(3), TimeDelta::days(3_653)] {
        for restart in [false, true] {
            let (village, mut mill) = Village::with_a_past();
            let right = village.clock.now();
            let ahead = village.asked(|| village.shows(&mill, right + leap));
            assert_eq!(ahead, (1, 1), "{leap} ahead");
            if restart {
                mill = village.restarted(mill);
            }
            let back = village.asked(|| village.shows(&mill, right));
            assert!(back.1 <= 1, "{leap} and back is no burst: {back:?}");
            // What was planned meanwhile holds, if it is not further ahead than any rule reaches.
            let planned = Some(leap).filter(|leap| *leap < REACH).unwrap_or_default();
            let later = village.asked(|| mill.lives_until(right + planned + LONGEST * 2));
            let hours = usize::try_from((planned + LONGEST * 2).num_hours()).expect("small");
            assert!((1..=hours).contains(&later.0), "{leap} and back freezes nobody: {later:?}");
            assert!(later.1 <= hours, "{leap} and back: {later:?}");
        }
    }
}

#[test]
fn a_fall_back_asks_nobody_sooner_and_freezes_nobody() {
    for fall in [TimeDelta::days(1), TimeDelta::days(100)] {
        for restart in [false, true] {
            let (village, mut mill) = Village::with_a_past();
            let right = village.clock.now();
            let back = village.asked(|| village.shows(&mill, right - fall));
            if restart {
                mill = village.restarted(mill);
            }
            assert!(back.1 <= 1, "{fall} back is no burst: {back:?}");
            let planned = Some(fall).filter(|fall| *fall < REACH).unwrap_or_default();
            let later = village.asked(|| mill.lives_until(right - fall + planned + LONGEST * 2));
            let hours = usize::try_from((planned + LONGEST * 2).num_hours()).expect("small");
            assert!(later.0 >= 1 && later.1 <= hours, "{fall} back: {later:?}");
        }
    }
}

#[test]
fn a_clock_that_was_not_set_yet_asks_nobody_before_and_each_once_when_it_is() {
    let (village, mill) = Village::with_a_past();
    let right = village.clock.now() + TimeDelta::hours(30);
    mill.stop();
    // The machine boots in 1970, and hears the time after a while.
    village.clock.set(DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(1));
    let mut mill = None;
    let boot = village.asked(|| {
        let started = mill.insert(Mill::start(&village.home, &village.clock));
        started.lives_until(village.clock.now() + TimeDelta::hours(3));
    });
    assert_eq!(boot, (0, 0), "nothing is due in 1970");
    let mill = mill.expect("started");
    let set = village.asked(|| village.shows(&mill, right));
    assert_eq!(set, (1, 1), "then each is due, once");
    let day = village.asked(|| mill.lives_until(right + LONGEST));
    assert!(day.0 >= 1 && day.1 <= 25, "{day:?}");
}

#[test]
fn feeds_that_are_new_in_1970_are_asked_and_go_on_when_the_clock_is_set() {
    let village = Village::new();
    village.clock.set(DateTime::<Utc>::UNIX_EPOCH);
    let mut mill = None;
    let boot = village.asked(|| {
        mill = Some(Mill::start(&village.home, &village.clock));
    });
    assert_eq!(boot, (1, 1));
    let mill = mill.expect("started");
    let set = village.asked(|| village.shows(&mill, at(NOON)));
    assert_eq!(set, (1, 1));
    let day = village.asked(|| mill.lives_until(at(NOON) + LONGEST));
    assert!(day.0 >= 1 && day.1 <= 25, "{day:?}");
    assert_eq!(mill.merged().len(), FEEDS, "one entry each");
}

#[test]
fn after_days_asleep_each_feed_is_asked_once_and_a_site_at_its_pace() {
    let (village, mill) = Village::with_a_past();
    mill.stop();
    let config = village.home.path("feedmill.toml");
    let text = std::fs::read_to_string(&config).expect("written");
    std::fs::write(&config, text.replace("gap = \"0s\"", "gap = \"2s\"")).expect("as before");
    let mill = Mill::start(&village.home, &village.clock);
    let (gap, woken) = (TimeDelta::seconds(2), village.clock.now() + TimeDelta::days(3));
    let asked = || village.publisher.requests().len();
    let before = asked();
    village.clock.set(woken);
    for n in 1..=FEEDS {
        eventually("one more is asked", PATIENCE, || asked() == before + n);
        if n < FEEDS {
            // The pause of its site; waits of a second or less are loops that look again.
            let now = village.clock.now();
            let pause = || {
                let ahead = village.clock.awaited().into_iter().map(|moment| moment - now);
                ahead.filter(|wait| *wait > TimeDelta::seconds(1)).min()
            };
            eventually("its site has its pause", PATIENCE, || pause() == Some(gap));
            assert_eq!(asked(), before + n, "nobody is asked in the pause");
            village.clock.set(now + gap);
        }
    }
    mill.rests();
    assert_eq!(asked(), before + FEEDS, "each once");
    assert_eq!(village.clock.now(), woken + gap * i32::try_from(FEEDS - 1).expect("few"));
}

#[test]
fn clocks_of_publishers_move_nothing() {
    for (date, expires) in [
        ("Wed, 24 Nov 2027 12:00:00 GMT", "Wed, 24 Nov 2027 14:00:00 GMT"),
        ("Mon, 24 Nov 2025 12:00:00 GMT", "Mon, 24 Nov 2025 14:00:00 GMT"),
        ("Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 01 Jan 1970 02:00:00 GMT"),
    ] {
        let (publisher, home, clock) = (Publisher::start(), Home::new(), ManualClock::at(NOON));
        publisher.posts("/rss", [Post::new("1").dated(at(NOON))]);
        publisher.edit("/rss", |feed| {
            feed.headers = vec![("Date".into(), date.into()), ("Expires".into(), expires.into())];
        });
        home.configure(&[publisher.url("/rss")], home::Post::Files, "");
        let mill = Mill::start(&home, &clock);
        let next = mill.feed().next_check.expect("it is asked again");
        let wait = next - clock.now();
        assert!((TimeDelta::hours(2)..LONGEST).contains(&wait), "{date}: {wait}");
    }
}
