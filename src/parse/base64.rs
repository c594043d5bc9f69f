//! Base64 (RFC 4648), as Atom carries texts in it: `mode="base64"` in Atom 0.3, a media type that
//! is not text in Atom 1.0 (RFC 4287, section 4.1.3.3).
//!
//! Only what decodes whole, and to text, was meant as such; all else is left as it is.

/// The text that `text` is the coding of; nothing if it is not base64, or not of a text.
pub fn text(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0);
    let mut coded = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    for byte in coded.by_ref() {
        if byte == b'=' {
            break;
        }
        bits = (bits << 6 | value(byte)?) & 0xff_ffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(((bits >> held) & 0xff) as u8);
        }
    }
    let is_text = |text: &String| {
        !text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    };
    let is_over = coded.all(|byte| byte == b'=') && !bytes.is_empty();
    String::from_utf8(bytes).ok().filter(|text| is_over && is_text(text))
}

/// What a character of the alphabet stands for.
fn value(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_coded_is_decoded() {
        for (coded, meant) in [
            (" w4l0w6kg\n w6A= ", Some("Été à")),
            ("PGI+YTwvYj4=", Some("<b>a</b>")),
            ("YQ==", Some("a")),
            ("YQ", Some("a")),
            ("", None),
            ("un texte", None),
            ("Été", None),
            ("AAAA", None),
            ("YQ==YQ==", None),
            ("/////w==", None),
        ] {
            assert_eq!(text(coded).as_deref(), meant, "{coded}");
        }
    }
}
