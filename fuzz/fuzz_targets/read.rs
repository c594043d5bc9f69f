//! A whole document from whatever bytes: a document or a reason, the same each time, and nothing in
//! it but what may be passed on.

#![no_main]

use feedmill::model::url::WebUrl;
use feedmill::parse::read;
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: {
        // feed-rs panics on some documents, and `read` catches that: only what gets out of it counts,
        // and that ends the fuzzer all the same.
        std::panic::set_hook(Box::new(|_| {}));
    },
    |bytes: &[u8]| {
        let base = WebUrl::parse("https://exemple.fr/flux").expect("a URL");
        let outcome = read::read(bytes, None, &base);
        assert_same(&outcome, &read::read(bytes, None, &base));
        let Ok(document) = outcome else { return };
        for item in &document.items {
            assert!(item.guid.as_ref().is_none_or(|guid| guid.trim() == guid && !guid.is_empty()));
            let title = item.title.as_str();
            assert!(!title.contains(|c: char| c.is_control() && c != '\n' && c != '\t'), "{title:?}");
            for file in &item.enclosures {
                assert!(file.url.starts_with("http://") || file.url.starts_with("https://"));
            }
        }
    }
);

/// Fails, naming both, where two readings of the same bytes differ.
fn assert_same<T: PartialEq + std::fmt::Debug>(one: &T, other: &T) {
    assert!(one == other, "read twice, it differs: {one:?} {other:?}");
}
