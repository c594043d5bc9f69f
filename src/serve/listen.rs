//! The accept loop: bounded in connections, in time and in memory.
//!
//! A head has to arrive whole within [`Limits::head`], which also ends idle connections; a request
//! has to be answered and taken within [`Limits::answer`]. Heads larger than a few kilobytes are
//! refused, bodies are not read but those that hubs push. A stop lets answers under way finish, up to a deadline.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::answer;
use super::seats::{Guest, Seats};

/// Bounds of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// From the last answer, or the start, to the end of the next request's head.
    pub head: Duration,
    /// From the head of a request to the last byte of its answer.
    pub answer: Duration,
    /// How long answers under way are waited for at a stop.
    pub drain: Duration,
    /// The largest head, in bytes.
    pub head_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            head: Duration::from_secs(10),
            answer: Duration::from_secs(60),
            drain: Duration::from_secs(5),
            head_bytes: 16 * 1024,
        }
    }
}

/// How long accepting pauses when the system has no descriptor or memory for another connection.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(50);

/// A socket that listens but is not served yet.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Listens at `address`; port 0 takes a free one.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        Self::of(TcpListener::bind(address).await?)
    }

    /// Takes a socket that someone else bound (systemd's socket activation).
    pub fn adopt(socket: std::net::TcpListener) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Self::of(TcpListener::from_std(socket)?)
    }

    fn of(socket: TcpListener) -> io::Result<Self> {
        let address = socket.local_addr()?;
        Ok(Self { socket, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves `router` until `stop`, then waits for answers under way.
    pub async fn serve(self, router: Router, limits: Limits, stop: CancellationToken) {
        let seats = Seats::new(limits.connections);
        let (tasks, abort) = (TaskTracker::new(), CancellationToken::new());
        let mut sweep = tokio::time::interval((limits.answer / 10).max(Duration::from_millis(10)));
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                _ = sweep.tick() => seats.dismiss_older_than(limits.answer),
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, _)) => {
                        let guest = seats.take();
                        let (stop, abort) = (stop.clone(), abort.clone());
                        tasks.spawn(attend(stream, guest, router.clone(), limits, stop, abort));
                    }
                    Err(error) if is_of_one_connection(&error) => {}
                    Err(error) => {
                        tracing::warn!(%error, "failed to accept a connection");
                        seats.make_room();
                        tokio::time::sleep(EXHAUSTED_PAUSE).await;
                    }
                },
            }
        }
        drop(self.socket);
        tasks.close();
        if tokio::time::timeout(limits.drain, tasks.wait()).await.is_err() {
            abort.cancel();
            tasks.wait().await;
        }
    }
}

/// Whether only the connection that was to be accepted failed (accept(2)).
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// One connection, from its first byte to its last.
async fn attend(
    stream: TcpStream,
    guest: Guest,
    router: Router,
    limits: Limits,
    stop: CancellationToken,
    abort: CancellationToken,
) {
    // Answers are written whole, so there is nothing to gain from waiting for more (RFC 896).
    let _ = stream.set_nodelay(true);
    let router = TowerToHyperService::new(router);
    let service = service_fn(|request: Request<Incoming>| {
        guest.asks();
        let other = answer::to_other_methods(request.method(), request.uri().path());
        let routed = other.is_none().then(|| router.call(request));
        async {
            match (routed, other) {
                (Some(routed), _) => routed.await,
                (None, other) => Ok(other.unwrap_or_else(answer::not_found)),
            }
        }
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_header_size(limits.head_bytes)
        .max_buf_size(limits.head_bytes.max(8 * 1024) * 2)
        .serve_connection(TokioIo::new(stream), service);
    let mut stopping = false;
    loop {
        tokio::select! {
            biased;
            _ = &mut connection => return,
            () = guest.dismissed() => break,
            () = abort.cancelled() => break,
            () = stop.cancelled(), if !stopping => {
                stopping = true;
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
        }
    }
    // What a slow reader has not taken must not stay in the kernel's buffers either.
    let _ = connection.into_parts().io.into_inner().set_zero_linger();
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::super::visitor::{Served, read_reply, serve};
    use super::*;
    use crate::jobs::samples::{Mill, Post, labels, merged, post};
    use crate::publish::format::Format;

    const A: &str = "https://a.example/rss";

    async fn mill() -> Mill {
        let mill = Mill::new(&[(A, &[])]).await;
        mill.posts(A, "A", &[post(1, "x", "https://a.example/1")]).await;
        mill
    }

    /// A mill whose merged feed is larger than what sockets hold.
    async fn large() -> Mill {
        let mill = Mill::new(&[(A, &[])]).await;
        let digits = |n: u32| n.wrapping_mul(2_654_435_761).to_string();
        let noise: String = (0..30_000).map(digits).collect();
        let body: &'static str = noise[..250_000].to_owned().leak();
        let links: Vec<&'static str> =
            (0..24).map(|n| &*format!("https://a.example/{n}").leak()).collect();
        let long = |n: u8| Post { body, ..post(n, "x", links[usize::from(n)]) };
        mill.posts(A, "A", &(0..24).map(long).collect::<Vec<_>>()).await;
        mill
    }

    async fn served(mill: &Mill, limits: Limits) -> Served {
        serve(mill, labels(vec![merged("all", 60)]), limits).await
    }

    fn short() -> Limits {
        Limits {
            head: Duration::from_millis(300),
            answer: Duration::from_millis(600),
            drain: Duration::from_millis(300),
            ..Limits::default()
        }
    }

    /// How long the server keeps a connection on which `said` was said and nothing more is.
    async fn kept(served: &Served, said: &[u8]) -> Duration {
        let mut stream = served.connect().await;
        let began = Instant::now();
        stream.write_all(said).await.expect("said");
        let _ = stream.read_to_end(&mut Vec::new()).await;
        began.elapsed()
    }

    #[tokio::test]
    async fn silent_and_half_said_requests_end_with_the_head_limit() {
        let mill = mill().await;
        let served = served(&mill, short()).await;
        for said in [
            &b""[..],
            b"GET / HT",
            b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow: ",
            b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n",
        ] {
            let kept = kept(&served, said).await;
            assert!(kept < Duration::from_secs(3), "{:?} {kept:?}", String::from_utf8_lossy(said));
        }
    }

    #[tokio::test]
    async fn a_head_that_drips_ends_with_the_head_limit() {
        let mill = mill().await;
        let served = served(&mill, short()).await;
        let mut stream = served.connect().await;
        let began = Instant::now();
        let mut drip = tokio::time::interval(Duration::from_millis(20));
        while stream.write_all(b"G").await.is_ok() && began.elapsed() < Duration::from_secs(5) {
            drip.tick().await;
        }
        assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn a_request_body_without_end_holds_nobody() {
        let mill = mill().await;
        let served = served(&mill, short()).await;
        let request =
            b"POST /feeds/all.atom HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\nx";
        assert!(kept(&served, request).await < Duration::from_secs(3));
        let chunked = b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab";
        assert!(kept(&served, chunked).await < Duration::from_secs(3));
    }

    #[tokio::test]
    async fn a_slow_reader_ends_with_the_answer_limit() {
        let mill = large().await;
        let served = served(&mill, short()).await;
        // Printed before, so that the limit is spent on reading.
        served.house.shelf.copy("all", Format::Atom).await.expect("a store");
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a small window");
        let mut stream = socket.connect(served.address).await.expect("a connection");
        let request = b"GET /feeds/all.atom HTTP/1.1\r\nHost: x\r\n\r\n";
        stream.write_all(request).await.expect("asked");
        let (began, mut taken) = (Instant::now(), 0);
        let mut sip = tokio::time::interval(Duration::from_millis(20));
        let mut cup = [0; 1024];
        while let Ok(bytes @ 1..) = stream.read(&mut cup).await {
            taken += bytes;
            sip.tick().await;
        }
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        assert!(taken < 5_500_000, "{taken} bytes: all of it");
    }

    #[tokio::test]
    async fn idle_connections_make_room_for_readers() {
        let mill = mill().await;
        let limits = Limits { connections: 8, ..Limits::default() };
        let served = served(&mill, limits).await;
        let mut idle = Vec::new();
        for _ in 0..100 {
            let mut stream = served.connect().await;
            stream.write_all(b"GET / HTTP/1.1\r\nX: ").await.expect("half said");
            idle.push(stream);
        }
        let began = Instant::now();
        let reply = served.get("/health/live").await;
        assert_eq!(reply.status, 200);
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn heads_beyond_the_limit_are_refused() {
        let mill = mill().await;
        let served = served(&mill, short()).await;
        let large = "x".repeat(40_000);
        assert_eq!(served.ask("GET", "/", &[("X-Large", &large)]).await.status, 431);
        let many: Vec<(&str, &str)> = vec![("X-Many", "x"); 200];
        assert_eq!(served.ask("GET", "/", &many).await.status, 431);
    }

    #[tokio::test]
    async fn several_requests_share_a_connection() {
        let mill = mill().await;
        let served = served(&mill, short()).await;
        let mut stream = served.connect().await;
        let keep = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
        let close = "GET /health/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        stream.write_all(format!("{keep}{keep}{close}").as_bytes()).await.expect("asked");
        let mut answers = String::new();
        stream.read_to_string(&mut answers).await.expect("answered");
        assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 3, "{answers}");
    }

    #[tokio::test]
    async fn a_stop_finishes_what_was_asked_and_closes_the_rest() {
        let mill = large().await;
        let served = served(&mill, Limits::default()).await;
        let idle = served.connect().await;
        let mut asking = served.connect().await;
        let request = b"GET /feeds/all.atom HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        asking.write_all(request).await.expect("asked");
        // The first bytes of the answer: it is under way, and too long for any buffer.
        let mut first = [0; 16];
        asking.read_exact(&mut first).await.expect("answered");
        assert_eq!(&first, b"HTTP/1.1 200 OK\r");
        served.stop.cancel();
        let rest = read_reply(&mut asking).await;
        let whole: usize = rest.header("content-length").and_then(|n| n.parse().ok()).expect("n");
        assert_eq!(rest.body.len(), whole);
        served.serving.await.expect("stopped");
        assert!(tokio::net::TcpStream::connect(served.address).await.is_err());
        drop(idle);
    }

    #[tokio::test]
    async fn a_stop_does_not_wait_longer_than_its_deadline() {
        let mill = large().await;
        let limits = Limits { answer: Duration::from_secs(60), ..short() };
        let served = served(&mill, limits).await;
        let mut stuck = served.connect().await;
        let request = b"GET /feeds/all.atom HTTP/1.1\r\nHost: x\r\n\r\n";
        stuck.write_all(request).await.expect("asked");
        let mut first = [0; 1];
        stuck.read_exact(&mut first).await.expect("answered");
        served.stop.cancel();
        let began = Instant::now();
        served.serving.await.expect("stopped");
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }
}
