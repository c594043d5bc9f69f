//! Hosts: what ten thousand hosts with one feed each cost in connections while they are polled, and
//! in memory while nothing is due.
//!
//! The world is this process: one listener on all addresses of loopback, each of which is a host.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::figures::Floor;
use super::measure;
use super::stage::{self, Server};

/// How hosts are measured.
#[derive(Debug, clap::Parser)]
pub(crate) struct Options {
    /// How many hosts, in two sizes: what the larger one holds more is what a feed takes.
    #[arg(long, value_delimiter = ',', default_values_t = [200, 10_000])]
    hosts: Vec<u32>,
    /// How long the service rests before it is looked at, in seconds.
    #[arg(long, default_value_t = 15)]
    seconds: u64,
    /// The program to measure; the one of this checkout if absent.
    #[arg(long, default_value = env!("CARGO_BIN_EXE_feedmill"))]
    feedmill: PathBuf,
}

/// The most that a feed at rest may take, in bytes.
const MOST_BYTES: f64 = 4_096.0;
/// The most connections there may be: the 64 of the configuration, and as many that are ending.
const MOST_CONNECTIONS: f64 = 128.0;

/// How long the first poll may take.
const PATIENCE: Duration = Duration::from_secs(600);

#[derive(Debug, Default)]
struct Counts {
    asked: AtomicUsize,
    open: AtomicUsize,
    most_open: AtomicUsize,
}

/// What one size came to.
struct Row {
    hosts: u32,
    started_mb: f64,
    polled_mb: f64,
}

/// Measures and prints the table.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let counts: Arc<Counts> = Arc::default();
    let port = listen(&counts)?;
    println!(
        "{:>7} {:>17} {:>15} {:>17} {:>17}",
        "hosts", "most connections", "open at rest", "RSS MB, polled", "RSS MB, started"
    );
    let mut rows = Vec::new();
    for &hosts in &options.hosts {
        counts.most_open.store(0, Ordering::SeqCst);
        let home = tempfile::tempdir()?;
        let polled_mb = rest(options, home.path(), (hosts, port), Some(&counts))?;
        let most = counts.most_open.load(Ordering::SeqCst);
        let open = counts.open.load(Ordering::SeqCst);
        let started_mb = rest(options, home.path(), (hosts, port), None)?;
        let floor = Floor::most(MOST_CONNECTIONS, most as f64);
        println!("{hosts:>7} {most:>17} {open:>15} {polled_mb:>17.1} {started_mb:>17.1}{floor}");
        rows.push(Row { hosts, started_mb, polled_mb });
    }
    if let [few, .., many] = &rows[..] {
        let feeds = f64::from(many.hosts - few.hosts);
        for (name, more) in [
            ("after a start", many.started_mb - few.started_mb),
            ("after polling", many.polled_mb - few.polled_mb),
        ] {
            let bytes = more * 1e6 / feeds;
            println!(
                "{name}: {bytes:.0} bytes for each feed more{}",
                Floor::most(MOST_BYTES, bytes)
            );
        }
    }
    Ok(())
}

/// What the service holds at rest, having polled every feed if `counts` tells when it has.
fn rest(
    options: &Options,
    home: &Path,
    (hosts, port): (u32, u16),
    counts: Option<&Counts>,
) -> anyhow::Result<f64> {
    let address = stage::free()?;
    let urls = (0..hosts).map(|number| format!("http://{}:{port}/{number}", host(number)));
    let config = stage::configure_for(home, urls, address.port())?;
    let asked = || counts.map_or(usize::MAX, |counts| counts.asked.load(Ordering::SeqCst));
    let enough = counts.map_or(0, |_| asked() + usize::try_from(hosts).unwrap_or_default());
    let mut command = Command::new(&options.feedmill);
    command.arg("--config").arg(&config).arg("run").stdin(Stdio::null());
    let server = Server(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
    stage::ready(address, "/health/ready")?;
    let begun = Instant::now();
    while asked() < enough {
        anyhow::ensure!(begun.elapsed() < PATIENCE, "{} requests and no more", asked());
        thread::sleep(Duration::from_millis(200));
    }
    thread::sleep(Duration::from_secs(options.seconds));
    measure::memory_mb(server.0.id(), "VmRSS")
}

fn host(number: u32) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 4, 0, 1)) + number)
}

fn listen(counts: &Arc<Counts>) -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    let port = listener.local_addr()?.port();
    let counts = Arc::clone(counts);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let counts = Arc::clone(&counts);
            let open = counts.open.fetch_add(1, Ordering::SeqCst) + 1;
            counts.most_open.fetch_max(open, Ordering::SeqCst);
            thread::spawn(move || {
                // An error means that the other side has left.
                let _ = serve(&stream, &counts);
                counts.open.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    Ok(port)
}

fn serve(stream: &TcpStream, counts: &Counts) -> io::Result<()> {
    let (mut lines, mut out) = (BufReader::new(stream), stream);
    loop {
        let mut path = String::new();
        if lines.read_line(&mut path)? == 0 {
            return Ok(());
        }
        let mut line = String::from("head");
        while !line.trim().is_empty() {
            line.clear();
            lines.read_line(&mut line)?;
        }
        counts.asked.fetch_add(1, Ordering::SeqCst);
        let name = path.split(' ').nth(1).unwrap_or_default();
        let body = format!(
            "<rss version=\"2.0\"><channel><title>Journal {name}</title><link>http://a.example{name}</link>\
             <item><title>Un</title><guid>urn:{name}:1</guid><link>http://a.example{name}/1</link>\
             <pubDate>Tue, 24 Nov 2026 08:00:00 GMT</pubDate></item></channel></rss>"
        );
        write!(
            out,
            "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: \"1\"\r\n\
             Last-Modified: Tue, 24 Nov 2026 08:00:00 GMT\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
    }
}
