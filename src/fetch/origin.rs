//! A scripted publisher for the tests of this room: a real listener on loopback that writes the
//! very bytes a test gives it and keeps what it was asked.
//!
//! Answers are raw, so that they can be wrong in every way an answer can be. [`Canary`] is the
//! opposite: a listener that nobody may ever reach.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::model::outcome::{Failure, Fresh, Outcome, Validators};
use crate::model::settings::{FetchSettings, PrivateNet};
use crate::model::url::FeedUrl;

use super::client::Client;
use super::request::Request;

/// One request as it came over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    /// The head, byte for byte, read as Latin-1.
    pub(crate) head: String,
}

impl Heard {
    /// What stands between the method and the version.
    pub(crate) fn target(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    /// The value of a field, as Latin-1.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.head.split("\r\n").skip(1).find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// What is written back.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// These bytes; the connection stays open for the next request.
    Whole(Vec<u8>),
    /// These bytes, then the connection is closed.
    Close(Vec<u8>),
    /// These bytes, then the connection is reset.
    Reset(Vec<u8>),
    /// These bytes, then one byte after another, for ever.
    Drip(Vec<u8>),
    /// These bytes, then the others again and again until nobody takes them.
    Endless(Vec<u8>, Vec<u8>),
}

/// The publisher.
pub(crate) struct Origin {
    pub(crate) address: SocketAddr,
    heard: Arc<Mutex<Vec<Heard>>>,
    connections: Arc<AtomicUsize>,
    written: Arc<AtomicUsize>,
}

impl Origin {
    /// Listens on 127.0.0.1 and answers each request as the script says.
    pub(crate) async fn new(script: impl Fn(&Heard) -> Reply + Send + Sync + 'static) -> Self {
        Self::at("127.0.0.1", script).await
    }

    /// The same answer to every request.
    pub(crate) async fn always(reply: Reply) -> Self {
        Self::new(move |_| reply.clone()).await
    }

    /// Listens on another address of this machine.
    pub(crate) async fn at(
        ip: &str,
        script: impl Fn(&Heard) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((ip, 0)).await.expect("loopback has free ports");
        let origin = Self {
            address: listener.local_addr().expect("it is bound"),
            heard: Arc::default(),
            connections: Arc::default(),
            written: Arc::default(),
        };
        let (heard, connections) = (origin.heard.clone(), origin.connections.clone());
        let written = origin.written.clone();
        let script = Arc::new(script);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let (heard, script, written) = (heard.clone(), script.clone(), written.clone());
                tokio::spawn(async move {
                    let mut stream = stream;
                    while let Some(head) = read_head(&mut stream).await {
                        let request = Heard { head };
                        heard.lock().expect("no test panics with it").push(request.clone());
                        if !write(&mut stream, (*script)(&request), &written).await {
                            return;
                        }
                    }
                });
            }
        });
        origin
    }

    /// The address of a path on it.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The address of a path on it, to subscribe to.
    pub(crate) fn feed(&self, path: &str) -> FeedUrl {
        FeedUrl::parse(&self.url(path)).expect("an address")
    }

    /// All it was asked so far.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().expect("no test panics with it").clone()
    }

    /// How many connections were made to it.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// How many bytes of endless answers it got rid of.
    pub(crate) fn written(&self) -> usize {
        self.written.load(Ordering::SeqCst)
    }
}

async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    Some(head.iter().map(|byte| char::from(*byte)).collect())
}

/// Writes an answer; returns whether the connection stays open.
async fn write(stream: &mut TcpStream, reply: Reply, written: &AtomicUsize) -> bool {
    match reply {
        Reply::Whole(bytes) => stream.write_all(&bytes).await.is_ok(),
        Reply::Close(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
            false
        }
        Reply::Reset(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.set_zero_linger();
            false
        }
        Reply::Drip(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let mut tick = tokio::time::interval(Duration::from_millis(20));
            while stream.write_all(b"x").await.is_ok() {
                tick.tick().await;
            }
            false
        }
        Reply::Endless(bytes, more) => {
            let _ = stream.write_all(&bytes).await;
            while stream.write_all(&more).await.is_ok() {
                written.fetch_add(more.len(), Ordering::SeqCst);
            }
            false
        }
    }
}

/// A complete answer with its length.
pub(crate) fn answer(status: &str, fields: &[&str], body: &[u8]) -> Reply {
    Reply::Whole(raw(status, fields, body))
}

/// The bytes of a complete answer with its length.
pub(crate) fn raw(status: &str, fields: &[&str], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\n").into_bytes();
    for field in fields {
        // Latin-1, so that a test can write bytes that are no ASCII.
        bytes.extend(field.chars().map(|c| u8::try_from(c).expect("Latin-1")));
        bytes.extend(b"\r\n");
    }
    if !status.starts_with("304") && !status.starts_with("204") {
        bytes.extend(format!("Content-Length: {}\r\n", body.len()).bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    bytes
}

/// A listener that must never be reached.
pub(crate) struct Canary(Origin);

impl Canary {
    /// Listens on an address of this machine.
    pub(crate) async fn at(ip: &str) -> Self {
        Self(Origin::at(ip, |_| answer("200 OK", &[], b"<rss/>")).await)
    }

    /// Its port.
    pub(crate) fn port(&self) -> u16 {
        self.0.address.port()
    }

    /// Whether anybody came.
    pub(crate) fn sang(&self) -> bool {
        self.0.connections() > 0
    }
}

/// Settings with which loopback may be reached; `allowed` is empty for the production guard.
pub(crate) fn settings(allowed: &[&str]) -> FetchSettings {
    let exception = |text: &&str| match text.parse() {
        Ok(net) => PrivateNet::Net(net),
        Err(_) => PrivateNet::Host((*text).to_owned()),
    };
    FetchSettings {
        contact: Some("ops@example.org".to_owned()),
        subscribers: 1,
        min_interval: Duration::from_secs(3_600),
        max_interval: Duration::from_secs(86_400),
        timeout: Duration::from_secs(20),
        max_body: 10_000_000,
        connections: 64,
        per_host_gap: Duration::ZERO,
        rate: 1_000,
        allow_private: allowed.iter().map(exception).collect(),
    }
}

/// A client that may reach 127.0.0.0/8.
pub(crate) fn client() -> Client {
    Client::new(&settings(&["127.0.0.0/8"])).expect("a client")
}

/// When all tests take place.
pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).expect("a moment")
}

/// A plain request.
pub(crate) fn request<'a>(url: &'a FeedUrl, validators: &'a Validators) -> Request<'a> {
    Request::plain(url, validators)
}

/// One unconditional request.
pub(crate) async fn get(client: &Client, url: &FeedUrl) -> Outcome {
    client.get(&request(url, &Validators::default()), now()).await
}

/// The good answer that an outcome is.
pub(crate) fn fresh(outcome: Outcome) -> Fresh {
    match outcome {
        Outcome::Fresh(fresh) => fresh,
        other => panic!("not a good answer: {other:?}"),
    }
}

/// The failure that an outcome is.
pub(crate) fn failure(outcome: Outcome) -> Failure {
    match outcome {
        Outcome::Failed(failure) => failure,
        other => panic!("not a failure: {other:?}"),
    }
}

/// Validators as a test writes them.
pub(crate) fn validators(etag: Option<&str>, last_modified: Option<&str>) -> Validators {
    let bytes = |text: &str| text.chars().map(|c| u8::try_from(c).expect("Latin-1")).collect();
    Validators { etag: etag.map(bytes), last_modified: last_modified.map(bytes) }
}
