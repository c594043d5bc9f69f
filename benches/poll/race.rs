//! The race: the bare minimum and feedmill poll the same world, each in processes of its own, in
//! alternating order, and every poll is checked to have asked what it should.
//!
//! Four polls a run, each a process: the first brings all entries, the second is not counted, the
//! third finds nothing changed, the fourth finds new entries in five feeds of a hundred.

use std::path::{Path, PathBuf};

use super::figures::{Floor, compare, median};
use super::measure::{self, Usage};
use super::stage::{self, World};

/// How the race is run.
#[derive(Debug, clap::Parser)]
pub(crate) struct Options {
    /// How many feeds.
    #[arg(long, default_value_t = 2_000)]
    feeds: usize,
    /// How many runs of each.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// In how many feeds of a hundred something is new at the fourth poll.
    #[arg(long, default_value_t = 5)]
    share: u32,
    /// The program to race; the one of this checkout if absent.
    #[arg(long, default_value = env!("CARGO_BIN_EXE_feedmill"))]
    feedmill: PathBuf,
    /// Only the bare minimum runs.
    #[arg(long)]
    reference_only: bool,
}

/// The polls of a run.
const POLLS: [&str; 4] = ["first", "second", "unchanged", "changed"];

/// How much processor time feedmill may take, as a multiple of the bare minimum's.
const CPU_FLOORS: [(&str, f64); 3] = [("first", 2.0), ("unchanged", 1.2), ("changed", 1.5)];

/// How many bytes of database an entry may cost.
const BYTES_FLOOR: f64 = 1_515.0;

/// Who polls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runner {
    Reference,
    Feedmill,
}

/// What one run of one of the two used.
pub(crate) struct Run {
    pub(crate) polls: [Usage; 4],
    /// Of the database after the first poll and a checkpoint.
    bytes_per_entry: f64,
    /// Bodies that the world sent, poll by poll.
    bodies: [u64; 4],
}

/// Runs the race and prints its table.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let world = World::start(options.feeds)?;
    let (mut reference, mut feedmill) = (Vec::new(), Vec::new());
    for run in 0..options.runs {
        // Who runs second finds other caches: take turns.
        let mut order = [Runner::Reference, Runner::Feedmill];
        order.rotate_left(run % 2);
        for runner in order {
            let runs = match runner {
                Runner::Reference => &mut reference,
                Runner::Feedmill if options.reference_only => continue,
                Runner::Feedmill => &mut feedmill,
            };
            runs.push(polls(runner, &world, &options.feedmill, options.share)?);
        }
        eprintln!("run {} of {}", run + 1, options.runs);
    }
    print(options, &reference, &feedmill);
    Ok(())
}

/// One run of one of the two, with a database of its own.
pub(crate) fn polls(
    runner: Runner,
    world: &World,
    program: &Path,
    share: u32,
) -> anyhow::Result<Run> {
    let home = tempfile::tempdir()?;
    let (command, database) = command(runner, home.path(), world, program)?;
    world.reset()?;
    let (mut used, mut bodies) = (Vec::new(), Vec::new());
    let mut bytes_per_entry = f64::NAN;
    for poll in POLLS {
        let changed = if poll == "changed" { world.bump(share)? } else { 0 };
        world.asked()?;
        let output = home.path().join(format!("{poll}.out"));
        used.push(measure::done(&output, &command)?);
        bodies.push(check(runner, world, poll, changed)?);
        if poll == "first" {
            bytes_per_entry = measure::bytes_per_entry(&database)?;
        }
    }
    let four = "there are four polls";
    let polls = <[Usage; 4]>::try_from(used).map_err(|_| anyhow::anyhow!(four))?;
    let bodies = <[u64; 4]>::try_from(bodies).map_err(|_| anyhow::anyhow!(four))?;
    Ok(Run { polls, bytes_per_entry, bodies })
}

/// What is run, and where its database is.
fn command(
    runner: Runner,
    home: &Path,
    world: &World,
    program: &Path,
) -> anyhow::Result<(Vec<String>, PathBuf)> {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    Ok(match runner {
        Runner::Reference => {
            let list = home.join("feeds.txt");
            std::fs::write(&list, world.urls().collect::<Vec<_>>().join("\n"))?;
            let this = std::env::current_exe()?;
            let database = home.join("reference.db");
            let command = vec![text(&this), "reference".into(), text(&list), text(&database)];
            (command, database)
        }
        Runner::Feedmill => {
            let config = stage::configure(home, world, 0)?;
            let words = ["--config", &text(&config), "refresh", "--all", "--force"];
            let command = [text(program)].into_iter().chain(words.map(str::to_owned)).collect();
            (command, home.join(stage::DATABASE))
        }
    })
}

/// Who asks less than everybody once, or without validators, or has a body sent again that its
/// validators could have spared, has not run this race. Returns how many bodies were sent.
fn check(runner: Runner, world: &World, poll: &str, changed: usize) -> anyhow::Result<u64> {
    let asked = world.asked()?;
    let feeds = world.feeds as u64;
    anyhow::ensure!(asked.requests == feeds, "{runner:?}, {poll}: {feeds} feeds, but {asked:?}");
    let bare = feeds.div_ceil(10);
    let fresh = match poll {
        "first" => feeds..=feeds,
        _ => bare..=bare + changed as u64,
    };
    anyhow::ensure!(fresh.contains(&asked.fresh), "{runner:?}, {poll}: {fresh:?}, but {asked:?}");
    Ok(asked.fresh)
}

/// One figure of a run.
type Figure = fn(&Usage) -> f64;

fn print(options: &Options, reference: &[Run], feedmill: &[Run]) {
    println!("{} feeds, medians of {} runs", options.feeds, options.runs);
    println!("{:<10} {:<8} {:>12} {:>12} {:>8}", "", "", "bare minimum", "feedmill", "ratio");
    for (number, poll) in POLLS.into_iter().enumerate().filter(|(_, poll)| *poll != "second") {
        let cpu = |usage: &Usage| usage.cpu_ms;
        let wall = |usage: &Usage| usage.wall_ms;
        let peak = |usage: &Usage| usage.peak_mb;
        let figures: [(&str, Figure); 3] = [("CPU ms", cpu), ("wall ms", wall), ("peak MB", peak)];
        for (name, figure) in figures {
            let of = |run: &Run| figure(&run.polls[number]);
            let floor = CPU_FLOORS.iter().find(|(floored, _)| *floored == poll && name == "CPU ms");
            line(poll, name, reference, feedmill, of, floor.map(|(_, most)| *most));
        }
        line(poll, "bodies", reference, feedmill, |run| run.bodies[number] as f64, None);
    }
    line("database", "B/entry", reference, feedmill, |run| run.bytes_per_entry, None);
    if !feedmill.is_empty() {
        let bytes = median(feedmill.iter().map(|run| run.bytes_per_entry));
        println!(
            "{:<10} {bytes:.0} bytes of database an entry{}",
            "",
            Floor::most(BYTES_FLOOR, bytes)
        );
    }
}

fn line(
    poll: &str,
    name: &str,
    reference: &[Run],
    feedmill: &[Run],
    figure: impl Fn(&Run) -> f64,
    most: Option<f64>,
) {
    let of = |runs: &[Run]| -> Vec<f64> { runs.iter().map(&figure).collect() };
    let (bare, ours, ratio) = compare(&of(reference), &of(feedmill));
    let ours = if feedmill.is_empty() {
        format!("{:>12} {:>8}", "-", "-")
    } else {
        let verdict = most.map(|most| Floor::most(most, ratio).to_string()).unwrap_or_default();
        format!("{ours:>12.1} {ratio:>8.2}{verdict}")
    };
    println!("{poll:<10} {name:<8} {bare:>12.1} {ours}");
}
