//! Feeds that move: what is believed, what is kept, and what the operator is told.

use chrono::TimeDelta;
use feedmill::clock::Clock;

use crate::journeys::{NEWSLETTER, Village, headlines};
use crate::world::clock::ManualClock;
use crate::world::feed::Post;
use crate::world::home::{self, Home};
use crate::world::mill::Mill;
use crate::world::publisher::{Publisher, Reply};

/// Two publishers on two sites.
fn sites() -> (Publisher, Publisher) {
    (Publisher::start(), Publisher::on([127, 0, 0, 2]))
}

fn home(feeds: &[String]) -> (Home, ManualClock) {
    let home = Home::new();
    home.configure(feeds, home::Post::Files, NEWSLETTER);
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
    let hops = old.requests_for("/rss").len();
    new.posts("/new", [Post::new("4")]);
    mill.polls();
    assert_eq!(old.requests_for("/rss").len(), hops, "the old address is left alone");
    let all = ["Post 4", "Post 3", "Post 2", "Post 1"];
    assert_eq!(mill.merged(), all);
    mill.stop();

    home.configure(&[new.url("/new")], home::Post::Files, NEWSLETTER);
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
    mill.lives_until(clock.now() + TimeDelta::days(2));
    assert!(new.requests().len() > asked, "nobody else asks for either");
}
