//! Feeds of other people, read beside another reader of feeds and beside what their authors assert.
//!
//! The survey is that of `cargo run --example corpus`, which prints the same table.

use std::path::PathBuf;

use crate::world::runner;

#[path = "../../examples/corpus/report/mod.rs"]
mod report;

fn corpora() -> Option<PathBuf> {
    runner::variable("FEEDMILL_CORPORA").map(PathBuf::from)
}

#[test]
fn feeds_are_read_as_well_as_the_goals_say() {
    let Some(folder) = corpora() else {
        return runner::skip("the corpora", "FEEDMILL_CORPORA is not set");
    };
    let survey = report::survey::survey(&folder).expect("a corpus");
    println!("{}", report::table::print(&survey, false));
    assert!(survey.sum("real-").shares.entries.expected > 0, "no feeds in {}", folder.display());
    let missed = report::goals::missed(&survey);
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn dates_are_read_as_another_reader_reads_them() {
    let path = corpora().map(|folder| folder.join("dates/feedparser-date-vectors.json"));
    let Some(text) = path.and_then(|path| std::fs::read_to_string(path).ok()) else {
        return runner::skip("dates", "FEEDMILL_CORPORA names no folder with vectors of dates");
    };
    let vectors: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let mut differ = Vec::new();
    for vector in vectors.as_array().expect("a list") {
        let written = vector["input"].as_str().expect("a text");
        let parts = vector["expected_utc"].as_array();
        // What the other does not read at all, we may: half a date is better than none.
        let Some(parts) = parts else { continue };
        let parts: Vec<i64> = parts.iter().filter_map(serde_json::Value::as_i64).collect();
        let read = feedmill::parse::date::parse(written).map(|time| time.timestamp());
        if read != report::claims::moment(&parts) {
            differ.push(format!("{written}: {read:?}, not {parts:?}"));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}
