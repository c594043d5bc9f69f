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

/// A body coded for transport.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The value of Content-Transfer-Encoding.
    pub name: &'static str,
    /// The coded lines, each ended by CRLF.
    pub body: String,
}

/// Codes a text whichever way is shorter: quoted-printable for most, base64 for scripts beyond
/// Latin. Line ends of any kind become CRLF first.
pub fn body(text: &str) -> Encoded {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let quoted = quoted_printable(&text);
    let base64 = base64_lines(text.replace('\n', "\r\n").as_bytes());
    if quoted.len() <= base64.len() {
        Encoded { name: "quoted-printable", body: quoted }
    } else {
        Encoded { name: "base64", body: base64 }
    }
}

/// RFC 2045, section 6.7. Beyond its rules, `From ` and `.` at the start of a line are coded too, so
/// that neither mailbox files nor SMTP have to change the body.
fn quoted_printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
    for line in lines {
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
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len() * 3 / 2);
    for line in bytes.chunks(BODY_LINE / 4 * 3) {
        for three in line.chunks(3) {
            let bits = three.iter().fold(0_u32, |bits, &byte| bits << 8 | u32::from(byte))
                << (8 * (3 - three.len()));
            for place in 0..4 {
                let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
                out.push(if place <= three.len() { char::from(digit) } else { '=' });
            }
        }
        out.push_str("\r\n");
    }
    out
}

/// A header field with a text as its value, folded, ended by CRLF.
///
/// Printable ASCII stays as it is if its words let it be folded; all else becomes encoded words. So
/// does what already looks like one: it was meant literally.
pub fn text_header(name: &str, value: &str) -> String {
    let mut field = Field::new(name);
    if is_plain(value) && value.split(' ').all(|word| word.len() < WORD) {
        value.split(' ').for_each(|word| field.token(word));
    } else {
        encoded_words(value).iter().for_each(|word| field.token(word));
    }
    field.end()
}

/// A header field with tokens that are written as they are, and folded between.
pub fn token_header<'a>(name: &str, tokens: impl IntoIterator<Item = &'a str>) -> String {
    let mut field = Field::new(name);
    tokens.into_iter().for_each(|token| field.token(token));
    field.end()
}

/// The tokens of a display name (RFC 5322, section 3.2.5: `phrase`).
pub fn phrase(name: &str) -> Vec<String> {
    let is_atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    if !is_plain(name) || name.len() > WORD {
        encoded_words(name)
    } else if name.split(' ').all(|word| !word.is_empty() && word.chars().all(is_atom)) {
        name.split(' ').map(str::to_owned).collect()
    } else {
        vec![format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))]
    }
}

fn is_plain(value: &str) -> bool {
    value.bytes().all(|byte| (32..127).contains(&byte)) && !value.contains("=?")
}

/// RFC 2047, encoding "Q", with only those characters plain that may stand in a phrase (section
/// 5(3)). No word splits a character.
fn encoded_words(value: &str) -> Vec<String> {
    const HEAD: &str = "=?utf-8?Q?";
    let mut words = Vec::new();
    let mut word = HEAD.to_owned();
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
        if word.len() + coded.len() + "?=".len() > WORD {
            words.push(format!("{word}?="));
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

    /// Appends a token after a space, on a new line if it does not fit.
    fn token(&mut self, token: &str) {
        if self.column + 1 + token.len() > LINE {
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
