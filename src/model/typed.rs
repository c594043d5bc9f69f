//! The address of a feed or a page as people type or paste it.
//!
//! Without a scheme, `https` is meant and `http` may be. `feed:`, `feeds:`, `podcast:`, `podcasts:`,
//! `itpc:` and `pcast:` are what browsers and players hand over instead of `http` or `https`
//! (`feed:` with a whole address behind it, or with `//` and the rest of one).

use super::url::{FeedUrl, NotAFeedUrl};

/// Schemes that stand for "open this as a feed".
const FEED_SCHEMES: [&str; 6] = ["feed", "feeds", "podcast", "podcasts", "itpc", "pcast"];

/// An address as typed, and where to look for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    first: FeedUrl,
    then: Option<FeedUrl>,
    written: FeedUrl,
}

impl Typed {
    /// Reads what was typed.
    ///
    /// # Errors
    /// [`NotAFeedUrl`]: another scheme, no address at all, or one with credentials.
    pub fn parse(text: &str) -> Result<Self, NotAFeedUrl> {
        let text = text.trim();
        let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
        let is_feed = FEED_SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme));
        let rest = if is_feed { text[scheme.len() + 1..].trim_start_matches('/') } else { text };
        if has_scheme(rest) {
            let written = FeedUrl::parse(rest)?;
            return Ok(Self { first: written.clone(), then: None, written });
        }
        if let Some(other) = foreign_scheme(rest) {
            // Its own error says which schemes there are.
            return FeedUrl::parse(other).map(|url| Self {
                first: url.clone(),
                then: None,
                written: url,
            });
        }
        let secure = FeedUrl::parse(&format!("https://{rest}"))?;
        let open = FeedUrl::parse(&format!("http://{rest}"))?;
        let is_open = is_feed && !scheme.ends_with(['s', 'S']);
        let written = if is_open { open.clone() } else { secure.clone() };
        Ok(Self { first: secure, then: Some(open), written })
    }

    /// The address, its scheme the one that was written or is usual: what it is called in the
    /// configuration if nobody looks.
    pub fn as_written(&self) -> &FeedUrl {
        &self.written
    }

    /// Where to look, in this order: the second only if nobody answers at the first.
    pub fn places(&self) -> impl Iterator<Item = &FeedUrl> {
        std::iter::once(&self.first).chain(&self.then)
    }
}

/// Whether `text` is a whole address. What stands behind a `?` is none of its own.
fn has_scheme(text: &str) -> bool {
    text.split_once("://")
        .is_some_and(|(scheme, _)| scheme.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// `text` if it begins with a scheme that is none of the web's (`mailto:x`), not with a host and a
/// port (`localhost:8080`).
fn foreign_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-'));
    (is_scheme && !rest.starts_with(|c: char| c.is_ascii_digit())).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_looked_for_where_they_may_be_meant() {
        for (text, places, written) in [
            ("exemple.fr/rss", "https://exemple.fr/rss http://exemple.fr/rss", "https"),
            ("localhost:8080/x", "https://localhost:8080/x http://localhost:8080/x", "https"),
            ("http://exemple.fr/", "http://exemple.fr/", "http"),
            (" HTTPS://Exemple.fr ", "https://exemple.fr/", "https"),
            ("feed:https://exemple.fr/a", "https://exemple.fr/a", "https"),
            ("feed://exemple.fr/a#b", "https://exemple.fr/a http://exemple.fr/a", "http"),
            ("feeds://exemple.fr/a", "https://exemple.fr/a http://exemple.fr/a", "https"),
            ("PODCAST://exemple.fr/a", "https://exemple.fr/a http://exemple.fr/a", "http"),
            ("itpc://exemple.fr/a", "https://exemple.fr/a http://exemple.fr/a", "http"),
            (
                "www.exemple.fr/a?b=c:d",
                "https://www.exemple.fr/a?b=c:d http://www.exemple.fr/a?b=c:d",
                "https",
            ),
            ("a.fr/?u=http://b", "https://a.fr/?u=http://b http://a.fr/?u=http://b", "https"),
            ("medium.com/@zoe", "https://medium.com/@zoe http://medium.com/@zoe", "https"),
        ] {
            let typed = Typed::parse(text).expect(text);
            let found: Vec<&str> = typed.places().map(FeedUrl::as_str).collect();
            assert_eq!(found.join(" "), places, "{text}");
            assert_eq!(typed.as_written().web().parts().scheme(), written, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in [
            "",
            " ",
            "feed:",
            "ftp://exemple.fr",
            "mailto:zoe@exemple.fr",
            "javascript:alert(1)",
            "feed:javascript:alert(1)",
            "exec:ls",
            "https://u:p@exemple.fr/",
            "zoe@exemple.fr/",
        ] {
            assert!(Typed::parse(bad).is_err(), "{bad}: {:?}", Typed::parse(bad));
        }
    }
}
