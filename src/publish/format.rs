//! The formats a merged feed is offered in: their endings, media types and writers.

use super::view::View;

/// One of the three formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// Atom 1.0 (RFC 4287).
    Atom,
    /// RSS 2.0.
    Rss,
    /// JSON Feed 1.1.
    Json,
}

impl Format {
    /// All of them, the recommended one first.
    pub const ALL: [Self; 3] = [Self::Atom, Self::Rss, Self::Json];

    /// The ending of its address, without the dot.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Atom => "atom",
            Self::Rss => "rss",
            Self::Json => "json",
        }
    }

    /// The format of an ending.
    pub fn from_ending(ending: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.ending() == ending)
    }

    /// Its name, for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Atom => "Atom",
            Self::Rss => "RSS",
            Self::Json => "JSON Feed",
        }
    }

    /// Its media type, without parameters.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Atom => "application/atom+xml",
            Self::Rss => "application/rss+xml",
            Self::Json => "application/feed+json",
        }
    }

    /// Its media type as a Content-Type field states it.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Atom => "application/atom+xml; charset=utf-8",
            Self::Rss => "application/rss+xml; charset=utf-8",
            Self::Json => "application/feed+json; charset=utf-8",
        }
    }

    /// Writes `view` in it.
    pub fn render(self, view: &View) -> String {
        match self {
            Self::Atom => super::atom::render(view),
            Self::Rss => super::rss::render(view),
            Self::Json => super::json::render(view),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_name_formats() {
        for format in Format::ALL {
            assert_eq!(Format::from_ending(format.ending()), Some(format));
            assert!(format.content_type().starts_with(format.media_type()));
        }
        for other in ["", "ATOM", "xml", "atom.", "atom/"] {
            assert_eq!(Format::from_ending(other), None, "{other}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

        #[test]
        fn every_format_is_readable_whatever_the_text(text in "\\PC*|.{0,64}|[\\x00-\\x7f]{0,64}") {
            let view = crate::publish::view::samples::hostile(&text);
            for format in Format::ALL {
                let document = format.render(&view);
                proptest::prop_assert!(feed_rs::parser::parse(document.as_bytes()).is_ok());
                if format != Format::Json {
                    let read = crate::publish::xml::strict::read(&document);
                    proptest::prop_assert!(read.is_ok(), "{read:?}");
                }
            }
        }
    }
}
