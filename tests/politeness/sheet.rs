//! The sheet: P01 to P50, what each requires and the row that tells what a publisher saw. Printed to
//! standard error as it is, so that it is seen without any flag.

use std::fmt::Write as _;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;

use super::town::Seen;
use super::{
    backoff, connections, counters, freshness, manners, moves, operator, pacing, validators,
};

/// How many rows are tried at once.
const AT_ONCE: usize = 4;

/// The row's number, what is required, and how it is looked at.
type Row = (&'static str, &'static str, fn() -> Seen);

const ROWS: [Row; 50] = [
    ("P01", "a first subscription costs one GET", validators::p01),
    ("P02", "the second poll carries both validators", validators::p02),
    ("P03", "an ETag comes back byte for byte", validators::p03),
    ("P04", "a Last-Modified comes back as written", validators::p04),
    ("P05", "a new ETag beside the same date replaces both", validators::p05),
    ("P06", "the same body with new validators replaces them", validators::p06),
    ("P07", "a 304 with new validators is taken over", validators::p07),
    ("P08", "an answer without validators deletes them, once a day", validators::p08),
    ("P09", "a body that cannot be read is kept and read again later", validators::p09),
    ("P10", "an answer cut off stores nothing", validators::p10),
    ("P11", "a server that never answers 304 is asked once a day", validators::p11),
    ("P12", "the same Accept-Encoding every time", validators::p12),
    ("P13", "validators are sent whatever caching says", validators::p13),
    ("P14", "max-age counts on 200 and on 304", freshness::p14),
    ("P15", "max-age and Age: computed, ignored or saturated", freshness::p15),
    ("P16", "Retry-After is obeyed over restarts and kills", backoff::p16),
    ("P17", "Retry-After as a date in three forms", backoff::p17),
    ("P18", "429 for one feed slows a public host, freezes none", pacing::p18),
    ("P19", "429 and 503 without Retry-After back off twofold", backoff::p19),
    ("P20", "twenty failures, never faster, unattended recovery", backoff::p20),
    ("P21", "refusals back off to a day, flagged, by our name", backoff::p21),
    ("P22", "410 ends polling for ever", backoff::p22),
    ("P23", "five kinds of redirects, five hops, moves only by permanent ones", moves::p23),
    ("P24", "a move is believed after it held", moves::p24),
    ("P25", "a hop learns nothing of another", moves::p25),
    ("P26", "nothing of a hop is kept", moves::p26),
    ("P27", "cookies are never sent back", manners::p27),
    ("P28", "the URL as configured, no cache told to step aside", manners::p28),
    ("P29", "the User-Agent says who asks, for how many", manners::p29),
    ("P30", "restarts and kills cost no request", pacing::p30),
    ("P31", "reloads and refreshes keep the minimum gap", pacing::p31),
    ("P32", "500 feeds of one host: one at a time, spread", pacing::p32),
    ("P33", "500 hosts after a day away: bounded, no crowd", pacing::p33),
    ("P34", "one address in several spellings is one fetch", pacing::p34),
    ("P35", "feeds of a host share a connection and a handshake", connections::p35),
    ("P36", "skipHours and skipDays in GMT", freshness::p36),
    ("P37", "ttl and sy only slow down", freshness::p37),
    ("P38", "226 is a delta where it was asked for", manners::p38),
    ("P39", "A-IM answered by a plain 200", manners::p39),
    ("P40", "the interval follows the feed, 60 min to 24 h", pacing::p40),
    ("P41", "304 for ever heals itself", validators::p41),
    ("P42", "a body over the limit is left early", connections::p42),
    ("P43", "a broken family costs no second GET", connections::p43),
    ("P44", "10,000 addresses of one host are planned and paced", pacing::p44),
    ("P45", "only GET", manners::p45),
    ("P46", "a TLS error is not retried in the clear", connections::p46),
    ("P47", "http to https at the same place after two polls", moves::p47),
    ("P48", "Content-Location and rel=self change no address", moves::p48),
    ("P49", "a healthy hub stands in for polling", connections::p49),
    ("P50", "the operator sees next check, rule, validators, report", operator::p50),
];

/// What a row saw; a panic is a rule that did not hold.
fn look(row: fn() -> Seen) -> Seen {
    catch_unwind(AssertUnwindSafe(row)).unwrap_or_else(|panic| {
        let told = panic.downcast_ref::<String>().cloned();
        let told = told.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(format!("panicked: {}", told.unwrap_or_default()))
    })
}

/// All rows, several at once, in the order of the table.
fn look_at_all() -> Vec<Seen> {
    let (next, seen) = (Mutex::new(0), Mutex::new(vec![None; ROWS.len()]));
    let worker = || loop {
        let number = {
            let mut next = next.lock().expect("nobody panics with it");
            *next += 1;
            *next - 1
        };
        let Some((_, _, row)) = ROWS.get(number) else { return };
        let saw = look(*row);
        seen.lock().expect("nobody panics with it")[number] = Some(saw);
    };
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(worker);
        }
    });
    let seen = seen.into_inner().expect("nobody panics with it");
    seen.into_iter().map(|saw| saw.expect("each row was looked at")).collect()
}

#[test]
fn fifty_of_fifty() {
    let only = crate::world::runner::variable("FEEDMILL_ROWS");
    if let Some(only) = only {
        return look_at(&only);
    }
    let seen = look_at_all();
    let mut sheet = "\nPoliteness: what publishers saw\n".to_owned();
    let mut fallen = Vec::new();
    for ((number, required, _), saw) in ROWS.iter().zip(&seen) {
        let (mark, how) = match saw {
            Ok(how) => ("held    ", how),
            Err(how) => ("NOT HELD", how),
        };
        if saw.is_err() {
            fallen.push(*number);
        }
        let _ = writeln!(sheet, "{number} {mark} {required}\n             {how}");
    }
    let fortnight = look(counters::fortnight);
    let (Ok(counted) | Err(counted)) = &fortnight;
    let _ = writeln!(sheet, "\nAs tests of feed readers count:");
    counted.lines().for_each(|line| sheet += &format!("    {line}\n"));
    let _ = writeln!(sheet, "\n{} of {}", ROWS.len() - fallen.len(), ROWS.len());
    // Not through the test's own output, which is shown only when it fails.
    let _ = std::io::stderr().write_all(sheet.as_bytes());
    assert!(fortnight.is_ok(), "{counted}");
    assert_eq!(fallen, [""; 0], "rows that do not hold");
}

/// Some rows alone, as in `FEEDMILL_ROWS=P18,P33`: for whoever works on one.
fn look_at(only: &str) {
    for (number, required, row) in ROWS.iter().filter(|(number, ..)| only.contains(number)) {
        let saw = look(*row);
        let _ = writeln!(std::io::stderr(), "{number} {required}: {saw:?}");
        assert!(saw.is_ok(), "{number}: {saw:?}");
    }
}
