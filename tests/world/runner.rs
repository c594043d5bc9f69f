//! What the test runner says of this machine: variables, and whether a test may be skipped.
//!
//! A test that cannot run here prints why and passes; under CI (`CI=true`) it fails instead, so
//! that nothing is left out there unnoticed.

use std::io::Write;

/// A variable of the environment, if it is set to something.
pub(crate) fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "what the test runner says of this machine")]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Says that `test` is skipped and why.
pub(crate) fn skip(test: &str, why: &str) {
    assert!(variable("CI").as_deref() != Some("true"), "{test} cannot be skipped under CI: {why}");
    // Not `eprintln!`: the harness would swallow it.
    let _ = writeln!(std::io::stderr(), "skipped {test}: {why}");
}
