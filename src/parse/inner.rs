//! What stands inside an element that may hold text only: read as its writer meant it, and written
//! as feed-rs takes it quickest.
//!
//! Writers put markup there unescaped, half in CDATA sections, escaped twice. What is written is text
//! and nothing else, whatever was read.

use crate::clean::entities;

/// The content of an element as text: where it holds elements it is taken as written, else its
/// references are resolved; CDATA sections are unwrapped.
pub fn text(inner: &str) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    let holds_elements = {
        let without_cdata = inner.split("<![CDATA[").enumerate().map(|(n, piece)| {
            if n == 0 { piece } else { piece.split_once("]]>").map_or("", |(_, after)| after) }
        });
        without_cdata.into_iter().any(|piece| piece.contains('<'))
    };
    let resolve = |text: &str| {
        if holds_elements { text.to_owned() } else { entities::decode(text).into_owned() }
    };
    while let Some((before, after)) = rest.split_once("<![CDATA[") {
        out.push_str(&resolve(before));
        let (section, after) = after.split_once("]]>").unwrap_or((after, ""));
        out.push_str(section);
        rest = after;
    }
    out.push_str(&resolve(rest));
    out
}

/// Up to how many references text is escaped with.
const FEW_REFERENCES: usize = 32;

/// `text` as the content of an element: of many references each is a piece of its own to feed-rs,
/// a CDATA section is one.
pub fn escaped(text: String) -> String {
    let many = text.bytes().filter(|byte| matches!(byte, b'<' | b'&' | b'>')).nth(FEW_REFERENCES);
    match many {
        Some(_) => format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>")),
        None => entities::escape(&text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn much_markup_becomes_one_section() {
        assert_eq!(escaped("a <b> & c".to_owned()), "a &lt;b&gt; &amp; c");
        let inner = "<b>a</b>".repeat(20);
        let section = format!("<![CDATA[{inner}]]>");
        assert_eq!(escaped(inner.clone()), section);
        assert_eq!(text(&section), inner);
        let ended = "]]>".repeat(40);
        let section = escaped(ended.clone());
        assert!(section.starts_with("<![CDATA[]]]]><![CDATA[>]]]]>"), "{section}");
        assert_eq!(text(&section), ended);
    }

    #[test]
    fn references_are_resolved_unless_there_are_elements() {
        assert_eq!(text("a &amp; b"), "a & b");
        assert_eq!(text("a &amp; <b>c</b>"), "a &amp; <b>c</b>");
        assert_eq!(text("a &amp; <![CDATA[<b>c</b> &amp; d]]>"), "a & <b>c</b> &amp; d");
    }
}
