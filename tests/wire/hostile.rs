//! Everything that a publisher can do wrong on the wire, at once, to the program itself: each is told
//! by its cause, costs one connection and little memory, and delays nobody.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufReader, Write};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use async_compression::Level;
use async_compression::tokio::bufread as encoders;
use tokio::io::AsyncReadExt;

use super::names::{Names, these};
use super::pocket::{self, ELSEWHERE, PUBLIC};
use crate::world::feed::Post;
use crate::world::home::{self, Home};
use crate::world::host::{Connection, Host};
use crate::world::program::{Service, eventually, feedmill};
use crate::world::publisher::Publisher;
use crate::world::request::Request;

const WELL: usize = 20;
/// How many sites misbehave: with more it would look like an outage of our own.
const SITES: usize = 5;
/// How long one poll may take here; it is for the drips, which end by nothing else.
const DEADLINE: Duration = Duration::from_secs(4);
/// The largest body here.
const MAX_BODY: usize = 2_000_000;
/// The most that the worst of the wire may add to the memory of the program, in kB.
const MORE_MEMORY: u64 = 32 * 1_024;
/// What fits into the buffers of two sockets.
const BUFFERS: usize = 10_000_000;

const RSS: &[u8] = b"<rss version=\"2.0\"><channel><title>t</title></channel></rss>";

/// What is written to who asks; then the connection ends, unless it goes on for ever.
#[derive(Debug, Clone)]
enum Way {
    Bytes(Vec<u8>),
    /// The first, then one byte after another.
    Drip(Vec<u8>),
    /// The first, then the second again and again.
    Endless(Vec<u8>, Vec<u8>),
}

/// The cases by name, each with the cause that is told; nothing where the feed is read.
type Cases = Vec<(&'static str, Way, Option<&'static str>)>;

fn head(fields: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nConnection: close\r\n{fields}\r\n").into_bytes()
}

fn whole(fields: &str, body: &[u8]) -> Way {
    let mut bytes = head(&format!("{fields}Content-Length: {}\r\n", body.len()));
    bytes.extend(body);
    Way::Bytes(bytes)
}

fn status(line: &str) -> Way {
    Way::Bytes(
        [
            format!("HTTP/1.1 {line}\r\nConnection: close\r\nContent-Length: 7\r\n\r\n").as_bytes(),
            b"<html/>",
        ]
        .concat(),
    )
}

fn junk(bytes: &[u8]) -> Way {
    Way::Bytes(bytes.to_vec())
}

fn cases() -> Cases {
    let chunk = [b"2000\r\n".as_slice(), &[b'x'; 0x2000], b"\r\n"].concat();
    let large = Some("larger than 2 MB (fetch.max_body)");
    let not_http = Some("its answer");
    let huge = format!("X-Large: {}\r\n", "x".repeat(1_000_000));
    let many: String = (0..1_000).map(|n| format!("X-{n}: y\r\n")).collect();
    let etag = format!("ETag: \"{}\"\r\n", "e".repeat(60_000));
    let far = format!("302 Found\r\nLocation: /{}", "x".repeat(200_000));
    let mut hints = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".repeat(1_000);
    hints.extend(head(&format!("Content-Length: {}\r\n", RSS.len())));
    hints.extend(RSS);
    let mut cases = vec![
        ("drip-head", Way::Drip(b"HTTP/1.1 200 OK\r\nX: ".to_vec()), Some("while waiting for its answer")),
        ("drip-body", Way::Drip(head("")), Some("while its answer was coming in")),
        ("drip-length", Way::Drip(head("Content-Length: 99999\r\n")), Some("while its answer was coming in")),
        ("hints-for-ever", Way::Endless(Vec::new(), b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()), Some("timed out after 4 s")),
        ("endless", Way::Endless(head(""), vec![b'x'; 8_192]), large),
        ("endless-chunks", Way::Endless(head("Transfer-Encoding: chunked\r\n"), chunk), large),
        ("announced", Way::Endless(head("Content-Length: 99999999999\r\n"), vec![b'x'; 8_192]), large),
        ("coded-x", whole("Content-Encoding: x\r\n", RSS), Some("content coding \"x\"")),
        ("short", Way::Bytes([head("Content-Length: 999\r\n").as_slice(), RSS].concat()), Some("the connection was closed too early")),
        ("bad-chunk", junk(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<rss/>"), not_http),
        ("nowhere", status("302 Found"), Some("without saying where to")),
        ("to-a-file", status("302 Found\r\nLocation: file:///etc/passwd"), Some("to something unusable")),
        ("far", status(&far), Some("to something unusable")),
        ("loop", status("301 Moved\r\nLocation: /loop"), Some("once more after 5 redirects")),
        ("huge-head", whole(&huge, RSS), Some("the headers of its answer are too large")),
        ("many-fields", whole(&many, RSS), Some("the headers of its answer are too large")),
        ("large-etag", whole(&etag, RSS), None),
        ("hints", Way::Bytes(hints), None),
        ("http-0.9", junk(b"<rss>no head</rss>\r\n"), not_http),
        ("binary", junk(b"\x00\xff\x16\x03\x01 \r\n\r\n"), not_http),
        ("two-lengths", junk(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nContent-Length: 7\r\n\r\n<rss/>"), not_http),
        ("two-ways", junk(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n<rss/>\r\n0\r\n\r\n"), Some("states its length in two ways")),
        ("switch", junk(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"), Some("101")),
        ("silence", junk(b""), Some("the connection was closed")),
        ("999", status("999 Request denied"), Some("answered 999")),
        ("600", status("600 Odd"), Some("answered 600")),
        ("000", status("000 Nothing"), not_http),
        ("204", junk(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"), Some("answered 204")),
        ("206", status("206 Partial Content"), Some("answered 206")),
    ];
    for (name, coding) in [
        ("bomb-gzip", "gzip"),
        ("bomb-br", "br"),
        ("bomb-zstd", "zstd"),
        ("bomb-deflate", "deflate"),
    ] {
        cases.push((name, whole(&format!("Content-Encoding: {coding}\r\n"), &bomb(coding)), large));
    }
    let twice = whole("Content-Encoding: gzip, gzip\r\n", &bomb("gzip"));
    cases.push(("bomb-twice", twice, Some("content coding \"gzip, gzip\"")));
    cases
}

/// A hundred million zeros.
fn bomb(coding: &str) -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let mut coded = Vec::new();
    runtime.block_on(async {
        let zeros = tokio::io::BufReader::new(tokio::io::repeat(0).take(100_000_000));
        let level = Level::Fastest;
        let done = match coding {
            "gzip" => {
                encoders::GzipEncoder::with_quality(zeros, level).read_to_end(&mut coded).await
            }
            "br" => {
                encoders::BrotliEncoder::with_quality(zeros, Level::Precise(1))
                    .read_to_end(&mut coded)
                    .await
            }
            "zstd" => {
                encoders::ZstdEncoder::with_quality(zeros, level).read_to_end(&mut coded).await
            }
            _ => encoders::ZlibEncoder::with_quality(zeros, level).read_to_end(&mut coded).await,
        };
        done.expect("encoding in memory");
    });
    coded
}

/// A publisher of all cases, each at the path of its name.
struct Rogue {
    host: Host,
    asked: Arc<Mutex<HashMap<String, usize>>>,
    /// How many bytes of an endless answer were got rid of.
    written: Arc<Mutex<HashMap<String, usize>>>,
}

impl Rogue {
    fn start(cases: &Cases) -> Self {
        let ways: HashMap<String, Way> =
            cases.iter().map(|(name, way, _)| (format!("/{name}"), way.clone())).collect();
        let asked: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
        let written: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
        let (heard, sent) = (Arc::clone(&asked), Arc::clone(&written));
        let host = Host::over(pocket::listen(PUBLIC, 80), move |connection| {
            let mut stream = BufReader::with_capacity(1, &mut *connection);
            let Some(request) = Request::read(&mut stream, 0)? else { return Ok(()) };
            *heard
                .lock()
                .expect("nobody panics with it")
                .entry(request.path.clone())
                .or_default() += 1;
            let way = ways.get(&request.path).ok_or(io::ErrorKind::NotFound)?;
            write(connection, way, |bytes| {
                *sent
                    .lock()
                    .expect("nobody panics with it")
                    .entry(request.path.clone())
                    .or_default() += bytes;
            })
        });
        Self { host, asked, written }
    }
}

fn write(connection: &mut Connection, way: &Way, sent: impl Fn(usize)) -> io::Result<()> {
    match way {
        Way::Bytes(bytes) => connection.write_all(bytes),
        Way::Drip(bytes) => {
            connection.write_all(bytes)?;
            loop {
                connection.write_all(b"x")?;
                // The pace of the play: there is nothing to wait for.
                thread::sleep(Duration::from_millis(200));
            }
        }
        Way::Endless(bytes, more) => {
            connection.write_all(bytes)?;
            loop {
                connection.write_all(more)?;
                sent(more.len());
            }
        }
    }
}

fn troubles(home: &Home) -> BTreeMap<String, String> {
    let said = feedmill(home, &["feeds", "--failing", "--json"]);
    let feeds: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let feeds = feeds.as_array().expect("a list");
    feeds.iter().map(|feed| (text(&feed["url"]), text(&feed["trouble"]))).collect()
}

/// Has the service ask these feeds until `done`; returns the peak of its memory.
fn peak_of(home: &Home, feeds: &[String], done: impl FnMut() -> bool) -> u64 {
    let fetch = format!("timeout = \"{}s\"\nmax_body = \"2MB\"", DEADLINE.as_secs());
    home.configure_fetching(&fetch, feeds, home::Post::Files, "");
    let mut service = Service::start(home);
    eventually("every feed has been asked", Duration::from_secs(120), done);
    let peak = service.peak_kb();
    service.kill();
    peak
}

#[test]
fn the_worst_of_the_wire_is_told_and_delays_nobody() {
    if !pocket::enter("wire::hostile::the_worst_of_the_wire_is_told_and_delays_nobody") {
        return;
    }
    assert_eq!(MAX_BODY, 2_000_000, "as configured and as told");
    let _names = Names::start(|name, _, _| {
        these(&[if name.starts_with("well") { ELSEWHERE } else { PUBLIC }])
    });
    let publisher = Publisher::over(pocket::listen(ELSEWHERE, 80));
    publisher.posts("/rss", [Post::new("1")]);
    let well: Vec<String> = (0..WELL).map(|n| format!("http://well{n}.example/rss")).collect();
    let asked = || publisher.requests_for("/rss").len();
    let calm = peak_of(&Home::new(), &well, || asked() == WELL);

    let cases = cases();
    let rogue = Rogue::start(&cases);
    let url = |name: &str| {
        let number = cases.iter().position(|(case, ..)| *case == name).unwrap_or_default();
        format!("http://{name}.site{}.example/{name}", number % SITES)
    };
    // The rogues first: they were due before.
    let feeds: Vec<String> =
        cases.iter().map(|(name, ..)| url(name)).chain(well.iter().cloned()).collect();
    let home = Home::new();
    let bad = cases.iter().filter(|(.., cause)| cause.is_some()).count();
    let began = Instant::now();
    let mut well_after = None;
    let stormy = peak_of(&home, &feeds, || {
        if asked() == 2 * WELL {
            well_after.get_or_insert_with(|| began.elapsed());
        }
        well_after.is_some() && troubles(&home).len() == bad
    });
    let well_after = well_after.expect("asked");

    let troubles = troubles(&home);
    let told = |name: &str| troubles.get(&url(name)).map(String::as_str);
    let untold: Vec<_> = cases
        .iter()
        .map(|(name, _, cause)| (*name, *cause, told(name)))
        .filter(|(_, cause, told)| match (cause, told) {
            (Some(cause), Some(told)) => !told.contains(cause),
            (cause, told) => cause.is_some() || told.is_some(),
        })
        .collect();
    assert!(untold.is_empty(), "{untold:#?}");
    let rogues = rogue.asked.lock().expect("nobody panics with it");
    let twice: Vec<_> =
        rogues.iter().filter(|(path, times)| **times > 1 && *path != "/loop").collect();
    assert!(twice.is_empty() && rogues["/loop"] == 6, "nothing is tried again at once: {rogues:?}");
    assert!(rogue.host.accepted() <= cases.len() + 5);
    // Interim answers have no end but the deadline: they carry nothing, so nothing is kept of them.
    let written = rogue.written.lock().expect("nobody panics with it");
    let mut endless = written.iter().filter(|(path, _)| *path != "/hints-for-ever");
    assert!(endless.all(|(_, bytes)| *bytes < MAX_BODY + BUFFERS), "{written:?}");
    assert!(stormy <= calm + MORE_MEMORY, "{stormy} kB, {calm} kB without");
    assert!(well_after < DEADLINE, "who is well waits for nobody: {well_after:?}");
    pocket::report(&format!(
        "{} ways of the wire at once: {} MB instead of {} MB, {WELL} well within {} ms",
        cases.len(),
        stormy / 1_024,
        calm / 1_024,
        well_after.as_millis()
    ));
}
