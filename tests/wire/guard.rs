//! No feed, name, redirect, page or proxy leads inside: the program itself, its guard as users run
//! it, among canaries on every address that no origin has.

use std::collections::BTreeMap;
use std::time::Duration;

use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::RecordType;

use super::canaries::Canaries;
use super::names::{Names, Says, these};
use super::pocket::{self, ELSEWHERE, PUBLIC, PUBLIC_SIX};
use super::traced;
use crate::world::feed::Post;
use crate::world::home::{self, Home};
use crate::world::program::{Said, Service, eventually, feedmill, feedmill_with};
use crate::world::publisher::{Publisher, Reply};
use crate::world::servers;

/// Hosts that mean an address inside, as the URL parser reads them or not.
const INSIDE: [&str; 68] = [
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0x7f.0x0.0x0.0x1",
    "017700000001",
    "0177.0.0.01",
    "127.00000.0.1",
    "0",
    "0.0.0.0",
    "\u{ff11}\u{ff12}\u{ff17}.0.0.1",
    "\u{2460}\u{2461}\u{2466}.0.0.1",
    "127\u{3002}0\u{3002}0\u{3002}1",
    "127\u{ff0e}0\u{ff0e}0\u{ff0e}1",
    "%31%32%37.0.0.1",
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "172.16.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::127.0.0.1]",
    "[::a9fe:a9fe]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:10.0.0.1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::1]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::]",
    "[2001:0:5ef5:79fd::f5ff:fffe]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[5f00::1]",
    "[100::1]",
    "[fc00::1]",
    "[fd00::1]",
    "[fe80::1]",
    "[fec0::1]",
    "[ff02::1]",
    "localhost",
    "LOCALHOST.",
    "a.localhost",
    "printer.local",
    "metadata.google.internal",
    "intranet",
    "router.home.arpa",
    "nas.localdomain",
    "com",
];

/// Names that public name servers lead inside.
fn script(name: &str, _: RecordType, _: usize) -> Says {
    let many = |last: &str| -> Says {
        let mut all = vec![PUBLIC; 60];
        all.push(last);
        these(&all)
    };
    match name {
        "public.example" | "page.example" => these(&[PUBLIC]),
        "elsewhere.example" => these(&[ELSEWHERE]),
        "loopback.example" => these(&["127.0.0.1"]),
        "zero.example" => these(&["0.0.0.0"]),
        "private.example" => these(&["10.0.0.1"]),
        "metadata.example" => these(&["169.254.169.254"]),
        "mixed.example" => these(&[PUBLIC, "127.0.0.1"]),
        "six.example" => these(&[PUBLIC, "::1"]),
        "only-six.example" => these(&["fd00::1"]),
        "mapped.example" => these(&["::ffff:127.0.0.1"]),
        "nat64.example" => these(&["64:ff9b::a9fe:a9fe"]),
        "six-to-four.example" => these(&["2002:a9fe:a9fe::"]),
        "teredo.example" => these(&["2001:0:5ef5:79fd::f5ff:fffe"]),
        "last-of-many.example" => many("192.168.0.1"),
        "alias.example" => {
            Says::AliasOf("localhost.".into(), vec!["127.0.0.1".parse().expect("an address")])
        }
        "bare-alias.example" => Says::Alias("localhost.".into()),
        "inward.example" => Says::AliasOf(
            "in.public.example.".into(),
            vec!["10.0.0.1".parse().expect("an address")],
        ),
        _ => Says::Code(ResponseCode::NXDomain),
    }
}

const NAMES: [&str; 14] = [
    "loopback",
    "zero",
    "private",
    "metadata",
    "mixed",
    "six",
    "only-six",
    "mapped",
    "nat64",
    "six-to-four",
    "teredo",
    "last-of-many",
    "alias",
    "inward",
];

/// Where redirects lead.
const PLACES: [&str; 15] = [
    "http://127.0.0.1/",
    "http://0x7f000001/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::1]:6379/",
    "http://10.0.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://public.example@10.0.0.1/",
    "http://loopback.example/",
    "http://mixed.example/",
    "https://private.example/",
    "http://localhost/",
    "http://public.example:22/",
    "http://public.example:25/",
    "http://93.184.215.14:6379/",
    "//[fd00::1]/x",
];

const KINDS: [u16; 5] = [301, 302, 303, 307, 308];

/// What the guard says when it refuses.
const REFUSALS: [&str; 4] = [
    "is a private address; list it in fetch.allow_private",
    ", a private address; list one of them in fetch.allow_private",
    "is a name of a local network",
    "belongs to another service than the web",
];

fn failures(said: &Said) -> BTreeMap<String, String> {
    let tally: serde_json::Value = serde_json::from_str(&said.stdout)
        .unwrap_or_else(|error| panic!("{error}\n{}\n{}", said.stdout, said.stderr));
    let failed = tally["failed"].as_array().expect("a list");
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    failed.iter().map(|remark| (text(&remark["url"]), text(&remark["reason"]))).collect()
}

/// Feeds that lead inside, some by redirects of `publisher`.
fn ways_inside(publisher: &Publisher) -> Vec<String> {
    let mut bad: Vec<String> = Vec::new();
    for (n, host) in INSIDE.iter().enumerate() {
        bad.push(format!("http://{host}/{n}"));
        bad.push(format!("https://{host}/tls/{n}"));
    }
    bad.extend(NAMES.iter().map(|name| format!("http://{name}.example/")));
    bad.push("http://loopback.example./with-a-dot".to_owned());
    bad.extend(
        [22, 25, 2375, 5432, 6379, 9200, 11_211].map(|port| format!("http://{PUBLIC}:{port}/")),
    );
    for (n, place) in PLACES.iter().enumerate() {
        for kind in KINDS {
            publisher.answers(&format!("/{kind}/{n}"), Reply::Redirect(kind, (*place).to_owned()));
            bad.push(format!("http://public.example/{kind}/{n}"));
        }
        publisher.answers(&format!("/far/{n}"), Reply::Redirect(302, format!("further/{n}")));
        publisher.answers(&format!("/far/further/{n}"), Reply::Redirect(301, format!("/307/{n}")));
        bad.push(format!("http://public.example/far/{n}"));
    }
    bad
}

#[test]
fn no_address_name_port_redirect_or_proxy_leads_inside() {
    if !pocket::enter("wire::guard::no_address_name_port_redirect_or_proxy_leads_inside") {
        return;
    }
    let canaries = Canaries::set_out();
    let names = Names::start(script);
    let publisher = Publisher::over(pocket::listen(PUBLIC, 80));
    let by_six = Publisher::over(pocket::listen(PUBLIC_SIX, 80));
    let good = [
        "http://public.example/rss".to_owned(),
        format!("http://{PUBLIC}/rss"),
        format!("http://[{PUBLIC_SIX}]/rss"),
    ];
    publisher.posts("/rss", [Post::new("1")]);
    by_six.posts("/rss", [Post::new("1")]);

    let bad = ways_inside(&publisher);
    let home = Home::new();
    let feeds: Vec<String> = good.iter().chain(&bad).cloned().collect();
    home.configure_fetching("", &feeds, home::Post::Files, "");
    let proxies =
        ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
            .map(|name| (name, "http://10.0.0.1:8080"));
    let said = feedmill_with(&home, &proxies, &["refresh", "--all", "--json"]);

    let failures = failures(&said);
    let unexpected: Vec<_> = failures
        .iter()
        .filter(|(_, reason)| !REFUSALS.iter().any(|refusal| reason.contains(refusal)))
        .collect();
    assert!(unexpected.is_empty(), "not refused by the guard: {unexpected:#?}");
    assert_eq!(failures.len(), bad.len(), "{:?} {}", said.code, said.stderr);
    assert!(good.iter().all(|url| !failures.contains_key(url)));
    assert_eq!((publisher.requests_for("/rss").len(), by_six.requests_for("/rss").len()), (2, 1));
    assert_eq!(canaries.reached(), []);
    // Nothing is asked again and again.
    let redirected = publisher.requests().len() - 2;
    assert_eq!(redirected, PLACES.len() * (KINDS.len() + 3), "one request for each hop");
    let elsewhere = |name: &&&str| !PLACES.iter().any(|place| place.contains(**name));
    for name in NAMES.iter().filter(elsewhere) {
        let asked = names.asked(&format!("{name}.example"));
        assert!((1..=4).contains(&asked), "{name} was looked up {asked} times");
    }
    pocket::report(&format!("{} ways inside refused, 0 canaries reached", bad.len()));
}

#[test]
fn a_bare_alias_of_this_machine_leads_nowhere() {
    if !pocket::enter("wire::guard::a_bare_alias_of_this_machine_leads_nowhere") {
        return;
    }
    let canaries = Canaries::set_out();
    let _names = Names::start(script);
    let home = Home::new();
    let url = "http://bare-alias.example/".to_owned();
    home.configure_fetching("", std::slice::from_ref(&url), home::Post::Files, "");
    let failures = failures(&feedmill(&home, &["refresh", "--all", "--json"]));
    assert!(failures.contains_key(&url), "{failures:?}");
    assert_eq!(canaries.reached(), []);
}

#[test]
fn a_name_that_changes_its_mind_is_never_followed_inside() {
    if !pocket::enter("wire::guard::a_name_that_changes_its_mind_is_never_followed_inside") {
        return;
    }
    let canaries = Canaries::set_out();
    // Each second answer is inside; of one name the IPv6 answer alone, of another every answer
    // after the first.
    let names = Names::start(|name, kind, times| match (name, kind) {
        ("turns.example", _) if times % 2 == 1 => these(&["127.0.0.1", "::1"]),
        ("six-turns.example", RecordType::AAAA) if times % 2 == 1 => these(&["::1"]),
        ("trap.example", _) if times > 0 => these(&["10.0.0.1"]),
        _ => these(&[PUBLIC]),
    });
    let publisher = Publisher::over(pocket::listen(PUBLIC, 80));
    let hosts = ["turns.example", "six-turns.example", "trap.example"];
    let mut feeds = Vec::new();
    for (n, host) in hosts.iter().enumerate() {
        // Several feeds a site: connections that are kept, and ends of connections between them.
        for feed in 0..4 {
            let path = format!("/{n}/{feed}");
            publisher.posts(&path, [Post::new(&format!("{n}-{feed}"))]);
            feeds.push(format!("http://{host}{path}"));
        }
        publisher.answers_once(&format!("/{n}/1"), Reply::HangUp);
        publisher.answers_once(
            &format!("/{n}/2"),
            Reply::Redirect(302, format!("http://{host}:80/{n}/3")),
        );
    }
    let home = Home::new();
    home.configure_fetching("", &feeds, home::Post::Files, "");
    let mut refused = 0;
    for _ in 0..6 {
        let said = feedmill(&home, &["refresh", "--all", "--force", "--json"]);
        refused += failures(&said).values().filter(|why| why.contains("a private address")).count();
    }
    assert_eq!(canaries.reached(), []);
    assert!(refused >= 6, "the answers inside were seen {refused} times");
    assert!(publisher.requests().len() >= 12, "{}", publisher.requests().len());
    assert!(hosts.iter().all(|host| names.asked(host) >= 12));
}

/// How many articles of a feed's first poll are read in full.
const ARTICLES: usize = 10;

/// A page that names feeds, and entries that lead to pages: what a stranger can have asked.
#[test]
fn no_page_and_no_article_leads_inside() {
    if !pocket::enter("wire::guard::no_page_and_no_article_leads_inside") {
        return;
    }
    let canaries = Canaries::set_out();
    let _names = Names::start(script);
    let publisher = Publisher::over(pocket::listen(PUBLIC, 80));
    let links: String = PLACES
        .iter()
        .map(|place| format!("<link rel=alternate type=application/rss+xml href=\"{place}feed\">"))
        .collect();
    publisher.answers("/page", Reply::Page(format!("<!doctype html><title>p</title>{links}<p>x")));
    let home = Home::new();
    home.configure_fetching("", &[], home::Post::Files, "");
    let said = feedmill(&home, &["add", "http://page.example/page"]);
    assert_ne!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
    assert_eq!(publisher.requests_for("/page").len(), 1);
    assert_eq!(canaries.reached(), []);

    let places = PLACES.iter().filter(|place| place.starts_with("http")).take(ARTICLES);
    let posts = places.enumerate().map(|(n, place)| Post::new(&n.to_string()).at(place));
    publisher.posts("/full", posts);
    let feed = "[[feed]]\nurl = \"http://public.example/full\"\nfull_text = true\n";
    home.configure_fetching("", &[], home::Post::Files, feed);
    let mut service = Service::start(&home);
    let given_up = || service.log().matches("article not read, the feed's own").count();
    eventually("all are given up", Duration::from_secs(60), || given_up() == ARTICLES);
    service.kill();
    assert_eq!(canaries.reached(), []);
}

/// Whoever a feed names as its hub is posted to: by name, by address, and where a hub leads.
#[test]
fn no_hub_leads_inside() {
    if !pocket::enter("wire::guard::no_hub_leads_inside") {
        return;
    }
    let canaries = Canaries::set_out();
    let _names = Names::start(script);
    let publisher = Publisher::over(pocket::listen(PUBLIC, 80));
    let names = NAMES.iter().map(|name| format!("http://{name}.example/hub"));
    let inside: Vec<String> = PLACES.iter().map(ToString::to_string).chain(names).collect();
    let mut hubs = inside.clone();
    for (n, place) in inside.iter().enumerate() {
        publisher.answers(&format!("/hub/{n}"), Reply::Redirect(307, place.clone()));
        hubs.push(format!("http://public.example/hub/{n}"));
    }
    let mut feeds = Vec::new();
    for (n, hub) in hubs.iter().enumerate() {
        let (path, own) = (format!("/rss/{n}"), format!("http://public.example/rss/{n}"));
        publisher.posts(&path, [Post::new(&n.to_string())]);
        let links = format!("<{hub}>; rel=\"hub\", <{own}>; rel=\"self\"");
        publisher.edit(&path, |feed| feed.headers = vec![("Link".to_owned(), links)]);
        feeds.push(own);
    }
    let home = Home::new();
    home.configure_fetching("", &feeds, home::Post::Files, "");
    let path = home.path("feedmill.toml");
    let toml = std::fs::read_to_string(&path).expect("a config");
    let reached = "[server]\nbase_url = \"http://elsewhere.example/\"\n";
    std::fs::write(&path, toml.replace("[server]\n", reached)).expect("written");
    let mut service = Service::start(&home);
    let refusals = || -> Vec<String> {
        let log = service.log();
        let lines = log.lines().filter(|line| line.contains("a hub could not be asked"));
        lines.map(str::to_owned).collect()
    };
    eventually("all are refused", Duration::from_secs(60), || refusals().len() == hubs.len());
    let unexpected: Vec<_> = refusals()
        .into_iter()
        .filter(|line| !REFUSALS.iter().any(|refusal| line.contains(refusal)))
        .collect();
    assert!(unexpected.is_empty(), "not refused by the guard: {unexpected:#?}");
    service.kill();
    let asked = publisher.requests();
    let followed = asked.iter().filter(|asked| asked.path.starts_with("/hub/")).count();
    assert_eq!(followed, inside.len(), "each is asked once");
    assert_eq!(canaries.reached(), []);
    pocket::report(&format!("{} hubs inside refused, 0 canaries reached", hubs.len()));
}

#[test]
fn every_connection_of_the_program_is_to_where_it_may_go() {
    if !pocket::enter("wire::guard::every_connection_of_the_program_is_to_where_it_may_go") {
        return;
    }
    if !servers::present("connections traced", &["strace"]) {
        return;
    }
    let _names = Names::start(script);
    let publisher = Publisher::over(pocket::listen(PUBLIC, 80));
    publisher.posts("/rss", [Post::new("1")]);
    let mut feeds = ways_inside(&publisher);
    feeds.push("http://public.example/rss".to_owned());
    let home = Home::new();
    home.configure_fetching("", &feeds, home::Post::Files, "");
    let trace = traced::refresh(&home, &["-f", "-e", "trace=connect,sendto,execve"]);
    let places = |line: &&str| line.contains("sin_addr") || line.contains("sin6_addr");
    let (may, stray): (Vec<&str>, Vec<&str>) = trace.lines().filter(places).partition(|line| {
        let is = |port: u16, ip: &str| {
            line.contains(&format!("htons({port})")) && line.contains(&format!("\"{ip}\""))
        };
        is(53, pocket::NAME_SERVER) || is(80, PUBLIC)
    });
    assert!(stray.is_empty(), "{stray:#?}");
    let connections = may.iter().filter(|line| line.contains(PUBLIC)).count();
    assert!(connections > 0 && trace.matches("execve(").count() == 1, "one program, no other");
}
