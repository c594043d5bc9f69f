//! Growth: what ten times as many feeds cost, in processor time and in memory.
//!
//! feedmill alone polls worlds of each size, in processes of their own as in the race; the ratios
//! are between the medians of neighbouring sizes.

use std::path::PathBuf;

use super::figures::{Floor, median};
use super::measure::Usage;
use super::race::{self, Run, Runner};
use super::stage::World;

/// How growth is measured.
#[derive(Debug, clap::Parser)]
pub(crate) struct Options {
    /// How many feeds, each size ten times the one before.
    #[arg(long, value_delimiter = ',', default_values_t = [200, 2_000, 20_000])]
    sizes: Vec<usize>,
    /// How many runs of each size; of the largest, one is enough.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// The program to measure; the one of this checkout if absent.
    #[arg(long, default_value = env!("CARGO_BIN_EXE_feedmill"))]
    feedmill: PathBuf,
}

/// The polls that are compared, where they stand in a run, and how much ten times the feeds may
/// cost.
const POLLS: [(&str, usize, f64); 2] = [("first", 0, 13.0), ("unchanged", 2, 11.5)];

/// How much memory so many feeds may take, in MB.
const PEAKS: [(usize, f64); 2] = [(2_000, 64.0), (20_000, 96.0)];

/// Measures and prints the table.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    println!("{:<10} {:>7} {:>12} {:>9} {:>9}", "poll", "feeds", "CPU ms", "x before", "peak MB");
    let mut before: Option<Vec<f64>> = None;
    for &feeds in &options.sizes {
        let world = World::start(feeds)?;
        let run = |_| race::polls(Runner::Feedmill, &world, &options.feedmill, 5);
        let runs = (0..options.runs).map(run).collect::<anyhow::Result<Vec<Run>>>()?;
        let mut now = Vec::new();
        for (row, (poll, place, most)) in POLLS.into_iter().enumerate() {
            let of = |figure: fn(&Usage) -> f64| {
                median(runs.iter().map(|run| figure(&run.polls[place])))
            };
            let (cpu, peak) = (of(|usage| usage.cpu_ms), of(|usage| usage.peak_mb));
            let times = before.as_ref().map(|before| cpu / before[row]);
            let shown = times.map_or_else(|| "-".to_owned(), |times| format!("{times:.2}"));
            let growth = times.map(|times| Floor::most(most, times).to_string());
            let memory = PEAKS.iter().find(|(size, _)| *size == feeds);
            let memory = memory.map(|(_, most)| Floor::most(*most, peak).to_string());
            println!(
                "{poll:<10} {feeds:>7} {cpu:>12.0} {shown:>9} {peak:>9.1}{}{}",
                growth.unwrap_or_default(),
                memory.unwrap_or_default()
            );
            now.push(cpu);
        }
        before = Some(now);
    }
    Ok(())
}
