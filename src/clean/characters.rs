//! Single characters: what XML 1.0 forbids is dropped, and the C1 range is read as what its writers
//! meant by it.
//!
//! U+0080 to U+009F are controls that nobody writes on purpose: they are windows-1252 bytes that
//! somebody took for ISO-8859-1 (the French apostrophe as U+0092). HTML reads numeric references to
//! them the same way. Gmail clips letters that hold one.

use std::borrow::Cow;

/// The characters of windows-1252 at 0x80 to 0x9F (WHATWG encoding standard); where it has none,
/// nothing was meant.
const CP1252: [Option<char>; 32] = [
    Some('€'),
    None,
    Some('‚'),
    Some('ƒ'),
    Some('„'),
    Some('…'),
    Some('†'),
    Some('‡'),
    Some('ˆ'),
    Some('‰'),
    Some('Š'),
    Some('‹'),
    Some('Œ'),
    None,
    Some('Ž'),
    None,
    None,
    Some('‘'),
    Some('’'),
    Some('“'),
    Some('”'),
    Some('•'),
    Some('–'),
    Some('—'),
    Some('˜'),
    Some('™'),
    Some('š'),
    Some('›'),
    Some('œ'),
    None,
    Some('ž'),
    Some('Ÿ'),
];

/// What was meant by `c`: itself, the windows-1252 character for a C1 control, or nothing for
/// what XML 1.0 (section 2.2) does not allow.
pub fn meant(c: char) -> Option<char> {
    match c {
        '\t' | '\n' | '\r' => Some(c),
        '\u{80}'..='\u{9f}' => CP1252[c as usize - 0x80],
        '\0'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}' => None,
        _ => Some(c),
    }
}

/// The character that a numeric reference means (HTML, "numeric character reference end state"),
/// or nothing if there is no such character or it may not be passed on.
pub fn from_number(number: u32) -> Option<char> {
    char::from_u32(number).and_then(meant)
}

/// `text` with every character replaced by what was meant by it, and UTF-8 that was encoded twice
/// decoded; not copied if that changes nothing.
pub fn mend(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    while let Some(once) = encoded_once(&text) {
        text = Cow::Owned(once);
    }
    match text {
        Cow::Borrowed(text) => allowed(text),
        Cow::Owned(text) => Cow::Owned(allowed(&text).into_owned()),
    }
}

/// `text` with every character replaced by what was meant by it; not copied if that changes nothing.
pub fn allowed(text: &str) -> Cow<'_, str> {
    if is_clean(text.as_bytes()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter_map(meant).collect())
}

/// What `text` was before its UTF-8 was taken for windows-1252 and encoded again (`Ã©` for `é`):
/// only if that accounts for every character of it beyond ASCII.
fn encoded_once(text: &str) -> Option<String> {
    let mut rest = text.chars().skip_while(char::is_ascii).peekable();
    rest.peek()?;
    // One sequence is looked at before anything is copied: most texts fail here.
    let lead = to_byte(rest.next()?).filter(|byte| (0xc2..=0xf4).contains(byte))?;
    for _ in 1..lead.leading_ones() {
        to_byte(rest.next()?).filter(|byte| (0x80..=0xbf).contains(byte))?;
    }
    let bytes: Vec<u8> = text.chars().map(to_byte).collect::<Option<_>>()?;
    String::from_utf8(bytes).ok()
}

/// The windows-1252 byte of `c`; what it leaves undefined is read as ISO-8859-1 does.
fn to_byte(c: char) -> Option<u8> {
    let number = u32::from(c);
    if let Ok(byte) = u8::try_from(number) {
        return Some(byte);
    }
    let at = CP1252.iter().position(|defined| *defined == Some(c))?;
    u8::try_from(0x80 + at).ok()
}

/// Whether no character of the UTF-8 `bytes` would be replaced.
fn is_clean(bytes: &[u8]) -> bool {
    const STEP: usize = 64;
    let is_suspect = |&byte: &u8| {
        let is_control = (byte < 0x20) & (byte != b'\n') & (byte != b'\r') & (byte != b'\t');
        is_control | (byte == 0x7f) | (byte == 0xc2) | (byte == 0xef)
    };
    for (n, piece) in bytes.chunks(STEP).enumerate() {
        // Without an early exit, so that many bytes are compared at once.
        if piece.iter().fold(false, |seen, byte| seen | is_suspect(byte))
            && !is_clean_within(bytes, n * STEP, piece.len())
        {
            return false;
        }
    }
    true
}

/// Whether none of the characters that begin in `length` bytes from `from` would be replaced.
fn is_clean_within(bytes: &[u8], from: usize, length: usize) -> bool {
    (from..from + length).all(|at| match bytes[at..] {
        [b'\t' | b'\n' | b'\r', ..] => true,
        [0..=0x1f | 0x7f, ..] | [0xc2, 0x80..=0x9f, ..] | [0xef, 0xbf, 0xbe | 0xbf, ..] => false,
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c1_controls_become_what_windows_1252_means_by_them() {
        assert_eq!(mend("l\u{92}\u{e9}t\u{e9} \u{93}\u{85}\u{94} \u{9c}uvre"), "l’été “…” œuvre");
        assert_eq!(mend("a\u{81}b"), "ab");
    }

    #[test]
    fn what_xml_forbids_is_dropped_and_the_rest_is_not_copied() {
        assert_eq!(mend("a\0b\u{1b}[2Jc\u{fffe}\u{ffff}\u{7f}"), "ab[2Jc");
        for fine in
            ["été « oui »\u{a0}!\u{202f}?", "\u{fffd} \u{fb01} \u{feff}", "日本語 👩‍👧", "a\tb\r\n"]
        {
            assert!(matches!(mend(fine), Cow::Borrowed(_)), "{fine:?}");
        }
    }

    #[test]
    fn utf_8_encoded_twice_is_decoded_where_all_of_it_is() {
        for (given, meant) in [
            ("Ospedale Bambin GesÃ¹", "Ospedale Bambin Gesù"),
            ("Â£30 million â€“ suite", "£30 million – suite"),
            ("Ð’ ÐœÐ¾Ñ\u{81}ÐºÐ²Ðµ", "В Москве"),
            ("ÃƒÂ©tÃƒÂ©", "été"),
            ("été, Ã©", "été, Ã©"),
            ("NÃO, Â\u{a0}é", "NÃO, Â\u{a0}é"),
        ] {
            assert_eq!(mend(given), meant, "{given}");
        }
    }

    #[test]
    fn numeric_references_follow_html() {
        assert_eq!(from_number(146), Some('’'));
        assert_eq!(from_number(0xe9), Some('é'));
        assert_eq!(from_number(0), None);
        assert_eq!(from_number(0xd800), None);
        assert_eq!(from_number(0x110000), None);
    }
}
