//! Reads a folder of feeds and says how well: `cargo run --example corpus -- DIR [--verbose]`.
//!
//! Beside the feeds, or in a folder above, lie `ORACLE.feedparser.jsonl` (what another reader found
//! in them) and `EXPECT.jsonl` (what their authors assert of them); without these, what was read is
//! counted and nothing compared. Ends with 1 where a goal is missed.

use std::path::PathBuf;
use std::process::ExitCode;

mod report;

fn main() -> ExitCode {
    let (flags, folders): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let is_verbose = flags == ["--verbose"];
    let ([folder], true) = (folders.as_slice(), is_verbose || flags.is_empty()) else {
        eprintln!("usage: corpus DIR [--verbose]");
        return ExitCode::from(2);
    };
    match report::survey::survey(&PathBuf::from(folder)) {
        Ok(survey) => {
            println!("{}", report::table::print(&survey, is_verbose));
            ExitCode::from(u8::from(!report::goals::missed(&survey).is_empty()))
        }
        Err(error) => {
            eprintln!("{folder}: {error}");
            ExitCode::FAILURE
        }
    }
}
