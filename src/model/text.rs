//! What may leave: text whose type says where it is safe.
//!
//! A function that renders takes one of these and never a raw string, so nothing of a stranger's
//! can reach a mail, a page or a terminal uncleaned (promise I7). The makers are `clean::*`; the
//! store may give back what it kept.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Which version of the cleaner made a stored body. Bodies of an older one are cleaned again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CleanerVersion(pub u32);

/// The version of the cleaning rules in this program: raised with every change of what they let
/// through.
pub const CLEANER: CleanerVersion = CleanerVersion(2);

/// HTML that was sanitised: safe as the content of a `<div>` in a page, a mail or a feed.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct SafeHtml(String);

impl SafeHtml {
    /// Only for `clean::sanitise`: states that `html` is the cleaner's output.
    pub fn cleaned(html: String) -> Self {
        Self(html)
    }

    /// Only for the store: gives back a body kept earlier, or nothing if an older cleaner made it.
    pub fn stored(html: String, made_by: CleanerVersion) -> Option<Self> {
        (made_by == CLEANER).then_some(Self(html))
    }

    /// The markup.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }
}

impl fmt::Debug for SafeHtml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SafeHtml({} bytes)", self.0.len())
    }
}

/// Text without markup or control characters (line feeds apart): it must still be escaped for the
/// place where it is written, as any text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct PlainText(String);

impl PlainText {
    /// Keeps `text` without what no reader should get: controls (line feeds apart), bidirectional
    /// overrides, zero-width and private characters that XML 1.0 forbids.
    pub fn new(text: &str) -> Self {
        if text.chars().all(is_harmless) {
            return Self(text.to_owned());
        }
        Self(text.chars().filter(|&c| is_harmless(c)).collect())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }

    /// The same on one line: runs of white space become one space. No-break spaces stay, French
    /// typography needs them.
    pub fn one_line(&self) -> HeaderText {
        HeaderText::new(&self.0)
    }
}

impl Serialize for PlainText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PlainText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::new(&text))
    }
}

impl fmt::Display for PlainText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Text on one line: for a mail header, a table cell, a log field.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct HeaderText(String);

impl HeaderText {
    /// Keeps what is harmless of `text`, on one line.
    pub fn new(text: &str) -> Self {
        let spaced: String = text
            .chars()
            .map(|c| if is_breaking_space(c) { ' ' } else { c })
            .filter(|&c| is_harmless(c))
            .collect();
        let mut line = String::with_capacity(spaced.len());
        for word in spaced.split(' ').filter(|word| !word.is_empty()) {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        Self(line)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HeaderText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_breaking_space(c: char) -> bool {
    c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{202f}' | '\u{2007}')
}

/// Whether `c` may be shown: no control but the line feed, no bidirectional override or isolate, no
/// zero-width space or mark, no character that XML 1.0 forbids. The zero-width joiner and
/// non-joiner stay: Persian, Indic scripts and emoji need them.
pub fn is_harmless(c: char) -> bool {
    match c {
        '\n' => true,
        _ if c.is_control() => false,
        '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => false,
        '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' => false,
        '\u{fffe}' | '\u{ffff}' => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_and_overrides_are_dropped_and_french_spaces_kept() {
        let text = PlainText::new("a\u{1b}[2J\0b\u{202e}c\u{92}d\u{200b} «\u{a0}e\u{202f}!\u{a0}»");
        assert_eq!(text.as_str(), "a[2Jbcd «\u{a0}e\u{202f}!\u{a0}»");
    }

    #[test]
    fn a_header_is_one_line() {
        let line = HeaderText::new("Bonjour\r\nBcc: x@y.fr\t\u{2028} fin ");
        assert_eq!(line.as_str(), "Bonjour Bcc: x@y.fr fin");
    }

    #[test]
    fn a_body_of_an_older_cleaner_is_not_given_back() {
        assert_eq!(SafeHtml::stored("<b>x</b>".into(), CleanerVersion(0)), None);
        assert!(SafeHtml::stored("<b>x</b>".into(), CLEANER).is_some());
    }
}
