//! A visitor for tests: a served house and a client that says exactly what it is told to say.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::house::House;
use super::listen::{Limits, Listener};
use super::routes;
use crate::clock::SystemClock;
use crate::jobs::dice::Dice;
use crate::jobs::labels::Labels;
use crate::jobs::library::Library;
use crate::jobs::pushes::Pushes;
use crate::jobs::samples::Mill;
use crate::jobs::shelf::Shelf;

/// A house that is served.
pub(super) struct Served {
    pub(super) house: Arc<House>,
    pub(super) ready: Arc<AtomicBool>,
    pub(super) address: SocketAddr,
    pub(super) stop: CancellationToken,
    pub(super) serving: JoinHandle<()>,
}

/// Serves `mill` under `labels`.
pub(super) async fn serve(mill: &Mill, labels: Labels, limits: Limits) -> Served {
    let ready = Arc::new(AtomicBool::new(true));
    let shelf = Arc::new(Shelf::new(mill.store.clone(), labels.clone()));
    let library = Library::new(mill.store.clone());
    let pushes = Pushes::new(mill.store.clone(), Arc::new(SystemClock), Dice::new(|| 0.0));
    let house = House::new(shelf, library, Arc::new(pushes), labels, Arc::clone(&ready));
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let listener = Listener::bind(anywhere).await.expect("a free port");
    let (address, stop) = (listener.address(), CancellationToken::new());
    let router = routes::router(Arc::clone(&house));
    let serving = tokio::spawn(listener.serve(router, limits, stop.clone()));
    Served { house, ready, address, stop, serving }
}

/// What was answered.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    head: String,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Served {
    pub(super) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("a connection")
    }

    /// Asks on a connection of its own.
    pub(super) async fn ask(&self, method: &str, path: &str, fields: &[(&str, &str)]) -> Reply {
        let fields: String =
            fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n{fields}\r\n"
        );
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.expect("sent");
        read_reply(&mut stream).await
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, &[]).await
    }
}

/// Reads until the server closes.
pub(super) async fn read_reply(stream: &mut TcpStream) -> Reply {
    let mut bytes = Vec::new();
    // A server that refuses a request may reset the connection after its answer.
    let _ = stream.read_to_end(&mut bytes).await;
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(bytes.len());
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    Reply { status, head, body: bytes.get(end + 4..).unwrap_or_default().to_vec() }
}
