//! Pacing: how many at once, how far apart, and never a crowd (P18, P30–P34, P40, P44).

use std::collections::HashSet;
use std::fmt::Write;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use feedmill::clock::Clock;
use feedmill::jobs::dice::Dice;

use super::connections::witnessed;
use super::town::{Seen, Town, gaps, hold, minutes, shortest};
use crate::world::feed::Post;
use crate::world::mill::Mill;
use crate::world::program::{self, Service, eventually};
use crate::world::publisher::{Publisher, Reply};

const PATIENCE: Duration = Duration::from_secs(60);
const ALLOW: &str = "allow_private = [\"127.0.0.0/8\"]\n";

/// Chance that is the same in every run.
fn seeded() -> Dice {
    let state = Mutex::new(0x2545_f491_4f6c_dd1d_u64);
    Dice::new(move || {
        let mut state = state.lock().expect("nobody panics while throwing dice");
        *state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 11) as f64 / (1_u64 << 53) as f64
    })
}

/// Waits for what the mill does in real time.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) -> Result<(), String> {
    let begun = Instant::now();
    while !is_so() {
        hold(begun.elapsed() < PATIENCE, || format!("not within a minute: {what}"))?;
        // Sockets and disks work in real time: there is nothing of ours to wait on.
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// Lets a mill that pauses ask once after another, until `publisher` was asked `requests` times: each
/// time the clock moves on by `pause`, when the mill waits for that.
fn paused(
    town: &Town,
    publisher: &Publisher,
    pause: TimeDelta,
    requests: usize,
) -> Result<(), String> {
    // The editor waits for that moment whether or not a request is under way.
    let first_pass = town.clock.now() + TimeDelta::minutes(10);
    loop {
        let heard = publisher.requests().len();
        if heard >= requests {
            return Ok(());
        }
        let next = town.clock.now() + pause;
        let others = usize::from(next == first_pass);
        until("the next request or the pause before it", || {
            let awaited = town.clock.awaited();
            let waits = awaited.iter().filter(|moment| **moment == next).count() > others;
            publisher.requests().len() > heard || waits
        })?;
        if publisher.requests().len() == heard {
            town.clock.set(next);
        }
    }
}

fn write(town: &Town, fetch: &str, feeds: &[String], keys: &str) {
    let mut toml = format!("[fetch]\n{ALLOW}{fetch}");
    for feed in feeds {
        let _ = write!(toml, "\n[[feed]]\nurl = \"{feed}\"\n{keys}");
    }
    town.home.write(&toml);
}

pub(crate) fn p18() -> Seen {
    let town = Town::empty();
    let paths: Vec<String> = (0..10).map(|number| format!("/{number}")).collect();
    paths.iter().for_each(|path| town.publisher.posts(path, [Post::new(path)]));
    town.publisher.answers("/0", Reply::RetryAfter(429, "86400".to_owned()));
    let feeds: Vec<String> = paths.iter().map(|path| town.publisher.url(path)).collect();
    town.subscribes(&feeds, "");
    let mill = town.mill();
    town.passes(&mill, TimeDelta::hours(23));
    let asked = |path: &str| town.publisher.requests_for(path).len();
    let others: Vec<usize> = paths[1..].iter().map(|path| asked(path)).collect();
    hold(asked("/0") == 1, || format!("the throttled one: {} requests", asked("/0")))?;
    hold(others.iter().all(|asked| *asked > 5), || format!("the others: {others:?}"))?;
    let public = [
        "politeness::connections::a_public_host_that_throttles_is_slowed",
        "politeness::rests::a_public_site_is_still_slowed_after_restarts",
        "politeness::rests::a_command_keeps_the_rest_that_a_service_was_told",
    ];
    let public = public.into_iter().map(witnessed).collect::<Result<Vec<_>, _>>()?.join("; ");
    Ok(format!("private host: 1 request of the feed in 23 h, {others:?} of the others; {public}"))
}

pub(crate) fn p30() -> Seen {
    let town = Town::new();
    let mut mill = town.mill();
    for _ in 0..100 {
        mill.stop();
        town.clock.advance(TimeDelta::seconds(6));
        mill = town.mill();
    }
    hold(town.heard().len() == 1, || format!("{} requests over restarts", town.heard().len()))?;
    town.passes(&mill, TimeDelta::hours(1));
    let gap = shortest(&town.gaps())?;
    hold(gap == TimeDelta::hours(1), || format!("then after {} min", gap.num_minutes()))?;

    let killed = Town::new();
    let mut service = Service::start(&killed.home);
    let is_kept = || {
        let said = program::feedmill(&killed.home, &["status", "--json"]);
        said.stdout.contains("\"entries\": 1") || said.stdout.contains("\"entries\":1")
    };
    eventually("the first poll is kept", PATIENCE, is_kept);
    for _ in 0..8 {
        service.kill();
        service = Service::start(&killed.home);
    }
    program::feedmill(&killed.home, &["refresh"]);
    service.kill();
    let heard = killed.heard().len();
    hold(heard == 1, || format!("{heard} requests over kills"))?;
    Ok("0 extra requests over 100 restarts in 10 min and 8 kills; the next poll on time".to_owned())
}

pub(crate) fn p31() -> Seen {
    let town = Town::new();
    let mill = town.mill();
    for _ in 0..50 {
        town.clock.advance(TimeDelta::seconds(6));
        mill.rests();
        mill.reloads(&town.home);
        mill.refreshes(false);
    }
    let gap = shortest(&town.gaps())?;
    let heard = town.heard().len();
    hold(gap >= TimeDelta::seconds(60), || format!("again after {} s", gap.num_seconds()))?;
    hold(heard <= 6, || format!("{heard} requests"))?;
    Ok(format!("50 times in 5 min: {heard} requests, {} s apart at least", gap.num_seconds()))
}

/// So many feeds of one publisher, by its address.
fn feeds_of(town: &Town, number: usize) -> Vec<String> {
    let paths = (0..number).map(|number| format!("/{number}"));
    paths
        .map(|path| {
            town.publisher.posts(&path, [Post::new(&path)]);
            town.publisher.url(&path)
        })
        .collect()
}

pub(crate) fn p32() -> Seen {
    const FEEDS: usize = 500;
    let town = Town::empty();
    write(&town, "per_host_gap = \"2s\"\n", &feeds_of(&town, FEEDS), "");
    let mill = Mill::begin(&town.home, &town.clock, seeded());
    paused(&town, &town.publisher, TimeDelta::seconds(2), FEEDS)?;
    let heard = town.publisher.requests();
    let least = shortest(&gaps(&heard))?;
    hold(least >= TimeDelta::seconds(2), || format!("{} s apart", least.num_seconds()))?;
    let at_once = town.publisher.most_at_once();
    hold(at_once == 1, || format!("{at_once} at once"))?;
    let took = heard[FEEDS - 1].at.unwrap_or_default() - heard[0].at.unwrap_or_default();
    hold(took.num_seconds() == 998, || format!("it took {} s", took.num_seconds()))?;
    mill.rests();
    let said = program::feedmill(&town.home, &["check"]).stdout;
    hold(said.contains("at least 16m 38s"), || format!("it was not predicted: {said}"))?;
    let due: Vec<DateTime<Utc>> = mill.feeds().iter().filter_map(|feed| feed.next_check).collect();
    let crowd = most_in_a_minute(&due);
    hold(due.len() == FEEDS && crowd <= 25, || format!("{crowd} feeds due in one minute"))?;
    Ok(format!(
        "1 in flight, {} s apart, 998 s as predicted; then at most {crowd} due in a minute",
        least.num_seconds()
    ))
}

fn most_in_a_minute(moments: &[DateTime<Utc>]) -> usize {
    let mut sorted: Vec<i64> = moments.iter().map(|moment| moment.timestamp() / 60).collect();
    sorted.sort_unstable();
    sorted.chunk_by(|one, other| one == other).map(<[i64]>::len).max().unwrap_or_default()
}

/// χ² of how moments lie in the minutes of an hour; 98.3 has a chance of 1 in 1,000 (59 degrees).
fn chi_squared(moments: &[DateTime<Utc>]) -> f64 {
    let mut minutes = [0_u32; 60];
    moments.iter().for_each(|moment| minutes[moment.minute() as usize] += 1);
    let expected = moments.len() as f64 / 60.0;
    minutes.iter().map(|seen| (f64::from(*seen) - expected).powi(2) / expected).sum()
}

pub(crate) fn p33() -> Seen {
    const FEEDS: usize = 500;
    const RATE: usize = 10;
    let town = Town::empty();
    let listener = std::net::TcpListener::bind("0.0.0.0:0").map_err(|error| error.to_string())?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    let world = Publisher::over(listener).under(&town.clock);
    world.posts("/rss", [Post::new("1")]);
    let host =
        |number: usize| format!("http://127.1.{}.{}:{port}/rss", number / 250, number % 250 + 1);
    let feeds: Vec<String> = (0..FEEDS).map(host).collect();
    write(&town, &format!("rate = {RATE}\nper_host_gap = \"0s\"\n"), &feeds, "interval = \"1h\"\n");
    let pass = |requests: usize| -> Result<Mill, String> {
        let mill = Mill::begin(&town.home, &town.clock, seeded());
        let before = requests - FEEDS;
        for asked in (RATE..=FEEDS).step_by(RATE) {
            until("as many requests as a second allows", || {
                world.requests().len() >= before + asked
            })?;
            town.clock.advance(TimeDelta::seconds(1));
        }
        mill.rests();
        Ok(mill)
    };
    pass(FEEDS)?.stop();
    town.clock.advance(TimeDelta::hours(24));
    let mill = pass(2 * FEEDS)?;
    let back: Vec<_> = world.requests()[FEEDS..].iter().filter_map(|request| request.at).collect();
    let mut seconds: Vec<i64> = back.iter().map(DateTime::timestamp).collect();
    seconds.sort_unstable();
    let rate = seconds.chunk_by(|one, other| one == other).map(<[i64]>::len).max();
    hold(rate == Some(RATE), || format!("{rate:?} requests in a second"))?;
    // Moments of ten seconds, since fewer feeds are due in one than may be asked in a second.
    for _ in 0..750 {
        town.clock.advance(TimeDelta::seconds(10));
        mill.rests();
    }
    let mut seen = HashSet::new();
    let next: Vec<DateTime<Utc>> = world.requests()[2 * FEEDS..]
        .iter()
        .filter(|request| seen.insert(request.header("host")))
        .filter_map(|request| request.at)
        .collect();
    let (chi, crowd) = (chi_squared(&next), most_in_a_minute(&next));
    hold(next.len() == FEEDS && chi < 98.3, || {
        format!("χ² {chi:.1} over {} polls, {crowd} in one minute", next.len())
    })?;
    Ok(format!(
        "{RATE}/s at most after a day away; then χ² {chi:.1} (59 degrees), at most {crowd} in a minute"
    ))
}

pub(crate) fn p34() -> Seen {
    let town = Town::new();
    let url = town.publisher.url("/rss");
    let host = url.trim_start_matches("http://");
    let spellings = [
        url.clone(),
        format!("feed://{host}"),
        format!("{url}/"),
        format!("https://{host}"),
        format!("feed:{url}#top"),
    ];
    let outlines = spellings.iter().map(|url| format!("<outline type=\"rss\" xmlUrl=\"{url}\"/>"));
    let opml =
        format!("<opml version=\"2.0\"><body>{}</body></opml>", outlines.collect::<String>());
    std::fs::write(town.home.path("more.opml"), opml).map_err(|error| error.to_string())?;
    let more = format!("[[feed]]\nurl = \"https://{host}/\"\n");
    town.home.write(&format!("[fetch]\n{ALLOW}\n[[feed]]\nurl = \"{url}\"\n{more}"));
    let path = town.home.path("feedmill.toml");
    let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
    let text = format!("feed_lists = [\"more.opml\"]\n{text}");
    std::fs::write(&path, text).map_err(|error| error.to_string())?;
    let mill = town.mill();
    let (connections, heard) = (town.publisher.connections(), town.publisher.requests().len());
    hold((heard, connections) == (1, 1), || {
        format!("{heard} requests, {connections} connections")
    })?;
    hold(mill.feeds().len() == 1, || format!("{} feeds", mill.feeds().len()))?;
    Ok("7 entries in 5 spellings: 1 feed, 1 request".to_owned())
}

pub(crate) fn p40() -> Seen {
    let dead = Town::new();
    let mill = dead.mill();
    dead.passes(&mill, TimeDelta::days(60));
    let slow = minutes(&dead.gaps());
    let (least, most) = (slow.iter().min().copied(), slow.iter().max().copied());
    hold(least >= Some(60) && most <= Some(1_440), || format!("from {least:?} to {most:?} min"))?;
    hold(slow.last() == Some(&1_440), || format!("after 60 days every {:?} min", slow.last()))?;

    let busy = Town::new();
    let mill = busy.mill();
    let mut posts = Vec::new();
    for number in 0..100 {
        posts.insert(0, Post::new(&format!("n{number}")).dated(busy.clock.now()));
        busy.publisher.posts("/rss", posts.iter().take(20).cloned());
        busy.passes(&mill, TimeDelta::minutes(72));
    }
    let fast = busy.gaps();
    let least = shortest(&fast)?;
    let a_day = fast.iter().rev().take(40).map(TimeDelta::num_minutes).sum::<i64>() / 40;
    hold(least >= TimeDelta::hours(1), || format!("{} min apart", least.num_minutes()))?;
    hold(a_day <= 180, || format!("20 posts a day, asked every {a_day} min"))?;
    Ok(format!(
        "silent for 60 days: at last every 1440 min; 20 posts a day: every {a_day} min, never under {}",
        least.num_minutes()
    ))
}

pub(crate) fn p44() -> Seen {
    const FEEDS: usize = 10_000;
    let town = Town::empty();
    let mut opml = "<opml version=\"2.0\"><body>".to_owned();
    for number in 0..FEEDS + 100 {
        let url = town.publisher.url(&format!("/{}", number % FEEDS));
        let _ = write!(opml, "<outline type=\"rss\" xmlUrl=\"{url}\"/>");
    }
    opml += "</body></opml>";
    std::fs::write(town.home.path("many.opml"), opml).map_err(|error| error.to_string())?;
    town.home.write(&format!("[fetch]\n{ALLOW}"));
    let said = program::feedmill(&town.home, &["import", "many.opml"]);
    let planned = said.stdout.contains("10000 feeds") || said.stdout.contains("10,000 feeds");
    hold(planned && said.stdout.contains("A first pass takes at least 5h 33m 18s"), || {
        format!("{}{}", said.stdout, said.stderr)
    })?;
    hold(town.publisher.requests().is_empty(), || "the import asked".to_owned())?;
    let mill = Mill::begin(&town.home, &town.clock, seeded());
    paused(&town, &town.publisher, TimeDelta::seconds(2), 30)?;
    let heard = town.publisher.requests();
    let least = shortest(&gaps(&heard))?;
    hold(least >= TimeDelta::seconds(2), || format!("{} s apart", least.num_seconds()))?;
    let at_once = town.publisher.most_at_once();
    hold(at_once == 1, || format!("{at_once} at once"))?;
    drop(mill);
    Ok("10,100 lines: 10,000 feeds, 5h 33m told beforehand; 1 at once, 2 s apart".to_owned())
}
