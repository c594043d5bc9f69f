//! What is wrong with a configuration, and where: every fault at once, each with its line.
//!
//! A fault says what is wrong, what is allowed and which known word is nearest, and shows the line
//! with a mark under the place. The text is plain: no colours, nothing that a log could not hold.
//! [`crate::config::findings`] collects faults while a file is read.

use std::fmt;
use std::ops::Range;

use serde::Serialize;

use crate::config::files::Sources;

/// One thing that is wrong, or merely suspicious if it is a warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The file, as the operator named it.
    pub file: String,
    /// Where in it; absent if the whole file is meant.
    pub place: Option<Place>,
    /// What is wrong: a fragment without a full stop.
    pub what: String,
    /// What would be right.
    pub allowed: Option<String>,
    /// The known word that was perhaps meant.
    pub nearest: Option<String>,
}

/// A place in a file, for people and for editors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column, in characters, from 1.
    pub column: usize,
    /// The line's text, masked where secrets stand.
    #[serde(skip)]
    pub text: String,
    /// Which characters of `text` are meant.
    #[serde(skip)]
    pub mark: Range<usize>,
}

impl Fault {
    /// A fault of a whole file.
    pub fn of_file(file: impl Into<String>, what: impl Into<String>) -> Self {
        Self { file: file.into(), place: None, what: what.into(), allowed: None, nearest: None }
    }

    /// Where and what, on one line and without quoting the file: this may be logged.
    pub fn headline(&self) -> String {
        match &self.place {
            Some(Place { line, column, .. }) => {
                format!("{}:{line}:{column}: {}", self.file, self.what)
            }
            None => format!("{}: {}", self.file, self.what),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.headline())?;
        let gutter = match &self.place {
            Some(place) => {
                let gutter = place.line.to_string().len();
                let (before, mark) = (" ".repeat(place.mark.start), "^".repeat(place.mark.len()));
                writeln!(f, "{:gutter$} |", "")?;
                writeln!(f, "{} | {}", place.line, place.text)?;
                writeln!(f, "{:gutter$} | {before}{mark}", "")?;
                gutter
            }
            None => 1,
        };
        if let Some(nearest) = &self.nearest {
            writeln!(f, "{:gutter$} = did you mean {nearest}?", "")?;
        }
        if let Some(allowed) = &self.allowed {
            writeln!(f, "{:gutter$} = allowed: {allowed}", "")?;
        }
        Ok(())
    }
}

/// Everything that is wrong with a configuration: at least one fault.
#[derive(Debug, Clone, PartialEq)]
pub struct Faults {
    /// The faults, in the order of their places.
    pub faults: Vec<Fault>,
    /// What was suspicious besides.
    pub warnings: Vec<Fault>,
    /// What was read, so that a service can notice when it changes.
    pub sources: Sources,
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// What a reader of a value complains about; its caller knows the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub allowed: Option<String>,
    /// The known word that was perhaps meant.
    pub nearest: Option<String>,
}

impl Wrong {
    /// Something wrong with no advice.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), allowed: None, nearest: None }
    }

    /// The same with what would be right.
    pub fn allowed(self, allowed: impl Into<String>) -> Self {
        Self { allowed: Some(allowed.into()), ..self }
    }

    /// The same with the nearest of `known` to `word`, if one is near.
    pub fn nearest<'a>(self, word: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let nearest = nearest(word, known).map(|known| format!("`{known}`"));
        Self { nearest, ..self }
    }
}

/// The one of `known` that `word` was probably meant to be: at most a third of it mistyped.
fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase().replace('-', "_");
    let tolerance = (word.chars().count() / 3).clamp(1, 4);
    known
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(&word, &known.replace('-', "_")), known))
        .filter(|(distance, _)| *distance <= tolerance)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_a_typing_error_away() {
        const KNOWN: [&str; 3] = ["min_interval", "max_interval", "timeout"];
        for (word, near) in [
            ("min_intervall", Some("min_interval")),
            ("max-interval", Some("max_interval")),
            ("Timeout", Some("timeout")),
            ("tiemout", Some("timeout")),
            ("proxy", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, KNOWN), near, "{word}");
        }
    }
}
