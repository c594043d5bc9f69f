//! What publishers say to recognise an answer by, and what becomes of it when the answer is bad.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::journeys::Village;
use crate::world::feed::{Format, Post};
use crate::world::mill::Mill;
use crate::world::publisher::Reply;
use crate::world::reader;

/// A whole answer on the wire.
fn wire(status: &str, headers: &[&str], body: &[u8]) -> Reply {
    let mut bytes = format!("HTTP/1.1 {status}\r\nConnection: close\r\n").into_bytes();
    for header in headers {
        bytes.extend(format!("{header}\r\n").into_bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    Reply::Wire(bytes)
}

/// The validators with which the feed was asked last.
fn asked_with(village: &Village) -> (Option<String>, Option<String>) {
    let request = village.publisher.requests_for("/rss").pop().expect("asked");
    (request.header("if-none-match"), request.header("if-modified-since"))
}

fn some(etag: &str, modified: &str) -> (Option<String>, Option<String>) {
    (Some(etag.to_owned()), Some(modified.to_owned()))
}

const MONDAY: &str = "Mon, 23 Nov 2026 10:00:00 GMT";

/// A village whose feed says these validators, whatever it is asked with.
fn stubborn(etag: &str) -> Village {
    let village = Village::with("");
    village.publisher.posts("/rss", [Post::new("1")]);
    says(&village, etag);
    village
}

fn says(village: &Village, etag: &str) {
    village.publisher.edit("/rss", |feed| {
        (feed.etag, feed.last_modified) = (false, false);
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        feed.headers = vec![header("ETag", etag), header("Last-Modified", MONDAY)];
    });
}

#[test]
fn an_etag_that_changes_alone_is_echoed_at_the_next_poll() {
    let village = stubborn("\"v1\"");
    let mill = Mill::start(&village.home, &village.clock);
    assert_eq!(asked_with(&village), (None, None));
    mill.polls();
    assert_eq!(asked_with(&village), some("\"v1\"", MONDAY));
    says(&village, "W/\"v2\"");
    mill.polls();
    mill.polls();
    assert_eq!(asked_with(&village), some("W/\"v2\"", MONDAY), "body and date are the same");
    assert_eq!(mill.totals().entries, 1);
}

#[test]
fn a_304_that_carries_a_new_validator_is_taken_at_its_word() {
    let village = stubborn("\"v1\"");
    let mill = Mill::start(&village.home, &village.clock);
    village.publisher.answers_once("/rss", wire("304 Same", &["ETag: \"v2\""], b""));
    mill.polls();
    mill.polls();
    assert_eq!(asked_with(&village), some("\"v2\"", MONDAY));
    assert_eq!(mill.feed().standing, "healthy");
}

/// Answers that are no document, each with validators that must not be kept.
fn bad_answers() -> Vec<(&'static str, Reply)> {
    let trap = "ETag: \"trap\"";
    let typed = |kind: &'static str| [trap, kind];
    let xml = "Content-Type: application/rss+xml";
    let login = "<!DOCTYPE html><html><title>Connexion</title><form><input name=user></form>";
    let part = Format::Rss.render("Le flux", &[Post::new("trap")]);
    vec![
        ("login page", wire("200 OK", &typed("Content-Type: text/html"), login.as_bytes())),
        ("login page as RSS", wire("200 OK", &typed(xml), login.as_bytes())),
        ("empty", wire("200 OK", &[trap, xml, "Content-Length: 0"], b"")),
        ("no content", wire("204 None", &[trap], b"")),
        ("a part", wire("206 Part", &[trap, xml, "Content-Range: bytes 0-9/99"], part.as_bytes())),
        (
            "an error as JSON",
            wire("200 OK", &typed("Content-Type: application/json"), b"{\"error\":\"quota\"}"),
        ),
        ("an error", wire("500 Oops", &[trap, xml], part.as_bytes())),
        ("forbidden", wire("403 No", &[trap, xml], part.as_bytes())),
        ("not found", wire("404 No", &[trap, xml], part.as_bytes())),
        ("no items", wire("200 OK", &typed(xml), Format::Rss.render("Le flux", &[]).as_bytes())),
    ]
}

/// The feed's next document, cut off in the ways in which answers are cut off.
fn cut_answers() -> Vec<(&'static str, Reply)> {
    let (trap, xml) = ("ETag: \"trap\"", "Content-Type: application/rss+xml");
    let body = Format::Rss.render("Le flux", &[Post::new("trap"), Post::new("1")]).into_bytes();
    let half = &body[..body.len() / 2];
    let mut coder = GzEncoder::new(Vec::new(), Compression::default());
    coder.write_all(&body).expect("memory");
    let coded = coder.finish().expect("memory");
    let gzip = "Content-Encoding: gzip";
    let mut chunked = format!("{:x}\r\n", body.len()).into_bytes();
    chunked.extend(half);
    let length = format!("Content-Length: {}", body.len());
    vec![
        ("shorter than announced", wire("200 OK", &[trap, xml, &length], half)),
        (
            "a chunk broken off",
            wire("200 OK", &[trap, xml, "Transfer-Encoding: chunked"], &chunked),
        ),
        (
            "a bad chunk",
            wire("200 OK", &[trap, xml, "Transfer-Encoding: chunked"], b"zz\r\n<rss>\r\n0\r\n\r\n"),
        ),
        ("half a gzip", wire("200 OK", &[trap, xml, gzip], &coded[..coded.len() / 2])),
        ("reset in the middle", Reply::Truncated),
    ]
}

#[test]
fn a_bad_answer_leaves_entries_and_validators_as_they_were() {
    let village = Village::with("");
    village.publisher.posts("/rss", [Post::new("2"), Post::new("1")]);
    let mill = Mill::start(&village.home, &village.clock);
    let merged = mill.get("/feeds/all.atom");
    let given = reader::get(&village.publisher.url("/rss")).expect("answered");
    let known = |name| given.header(name).map(str::to_owned);
    for (what, reply) in bad_answers().into_iter().chain(cut_answers()) {
        village.publisher.answers("/rss", reply);
        let tally = mill.polls();
        assert_eq!((tally.arrived, tally.changed, tally.failed.len()), (0, 0, 1), "{what}");
        let feed = mill.feed();
        assert_eq!(feed.standing, "failing", "{what}");
        assert!(feed.trouble.is_some_and(|reason| !reason.is_empty()), "{what} has its reason");
        assert_eq!(mill.totals().failing, 1, "{what}");
        assert_eq!(mill.get("/feeds/all.atom").body, merged.body, "{what}");

        village.publisher.recovers("/rss");
        mill.polls();
        assert_eq!(asked_with(&village), (known("etag"), known("last-modified")), "after {what}");
        assert_eq!((mill.feed().standing, mill.totals().entries), ("healthy", 2), "after {what}");
        assert_eq!(mill.get("/feeds/all.atom").body, merged.body, "after {what}");
    }
    mill.lives_until_the("2026-11-24T05:30:00Z");
    let letters = village.letters();
    assert_eq!(letters.len(), 1);
    assert!(!letters[0].text.contains("trap"), "{}", letters[0].text);
}

#[test]
fn a_first_answer_that_is_cut_off_brings_nothing_and_the_next_poll_asks_for_all() {
    for (what, reply) in cut_answers() {
        let village = Village::with("");
        village.publisher.posts("/rss", [Post::new("1")]);
        village.publisher.answers_once("/rss", reply);
        let mill = Mill::start(&village.home, &village.clock);
        assert_eq!(mill.totals().entries, 0, "{what}");
        mill.polls();
        assert_eq!(asked_with(&village), (None, None), "{what}");
        assert_eq!(mill.merged(), ["Post 1"], "{what}");
    }
}
