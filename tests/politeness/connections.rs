//! Connections: how many, how long, how much is taken, and never another way in (P35, P42, P43, P46,
//! P49). What needs public addresses is seen by tests in a network of their own, which a row runs.

use std::process::{Command, Stdio};
use std::time::Duration;

use chrono::TimeDelta;

use super::town::{Seen, Town, gaps, hold, minutes};
use crate::wire::pocket::{self, PUBLIC};
use crate::world::feed::Post;
use crate::world::home::{self, Home};
use crate::world::hub::Hub;
use crate::world::program::{Service, eventually};
use crate::world::publisher::{Publisher, Reply};

/// Runs another test of this binary, and hands on what it measured in its own network; says so where
/// no such network can be made.
pub(crate) fn witnessed(test: &str) -> Seen {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new(this)
        .args([test, "--exact", "--test-threads=1"])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (said, told) = (text(&output.stdout), text(&output.stderr));
    hold(output.status.success() && said.contains("1 passed"), || format!("{test}: {said}{told}"))?;
    if told.contains(&format!("skipped {test}")) {
        return Ok("in public not looked at: no network of its own here".to_owned());
    }
    let figures = told.lines().filter_map(|line| line.strip_prefix("pocket: "));
    let figures: Vec<&str> = figures.collect();
    let name = test.rsplit("::").next().unwrap_or(test).replace('_', " ");
    Ok(if figures.is_empty() { format!("in public: {name}") } else { figures.join("; ") })
}

/// Ten feeds of a public host, one of which is throttled: the others are asked more slowly, and asked.
#[test]
fn a_public_host_that_throttles_is_slowed() {
    if !pocket::enter("politeness::connections::a_public_host_that_throttles_is_slowed") {
        return;
    }
    let publisher = Publisher::over(pocket::listen(PUBLIC, 80));
    let paths: Vec<String> = (0..4).map(|number| format!("/{number}")).collect();
    paths.iter().for_each(|path| publisher.posts(path, [Post::new(path)]));
    publisher.answers("/0", Reply::RetryAfter(429, "86400".to_owned()));
    let feeds: Vec<String> = paths.iter().map(|path| format!("http://{PUBLIC}{path}")).collect();
    let home = Home::new();
    home.configure_fetching("", &feeds, home::Post::Files, "");
    let begun = std::time::Instant::now();
    let mut service = Service::start(&home);
    eventually("the throttled feed", Duration::from_secs(30), || {
        !publisher.requests_for("/0").is_empty()
    });
    let before = publisher.requests().len();
    eventually("another feed all the same", Duration::from_secs(90), || {
        publisher.requests().len() > before
    });
    let waited = begun.elapsed().as_secs();
    service.kill();
    assert!(waited >= 29, "asked again after {waited} s");
    assert_eq!(publisher.requests_for("/0").len(), 1);
    pocket::report(&format!("public host: the others go on, {waited} s apart instead of 0"));
}

pub(crate) fn p35() -> Seen {
    let town = Town::empty();
    let feeds: Vec<String> = (0..20)
        .map(|number| {
            let path = format!("/{number}");
            town.publisher.posts(&path, [Post::new(&path)]);
            town.publisher.url(&path)
        })
        .collect();
    town.subscribes(&feeds, "");
    let mill = town.mill();
    let (heard, connections) = (town.publisher.requests().len(), town.publisher.connections());
    hold(heard == 20 && connections <= 2, || format!("{heard} requests, {connections} connects"))?;
    mill.stop();
    let secure = witnessed("wire::tls::feeds_of_a_host_share_one_connection_and_one_handshake")?;
    Ok(format!("20 feeds, {connections} connect; {secure}"))
}

pub(crate) fn p42() -> Seen {
    let town = Town::empty();
    town.publisher.answers("/rss", Reply::Endless);
    let fetch = "allow_private = [\"127.0.0.0/8\"]\nmax_body = \"1MB\"";
    town.home.configure_fetching(fetch, &[town.publisher.url("/rss")], home::Post::Files, "");
    let mill = town.mill();
    town.passes(&mill, TimeDelta::days(1));
    let polls = town.heard().len();
    let each = town.publisher.poured() / polls.max(1);
    // What lies in the buffers of two sockets was sent and not taken.
    hold(each <= 8_000_000, || format!("{each} bytes were taken of each"))?;
    let gaps = minutes(&gaps(&town.heard()));
    let backs_off = gaps.starts_with(&[60, 120, 240]);
    hold(backs_off && mill.feed().trouble.is_some(), || format!("gaps of {gaps:?} min"))?;
    Ok(format!("limit 1 MB: {each} bytes left the origin per poll; gaps of {gaps:?} min"))
}

pub(crate) fn p43() -> Seen {
    let town = Town::empty();
    town.publisher.posts("/rss", [Post::new("1")]);
    let url = town.publisher.url("/rss").replace("127.0.0.1", "localhost");
    let fetch = "allow_private = [\"127.0.0.0/8\", \"::1/128\"]";
    town.home.configure_fetching(fetch, &[url], home::Post::Files, "");
    let mill = town.mill();
    let (heard, feed) = (town.heard().len(), mill.feed());
    hold(heard == 1 && feed.standing == "healthy", || format!("{heard} requests, {feed:?}"))?;
    let test = "wire::reach::one_family_alone_is_enough_and_a_broken_one_costs_no_second_request";
    let public = witnessed(test)?;
    Ok(format!("[::1] refuses: 1 GET over 127.0.0.1; {public}"))
}

pub(crate) fn p46() -> Seen {
    let town = Town::empty();
    town.publisher.posts("/rss", [Post::new("1")]);
    let url = town.publisher.url("/rss").replace("http://", "https://");
    town.subscribes(&[url], "");
    let mill = town.mill();
    town.passes(&mill, TimeDelta::days(1));
    let clear = town.publisher.requests_for("/rss").len();
    let tried = town.publisher.connections();
    hold(clear == 0 && tried > 3, || format!("{clear} requests in the clear, {tried} tries"))?;
    hold(mill.feed().trouble.is_some(), || "it is not told".to_owned())?;
    let test = "wire::tls::what_is_wrong_with_tls_is_told_and_never_got_around";
    let public = witnessed(test)?;
    Ok(format!("{tried} tries over TLS, 0 in the clear, and told; {public}"))
}

pub(crate) fn p49() -> Seen {
    let town = Town { home: Home::public(), ..Town::empty() };
    let hub = Hub::start();
    hub.grants(&(6 * 86_400).to_string());
    town.publisher.posts("/rss", [Post::new("1")]);
    let url = town.publisher.url("/rss");
    let links = format!("<{}>; rel=\"hub\", <{url}>; rel=\"self\"", hub.url());
    town.adds(&[("Link", links.as_str())]);
    town.subscribes(&[url], "");
    let mill = town.mill();
    hold(hub.verified().len() == 1, || format!("the hub was answered {:?}", hub.unverified()))?;
    let mut days = Vec::new();
    for _ in 0..4 {
        let before = town.heard().len();
        for hour in 0..24 {
            // Without a hub, a feed that changes by the hour is asked by the hour.
            town.publisher.posts("/rss", [Post::new("1").titled(&format!("{days:?} {hour}"))]);
            town.passes(&mill, TimeDelta::hours(1));
        }
        days.push(town.heard().len() - before);
    }
    hold(days[..2].iter().all(|polls| *polls <= 1), || format!("polls a day: {days:?}"))?;
    hold(days[3] >= 20, || format!("silent for half its lease, polls a day: {days:?}"))?;
    Ok(format!(
        "polls a day {days:?}: one while the hub is trusted, as ever once it was silent for half its lease"
    ))
}
