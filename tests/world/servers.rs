//! Programs of other people that some tests need: `scripts/test` installs them and says in
//! `FEEDMILL_SERVERS`, a list of names, which are there. A test asks first and leaves if told no,
//! which prints why; under CI `scripts/test` fails before it comes to that.

/// Whether all of `names` are there; prints the reason if not.
pub(crate) fn present(test: &str, names: &[&str]) -> bool {
    #[expect(clippy::disallowed_methods, reason = "what the test runner says of this machine")]
    let said = std::env::var("FEEDMILL_SERVERS").unwrap_or_default();
    let missing = missing(&said, names);
    if !missing.is_empty() {
        eprintln!("skipped {test}: without {} (scripts/test installs it)", missing.join(", "));
    }
    missing.is_empty()
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
