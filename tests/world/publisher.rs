//! A publisher: an HTTP/1.1 server on loopback whose pages the test edits.
//!
//! A path is a feed (`posts`, `edit`), answered with real validators and real 304s, or anything
//! else that the web does to those who ask (`answers`). Every request is counted and kept.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use chrono::{DateTime, Utc};
use feedmill::clock::Clock;

use super::clock::ManualClock;
use super::feed::{Format, Post};
use super::host::{Connection, Host};
use super::request::Request;

/// A feed at a path.
#[derive(Debug, Clone)]
pub(crate) struct Feed {
    pub(crate) title: String,
    pub(crate) format: Format,
    /// Newest first, as most publishers do; the order is kept as given.
    pub(crate) posts: Vec<Post>,
    /// Whether an ETag is sent and honoured.
    pub(crate) etag: bool,
    /// Whether Last-Modified is sent and honoured.
    pub(crate) last_modified: bool,
    /// Sent with every answer, 304 included.
    pub(crate) headers: Vec<(String, String)>,
    /// Elements that stand in the channel of an RSS document besides.
    pub(crate) channel: String,
    edits: i64,
}

impl Default for Feed {
    fn default() -> Self {
        Self {
            title: "Le flux".to_owned(),
            format: Format::Rss,
            posts: Vec::new(),
            etag: true,
            last_modified: true,
            headers: Vec::new(),
            channel: String::new(),
            edits: 0,
        }
    }
}

/// What a publisher does when asked for a path, if not to serve its feed.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// A status without a body.
    Status(u16),
    /// A status with `Retry-After`, in seconds or as a date.
    RetryAfter(u16, String),
    /// A redirect by that status.
    Redirect(u16, String),
    /// A web page with status 200.
    Page(String),
    /// Status 200, a feed's content type and no bytes.
    Empty,
    /// The feed, announced whole, cut off in the middle by a reset.
    Truncated,
    /// The feed, one byte at a time with a pause between.
    Drip(Duration),
    /// Nothing, until the other side gives up.
    Stall,
    /// The connection is closed without a word.
    HangUp,
    /// These bytes, and then the connection is closed.
    Wire(Vec<u8>),
    /// A feed without end, until the other side leaves.
    Endless,
}

/// A publisher. Dropping it closes its port.
#[derive(Debug)]
pub(crate) struct Publisher {
    host: Host,
    site: Arc<Mutex<Site>>,
}

#[derive(Debug, Default)]
struct Site {
    feeds: HashMap<String, Feed>,
    replies: HashMap<String, Reply>,
    once: HashMap<String, Vec<Reply>>,
    requests: Vec<Request>,
    clock: Option<ManualClock>,
    at_once: usize,
    most_at_once: usize,
    /// Bytes of bodies without end that were taken.
    poured: usize,
}

impl Publisher {
    /// A publisher on 127.0.0.1.
    pub(crate) fn start() -> Self {
        Self::on([127, 0, 0, 1])
    }

    /// A publisher on an address of 127.0.0.0/8: for another site.
    pub(crate) fn on(address: [u8; 4]) -> Self {
        let address = SocketAddr::from((address, 0));
        Self::over(TcpListener::bind(address).expect("loopback can be bound"))
    }

    /// A publisher who is found there.
    pub(crate) fn over(listener: TcpListener) -> Self {
        let site = Arc::new(Mutex::new(Site::default()));
        let heard = Arc::clone(&site);
        let host = Host::over(listener, move |connection| serve(connection, &heard));
        Self { host, site }
    }

    /// Notes when each request is heard by that clock.
    pub(crate) fn under(self, clock: &ManualClock) -> Self {
        self.site().clock = Some(clock.clone());
        self
    }

    fn site(&self) -> MutexGuard<'_, Site> {
        self.site.lock().expect("no thread panics while it holds the site")
    }

    /// The address of a path that begins with a slash.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host.address())
    }

    /// The feed at `path` now has these posts, and no other reply stands in its way.
    pub(crate) fn posts(&self, path: &str, posts: impl IntoIterator<Item = Post>) {
        self.site().replies.remove(path);
        self.edit(path, |feed| feed.posts = posts.into_iter().collect());
    }

    /// Changes the feed at `path`, which is there from now on. Its Last-Modified moves by a second.
    pub(crate) fn edit(&self, path: &str, change: impl FnOnce(&mut Feed)) {
        let mut site = self.site();
        let feed = site.feeds.entry(path.to_owned()).or_default();
        change(feed);
        feed.edits += 1;
    }

    /// From now on `path` is answered so.
    pub(crate) fn answers(&self, path: &str, reply: Reply) {
        self.site().replies.insert(path.to_owned(), reply);
    }

    /// The next request for `path` is answered so; called again, the one after it.
    pub(crate) fn answers_once(&self, path: &str, reply: Reply) {
        self.site().once.entry(path.to_owned()).or_default().push(reply);
    }

    /// All is well again: `path` is answered with its feed.
    pub(crate) fn recovers(&self, path: &str) {
        let mut site = self.site();
        site.replies.remove(path);
        site.once.remove(path);
    }

    /// Every request so far, in the order heard.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.site().requests.clone()
    }

    /// Every request for `path` so far.
    pub(crate) fn requests_for(&self, path: &str) -> Vec<Request> {
        self.site().requests.iter().filter(|request| request.path == path).cloned().collect()
    }

    /// How many requests it had to answer at once at most.
    pub(crate) fn most_at_once(&self) -> usize {
        self.site().most_at_once
    }

    /// How many bytes of bodies without end were taken before the other side left.
    pub(crate) fn poured(&self) -> usize {
        self.site().poured
    }

    /// How many connections were opened to it.
    pub(crate) fn connections(&self) -> usize {
        self.host.accepted()
    }
}

fn serve(connection: &mut Connection, site: &Mutex<Site>) -> io::Result<()> {
    loop {
        let number = connection.number();
        let mut stream = BufReader::with_capacity(1, &mut *connection);
        let Some(mut request) = Request::read(&mut stream, number)? else { return Ok(()) };
        let last = request.header("connection").is_some_and(|value| value == "close");
        let (feed, reply) = {
            let mut site = site.lock().map_err(|_| io::ErrorKind::Other)?;
            request.at = site.clock.as_ref().map(Clock::now);
            site.requests.push(request.clone());
            site.at_once += 1;
            site.most_at_once = site.most_at_once.max(site.at_once);
            let once = site.once.get_mut(&request.path).filter(|replies| !replies.is_empty());
            let reply = once.map(|replies| replies.remove(0));
            let reply = reply.or_else(|| site.replies.get(&request.path).cloned());
            (site.feeds.get(&request.path).cloned(), reply)
        };
        let open = match (reply, feed) {
            (Some(Reply::Endless), _) => pour(connection, site),
            (Some(reply), feed) => {
                misbehave(connection, &reply, &feed.unwrap_or_default(), &request)
            }
            (None, Some(feed)) => connection.write_all(&feed.answer(&request)).map(|()| true),
            (None, None) => connection.write_all(&message(404, &[], b"")).map(|()| true),
        };
        site.lock().map_err(|_| io::ErrorKind::Other)?.at_once -= 1;
        if last || !open? {
            return Ok(());
        }
    }
}

/// A body without end, counted as it is taken.
fn pour(connection: &mut Connection, site: &Mutex<Site>) -> io::Result<bool> {
    connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n\r\n")?;
    let more = b"<item/>".repeat(1_000);
    loop {
        connection.write_all(&more)?;
        site.lock().map_err(|_| io::ErrorKind::Other)?.poured += more.len();
    }
}

/// Answers as told; returns whether the connection stays open.
fn misbehave(
    connection: &mut Connection,
    reply: &Reply,
    feed: &Feed,
    request: &Request,
) -> io::Result<bool> {
    let header = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    let bytes = match reply {
        Reply::Status(status) => message(*status, &[], b""),
        Reply::RetryAfter(status, when) => message(*status, &header("Retry-After", when), b""),
        Reply::Redirect(status, to) => message(*status, &header("Location", to), b""),
        Reply::Page(html) => {
            message(200, &header("Content-Type", "text/html; charset=utf-8"), html.as_bytes())
        }
        Reply::Empty => message(200, &header("Content-Type", feed.format.content_type()), b""),
        Reply::Truncated => {
            let whole = feed.answer(request);
            connection.write_all(&whole[..whole.len() / 2])?;
            connection.reset_at_the_end()?;
            return Ok(false);
        }
        Reply::Drip(pause) => {
            for byte in feed.answer(request) {
                connection.write_all(&[byte])?;
                thread::sleep(*pause);
            }
            return Ok(true);
        }
        Reply::Stall => {
            connection.stall()?;
            return Ok(false);
        }
        Reply::HangUp | Reply::Endless => return Ok(false),
        Reply::Wire(bytes) => {
            connection.write_all(bytes)?;
            return Ok(false);
        }
    };
    connection.write_all(&bytes)?;
    Ok(true)
}

impl Feed {
    /// 200 with the document, or 304 where the request shows what it is already known by
    /// (RFC 9110, section 13.2.2: If-None-Match goes before If-Modified-Since).
    fn answer(&self, request: &Request) -> Vec<u8> {
        let body = self.format.render(&self.title, &self.posts);
        let body = body.replacen("<channel>", &format!("<channel>{}", self.channel), 1);
        let mut hasher = DefaultHasher::new();
        body.hash(&mut hasher);
        let etag = format!("\"{:016x}\"", hasher.finish());
        let modified = DateTime::<Utc>::from_timestamp(1_767_225_600 + self.edits, 0)
            .expect("seconds of the year 2026")
            .format("%a, %d %b %Y %H:%M:%S GMT")
            .to_string();
        let mut headers = self.headers.clone();
        headers.extend(self.etag.then(|| ("ETag".to_owned(), etag.clone())));
        headers.extend(self.last_modified.then(|| ("Last-Modified".to_owned(), modified.clone())));
        let known = match (request.header("if-none-match"), request.header("if-modified-since")) {
            (Some(etags), _) if self.etag => etags.split(", ").any(|one| one == etag),
            (_, Some(since)) if self.last_modified => since == modified,
            _ => false,
        };
        if known {
            return message(304, &headers, b"");
        }
        headers.push(("Content-Type".to_owned(), self.format.content_type().to_owned()));
        message(200, &headers, body.as_bytes())
    }
}

fn message(status: u16, headers: &[(String, String)], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status} So\r\n").into_bytes();
    for (name, value) in headers {
        bytes.extend(format!("{name}: {value}\r\n").into_bytes());
    }
    if status != 304 {
        bytes.extend(format!("Content-Length: {}\r\n", body.len()).into_bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    bytes
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;
    use crate::world::reader;

    #[test]
    fn a_feed_changes_its_validators_when_it_is_edited() {
        let publisher = Publisher::start();
        publisher.posts("/rss", [Post::new("1")]);
        let url = publisher.url("/rss");
        let first = reader::get(&url).expect("answered");
        assert_eq!(first.status, 200);
        assert!(first.text().contains("urn:post:1"));
        let etag = first.header("etag").expect("an ETag").to_owned();
        let modified = first.header("last-modified").expect("a date").to_owned();

        let asked = |name: &str, value: &str| {
            reader::get_with(&url, &[(name, value)]).expect("answered").status
        };
        assert_eq!(asked("If-None-Match", &etag), 304);
        assert_eq!(asked("If-Modified-Since", &modified), 304);
        publisher.posts("/rss", [Post::new("2"), Post::new("1")]);
        assert_eq!(asked("If-None-Match", &etag), 200);
        assert_eq!(asked("If-Modified-Since", &modified), 200);

        publisher.edit("/rss", |feed| {
            feed.etag = false;
            feed.last_modified = false;
            feed.format = Format::Json;
            feed.title = "Neuf".to_owned();
            feed.headers = vec![("Cache-Control".to_owned(), "max-age=60".to_owned())];
        });
        let bare = reader::get(&url).expect("answered");
        assert_eq!((bare.header("etag"), bare.header("last-modified")), (None, None));
        assert_eq!(bare.header("cache-control"), Some("max-age=60"));
        assert!(bare.text().starts_with('{') && bare.text().contains("Neuf"));
    }

    #[test]
    fn requests_are_kept_with_their_connection() {
        let publisher = Publisher::on([127, 0, 0, 2]);
        publisher.posts("/a", []);
        let stream = TcpStream::connect(publisher.host.address()).expect("it listens");
        let mut stream = BufReader::new(stream);
        for path in ["/a", "/b?c"] {
            let ask = format!("GET {path} HTTP/1.1\r\nX-Case: {path}\r\n\r\n");
            stream.get_mut().write_all(ask.as_bytes()).expect("open");
            let status = reader::read_answer(&mut stream).expect("kept alive").status;
            assert_eq!(status, if path == "/a" { 200 } else { 404 });
        }
        let requests = publisher.requests();
        assert_eq!(requests.len(), 2);
        assert_eq!(requests[1].header("x-case").as_deref(), Some("/b?c"));
        assert_eq!((requests[0].connection, requests[1].connection), (0, 0));
        assert_eq!(publisher.requests_for("/a").len(), 1);
        assert_eq!(publisher.connections(), 1);
    }

    #[test]
    fn a_publisher_misbehaves_as_told() {
        let publisher = Publisher::start();
        publisher.posts("/x", [Post::new("1")]);
        let url = publisher.url("/x");
        let next = |reply: Reply| {
            publisher.answers_once("/x", reply);
            reader::get(&url)
        };
        assert_eq!(next(Reply::Status(500)).expect("answered").status, 500);
        let later = next(Reply::RetryAfter(429, "120".to_owned())).expect("answered");
        assert_eq!((later.status, later.header("retry-after")), (429, Some("120")));
        let moved = next(Reply::Redirect(301, "/y".to_owned())).expect("answered");
        assert_eq!((moved.status, moved.header("location")), (301, Some("/y")));
        let page = next(Reply::Page("<html>".to_owned())).expect("answered");
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(next(Reply::Empty).expect("answered").body.len(), 0);
        assert_eq!(next(Reply::Drip(Duration::from_micros(1))).expect("answered").status, 200);
        let cut = next(Reply::Truncated).expect_err("cut off");
        assert_eq!(cut.kind(), io::ErrorKind::ConnectionReset);
        assert_eq!(
            next(Reply::HangUp).expect_err("no answer").kind(),
            io::ErrorKind::UnexpectedEof
        );
        assert_eq!(reader::get(&url).expect("well again").status, 200);
    }

    #[test]
    fn a_lasting_reply_ends_with_recovery() {
        let publisher = Publisher::start();
        publisher.posts("/x", [Post::new("1")]);
        publisher.answers("/x", Reply::Status(503));
        let status = || reader::get(&publisher.url("/x")).expect("answered").status;
        assert_eq!([status(), status()], [503, 503]);
        publisher.recovers("/x");
        assert_eq!(status(), 200);
        publisher.answers("/x", Reply::Status(410));
        publisher.posts("/x", []);
        assert_eq!(status(), 200);
    }

    #[test]
    fn a_stalled_publisher_says_nothing_and_a_dropped_one_is_gone() {
        let publisher = Publisher::start();
        publisher.answers("/x", Reply::Stall);
        let address = publisher.host.address();
        let mut stream = TcpStream::connect(address).expect("it listens");
        stream.write_all(b"GET /x HTTP/1.1\r\n\r\n").expect("open");
        stream.set_read_timeout(Some(Duration::from_millis(50))).expect("settable");
        let silence = io::Read::read(&mut stream, &mut [0; 1]).expect_err("no byte");
        assert!(matches!(silence.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut));
        drop(publisher);
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("settable");
        assert_eq!(io::Read::read(&mut stream, &mut [0; 1]).unwrap_or(0), 0, "closed");
    }
}
