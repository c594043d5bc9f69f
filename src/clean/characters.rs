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

/// `text` with every character replaced by what was meant by it; not copied if that changes nothing.
pub fn mend(text: &str) -> Cow<'_, str> {
    if is_clean(text.as_bytes()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter_map(meant).collect())
}

/// Whether no character of the UTF-8 `bytes` would be replaced.
fn is_clean(bytes: &[u8]) -> bool {
    const SUSPECT: [bool; 256] = suspects();
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|&byte| SUSPECT[usize::from(byte)]) {
        let follows = |n: usize| rest.get(at + n).copied().unwrap_or_default();
        let is_fine = match rest[at] {
            0xc2 => follows(1) >= 0xa0,
            0xef => follows(1) != 0xbf || follows(2) < 0xbe,
            _ => false,
        };
        if !is_fine {
            return false;
        }
        rest = &rest[at + 1..];
    }
    true
}

/// The bytes at which a character begins that may have to be replaced.
const fn suspects() -> [bool; 256] {
    let mut suspect = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        suspect[byte] = !matches!(byte as u8, b'\t' | b'\n' | b'\r');
        byte += 1;
    }
    suspect[0x7f] = true;
    suspect[0xc2] = true;
    suspect[0xef] = true;
    suspect
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
    fn numeric_references_follow_html() {
        assert_eq!(from_number(146), Some('’'));
        assert_eq!(from_number(0xe9), Some('é'));
        assert_eq!(from_number(0), None);
        assert_eq!(from_number(0xd800), None);
        assert_eq!(from_number(0x110000), None);
    }
}
