//! Signals: the service ends within ten seconds whatever the others do, with exit code 0, and
//! nothing is lost.

use std::process::ExitStatus;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::journeys::NEWSLETTER;
use crate::world::feed::Post;
use crate::world::home::{self, Home};
use crate::world::program::{Service, eventually, feedmill};
use crate::world::publisher::{Publisher, Reply};
use crate::world::reader;
use crate::world::relay::{Conduct, Relay, Step};

const PATIENCE: Duration = Duration::from_secs(60);

struct Stage {
    publisher: Publisher,
    relay: Relay,
    home: Home,
}

fn stage() -> Stage {
    let (publisher, relay, home) = (Publisher::start(), Relay::start(), Home::new());
    publisher.posts("/rss", [Post::new("1")]);
    home.configure(&[publisher.url("/rss")], home::Post::Relay(relay.port()), NEWSLETTER);
    Stage { publisher, relay, home }
}

/// Sends the signals and returns how the service ended, its log, and after how long.
fn ends_by(service: Service, signals: &[Signal]) -> (ExitStatus, String, Duration) {
    let begun = Instant::now();
    for (number, signal) in signals.iter().enumerate() {
        if number > 0 {
            let heard = || service.log().contains("ending: work under way is finished first");
            eventually("the first signal is heard", PATIENCE, heard);
        }
        service.signal(*signal);
    }
    let (status, log) = service.ends();
    (status, log, begun.elapsed())
}

fn in_order(ended: &(ExitStatus, String, Duration), within: Duration) {
    let (status, log, after) = ended;
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(*after < within, "it took {after:?}: {log}");
    assert!(!log.contains("panicked") && !log.contains("RUST_BACKTRACE"), "{log}");
}

#[test]
fn a_stuck_origin_does_not_hold_the_end_up() {
    for (signals, within) in [
        (&[Signal::SIGTERM][..], Duration::from_secs(10)),
        (&[Signal::SIGINT], Duration::from_secs(10)),
        (&[Signal::SIGTERM, Signal::SIGTERM], Duration::from_secs(5)),
        (&[Signal::SIGINT, Signal::SIGTERM], Duration::from_secs(5)),
    ] {
        let stage = stage();
        stage.publisher.answers("/rss", Reply::Stall);
        let service = Service::start(&stage.home);
        let asked = || stage.publisher.requests_for("/rss").len() == 1;
        eventually("the origin is asked", PATIENCE, asked);
        in_order(&ends_by(service, signals), within);

        stage.publisher.recovers("/rss");
        let service = Service::start(&stage.home);
        let merged = || reader::get(&stage.home.url("/feeds/all.atom")).expect("answered").text();
        eventually("the feed is asked again at once", PATIENCE, || merged().contains("Post 1"));
        in_order(&ends_by(service, &[Signal::SIGTERM]), within);
    }
}

#[test]
fn an_origin_that_drips_is_cut_off_and_brings_nothing_half() {
    let stage = stage();
    stage.publisher.answers("/rss", Reply::Drip(Duration::from_millis(200)));
    let service = Service::start(&stage.home);
    let asked = || stage.publisher.requests_for("/rss").len() == 1;
    eventually("the origin is asked", PATIENCE, asked);
    in_order(&ends_by(service, &[Signal::SIGTERM]), Duration::from_secs(10));
    stage.publisher.recovers("/rss");
    let said = feedmill(&stage.home, &["refresh"]);
    assert!(said.stdout.contains("1 new entry"), "it is still due: {}", said.stdout);
    let request = stage.publisher.requests_for("/rss").pop().expect("asked");
    assert_eq!(request.header("if-none-match"), None, "nothing of the half was kept");
}

/// The number of letters in `state`.
fn letters(home: &Home, state: &str) -> u64 {
    let said = feedmill(home, &["status", "--json"]);
    let status: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    status["letters"][state].as_u64().expect("a number")
}

#[test]
fn a_relay_that_stalls_does_not_hold_the_end_up_and_the_letter_is_not_lost() {
    for step in [Step::Connect, Step::Rcpt, Step::Data] {
        let stage = stage();
        stage.relay.behaves_once(Conduct::Stall(step));
        assert_eq!(feedmill(&stage.home, &["refresh", "--all"]).code, Some(0));
        let service = Service::start(&stage.home);
        let sent = feedmill(&stage.home, &["newsletter", "send", "matin"]);
        assert_eq!(sent.code, Some(0), "{}", sent.stderr);
        eventually("the relay stalls", PATIENCE, || stage.relay.conversations() == 1);
        in_order(&ends_by(service, &[Signal::SIGTERM]), Duration::from_secs(10));

        // It had not been sent, so it is sent at once and nothing is counted as a copy.
        let service = Service::start(&stage.home);
        assert_eq!(stage.relay.wait_for(1, PATIENCE).len(), 1, "{step:?}");
        eventually("it is recorded", PATIENCE, || letters(&stage.home, "accepted") == 1);
        in_order(&ends_by(service, &[Signal::SIGTERM]), Duration::from_secs(10));
        assert_eq!(stage.relay.taken().len(), 1, "{step:?}");
    }
}

#[test]
fn a_reply_to_the_dot_that_never_comes_leaves_the_letter_uncertain_and_held() {
    let stage = stage();
    let feeds = [stage.publisher.url("/rss")];
    let hold = format!("{NEWSLETTER}on_uncertain = \"hold\"\n");
    stage.home.configure(&feeds, home::Post::Relay(stage.relay.port()), &hold);
    stage.relay.behaves_once(Conduct::WithholdTheReply);
    assert_eq!(feedmill(&stage.home, &["refresh", "--all"]).code, Some(0));
    let service = Service::start(&stage.home);
    assert_eq!(feedmill(&stage.home, &["newsletter", "send", "matin"]).code, Some(0));
    assert_eq!(stage.relay.wait_for(1, PATIENCE).len(), 1);
    in_order(&ends_by(service, &[Signal::SIGTERM]), Duration::from_secs(10));
    assert_eq!(letters(&stage.home, "data-sent"), 1);
    let service = Service::start(&stage.home);
    eventually("it is held", PATIENCE, || letters(&stage.home, "held") == 1);
    in_order(&ends_by(service, &[Signal::SIGTERM]), Duration::from_secs(10));
    assert_eq!(stage.relay.taken().len(), 1);
}

#[test]
fn a_hangup_reads_the_configuration_and_ends_nothing() {
    let stage = stage();
    let mut service = Service::start(&stage.home);
    service.signal(Signal::SIGHUP);
    let applied = "the changed configuration is in force";
    eventually("it is read again", PATIENCE, || service.log().contains(applied));
    assert!(service.is_alive());
    in_order(&ends_by(service, &[Signal::SIGTERM]), Duration::from_secs(10));
}

#[test]
fn a_letter_on_its_way_is_finished_before_the_end() {
    let stage = stage();
    stage.home.configure(
        &[stage.publisher.url("/rss")],
        home::Post::Relay(stage.relay.port()),
        &NEWSLETTER.replace("[\"zoe@exemple.fr\"]", "[\"a@exemple.fr\", \"b@exemple.fr\"]"),
    );
    assert_eq!(feedmill(&stage.home, &["refresh", "--all"]).code, Some(0));
    let service = Service::start(&stage.home);
    assert_eq!(feedmill(&stage.home, &["newsletter", "send", "matin"]).code, Some(0));
    eventually("a letter is on its way", PATIENCE, || stage.relay.conversations() > 0);
    in_order(&ends_by(service, &[Signal::SIGTERM]), Duration::from_secs(10));
    let service = Service::start(&stage.home);
    let taken = stage.relay.wait_for(2, PATIENCE);
    in_order(&ends_by(service, &[Signal::SIGTERM]), Duration::from_secs(10));
    assert_eq!(taken.len(), 2);
    assert_ne!(taken[0].to, taken[1].to, "each subscriber once");
    assert_eq!(stage.relay.taken().len(), 2);
}
