//! Feeds that move: what is believed, what is kept, and what the operator is told.

use std::ops::Range;

use chrono::TimeDelta;
use feedmill::clock::Clock;

use crate::journeys::{NEWSLETTER, Village, headlines};
use crate::world::clock::ManualClock;
use crate::world::feed::Post;
use crate::world::home::{self, Home};
use crate::world::ledger::Ledger;
use crate::world::mill::Mill;
use crate::world::program::feedmill;
use crate::world::publisher::{Publisher, Reply};

/// Feeds that are well are asked but when a test says so.
const ASKED_BY_HAND: &str =
    "allow_private = [\"127.0.0.0/8\"]\nmin_interval = \"9d\"\nmax_interval = \"9d\"\n";

/// Two publishers on two sites.
fn sites() -> (Publisher, Publisher) {
    (Publisher::start(), Publisher::on([127, 0, 0, 2]))
}

fn home(feeds: &[String]) -> (Home, ManualClock) {
    let home = Home::new();
    home.configure_fetching(ASKED_BY_HAND, feeds, home::Post::Files, NEWSLETTER);
    (home, ManualClock::at("2026-11-24T04:00:00Z"))
}

/// Every feed is asked so many times, a day apart.
fn polls_daily(mill: &Mill, clock: &ManualClock, times: usize) {
    for _ in 0..times {
        clock.advance(TimeDelta::days(1));
        mill.polls();
    }
}

#[test]
fn validators_from_behind_a_redirect_outlive_a_restart() {
    let (old, new) = sites();
    new.posts("/new", [Post::new("1")]);
    old.answers("/rss", Reply::Redirect(302, new.url("/new")));
    let (home, clock) = home(&[old.url("/rss")]);
    Mill::start(&home, &clock).stop();
    let mill = Mill::start(&home, &clock);
    mill.polls();
    let (first, again) = (&new.requests_for("/new")[0], &new.requests_for("/new")[1]);
    assert_eq!(first.header("if-none-match"), None);
    assert!(again.header("if-none-match").is_some(), "nothing is downloaded twice");
    assert!(again.header("if-modified-since").is_some());
    let hops = old.requests_for("/rss");
    assert!(hops.iter().all(|hop| hop.header("if-none-match").is_none()), "another's");
    assert_eq!((mill.feed().standing, mill.feed().moved_to), ("healthy", None));
}

#[test]
fn a_move_for_good_is_taken_over_with_its_history() {
    let (old, new) = sites();
    old.posts("/rss", [Post::new("2"), Post::new("1")]);
    let (home, clock) = home(&[old.url("/rss")]);
    let mill = Mill::start(&home, &clock);
    new.posts("/new", [Post::new("3"), Post::new("2")]);
    old.answers("/rss", Reply::Redirect(301, new.url("/new")));
    for left in (1..5).rev() {
        polls_daily(&mill, &clock, 1);
        let said = &mill.feed().remarks[0];
        assert!(said.contains(&format!("believed after {left} more")), "{said}");
    }
    polls_daily(&mill, &clock, 1);
    assert_eq!(mill.feed().moved_to.as_deref(), Some(new.url("/new").as_str()));
    assert!(mill.feed().remarks[0].contains("please change its address"));
    let check = |arguments: &[&str]| feedmill(&home, arguments).stdout;
    let told = check(&["check"]);
    let moved = format!("it moved to {} for good", new.url("/new"));
    assert!(told.contains(&old.url("/rss")) && told.contains(&moved), "{told}");
    let told: serde_json::Value = serde_json::from_str(&check(&["check", "--json"])).expect("JSON");
    assert_eq!(told["moves"][0]["moved_to"], new.url("/new"), "{told}");
    let hops = old.requests_for("/rss").len();
    new.posts("/new", [Post::new("4")]);
    mill.polls();
    assert_eq!(old.requests_for("/rss").len(), hops, "the old address is left alone");
    let all = ["Post 4", "Post 3", "Post 2", "Post 1"];
    assert_eq!(mill.merged(), all);
    mill.stop();

    home.configure(&[new.url("/new")], home::Post::Files, NEWSLETTER);
    assert!(!feedmill(&home, &["check"]).stdout.contains("moved"), "there is nothing to change");
    let mill = Mill::start(&home, &clock);
    mill.polls();
    assert_eq!(mill.merged(), all, "the subscription follows, and nothing comes twice");
    let feed = mill.feed();
    assert_eq!((feed.url, feed.moved_to, feed.remarks), (new.url("/new"), None, vec![]));
    assert!(new.requests_for("/new").last().expect("asked").header("if-none-match").is_some());
}

#[test]
fn a_move_that_is_rolled_back_or_leads_to_a_page_is_never_taken_over() {
    let (old, new) = sites();
    old.posts("/rss", [Post::new("1")]);
    new.posts("/new", [Post::new("1")]);
    new.posts("/other", [Post::new("foreign")]);
    new.answers("/login", Reply::Page("<html><form>Connexion</form></html>".to_owned()));
    let (home, clock) = home(&[old.url("/rss")]);
    let mill = Mill::start(&home, &clock);
    for (path, polls) in [("/new", 4), ("/login", 9), ("/other", 9), ("/new", 9)] {
        old.answers("/rss", Reply::Redirect(308, new.url(path)));
        polls_daily(&mill, &clock, polls);
        assert_eq!(mill.feed().moved_to, None, "{path}");
        old.recovers("/rss");
        mill.polls();
        let feed = mill.feed();
        assert_eq!((feed.standing, feed.remarks), ("healthy", vec![]), "{path}");
    }
    assert_eq!(
        old.requests_for("/rss").len(),
        1 + 4 + 1 + 9 + 1 + 9 + 1 + 9 + 1,
        "each poll asks it"
    );
}

#[test]
fn a_feed_that_moves_to_another_subscription_is_one_with_it() {
    let village = Village::with("");
    let other = Publisher::on([127, 0, 0, 2]);
    other.posts("/new", [Post::new("2"), Post::new("1")]);
    village.publisher.posts("/rss", [Post::new("2"), Post::new("1"), Post::new("here")]);
    let (a, b) = (village.publisher.url("/rss"), other.url("/new"));
    let post = home::Post::Relay(village.relay.port());
    village.home.configure(&[a.clone(), b.clone()], post, NEWSLETTER);
    let mill = Mill::start(&village.home, &village.clock);
    mill.lives_until_the("2026-11-24T06:00:00Z");
    assert_eq!(village.letters().len(), 1);

    village.publisher.answers("/rss", Reply::Redirect(301, b.clone()));
    for day in 24..28 {
        mill.polls_only(&a);
        mill.lives_until_the(&format!("2026-11-{}T06:00:00Z", day + 1));
    }
    mill.polls_only(&a);
    let merged = mill.merged();
    assert_eq!(merged.len(), 3, "history is kept, nothing is there twice: {merged:?}");
    let (asked, hops) = (other.requests().len(), village.publisher.requests().len());
    mill.polls();
    assert_eq!(other.requests().len(), asked + 1, "one is asked for both");
    assert_eq!(village.publisher.requests().len(), hops);
    let feeds = mill.feeds();
    let moved = feeds.iter().find(|feed| feed.url == a).expect("it is told");
    assert_eq!(moved.standing, "merged");
    assert!(moved.remarks[0].contains(&b), "{:?}", moved.remarks);
    let told = feedmill(&village.home, &["check"]).stdout;
    assert!(told.contains(&format!("same feed as {b}")), "{told}");

    other.posts("/new", [Post::new("3"), Post::new("2"), Post::new("1")]);
    mill.lives_until_the("2026-11-29T06:00:00Z");
    let letters = village.letters();
    assert_eq!(letters.len(), 2);
    assert_eq!(headlines(&letters[1]), ["Post 3"], "newsletters see nothing twice");
    mill.stop();

    village.home.configure(&[a], post, NEWSLETTER);
    let mill = Mill::start(&village.home, &village.clock);
    mill.polls();
    assert_eq!(mill.merged().len(), 4, "whichever of the two is left");
    assert_eq!(mill.feed().moved_to, Some(b));
}

#[test]
fn a_feed_that_leads_to_another_with_little_in_common_stays_itself() {
    let (category, site) = sites();
    category.posts("/rss", [Post::new("2"), Post::new("1"), Post::new("0")]);
    site.posts("/feed", [Post::new("4"), Post::new("3"), Post::new("2")]);
    let (a, b) = (category.url("/rss"), site.url("/feed"));
    let (home, clock) = home(&[a.clone(), b.clone()]);
    let mill = Mill::start(&home, &clock);
    category.answers("/rss", Reply::Redirect(301, b.clone()));
    polls_daily(&mill, &clock, 9);
    let feeds = mill.feeds();
    let feed = feeds.iter().find(|feed| feed.url == a).expect("it is kept");
    assert_eq!((feed.standing, &feed.moved_to), ("healthy", &None));
    assert!(feed.remarks[0].contains("unless another subscription is there"), "{:?}", feed.remarks);
    let hops = category.requests_for("/rss");
    let asked = site.requests_for("/feed");
    assert_eq!((hops.len(), asked.len()), (10, 19), "each is asked");
    assert!(asked.last().expect("asked").header("if-none-match").is_some());
    category.recovers("/rss");
    polls_daily(&mill, &clock, 1);
    let feeds = mill.feeds();
    assert!(feeds.iter().all(|feed| feed.remarks.is_empty()), "it is as if nothing had been");
}

#[test]
fn what_a_feed_brought_is_known_to_the_one_that_it_became_though_that_was_never_read() {
    let (old, new) = sites();
    old.posts("/rss", [Post::new("2"), Post::new("1")]);
    let (a, b) = (old.url("/rss"), new.url("/new"));
    let (home, clock) = home(std::slice::from_ref(&a));
    let mill = Mill::start(&home, &clock);
    let renamed = |name: &str| Post::new(name).known_as(&format!("urn:new:{name}"));
    new.posts("/new", [renamed("2"), renamed("1")]);
    old.answers("/rss", Reply::Redirect(301, b.clone()));
    polls_daily(&mill, &clock, 4);
    mill.stop();
    new.answers("/new", Reply::HangUp);
    home.configure(&[a.clone(), b], home::Post::Files, NEWSLETTER);
    let mill = Mill::start(&home, &clock);
    new.recovers("/new");
    clock.advance(TimeDelta::minutes(2));
    mill.polls_only(&a);
    let feeds = mill.feeds();
    let moved = feeds.iter().find(|feed| feed.url == a).expect("it is told");
    assert_eq!(moved.standing, "merged", "{:?}", moved.remarks);
    polls_daily(&mill, &clock, 1);
    assert_eq!(mill.merged(), ["Post 2", "Post 1"], "under whatever guid");
}

#[test]
fn the_feed_that_another_became_is_asked_though_it_was_gone() {
    let (old, new) = sites();
    for (publisher, path) in [(&old, "/rss"), (&new, "/new")] {
        publisher.posts(path, [Post::new("2"), Post::new("1")]);
    }
    new.answers("/new", Reply::Status(410));
    let (a, b) = (old.url("/rss"), new.url("/new"));
    let (home, clock) = home(&[a.clone(), b.clone()]);
    let mill = Mill::start(&home, &clock);
    let standing = |url: &str| {
        let feeds = mill.feeds();
        feeds.iter().find(|feed| feed.url == url).expect("it is there").standing
    };
    assert_eq!(standing(&b), "gone");
    new.recovers("/new");
    old.answers("/rss", Reply::Redirect(301, b.clone()));
    polls_daily(&mill, &clock, 5);
    assert_eq!((standing(&a), standing(&b)), ("merged", "healthy"));
    let asked = new.requests().len();
    mill.lives_until(clock.now() + TimeDelta::days(12));
    assert!(new.requests().len() > asked, "nobody else asks for either");
}

#[test]
fn a_redirect_to_what_has_ended_ends_nothing() {
    for status in [301, 302, 308] {
        let (old, new) = sites();
        old.posts("/rss", [Post::new("1")]);
        new.answers("/new", Reply::Status(410));
        let (home, clock) = home(&[old.url("/rss")]);
        let mill = Mill::start(&home, &clock);
        old.answers("/rss", Reply::Redirect(status, new.url("/new")));
        polls_daily(&mill, &clock, 6);
        let feed = mill.feed();
        assert_eq!((feed.standing, feed.moved_to), ("failing", None), "{status}");
        let trouble = feed.trouble.expect("it is told");
        assert!(trouble.contains("410"), "{trouble}");
        old.recovers("/rss");
        mill.lives_until(clock.now() + TimeDelta::days(12));
        assert_eq!(mill.feed().standing, "healthy", "{status}: unattended");
        old.answers("/rss", Reply::Status(410));
        mill.polls();
        assert_eq!(mill.feed().standing, "gone", "its own word is the end");
    }
}

/// Two subscriptions and the letters that come of them: of each day's two polls one is before the
/// letter and one after it, in turn, so that each brings some posts first.
struct Neighbours {
    village: Village,
    other: Publisher,
    mill: Mill,
}

impl Neighbours {
    /// Both publish `posts` at first.
    fn with(posts: &[Post]) -> Self {
        let (village, other) = (Village::with(""), Publisher::on([127, 0, 0, 2]));
        village.publisher.posts("/rss", posts.to_vec());
        other.posts("/new", posts.to_vec());
        let urls = [village.publisher.url("/rss"), other.url("/new")];
        let to = home::Post::Relay(village.relay.port());
        let newsletter = format!("{NEWSLETTER}max_per_feed = 25\n");
        village.home.configure_fetching(ASKED_BY_HAND, &urls, to, &newsletter);
        let mill = Mill::start(&village.home, &village.clock);
        Self { village, other, mill }
    }

    fn lives_through(&self, days: Range<u32>, mut posted: impl FnMut(u32)) {
        let urls = [self.village.publisher.url("/rss"), self.other.url("/new")];
        for day in days {
            posted(day);
            let turn = day as usize % 2;
            self.mill.polls_only(&urls[turn]);
            self.mill.lives_until_the(&format!("2026-11-{day}T06:00:00Z"));
            self.mill.polls_only(&urls[1 - turn]);
        }
    }

    /// The headlines of all letters, sorted.
    fn told(&self) -> Vec<String> {
        let letters = self.village.letters();
        let mut told: Vec<_> = letters.iter().flat_map(headlines).map(str::to_owned).collect();
        told.sort_unstable();
        told
    }

    fn passed_over(&self) -> u32 {
        self.mill.editions().iter().map(|edition| edition.copies).sum()
    }
}

fn numbered(numbers: Range<u32>) -> Vec<Post> {
    numbers.rev().map(|number| Post::new(&number.to_string())).collect()
}

fn titles(numbers: Range<u32>) -> Vec<String> {
    numbers.map(|number| format!("Post {number}")).collect()
}

#[test]
fn while_a_feed_is_led_to_another_each_post_is_in_one_letter() {
    for (status, is_linked) in [(302, true), (302, false), (301, true)] {
        let window = |day: u32| {
            let mut posts = numbered(20..day + 1);
            posts.iter_mut().filter(|_| !is_linked).for_each(|post| post.link = None);
            posts
        };
        let two = Neighbours::with(&window(23));
        two.village.publisher.answers("/rss", Reply::Redirect(status, two.other.url("/new")));
        two.lives_through(24..31, |day| two.other.posts("/new", window(day)));
        assert_eq!(two.told(), titles(20..31), "{status}, linked: {is_linked}");
        assert!(two.passed_over() > 0, "{status}, linked: {is_linked}: it is counted");
        let merged = two.mill.feeds().iter().any(|feed| feed.standing == "merged");
        assert_eq!(merged, status == 301);
    }
}

#[test]
fn what_two_feeds_have_is_in_one_letter_and_what_only_looks_like_it_in_each() {
    let two = Neighbours::with(&numbered(20..24));
    let live = |day: u32| {
        let post = Post::new(&format!("direct {day}"));
        post.titled(&format!("Direct {day}")).at("https://exemple.fr/direct")
    };
    two.lives_through(24..28, |day| {
        let (mut here, mut there) = (numbered(20..day + 1), numbered(20..day + 1));
        // The same posts under other guids; and a page that either announces, under another title
        // each day.
        there.iter_mut().for_each(|post| post.guid = post.link.clone());
        let asked_first = if day % 2 == 0 { &mut here } else { &mut there };
        asked_first.push(live(day));
        two.village.publisher.posts("/rss", here);
        two.other.posts("/new", there);
    });
    let told = two.told();
    let days = (24..28).map(|day| format!("Direct {day}"));
    assert_eq!(told, days.chain(titles(20..28)).collect::<Vec<_>>());
    // Who asks is told which entry readers had instead.
    let ledger = Ledger::open(&two.village.home.path("feedmill.db"));
    let sql = "select max(entry_id) from edition_entry where copy_of is not null";
    let why = feedmill(&two.village.home, &["why", &ledger.number(sql).to_string()]).stdout;
    assert!(why.contains("passed over: readers had entry"), "{why}");
}
