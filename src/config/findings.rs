//! What is found wrong while one file is read, and the lines in which it stands.
//!
//! Readers note faults by their place in the text, in bytes, and go on. Values that may be secrets
//! are noted too, and masked wherever a line is shown.

use std::cell::RefCell;
use std::ops::Range;

use crate::config::fault::{Fault, Place, Wrong};
use crate::model::text::{HeaderText, is_harmless};

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
            // Keys and messages may hold what no terminal should get.
            what: HeaderText::new(&finding.wrong.what).as_str().to_owned(),
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
}
