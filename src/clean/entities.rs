//! Character references of HTML: `&eacute;`, `&#8217;`, `&#x2019;`, and the old names that do
//! without their semicolon.
//!
//! The table is the one of ammonia's own parser, so a title and a body read alike.

use std::borrow::Cow;

use super::characters;

/// The longest name in the table, `CounterClockwiseContourIntegral;`.
const LONGEST_NAME: usize = 32;

/// `text` with its character references decoded, once. What is no reference stays as it is.
pub fn decode(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find('&') else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..first]);
    let mut rest = &text[first..];
    loop {
        match reference(rest) {
            Some((meaning, length)) => {
                out.extend(meaning.chars());
                rest = &rest[length..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
        match rest.find('&') {
            Some(next) => {
                out.push_str(&rest[..next]);
                rest = &rest[next..];
            }
            None => {
                out.push_str(rest);
                return Cow::Owned(out);
            }
        }
    }
}

/// What a reference stands for: nothing, one character or two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning([Option<char>; 2]);

impl Meaning {
    /// Its characters.
    pub fn chars(self) -> impl Iterator<Item = char> {
        self.0.into_iter().flatten()
    }
}

/// The reference at the start of `text`, which begins with `&`, and its length in bytes.
pub fn reference(text: &str) -> Option<(Meaning, usize)> {
    match text.as_bytes().get(1)? {
        b'#' => numeric(text),
        byte if byte.is_ascii_alphabetic() => named(text),
        _ => None,
    }
}

fn numeric(text: &str) -> Option<(Meaning, usize)> {
    let digits = &text[2..];
    let (digits, radix, prefix) = match digits.as_bytes().first()? {
        b'x' | b'X' => (&digits[1..], 16, 3),
        _ => (digits, 10, 2),
    };
    let length = digits.bytes().take_while(|byte| char::from(*byte).is_digit(radix)).count();
    if length == 0 {
        return None;
    }
    let number = u32::from_str_radix(&digits[..length], radix).unwrap_or(u32::MAX);
    let semicolon = usize::from(digits.as_bytes().get(length) == Some(&b';'));
    Some((Meaning([characters::from_number(number), None]), prefix + length + semicolon))
}

/// A name counts with its semicolon, or without where HTML knows it so and no letter or digit
/// follows (the rule for attributes, which spares `?a=1&copy=2`).
fn named(text: &str) -> Option<(Meaning, usize)> {
    let name = &text[1..];
    let length =
        name.bytes().take(LONGEST_NAME).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let has_semicolon = name.as_bytes().get(length) == Some(&b';');
    if name.as_bytes().get(length).is_some_and(|&byte| byte == b'=') {
        return None;
    }
    let length = length + usize::from(has_semicolon);
    let &(first, second) = markup5ever::data::NAMED_ENTITIES.get(&name[..length])?;
    let first = char::from_u32(first).filter(|&c| c != '\0')?;
    let second = char::from_u32(second).filter(|&c| c != '\0');
    Some((Meaning([Some(first), second]), 1 + length))
}

/// Writes `text` as the content of an element: `&`, `<` and `>` escaped.
pub fn escape_into(out: &mut String, text: &str) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escaped = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            _ => continue,
        };
        out.push_str(&text[from..at]);
        out.push_str(escaped);
        from = at + 1;
    }
    out.push_str(&text[from..]);
}

/// `text` as the content of an element.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    escape_into(&mut out, text);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_decoded_once() {
        for (given, meant) in [
            ("L&#8217;&eacute;t&eacute;", "L’été"),
            ("a &amp;amp; b", "a &amp; b"),
            ("caf&eacute noir", "café noir"),
            ("&#x2019;&#X27;", "’'"),
            ("&#146;", "’"),
            ("&#0;&#xD800;&#99999999999999;x", "x"),
            ("AT&T, R&D, a & b, &;, &#;, &#x;, &nope;", "AT&T, R&D, a & b, &;, &#;, &#x;, &nope;"),
            ("?a=1&copy=2&amp=3", "?a=1&copy=2&amp=3"),
            ("&nbsp;&euro;&hearts;", "\u{a0}€♥"),
            ("&NotEqualTilde;", "≂̸"),
            ("fin&", "fin&"),
        ] {
            assert_eq!(decode(given), meant, "{given}");
        }
    }

    #[test]
    fn escaping_is_undone_by_decoding() {
        let text = "1 < 2 && \"x\" > 'y' é";
        assert_eq!(decode(&escape(text)), text);
    }
}
