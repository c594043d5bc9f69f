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

/// What reaches a reader as HTML was made by the cleaner, or given back by the store (promise I7).
#[test]
fn only_the_cleaner_says_that_html_is_safe() {
    // Modules that are compiled for tests only.
    const TESTS: [&str; 4] = [
        "src/jobs/samples.rs",
        "src/store/contract/",
        "src/store/hostile/",
        "src/store/measure.rs",
    ];
    let makers: Vec<String> = guard::source::read_all(Path::new(ROOT), "src")
        .into_iter()
        .filter(|source| !TESTS.iter().any(|test| source.path.starts_with(test)))
        .filter(|source| {
            let code = source.text.split("#[cfg(test)]").next().unwrap_or_default();
            code.contains("SafeHtml::cleaned(")
        })
        .map(|source| source.path)
        .collect();
    assert_eq!(makers, ["src/clean/repetition.rs", "src/clean/sanitise.rs"]);
}
