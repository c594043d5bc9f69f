//! The first rung: what stands around the feed is cut off, and its characters are made XML.
//!
//! Warnings before the prolog, HTML doctypes, comments and what follows the end go. Of a DOCTYPE
//! only simple internal entities are kept, and they are never expanded inside each other: a billion
//! laughs stay one. Bare ampersands, HTML's entities, references to no character, controls and
//! stray `<` become what they were meant to be.

use std::collections::HashMap;

use crate::clean::entities;
use crate::model::document::Unreadable;

/// The longest internal entity, in bytes, and how many are kept.
const MAX_ENTITY: usize = 500;
const MAX_ENTITIES: usize = 200;

/// How many stray `&` and `<` are mended: each costs feed-rs what a hundred letters do.
pub const MAX_STRAYS: usize = 100_000;

/// The longest name of a root, prefix included, in bytes.
const LONGEST_NAME: usize = 60;

/// What the roots of feeds are called, in whatever case: `Channel` is that of RSS 1.1, and of RSS
/// whose own root was lost.
const ROOTS: [&str; 4] = ["rss", "feed", "rdf", "channel"];

/// A feed cut out of what surrounds it.
#[derive(Debug, Default)]
pub struct Framed<'a> {
    /// From the root's start tag to its end tag.
    pub text: &'a str,
    /// Internal entities of the DOCTYPE.
    pub entities: HashMap<&'a str, &'a str>,
    /// Whether there is one at all.
    pub is_feed: bool,
}

/// Finds the feed in `text`. Where there is none, all of it is returned.
pub fn framed(text: &str) -> Framed<'_> {
    let mut internal = None;
    let mut at = 0;
    // Looked for once: what is not there must not be looked for at every comment.
    let last_comment = text.rfind("-->").unwrap_or(0);
    while let Some(next) = text[at..].find('<') {
        at += next;
        let rest = &text[at..];
        if rest.starts_with("<!--") {
            let end = if at < last_comment { rest.find("-->") } else { None };
            at += end.map_or(4, |end| end + 3);
        } else if internal.is_none() && is_doctype(rest) {
            let length = doctype_length(rest);
            internal = Some(internal_entities(&rest[..length]));
            at += length;
        } else if let Some(name) = root_name(rest) {
            let close = format!("</{name}");
            let end = rest.rfind(&close).and_then(|from| Some(from + rest[from..].find('>')? + 1));
            let text = &rest[..end.unwrap_or(rest.len())];
            return Framed { text, entities: internal.unwrap_or_default(), is_feed: true };
        } else {
            at += 1;
        }
    }
    Framed { text, entities: internal.unwrap_or_default(), is_feed: false }
}

/// The qualified name of the feed's root, if its start tag stands at the start of `text`.
pub fn root_name(text: &str) -> Option<&str> {
    let after = text.strip_prefix('<')?;
    let ends = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/');
    let end = after.bytes().take(LONGEST_NAME).position(ends)?;
    let name = &after[..end];
    let local = name.rsplit(':').next()?;
    ROOTS.iter().any(|root| root.eq_ignore_ascii_case(local)).then_some(name)
}

fn is_doctype(text: &str) -> bool {
    text.get(..9).is_some_and(|head| head.eq_ignore_ascii_case("<!DOCTYPE"))
}

fn doctype_length(text: &str) -> usize {
    let plain = text.find('>');
    match text.find('[') {
        Some(subset) if plain.is_none_or(|end| subset < end) => text[subset..]
            .find(']')
            .map(|end| subset + end)
            .and_then(|end| Some(end + text[end..].find('>')? + 1))
            .unwrap_or(9),
        Some(_) | None => plain.map_or(9, |end| end + 1),
    }
}

fn internal_entities(doctype: &str) -> HashMap<&str, &str> {
    doctype
        .split("<!ENTITY")
        .skip(1)
        .take(MAX_ENTITIES)
        .filter_map(|declaration| {
            let declaration = declaration.trim_start();
            let (name, rest) = declaration.split_once(|c: char| c.is_ascii_whitespace())?;
            let rest = rest.trim_start();
            let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
            let (value, _) = rest[1..].split_once(quote)?;
            let is_simple = value.len() <= MAX_ENTITY && !value.contains(['<', '%']);
            let is_flat = value.match_indices('&').all(|(at, _)| value[at..].starts_with("&#"));
            (is_simple && is_flat).then_some((name, value))
        })
        .collect()
}

/// `text` with its characters mended.
pub fn mend(text: &str, internal: &HashMap<&str, &str>) -> Result<String, Unreadable> {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    let ends = Ends::of(text);
    let mut strays = 0;
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&']) {
        push_legal(&mut out, &rest[..at]);
        rest = &rest[at..];
        let written = out.len();
        let taken = if rest.starts_with('&') {
            push_reference(&mut out, rest, internal)
        } else {
            push_markup(&mut out, rest, &ends, internal)
        };
        rest = &rest[taken..];
        strays += usize::from(taken == 1 && out.len() > written);
        if strays > MAX_STRAYS {
            return Err(Unreadable::TooMuch { limit: MAX_STRAYS, unit: "stray & and <" });
        }
    }
    push_legal(&mut out, rest);
    Ok(out)
}

/// How many bytes from the end the last end of a comment, of an instruction and of any tag begins:
/// looked for once, since what is not there must not be looked for at every beginning.
struct Ends {
    comment: usize,
    instruction: usize,
    tag: usize,
}

impl Ends {
    fn of(text: &str) -> Self {
        let from_end = |at: Option<usize>| at.map_or(usize::MAX, |at| text.len() - at);
        Self {
            comment: from_end(text.rfind("-->")),
            instruction: from_end(text.rfind("?>")),
            tag: from_end(text.rfind('>')),
        }
    }

    /// The length of what begins at the start of `rest` and ends with `end`; else `opening`.
    fn length(rest: &str, last: usize, end: &str, opening: usize) -> usize {
        let found = if rest.len() >= last { rest.find(end) } else { None };
        found.map_or(opening, |at| at + end.len())
    }
}

/// Adds `text` without what XML 1.0 (section 2.2) forbids.
fn push_legal(out: &mut String, text: &str) {
    let is_illegal = |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    if text.contains(is_illegal) {
        out.extend(text.chars().filter(|&c| !is_illegal(c)));
    } else {
        out.push_str(text);
    }
}

/// Adds what the `&` at the start of `rest` was meant to be; returns the bytes taken.
fn push_reference(out: &mut String, rest: &str, internal: &HashMap<&str, &str>) -> usize {
    let end = rest.bytes().take(40).position(|byte| byte == b';');
    if let Some(end) = end {
        let name = &rest[1..end];
        if matches!(name, "amp" | "lt" | "gt" | "quot" | "apos") {
            out.push_str(&rest[..=end]);
            return end + 1;
        }
        if let Some(value) = internal.get(name) {
            out.push_str(value);
            return end + 1;
        }
        if let Some((meaning, taken)) = entities::reference(rest)
            && taken == end + 1
        {
            for c in meaning.chars() {
                push_escaped(out, c);
            }
            return taken;
        }
    }
    out.push_str("&amp;");
    1
}

fn push_escaped(out: &mut String, c: char) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        _ => out.push(c),
    }
}

/// Adds what stands at the `<` at the start of `rest`; returns the bytes taken.
fn push_markup(out: &mut String, rest: &str, ends: &Ends, internal: &HashMap<&str, &str>) -> usize {
    if rest.starts_with("<!--") {
        return Ends::length(rest, ends.comment, "-->", 4);
    }
    if let Some(inner) = rest.strip_prefix("<![CDATA[") {
        let length = inner.find("]]>").unwrap_or(inner.len());
        out.push_str("<![CDATA[");
        push_legal(out, &inner[..length]);
        out.push_str("]]>");
        return (9 + length + 3).min(rest.len());
    }
    if rest.starts_with("<?") {
        return Ends::length(rest, ends.instruction, "?>", 2);
    }
    if rest.starts_with("<!") {
        return Ends::length(rest, ends.tag, ">", 2);
    }
    let after = rest[1..].strip_prefix('/').unwrap_or(&rest[1..]);
    let is_tag = after.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let length = if is_tag { tag_length(rest) } else { None };
    match length {
        Some(length) => {
            push_tag(out, &rest[..length], internal);
            length
        }
        None => {
            out.push_str("&lt;");
            1
        }
    }
}

/// The length of the tag at the start of `text`: up to the first `>` outside quotes, or, where the
/// quotes do not come in pairs, up to the first `>` at all.
pub fn tag_length(text: &str) -> Option<usize> {
    text.strip_prefix('<')?;
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match (byte, quote) {
            (b'<', _) => break,
            (b'>', None) => return Some(at + 1),
            (b'"' | b'\'', None) if at > 0 && text.as_bytes()[at - 1] == b'=' => quote = Some(byte),
            (byte, Some(open)) if byte == open => quote = None,
            _ => {}
        }
    }
    let end = 1 + text[1..].find(['<', '>'])?;
    (text.as_bytes()[end] == b'>').then_some(end + 1)
}

/// Adds a tag; ampersands in its values are mended.
fn push_tag(out: &mut String, tag: &str, internal: &HashMap<&str, &str>) {
    let mut rest = tag;
    while let Some(at) = rest.find('&') {
        push_legal(out, &rest[..at]);
        rest = &rest[at..];
        let taken = push_reference(out, rest, internal);
        rest = &rest[taken..];
    }
    push_legal(out, rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(text: &str) -> String {
        let framed = framed(text);
        mend(framed.text, &framed.entities).expect("few strays")
    }

    #[test]
    fn what_surrounds_the_feed_is_cut_off() {
        for text in [
            "<br />\n<b>Warning</b>: x in <b>y.php</b>\n<rss><a/></rss>",
            "<!DOCTYPE html PUBLIC \"-//W3C\" \"x\"><rss><a/></rss>\n<!-- cached --></html>",
            "<!-- <rss> --><rss><a/></rss>junk",
            "text <rss><a/></rss> text",
        ] {
            assert_eq!(mended(text), "<rss><a/></rss>", "{text}");
        }
        assert_eq!(mended("<rdf:RDF x='y'><a/></rdf:RDF>z"), "<rdf:RDF x='y'><a/></rdf:RDF>");
        assert_eq!(mended("<rss><a>"), "<rss><a>");
    }

    #[test]
    fn references_and_stray_characters_are_mended() {
        for (text, right) in [
            ("AT&T & R&D", "AT&amp;T &amp; R&amp;D"),
            ("&eacute;&nbsp;&#8217;&#146;&amp;&lt;", "é\u{a0}’’&amp;&lt;"),
            ("&LT;b&AMP;", "&lt;b&amp;"),
            ("&#0;&#xD800;&#X41;", "A"),
            ("&nope; &", "&amp;nope; &amp;"),
            ("a < b <3 <- c", "a &lt; b &lt;3 &lt;- c"),
            ("a\0b\u{1}c", "abc"),
            ("<a href=\"?x=1&y=2&amp;z\">", "<a href=\"?x=1&amp;y=2&amp;z\">"),
            ("<![CDATA[a & b < c\0]]>", "<![CDATA[a & b < c]]>"),
            ("<![CDATA[never closed", "<![CDATA[never closed]]>"),
            ("<a b=\"x>y\">z</a>", "<a b=\"x>y\">z</a>"),
        ] {
            let (feed, end) = ("<rss>", "</rss>");
            assert_eq!(
                mended(&format!("{feed}{text}{end}")),
                match text {
                    "<![CDATA[never closed" => format!("{feed}<![CDATA[never closed</rss>]]>"),
                    _ => format!("{feed}{right}{end}"),
                },
                "{text}"
            );
        }
    }

    #[test]
    fn entities_of_the_document_are_kept_but_never_nest() {
        let bomb = "<!DOCTYPE rss [<!ENTITY a \"lol\"><!ENTITY b \"&a;&a;\"><!ENTITY % p \"x\"><!ENTITY x SYSTEM \"file:///etc/passwd\">]><rss>&a;&b;&x;&p;</rss>";
        assert_eq!(mended(bomb), "<rss>lol&amp;b;&amp;x;&amp;p;</rss>");
    }
}
