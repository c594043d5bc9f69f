//! An origin that misbehaves in every way: it drips, stalls, never ends, explodes, cuts off, sends
//! around in circles, and what it sends whole is made to be hard to read. Threads of this process.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

/// The ways, each at a path of its name.
pub(crate) const NAMES: [&str; 12] = [
    "drip-head",
    "drip-body",
    "stall",
    "endless",
    "endless-chunks",
    "bomb-gzip",
    "bomb-deflate",
    "huge-head",
    "hints",
    "loop",
    "deep",
    "wide",
];

/// How many feeds go each way.
const EACH: usize = 4;

/// The origins.
pub(crate) struct Rogue {
    port: u16,
    origins: u8,
    asked: Arc<AtomicUsize>,
}

/// What takes time to make.
struct Stock {
    gzip: Vec<u8>,
    deflate: Vec<u8>,
    deep: Vec<u8>,
    wide: Vec<u8>,
}

impl Rogue {
    /// So many of them, on 127.0.3.1 and the addresses behind it.
    pub(crate) fn start(origins: u8) -> anyhow::Result<Self> {
        let zeros = vec![0; 1_000_000];
        let (mut gzip, mut deflate) = (
            GzEncoder::new(Vec::new(), Compression::fast()),
            ZlibEncoder::new(Vec::new(), Compression::fast()),
        );
        for _ in 0..100 {
            gzip.write_all(&zeros)?;
            deflate.write_all(&zeros)?;
        }
        let group = "<media:group xmlns:media=\"http://search.yahoo.com/mrss/\">";
        let stock = Arc::new(Stock {
            gzip: gzip.finish()?,
            deflate: deflate.finish()?,
            deep: format!("<rss><channel><item>{}", group.repeat(20_000)).into_bytes(),
            wide: format!("<rss><channel>{}", "<item><title>&amp;<</title></item>".repeat(50_000))
                .into_bytes(),
        });
        let asked: Arc<AtomicUsize> = Arc::default();
        let mut port = 0;
        for last in 1..=origins {
            let listener = TcpListener::bind((Ipv4Addr::new(127, 0, 3, last), port))?;
            port = listener.local_addr()?.port();
            let (asked, stock) = (Arc::clone(&asked), Arc::clone(&stock));
            thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let (asked, stock) = (Arc::clone(&asked), Arc::clone(&stock));
                    // An error means that the other side has left, as it should.
                    thread::spawn(move || misbehave(&stream, &stock, &asked));
                }
            });
        }
        Ok(Self { port, origins, asked })
    }

    /// All its feeds.
    pub(crate) fn urls(&self) -> Vec<String> {
        let of = |last: u8| {
            let site = format!("http://127.0.3.{last}:{}", self.port);
            (0..EACH).flat_map(move |n| {
                let site = site.clone();
                NAMES.map(move |name| format!("{site}/{name}?{n}"))
            })
        };
        (1..=self.origins).flat_map(of).collect()
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

fn misbehave(stream: &TcpStream, stock: &Stock, asked: &AtomicUsize) -> io::Result<()> {
    let mut lines = BufReader::new(stream);
    let mut first = String::new();
    lines.read_line(&mut first)?;
    let mut line = first.clone();
    while !line.trim().is_empty() {
        line.clear();
        lines.read_line(&mut line)?;
    }
    asked.fetch_add(1, Ordering::Relaxed);
    let path = first.split([' ', '?']).nth(1).unwrap_or_default();
    let mut out = stream;
    match path.trim_start_matches('/') {
        "drip-head" => drip(out, b"HTTP/1.1 200 OK\r\nX: "),
        "drip-body" => drip(out, b"HTTP/1.1 200 OK\r\n\r\n"),
        "endless" => endless(out, b"HTTP/1.1 200 OK\r\n\r\n", &[b'x'; 8_192]),
        "endless-chunks" => {
            let chunk = [b"2000\r\n".as_slice(), &[b'x'; 0x2000], b"\r\n"].concat();
            endless(out, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", &chunk)
        }
        "hints" => endless(out, b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        "bomb-gzip" => whole(out, "Content-Encoding: gzip\r\n", &stock.gzip),
        "bomb-deflate" => whole(out, "Content-Encoding: deflate\r\n", &stock.deflate),
        "huge-head" => whole(out, &format!("X: {}\r\n", "x".repeat(1_000_000)), b"<rss/>"),
        "loop" => {
            out.write_all(b"HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n")
        }
        "deep" => whole(out, "", &stock.deep),
        "wide" => whole(out, "", &stock.wide),
        _ => io::copy(&mut lines, &mut io::sink()).map(drop),
    }
}

fn whole(mut out: &TcpStream, fields: &str, body: &[u8]) -> io::Result<()> {
    write!(out, "HTTP/1.1 200 OK\r\n{fields}Content-Length: {}\r\n\r\n", body.len())?;
    out.write_all(body)
}

fn drip(mut out: &TcpStream, first: &[u8]) -> io::Result<()> {
    out.write_all(first)?;
    loop {
        out.write_all(b"x")?;
        thread::sleep(Duration::from_millis(100));
    }
}

fn endless(mut out: &TcpStream, first: &[u8], more: &[u8]) -> io::Result<()> {
    out.write_all(first)?;
    loop {
        out.write_all(more)?;
    }
}
