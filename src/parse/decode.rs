//! Bytes to text: which encoding a document is really in.
//!
//! Labels lie more often than bytes do. The order is: a byte order mark; the pattern of NULs that
//! UTF-16 and UTF-32 make; valid UTF-8; the charset of the HTTP field (RFC 7303 puts it before the
//! declaration); the XML declaration; the script that the bytes look like; windows-1252. Bytes that
//! claim to be UTF-8 and are not are read as UTF-8 where they are valid and as windows-1252 where
//! they are not, which mends both a wrong label and a single bad byte. The XML declaration is cut
//! off, so no parser decodes again.
//! Text that is UTF-8 already is not copied.

use std::borrow::Cow;
use std::io::Read;

use encoding_rs::Encoding;

use crate::model::document::Unreadable;

/// The largest document, in bytes, after decompression.
pub const MAX_BYTES: usize = 32 << 20;

/// How far into a document an XML declaration may begin.
const DECLARATION_WITHIN: usize = 1024;

/// Undoes a gzip coding that the transport did not declare, known by its magic bytes (RFC 1952).
pub fn gunzip(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Unreadable> {
    if !bytes.starts_with(&[0x1f, 0x8b, 0x08]) {
        return match bytes.len() > MAX_BYTES {
            true => Err(TOO_LONG),
            false => Ok(Cow::Borrowed(bytes)),
        };
    }
    let mut unpacked = Vec::new();
    let mut reader = flate2::read::MultiGzDecoder::new(bytes).take(MAX_BYTES as u64 + 1);
    // A cut-off stream gives what came before the cut.
    let outcome = reader.read_to_end(&mut unpacked);
    if unpacked.len() > MAX_BYTES {
        return Err(TOO_LONG);
    }
    match outcome {
        Err(error) if unpacked.is_empty() => {
            Err(Unreadable::Broken { reason: format!("gzip: {error}") })
        }
        Ok(_) | Err(_) => Ok(Cow::Owned(unpacked)),
    }
}

const TOO_LONG: Unreadable = Unreadable::TooMuch { limit: MAX_BYTES, unit: "bytes" };

/// The text of `bytes`, without byte order mark, leading blanks and XML declaration.
pub fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    match to_text(bytes, content_type) {
        Cow::Borrowed(text) => Cow::Borrowed(without_head(text)),
        Cow::Owned(mut text) => {
            let cut = text.len() - without_head(&text).len();
            text.drain(..cut);
            Cow::Owned(text)
        }
    }
}

fn to_text<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    if let Some(text) = by_mark(bytes).or_else(|| by_nuls(bytes)) {
        return text;
    }
    let labels = [content_type.and_then(charset), declared(bytes)];
    if let Ok(text) = std::str::from_utf8(bytes) {
        return match labels.into_iter().flatten().find(is_seven_bit) {
            Some(label) if bytes.contains(&0x1b) => label.decode_without_bom_handling(bytes).0,
            Some(_) | None => Cow::Borrowed(text),
        };
    }
    let labels: Vec<_> = labels.into_iter().flatten().filter(is_legacy).collect();
    for label in &labels {
        if let Some(text) = label.decode_without_bom_handling_and_without_replacement(bytes) {
            return text;
        }
    }
    match labels.first() {
        Some(label) => label.decode_without_bom_handling(bytes).0,
        None => match sniffed(bytes) {
            Some(encoding) => encoding.decode_without_bom_handling(bytes).0,
            None => mixed(bytes),
        },
    }
}

/// Encodings of scripts other than Latin, in which guessing is sure: their bytes fit no other.
const OTHER_SCRIPTS: [&Encoding; 12] = [
    encoding_rs::SHIFT_JIS,
    encoding_rs::EUC_JP,
    encoding_rs::GBK,
    encoding_rs::BIG5,
    encoding_rs::EUC_KR,
    encoding_rs::WINDOWS_1251,
    encoding_rs::KOI8_U,
    encoding_rs::WINDOWS_1253,
    encoding_rs::ISO_8859_7,
    encoding_rs::WINDOWS_1255,
    encoding_rs::WINDOWS_1256,
    encoding_rs::WINDOWS_874,
];
/// How many bytes beyond ASCII a guess needs.
const ENOUGH_TO_GUESS: usize = 8;
/// How far into a document is looked.
const GUESSED_WITHIN: usize = 64 << 10;

/// The encoding that bytes without any label look like, if they are mostly not UTF-8.
fn sniffed(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(GUESSED_WITHIN)];
    let (mut valid, mut invalid) = (0, 0);
    for chunk in head.utf8_chunks() {
        valid += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        invalid += chunk.invalid().len();
    }
    // Latin scripts have their accents one by one, others their letters side by side.
    let is_beyond = |byte: &u8| !byte.is_ascii();
    let beyond = head.iter().filter(|byte| is_beyond(byte)).count();
    let pairs = head.windows(2).filter(|pair| pair.iter().all(is_beyond)).count();
    if invalid < ENOUGH_TO_GUESS || invalid < 2 * valid || 2 * pairs < beyond {
        return None;
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(head, true);
    let guess = detector.guess(None, chardetng::Utf8Detection::Deny);
    OTHER_SCRIPTS.contains(&guess).then_some(guess)
}

/// Whether the encoding writes other scripts in bytes that are valid UTF-8.
fn is_seven_bit(label: &&'static Encoding) -> bool {
    *label == encoding_rs::ISO_2022_JP
}

/// Whether a label says something about bytes that are neither UTF-8 nor UTF-16.
fn is_legacy(label: &&'static Encoding) -> bool {
    ![encoding_rs::UTF_8, encoding_rs::UTF_16LE, encoding_rs::UTF_16BE, encoding_rs::REPLACEMENT]
        .contains(label)
}

fn by_mark(bytes: &[u8]) -> Option<Cow<'_, str>> {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => Some(match std::str::from_utf8(rest) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => mixed(rest),
        }),
        [0xff, 0xfe, 0, 0, rest @ ..] => Some(utf_32(rest, u32::from_le_bytes)),
        [0, 0, 0xfe, 0xff, rest @ ..] => Some(utf_32(rest, u32::from_be_bytes)),
        [0xff, 0xfe, rest @ ..] => Some(encoding_rs::UTF_16LE.decode_without_bom_handling(rest).0),
        [0xfe, 0xff, rest @ ..] => Some(encoding_rs::UTF_16BE.decode_without_bom_handling(rest).0),
        _ => None,
    }
}

/// Markup begins in ASCII, so its first characters show where the NULs are.
fn by_nuls(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let [a, b, c, d] = *bytes.first_chunk::<4>()?;
    match (a, b, c, d) {
        (0, 0, 0, 1..) => Some(utf_32(bytes, u32::from_be_bytes)),
        (1.., 0, 0, 0) => Some(utf_32(bytes, u32::from_le_bytes)),
        (0, 1.., 0, 1..) => Some(encoding_rs::UTF_16BE.decode_without_bom_handling(bytes).0),
        (1.., 0, 1.., 0) => Some(encoding_rs::UTF_16LE.decode_without_bom_handling(bytes).0),
        _ => None,
    }
}

fn utf_32(bytes: &[u8], read: fn([u8; 4]) -> u32) -> Cow<'static, str> {
    let (units, _) = bytes.as_chunks::<4>();
    units
        .iter()
        .map(|unit| char::from_u32(read(*unit)).unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect::<String>()
        .into()
}

/// UTF-8 where it is valid, windows-1252 where it is not.
fn mixed(bytes: &[u8]) -> Cow<'static, str> {
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 16);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.push_str(&encoding_rs::WINDOWS_1252.decode_without_bom_handling(chunk.invalid()).0);
    }
    text.into()
}

/// The charset parameter of a Content-Type field.
fn charset(content_type: &str) -> Option<&'static Encoding> {
    content_type
        .split(';')
        .skip(1)
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
        .and_then(|(_, value)| {
            Encoding::for_label(value.trim().trim_matches(['"', '\'']).as_bytes())
        })
}

/// The encoding in the XML declaration, near the start of ASCII-compatible bytes.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(DECLARATION_WITHIN)];
    let head = String::from_utf8_lossy(head);
    let (_, declaration) = head.split_once("<?xml")?;
    let (declaration, _) = declaration.split_once("?>")?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let (label, _) = value[1..].split_once(quote)?;
    Encoding::for_label(label.trim().as_bytes())
}

/// `text` after blanks, byte order marks and, if only comments stand before it, the declaration.
fn without_head(text: &str) -> &str {
    let blank = |c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\0');
    let start = text.trim_start_matches(blank);
    let mut rest = start;
    while let Some(comment) = rest.strip_prefix("<!--") {
        match comment.split_once("-->") {
            Some((inner, after)) if inner.len() < DECLARATION_WITHIN => {
                rest = after.trim_start_matches(blank);
            }
            Some(_) | None => return start,
        }
    }
    match rest.strip_prefix("<?xml").and_then(|after| after.split_once("?>")) {
        Some((declaration, after)) if declaration.starts_with(char::is_whitespace) => {
            after.trim_start_matches(blank)
        }
        Some(_) | None => start,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRENCH: &str = "<rss><title>Été à l’œuvre</title></rss>";

    fn utf_16(text: &str, write: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(write).collect()
    }

    #[test]
    fn utf_8_is_not_copied_and_loses_its_declaration() {
        for head in [
            "",
            "\u{feff}",
            "\n  ",
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n",
            "<!-- c -->\n<?xml version='1.0'?>",
        ] {
            let bytes = format!("{head}{FRENCH}").into_bytes();
            let text = decode(&bytes, Some("text/xml; charset=iso-8859-1"));
            assert_eq!(text, FRENCH, "{head:?}");
            assert!(matches!(text, Cow::Borrowed(_)), "{head:?}");
        }
        let other = "<?xml-stylesheet href='x'?><rss/>";
        assert_eq!(decode(other.as_bytes(), None), other);
    }

    #[test]
    fn the_real_encoding_wins_over_the_label() {
        let (cp1252, _, _) = encoding_rs::WINDOWS_1252.encode(FRENCH);
        let declared = |label: &str, body: &[u8]| {
            [format!("<?xml version='1.0' encoding='{label}'?>").as_bytes(), body].concat()
        };
        for (case, bytes, content_type) in [
            ("undeclared windows-1252", cp1252.to_vec(), None),
            (
                "windows-1252 under a UTF-8 label",
                declared("utf-8", &cp1252),
                Some("text/xml;charset=UTF-8"),
            ),
            ("declared ISO-8859-1", declared("iso-8859-1", &cp1252), None),
            (
                "charset in the HTTP field",
                cp1252.to_vec(),
                Some("text/xml; charset=\"windows-1252\""),
            ),
            (
                "UTF-16LE with a mark",
                [vec![0xff, 0xfe], utf_16(FRENCH, u16::to_le_bytes)].concat(),
                Some("text/xml; charset=utf-8"),
            ),
            (
                "UTF-16BE with a mark",
                [vec![0xfe, 0xff], utf_16(FRENCH, u16::to_be_bytes)].concat(),
                None,
            ),
            ("UTF-16LE without", utf_16(FRENCH, u16::to_le_bytes), None),
            ("UTF-16BE without", utf_16(FRENCH, u16::to_be_bytes), None),
            ("UTF-16 said, UTF-8 meant", declared("utf-16", FRENCH.as_bytes()), None),
            ("UTF-32LE", FRENCH.chars().flat_map(|c| (c as u32).to_le_bytes()).collect(), None),
            (
                "UTF-32BE with a mark",
                [
                    vec![0, 0, 0xfe, 0xff],
                    FRENCH.chars().flat_map(|c| (c as u32).to_be_bytes()).collect(),
                ]
                .concat(),
                None,
            ),
        ] {
            assert_eq!(decode(&bytes, content_type), FRENCH, "{case}");
        }
    }

    #[test]
    fn one_bad_byte_spoils_one_character() {
        let bytes = [FRENCH.as_bytes(), b" \x92 \xe9t\xe9"].concat();
        assert_eq!(decode(&bytes, None), format!("{FRENCH} ’ été"));
    }

    #[test]
    fn other_scripts_are_read_by_their_label() {
        for (label, text) in [
            ("koi8-r", "<title>Привет</title>"),
            ("shift_jis", "<title>日本語</title>"),
            ("iso-2022-jp", "<title>日本語</title>"),
            ("gb18030", "<title>中文新闻</title>"),
        ] {
            let encoding = Encoding::for_label(label.as_bytes()).expect("a label");
            let (body, _, _) = encoding.encode(text);
            let bytes = [format!("<?xml version=\"1.0\" encoding=\"{label}\"?>").as_bytes(), &body]
                .concat();
            assert_eq!(decode(&bytes, None), text, "{label}");
            let http = format!("application/rss+xml; Charset={label}");
            assert_eq!(decode(&body, Some(&http)), text, "{label}");
        }
    }

    #[test]
    fn scripts_that_no_label_names_are_guessed_and_french_never_is() {
        for (label, text) in [
            ("koi8-r", "<title>Сегодня в городе хорошая погода</title>"),
            ("windows-1251", "<title>Сегодня в городе хорошая погода</title>"),
            (
                "shift_jis",
                "<title>ニュースをお伝えします。カメラとコンピュータのページです。</title>",
            ),
            ("euc-jp", "<title>ニュースをお伝えします。カメラとコンピュータのページです。</title>"),
            ("gbk", "<title>今天北京的天气非常好，大家都很高兴</title>"),
            (
                "windows-1252",
                "<title>L’été où Noël brûla l’île : ça dépassa même « l’œuvre »</title>",
            ),
            ("windows-1252", "<title>Où étaient-ils passés ? — déjà vu à côté, père Noël</title>"),
        ] {
            let encoding = Encoding::for_label(label.as_bytes()).expect("a label");
            let (body, _, _) = encoding.encode(text);
            assert_eq!(decode(&body, None), text, "{label}");
        }
    }

    #[test]
    fn gzip_is_known_by_its_magic_bytes_and_capped() {
        use std::io::Write;
        let packed = |bytes: &[u8]| {
            let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            writer.write_all(bytes).expect("a Vec takes all");
            writer.finish().expect("a Vec takes all")
        };
        let small = packed(FRENCH.as_bytes());
        assert_eq!(gunzip(&small).expect("unpacked").as_ref(), FRENCH.as_bytes());
        let bomb = packed(&vec![b' '; MAX_BYTES + 1]);
        assert_eq!(gunzip(&bomb), Err(TOO_LONG));
        assert!(matches!(gunzip(&small[..12]), Ok(_) | Err(Unreadable::Broken { .. })));
    }
}
