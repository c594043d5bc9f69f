//! Plain text out of what strangers wrote: titles, names, bodies, excerpts.
//!
//! Publishers write titles as text, as HTML, as HTML escaped once too often, and nobody says which.
//! The rules here lose nothing of a title: a tag counts as markup only if it formats text and is
//! closed, everything else is shown as written. French typography (no-break spaces) is kept.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use super::markup::{self, Piece};
use super::{characters, entities};
use crate::model::text::{HeaderText, PlainText, SafeHtml};

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

/// The text of a cleaned body: each paragraph, heading or item of a list is a line.
pub fn text(html: &SafeHtml) -> PlainText {
    let mut out = String::with_capacity(html.as_str().len());
    let mut preformatted = 0_usize;
    for piece in markup::pieces(html.as_str()) {
        match piece {
            Piece::Text(text) => push_text(&mut out, &entities::decode(text), preformatted > 0),
            Piece::Open { name: "br", .. } => end_line(&mut out),
            Piece::Open { name: "td" | "th", .. } => push_text(&mut out, " ", false),
            Piece::Open { name, .. } if markup::is_block(name) => {
                preformatted += usize::from(name == "pre");
                end_line(&mut out);
            }
            Piece::Close { name, .. } if markup::is_block(name) => {
                preformatted -= usize::from(name == "pre" && preformatted > 0);
                end_line(&mut out);
            }
            Piece::Open { .. } | Piece::Close { .. } => {}
        }
    }
    end_line(&mut out);
    PlainText::new(out.trim_end())
}

fn end_line(out: &mut String) {
    let end = out.trim_end_matches([' ', '\n', '\t']).len();
    out.truncate(end);
    if !out.is_empty() {
        out.push('\n');
    }
}

/// Adds text in which runs of white space count as one blank, unless it is preformatted.
fn push_text(out: &mut String, text: &str, preformatted: bool) {
    if preformatted {
        out.push_str(text);
        return;
    }
    for c in text.chars() {
        if c.is_ascii_whitespace() {
            if !out.is_empty() && !out.ends_with([' ', '\n']) {
                out.push(' ');
            }
        } else {
            out.push(c);
        }
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

/// The beginning of `text` on one line, at most `max_chars` characters: it ends where a sentence
/// ends if one does in the second half, else after a word, with "…".
pub fn excerpt(text: &PlainText, max_chars: usize) -> PlainText {
    let line = text.one_line();
    let line = line.as_str();
    let Some((limit, _)) = line.char_indices().nth(max_chars) else {
        return PlainText::new(line);
    };
    if let Some(end) = last_sentence(line, limit) {
        return PlainText::new(&line[..end]);
    }
    let Some((room, _)) = line[..limit].char_indices().next_back() else {
        return PlainText::default();
    };
    let cut = last_word(line, room);
    PlainText::new(&format!("{}…", line[..cut].trim_end_matches([' ', ',', ';', ':', '\u{a0}'])))
}

/// The end of the last sentence within `limit` bytes, if it is past the middle.
fn last_sentence(line: &str, limit: usize) -> Option<usize> {
    let mut found = None;
    for (at, c) in line[..limit].char_indices() {
        if !matches!(c, '.' | '!' | '?' | '…') {
            continue;
        }
        let end = at + c.len_utf8();
        let end = end + closing_length(&line[end..]);
        let goes_on = line[end..].starts_with(' ')
            && !line[end..].trim_start().starts_with(|c: char| c.is_lowercase());
        let is_abbreviation = c == '.' && last_word_length(&line[..at]) <= 2;
        if end <= limit && end > limit / 2 && goes_on && !is_abbreviation {
            found = Some(end);
        }
    }
    found
}

/// The length of what closes a quotation or a parenthesis at the start of `text`.
fn closing_length(text: &str) -> usize {
    let is_space = |c: char| matches!(c, ' ' | '\u{a0}' | '\u{202f}');
    let is_mark = |c: char| matches!(c, '»' | '”' | '"' | ')' | '’');
    let inner = text.trim_start_matches(is_space);
    let after = inner.trim_start_matches(is_mark);
    if inner.len() == after.len() { 0 } else { text.len() - after.len() }
}

/// The letters of the word at the end of `text`.
fn last_word_length(text: &str) -> usize {
    text.chars().rev().take_while(|c| c.is_alphanumeric()).count()
}

/// Where to cut `line` so that it takes at most `room` bytes: after a word if there is one, never
/// inside a grapheme.
fn last_word(line: &str, room: usize) -> usize {
    if let Some(blank) = line[..room].rfind(' ').filter(|&at| at > room / 2) {
        return blank;
    }
    line.grapheme_indices(true).map(|(at, _)| at).take_while(|&at| at <= room).last().unwrap_or(0)
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

    #[test]
    fn paragraphs_become_lines() {
        let html = "<h2>Un</h2>\n<p>deux <b>trois</b>\n quatre<br>cinq</p><ul><li>six</li></ul><pre>a\n  b</pre><table><tbody><tr><td>c</td><td>d</td></tr></tbody></table>fin &amp; &lt;x&gt;";
        let text = text(&SafeHtml::cleaned(html.to_owned()));
        assert_eq!(text.as_str(), "Un\ndeux trois quatre\ncinq\nsix\na\n  b\nc d\nfin & <x>");
    }

    #[test]
    fn excerpts_end_at_a_sentence_or_with_an_ellipsis() {
        for (given, max, cut) in [
            ("Court.", 20, "Court."),
            ("Une phrase. Une autre phrase qui dure.", 20, "Une phrase."),
            ("« Une phrase\u{a0}! » Une autre phrase.", 20, "« Une phrase\u{a0}! »"),
            ("Le discours de M. Dupont a duré longtemps.", 20, "Le discours de M.…"),
            ("Anticonstitutionnellement", 10, "Anticonst…"),
            ("a\nb c", 2, "a…"),
            ("👩‍👧‍👦👩‍👧‍👦", 6, "👩‍👧‍👦…"),
            ("abc", 0, ""),
        ] {
            let excerpt = excerpt(&PlainText::new(given), max);
            assert_eq!(excerpt.as_str(), cut, "{given}");
            assert!(excerpt.as_str().chars().count() <= max, "{given}");
        }
    }
}
