//! When to ask: rules for the next check, replayed over histories of publication in virtual time.
//!
//! `cargo run --release --example cadence -- [--corpora DIR] [--plot FILE.svg]` prints for 4, 5 and
//! 6 requests a day how long an entry waits until it is seen, in hours, as mean and 95th percentile,
//! under four rules: a fixed interval, the entry frequency of Miniflux, the empirical interval of
//! CommaFeed, and `refresh::rhythm`. Each rule has one knob, which is turned until it makes that
//! number of requests, so that the same number buys different delays. Every rule waits at least an
//! hour and at most a day. Each synthetic figure is the mean of 20 seeds. The feeds of the real
//! world in DIR are one row, since they share one knob: how requests are divided between feeds is
//! part of the rule there.

mod histories;
mod plot;
mod replay;
mod rules;

use std::path::PathBuf;

use histories::History;
use plot::Curves;
use replay::Outcome;
use rules::Rule;

/// Requests a day that are compared.
const TARGETS: [f64; 3] = [4.0, 5.0, 6.0];
/// Requests a day that are drawn.
const DRAWN: [f64; 7] = [2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];

#[derive(Debug, clap::Parser)]
struct Options {
    /// A folder of feeds; the publication dates in them are histories too.
    #[arg(long)]
    corpora: Option<PathBuf>,
    /// Where to draw delay against requests.
    #[arg(long)]
    plot: Option<PathBuf>,
}

/// What a history has to show beside the best of the other rules, or beside the fixed interval.
fn goal(name: &str) -> (f64, &'static str) {
    match name {
        "daily at nine" | "office hours" => (0.5, "of fixed"),
        "weekdays only" => (0.8, "of fixed"),
        _ => (1.05, "of the best"),
    }
}

fn main() -> anyhow::Result<()> {
    let options = <Options as clap::Parser>::parse();
    let mut rows = histories::synthetic();
    if let Some(folder) = &options.corpora {
        let real = histories::of_folder(folder)?;
        println!("{} feeds of the real world", real.len());
        rows.push(("feeds of the world", real));
    }
    let mut missed = 0;
    for target in TARGETS {
        println!("\n{target} requests a day: hours until an entry is seen, mean (95th percentile)");
        for (name, histories) in &rows {
            missed += usize::from(!row(name, histories, target));
        }
    }
    if let Some(path) = &options.plot {
        let drawn = rows.iter().map(|(name, histories)| (*name, curves(histories)));
        std::fs::write(path, plot::svg(&drawn.collect::<Vec<_>>()))?;
    }
    anyhow::ensure!(missed == 0, "{missed} figures miss their goal");
    Ok(())
}

/// Prints one line; whether the goal is met.
fn row(name: &str, histories: &[History], target: f64) -> bool {
    let [fixed, miniflux, commafeed, ours] =
        Rule::ALL.map(|rule| replay::at_rate(rule, histories, target));
    let show = |outcome: &Outcome| format!("{:.2} ({:.1})", outcome.mean(), outcome.percentile(95));
    let best = fixed.mean().min(miniflux.mean()).min(commafeed.mean());
    let (limit, of) = goal(name);
    let ratio = ours.mean() / if of == "of fixed" { fixed.mean() } else { best };
    let verdict = if ratio <= limit { "holds" } else { "FALLS SHORT" };
    println!(
        "{name:<20} fixed {:>13}  Miniflux {:>13}  CommaFeed {:>13}  ours {:>13}  \
         {ratio:.2} {of} (<= {limit}: {verdict})",
        show(&fixed),
        show(&miniflux),
        show(&commafeed),
        show(&ours),
    );
    ratio <= limit
}

fn curves(histories: &[History]) -> Curves {
    Rule::ALL.map(|rule| {
        let outcomes = DRAWN.map(|rate| replay::at_rate(rule, histories, rate));
        outcomes.iter().map(|outcome| (outcome.per_day(), outcome.mean())).collect()
    })
}
