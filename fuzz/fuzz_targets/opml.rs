//! A list of feeds from any text: what is taken can be written and is read again as the same list.

#![no_main]

use feedmill::publish::opml;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(list) = opml::read(text) else { return };
    let again = opml::read(&opml::write(&list.feeds)).expect("our own list");
    assert!(again.rejected.is_empty(), "{:?}", again.rejected);
    let urls = |list: &opml::OpmlList| {
        let mut urls: Vec<_> = list.feeds.iter().map(|feed| feed.url.clone()).collect();
        urls.sort();
        urls
    };
    assert_eq!(urls(&list), urls(&again));
});
