//! What people call the format of a feed that was read: for those who choose between two of them.
//!
//! Told by the root element, or by the brace of JSON. It names what it is given; whether that is a
//! feed at all is for [`super::read`] to say.

use super::{characters, decode};

/// The format of the feed in `bytes`, which came with the field `content_type`.
pub fn name(bytes: &[u8], content_type: Option<&str>) -> &'static str {
    let Ok(bytes) = decode::gunzip(bytes) else { return "feed" };
    let text = decode::decode(&bytes, content_type);
    let framed = characters::framed(&text);
    let root = characters::root_name(framed.text).filter(|_| framed.is_feed);
    let local = root.and_then(|root| root.rsplit(':').next()).unwrap_or_default();
    match local.to_ascii_lowercase().as_str() {
        _ if text.starts_with('{') && root.is_none() => "JSON",
        "rss" => "RSS",
        "rdf" => "RSS 1.0",
        "feed" => "Atom",
        _ => "feed",
    }
}

/// Whether the document in `bytes`, which came with the field `content_type`, is a feed, however
/// broken it is.
pub fn is_feed(bytes: &[u8], content_type: Option<&str>) -> bool {
    let Ok(bytes) = decode::gunzip(bytes) else { return false };
    let text = decode::decode(&bytes, content_type);
    match text.starts_with('{') {
        true => text.contains("://jsonfeed.org/version/"),
        false => characters::framed(&text).is_feed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_feed_is_told_from_what_is_none() {
        for (text, is) in [
            ("<rss><channel><item>", true),
            ("<!-- x --><feed xmlns='http://www.w3.org/2005/Atom'><entry", true),
            ("{\"version\": \"https://jsonfeed.org/version/1.1\", \"items\": [{", true),
            ("{\"error\": \"quota", false),
            ("<html><body>rss", false),
            ("words", false),
            ("", false),
        ] {
            assert_eq!(is_feed(text.as_bytes(), None), is, "{text}");
        }
    }

    #[test]
    fn formats_have_their_usual_names() {
        for (text, kind) in [
            ("<?xml version='1.0'?><rss version='2.0'><channel/></rss>", "RSS"),
            ("<!-- x --><feed xmlns='http://www.w3.org/2005/Atom'/>", "Atom"),
            ("<rdf:RDF xmlns:rdf='x'/>", "RSS 1.0"),
            ("{\"version\":\"https://jsonfeed.org/version/1.1\"}", "JSON"),
            ("words", "feed"),
        ] {
            assert_eq!(name(text.as_bytes(), None), kind, "{text}");
        }
    }
}
