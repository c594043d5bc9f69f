//! Serving beside nginx: the merged feed from feedmill, and the same bytes from a file, asked for by
//! `wrk -t1 -c32` in alternating rounds; whole, and by readers who know it already.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::figures::{Floor, compare};
use super::stage::{self, Answer, Server, World};

/// What share of nginx's rate is the least.
const FLOOR: f64 = 0.85;

/// How the comparison is run.
#[derive(Debug, clap::Parser)]
pub(crate) struct Options {
    /// How many rounds of each.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// How long a round lasts, in seconds.
    #[arg(long, default_value_t = 5)]
    seconds: u32,
    /// The program to compare; the one of this checkout if absent.
    #[arg(long, default_value = env!("CARGO_BIN_EXE_feedmill"))]
    feedmill: PathBuf,
    /// Something else to compare with nginx: an address on loopback and a path, as in
    /// `127.0.0.1:7878/feeds/all.atom`.
    #[arg(long)]
    instead: Option<String>,
}

/// A page that is asked for.
struct Page {
    address: SocketAddr,
    path: String,
}

impl Page {
    fn get(&self, more: &str) -> anyhow::Result<Answer> {
        stage::get(self.address, &self.path, more)
    }

    /// Requests per second, as `wrk` counts them.
    fn rate(&self, seconds: u32, header: Option<&str>) -> anyhow::Result<f64> {
        let mut wrk = Command::new("wrk");
        wrk.args(["-t1", "-c32", &format!("-d{seconds}s")]);
        if let Some(header) = header {
            wrk.args(["-H", header]);
        }
        let output = wrk.arg(format!("http://{}{}", self.address, self.path)).output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        anyhow::ensure!(!said.contains("Socket errors"), "{said}");
        anyhow::ensure!(header.is_some() || !said.contains("Non-2xx"), "{said}");
        let rate = said.lines().find_map(|line| line.strip_prefix("Requests/sec:"));
        Ok(rate.ok_or_else(|| anyhow::anyhow!("wrk said: {said}"))?.trim().parse()?)
    }
}

/// Runs the comparison and prints its table.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let home = tempfile::tempdir()?;
    let (ours, _running) = match &options.instead {
        Some(instead) => (page(instead)?, None),
        None => {
            let (page, server) = feedmill(home.path(), &options.feedmill)?;
            (page, Some(server))
        }
    };
    let whole = ours.get("")?;
    anyhow::ensure!(whole.status == 200, "status {}", whole.status);
    let (theirs, _nginx) = nginx(home.path(), &whole)?;
    anyhow::ensure!(theirs.get("")?.body == whole.body, "nginx serves other bytes");
    println!("{} bytes, medians of {} rounds, requests/s", whole.body.len(), options.rounds);
    println!("{:<10} {:>12} {:>12} {:>8}", "", "nginx", "feedmill", "ratio");
    compared("whole", options, [&theirs, &ours], [None, None])?;

    let known = |page: &Page| -> anyhow::Result<String> {
        let etag = page.get("")?.header("etag").map(str::to_owned);
        let etag = etag.ok_or_else(|| anyhow::anyhow!("{} sends no ETag", page.address))?;
        let header = format!("If-None-Match: {etag}");
        let status = page.get(&format!("{header}\r\n"))?.status;
        anyhow::ensure!(status == 304, "{}: {status} instead of 304", page.address);
        Ok(header)
    };
    let headers = [known(&theirs)?, known(&ours)?];
    compared("known", options, [&theirs, &ours], [Some(&headers[0]), Some(&headers[1])])
}

fn compared(
    name: &str,
    options: &Options,
    pages: [&Page; 2],
    headers: [Option<&str>; 2],
) -> anyhow::Result<()> {
    let mut rates = [Vec::new(), Vec::new()];
    for round in 0..options.rounds {
        let mut order = [0, 1];
        order.rotate_left(round % 2);
        for side in order {
            rates[side].push(pages[side].rate(options.seconds, headers[side])?);
        }
    }
    let (nginx, feedmill, ratio) = compare(&rates[0], &rates[1]);
    println!(
        "{name:<10} {nginx:>12.0} {feedmill:>12.0} {ratio:>8.2}{}",
        Floor::least(FLOOR, ratio)
    );
    Ok(())
}

fn page(instead: &str) -> anyhow::Result<Page> {
    let (address, path) = instead.split_once('/').unwrap_or((instead, ""));
    Ok(Page { address: address.parse()?, path: format!("/{path}") })
}

/// feedmill with the entries of 50 feeds, running.
fn feedmill(home: &Path, program: &Path) -> anyhow::Result<(Page, Server)> {
    let world = World::start(50)?;
    let address = stage::free()?;
    let config = stage::configure(home, &world, address.port())?;
    let command = |words: &[&str]| {
        let mut command = Command::new(program);
        command.arg("--config").arg(&config).args(words).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let polled = command(&["refresh", "--all"]).status()?;
    anyhow::ensure!(polled.success(), "the poll failed");
    let server = Server(command(&["run"]).spawn()?);
    let page = Page { address, path: "/feeds/all.atom".to_owned() };
    stage::ready(address, "/health/ready")?;
    Ok((page, server))
}

/// nginx with one worker, no log, and `whole` as a file.
fn nginx(home: &Path, whole: &Answer) -> anyhow::Result<(Page, Server)> {
    let address = stage::free()?;
    let root = home.join("root");
    std::fs::create_dir(&root)?;
    std::fs::write(root.join("feed"), &whole.body)?;
    // The worker is another user.
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(home, open)?;
    let home = home.display();
    let content_type = whole.header("content-type").unwrap_or("application/xml").to_owned();
    let config = format!(
        "daemon off; worker_processes 1; pid {home}/nginx.pid; error_log {home}/nginx.log;\n\
         events {{ worker_connections 256; }}\n\
         http {{\n  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;\n  \
         client_body_temp_path {home}/b; proxy_temp_path {home}/p; fastcgi_temp_path {home}/f;\n  \
         uwsgi_temp_path {home}/u; scgi_temp_path {home}/s;\n  types {{}} default_type \
         '{content_type}';\n  open_file_cache max=10;\n  \
         server {{ listen {address}; root {}; }}\n}}\n",
        root.display()
    );
    let path = root.with_file_name("nginx.conf");
    std::fs::write(&path, config)?;
    let binary = Path::new("/usr/sbin/nginx");
    let binary = if binary.exists() { binary } else { Path::new("nginx") };
    let child = Command::new(binary).arg("-c").arg(&path).stdin(Stdio::null()).spawn()?;
    let (page, server) = (Page { address, path: "/feed".to_owned() }, Server(child));
    stage::ready(page.address, &page.path)?;
    Ok((page, server))
}
