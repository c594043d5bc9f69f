//! Setting text: cut at a word, wrapped to a column, measured as a mail will carry it.
//!
//! Cuts fall between grapheme clusters (UAX #29), never inside one, so that no emoji or accent is
//! torn. Nothing here knows what a text means.

use unicode_segmentation::UnicodeSegmentation;

/// How long `text` is, in graphemes. One of more than 32 bytes, no letter or emoji of any script but
/// a tower of accents, counts for several, so that a short text is also few bytes.
pub fn length(text: &str) -> usize {
    text.graphemes(true).map(columns).sum()
}

fn columns(grapheme: &str) -> usize {
    grapheme.len().div_ceil(32).max(1)
}

/// Where `text` has to be cut to be at most `limit` long; none if it need not be.
fn cut(text: &str, limit: usize) -> Option<usize> {
    let mut length = 0;
    text.grapheme_indices(true).find_map(|(at, grapheme)| {
        length += columns(grapheme);
        (length > limit).then_some(at)
    })
}

/// `text` if it has at most `limit` graphemes, else as many whole words as fit before a `…`. A text
/// without a gap near the limit is cut inside the word.
pub fn shorten(text: &str, limit: usize) -> String {
    let text = text.trim();
    if cut(text, limit).is_none() {
        return text.to_owned();
    }
    let room = limit.saturating_sub(1);
    let end = cut(text, room).unwrap_or(text.len());
    let head = &text[..end];
    let whole_words = match text[end..].starts_with(' ') {
        true => head,
        false => head.rfind(' ').map_or(head, |gap| &head[..gap]),
    };
    let head = if length(whole_words) * 2 >= room { whole_words } else { head };
    let head = head.trim_end_matches(|c: char| c.is_whitespace() || ",;:.!?-–—·«(…".contains(c));
    format!("{head}…")
}

/// `text` if it has at most `limit` graphemes, else as many whole sentences as fit, or, if the first
/// ones are too long, as [`shorten`] cuts it. Nothing for a limit of 0.
pub fn shorten_to_sentence(text: &str, limit: usize) -> String {
    let text = text.trim();
    if limit == 0 {
        return String::new();
    }
    let Some(end) = cut(text, limit) else { return text.to_owned() };
    let head = &text[..end];
    let sentence = ["? ", "! ", ". ", "… "]
        .iter()
        .filter_map(|end| head.rfind(end).map(|at| at + end.len() - 1))
        .max()
        .filter(|&end| length(&head[..end]) * 2 >= limit);
    sentence.map_or_else(|| shorten(text, limit), |end| head[..end].to_owned())
}

/// `text` in lines of at most `width` columns, each after the first preceded by `indent` spaces. A
/// word that is longer stays whole: addresses must not be broken.
pub fn wrap(text: &str, width: usize, indent: usize) -> String {
    let margin = " ".repeat(indent);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut columns = 0;
    for word in text.split([' ', '\n']).filter(|word| !word.is_empty()) {
        let word_columns = length(word);
        if columns > 0 && indent + columns + 1 + word_columns > width {
            lines.push(std::mem::take(&mut line));
            columns = 0;
        }
        if columns > 0 {
            line.push(' ');
            columns += 1;
        }
        line.push_str(word);
        columns += word_columns;
    }
    lines.push(line);
    lines.join(&format!("\n{margin}"))
}

/// A line of `mark`s as long as the longest line of `text`, 72 at most.
pub fn underline(text: &str, mark: char) -> String {
    let columns = text.lines().map(length).max().unwrap_or(0);
    std::iter::repeat_n(mark, columns.min(72)).collect()
}

/// How many bytes `text` is in a mail at most: coded as quoted-printable, or as base64 where that
/// saves a fifth (RFC 2045, section 6).
pub fn encoded_len(text: &str) -> usize {
    let line_ends = text.bytes().filter(|&byte| byte == b'\n').count();
    let base64 = (text.len() + line_ends).div_ceil(3) * 4;
    let base64 = base64 + base64.div_ceil(76) * 2;
    let quoted: usize = text.split('\n').map(|line| quoted_len(line.as_bytes())).sum();
    quoted.min(base64 * 5 / 4 + 1)
}

/// The length of a line as quoted-printable, soft line ends and its own included.
fn quoted_len(line: &[u8]) -> usize {
    let mut total = "\r\n".len();
    let mut column = 0;
    for (at, byte) in line.iter().enumerate() {
        let last = at + 1 == line.len();
        let size = |column| match byte {
            b' ' | b'\t' if !last => 1,
            b'.' | b'F' if column == 0 => 3,
            b'=' => 3,
            33..=126 => 1,
            _ => 3,
        };
        if column + size(column) > 76 - usize::from(!last) {
            total += "=\r\n".len();
            column = 0;
        }
        total += size(column);
        column += size(column);
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_words_and_graphemes() {
        for (text, limit, cut) in [
            ("court", 10, "court"),
            ("Le Sénat dit non à la réforme", 14, "Le Sénat dit…"),
            ("Le Sénat dit non", 13, "Le Sénat dit…"),
            ("anticonstitutionnellement", 8, "anticon…"),
            ("👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 3, "👩‍👩‍👧‍👦👩‍👩‍👧‍👦…"),
            ("Fini, dit-il", 7, "Fini…"),
            ("", 5, ""),
            (&format!("Une tour{}", "\u{301}".repeat(1_000)), 20, "Une tou…"),
        ] {
            assert_eq!(shorten(text, limit), cut, "{text:?}");
        }
    }

    #[test]
    fn an_excerpt_ends_at_a_sentence_or_says_that_it_goes_on() {
        let text = "Une première phrase assez longue. Une deuxième ? Puis une troisième, sans fin";
        for (limit, cut) in [
            (200, text),
            (60, "Une première phrase assez longue. Une deuxième ?"),
            (36, "Une première phrase assez longue."),
            (20, "Une première phrase…"),
            (0, ""),
        ] {
            assert_eq!(shorten_to_sentence(text, limit), cut);
        }
        assert_eq!(shorten_to_sentence("Court", 10), "Court");
    }

    #[test]
    fn headings_are_underlined_as_far_as_they_reach() {
        assert_eq!(underline("Été", '-'), "---");
        assert_eq!(underline("", '='), "");
        assert_eq!(underline(&"a".repeat(100), '=').len(), 72);
    }

    #[test]
    fn lines_are_wrapped_and_addresses_stay_whole() {
        let address = format!("https://exemple.fr/{}", "a".repeat(90));
        let text = format!("Un texte assez long pour la marge, voir {address} et la suite");
        let wrapped = wrap(&text, 30, 2);
        for line in wrapped.lines() {
            assert!(length(line) <= 30 || line.trim() == address, "{line}");
        }
        assert!(wrapped.contains(&address));
        assert_eq!(wrap("", 30, 2), "");
    }
}
