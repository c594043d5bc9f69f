//! Feeds that a page or an address hints at: few, each once, all of the web.

#![no_main]

use std::collections::HashSet;

use feedmill::model::typed::Typed;
use feedmill::model::url::{FeedUrl, WebUrl};
use feedmill::parse::{discover, platforms};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    // The first line is an address, the rest the page found there.
    let (address, page) = input.split_once('\n').unwrap_or(("", input));
    let base = WebUrl::parse("https://exemple.fr/a/b").expect("a URL");
    let at = match Typed::parse(address) {
        Ok(typed) => typed.as_written().web().clone(),
        Err(_) => base,
    };
    let found = discover::candidates(page, &at);
    assert!(found.len() <= discover::MOST);
    let urls: HashSet<&FeedUrl> = found.iter().map(|candidate| &candidate.url).collect();
    assert_eq!(urls.len(), found.len());
    let guesses = [platforms::sure(&at), platforms::likely(&at), platforms::made_by(page, &at)];
    assert!(guesses.iter().all(|guesses| guesses.len() <= 4));
    assert!(platforms::well_known(&at).len() <= platforms::MOST_WELL_KNOWN);
});
