//! The encodings of mail: everything becomes printable ASCII in short lines.
//!
//! They are written here and not taken from a library because a letter's bytes are made again for
//! every attempt and must be the same after every upgrade: the store holds their SHA-256.
//!
//! Sources: RFC 2045, section 6 (bodies), RFC 2047 (headers), RFC 5322, section 2.2.3 (folding).

/// The longest line that we write, without its CRLF (RFC 5322, section 2.1.1 recommends it).
const LINE: usize = 78;
/// The longest encoded word (RFC 2047, section 2).
const WORD: usize = 75;
/// The longest line of an encoded body (RFC 2045, section 6.7).
const BODY_LINE: usize = 76;

/// Texts below this are quoted-printable whatever they hold.
const SHORT: usize = 200;

/// A body coded for transport.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The value of Content-Transfer-Encoding.
    pub name: &'static str,
    /// The coded lines, each ended by CRLF.
    pub body: String,
}

/// Codes a text as quoted-printable, which people can read in a pinch, or as base64 where that saves
/// a fifth: for scripts beyond Latin. Line ends of any kind become CRLF first.
pub fn body(text: &str) -> Encoded {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let quoted = quoted_printable(&text);
    let base64 = base64_lines(text.replace('\n', "\r\n").as_bytes());
    if quoted.len() * 4 <= base64.len() * 5 || text.len() < SHORT {
        Encoded { name: "quoted-printable", body: quoted }
    } else {
        Encoded { name: "base64", body: base64 }
    }
}

/// RFC 2045, section 6.7. Beyond its rules, `From ` and `.` at the start of a line are coded too, so
/// that neither mailbox files nor SMTP have to change the body.
fn quoted_printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for line in text.split('\n') {
        let mut column = 0;
        let bytes = line.as_bytes();
        for (at, &byte) in bytes.iter().enumerate() {
            let last = at + 1 == bytes.len();
            let plain = match byte {
                b'=' => false,
                b' ' | b'\t' => !last,
                b'.' => column > 0,
                b'F' => column > 0 || !bytes[at..].starts_with(b"From "),
                33..=126 => true,
                _ => false,
            };
            let size = if plain { 1 } else { 3 };
            if column + size > BODY_LINE - usize::from(!last) {
                out.push_str("=\r\n");
                column = 0;
            }
            // What begins a line is only known now.
            let plain =
                plain && !(column == 0 && (byte == b'.' || bytes[at..].starts_with(b"From ")));
            if plain {
                out.push(char::from(byte));
            } else {
                push_hex(&mut out, '=', byte);
            }
            column += if plain { 1 } else { 3 };
        }
        out.push_str("\r\n");
    }
    out
}

fn push_hex(out: &mut String, mark: char, byte: u8) {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    out.push(mark);
    out.push(DIGITS[usize::from(byte >> 4)]);
    out.push(DIGITS[usize::from(byte & 15)]);
}

/// RFC 2045, section 6.8.
fn base64_lines(bytes: &[u8]) -> String {
    let lines = bytes.chunks(BODY_LINE / 4 * 3).map(|line| base64(line) + "\r\n");
    lines.collect()
}

/// RFC 4648, section 4.
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, &byte| bits << 8 | u32::from(byte));
        let bits = bits << (8 * (3 - three.len()));
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= three.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

/// A header field with a text as its value, folded, ended by CRLF.
///
/// Printable ASCII stays as it is if its words let it be folded; all else becomes encoded words. So
/// does what already looks like one: it was meant literally.
pub fn text_header(name: &str, value: &str) -> String {
    let mut field = Field::new(name);
    let mut room = field.room();
    let fits = |word: &str| word.len() <= std::mem::replace(&mut room, WORD);
    if is_plain(value) && value.split(' ').all(fits) {
        value.split(' ').for_each(|word| field.token(word));
    } else {
        encoded_words(value, field.room()).iter().for_each(|word| field.token(word));
    }
    field.end()
}

/// A header field of the form `Display Name <identifier>`, or of the identifier alone, in angle
/// brackets or bare. It is never folded within the brackets (RFC 2369, section 2), so its line can
/// be longer than others.
pub fn named_header(name: &str, display: &str, identifier: &str) -> String {
    let mut field = Field::new(name);
    if !display.is_empty() {
        phrase(display, field.room()).iter().for_each(|word| field.token(word));
    }
    field.token(identifier);
    field.end()
}

/// The tokens of a display name (RFC 5322, section 3.2.5: `phrase`), the first at most `room` long.
fn phrase(name: &str, room: usize) -> Vec<String> {
    let is_atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    let quoted = format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
    if !is_plain(name) || quoted.len() > room {
        encoded_words(name, room)
    } else if name.chars().all(|c| is_atom(c) || c == ' ') {
        name.split(' ').map(str::to_owned).collect()
    } else {
        vec![quoted]
    }
}

fn is_plain(value: &str) -> bool {
    value.bytes().all(|byte| (32..127).contains(&byte)) && !value.contains("=?")
}

/// RFC 2047, encoding "Q", with only those characters plain that may stand in a phrase (section
/// 5(3)). No word splits a character; the first is at most `room` long.
fn encoded_words(value: &str, room: usize) -> Vec<String> {
    const HEAD: &str = "=?utf-8?Q?";
    let mut words = Vec::new();
    let mut word = HEAD.to_owned();
    let mut longest = room.min(WORD);
    for c in value.chars() {
        let mut coded = String::new();
        let mut bytes = [0; 4];
        for &byte in c.encode_utf8(&mut bytes).as_bytes() {
            match byte {
                b' ' => coded.push('_'),
                b if b.is_ascii_alphanumeric() => coded.push(char::from(b)),
                b'!' | b'*' | b'+' | b'-' | b'/' => coded.push(char::from(byte)),
                _ => push_hex(&mut coded, '=', byte),
            }
        }
        if word.len() + coded.len() + "?=".len() > longest {
            words.push(format!("{word}?="));
            longest = WORD;
            HEAD.clone_into(&mut word);
        }
        word.push_str(&coded);
    }
    words.push(format!("{word}?="));
    words
}

/// A header field while it is written.
struct Field {
    text: String,
    column: usize,
}

impl Field {
    fn new(name: &str) -> Self {
        Self { text: format!("{name}:"), column: name.len() + 1 }
    }

    /// How long the next token may be to fit on this line.
    fn room(&self) -> usize {
        LINE.saturating_sub(self.column + 1)
    }

    /// Appends a token after a space, on a new line if it does not fit. The line of the name is
    /// never left empty: not all programs look for a value on the next.
    fn token(&mut self, token: &str) {
        if token.len() > self.room() && !self.text.ends_with(':') {
            self.text.push_str("\r\n");
            self.column = 0;
        }
        self.text.push(' ');
        self.text.push_str(token);
        self.column += 1 + token.len();
    }

    fn end(mut self) -> String {
        self.text.push_str("\r\n");
        self.text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::*;

    /// A decoder for what [`body`] makes, written apart from it (RFC 2045, section 6).
    fn decoded(encoded: &Encoded) -> String {
        let bytes = match encoded.name {
            "base64" => {
                let digit = |c: u8| match c {
                    b'A'..=b'Z' => c - b'A',
                    b'a'..=b'z' => c - b'a' + 26,
                    b'0'..=b'9' => c - b'0' + 52,
                    b'+' => 62,
                    _ => 63,
                };
                let digits: Vec<u8> =
                    encoded.body.bytes().filter(|b| !b"\r\n=".contains(b)).map(digit).collect();
                let bits =
                    digits.iter().flat_map(|d| (0..6).rev().map(move |place| d >> place & 1));
                let bits: Vec<u8> = bits.collect();
                bits.chunks_exact(8)
                    .map(|eight| eight.iter().fold(0, |b, bit| b << 1 | bit))
                    .collect()
            }
            _ => {
                let joined = encoded.body.replace("=\r\n", "");
                let joined = joined.strip_suffix("\r\n").expect("a last line end");
                hex_decoded(joined.as_bytes())
            }
        };
        String::from_utf8(bytes).expect("UTF-8")
    }

    fn hex_decoded(text: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut rest = text;
        while let Some((&first, tail)) = rest.split_first() {
            if first == b'=' {
                let code = std::str::from_utf8(&tail[..2]).expect("hexadecimal digits");
                bytes.push(u8::from_str_radix(code, 16).expect("hexadecimal digits"));
                rest = &tail[2..];
            } else {
                bytes.push(first);
                rest = tail;
            }
        }
        bytes
    }

    /// A decoder for what [`text_header`] makes (RFC 2047, section 6.2).
    fn decoded_header(field: &str) -> String {
        let value = field.split_once(':').expect("a field").1.replace("\r\n", "");
        let value = value.trim_start();
        if !value.contains("=?utf-8?Q?") {
            return value.to_owned();
        }
        let words = value.split(' ').map(|word| {
            let coded = word.strip_prefix("=?utf-8?Q?").and_then(|w| w.strip_suffix("?="));
            hex_decoded(coded.expect("an encoded word").replace('_', " ").as_bytes())
        });
        String::from_utf8(words.collect::<Vec<_>>().concat()).expect("UTF-8")
    }

    fn is_clean(text: &str, longest: usize) -> bool {
        let lines = text.strip_suffix("\r\n").unwrap_or(text).split("\r\n");
        text.is_ascii()
            && text.ends_with("\r\n")
            && lines.clone().all(|line| line.len() <= longest && !line.contains(['\r', '\n']))
    }

    #[test]
    fn bodies_are_coded_as_the_standard_says() {
        for (text, coded) in [
            (
                "un matin d’été, place du marché",
                "un matin d=E2=80=99=C3=A9t=C3=A9, place du march=C3=A9\r\n",
            ),
            ("a = b", "a =3D b\r\n"),
            ("fin \n\tx\t", "fin=20\r\n\tx=09\r\n"),
            ("From moi\n.\n..\nFrommage", "=46rom moi\r\n=2E\r\n=2E.\r\nFrommage\r\n"),
            ("", "\r\n"),
            ("a\n", "a\r\n\r\n"),
            ("a\rb\r\nc", "a\r\nb\r\nc\r\n"),
        ] {
            assert_eq!(body(text), Encoded { name: "quoted-printable", body: coded.to_owned() });
        }
        assert_eq!(body(&"日本語の朝".repeat(20)).name, "base64");
    }

    #[test]
    fn hostile_bodies_come_through_whole_and_clean() {
        for text in [
            "a\n.\nb\r\n.\r\nMAIL FROM:<x>\r\n",
            "\r.\r",
            "\n.\r\n",
            "--=_00\nContent-Type: text/html\n\n--=_00--",
            &"x".repeat(1_000_000),
            &"é".repeat(100_000),
            &"語".repeat(100_000),
            &". ".repeat(1_000),
            &format!("{}.{}From x", "a".repeat(75), "b".repeat(74)),
        ] {
            let encoded = body(text);
            assert!(is_clean(&encoded.body, 76), "{}", encoded.body);
            assert!(!encoded.body.split("\r\n").any(|line| line.starts_with(['.'])));
            assert!(!encoded.body.split("\r\n").any(|line| line.starts_with("From ")));
            let expected = text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n");
            assert!(decoded(&encoded) == expected, "{text}");
        }
    }

    #[test]
    fn headers_are_folded_and_come_through_whole() {
        let long = "mot ".repeat(120);
        for value in [
            "Court",
            "Réforme : le Sénat dit non, «\u{a0}vraiment\u{a0}» · 12 €, 👩‍👩‍👧‍👦",
            "=?utf-8?b?DQpCY2M6eEB5LmZy?=",
            "a_b=c?d",
            long.trim(),
            &"x".repeat(2_000),
            &"👩‍👩‍👧‍👦".repeat(500),
            &"é".repeat(300),
        ] {
            let field = text_header("Subject", value);
            assert!(is_clean(&field, 78), "{field}");
            assert_eq!(decoded_header(&field), value);
            assert!(
                field.split(' ').all(|word| !word.starts_with("=?") || word.trim().len() <= 75)
            );
        }
        assert_eq!(text_header("Subject", ""), "Subject: \r\n");
    }

    #[test]
    fn names_are_atoms_or_quoted_or_coded() {
        for (name, tokens) in [
            ("Zoe Martin", vec!["Zoe", "Martin"]),
            ("Martin, Zoe", vec!["\"Martin, Zoe\""]),
            ("a \"b\" \\c", vec!["\"a \\\"b\\\" \\\\c\""]),
            ("Zoé", vec!["=?utf-8?Q?Zo=C3=A9?="]),
            ("x@y.fr", vec!["\"x@y.fr\""]),
        ] {
            assert_eq!(phrase(name, 60), tokens);
        }
    }

    proptest! {
        #[test]
        fn any_body_comes_through(text in "(?s).{0,300}") {
            let encoded = body(&text);
            prop_assert!(is_clean(&encoded.body, 76));
            let expected = text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n");
            prop_assert_eq!(decoded(&encoded), expected);
        }

        #[test]
        fn any_header_comes_through(text in "[^\\p{Cc}]{0,200}") {
            let line = crate::model::text::HeaderText::new(&text);
            let field = text_header("Subject", line.as_str());
            prop_assert!(is_clean(&field, 78));
            prop_assert_eq!(decoded_header(&field), line.as_str());
        }
    }
}
