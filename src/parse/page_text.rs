//! The text of a web page: which encoding its bytes are really in.
//!
//! The order is that of [`super::decode`]; what takes the place of the XML declaration is the
//! `<meta>` element near the beginning (WHATWG, section 13.2.3.2).

use std::borrow::Cow;

use super::decode;

/// How far into a page its encoding may be stated; browsers look at 1024 bytes, publishers write
/// later than that.
const STATED_WITHIN: usize = 8_192;

/// The text of `bytes`.
pub fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    let is_stated =
        content_type.is_some_and(|value| value.to_ascii_lowercase().contains("charset"));
    match stated(bytes).filter(|_| !is_stated) {
        Some(label) => decode::decode(bytes, Some(&format!("text/html; charset={label}"))),
        None => decode::decode(bytes, content_type),
    }
}

/// The label in `<meta charset=…>` or in the content type that a `<meta>` repeats.
fn stated(bytes: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(STATED_WITHIN)]);
    let head = head.to_ascii_lowercase();
    head.split("<meta").skip(1).find_map(|meta| {
        let tag = meta.split('>').next().unwrap_or_default();
        let value = tag.split("charset").nth(1)?.trim_start().strip_prefix('=')?;
        let value =
            value.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
        let is_label = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.');
        let end = value.find(|c| !is_label(c)).unwrap_or(value.len());
        (end > 0).then(|| value[..end].to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_in_the_encoding_it_states_unless_its_bytes_say_otherwise() {
        let latin = b"<meta http-equiv=Content-Type content='text/html; charset=ISO-8859-2'>\xb9";
        assert!(decode(latin, None).ends_with('š'));
        assert!(decode(b"<head><meta charset=\"windows-1251\"></head>\xe9", None).ends_with('й'));
        assert!(
            decode(b"<meta charset=windows-1251>\xe9", Some("text/html; charset=ISO-8859-1"))
                .ends_with('é')
        );
        assert!(decode("<meta charset=latin1>é".as_bytes(), None).ends_with("é"));
        assert!(decode(b"\xe9t\xe9", None).ends_with("été"));
    }
}
