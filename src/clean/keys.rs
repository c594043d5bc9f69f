//! A line as it is compared with tables of phrases: in lower case, with straight apostrophes, without
//! what stands around its words.
//!
//! Lines that nobody judges, because they are long, code or a rule, have an empty key.

use super::blocks::{Line, Place};

/// The longest line that is judged, in bytes.
const LONGEST: usize = 400;

/// A line as it is compared.
#[derive(Debug, Default)]
pub struct Key {
    /// Its words, with what stands between them.
    pub text: String,
    /// Whether it ends in a colon.
    pub announces: bool,
    /// Whether it begins with a quotation mark: what somebody said asks nothing of the reader.
    pub is_quoted: bool,
}

impl Key {
    /// The key of a line.
    pub fn of(line: &Line<'_>) -> Self {
        if line.text.len() > LONGEST || matches!(line.place, Place::Code | Place::Rule) {
            return Self::default();
        }
        let mut text = String::with_capacity(line.text.len());
        let mut rest = &*line.text;
        let mut parts = false;
        while let Some(c) = rest.chars().next() {
            let run = rest.bytes().take_while(u8::is_ascii).count();
            let (piece, after) = rest.split_at(run.max(c.len_utf8()));
            rest = after;
            let word = piece.trim();
            parts |= piece.starts_with(char::is_whitespace);
            if word.is_empty() {
                continue;
            }
            if parts && !text.is_empty() {
                text.push(' ');
            }
            match c {
                '’' | 'ʼ' | '‘' => text.push('\''),
                _ if c.is_ascii() => {
                    text.push_str(word);
                    let start = text.len() - word.len();
                    text[start..].make_ascii_lowercase();
                }
                _ => text.extend(c.to_lowercase()),
            }
            parts = piece.ends_with(char::is_whitespace);
        }
        let is_around = |c: char| !c.is_alphanumeric();
        text.truncate(text.trim_end_matches(is_around).len());
        text.drain(..text.len() - text.trim_start_matches(is_around).len());
        Self {
            text,
            announces: line.text.trim_end().ends_with(':'),
            is_quoted: line.text.starts_with(['«', '“', '"', '„', '‘']),
        }
    }

    /// Its words.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
    }
}
