//! Rest: what the service holds in memory while no feed is due.
//!
//! Two ways to come to rest: after polling every feed itself, and after a start over a database in
//! which every feed was polled just before.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::figures::{Floor, median};
use super::measure;
use super::stage::{self, Server, World};

/// How rest is measured.
#[derive(Debug, clap::Parser)]
pub(crate) struct Options {
    /// How many feeds.
    #[arg(long, default_value_t = 2_000)]
    feeds: usize,
    /// How many runs.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// How long the service rests before it is looked at, in seconds.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// The program to measure; the one of this checkout if absent.
    #[arg(long, default_value = env!("CARGO_BIN_EXE_feedmill"))]
    feedmill: PathBuf,
}

/// The most that it may hold, in MB.
const MOST: f64 = 40.0;

/// How long the first poll may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// Measures and prints the table.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let world = World::start(options.feeds)?;
    let (mut polled, mut started) = (Vec::new(), Vec::new());
    for _ in 0..options.runs {
        let home = tempfile::tempdir()?;
        polled.push(rest(options, &world, home.path(), true)?);
        started.push(rest(options, &world, home.path(), false)?);
    }
    println!("{} feeds, medians of {} runs", options.feeds, options.runs);
    println!("{:<28} {:>9} {:>9}", "at rest", "RSS MB", "peak MB");
    for (name, runs) in [("after a start", started), ("after polling every feed", polled)] {
        let held = median(runs.iter().map(|(held, _)| *held));
        let peak = median(runs.iter().map(|(_, peak)| *peak));
        println!("{name:<28} {held:>9.1} {peak:>9.1}{}", Floor::most(MOST, held));
    }
    Ok(())
}

/// What the service holds at rest, and the most it held.
fn rest(options: &Options, world: &World, home: &Path, polls: bool) -> anyhow::Result<(f64, f64)> {
    let address = stage::free()?;
    let config = stage::configure(home, world, address.port())?;
    world.asked()?;
    let mut command = Command::new(&options.feedmill);
    command.arg("--config").arg(&config).arg("run").stdin(Stdio::null());
    let server = Server(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
    stage::ready(address, "/health/ready")?;
    let begun = Instant::now();
    let mut requests = 0;
    while polls && requests < options.feeds as u64 {
        anyhow::ensure!(begun.elapsed() < PATIENCE, "{requests} requests and no more");
        thread::sleep(Duration::from_millis(200));
        requests += world.asked()?.requests;
    }
    thread::sleep(Duration::from_secs(options.seconds));
    let late = world.asked()?.requests;
    anyhow::ensure!(late == 0, "it did not rest: {late} requests");
    let process = server.0.id();
    Ok((measure::memory_mb(process, "VmRSS")?, measure::memory_mb(process, "VmHWM")?))
}
