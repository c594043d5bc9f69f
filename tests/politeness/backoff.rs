//! Backoff: who is asked to wait waits, who meets failure comes more seldom, and comes back unattended
//! (P16–P22).

use std::time::Duration;

use chrono::TimeDelta;
use feedmill::clock::Clock;
use feedmill::jobs::dice::Dice;

use super::town::{Seen, Town, hold, minutes, shortest};
use crate::world::feed::Post;
use crate::world::home;
use crate::world::mailbox;
use crate::world::mill::Mill;
use crate::world::program::{Service, eventually, feedmill};
use crate::world::publisher::Reply;

fn retry_after(status: u16, when: &str) -> Reply {
    Reply::RetryAfter(status, when.to_owned())
}

pub(crate) fn p16() -> Seen {
    let town = Town::new();
    town.publisher.answers_once("/rss", retry_after(429, "86400"));
    town.publisher.answers_once("/rss", retry_after(429, "172800"));
    let mut mill = town.mill();
    for _ in 0..16 {
        town.passes(&mill, TimeDelta::hours(5));
        mill.refreshes(true);
        mill.stop();
        mill = town.mill();
    }
    let gaps = town.gaps();
    let obeyed = gaps.first().is_some_and(|gap| *gap >= TimeDelta::days(1))
        && gaps.get(1).is_some_and(|gap| *gap >= TimeDelta::days(2));
    hold(obeyed, || format!("gaps of {:?} min", minutes(&gaps)))?;
    killed_while_it_waits()?;
    Ok(format!("gaps of {:?} min over 16 restarts; 0 requests after 3 kills", minutes(&gaps[..2])))
}

/// The service itself in real time, killed three times while it is to wait.
fn killed_while_it_waits() -> Result<(), String> {
    let town = Town::new();
    town.publisher.answers("/rss", retry_after(429, "86400"));
    let mut service = Service::start(&town.home);
    eventually("the first poll", Duration::from_secs(60), || !town.heard().is_empty());
    eventually("it is kept", Duration::from_secs(60), || {
        let said = crate::world::program::feedmill(&town.home, &["feeds", "--json"]);
        said.stdout.contains("failing")
    });
    for _ in 0..3 {
        service.kill();
        service = Service::start(&town.home);
    }
    // A command that is answered shows that the service had its time.
    crate::world::program::feedmill(&town.home, &["refresh", "--all", "--force"]);
    service.kill();
    hold(town.heard().len() == 1, || format!("{} requests over kills", town.heard().len()))
}

pub(crate) fn p17() -> Seen {
    let mut seen = Vec::new();
    for (what, date, least, most) in [
        ("IMF", "Thu, 26 Nov 2026 04:00:00 GMT", 2_880, 2_880),
        ("RFC 850", "Thursday, 26-Nov-26 04:00:00 GMT", 2_880, 2_880),
        ("asctime", "Thu Nov 26 04:00:00 2026", 2_880, 2_880),
        ("past", "Thu, 01 Jan 2015 00:00:00 GMT", 60, 60),
        ("year 9999", "Fri, 31 Dec 9999 23:59:59 GMT", 20_160, 20_160),
    ] {
        let town = Town::new();
        town.publisher.answers_once("/rss", retry_after(503, date));
        let mill = town.mill();
        town.passes(&mill, TimeDelta::days(15));
        let after = town.gaps().first().map(TimeDelta::num_minutes).unwrap_or_default();
        hold((least..=most).contains(&after), || format!("{what}: after {after} min"))?;
        seen.push(format!("{what} → {after}"));
    }
    Ok(format!("minutes: {}", seen.join(", ")))
}

pub(crate) fn p19() -> Seen {
    let mut seen = Vec::new();
    for status in [429, 503] {
        let town = Town::new();
        let mill = town.mill();
        town.publisher.answers("/rss", Reply::Status(status));
        town.passes(&mill, TimeDelta::days(6));
        let gaps = minutes(&town.gaps());
        let doubles = gaps.starts_with(&[60, 60, 120, 240, 480, 960, 1_440, 1_440]);
        hold(doubles, || format!("{status}: gaps of {gaps:?} min"))?;
        seen = gaps;
    }
    let chance = chance_only_adds()?;
    let lines = lines_of_a_row_of_failures()?;
    Ok(format!("gaps of {:?} min, {chance:?} with the worst of chance; {lines}", &seen[..8]))
}

/// The gaps where chance is as unkind as it can be: a tenth more, half an hour at most.
fn chance_only_adds() -> Result<Vec<i64>, String> {
    let town = Town::new();
    let mill = Mill::begin(&town.home, &town.clock, Dice::new(|| 1.0));
    mill.rests();
    town.publisher.answers("/rss", Reply::Status(429));
    town.passes(&mill, TimeDelta::days(5));
    let gaps = minutes(&town.gaps());
    // The first poll is scattered over its whole wait.
    hold(gaps.starts_with(&[120, 66, 132, 264, 510, 990, 1_470]), || format!("gaps of {gaps:?}"))?;
    Ok(gaps[..7].to_vec())
}

/// How many lines the log has of five refusals in a row and of what came after them.
fn lines_of_a_row_of_failures() -> Seen {
    let town = Town::new();
    town.publisher.answers("/rss", Reply::Status(429));
    let mut service = Service::start(&town.home);
    let asks = || feedmill(&town.home, &["refresh", "--all", "--force"]);
    let lines = |log: &str| log.lines().filter(|line| line.contains("refreshed")).count();
    (0..5).for_each(|_| drop(asks()));
    let failing = lines(&service.log());
    town.publisher.recovers("/rss");
    asks();
    let all = lines(&service.kill());
    let heard = town.heard().len();
    hold(heard >= 6 && (failing, all) == (1, 2), || {
        format!("{failing} lines of {heard} failures, {all} in all")
    })?;
    Ok(format!("1 line of {} failures in a row, 1 of the recovery", heard - 1))
}

pub(crate) fn p20() -> Seen {
    let failures = [
        Reply::Status(500),
        Reply::Status(502),
        Reply::Status(504),
        Reply::HangUp,
        Reply::Truncated,
        Reply::Stall,
    ];
    let town = Town::new();
    let fetch = "allow_private = [\"127.0.0.0/8\"]\ntimeout = \"1s\"";
    town.home.configure_fetching(fetch, &[town.publisher.url("/rss")], home::Post::Files, "");
    for failure in failures.iter().cycle().take(20) {
        town.publisher.answers_once("/rss", failure.clone());
    }
    let mut mill = town.mill();
    for _ in 0..6 {
        town.passes(&mill, TimeDelta::days(3));
        mill.stop();
        mill = town.mill();
    }
    let (gaps, feed) = (town.gaps(), mill.feed());
    let least = shortest(&gaps)?;
    hold(least >= TimeDelta::hours(1), || format!("again after {} min", least.num_minutes()))?;
    let grown = gaps.get(8..18).is_some_and(|gaps| gaps.iter().all(|gap| gap.num_hours() >= 24));
    hold(grown, || format!("gaps of {:?} min", minutes(&gaps)))?;
    hold(feed.standing == "healthy" && feed.entries == 1, || format!("{feed:?}"))?;
    let names = a_name_that_leads_nowhere()?;
    Ok(format!(
        "shortest gap {} min, 24 h from the 8th on over restarts, healthy at request {}; {names}",
        least.num_minutes(),
        town.heard().len()
    ))
}

/// How often a name that does not exist was looked up in three days, restarted each day.
fn a_name_that_leads_nowhere() -> Seen {
    let town = Town::empty();
    town.subscribes(&["http://nowhere.invalid/rss".to_owned()], "");
    let mut mill = town.mill();
    for _ in 0..3 {
        town.passes(&mill, TimeDelta::days(1));
        mill.stop();
        mill = town.mill();
    }
    let (trouble, standing) = (mill.feed().trouble.unwrap_or_default(), mill.feed().standing);
    // At 0, 1, 3, 7, 15, 31 and 55 hours.
    let backs_off = standing == "failing" && trouble.contains("7 times");
    hold(backs_off && trouble.contains("nowhere.invalid"), || format!("{standing}: {trouble}"))?;
    Ok("a name that is not there: 7 looks in 3 days over restarts".to_owned())
}

pub(crate) fn p21() -> Seen {
    let mut asked = Vec::new();
    for status in [401, 403, 404, 451] {
        let town = Town::new();
        town.publisher.answers("/rss", Reply::Status(status));
        let mill = town.mill();
        town.passes(&mill, TimeDelta::days(20));
        let (heard, feed) = (town.heard(), mill.feed());
        let agents: Vec<_> = heard.iter().map(|request| request.header("user-agent")).collect();
        let honest = agents.iter().flatten().all(|agent| agent.starts_with("feedmill/"));
        hold(honest && agents.iter().all(Option::is_some), || format!("{agents:?}"))?;
        let last = town.gaps().last().map(TimeDelta::num_hours);
        hold(last == Some(24), || format!("{status}: last gap {last:?} h"))?;
        hold(feed.trouble.is_some() && feed.standing == "failing", || format!("{feed:?}"))?;
        asked.push(format!("{status}: {} in 20 days", heard.len()));
    }
    Ok(format!("{}; flagged, by its own name throughout", asked.join(", ")))
}

pub(crate) fn p22() -> Seen {
    let town = Town::new();
    let mill = town.mill();
    town.publisher.answers("/rss", Reply::Status(410));
    town.passes(&mill, TimeDelta::days(60));
    mill.refreshes(true);
    mill.stop();
    town.publisher.posts("/rss", [Post::new("2")]);
    let mill = town.mill();
    town.passes(&mill, TimeDelta::days(60));
    let (heard, feed) = (town.heard().len(), mill.feed());
    hold(heard == 2, || format!("{heard} requests"))?;
    let told = feed.standing == "gone" && feed.next_check.is_none() && feed.trouble.is_some();
    hold(told, || format!("{feed:?}"))?;
    let asked = town.clock.now() - town.heard()[1].at.unwrap_or_default();
    let letters = letters_that_tell_of_an_end()?;
    let days = asked.num_days();
    Ok(format!("0 requests in the {days} days after it, a restart among them; told in {letters}"))
}

/// In how many letters readers are told that a feed has ended, of as many as there were.
fn letters_that_tell_of_an_end() -> Seen {
    let town = Town::empty();
    ["/end", "/other"].iter().for_each(|path| town.publisher.posts(path, [Post::new(path)]));
    let newsletter = "\n[[newsletter]]\nname = \"matin\"\nat = \"06:30\"\n\
        timezone = \"Europe/Paris\"\nfrom = \"moulin@exemple.fr\"\nto = [\"zoe@exemple.fr\"]\n";
    town.subscribes(&["/end", "/other"].map(|path| town.publisher.url(path)), newsletter);
    let mut mill = town.mill();
    town.publisher.answers("/end", Reply::Status(410));
    for day in 0..5 {
        town.publisher.posts("/other", [Post::new(&format!("day {day}"))]);
        town.passes(&mill, TimeDelta::days(1));
        mill.stop();
        mill = town.mill();
    }
    let letters = mailbox::folder(&town.home.path("outbox"));
    let told = letters.iter().filter(|letter| letter.text.contains("(410)")).count();
    hold(told == 1 && letters.len() >= 4, || format!("in {told} of {} letters", letters.len()))?;
    Ok(format!("{told} of {} letters", letters.len()))
}
