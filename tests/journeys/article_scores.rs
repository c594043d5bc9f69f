//! The extraction on pages of the real world: no worse than it was, and well above the extractor it
//! stands on. The measures are those of `examples/articles`.

#[path = "../../examples/articles/score.rs"]
mod score;

use std::path::PathBuf;

use crate::world::runner;

#[test]
fn articles_are_found_as_well_as_was_measured() {
    let folder = runner::variable("FEEDMILL_CORPORA").map(PathBuf::from);
    let Some(folder) = folder.filter(|folder| folder.join("art-trafilatura").is_dir()) else {
        return runner::skip("articles", "FEEDMILL_CORPORA names no folder with art-* in it");
    };
    let report = score::run(&folder, false);
    println!("{report}");
    let f1 = |set: &str, who: &str| report.f1(set, who).expect("a scored set");
    assert!(f1("readability", "feedmill") >= 0.98, "{report}");
    let ahead = f1("trafilatura", "feedmill") - f1("trafilatura", "dom_smoothie alone");
    assert!(ahead >= 0.05, "{report}");
}
