//! The service killed at random moments, again and again, on one database that grows meanwhile:
//! after each kill the database is whole, and in the end everybody has got what was for them.

use std::collections::HashMap;
use std::thread;
use std::time::{Duration, Instant};

use chrono::{SecondsFormat, TimeDelta};
use feedmill::clock::{Clock, SystemClock};

use crate::journeys::NEWSLETTER;
use crate::world::clock::ManualClock;
use crate::world::feed::Post;
use crate::world::home::{self, Home};
use crate::world::ledger::Ledger;
use crate::world::mailbox::{self, Letter};
use crate::world::mill::Mill;
use crate::world::program::{Service, eventually, feedmill};
use crate::world::publisher::{Publisher, Reply};
use crate::world::relay::{Conduct, Relay};
use crate::world::{reader, runner};

const FEEDS: [&str; 3] = ["a", "b", "c"];
/// How many posts a feed's document holds: more than appear while nobody reads it.
const WINDOW: u64 = 60;
/// How often the service is killed, unless `FEEDMILL_KILLS` says otherwise.
const ROUNDS: u64 = 200;
const PATIENCE: Duration = Duration::from_secs(60);

/// Chance that can be had again.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        // Knuth's MMIX; its high bits are the good ones.
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// A mill that never has an idle second: polls and editions every second, two subscribers.
fn busy(publisher: &Publisher, relay: &Relay, home: &Home) {
    let newsletter = NEWSLETTER
        .replace("at = \"06:30\"", "cron = \"* * * * * *\"")
        .replace("[\"zoe@exemple.fr\"]", "[\"zoe@exemple.fr\", \"max@exemple.fr\"]");
    configure(publisher, relay, home, &newsletter, "1s");
}

/// The same with polls every hour and an edition a day, to let it come to rest.
fn calm(publisher: &Publisher, relay: &Relay, home: &Home) {
    configure(publisher, relay, home, NEWSLETTER, "1h");
}

fn configure(publisher: &Publisher, relay: &Relay, home: &Home, newsletter: &str, interval: &str) {
    let feeds = FEEDS.map(|feed| {
        let url = publisher.url(&format!("/{feed}"));
        format!("[[feed]]\nurl = \"{url}\"\ninterval = \"{interval}\"\n")
    });
    let more = format!("{}\n{newsletter}", feeds.concat());
    home.configure(&[], home::Post::Relay(relay.port()), &more);
}

/// Every feed has one more post. Its title is that of the feed, too, so that the database can be
/// asked whether a feed's state and its entries are of one moment.
fn publish(publisher: &Publisher, newest: u64) {
    for feed in FEEDS {
        publisher.edit(&format!("/{feed}"), |document| {
            let numbers = newest.saturating_sub(WINDOW - 1)..=newest;
            document.posts = numbers.rev().map(|n| Post::new(&format!("{feed} {n}."))).collect();
            document.title = format!("Post {feed} {newest}.");
        });
    }
}

/// What holds whenever the service died; returns the number of entries.
fn check(database: &std::path::Path) -> i64 {
    let ledger = Ledger::open(database);
    ledger.is_whole();
    let none = |what: &str, sql: &str| {
        assert_eq!(ledger.number(&format!("select count(*) from {sql}")), 0, "{what}");
    };
    none(
        "a feed's state is ahead of its entries",
        "feed where polled_before = 1 and not exists \
         (select 1 from entry where feed_id = feed.id and entry.title = feed.title)",
    );
    none("validators without a document", "feed where etag is not null and polled_before = 0");
    none(
        "fewer entries than the document had",
        "feed where item_count > (select count(*) from entry where feed_id = feed.id)",
    );
    none("an entry without its body", "entry where id not in (select entry_id from entry_body)");
    none(
        "a state that does not exist",
        "letter where state not in ('queued', 'sending', 'data-sent', 'accepted', 'uncertain')",
    );
    none(
        "an edition without its letters",
        "edition where (select count(*) from letter where edition_id = edition.id) <> 2",
    );
    none(
        "an edition without its entries",
        "edition where shown + counted <> \
         (select count(*) from edition_entry where edition_id = edition.id)",
    );
    ledger.number("select count(*) from entry")
}

/// Lets the service run for a random while, with posts appearing, and kills it.
fn round(home: &Home, publisher: &Publisher, newest: &mut u64, chance: &mut Chance) {
    let mut service = Service::launch(home);
    let begun = Instant::now();
    // Half of the kills hit the start, half the work.
    if chance.below(2) == 0 {
        let ready = home.url("/health/ready");
        let patience = Duration::from_secs(5);
        while begun.elapsed() < patience && reader::get(&ready).map_or(true, |a| a.status != 200) {
            thread::sleep(Duration::from_millis(5));
        }
    }
    let (begun, delay) = (Instant::now(), Duration::from_millis(50 + chance.below(350)));
    while begun.elapsed() < delay {
        *newest += 1;
        publish(publisher, *newest);
        thread::sleep(Duration::from_millis(60).min(delay));
    }
    service.kill();
}

#[test]
fn killed_two_hundred_times_it_loses_nothing_and_sends_only_counted_copies() {
    let rounds =
        runner::variable("FEEDMILL_KILLS").map_or(ROUNDS, |n| n.parse().expect("a number"));
    let seed = runner::variable("FEEDMILL_SEED").map_or(7, |n| n.parse().expect("a number"));
    println!("FEEDMILL_SEED={seed}");
    let mut chance = Chance(seed);
    let (publisher, relay, home) = (Publisher::start(), Relay::start(), Home::new());
    busy(&publisher, &relay, &home);
    let mut newest = 0;
    publish(&publisher, newest);
    assert_eq!(feedmill(&home, &["refresh", "--all"]).code, Some(0));
    let database = home.path("feedmill.db");
    let mut entries = check(&database);
    for number in 0..rounds {
        if number % 10 == 9 {
            relay.loses_the_reply();
        }
        round(&home, &publisher, &mut newest, &mut chance);
        let now = check(&database);
        assert!(now >= entries, "round {number}: {now} entries after {entries}");
        entries = now;
    }
    // What was being read at the last kill is set apart until it changes.
    newest += 1;
    publish(&publisher, newest);
    all_is_delivered(&publisher, &relay, &home, newest);
}

fn all_is_delivered(publisher: &Publisher, relay: &Relay, home: &Home, newest: u64) {
    relay.behaves(Conduct::Accept);
    calm(publisher, relay, home);
    let now = SystemClock.now();
    let clock = ManualClock::at(&now.to_rfc3339_opts(SecondsFormat::Millis, true));
    let mill = Mill::start(home, &clock);
    mill.lives_until(now + TimeDelta::hours(12));
    let merged = mill.merged();
    for feed in FEEDS {
        let title = format!("Post {feed} {newest}.");
        assert!(merged.contains(&title), "{title} is read: {merged:?}");
    }
    let totals = mill.totals();
    mill.stop();
    assert!(totals.editions > 0 && totals.letters["accepted"] > 0, "{totals:?}");
    for state in ["queued", "sending", "data-sent", "rejected", "held", "expired"] {
        assert_eq!(totals.letters[state], 0, "{totals:?}");
    }
    let mut copies: HashMap<String, Vec<Letter>> = HashMap::new();
    for letter in mailbox::opened(&relay.taken()) {
        copies.entry(letter.message_id.clone()).or_default().push(letter);
    }
    let ledger = Ledger::open(&home.path("feedmill.db"));
    ledger.is_whole();
    let doubled_copies = copies.values().filter(|copies| copies.len() > 1).count();
    println!("{totals:?}, {doubled_copies} letters came twice");
    let ids = |sql: &str| ledger.texts(&format!("select message_id from letter where {sql}"));
    for id in ids("state = 'accepted'") {
        assert!(copies.contains_key(&id), "{id} was accepted and never came");
    }
    let resent = ids("resent = 1");
    for (id, copies) in &copies {
        assert!(copies.len() <= 2, "{id} came {} times", copies.len());
        assert!(copies.iter().all(|copy| copy.bytes == copies[0].bytes), "{id}: other bytes");
        assert!(copies.len() == 1 || resent.contains(id), "a copy of {id} is not counted");
    }
    let doubled = "select count(*) from (select 1 from edition_entry \
        group by newsletter_id, entry_id having count(*) > 1)";
    assert_eq!(ledger.number(doubled), 0);
}

#[test]
fn killed_between_the_answer_and_the_database_the_next_poll_still_brings_it() {
    let (publisher, home) = (Publisher::start(), Home::new());
    publisher.posts("/rss", [Post::new("2"), Post::new("1")]);
    home.configure(&[publisher.url("/rss")], home::Post::Files, "");
    for killed in 1..=3 {
        // The last bytes of the answer are on their way when the service dies.
        publisher.answers_once("/rss", Reply::Drip(Duration::from_millis(2)));
        let mut service = Service::start(&home);
        let asked = || publisher.requests_for("/rss").len() == killed;
        eventually("the feed is asked", PATIENCE, asked);
        thread::sleep(Duration::from_millis(300 * killed as u64));
        service.kill();
        let ledger = Ledger::open(&home.path("feedmill.db"));
        ledger.is_whole();
        let kept = ledger.number("select count(*) from entry");
        let known = ledger.number("select count(*) from feed where etag is not null");
        assert_eq!((kept, known), if kept == 0 { (0, 0) } else { (2, 1) }, "all or nothing");
        if kept > 0 {
            return;
        }
        let requests = publisher.requests_for("/rss");
        assert_eq!(requests[killed - 1].header("if-none-match"), None);
    }
    let said = feedmill(&home, &["refresh", "--all", "--force"]);
    assert!(said.stdout.contains("2 new entries"), "{}{}", said.stdout, said.stderr);
}
