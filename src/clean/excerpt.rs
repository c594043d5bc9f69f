//! Excerpts: the beginning of a body, for letters and lists.
//!
//! An excerpt is running text. It leaves out headings, captions and code where there is any, never
//! begins with a picture credit, a byline or a date, and ends where a sentence does.

use unicode_segmentation::UnicodeSegmentation;

use super::blocks::{self, Line, Place};
use crate::model::text::{PlainText, SafeHtml};

/// The longest line that is taken for what stands before a text, in bytes.
const LONGEST_PREAMBLE: usize = 160;
/// The longest byline, in bytes.
const LONGEST_BYLINE: usize = 60;

/// What lines begin with that stand before a text, in lower case.
const PREAMBLES: [&str; 36] = [
    "crédit",
    "©",
    "(c) ",
    "photo :",
    "photo:",
    "photo\u{a0}:",
    "photo ©",
    "photo by",
    "photos by",
    "photo de une",
    "photo credit",
    "photo d'illustration",
    "photo d’illustration",
    "image :",
    "image:",
    "image\u{a0}:",
    "image credit",
    "image by",
    "image d'illustration",
    "illustration :",
    "illustration:",
    "illustration by",
    "visuel :",
    "credit:",
    "credits:",
    "copyright",
    "source :",
    "source:",
    "publié le",
    "posté le",
    "mis à jour",
    "posted on",
    "published on",
    "last updated",
    "temps de lecture",
    "reading time",
];
/// What they end in.
const ENDS: [&str; 6] = [
    "min read",
    "minute read",
    "min de lecture",
    "mn de lecture",
    "minutes de lecture",
    "via unsplash",
];
/// What bylines begin with.
const BYLINES: [&str; 6] =
    ["par ", "by ", "de notre correspondant", "propos recueillis par", "written by", "von "];

/// The beginning of a body on one line, at most `max_chars` characters.
pub fn of(html: &SafeHtml, max_chars: usize) -> PlainText {
    let lines = blocks::read(html.as_str()).lines;
    let has_prose = lines.iter().any(|line| is_prose(line) && !is_preamble(&line.text));
    let mut text = String::new();
    for line in &lines {
        let belongs = if has_prose {
            is_prose(line) && !(text.is_empty() && is_preamble(&line.text))
        } else {
            !line.text.is_empty()
        };
        if belongs {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&line.text);
        }
        // A character takes four bytes at most.
        if text.len() > 4 * max_chars + 4 {
            break;
        }
    }
    cut(&PlainText::new(&text), max_chars)
}

fn is_prose(line: &Line<'_>) -> bool {
    matches!(line.place, Place::Prose | Place::Item) && !line.text.is_empty()
}

/// Whether a line is what stands before a text and not the text: a credit, a byline, a date.
fn is_preamble(text: &str) -> bool {
    if text.len() > LONGEST_PREAMBLE {
        return false;
    }
    let text = text.to_lowercase();
    let is_sentence = text.ends_with(['.', '!', '?', '…']);
    PREAMBLES.iter().any(|start| text.starts_with(start))
        || ENDS.iter().any(|end| text.ends_with(end))
        || (!is_sentence
            && text.len() <= LONGEST_BYLINE
            && BYLINES.iter().any(|start| text.starts_with(start)))
}

/// The beginning of `text` on one line, at most `max_chars` characters: it ends where a sentence
/// ends if one does in the second half, else after a word, with "…".
pub fn cut(text: &PlainText, max_chars: usize) -> PlainText {
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
    fn an_excerpt_begins_with_the_text() {
        for (html, begins) in [
            (
                "<figure><img src=\"i\"><figcaption>Crédits : X</figcaption></figure><h2>Un</h2><p>Le texte.</p>",
                "Le texte.",
            ),
            ("<p>Crédits : Solen Feyissa via Unsplash</p><p>Le texte.</p>", "Le texte."),
            ("<p>© AFP</p><p>Par Anne Le Goff</p><p>Publié le 3 mai</p><p>Oui.</p>", "Oui."),
            (
                "<p>Par un beau matin, elle partit.</p><p>Oui.</p>",
                "Par un beau matin, elle partit. Oui.",
            ),
            ("<p>3 min read</p><ul><li>Un.</li><li>Deux.</li></ul>", "Un. Deux."),
            ("<h2>Seul</h2>", "Seul"),
            ("<p>Crédits : X</p>", "Crédits : X"),
            ("<p>«&nbsp;Oui\u{202f}!&nbsp;»</p>", "«\u{a0}Oui\u{202f}!\u{a0}»"),
        ] {
            assert_eq!(of(&SafeHtml::cleaned(html.to_owned()), 300).as_str(), begins, "{html}");
        }
        let long = SafeHtml::cleaned("<p>mot mot mot.</p>".repeat(1_000));
        assert!(of(&long, 300).as_str().chars().count() <= 300);
    }

    #[test]
    fn excerpts_end_at_a_sentence_or_with_an_ellipsis() {
        for (given, max, expected) in [
            ("Court.", 20, "Court."),
            ("Une phrase. Une autre phrase qui dure.", 20, "Une phrase."),
            ("« Une phrase\u{a0}! » Une autre phrase.", 20, "« Une phrase\u{a0}! »"),
            ("Le discours de M. Dupont a duré longtemps.", 20, "Le discours de M.…"),
            ("Anticonstitutionnellement", 10, "Anticonst…"),
            ("a\nb c", 2, "a…"),
            ("👩‍👧‍👦👩‍👧‍👦", 6, "👩‍👧‍👦…"),
            ("abc", 0, ""),
        ] {
            let excerpt = cut(&PlainText::new(given), max);
            assert_eq!(excerpt.as_str(), expected, "{given}");
            assert!(excerpt.as_str().chars().count() <= max, "{given}");
        }
    }
}
