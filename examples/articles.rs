//! Scores the extraction of articles: `cargo run --release --example articles -- DIR`, where DIR
//! holds `art-readability` and `art-trafilatura`. The measures are defined in [`score`].

#[path = "articles/score.rs"]
mod score;

use std::path::PathBuf;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let Some(folder) = arguments.next().map(PathBuf::from) else {
        eprintln!("usage: articles DIR [-v]");
        std::process::exit(2);
    };
    let is_verbose = arguments.next().is_some();
    let report = score::run(&folder, is_verbose);
    println!("{report}");
    let f1 = |who: &str| report.f1("trafilatura", who);
    if let (Some(ours), Some(alone)) = (f1("feedmill"), f1("dom_smoothie alone")) {
        println!("trafilatura: {:+.1} points of F1", 100.0 * (ours - alone));
    }
}
