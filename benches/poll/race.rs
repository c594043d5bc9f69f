//! The race: the bare minimum and feedmill poll the same world, each in processes of its own, in
//! alternating order, and every poll is checked to have asked what it should.
//!
//! Four polls a run, each a process: the first brings all entries, the second is not counted, the
//! third finds nothing changed, the fourth finds new entries in five feeds of a hundred.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::figures::compare;
use super::measure::Usage;
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Runner {
    Reference,
    Feedmill,
}

/// Runs the race and prints its table.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let world = World::start(options.feeds)?;
    let mut reference: Vec<[Usage; 4]> = Vec::new();
    let mut feedmill: Vec<[Usage; 4]> = Vec::new();
    for run in 0..options.runs {
        // Who runs second finds other caches: take turns.
        let mut order = [Runner::Reference, Runner::Feedmill];
        order.rotate_left(run % 2);
        for runner in order {
            match runner {
                Runner::Reference => reference.push(polls(runner, &world, options)?),
                Runner::Feedmill if options.reference_only => {}
                Runner::Feedmill => feedmill.push(polls(runner, &world, options)?),
            }
        }
        eprintln!("run {} of {}", run + 1, options.runs);
    }
    print(options, &reference, &feedmill);
    Ok(())
}

/// One run of one of the two, with a database of its own.
fn polls(runner: Runner, world: &World, options: &Options) -> anyhow::Result<[Usage; 4]> {
    let home = tempfile::tempdir()?;
    let command = command(runner, home.path(), world, options)?;
    world.reset()?;
    let mut used = Vec::new();
    for poll in POLLS {
        let changed = if poll == "changed" { world.bump(options.share)? } else { 0 };
        world.asked()?;
        let output = home.path().join(format!("{poll}.out"));
        let usage = measured(&output, &command)?;
        let said = || {
            let text = std::fs::read_to_string(&output).unwrap_or_default();
            text.lines().rev().take(5).collect::<Vec<_>>().join("\n")
        };
        anyhow::ensure!(usage.success, "{runner:?} failed in its {poll} poll:\n{}", said());
        check(runner, world, poll, changed)?;
        used.push(usage);
    }
    <[Usage; 4]>::try_from(used).map_err(|_| anyhow::anyhow!("there are four polls"))
}

fn command(
    runner: Runner,
    home: &Path,
    world: &World,
    options: &Options,
) -> anyhow::Result<Vec<String>> {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    Ok(match runner {
        Runner::Reference => {
            let list = home.join("feeds.txt");
            std::fs::write(&list, world.urls().collect::<Vec<_>>().join("\n"))?;
            let this = std::env::current_exe()?;
            let database = home.join("reference.db");
            vec![text(&this), "reference".to_owned(), text(&list), text(&database)]
        }
        Runner::Feedmill => {
            let config = stage::configure(home, world, 0)?;
            let words = ["--config", &text(&config), "refresh", "--all", "--force"];
            let program = text(&options.feedmill);
            [program].into_iter().chain(words.map(str::to_owned)).collect()
        }
    })
}

/// Runs a command in the frame that measures it.
fn measured(output: &Path, command: &[String]) -> anyhow::Result<Usage> {
    let frame = Command::new(std::env::current_exe()?)
        .arg("measure")
        .arg(output)
        .arg("--")
        .args(command)
        .output()?;
    let said = String::from_utf8_lossy(&frame.stdout);
    serde_json::from_str(&said).map_err(|error| {
        anyhow::anyhow!("{error}: {said}{}", String::from_utf8_lossy(&frame.stderr))
    })
}

/// Who asks less than everybody once, or without validators, has not run this race.
fn check(runner: Runner, world: &World, poll: &str, changed: usize) -> anyhow::Result<()> {
    let asked = world.asked()?;
    let feeds = world.feeds as u64;
    anyhow::ensure!(asked.requests == feeds, "{runner:?}, {poll}: {feeds} feeds, but {asked:?}");
    let bare = feeds.div_ceil(10);
    let fresh = match poll {
        "first" => feeds..=feeds,
        _ => bare..=bare + changed as u64,
    };
    anyhow::ensure!(fresh.contains(&asked.fresh), "{runner:?}, {poll}: {fresh:?}, but {asked:?}");
    Ok(())
}

/// One figure of a run.
type Figure = fn(&Usage) -> f64;

fn print(options: &Options, reference: &[[Usage; 4]], feedmill: &[[Usage; 4]]) {
    println!("{} feeds, medians of {} runs", options.feeds, options.runs);
    println!("{:<10} {:<8} {:>12} {:>12} {:>8}", "poll", "", "bare minimum", "feedmill", "ratio");
    for (number, poll) in POLLS.into_iter().enumerate().filter(|(_, poll)| *poll != "second") {
        let cpu = |usage: &Usage| usage.cpu_ms;
        let wall = |usage: &Usage| usage.wall_ms;
        let peak = |usage: &Usage| usage.peak_mb;
        let figures: [(&str, Figure); 3] = [("CPU ms", cpu), ("wall ms", wall), ("peak MB", peak)];
        for (name, figure) in figures {
            let of = |runs: &[[Usage; 4]]| -> Vec<f64> {
                runs.iter().map(|polls| figure(&polls[number])).collect()
            };
            let (bare, ours, ratio) = compare(&of(reference), &of(feedmill));
            let ours = if feedmill.is_empty() {
                format!("{:>12} {:>8}", "-", "-")
            } else {
                format!("{ours:>12.1} {ratio:>8.2}")
            };
            println!("{poll:<10} {name:<8} {bare:>12.1} {ours}");
        }
    }
}
