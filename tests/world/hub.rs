//! A hub (WebSub): it is asked to tell of changes, verifies who asked, and tells, or misbehaves as told.
//!
//! Real HTTP on loopback in both directions. It verifies before it answers, as hubs may, so that all
//! is settled when the mill has come to rest.

use std::collections::HashMap;
use std::io::{self, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::host::{Connection, Host};
use super::reader::{self, Answer};
use super::request::Request;

/// What a hub does when it is asked.
#[derive(Debug, Clone)]
pub(crate) enum Conduct {
    /// Verifies, granting a lease of so many seconds, or saying none; answers 202.
    Verifies(Option<String>),
    /// Verifies who subscribes, as [`Conduct::Verifies`] does, and never follows who leaves.
    Keeps(String),
    /// Answers 202 and denies, with a reason.
    Denies(String),
    /// Answers 202 and never verifies.
    Forgets,
    /// Answers with that status, and Retry-After if it is not empty.
    Refuses(u16, String),
    /// Redirects by that status.
    Redirects(u16, String),
    /// Says nothing until the other side gives up.
    Stalls,
    /// Closes the connection without a word.
    HangsUp,
}

/// One request that a hub heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) mode: String,
    pub(crate) topic: String,
    pub(crate) callback: String,
    pub(crate) secret: Option<String>,
    pub(crate) lease: Option<String>,
    /// Method and path, to see that nothing else was asked.
    pub(crate) line: String,
}

/// A hub. Dropping it closes its port.
#[derive(Debug)]
pub(crate) struct Hub {
    host: Host,
    desk: Arc<Mutex<Desk>>,
}

#[derive(Debug)]
struct Desk {
    conduct: Conduct,
    asked: Vec<Asked>,
    /// Callbacks that echoed the challenge, in order.
    verified: Vec<String>,
    /// What a callback answered that did not.
    unverified: Vec<u16>,
    /// How many ask at this moment, and how many did at most.
    at_once: usize,
    most_at_once: usize,
}

impl Hub {
    /// A hub on 127.0.0.1 that grants ten days.
    pub(crate) fn start() -> Self {
        let desk = Desk {
            conduct: Conduct::Verifies(Some("864000".to_owned())),
            asked: Vec::new(),
            verified: Vec::new(),
            unverified: Vec::new(),
            at_once: 0,
            most_at_once: 0,
        };
        let desk = Arc::new(Mutex::new(desk));
        let heard = Arc::clone(&desk);
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let host = Host::start(address, move |connection| serve(connection, &heard));
        Self { host, desk }
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().expect("no thread panics while it holds the desk")
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.host.address())
    }

    /// From now on it does that when it is asked.
    pub(crate) fn behaves(&self, conduct: Conduct) {
        self.desk().conduct = conduct;
    }

    /// From now on it verifies and grants so many seconds.
    pub(crate) fn grants(&self, seconds: &str) {
        self.behaves(Conduct::Verifies(Some(seconds.to_owned())));
    }

    /// Everything it was asked, in order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.desk().asked.clone()
    }

    /// What it was asked of that mode.
    pub(crate) fn asked_to(&self, mode: &str) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| asked.mode == mode).collect()
    }

    /// The callbacks that echoed its challenge, in order.
    pub(crate) fn verified(&self) -> Vec<String> {
        self.desk().verified.clone()
    }

    /// The statuses of callbacks that did not.
    pub(crate) fn unverified(&self) -> Vec<u16> {
        self.desk().unverified.clone()
    }

    /// How many asked it at once at most.
    pub(crate) fn most_at_once(&self) -> usize {
        self.desk().most_at_once
    }

    /// The callback verified last.
    pub(crate) fn callback(&self) -> String {
        self.verified().pop().expect("a callback was verified")
    }

    /// Posts `body` with `headers` to the callback verified last.
    pub(crate) fn pushes(&self, body: &[u8], headers: &[(&str, &str)]) -> Answer {
        post(&self.callback(), body, headers).expect("answered")
    }
}

/// Posts `body` to `url` (`http://address:port/path`) on a connection of its own.
pub(crate) fn post(url: &str, body: &[u8], headers: &[(&str, &str)]) -> io::Result<Answer> {
    let mut stream = open_post(url, body.len(), headers)?;
    // Who refuses a large body may close before it is all sent; the answer counts.
    let _ = stream.write_all(body);
    reader::read_answer(&mut BufReader::new(stream))
}

/// A connection on which a POST of so many bytes is announced and none is sent.
pub(crate) fn open_post(
    url: &str,
    length: usize,
    headers: &[(&str, &str)],
) -> io::Result<TcpStream> {
    let rest = url.strip_prefix("http://").ok_or(io::ErrorKind::InvalidInput)?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let more: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    write!(
        stream,
        "POST /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
         Content-Length: {length}\r\n{more}\r\n"
    )?;
    Ok(stream)
}

/// The question of a hub as the query of its address.
pub(crate) fn question(mode: &str, topic: &str, challenge: &str, lease: Option<&str>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("hub.mode", mode).append_pair("hub.topic", topic);
    query.append_pair("hub.challenge", challenge);
    if let Some(lease) = lease {
        query.append_pair("hub.lease_seconds", lease);
    }
    query.finish()
}

fn serve(connection: &mut Connection, desk: &Mutex<Desk>) -> io::Result<()> {
    let number = connection.number();
    let mut stream = BufReader::new(&mut *connection);
    let Some(request) = Request::read(&mut stream, number)? else { return Ok(()) };
    let length = request.header("content-length").and_then(|length| length.parse().ok());
    let mut body = Vec::new();
    stream.by_ref().take(length.unwrap_or(0)).read_to_end(&mut body)?;
    let asked = asked(&request, &body);
    let conduct = {
        let mut desk = desk.lock().map_err(|_| io::ErrorKind::Other)?;
        desk.asked.push(asked.clone());
        desk.at_once += 1;
        desk.most_at_once = desk.most_at_once.max(desk.at_once);
        desk.conduct.clone()
    };
    let answered = answer(connection, desk, conduct, &asked);
    desk.lock().map_err(|_| io::ErrorKind::Other)?.at_once -= 1;
    answered
}

fn answer(
    connection: &mut Connection,
    desk: &Mutex<Desk>,
    conduct: Conduct,
    asked: &Asked,
) -> io::Result<()> {
    let status = match conduct {
        Conduct::Verifies(lease) => {
            verify(desk, asked, lease.as_deref());
            "202 Accepted\r\n".to_owned()
        }
        Conduct::Keeps(lease) => {
            if asked.mode == "subscribe" {
                verify(desk, asked, Some(&lease));
            }
            "202 Accepted\r\n".to_owned()
        }
        Conduct::Denies(reason) => {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.append_pair("hub.mode", "denied").append_pair("hub.topic", &asked.topic);
            query.append_pair("hub.reason", &reason);
            let denied = reader::get(&format!("{}?{}", asked.callback, query.finish()));
            drop(denied);
            "202 Accepted\r\n".to_owned()
        }
        Conduct::Forgets => "202 Accepted\r\n".to_owned(),
        Conduct::Refuses(status, later) if later.is_empty() => format!("{status} No\r\n"),
        Conduct::Refuses(status, later) => format!("{status} No\r\nRetry-After: {later}\r\n"),
        Conduct::Redirects(status, to) => format!("{status} There\r\nLocation: {to}\r\n"),
        Conduct::Stalls => return connection.stall(),
        Conduct::HangsUp => return Ok(()),
    };
    write!(connection, "HTTP/1.1 {status}Content-Length: 0\r\nConnection: close\r\n\r\n")
}

/// Asks at the callback whether the request is meant, and notes what came of it.
fn verify(desk: &Mutex<Desk>, asked: &Asked, lease: Option<&str>) {
    let lease = lease.filter(|_| asked.mode == "subscribe");
    let challenge = format!("challenge <{}>&\u{e9}", asked.callback.len());
    let query = question(&asked.mode, &asked.topic, &challenge, lease);
    let answer = reader::get(&format!("{}?{query}", asked.callback));
    let Ok(mut desk) = desk.lock() else { return };
    match answer {
        Ok(answer) if answer.status == 200 && answer.body == challenge.as_bytes() => {
            desk.verified.push(asked.callback.clone());
        }
        Ok(answer) => desk.unverified.push(answer.status),
        Err(_) => desk.unverified.push(0),
    }
}

fn asked(request: &Request, body: &[u8]) -> Asked {
    let form: HashMap<String, String> = url::form_urlencoded::parse(body).into_owned().collect();
    let field = |name: &str| form.get(name).cloned();
    Asked {
        mode: field("hub.mode").unwrap_or_default(),
        topic: field("hub.topic").unwrap_or_default(),
        callback: field("hub.callback").unwrap_or_default(),
        secret: field("hub.secret"),
        lease: field("hub.lease_seconds"),
        line: format!("{} {}", request.method, request.path),
    }
}

#[test]
fn a_hub_hears_who_asks_and_verifies_them() {
    let hub = Hub::start();
    let form = "hub.mode=subscribe&hub.topic=http%3A%2F%2Fa.fr%2F&hub.callback=http%3A%2F%2F127.0.0.1%3A9%2Fx";
    let answer = post(&hub.url(), form.as_bytes(), &[]).expect("answered");
    assert_eq!(answer.status, 202);
    let asked = hub.asked();
    assert_eq!((asked[0].topic.as_str(), asked[0].line.as_str()), ("http://a.fr/", "POST /"));
    assert_eq!((hub.verified().len(), hub.unverified()), (0, vec![0]), "nobody is there");
    hub.behaves(Conduct::Refuses(503, "60".to_owned()));
    let answer = post(&hub.url(), form.as_bytes(), &[]).expect("answered");
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("60")));
}
