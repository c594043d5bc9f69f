//! Validators: what a publisher said to recognise its answer by comes back to it, byte for byte, and
//! to nobody else (P01–P13).

use std::io::Write;
use std::time::Duration;

use chrono::TimeDelta;
use feedmill::clock::Clock;
use flate2::Compression;
use flate2::write::GzEncoder;
use rusqlite::Connection;

use super::town::{MONDAY, Seen, Town, document, gaps, hold, minutes, shortest, wire};
use crate::world::feed::{Format, Post};
use crate::world::program::eventually;
use crate::world::publisher::Reply;

fn some(etag: &str, modified: &str) -> (Option<String>, Option<String>) {
    (Some(etag.to_owned()), Some(modified.to_owned()))
}

pub(crate) fn p01() -> Seen {
    let town = Town::new();
    let mill = town.mill();
    let heard = town.publisher.requests();
    hold(heard.len() == 1, || format!("{} requests: {heard:?}", heard.len()))?;
    let (first, echoed) = (&heard[0], town.echoed()?);
    let line = format!("{} {}", first.method, first.path);
    hold(line == "GET /rss" && echoed == (None, None), || format!("{line} with {echoed:?}"))?;
    hold(town.publisher.connections() == 1, || "more than one connection".to_owned())?;
    mill.stop();
    Ok(format!("one {line}, {} bytes, no validators; nothing else", first.raw.len()))
}

pub(crate) fn p02() -> Seen {
    let town = Town::new();
    town.says(&[("ETag", "\"v1\""), ("Last-Modified", MONDAY)]);
    let mill = town.mill();
    mill.polls();
    let echoed = town.echoed()?;
    hold(echoed == some("\"v1\"", MONDAY), || format!("echoed {echoed:?}"))?;
    Ok("both of the first answer".to_owned())
}

pub(crate) fn p03() -> Seen {
    let long = format!("\"{}\"", "e".repeat(4_000));
    let etags: [&[u8]; 9] = [
        b"\"a\"",
        b"W/\"a\"",
        b"a",
        b"\"a b\"",
        b"w/'x'",
        b"\"\x80\xe9\xff\"",
        b"\"v-gzip\"",
        b"\"\"",
        long.as_bytes(),
    ];
    let town = Town::new();
    let mill = town.mill();
    for (number, etag) in etags.into_iter().enumerate() {
        let posts = [Post::new(&number.to_string()), Post::new("1")];
        let field = [b"ETag: ", etag].concat();
        town.publisher.answers("/rss", wire("200 OK", &[&field], &document(&posts)));
        mill.polls();
        mill.polls();
        let last = town.last()?;
        let echoed = last.bytes("if-none-match").unwrap_or_default();
        hold(echoed == etag, || format!("{:?} came back as {echoed:?}", etag.escape_ascii()))?;
    }
    let field = format!("ETag: \"{}\"", "e".repeat(9_000)).into_bytes();
    town.publisher.answers("/rss", wire("200 OK", &[&field], &document(&[Post::new("1")])));
    mill.polls();
    mill.polls();
    let echoed = town.echoed()?;
    hold(echoed.0.is_none(), || "9 kB were echoed".to_owned())?;
    Ok("9 of 9 spellings byte for byte, 4 kB too; 9 kB dropped".to_owned())
}

pub(crate) fn p04() -> Seen {
    let dates = [
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "123456",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Fri, 01 Jan 2041 00:00:00 GMT",
        "yesterday",
    ];
    let town = Town::new();
    let mill = town.mill();
    for date in dates {
        town.says(&[("Last-Modified", date)]);
        mill.polls();
        mill.polls();
        let echoed = town.echoed()?;
        hold(echoed == (None, Some(date.to_owned())), || format!("{date} as {echoed:?}"))?;
    }
    Ok("5 of 5 as written, dates or not".to_owned())
}

pub(crate) fn p05() -> Seen {
    let town = Town::new();
    let mill = town.mill();
    for etag in ["\"v1\"", "\"v2\"", "\"v3\""] {
        town.says(&[("ETag", etag), ("Last-Modified", MONDAY)]);
        mill.polls();
        mill.polls();
        let echoed = town.echoed()?;
        hold(echoed == some(etag, MONDAY), || format!("after {etag}: {echoed:?}"))?;
    }
    Ok("the new ETag beside the same date, twice".to_owned())
}

pub(crate) fn p06() -> Seen {
    let town = Town::new();
    let mill = town.mill();
    let tuesday = "Tue, 24 Nov 2026 01:00:00 GMT";
    for (etag, date) in [("\"a\"", MONDAY), ("\"b\"", tuesday)] {
        town.says(&[("ETag", etag), ("Last-Modified", date)]);
        mill.polls();
        mill.polls();
        let echoed = town.echoed()?;
        hold(echoed == some(etag, date), || format!("after {etag}: {echoed:?}"))?;
    }
    hold(mill.totals().entries == 1, || "the same body brought entries".to_owned())?;
    Ok("both replaced, nothing new in the body".to_owned())
}

pub(crate) fn p07() -> Seen {
    let town = Town::new();
    town.says(&[("ETag", "\"v1\""), ("Last-Modified", MONDAY)]);
    let mill = town.mill();
    let tuesday = "Tue, 24 Nov 2026 01:00:00 GMT";
    let date = format!("Last-Modified: {tuesday}").into_bytes();
    town.publisher.answers_once("/rss", wire("304 Same", &[b"ETag: \"v2\"", &date], b""));
    mill.polls();
    mill.polls();
    let echoed = town.echoed()?;
    hold(echoed == some("\"v2\"", tuesday), || format!("echoed {echoed:?}"))?;
    Ok("those of the 304".to_owned())
}

pub(crate) fn p08() -> Seen {
    let town = Town::new();
    let mill = town.mill();
    town.says(&[]);
    mill.polls();
    let before = town.heard().len();
    town.passes(&mill, TimeDelta::days(4));
    let later = &town.heard()[before..];
    let bare = later.iter().all(|request| {
        request.bytes("if-none-match").is_none() && request.bytes("if-modified-since").is_none()
    });
    hold(bare, || "old validators were sent".to_owned())?;
    hold((3..=4).contains(&later.len()), || format!("{} polls in 4 days", later.len()))?;
    let least = shortest(&gaps(later))?;
    hold(least >= TimeDelta::days(1), || format!("again after {} min", least.num_minutes()))?;
    Ok(format!("unconditional, {} polls in 4 days", later.len()))
}

/// Answers that break off, each with validators that must not be kept.
fn cut() -> Vec<(&'static str, Reply)> {
    let (trap, body) = (b"ETag: \"trap\"".as_slice(), document(&[Post::new("2"), Post::new("1")]));
    let half = &body[..body.len() / 2];
    let mut coder = GzEncoder::new(Vec::new(), Compression::default());
    coder.write_all(&body).expect("memory");
    let coded = coder.finish().expect("memory");
    let length = format!("Content-Length: {}", body.len()).into_bytes();
    let chunk = [format!("{:x}\r\n", body.len()).as_bytes(), half].concat();
    let (chunked, gzip) = (b"Transfer-Encoding: chunked", b"Content-Encoding: gzip");
    vec![
        ("shorter than announced", wire("200 OK", &[trap, &length], half)),
        ("a chunk broken off", wire("200 OK", &[trap, chunked], &chunk)),
        ("a bad chunk", wire("200 OK", &[trap, chunked], b"zz\r\n<rss>\r\n0\r\n\r\n")),
        ("half a gzip", wire("200 OK", &[trap, gzip], &coded[..coded.len() / 2])),
        ("a reset", Reply::Truncated),
    ]
}

pub(crate) fn p10() -> Seen {
    let town = Town::new();
    town.says(&[("ETag", "\"good\""), ("Last-Modified", MONDAY)]);
    let mill = town.mill();
    for (what, reply) in cut() {
        town.publisher.answers_once("/rss", reply);
        mill.polls();
        hold(mill.totals().entries == 1, || format!("{what} brought an entry"))?;
        mill.polls();
        let echoed = town.echoed()?;
        hold(echoed == some("\"good\"", MONDAY), || format!("after {what}: {echoed:?}"))?;
    }
    Ok("5 of 5 cuts stored nothing; the old validators came again".to_owned())
}

pub(crate) fn p12() -> Seen {
    let town = Town::new();
    town.adds(&[("Vary", "Accept-Encoding")]);
    let mill = town.mill();
    for _ in 0..4 {
        mill.polls();
    }
    let heard = town.heard();
    let codings: Vec<_> = heard.iter().map(|request| request.header("accept-encoding")).collect();
    let is_same = codings.iter().all(|coding| coding.is_some() && *coding == codings[0]);
    hold(is_same, || format!("{codings:?}"))?;
    let etags: Vec<_> = heard[1..].iter().map(|request| request.header("if-none-match")).collect();
    hold(etags.iter().all(|etag| etag.is_some() && *etag == etags[0]), || format!("{etags:?}"))?;
    let coding = codings[0].clone().unwrap_or_default();
    Ok(format!("“{coding}” in {} of {} requests", codings.len(), heard.len()))
}

pub(crate) fn p13() -> Seen {
    let town = Town::new();
    town.adds(&[("Expires", "0"), ("Cache-Control", "no-store")]);
    let mill = town.mill();
    let start = town.clock.now();
    town.passes(&mill, TimeDelta::minutes(61));
    let heard = town.heard();
    hold(heard.len() == 2, || format!("{} requests in 61 minutes", heard.len()))?;
    let (etag, date) = town.echoed()?;
    hold(etag.is_some() && date.is_some(), || format!("echoed {etag:?}, {date:?}"))?;
    let after = heard[1].at.map(|at| (at - start).num_minutes()).unwrap_or_default();
    Ok(format!("both sent, {after} min after the first"))
}

pub(crate) fn p11() -> Seen {
    let town = Town::new();
    let body = document(&[Post::new("1")]);
    town.publisher.answers("/rss", wire("200 OK", &[b"ETag: \"7f-gzip\""], &body));
    let mill = town.mill();
    town.passes(&mill, TimeDelta::days(4));
    let heard = town.heard();
    let echoes = heard[1..]
        .iter()
        .all(|request| request.header("if-none-match").as_deref() == Some("\"7f-gzip\""));
    hold(echoes, || "the ETag was changed".to_owned())?;
    let gaps = minutes(&town.gaps());
    let slow = gaps.len() > 6 && gaps[5..].iter().all(|gap| *gap >= 1_440);
    hold(slow, || format!("gaps of {gaps:?} min"))?;
    let remarks = mill.feed().remarks.join("; ");
    hold(remarks.contains("304"), || format!("told: {remarks}"))?;
    Ok(format!("gaps of {gaps:?} min; told: {remarks}"))
}

pub(crate) fn p41() -> Seen {
    let town = Town::new();
    let post =
        |day: i64| Post::new(&day.to_string()).dated(town.clock.now() - TimeDelta::days(day));
    town.publisher.posts("/rss", (1..5).map(post));
    let mill = town.mill();
    town.publisher.answers("/rss", wire("304 Same", &[], b""));
    town.passes(&mill, TimeDelta::days(65));
    let start = town.heard()[0].at.unwrap_or_default();
    let whole: Vec<i64> = town.heard()[1..]
        .iter()
        .filter(|request| request.bytes("if-none-match").is_none())
        .filter_map(|request| request.at.map(|at| (at - start).num_days()))
        .collect();
    hold(whole.len() == 2 && whole[1] - whole[0] >= 29, || format!("on days {whole:?}"))?;
    let fresh = document(&[Post::new("new"), Post::new("1")]);
    town.publisher.answers("/rss", wire("304 Same", &[], b""));
    let known = mill.totals().entries;
    town.publisher.answers("/rss", wire("200 OK", &[], &fresh));
    town.passes(&mill, TimeDelta::days(2));
    hold(mill.totals().entries == known + 1, || "it did not come back".to_owned())?;
    Ok(format!("{} polls; unconditional on days {whole:?} alone", town.heard().len()))
}

pub(crate) fn p09() -> Seen {
    const BROKEN: &str = "{\"version\": \"https://jsonfeed.org/version/1.1\", \"title\": \"Le flux\", \
        \"items\": [{\"id\": \"1\", \"title\": \"Un\"";
    let town = Town::new();
    town.publisher.answers("/rss", wire("200 OK", &[b"ETag: \"b\""], BROKEN.as_bytes()));
    let mill = town.mill();
    town.passes(&mill, TimeDelta::hours(4));
    let gaps = minutes(&town.gaps());
    hold(gaps.starts_with(&[60, 120]), || format!("gaps of {gaps:?} min"))?;
    let echoed = town.echoed()?.0;
    hold(echoed.as_deref() == Some("\"b\""), || format!("echoed {echoed:?}"))?;
    town.publisher.answers("/rss", wire("304 Same", &[], b""));
    town.passes(&mill, TimeDelta::hours(6));
    hold(mill.feed().standing == "failing", || "what did not change is well".to_owned())?;
    mill.stop();
    // What an older version left behind, that could not read what this one can.
    let asked = town.heard().len();
    let database = Connection::open(town.home.path("feedmill.db")).map_err(|e| e.to_string())?;
    let readable = Format::Json.render("Le flux", &[Post::new("1")]);
    let older = "update unread set parser = '0.0.1', body = ?1";
    let changed = database.execute(older, [readable.as_bytes()]).map_err(|e| e.to_string())?;
    hold(changed == 1, || "the body was not kept".to_owned())?;
    drop(database);
    let mill = town.mill();
    eventually("it is read", Duration::from_secs(60), || mill.merged() == ["Post 1"]);
    hold(town.heard().len() == asked, || "it was downloaded again".to_owned())?;
    Ok(format!(
        "kept with its ETag, asked again after {gaps:?} min, read by a newer parser without a request"
    ))
}
