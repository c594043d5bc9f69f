//! A witness between a reader app and the mill: hands on what each of them says, and remembers how
//! each request was put and answered. For readers that do not tell it themselves.

use std::io::{self, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

use super::host::{Connection, Host};
use super::request::Request;

/// One request and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Visit {
    /// Whether the reader showed by a validator that it has a copy.
    pub(crate) conditional: bool,
    pub(crate) status: u16,
}

/// A witness. Dropping it closes its port.
#[derive(Debug)]
pub(crate) struct Witness {
    host: Host,
    seen: Arc<Mutex<Vec<Visit>>>,
}

impl Witness {
    /// Stands before the server whose address begins so: `http://address:port`.
    pub(crate) fn before(server: &str) -> Self {
        let server = server.trim_start_matches("http://").to_owned();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&seen);
        let host = Host::start(SocketAddr::from(([127, 0, 0, 1], 0)), move |connection| {
            hand_on(connection, &server, &told)
        });
        Self { host, seen }
    }

    /// The address under which a path of the server is reached through it.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host.address())
    }

    /// Every visit so far, in the order answered.
    pub(crate) fn visits(&self) -> Vec<Visit> {
        self.seen.lock().expect("no thread panics while it holds the list").clone()
    }
}

/// Hands on one request and its answer. Both connections end with them, so that the end of an answer
/// need not be understood.
fn hand_on(connection: &mut Connection, server: &str, seen: &Mutex<Vec<Visit>>) -> io::Result<()> {
    let number = connection.number();
    let request = Request::read(&mut BufReader::with_capacity(1, &mut *connection), number)?;
    let Some(request) = request else { return Ok(()) };
    let mut upstream = TcpStream::connect(server)?;
    let mut wire = format!("{} {} HTTP/1.1\r\n", request.method, request.path).into_bytes();
    for (name, value) in request.headers.iter().filter(|(name, _)| name != "connection") {
        wire.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    wire.extend(b"connection: close\r\n\r\n");
    upstream.write_all(&wire)?;
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer)?;
    let digits = answer.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok());
    let status = digits.and_then(|digits| digits.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
    let validators = ["if-none-match", "if-modified-since"];
    let conditional = validators.iter().any(|name| request.bytes(name).is_some());
    seen.lock().map_err(|_| io::ErrorKind::Other)?.push(Visit { conditional, status });
    connection.write_all(&answer)
}

#[test]
fn a_witness_changes_nothing_and_remembers_the_answers() {
    use super::feed::Post;
    use super::publisher::Publisher;
    use super::reader;
    let publisher = Publisher::start();
    publisher.posts("/rss", [Post::new("1").titled("L'été")]);
    let witness = Witness::before(&publisher.url(""));
    let url = witness.url("/rss");
    let first = reader::get(&url).expect("answered");
    assert_eq!(first.body, reader::get(&publisher.url("/rss")).expect("answered").body);
    let etag = first.header("etag").expect("an ETag").to_owned();
    let again = reader::get_with(&url, &[("If-None-Match", &etag)]).expect("answered");
    assert_eq!((first.status, again.status), (200, 304));
    let visit = |conditional, status| Visit { conditional, status };
    assert_eq!(witness.visits(), [visit(false, 200), visit(true, 304)]);
}
