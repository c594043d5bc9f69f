//! Names that lead nowhere, addresses that are lost, and names of all scripts: what the network does
//! to those who mean well.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use hickory_resolver::proto::op::ResponseCode;

use super::names::{Names, Says, these};
use super::pocket::{self, HOLE_SIX, PUBLIC, PUBLIC_SIX};
use super::traced;
use crate::world::feed::Post;
use crate::world::home::{self, Home};
use crate::world::program::{Service, eventually, feedmill};
use crate::world::publisher::Publisher;
use crate::world::servers;

/// How many names nobody answers for, each of another site: with many it would look like an outage
/// of our own.
const SILENT: usize = 4;
/// How many feeds are well.
const WELL: usize = 20;

fn failing(home: &Home) -> BTreeMap<String, String> {
    let said = feedmill(home, &["feeds", "--failing", "--json"]);
    let feeds: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let feeds = feeds.as_array().expect("a list");
    feeds.iter().map(|feed| (text(&feed["url"]), text(&feed["trouble"]))).collect()
}

#[test]
fn names_that_lead_nowhere_are_told_in_time_and_delay_nobody() {
    if !pocket::enter("wire::reach::names_that_lead_nowhere_are_told_in_time_and_delay_nobody") {
        return;
    }
    let hundreds: Vec<IpAddr> = (0..500_u32)
        .map(|n| Ipv4Addr::from(u32::from(Ipv4Addr::new(93, 185, 0, 1)) + n).into())
        .collect();
    let _names = Names::start(move |name, _, _| match name.split('.').next().unwrap_or_default() {
        "nowhere" => Says::Code(ResponseCode::NXDomain),
        "failed" => Says::Code(ResponseCode::ServFail),
        "refused" => Says::Code(ResponseCode::Refused),
        "nothing" => these(&[]),
        "round" => Says::Alias("and-round.bad.example.".into()),
        "and-round" => Says::Alias("round.bad.example.".into()),
        "many" => Says::These(hundreds.clone()),
        "chatty" => Says::Chatter(60_000, vec![PUBLIC.parse().expect("an address")]),
        silent if silent.starts_with("silent") => Says::Silence,
        _ => these(&[PUBLIC]),
    });
    let publisher = Publisher::over(pocket::listen("0.0.0.0", 80));
    publisher.posts("/rss", [Post::new("1")]);
    let host_of = |host: &str| match host {
        host if host.starts_with("silent") || host.starts_with("well") => format!("{host}.example"),
        host => format!("{host}.bad.example"),
    };
    let feed = |host: &str| format!("http://{}/rss", host_of(host));
    let bad = [
        ("nowhere", "there is no host named nowhere.bad.example"),
        ("failed", "the name servers failed to resolve failed.bad.example"),
        ("refused", "the name servers failed to resolve refused.bad.example"),
        ("nothing", "the name nothing.bad.example has no address"),
        ("round", "round.bad.example"),
    ];
    let mut feeds: Vec<String> = (0..SILENT).map(|n| feed(&format!("silent{n}"))).collect();
    feeds.extend(bad.iter().map(|(host, _)| feed(host)));
    feeds.extend(["many", "chatty"].map(feed));
    feeds.extend((0..WELL).map(|n| feed(&format!("well{n}"))));
    let home = Home::new();
    home.configure_fetching("", &feeds, home::Post::Files, "");

    let began = Instant::now();
    let mut service = Service::start(&home);
    let all_well = || publisher.requests_for("/rss").len() >= WELL + 2;
    eventually("who is well is asked", Duration::from_secs(60), all_well);
    let well_after = began.elapsed();
    let threads = service.threads();
    let all_bad = || failing(&home).len() == SILENT + bad.len();
    eventually("who is not is told", Duration::from_secs(60), all_bad);
    let told_after = began.elapsed();
    service.kill();

    let failing = failing(&home);
    for (host, reason) in bad {
        assert!(failing[&feed(host)].contains(reason), "{host}: {}", failing[&feed(host)]);
    }
    for n in 0..SILENT {
        let host = format!("silent{n}");
        let expected = format!("no name server answered for {host}.example");
        assert_eq!(failing[&feed(&host)], expected);
    }
    assert!(well_after < told_after, "{well_after:?} {told_after:?}");
    assert!(threads <= 32, "{threads} threads for {SILENT} silent names");
    pocket::report(&format!(
        "{WELL} well after {} ms, {SILENT} silent names told after {} ms, {threads} threads",
        well_after.as_millis(),
        told_after.as_millis()
    ));
}

#[test]
fn one_family_alone_is_enough_and_a_broken_one_costs_no_second_request() {
    if !pocket::enter(
        "wire::reach::one_family_alone_is_enough_and_a_broken_one_costs_no_second_request",
    ) {
        return;
    }
    let _names = Names::start(|name, _, _| match name {
        "six.example" => these(&[PUBLIC_SIX]),
        "four.example" => these(&[PUBLIC]),
        // Refused at once by the one, lost at the other.
        "reset.example" => these(&["2606:2800:220:1::dead", PUBLIC]),
        "lost.example" => these(&[HOLE_SIX, PUBLIC]),
        _ => these(&[HOLE_SIX]),
    });
    let (four, six) = (
        Publisher::over(pocket::listen(PUBLIC, 80)),
        Publisher::over(pocket::listen(PUBLIC_SIX, 80)),
    );
    four.posts("/rss", [Post::new("1")]);
    six.posts("/rss", [Post::new("2")]);
    let ask = |host: &str| {
        let home = Home::new();
        let feed = format!("http://{host}.example/rss");
        home.configure_fetching("", &[feed], home::Post::Files, "");
        let said = feedmill(&home, &["refresh", "--all"]);
        assert_eq!(said.code, Some(0), "{host}: {}{}", said.stdout, said.stderr);
    };
    ask("six");
    assert_eq!((four.requests().len(), six.requests().len()), (0, 1));
    ask("four");
    ask("reset");
    assert_eq!((four.requests().len(), four.connections(), six.requests().len()), (2, 2, 1));

    let _hole = pocket::hole(HOLE_SIX, 80);
    let began = Instant::now();
    ask("lost");
    assert_eq!((four.requests().len(), four.connections()), (3, 3), "one GET");
    assert!(began.elapsed() < Duration::from_secs(8), "not the ten seconds of a lost connection");
    if servers::present("the fallback timed", &["strace"]) {
        let millis = fallback_ms();
        assert!((200..1_000).contains(&millis), "the other family is tried after {millis} ms");
        pocket::report(&format!("the other family is tried after {millis} ms"));
    }
}

/// How long after the lost address the other is tried, as strace(1) sees it.
fn fallback_ms() -> u64 {
    let home = Home::new();
    let feed = "http://lost.example/rss".to_owned();
    home.configure_fetching("", &[feed], home::Post::Files, "");
    let trace = traced::refresh(&home, &["-f", "-ttt", "-e", "trace=connect"]);
    let at = |ip: &str| -> f64 {
        let line = trace.lines().find(|line| line.contains(ip)).expect(ip);
        line.split_whitespace().nth(1).and_then(|at| at.parse().ok()).expect("a time")
    };
    let pause = Duration::from_secs_f64(at(PUBLIC) - at(HOLE_SIX));
    u64::try_from(pause.as_millis()).expect("small")
}

#[test]
fn names_of_any_script_are_one_subscription_and_go_out_as_ascii() {
    if !pocket::enter("wire::reach::names_of_any_script_are_one_subscription_and_go_out_as_ascii") {
        return;
    }
    let names = Names::start(|_, _, _| these(&[PUBLIC]));
    let publisher = Publisher::over(pocket::listen(PUBLIC, 80));
    let path = "/flux/%C3%A9t%C3%A9?q=%C5%93";
    publisher.posts(path, [Post::new("1")]);
    let home = Home::new();
    let hosts = [
        ("b\u{fc}cher.example", "xn--bcher-kva.example"),
        ("fa\u{df}.example", "xn--fa-hia.example"),
        // Latin and Cyrillic mixed: shown as what it is, not as what it looks like.
        ("p\u{430}ypal.example", "xn--pypal-4ve.example"),
    ];
    let feeds = hosts.map(|(host, _)| format!("http://{host}/flux/\u{e9}t\u{e9}?q=\u{153}"));
    home.configure_fetching("", &feeds, home::Post::Files, "");
    let said = feedmill(&home, &["refresh", "--all"]);
    assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
    let mut heard: Vec<_> =
        publisher.requests_for(path).iter().filter_map(|r| r.header("host")).collect();
    heard.sort_unstable();
    let mut expected = hosts.map(|(_, sent)| sent);
    expected.sort_unstable();
    assert_eq!(heard, expected);
    assert!(expected.iter().all(|name| names.asked(name) > 0));
    let listed = feedmill(&home, &["feeds", "--json"]).stdout;
    assert!(listed.is_ascii() && expected.iter().all(|name| listed.contains(name)), "{listed}");

    for (host, same) in [hosts[0], ("B\u{dc}CHER.example", "xn--bcher-kva.example")] {
        let twice = [format!("http://{host}/"), format!("http://{same}/")];
        home.configure_fetching("", &twice, home::Post::Files, "");
        let said = feedmill(&home, &["check"]);
        assert_eq!(said.code, Some(78), "{}", said.stdout);
        assert!(said.stderr.contains("stands here and in line"), "{}", said.stderr);
    }
    for host in ["xn--.example", "xn--a.example", "a b.example", "a%00b.example"] {
        home.configure_fetching("", &[format!("http://{host}/")], home::Post::Files, "");
        assert_eq!(feedmill(&home, &["check"]).code, Some(78), "{host}");
    }
}
