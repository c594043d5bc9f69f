//! A TCP listener on loopback with a thread per connection: what publisher and relay stand on.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// How long a peer may be silent before its thread gives up: a guard against tests that hang.
const PATIENCE: Duration = Duration::from_secs(60);

/// A listening address and its connections. Dropping it closes all of them.
#[derive(Debug)]
pub(crate) struct Host {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    closed: AtomicBool,
    accepted: AtomicUsize,
    open: Mutex<HashMap<usize, TcpStream>>,
}

impl Host {
    /// Listens on `address` (port 0 takes a free one) and runs `serve` for every connection.
    pub(crate) fn start(
        address: SocketAddr,
        serve: impl Fn(&mut Connection) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self::over(TcpListener::bind(address).expect("loopback can be bound"), serve)
    }

    /// Runs `serve` for every connection to `listener`.
    pub(crate) fn over(
        listener: TcpListener,
        serve: impl Fn(&mut Connection) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let address = listener.local_addr().expect("bound");
        let shared = Arc::new(Shared::default());
        let host = Self { address, shared: Arc::clone(&shared) };
        let serve = Arc::new(serve);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if shared.closed.load(Ordering::SeqCst) {
                    return;
                }
                let number = shared.accepted.fetch_add(1, Ordering::SeqCst);
                let mut connection = Connection::new(stream, number, &shared);
                let serve = Arc::clone(&serve);
                // An error means that the peer went away: part of the play.
                thread::spawn(move || serve(&mut connection));
            }
        });
        host
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections it has accepted.
    pub(crate) fn accepted(&self) -> usize {
        self.shared.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        // Wakes the accepting thread, which then drops the listener.
        let _ = TcpStream::connect(self.address);
        for stream in self.shared.open.lock().iter().flat_map(|open| open.values()) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// One accepted connection. Dropping it says farewell to the peer.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    number: usize,
    shared: Arc<Shared>,
}

impl Connection {
    fn new(stream: TcpStream, number: usize, shared: &Arc<Shared>) -> Self {
        let _ = stream.set_read_timeout(Some(PATIENCE));
        let _ = stream.set_nodelay(true);
        if let (Ok(copy), Ok(mut open)) = (stream.try_clone(), shared.open.lock()) {
            open.insert(number, copy);
        }
        Self { stream, number, shared: Arc::clone(shared) }
    }

    /// Its number: the first accepted is 0.
    pub(crate) fn number(&self) -> usize {
        self.number
    }

    /// Waits until the peer goes away, saying nothing.
    pub(crate) fn stall(&mut self) -> io::Result<()> {
        io::copy(self, &mut io::sink()).map(drop)
    }

    /// Makes the farewell a reset: what a crashed peer or a middlebox sends.
    pub(crate) fn reset_at_the_end(&mut self) -> io::Result<()> {
        socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO))?;
        self.forget();
        Ok(())
    }

    /// Gives up the host's copy; returns whether there was one.
    fn forget(&self) -> bool {
        self.shared.open.lock().is_ok_and(|mut open| open.remove(&self.number).is_some())
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buffer)
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Without the host's copy the socket was told to end with a reset: closing it does that.
        if self.forget() {
            let _ = self.stream.shutdown(Shutdown::Both);
        }
    }
}
