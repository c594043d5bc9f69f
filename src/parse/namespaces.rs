//! The second rung: the root element says what feed-rs knows.
//!
//! RSS of odd versions becomes 2.0; Atom 0.3 and misspelt namespaces become Atom 1.0; RSS 0.90 and
//! 1.0, which feed-rs reads strictly, and 1.1, which it does not know, become 2.0 with their items
//! inside the channel; a missing channel is put in; prefixes that are used without being bound are
//! bound to what they always mean.

use super::characters;

/// Prefixes whose elements we read, and the namespaces that feed-rs knows them by.
pub const NAMESPACES: [(&str, &str); 6] = [
    ("content", "http://purl.org/rss/1.0/modules/content/"),
    ("dc", "http://purl.org/dc/elements/1.1/"),
    ("media", "http://search.yahoo.com/mrss/"),
    ("itunes", "http://www.itunes.com/dtds/podcast-1.0.dtd"),
    ("atom", ATOM),
    ("podcast", "https://podcastindex.org/namespace/1.0"),
];
/// The namespace of Atom (RFC 4287).
pub const ATOM: &str = "http://www.w3.org/2005/Atom";
/// The namespace of RSS 1.0.
pub const RSS_1: &str = "http://purl.org/rss/1.0/";
/// The namespace of RSS 1.1, without what is spelt in more than one way.
pub const RSS_1_1: &str = "purl.org/net/rss1.1";

/// The namespace that `spelt` was meant to be, if it is one that feed-rs knows.
pub fn namespace(spelt: &str) -> Option<&'static str> {
    let bare = spelt.trim().to_ascii_lowercase();
    let bare = bare.strip_prefix("https://").or(bare.strip_prefix("http://")).unwrap_or(&bare);
    let bare = bare.strip_prefix("www.").unwrap_or(bare).trim_end_matches(['/', '#']);
    Some(match bare {
        "w3.org/2005/atom" | "purl.org/atom/ns" | "purl.org/atom" | "example.com/newformat" => ATOM,
        "purl.org/rss/1.0"
        | "purl.org/rss/2.0"
        | "backend.userland.com/rss2"
        | "backend.userland.com/rss"
        | "blogs.law.harvard.edu/tech/rss"
        | "my.netscape.com/rdf/simple/0.9"
        | "channel.netscape.com/rdf/simple/0.9" => RSS_1,
        "purl.org/rss/1.0/modules/content" => NAMESPACES[0].1,
        "purl.org/dc/elements/1.1" | "purl.org/dc/elements/1.0" => NAMESPACES[1].1,
        "search.yahoo.com/mrss" | "video.search.yahoo.com/mrss" => NAMESPACES[2].1,
        "itunes.com/dtds/podcast-1.0.dtd" | "itunes.com/dtd/podcast-1.0.dtd" => NAMESPACES[3].1,
        "podcastindex.org/namespace/1.0" => NAMESPACES[5].1,
        _ => return None,
    })
}

/// `text`, which begins with the root, with its root rewritten.
pub fn mend(text: &str) -> String {
    let (Some(name), Some(length)) = (characters::root_name(text), characters::tag_length(text))
    else {
        return text.to_owned();
    };
    let local = name.rsplit(':').next().unwrap_or(name).to_ascii_lowercase();
    let attributes = text[1 + name.len()..length - 1].trim_end_matches('/');
    let (body, close) = split_end(&text[length..], name);
    let attributes = read_attributes(attributes);
    let mut out = String::with_capacity(text.len() + 400);
    match local.as_str() {
        "feed" => {
            let root = if name.contains(':') { name } else { "feed" };
            write_root(&mut out, root, &attributes, &format!(" xmlns=\"{ATOM}\""));
            let is_old = attributes
                .iter()
                .any(|(_, value)| value.to_ascii_lowercase().contains("purl.org/atom"));
            if is_old {
                push_renamed(&mut out, body)
            } else {
                out.push_str(body)
            }
            if close {
                out.push_str(&format!("</{root}>"))
            }
        }
        _ => {
            write_root(&mut out, "rss", &attributes, " version=\"2.0\"");
            let body = if local == "channel" { &without_lists(body) } else { body };
            let has_channel = body.contains("<channel") || body.contains(":channel");
            if local == "rdf" || !has_channel {
                push_in_channel(&mut out, body)
            } else {
                out.push_str(body)
            }
            if close {
                out.push_str("</rss>")
            }
        }
    }
    out
}

/// The content of the root, and whether its end tag is there.
fn split_end<'a>(text: &'a str, name: &str) -> (&'a str, bool) {
    match text.rfind(&format!("</{name}")) {
        Some(at) => (&text[..at], true),
        None => (text, false),
    }
}

/// Pairs of name and value as written, in double quotes or single or none.
fn read_attributes(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once('=') {
        let name = name.trim().rsplit(|c: char| c.is_ascii_whitespace()).next().unwrap_or_default();
        let after = after.trim_start();
        let (value, remainder) = match after.chars().next() {
            Some(quote @ ('"' | '\'')) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
            Some(_) | None => {
                after.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((after, ""))
            }
        };
        found.push((name, value));
        rest = remainder;
    }
    found
}

/// Writes the root's start tag: `first`, what the old one said that still holds, and every
/// prefix we read that it did not bind.
fn write_root(out: &mut String, name: &str, attributes: &[(&str, &str)], first: &str) {
    out.push('<');
    out.push_str(name);
    out.push_str(first);
    for (name, value) in attributes {
        let is_replaced = *name == "xmlns" || *name == "version" || name.is_empty();
        let is_repeated = attributes.iter().filter(|(other, _)| other == name).count() > 1;
        if !(is_replaced || is_repeated && name.starts_with("xmlns")) {
            let value = name.strip_prefix("xmlns:").and_then(|_| namespace(value)).unwrap_or(value);
            out.push_str(&format!(
                " {name}=\"{}\"",
                value.replace('"', "&quot;").replace('<', "&lt;")
            ));
        }
    }
    for (prefix, namespace) in NAMESPACES {
        let bound = format!("xmlns:{prefix}");
        if attributes.iter().filter(|(name, _)| *name == bound).count() != 1 {
            out.push_str(&format!(" {bound}=\"{namespace}\""));
        }
    }
    out.push('>');
}

/// Atom 0.3's names for what Atom 1.0 calls otherwise.
const RENAMED: [(&str, &str); 5] = [
    ("modified", "updated"),
    ("issued", "published"),
    ("tagline", "subtitle"),
    ("copyright", "rights"),
    ("url", "uri"),
];

fn push_renamed(out: &mut String, body: &str) {
    let mut rest = body;
    while let Some(at) = rest.find('<') {
        let skip = if rest[at + 1..].starts_with('/') { at + 2 } else { at + 1 };
        out.push_str(&rest[..skip]);
        rest = &rest[skip..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != ':').unwrap_or(rest.len());
        let (prefix, name) = match rest[..end].split_once(':') {
            Some((_, name)) => (&rest[..end - name.len()], name),
            None => ("", &rest[..end]),
        };
        if let Some((_, new)) = RENAMED.iter().find(|(old, _)| *old == name) {
            out.push_str(prefix);
            out.push_str(new);
            rest = &rest[end..];
        }
    }
    out.push_str(rest);
}

/// RSS 1.1 has its items in a list of their own: they are taken out of it.
fn without_lists(body: &str) -> String {
    let mut out = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.find("items") {
        let before = &rest[..at];
        let outside = before.strip_suffix("</").or_else(|| before.strip_suffix('<'));
        let end = outside.and_then(|_| rest[at..].find('>')).map(|end| at + end + 1);
        match outside.zip(end) {
            Some((outside, end)) => {
                out.push_str(outside);
                rest = &rest[end..];
            }
            None => {
                out.push_str(&rest[..at + 5]);
                rest = &rest[at + 5..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// RSS 1.0 has its items beside the channel, RSS 2.0 inside.
fn push_in_channel(out: &mut String, body: &str) {
    let end = body.find("</channel>").map(|at| (at, "</channel>"));
    let end = end.or_else(|| body.find("</rss:channel>").map(|at| (at, "</rss:channel>")));
    match end {
        Some((at, tag)) => {
            out.push_str(&body[..at]);
            out.push_str(&body[at + tag.len()..]);
            out.push_str(tag);
        }
        None => {
            out.push_str("<channel>");
            out.push_str(body);
            out.push_str("</channel>");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_are_known_however_they_are_spelt() {
        for (spelt, meant) in [
            ("https://www.w3.org/2005/Atom", Some(ATOM)),
            ("http://www.w3.org/2005/Atom/", Some(ATOM)),
            ("http://purl.org/atom/ns#", Some(ATOM)),
            ("http://my.netscape.com/rdf/simple/0.9/", Some(RSS_1)),
            ("HTTP://www.itunes.com/DTDs/Podcast-1.0.dtd", Some(NAMESPACES[3].1)),
            ("http://search.yahoo.com/mrss", Some(NAMESPACES[2].1)),
            ("http://www.w3.org/1999/xhtml", None),
        ] {
            assert_eq!(namespace(spelt), meant, "{spelt}");
        }
    }

    #[test]
    fn roots_become_what_feed_rs_knows() {
        let rss = mend(
            "<RSS xmlns='http://backend.userland.com/rss2' version=0.94 xml:lang=\"fr\"><channel/></RSS>",
        );
        assert!(rss.starts_with("<rss version=\"2.0\" xml:lang=\"fr\" xmlns:content="), "{rss}");
        assert!(rss.ends_with("<channel/></rss>"), "{rss}");
        let atom = mend(
            "<feed version=\"0.3\" xmlns=\"http://purl.org/atom/ns#\"><entry><modified>x</modified></entry></feed>",
        );
        assert!(atom.contains("<entry><updated>x</updated></entry></feed>"), "{atom}");
        let bare = mend("<rss><item>a</item></rss>");
        assert!(bare.ends_with("<channel><item>a</item></channel></rss>"), "{bare}");
        let rdf = mend(
            "<rdf:RDF xmlns:rdf='r'><channel><title>a</title></channel><item>b</item></rdf:RDF>",
        );
        assert!(rdf.ends_with("<channel><title>a</title><item>b</item></channel></rss>"), "{rdf}");
        let list = mend(
            "<Channel xmlns='http://purl.org/net/rss1.1#'><items r:parseType='Collection'><item>2 items</item></items></Channel>",
        );
        assert!(list.ends_with("<channel><item>2 items</item></channel></rss>"), "{list}");
    }
}
