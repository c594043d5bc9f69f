//! One spelling for the addresses of one document: spelling it again changes nothing.

#![no_main]

use feedmill::dedup::canonical::canonicalise;
use feedmill::model::url::WebUrl;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(url) = WebUrl::parse(text) else { return };
    let once = canonicalise(&url);
    // A spelling is compared, never requested; where it is no address there is nothing to repeat.
    let Ok(read) = WebUrl::parse(once.as_str()) else { return };
    assert_eq!(canonicalise(&read).as_str(), once.as_str(), "{text:?}");
});
