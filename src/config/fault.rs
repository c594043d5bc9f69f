//! What is wrong with a configuration, and where: every fault at once, each with its line.
//!
//! A fault says what is wrong, what is allowed and which known word is nearest, and shows the line
//! with a mark under the place. Values that may be secrets are masked in that line. The text is
//! plain: no colours, nothing that a log could not hold.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;

use serde::Serialize;

use crate::config::files::Sources;
use crate::model::text::is_harmless;

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

/// Collects what is found while one file is read.
#[derive(Debug)]
pub struct Findings<'a> {
    file: &'a str,
    text: &'a str,
    line_starts: Vec<usize>,
    found: RefCell<Vec<Finding>>,
    hidden: RefCell<Vec<Range<usize>>>,
}

#[derive(Debug)]
struct Finding {
    at: Range<usize>,
    wrong: Wrong,
    fatal: bool,
}

impl<'a> Findings<'a> {
    /// Nothing found yet in `text`, which the operator knows as `file`.
    pub fn new(file: &'a str, text: &'a str) -> Self {
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
        Self {
            file,
            text,
            line_starts: line_starts.collect(),
            found: RefCell::default(),
            hidden: RefCell::default(),
        }
    }

    /// Notes a fault at `at`, in bytes of the text.
    pub fn fault(&self, at: Range<usize>, wrong: Wrong) {
        self.found.borrow_mut().push(Finding { at, wrong, fatal: true });
    }

    /// Notes something suspicious that does not hinder.
    pub fn warning(&self, at: Range<usize>, wrong: Wrong) {
        self.found.borrow_mut().push(Finding { at, wrong, fatal: false });
    }

    /// States that what stands at `at` may be secret: it is masked wherever a line is shown.
    pub fn hide(&self, at: Range<usize>) {
        self.hidden.borrow_mut().push(at);
    }

    /// The line in which `at` begins, from 1.
    pub fn line(&self, at: &Range<usize>) -> usize {
        self.line_starts.partition_point(|start| *start <= at.start)
    }

    /// Faults and warnings, each in the order of their places.
    pub fn into_faults(self) -> (Vec<Fault>, Vec<Fault>) {
        let mut found = self.found.take();
        found.sort_by_key(|finding| finding.at.start);
        let (faults, warnings): (Vec<_>, Vec<_>) = found.into_iter().partition(|f| f.fatal);
        let place = |list: Vec<Finding>| list.into_iter().map(|f| self.placed(f)).collect();
        (place(faults), place(warnings))
    }

    fn placed(&self, finding: Finding) -> Fault {
        Fault {
            file: self.file.to_owned(),
            place: Some(self.place(&finding.at)),
            what: finding.wrong.what,
            allowed: finding.wrong.allowed,
            nearest: finding.wrong.nearest,
        }
    }

    fn place(&self, at: &Range<usize>) -> Place {
        let start = floor(self.text, at.start);
        let line_start = self.line_starts[self.line(at) - 1];
        let line = self.text[line_start..].lines().next().unwrap_or_default();
        let (text, mark) = self.excerpt(line_start, line, at);
        let column = self.text[line_start..start].chars().count() + 1;
        Place { line: self.line(at), column, text, mark }
    }

    /// The line as it may be shown, and the marked characters in it.
    fn excerpt(&self, line_start: usize, line: &str, at: &Range<usize>) -> (String, Range<usize>) {
        let line_end = line_start + line.len();
        let hidden = self.hidden.borrow();
        let hidden: Vec<_> = hidden
            .iter()
            .filter(|secret| secret.start < line_end && line_start < secret.end)
            .collect();
        let (mut shown, mut width, mut mark) = (String::new(), 0, 0..0);
        let mut masked_before = false;
        for (offset, c) in line.char_indices() {
            let index = line_start + offset;
            if index <= at.start {
                mark = width..width;
            }
            let masked = hidden.iter().any(|secret| secret.contains(&index));
            match (masked, masked_before) {
                (true, true) => {}
                (true, false) => {
                    shown.push_str(MASK);
                    width += MASK.chars().count();
                }
                (false, _) => {
                    shown.push(if is_harmless(c) { c } else { ' ' });
                    width += 1;
                }
            }
            masked_before = masked;
            if index < at.end {
                mark.end = width;
            }
        }
        if line_start + line.len() <= at.start {
            mark = width..width;
        }
        mark.end = mark.end.max(mark.start + 1);
        cut(shown, mark)
    }
}

/// Stands for a value that is not shown.
const MASK: &str = "•••";

/// The most characters of a line that are shown.
const WIDEST: usize = 120;

/// Shortens a line far wider than a terminal to a window that begins shortly before the mark.
fn cut(line: String, mark: Range<usize>) -> (String, Range<usize>) {
    if line.chars().count() <= WIDEST {
        return (line, mark);
    }
    let from = mark.start.saturating_sub(WIDEST / 3);
    let window: String = line.chars().skip(from).take(WIDEST).collect();
    let ahead = if from > 0 { "…" } else { "" };
    let behind = if from + WIDEST < line.chars().count() { "…" } else { "" };
    let start = mark.start - from + ahead.chars().count();
    let end = (start + mark.len()).min(WIDEST + 1);
    (format!("{ahead}{window}{behind}"), start..end)
}

/// The nearest character boundary at or before `index`.
fn floor(text: &str, index: usize) -> usize {
    (0..=index.min(text.len())).rev().find(|index| text.is_char_boundary(*index)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, at: Range<usize>, hide: Option<Range<usize>>) -> String {
        let findings = Findings::new("feedmill.toml", text);
        hide.into_iter().for_each(|range| findings.hide(range));
        findings.fault(at, Wrong::new("wrong"));
        findings.into_faults().0[0].to_string()
    }

    #[test]
    fn the_mark_stands_under_the_place() {
        let text = "a = 1\né = \"œuvre\"\n";
        insta::assert_snapshot!(shown(text, 11..19, None), @r#"
        feedmill.toml:2:5: wrong
          |
        2 | é = "œuvre"
          |     ^^^^^^^
        "#);
    }

    #[test]
    fn secrets_in_a_shown_line_are_masked_whatever_their_length() {
        let text = r#"headers = { "Bad Name" = "hunter2-and-more" }"#;
        insta::assert_snapshot!(shown(text, 12..22, Some(25..43)), @r#"
        feedmill.toml:1:13: wrong
          |
        1 | headers = { "Bad Name" = ••• }
          |             ^^^^^^^^^^
        "#);
        insta::assert_snapshot!(shown(text, 25..43, Some(25..43)), @r#"
        feedmill.toml:1:26: wrong
          |
        1 | headers = { "Bad Name" = ••• }
          |                          ^^^
        "#);
    }

    #[test]
    fn any_place_can_be_shown_even_past_the_end_or_inside_a_character() {
        let text = "a = \"é\"\n\u{1b}[31mred\r\nlast";
        for start in 0..=text.len() + 2 {
            for end in start..=text.len() + 3 {
                let fault = shown(text, start..end, Some(3..5));
                assert!(!fault.contains('\u{1b}') && fault.contains('^'), "{fault}");
            }
        }
    }

    #[test]
    fn a_very_long_line_is_shown_around_the_mark() {
        let text = format!("urls = [{}]", "\"https://exemple.fr/flux\", ".repeat(20));
        let fault = shown(&text, 251..276, None);
        assert!(fault.lines().all(|line| line.chars().count() < 140), "{fault}");
        assert!(fault.contains('…'));
    }

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
