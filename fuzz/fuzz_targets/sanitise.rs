//! A stranger's HTML made safe: cleaning it again changes nothing, it stays within its limits, and
//! no element, attribute or address that could act is left.

#![no_main]

use feedmill::clean::markup::{self, Piece};
use feedmill::clean::{sanitise, scan};
use feedmill::model::document::RawHtml;
use feedmill::model::url::WebUrl;
use libfuzzer_sys::fuzz_target;

/// Elements that act, embed or begin another language.
const ACTIVE: [&str; 16] = [
    "script", "style", "iframe", "object", "embed", "form", "input", "button", "svg", "math",
    "base", "link", "meta", "template", "noscript", "video",
];

fuzz_target!(|html: &str| {
    let base = WebUrl::parse("https://exemple.fr/a/b").expect("a URL");
    let safe = sanitise::body(&RawHtml(html.to_owned()), Some(&base));
    let again = sanitise::body(&RawHtml(safe.as_str().to_owned()), Some(&base));
    assert_eq!(safe.as_str(), again.as_str());
    assert!(safe.as_str().len() <= scan::MAX_BYTES);
    for piece in markup::pieces(safe.as_str()) {
        let Piece::Open { name, attributes, whole } = piece else { continue };
        assert!(!ACTIVE.contains(&name), "{whole}");
        for (attribute, value) in markup::attributes(attributes) {
            assert!(!attribute.starts_with("on") && attribute != "style", "{whole}");
            if matches!(attribute, "href" | "src" | "cite") {
                let known = ["http://", "https://", "mailto:"];
                assert!(known.iter().any(|scheme| value.starts_with(scheme)), "{whole}");
            }
        }
    }
});
