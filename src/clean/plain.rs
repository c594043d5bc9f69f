//! Plain text out of what strangers wrote on one line: titles, names; and out of markup beyond the
//! limits.
//!
//! Publishers write titles as text, as HTML, as HTML escaped once too often, and nobody says which.
//! The rules here lose nothing of a title: a tag counts as markup only if it formats text and is
//! closed, everything else is shown as written. French typography (no-break spaces) is kept.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use super::{characters, entities, markup};
use crate::model::text::{HeaderText, PlainText};

/// The longest title, in graphemes.
const TITLE_GRAPHEMES: usize = 1000;
/// The longest name or category, in graphemes.
const LABEL_GRAPHEMES: usize = 200;
/// The longest tag in a title, in bytes.
const LONGEST_TAG: usize = 1_000;
/// How many marks may stand on one letter.
const MARKS_ON_A_LETTER: usize = 8;

/// A title: markup removed, references decoded (twice where they were escaped twice), on one line,
/// NFC, at most 1000 graphemes.
pub fn title(raw: &str) -> PlainText {
    line(raw, TITLE_GRAPHEMES)
}

/// A name or a category: as [`title`], at most 200 graphemes.
pub fn label(raw: &str) -> PlainText {
    line(raw, LABEL_GRAPHEMES)
}

fn line(raw: &str, longest: usize) -> PlainText {
    // Nobody reads further, and a title of 5 MB must not cost what it weighs.
    let raw = &raw[..floor(raw, 64 * longest)];
    if raw.len() <= longest && is_settled(raw.as_bytes()) {
        return PlainText::new(raw);
    }
    let text = characters::mend(raw);
    let text = without_formatting(&text);
    let text = match entities::decode(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(once) => match entities::decode(&once) {
            Cow::Borrowed(_) => Cow::Owned(once),
            Cow::Owned(twice) => Cow::Owned(twice),
        },
    };
    let text = HeaderText::new(&text);
    PlainText::new(&capped(&composed(text.as_str()), longest))
}

/// Whether the UTF-8 `bytes` are a line that nothing would change, as far as one look tells: the
/// characters of English and French, single blanks, no markup, no reference.
fn is_settled(bytes: &[u8]) -> bool {
    let mut before = b' ';
    let mut rest = bytes;
    loop {
        let (taken, last) = match rest {
            [] => return before != b' ',
            [b' ', ..] if before == b' ' => return false,
            [b'<' | b'&' | 0x7f | 0..=0x1f, ..] => return false,
            [byte @ 0..=0x7f, ..] => (1, *byte),
            // « » ° and the like; no-break spaces only inside, where they stay.
            [0xc2, 0xa0, ..] if rest.len() == bytes.len() => return false,
            [0xc2, 0xa0] => return false,
            [0xc2, 0xa0..=0xbf, ..] => (2, b'x'),
            // Letters with accents, unless they may be UTF-8 encoded twice.
            [0xc3, 0x80..=0xbf, 0x00..=0x7f, ..] | [0xc3, 0x80..=0xbf] => (2, b'x'),
            // – — ‘ ’ “ ” …
            [0xe2, 0x80, 0x93 | 0x94 | 0x98 | 0x99 | 0x9c | 0x9d | 0xa6, ..] => (3, b'x'),
            _ => return false,
        };
        before = last;
        rest = &rest[taken..];
    }
}

/// NFC, without piles of marks.
fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut marks = 0;
    Cow::Owned(
        text.nfc()
            .filter(|&c| {
                let is_mark = unicode_normalization::char::is_combining_mark(c);
                marks = if is_mark { marks + 1 } else { 0 };
                marks <= MARKS_ON_A_LETTER
            })
            .collect(),
    )
}

fn capped(text: &str, longest: usize) -> Cow<'_, str> {
    if text.len() <= longest {
        return Cow::Borrowed(text.trim());
    }
    match text.grapheme_indices(true).nth(longest - 1) {
        Some((cut, last)) if cut + last.len() < text.len() => {
            Cow::Owned(format!("{}…", text[..cut].trim_end()))
        }
        _ => Cow::Borrowed(text.trim()),
    }
}

/// The largest index up to `at` where `text` may be cut.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// `text` without tags that format it: pairs of inline elements, breaks, pictures. What only looks
/// like a tag (`Vec<T>`, `<script>` in a title about scripts, `a < b`) stays.
fn without_formatting(text: &str) -> Cow<'_, str> {
    if !text.contains('<') {
        return Cow::Borrowed(text);
    }
    let mut pairs = Pairs { lower: text.to_ascii_lowercase(), known: Vec::new() };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match formatting_tag(rest, &mut pairs) {
            Some((length, is_break)) => {
                if is_break {
                    out.push(' ');
                }
                rest = &rest[length..];
            }
            None => {
                out.push('<');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Which elements a title both opens and closes.
struct Pairs {
    lower: String,
    known: Vec<(String, bool)>,
}

impl Pairs {
    fn has(&mut self, name: &str) -> bool {
        if let Some((_, has)) = self.known.iter().find(|(known, _)| known == name) {
            return *has;
        }
        let opens = [">", " "].iter().any(|end| self.lower.contains(&format!("<{name}{end}")));
        let has = opens && self.lower.contains(&format!("</{name}>"));
        self.known.push((name.to_owned(), has));
        has
    }
}

/// The length of the formatting tag at the start of `text`, and whether it parts words.
fn formatting_tag(text: &str, pairs: &mut Pairs) -> Option<(usize, bool)> {
    let length = text.bytes().take(LONGEST_TAG).position(|byte| byte == b'>')? + 1;
    let inner = text[1..length - 1].trim_end_matches('/');
    let inner = inner.strip_prefix('/').unwrap_or(inner);
    let end = inner.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inner.len());
    let name = inner[..end].to_ascii_lowercase();
    if inner[end..].starts_with(|c: char| !c.is_ascii_whitespace()) {
        return None;
    }
    match name.as_str() {
        "br" | "img" | "wbr" | "hr" => Some((length, name != "wbr" && name != "img")),
        "a" | "abbr" | "acronym" | "b" | "big" | "cite" | "code" | "del" | "dfn" | "em"
        | "font" | "i" | "ins" | "kbd" | "mark" | "nobr" | "q" | "s" | "samp" | "small"
        | "span" | "strike" | "strong" | "sub" | "sup" | "tt" | "u" | "var" | "p" | "div"
        | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
            pairs.has(&name).then_some((length, matches!(name.as_bytes(), b"p" | b"div")))
        }
        _ => None,
    }
}

/// The text of HTML too large or too deep to be parsed: tags removed one by one, references
/// decoded, paragraphs parted by blank lines.
pub fn without_tags(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        out.push_str(&entities::decode(&rest[..at]));
        rest = &rest[at..];
        let is_tag = rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c));
        if !is_tag {
            out.push('<');
            rest = &rest[1..];
            continue;
        }
        let length = rest.find('>').map_or(rest.len(), |end| end + 1);
        let name = rest[1..length].trim_start_matches('/');
        let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
        let name = name[..end].to_ascii_lowercase();
        rest = &rest[length..];
        if matches!(name.as_str(), "script" | "style") {
            rest = rest.find("</").map_or("", |end| &rest[end..]);
        } else if markup::is_block(&name) && !out.is_empty() && !out.ends_with("\n\n") {
            out.push_str("\n\n");
        }
    }
    out.push_str(&entities::decode(rest));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_read_as_they_were_meant() {
        for (raw, meant) in [
            ("L&#8217;été &amp; l&rsquo;hiver", "L’été & l’hiver"),
            ("Piratage &amp;#8211; suite", "Piratage – suite"),
            ("Un <i>mot</i> et <b class=\"x\">deux</b>", "Un mot et deux"),
            ("a<br/>b", "a b"),
            ("<script>alert(1)</script>", "<script>alert(1)</script>"),
            ("Pourquoi <script> est lent", "Pourquoi <script> est lent"),
            ("L'élément <b> en HTML", "L'élément <b> en HTML"),
            ("Vec<T> et 1 < 2", "Vec<T> et 1 < 2"),
            ("&lt;b&gt;x&lt;/b&gt;", "<b>x</b>"),
            ("Q&A, AT&T", "Q&A, AT&T"),
            ("  deux\n\tlignes ", "deux lignes"),
            ("«\u{a0}Oui\u{202f}!\u{a0}»", "«\u{a0}Oui\u{202f}!\u{a0}»"),
            ("e\u{301}te\u{301}", "été"),
        ] {
            assert_eq!(title(raw).as_str(), meant, "{raw}");
        }
    }

    #[test]
    fn the_short_way_gives_what_the_long_way_gives() {
        for raw in
            ["L’été à Paris", "a  b", " a", "a ", "« A\u{a0}»", "\u{a0}a", "Ã©", "e\u{301}", "é"]
        {
            let long = title(&format!("{raw}<br>"));
            assert_eq!(title(raw), long, "{raw:?}");
        }
    }

    #[test]
    fn titles_carry_nothing_that_acts_on_a_terminal() {
        let raw = "a\u{1b}[2J\u{1b}]8;;x\u{7}\0b\u{202e}c\u{9b}31m&#27;[1m&#x202E;";
        assert_eq!(title(raw).as_str(), "a[2J]8;;xbc›31m[1m");
        let zalgo = format!("z{}", "\u{301}".repeat(10_000));
        assert!(title(&zalgo).as_str().chars().count() <= 2 + MARKS_ON_A_LETTER);
    }

    #[test]
    fn long_titles_are_cut_between_graphemes() {
        let family = "👩‍👧‍👦";
        let long = title(&family.repeat(2_000));
        assert_eq!(long.as_str().graphemes(true).count(), TITLE_GRAPHEMES);
        assert!(long.as_str().ends_with(&format!("{family}…")));
        assert_eq!(title(&"x".repeat(5_000_000)).as_str().chars().count(), TITLE_GRAPHEMES);
        assert_eq!(label(&"é".repeat(201)).as_str().chars().count(), LABEL_GRAPHEMES);
    }
}
