//! How much feedmill costs beside the bare minimum: polling beside a program that only fetches,
//! parses, cleans and inserts; serving beside nginx with the same bytes in a file.
//!
//! `cargo bench --bench poll` races both in alternating runs and prints medians and their ratios.
//! The parts are processes of their own, and this one binary plays them all: a world of feeds on
//! loopback (`world`), the bare minimum (`reference`), and a frame that says what a child used
//! (`measure`).

mod feed;
mod figures;
mod growth;
mod hosts;
mod idle;
mod measure;
mod race;
mod reference;
mod rogue;
mod seal;
mod serve;
mod stage;
mod storm;
mod world;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// Said by `cargo bench`; means nothing here.
    #[arg(long, hide = true, global = true)]
    bench: bool,
}

#[derive(Subcommand)]
enum Part {
    /// Polls the world with the bare minimum and with feedmill in turn.
    Race(race::Options),
    /// Polls worlds of ten and a hundred times as many feeds with feedmill.
    Growth(growth::Options),
    /// Says how many connections and how much memory many hosts take.
    Hosts(hosts::Options),
    /// Says how much memory the service holds while nothing is due.
    Idle(idle::Options),
    /// Seals an edition over many waiting entries.
    Seal(seal::Options),
    /// Polls the world while an origin misbehaves in every way, and says how late it is.
    Storm(storm::Options),
    /// Serves one merged feed with feedmill and with nginx in turn.
    Serve(serve::Options),
    /// A world of feeds on 127.0.1.1 to 127.0.1.50; prints its port; ends with its standard input.
    World {
        /// How many feeds.
        feeds: usize,
    },
    /// One poll by the bare minimum.
    Reference {
        /// The addresses of the feeds, one a line.
        list: PathBuf,
        /// The SQLite file.
        database: PathBuf,
    },
    /// Runs a command and prints what it used as JSON.
    Measure {
        /// Where its output goes.
        output: PathBuf,
        /// The command.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        command: Vec<String>,
    },
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().part {
        None => race::run(&race::Options::parse_from(["race"])),
        Some(Part::Race(options)) => race::run(&options),
        Some(Part::Growth(options)) => growth::run(&options),
        Some(Part::Hosts(options)) => hosts::run(&options),
        Some(Part::Idle(options)) => idle::run(&options),
        Some(Part::Seal(options)) => seal::run(&options),
        Some(Part::Storm(options)) => storm::run(&options),
        Some(Part::Serve(options)) => serve::run(&options),
        Some(Part::World { feeds }) => world::run(feeds),
        Some(Part::Reference { list, database }) => reference::run(&list, &database),
        Some(Part::Measure { output, command }) => measure::run(&output, &command),
    }
}
