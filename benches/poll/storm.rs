//! Storm: whether feeds that are well are polled on time while one origin misbehaves in every way.
//!
//! The service runs with the feeds of the world due every few seconds, with and without an origin of
//! hostile ones, in alternating runs. The delay of a poll is from the moment that the
//! one before planned it for, as the service's own log tells, to its end.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::figures::{Floor, median};
use super::rogue::{NAMES, Rogue};
use super::stage::{self, Server, World};

/// How the storm is measured.
#[derive(Debug, clap::Parser)]
pub(crate) struct Options {
    /// How many feeds are well.
    #[arg(long, default_value_t = 200)]
    feeds: usize,
    /// How often each is due, in seconds.
    #[arg(long, default_value_t = 5)]
    interval: u64,
    /// How many polls of them each run counts.
    #[arg(long, default_value_t = 5_000)]
    polls: usize,
    /// How many origins misbehave.
    #[arg(long, default_value_t = 1)]
    origins: u8,
    /// In which ways they misbehave; in all if absent.
    #[arg(long, value_delimiter = ',')]
    ways: Vec<String>,
    /// How many runs of each kind.
    #[arg(long, default_value_t = 2)]
    runs: usize,
    /// The program to measure; the one of this checkout if absent.
    #[arg(long, default_value = env!("CARGO_BIN_EXE_feedmill"))]
    feedmill: PathBuf,
}

/// By how much the delay of the 99th percentile may grow: to this times it, or by so many ms.
const MOST_TIMES: f64 = 1.10;
const MOST_MORE_MS: f64 = 50.0;

/// How long a hostile feed may take: they end by nothing else.
const TIMEOUT_SECS: u64 = 5;

/// Delays of one run in ms, in order.
struct Delays(Vec<f64>);

impl Delays {
    fn at(&self, percent: usize) -> f64 {
        let last = self.0.len().saturating_sub(1);
        self.0.get(last * percent / 100).copied().unwrap_or(f64::NAN)
    }
}

/// Measures and prints the table.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let world = World::start(options.feeds)?;
    let well: Vec<String> = world.urls().collect();
    let rogue = Rogue::start(options.origins)?;
    let is_meant = |url: &String| {
        options.ways.is_empty() || options.ways.iter().any(|way| url.contains(&format!("/{way}?")))
    };
    let rogues: Vec<String> = rogue.urls().into_iter().filter(is_meant).collect();
    println!(
        "{:<8} {:>7} {:>9} {:>9} {:>9} {:>9}",
        "", "polls", "p50 ms", "p90 ms", "p99 ms", "max ms"
    );
    let (mut calm, mut stormy) = (Vec::new(), Vec::new());
    for _ in 0..options.runs {
        for (name, hostile, p99s) in
            [("calm", &[][..], &mut calm), ("storm", &rogues[..], &mut stormy)]
        {
            let asked = rogue.asked();
            let delays = one(options, &well, hostile)?;
            println!(
                "{name:<8} {:>7} {:>9.1} {:>9.1} {:>9.1} {:>9.1}",
                delays.0.len(),
                delays.at(50),
                delays.at(90),
                delays.at(99),
                delays.at(100)
            );
            p99s.push(delays.at(99));
            let asked = rogue.asked() - asked;
            anyhow::ensure!(hostile.is_empty() || asked > 0, "the rogue was not asked");
        }
    }
    let (calm, stormy) = (median(calm), median(stormy));
    let most = (calm * MOST_TIMES).max(calm + MOST_MORE_MS);
    println!("\np99 {calm:.1} ms, in the storm {stormy:.1} ms{}", Floor::most(most, stormy));
    let (feeds, origins) = (rogues.len(), options.origins);
    let all = || NAMES.join(", ");
    let ways = Some(options.ways.join(", ")).filter(|ways| !ways.is_empty()).unwrap_or_else(all);
    println!("{feeds} hostile feeds, origins: {origins}; ways: {ways}");
    Ok(())
}

/// One run of the service; the delays of the polls of feeds that are well.
fn one(options: &Options, well: &[String], hostile: &[String]) -> anyhow::Result<Delays> {
    let home = tempfile::tempdir()?;
    let address = stage::free()?;
    let config = configure(home.path(), address.port(), options.interval, well, hostile)?;
    let log = home.path().join("log");
    let mut command = Command::new(&options.feedmill);
    command.arg("--config").arg(&config).args(["--log-format", "json", "-v", "run"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(std::fs::File::create(&log)?);
    let server = Server(command.spawn()?);
    stage::ready(address, "/health/ready")?;
    let begun = Instant::now();
    // Of each feed the first poll plans the second, and the second is still part of the start.
    let skipped = 2 * options.feeds;
    loop {
        thread::sleep(Duration::from_secs(2));
        let delays = delays(&log, well)?;
        if delays.len() >= options.polls + skipped {
            drop(server);
            let mut counted: Vec<f64> = delays[skipped..skipped + options.polls].to_vec();
            counted.sort_by(f64::total_cmp);
            return Ok(Delays(counted));
        }
        anyhow::ensure!(begun.elapsed() < Duration::from_secs(900), "{} polls", delays.len());
    }
}

fn configure(
    folder: &Path,
    port: u16,
    interval: u64,
    well: &[String],
    hostile: &[String],
) -> anyhow::Result<PathBuf> {
    let mut toml = format!(
        "[server]\nlisten = \"127.0.0.1:{port}\"\n\n[storage]\nurl = \"sqlite:feedmill.db\"\n\n\
         [fetch]\nper_host_gap = \"0s\"\ntimeout = \"{TIMEOUT_SECS}s\"\nmax_body = \"2MB\"\n\
         allow_private = [\"127.0.0.0/8\"]\n\n[smtp]\ndirectory = \"outbox/\"\n"
    );
    for url in hostile.iter().chain(well) {
        write!(toml, "\n[[feed]]\nurl = \"{url}\"\ninterval = \"{interval}s\"\n")?;
    }
    let path = folder.join("feedmill.toml");
    std::fs::write(&path, toml)?;
    Ok(path)
}

/// By how many ms each poll ended after it was planned for, in the order of the log.
fn delays(log: &Path, well: &[String]) -> anyhow::Result<Vec<f64>> {
    let mut planned: HashMap<String, DateTime<Utc>> = HashMap::new();
    let mut delays = Vec::new();
    for line in std::fs::read_to_string(log)?.lines() {
        let Ok(line) = serde_json::from_str::<serde_json::Value>(line) else { continue };
        if line["message"] != "refreshed" {
            continue;
        }
        let text = |name: &str| line[name].as_str().unwrap_or_default();
        let (at, next): (DateTime<Utc>, DateTime<Utc>) =
            (text("timestamp").parse()?, text("next_check").parse()?);
        let url = text("feed.url").to_owned();
        if !well.contains(&url) {
            continue;
        }
        if let Some(due) = planned.insert(url, next) {
            delays.push((at - due).num_microseconds().unwrap_or_default() as f64 / 1e3);
        }
    }
    Ok(delays)
}
