//! Blocks that a source repeats: what stands in several of its last items is furniture, in whatever
//! language.
//!
//! Blocks are compared by a hash of their letters and digits, pictures by their address. A heading
//! goes only with what it heads, a short line only at the head or the end of a body, a cell of a
//! table never. A body keeps text if it had any, and a picture if that was all.

use std::borrow::Cow;

use super::blocks::{self, Line, Place};
use super::{entities, furniture, judge};
use crate::model::hash;
use crate::model::removed::{self, Removed, RemovedKind};
use crate::model::text::SafeHtml;

/// In how many items of a source a block must stand to be furniture.
pub const ITEMS: usize = 3;
/// Among how many of its last items.
pub const WINDOW: usize = 10;

/// The fewest letters and digits by which blocks are compared.
const FEWEST_LETTERS: usize = 4;
/// From how many letters and digits on a block may go wherever it stands.
const LONG: usize = 24;
/// How many lines are the head of a body, and its end.
const HEAD: usize = 2;
const END: usize = 3;

/// The blocks of a body by their hashes. They are compared within one poll and never kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hashes {
    /// Of each line of the body, in order; none where lines are not compared.
    lines: Vec<Option<i64>>,
    /// Those of its lines and of what went as repeated before; each once, in order.
    blocks: Vec<i64>,
}

impl Hashes {
    /// Of `body`, from which `removed` was taken.
    pub fn of(body: &SafeHtml, removed: &Removed) -> Self {
        let mut letters = Vec::with_capacity(2 * removed::SPAN_CHARS);
        let read = blocks::read(body.as_str());
        let lines: Vec<_> =
            read.lines.iter().map(|line| hash_of_line(line, &mut letters)).collect();
        let gone = removed.spans.iter().filter(|span| span.kind == RemovedKind::Repeated);
        let gone = gone.filter_map(|span| hash_of(span.text.as_str(), &mut letters));
        let mut blocks: Vec<i64> = lines.iter().flatten().copied().chain(gone).collect();
        blocks.sort_unstable();
        blocks.dedup();
        Self { lines, blocks }
    }

    /// Its blocks, each once, in order.
    pub fn blocks(&self) -> &[i64] {
        &self.blocks
    }

    /// Whether one of its blocks is `block`.
    pub fn hold(&self, block: i64) -> bool {
        self.blocks.binary_search(&block).is_ok()
    }
}

/// `body` without the blocks that `is_repeated` says its source repeats; they are added to
/// `removed`. `hashes` are those of the body.
pub fn without(
    body: SafeHtml,
    hashes: &Hashes,
    removed: &mut Removed,
    is_repeated: impl Fn(i64) -> bool,
) -> SafeHtml {
    let mut goes: Vec<bool> =
        hashes.lines.iter().map(|line| line.is_some_and(&is_repeated)).collect();
    if !goes.contains(&true) {
        return body;
    }
    let read = blocks::read(body.as_str());
    spare_short_lines(&read.lines, &mut goes);
    spare_headings(&read.lines, &mut goes);
    if !goes.contains(&true) || !is_left(&read.lines, &goes) {
        return body;
    }
    for (line, _) in read.lines.iter().zip(&goes).filter(|(_, goes)| **goes) {
        removed.take(RemovedKind::Repeated, &shown(line));
    }
    let left = read.without(&goes).html;
    let mut goes = goes.into_iter();
    let mut stay = read.lines;
    stay.retain(|_| goes.next() == Some(false));
    if judge::judge(&stay).iter().all(Option::is_none) {
        return SafeHtml::cleaned(left);
    }
    SafeHtml::cleaned(furniture::without(&left, removed).map_or(left, |left| left.html))
}

fn hash_of_line(line: &Line<'_>, letters: &mut Vec<u8>) -> Option<i64> {
    match line.place {
        Place::Cell | Place::Code | Place::Rule => None,
        Place::Prose | Place::Heading | Place::Caption | Place::Item => {
            hash_of(&shown(line), letters)
        }
    }
}

/// The text of a line; of one that only holds a picture, its address.
fn shown<'a>(line: &'a Line<'_>) -> Cow<'a, str> {
    match line.picture {
        Some(source) if line.text.is_empty() => entities::decode(source),
        Some(_) | None => Cow::Borrowed(&line.text),
    }
}

/// Of as much of a text as is kept when it goes, so that both are compared alike. The letters are
/// written to a buffer that serves all lines.
fn hash_of(text: &str, letters: &mut Vec<u8>) -> Option<i64> {
    letters.clear();
    let (mut rest, mut room, mut count) = (text, removed::SPAN_CHARS, 0);
    while room > 0 && !rest.is_empty() {
        let run = rest.bytes().take(room).take_while(u8::is_ascii).count();
        count += push_ascii(letters, &rest.as_bytes()[..run]);
        rest = &rest[run..];
        room -= run;
        let Some(c) = rest.chars().next().filter(|c| room > 0 && !c.is_ascii()) else { continue };
        if c.is_alphanumeric() {
            for c in c.to_lowercase() {
                count += 1;
                letters.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        rest = &rest[c.len_utf8()..];
        room -= 1;
    }
    (count >= FEWEST_LETTERS).then(|| hash::passing(letters))
}

/// Adds the letters and digits of `ascii`, without a branch for each; returns how many there are.
fn push_ascii(letters: &mut Vec<u8>, ascii: &[u8]) -> usize {
    let start = letters.len();
    let mut end = start;
    letters.resize(start + ascii.len(), 0);
    for byte in ascii {
        letters[end] = byte.to_ascii_lowercase();
        end += usize::from(byte.is_ascii_alphanumeric());
    }
    letters.truncate(end);
    end - start
}

/// How many letters and digits `text` has.
fn length(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).count()
}

/// A short line may recur in a text by chance, or because it must: at the edges it does not.
fn spare_short_lines(lines: &[Line<'_>], goes: &mut [bool]) {
    let count = lines.len();
    for (index, line) in lines.iter().enumerate() {
        let is_edge = index < HEAD || index + END >= count;
        let is_telling = line.picture.is_some() || line.is_link();
        goes[index] &= is_edge || is_telling || length(&line.text) >= LONG;
    }
}

/// A heading goes only if all does that it heads.
fn spare_headings(lines: &[Line<'_>], goes: &mut [bool]) {
    let mut heads_what_stays = false;
    for index in (0..lines.len()).rev() {
        if lines[index].place == Place::Heading {
            goes[index] &= !heads_what_stays;
            heads_what_stays = false;
        } else {
            heads_what_stays |= !goes[index] && lines[index].place != Place::Rule;
        }
    }
}

/// Whether a body that had text keeps some, and one that had pictures only keeps one.
fn is_left(lines: &[Line<'_>], goes: &[bool]) -> bool {
    let has_text = |line: &Line<'_>| !line.text.is_empty();
    let mut stay = lines.iter().zip(goes).filter(|(_, goes)| !**goes).map(|(line, _)| line);
    if lines.iter().any(has_text) {
        stay.any(has_text)
    } else {
        stay.any(|line| line.picture.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(html: &str, repeated: &[&str]) -> (String, Removed) {
        let repeated: Vec<i64> =
            repeated.iter().filter_map(|text| hash_of(text, &mut Vec::new())).collect();
        let mut removed = Removed::default();
        let body = SafeHtml::cleaned(html.to_owned());
        let hashes = Hashes::of(&body, &removed);
        let body = without(body, &hashes, &mut removed, |hash| repeated.contains(&hash));
        (body.as_str().to_owned(), removed)
    }

    #[test]
    fn repeated_blocks_go_and_are_told() {
        let promise = "Chaque mardi, trois idées pour mieux dormir.";
        let html = format!("<p>Du nouveau.</p><p>{promise}</p>");
        let (body, removed) = left(&html, &[promise]);
        assert_eq!(body, "<p>Du nouveau.</p>");
        assert_eq!(removed.spans[0].kind.words(), "repeated in this source");
        assert_eq!(removed.spans[0].text.as_str(), promise);
        let picture = "<p>a</p><p><img src=\"https://e.fr/banniere.png?a&amp;b\"></p>";
        assert_eq!(left(picture, &["https://e.fr/banniere.png?a&b"]).0, "<p>a</p>");
    }

    #[test]
    fn what_a_body_cannot_do_without_stays() {
        let all = "<p>Rien de neuf aujourd’hui, revenez demain.</p>";
        for (html, repeated) in [
            (all, &["Rien de neuf aujourd’hui, revenez demain."][..]),
            ("<img src=\"https://e.fr/i.png\">", &["https://e.fr/i.png"]),
            ("<h2>Ingrédients</h2><p>Des œufs.</p>", &["Ingrédients"]),
            ("<p>a</p><p>b</p><p>– Oui, dit-il.</p><p>c</p><p>d</p><p>e</p>", &["Oui, dit-il"]),
            (
                "<table><tbody><tr><td>Température</td><td>12</td></tr></tbody></table>",
                &["Température"],
            ),
            ("<p>a</p><p>***</p>", &["***"]),
        ] {
            assert_eq!(left(html, repeated).0, html, "{html}");
        }
        let headed = "<p>a</p><h2>À propos</h2><p>Une revue de sommeil, depuis 1999.</p>";
        let about = ["À propos", "Une revue de sommeil, depuis 1999."];
        assert_eq!(left(headed, &about).0, "<p>a</p>");
    }

    #[test]
    fn a_block_that_went_is_still_counted() {
        let promise = format!("Une promesse {}", "qui dure ".repeat(100));
        let html = format!("<p>Du nouveau.</p><p>{promise}</p>");
        let before = Hashes::of(&SafeHtml::cleaned(html.clone()), &Removed::default());
        let (body, removed) = left(&html, &[&promise]);
        assert_eq!(Hashes::of(&SafeHtml::cleaned(body), &removed).blocks(), before.blocks());
    }

    proptest::proptest! {
        #[test]
        fn what_is_left_holds_no_furniture(
            lines in proptest::collection::vec((
                proptest::sample::select(vec!["p", "h2", "div", "li"]),
                proptest::sample::select(vec![
                    "Partager sur X", "Facebook", "WhatsApp", "Mode", "2 commentaires", "Non.",
                    "<a href=\"a\">Un autre</a>", "Articles similaires", "Abonnez-vous !", "<br>",
                    "Une promesse qui revient chaque mardi", "<hr>", "Du texte, et encore du texte.",
                ]),
            ), 1..10),
        ) {
            let html: String =
                lines.iter().map(|(tag, text)| format!("<{tag}>{text}</{tag}>")).collect();
            let html = furniture::without(&html, &mut Removed::default())
                .map_or(html, |left| left.html);
            let (body, _) = left(&html, &["Une promesse qui revient chaque mardi"]);
            let again = furniture::without(&body, &mut Removed::default());
            proptest::prop_assert!(again.is_none(), "{html} became {body}");
        }

        #[test]
        fn leaving_out_twice_is_leaving_out_once(
            texts in proptest::collection::vec("[a-d]{1,3}( de long texte répété)?", 1..8),
            tags in proptest::collection::vec(
                proptest::sample::select(vec!["p", "h2", "div", "li"]), 8),
            repeated in proptest::collection::vec("[a-d]{1,3} de long texte répété", 0..4),
        ) {
            let html: String =
                texts.iter().zip(&tags).map(|(text, tag)| format!("<{tag}>{text}</{tag}>")).collect();
            let repeated: Vec<&str> = repeated.iter().map(String::as_str).collect();
            let (once, _) = left(&html, &repeated);
            proptest::prop_assert!(!once.is_empty());
            // What was spared at its place may stand at the edge now; then it goes, too.
            let mut last = once;
            for _ in 0..8 {
                let (again, _) = left(&last, &repeated);
                proptest::prop_assert!(!again.is_empty());
                if again == last {
                    return Ok(());
                }
                last = again;
            }
            proptest::prop_assert!(false, "never settles");
        }
    }
}
