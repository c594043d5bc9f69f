//! The pieces of a stranger's HTML as a tokenizer of HTML sees them (WHATWG, section 13.2.5): where
//! a tag ends, how many attributes it has, where a comment ends, where a script does.
//!
//! [`super::markup`] does the same for what our own sanitiser wrote, which is simpler.

/// A tag as a tokenizer reads it.
#[derive(Debug, Clone, Copy)]
pub struct Tag<'a> {
    /// Its name, as written.
    pub name: &'a str,
    /// How many attributes it carries.
    pub attributes: usize,
    /// How many of them look like handlers of events, which are scripts.
    pub handlers: usize,
    /// Whether it ends in `/>`.
    pub is_closed: bool,
    /// Its length from the name to the `>`, which it includes.
    pub length: usize,
}

impl<'a> Tag<'a> {
    /// Reads a tag from its name on.
    pub fn read(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let ends_name = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>');
        let name_length = bytes.iter().position(ends_name).unwrap_or(bytes.len());
        let mut tag = Tag {
            name: &text[..name_length],
            attributes: 0,
            handlers: 0,
            is_closed: false,
            length: name_length,
        };
        let mut at = name_length;
        while let Some(&byte) = bytes.get(at) {
            at += 1;
            match byte {
                b'>' => break,
                b'/' => tag.is_closed = bytes.get(at) == Some(&b'>'),
                _ if byte.is_ascii_whitespace() => {}
                _ => {
                    tag.attributes += 1;
                    tag.handlers += usize::from(begins_handler(&bytes[at - 1..]));
                    at = end_of_attribute(bytes, at);
                }
            }
        }
        tag.length = at;
        tag
    }
}

/// `onclick`, `onerror` and the like.
fn begins_handler(attribute: &[u8]) -> bool {
    matches!(attribute, [b'o' | b'O', b'n' | b'N', third, ..] if third.is_ascii_alphabetic())
}

/// Where the attribute ends whose name has its first byte before `at`.
fn end_of_attribute(bytes: &[u8], mut at: usize) -> usize {
    let is_blank = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_whitespace);
    while bytes.get(at).is_some_and(|byte| !matches!(byte, b'=' | b'>' | b'/')) && !is_blank(at) {
        at += 1;
    }
    let after_name = at;
    while is_blank(at) {
        at += 1;
    }
    if bytes.get(at) != Some(&b'=') {
        return after_name;
    }
    at += 1;
    while is_blank(at) {
        at += 1;
    }
    match bytes.get(at) {
        Some(&quote @ (b'"' | b'\'')) => {
            let value = &bytes[at + 1..];
            at + 1 + value.iter().position(|&byte| byte == quote).map_or(value.len(), |end| end + 1)
        }
        _ => {
            while bytes.get(at).is_some_and(|&byte| byte != b'>') && !is_blank(at) {
                at += 1;
            }
            at
        }
    }
}

/// What stands at a `<`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Markup {
    /// A start tag.
    Start,
    /// An end tag.
    End,
    /// A comment, or what is read as one: so long.
    Comment(usize),
    /// Nothing: the `<` is text.
    Text,
}

impl Markup {
    /// What the `<` at the start of `text` begins (WHATWG, section 13.2.5.6).
    pub fn at(text: &str) -> Self {
        let bytes = text.as_bytes();
        match bytes.get(1) {
            Some(byte) if byte.is_ascii_alphabetic() => Self::Start,
            Some(b'/') if bytes.get(2).is_some_and(u8::is_ascii_alphabetic) => Self::End,
            Some(b'!') if text.starts_with("<!--") => Self::Comment(comment_length(text)),
            Some(b'/' | b'!' | b'?') => {
                Self::Comment(text.find('>').map_or(text.len(), |end| end + 1))
            }
            _ => Self::Text,
        }
    }
}

/// The length of the comment at the start of `text` (WHATWG, sections 13.2.5.43 to 13.2.5.52).
pub fn comment_length(text: &str) -> usize {
    let inner = &text[4..];
    for abrupt in [">", "->"] {
        if inner.starts_with(abrupt) {
            return 4 + abrupt.len();
        }
    }
    let mut from = 0;
    while let Some(dashes) = inner[from..].find("--") {
        let after = &inner[from + dashes + 2..];
        match after.as_bytes() {
            [b'>', ..] => return 4 + from + dashes + 3,
            [b'!', b'>', ..] => return 4 + from + dashes + 4,
            _ => from += dashes + 1,
        }
    }
    text.len()
}

/// Where `text` goes on after the end tag of `name`.
pub fn end_of_content(text: &str, name: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = text[from..].find("</") {
        let inner = &text[from + at + 2..];
        let matches = inner.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name));
        let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>');
        if matches && inner.as_bytes().get(name.len()).is_some_and(ends) {
            return Some(from + at + 2 + Tag::read(inner).length);
        }
        from += at + 2;
    }
    None
}

/// The name of an element in lower case; one that is longer than any of HTML's is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name {
    bytes: [u8; 16],
    length: usize,
}

impl Name {
    /// Takes a name as written.
    pub fn new(written: &str) -> Self {
        let mut name = Self { bytes: [0; 16], length: 0 };
        if let Some(place) = name.bytes.get_mut(..written.len()) {
            place.copy_from_slice(written.as_bytes());
            place.make_ascii_lowercase();
            name.length = written.len();
        }
        name
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_counted_as_html_counts_them() {
        for (text, attributes, is_closed, rest) in [
            ("a>x", 0, false, "x"),
            ("a b c=d e='f>' g = \"h/\" />x", 4, true, "x"),
            ("a href=http://x/>y", 1, false, "y"),
            ("a/b/c>x", 2, false, "x"),
            ("a \"b>x", 1, false, "x"),
            ("a b='never closed", 1, false, ""),
        ] {
            let tag = Tag::read(text);
            assert_eq!(
                (tag.attributes, tag.is_closed, &text[tag.length..]),
                (attributes, is_closed, rest),
                "{text}"
            );
        }
    }

    #[test]
    fn comments_end_where_html_ends_them() {
        for html in ["<!--><i>", "<!---><i>", "<!-- a --><i>", "<!-- a --!><i>", "<!-- -- - --><i>"]
        {
            assert_eq!(&html[comment_length(html)..], "<i>", "{html}");
        }
    }
}
