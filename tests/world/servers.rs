//! Programs of other people that some tests need: `scripts/test` installs them and says in
//! `FEEDMILL_SERVERS`, a list of names, which are there. A test asks first and leaves if told no,
//! which prints why; under CI `scripts/test` fails before it comes to that.

use std::io::Write;

/// Whether all of `names` are there; prints the reason if not.
pub(crate) fn present(test: &str, names: &[&str]) -> bool {
    #[expect(clippy::disallowed_methods, reason = "what the test runner says of this machine")]
    let said = std::env::var("FEEDMILL_SERVERS").unwrap_or_default();
    let missing = missing(&said, names);
    if !missing.is_empty() {
        // Not `eprintln!`: the harness would swallow it.
        let missing = missing.join(", ");
        let _ = writeln!(
            std::io::stderr(),
            "skipped {test}: {missing} is not here (scripts/test installs it)"
        );
    }
    missing.is_empty()
}

/// Whether we are root, as servers must be that take other users' rights; prints the reason if not.
pub(crate) fn as_root(test: &str) -> bool {
    let root = nix::unistd::geteuid().is_root();
    if !root {
        let _ = writeln!(std::io::stderr(), "skipped {test}: not root");
    }
    root
}

/// The Python that has feedparser.
pub(crate) fn python() -> String {
    #[expect(clippy::disallowed_methods, reason = "what the test runner says of this machine")]
    std::env::var("FEEDMILL_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

fn missing<'a>(said: &str, names: &[&'a str]) -> Vec<&'a str> {
    let there: Vec<&str> = said.split_whitespace().collect();
    names.iter().filter(|name| !there.contains(name)).copied().collect()
}

#[test]
fn what_is_missing_is_named() {
    assert_eq!(missing("postfix nginx wrk", &["nginx", "wrk"]), [""; 0]);
    assert_eq!(missing("postfix", &["nginx", "postfix"]), ["nginx"]);
    assert_eq!(missing("", &["nginx"]), ["nginx"]);
    assert!(present("nothing", &[]));
}
