//! Writing a view in any of the formats.
//!
//! Whatever the texts in it, what comes out can be read: the property below holds all writers to
//! that.

use super::format::Format;
use super::view::View;

/// Writes `view` in `format`.
pub fn write(view: &View, format: Format) -> String {
    match format {
        Format::Atom => super::atom::render(view),
        Format::Rss => super::rss::render(view),
        Format::Json => super::json::render(view),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

        #[test]
        fn every_format_is_readable_whatever_the_text(text in "\\PC*|.{0,64}|[\\x00-\\x7f]{0,64}") {
            let view = crate::publish::view::samples::hostile(&text);
            for format in Format::ALL {
                let document = write(&view, format);
                proptest::prop_assert!(feed_rs::parser::parse(document.as_bytes()).is_ok());
                if format != Format::Json {
                    let read = crate::publish::xml::strict::read(&document);
                    proptest::prop_assert!(read.is_ok(), "{read:?}");
                }
            }
        }
    }
}
