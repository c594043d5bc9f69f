//! Lines that ask to pass a post on, and buttons that do.
//!
//! Such a line is made of nothing but names of networks, words of sharing and little words between
//! them. Names that are words as well (`line`, `mail`, `x`) count only in links, or where a word
//! before them says that they are names.

use super::blocks::{Line, Place};
use super::keys::Key;
use super::phrases;

/// The most words of a line that asks to pass a post on.
const MOST_WORDS: usize = 30;
/// The most words of a button.
const WORDS_OF_A_BUTTON: usize = 3;

/// How sure a line asks to pass the post on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// It does not.
    No,
    /// It may be one of several buttons.
    Button,
    /// It does.
    Yes,
}

/// What a line asks.
pub fn share(line: &Line<'_>, key: &Key) -> Share {
    let is_code = || line.text.contains(['{', '}', ';', '=']);
    if key.text.is_empty() || matches!(line.place, Place::Cell | Place::Code) {
        return Share::No;
    }
    if phrases::SHARE_LINES.holds(&key.text) {
        return if is_code() { Share::No } else { Share::Yes };
    }
    // Strokes and commas may stand between the links.
    let is_link = line.linked * 10 >= line.text.len() * 7;
    let Some(words) = counted(key, is_link) else { return Share::No };
    let is_listed = is_link || line.place == Place::Item;
    let asks = |word: &str| {
        phrases::SHARING.holds(word) || matches!(word, "cliquez" | "cliquer" | "click")
    };
    if words.networks + words.sharing == 0 || is_code() {
        Share::No
    } else if words.sharing > 0
        && (words.networks > 0 || key.announces)
        && (key.words().next().is_some_and(asks) || is_listed)
        || (words.networks > 1 && is_link && line.place != Place::Heading)
    {
        Share::Yes
    } else if is_link && words.all <= WORDS_OF_A_BUTTON && line.place != Place::Heading {
        Share::Button
    } else {
        Share::No
    }
}

/// The words of a line, counted.
#[derive(Default)]
struct Words {
    all: usize,
    networks: usize,
    sharing: usize,
}

/// Nothing if there is a word that has no place beside buttons, or if there are too many.
fn counted(key: &Key, is_link: bool) -> Option<Words> {
    let mut words = Words::default();
    // Of `by e-mail`, too, if all of it is about sharing.
    let (mut is_name, mut shares) = (is_link, false);
    for word in key.words() {
        words.all += 1;
        if words.all > MOST_WORDS {
            return None;
        }
        if phrases::NETWORKS.holds(word) {
            words.networks += usize::from(is_name || !phrases::AMBIGUOUS_NETWORKS.holds(word));
        } else if phrases::SHARING.holds(word) {
            words.sharing += 1;
            shares |= word.starts_with("partag") || word.starts_with("shar");
        } else if !phrases::BESIDE.holds(word) && !word.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let leads = matches!(word, "sur" | "on" | "via" | "to") || (shares && word == "par");
        is_name = is_link || leads || (is_name && word == "e");
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clean::blocks;

    fn asks(html: &str) -> bool {
        let read = blocks::read(html);
        share(&read.lines[0], &Key::of(&read.lines[0])) == Share::Yes
    }

    #[test]
    fn names_that_are_words_count_where_they_are_names() {
        for html in [
            "<p>Partager sur X</p>",
            "<p>Partager par e-mail</p>",
            "<p>Share on Threads</p>",
            "<p>Share via Signal</p>",
            "<p>Envoyer via Pocket</p>",
            "<p>Partager sur Facebook</p>",
            "<p><a href=\"a\">Envoyer par mail</a></p>",
            "<p><a href=\"a\">X</a> | <a href=\"b\">Threads</a></p>",
        ] {
            assert!(asks(html), "{html}");
        }
        for html in [
            "<p>Print a line</p>",
            "<p>Print line</p>",
            "<ul><li>Print the line</li></ul>",
            "<p>Envoyer un mail</p>",
            "<p>Imprimer la page et envoyer par mail</p>",
            "<p>Pin the threads</p>",
            "<p>Share a pocket</p>",
            "<p>Envoyez un signal</p>",
            "<p>Partager Discord</p>",
        ] {
            assert!(!asks(html), "{html}");
        }
    }
}
