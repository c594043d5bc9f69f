//! Feeds that move: what is believed, what is kept, and what the operator is told.

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
        mill.polls();
        let said = &mill.feed().remarks[0];
        assert!(said.contains(&format!("believed after {left} more")), "{said}");
    }
    mill.polls();
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
    for (path, polls) in [("/new", 4), ("/login", 9), ("/other", 9)] {
        old.answers("/rss", Reply::Redirect(308, new.url(path)));
        for _ in 0..polls {
            mill.polls();
        }
        assert_eq!(mill.feed().moved_to, None, "{path}");
        old.recovers("/rss");
        mill.polls();
        let feed = mill.feed();
        assert_eq!((feed.standing, feed.remarks), ("healthy", vec![]), "{path}");
    }
    assert_eq!(old.requests_for("/rss").len(), 1 + 4 + 1 + 9 + 1 + 9 + 1, "each poll asks it");
}

#[test]
fn a_feed_that_moves_to_another_subscription_is_one_with_it() {
    let village = Village::with("");
    let other = Publisher::on([127, 0, 0, 2]);
    other.posts("/new", [Post::new("2"), Post::new("there")]);
    village.publisher.posts("/rss", [Post::new("2"), Post::new("here")]);
    let (a, b) = (village.publisher.url("/rss"), other.url("/new"));
    let post = home::Post::Relay(village.relay.port());
    village.home.configure(&[a.clone(), b.clone()], post, NEWSLETTER);
    let mill = Mill::start(&village.home, &village.clock);
    mill.lives_until_the("2026-11-24T06:00:00Z");
    assert_eq!(village.letters().len(), 1);

    village.publisher.answers("/rss", Reply::Redirect(301, b.clone()));
    (0..5).for_each(|_| drop(mill.polls()));
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

    other.posts("/new", [Post::new("3"), Post::new("2"), Post::new("there")]);
    mill.lives_until_the("2026-11-25T06:00:00Z");
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
