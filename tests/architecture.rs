//! The border guard: the floor plan of `ARCHITECTURE.md`, held by a test.
//!
//! It reads every file under `src` and fails with file, line, rule and reason where the house law
//! is broken. The law itself, table by table, stands in `guard/law.rs`; that the guard still catches
//! what it should is tested in `guard/proof.rs`.

mod guard;

use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn the_house_keeps_its_law() {
    let sources = guard::source::read_all(Path::new(ROOT), "src");
    assert!(sources.len() > 20, "the guard found only {} files under src", sources.len());
    let breaches = guard::judge::breaches(&sources);
    let report: Vec<String> = breaches.iter().map(ToString::to_string).collect();
    assert!(report.is_empty(), "{} breaches\n{}", report.len(), report.join("\n"));
}

#[test]
fn every_case_names_tests_that_exist() {
    let root = Path::new(ROOT);
    let cases = std::fs::read_to_string(root.join("docs/cases.md")).expect("the list of cases");
    let sources = ["src", "tests"].map(|folder| guard::source::read_all(root, folder));
    let code: String = sources.into_iter().flatten().map(|source| source.text).collect();
    let faults = guard::cases::faults(&cases, &code);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
