//! One linear pass over a whole page before a parser of HTML sees it.
//!
//! [`crate::clean::scan`] does this for bodies of feeds, of which little is kept; a page keeps its
//! elements and classes, because they tell the article from the rest. What holds nothing for
//! readers goes with its content (scripts but those of JSON-LD, styles, drawings, forms' lists,
//! comments). Of what stays, the stack of open elements is followed as the parser will keep it
//! (WHATWG, section 13.2.6), so that nothing nests deeper than the extraction can bear.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::kinds::{is_formatting, is_formula, is_nothing, is_scope, is_special, is_void};
use super::words::TooMuch;
use crate::clean::scan::{MAX_ATTRIBUTES, MAX_BYTES};
use crate::clean::tokens::{self, Markup, Name, Tag};

/// The largest page, in bytes, with all its scripts.
pub const MAX_PAGE: usize = 16 << 20;
/// How many elements may be open at once, those that would be opened again included.
pub const MAX_DEPTH: usize = 256;
/// How many tags a page may hold.
pub const MAX_TAGS: usize = 50_000;
/// How many elements: at most so many of its tags may begin one.
pub const MAX_ELEMENTS: usize = 30_000;
/// How many character references a page may hold.
pub const MAX_REFERENCES: usize = 40_000;
/// How many open elements the tags of a page may meet, together: at many tags the parser, and the
/// extraction, look through all that are open. Of 155 pages of newspapers and blogs, of up to 19,000
/// tags, the worst meets 172,000.
pub const MAX_MET: usize = 2_000_000;
/// How often blocks may open formatting elements again.
pub const MAX_REOPENED: usize = 60_000;
/// How many stray `<` a page may hold; the parser keeps each as a text of its own.
const MAX_STRAY: usize = 20_000;

/// What of `html` the extraction is to see.
///
/// # Errors
/// Which limit the page is beyond.
pub fn scan(html: &str) -> Result<String, TooMuch> {
    if html.len() > MAX_PAGE {
        return Err(TooMuch::Bytes);
    }
    let mut scan = Scan {
        html,
        at: 0,
        out: String::with_capacity(html.len().min(MAX_BYTES) / 2),
        open: Vec::new(),
        active: Vec::new(),
        tags: 0,
        elements: 0,
        stray: 0,
        met: 0,
        reopened: 0,
    };
    scan.out.push_str("<!DOCTYPE html>");
    while let Some(next) = html[scan.at..].find('<') {
        scan.text(scan.at + next)?;
        scan.markup()?;
    }
    scan.text(html.len())?;
    if scan.out.bytes().filter(|&byte| byte == b'&').count() > MAX_REFERENCES {
        return Err(TooMuch::References);
    }
    Ok(scan.out)
}

struct Scan<'a> {
    html: &'a str,
    at: usize,
    out: String,
    open: Vec<Name>,
    /// Formatting elements that were opened and not closed: blocks that follow open them again.
    active: Vec<(Name, u64)>,
    tags: usize,
    elements: usize,
    stray: usize,
    met: usize,
    reopened: usize,
}

impl<'a> Scan<'a> {
    /// Keeps what stands before `end`.
    fn text(&mut self, end: usize) -> Result<(), TooMuch> {
        self.out.push_str(&self.html[self.at..end]);
        self.at = end;
        if self.out.len() > MAX_BYTES { Err(TooMuch::Bytes) } else { Ok(()) }
    }

    fn markup(&mut self) -> Result<(), TooMuch> {
        let rest = &self.html[self.at..];
        match Markup::at(rest) {
            Markup::Start => self.start_tag(rest),
            Markup::End => self.end_tag(rest),
            Markup::Comment(length) => {
                self.at += length;
                Ok(())
            }
            Markup::Text => {
                self.stray += 1;
                self.out.push_str("&lt;");
                self.at += 1;
                if self.stray > MAX_STRAY { Err(TooMuch::Tags) } else { Ok(()) }
            }
        }
    }

    fn start_tag(&mut self, rest: &'a str) -> Result<(), TooMuch> {
        let tag = Tag::read(&rest[1..]);
        self.element()?;
        let whole = &rest[..=tag.length.min(rest.len() - 1)];
        let name = Name::new(tag.name);
        let after = &rest[whole.len()..];
        self.at += whole.len();
        let text = |name: &str| {
            let end = tokens::end_of_content(after, name).unwrap_or(after.len());
            (&after[..end], end)
        };
        match name.as_str() {
            "script" => {
                let (content, length) = text("script");
                self.at += length;
                if whole.contains("ld+json") && length < MAX_BYTES / 4 {
                    self.count(&tag)?;
                    self.out.push_str(whole);
                    self.out.push_str(content);
                }
                Ok(())
            }
            "noscript" => {
                let (content, length) = text("noscript");
                self.at += length;
                self.picture(content)
            }
            "title" => {
                let (content, length) = text("title");
                self.at += length;
                self.count(&tag)?;
                self.out.push_str(whole);
                self.out.push_str(content);
                Ok(())
            }
            name if is_nothing(name) => {
                if !tag.is_closed || name != "svg" {
                    self.at += text(name).1;
                }
                Ok(())
            }
            // Of a formula the sanitiser keeps nothing; its text is better than that.
            name if is_formula(name) => {
                self.out.push(' ');
                self.count(&tag)
            }
            "plaintext" | "frameset" | "frame" => Ok(()),
            known => {
                self.count(&tag)?;
                self.out.push_str(whole);
                self.push(known, name, whole)
            }
        }
    }

    /// Of what browsers without scripts would see, the picture is of use: the one for the others is
    /// often put there by a script.
    fn picture(&mut self, content: &str) -> Result<(), TooMuch> {
        let Some(at) = content.find("<img") else { return Ok(()) };
        let tag = Tag::read(&content[at + 1..]);
        self.count(&tag)?;
        let end = (at + 1 + tag.length).min(content.len());
        self.out.push_str("<noscript>");
        self.out.push_str(&content[at..end]);
        self.out.push_str("</noscript>");
        Ok(())
    }

    fn end_tag(&mut self, rest: &'a str) -> Result<(), TooMuch> {
        let tag = Tag::read(&rest[2..]);
        self.at += (2 + tag.length).min(rest.len());
        let name = Name::new(tag.name);
        match name.as_str() {
            "" => return Ok(()),
            formula if is_formula(formula) => {
                self.out.push(' ');
                return Ok(());
            }
            gone if is_nothing(gone) || matches!(gone, "script" | "noscript" | "title") => {
                return Ok(());
            }
            _ => {}
        }
        self.count(&tag)?;
        self.out.push_str("</");
        self.out.push_str(name.as_str());
        self.out.push('>');
        if name.as_str() == "br" || name.as_str() == "p" && self.paragraph().is_none() {
            // The parser makes elements of these.
            self.element()?;
        }
        self.pop(name);
        self.reopen(name.as_str())
    }

    fn element(&mut self) -> Result<(), TooMuch> {
        self.elements += 1;
        if self.elements > MAX_ELEMENTS { Err(TooMuch::Tags) } else { Ok(()) }
    }

    fn count(&mut self, tag: &Tag<'_>) -> Result<(), TooMuch> {
        self.tags += 1;
        self.met += self.open.len() + self.active.len();
        if tag.attributes > MAX_ATTRIBUTES {
            return Err(TooMuch::Attributes);
        }
        if self.met > MAX_MET {
            return Err(TooMuch::Depth);
        }
        if self.tags > MAX_TAGS { Err(TooMuch::Tags) } else { Ok(()) }
    }

    fn push(&mut self, known: &str, name: Name, whole: &str) -> Result<(), TooMuch> {
        if is_void(known) {
            return Ok(());
        }
        match known {
            "li" => self.close_item(&["li"]),
            "dd" | "dt" => self.close_item(&["dd", "dt"]),
            "tr" | "td" | "th" | "thead" | "tbody" | "tfoot" | "caption" | "colgroup" => {
                let Some(table) = self.find("table", |_| false) else { return Ok(()) };
                self.open.truncate(table + 1);
            }
            "html" | "body" | "head" => return Ok(()),
            "form" if self.find("form", |_| false).is_some() => return Ok(()),
            "option" | "optgroup" => self.pop(Name::new("option")),
            _ => {}
        }
        if is_special(known) {
            self.close_paragraph();
        }
        self.open.push(name);
        if is_formatting(known) {
            self.activate(name, whole);
        }
        self.reopen(known)?;
        if self.open.len() + self.active.len() > MAX_DEPTH { Err(TooMuch::Depth) } else { Ok(()) }
    }

    /// Of equal formatting elements the parser opens at most three again.
    fn activate(&mut self, name: Name, whole: &str) {
        let mut hasher = DefaultHasher::new();
        whole.hash(&mut hasher);
        let one = (name, hasher.finish());
        if name.as_str() == "a" {
            self.active.retain(|(other, _)| *other != name);
        }
        if self.active.iter().filter(|other| **other == one).count() < 3 {
            self.active.push(one);
        }
    }

    /// Where blocks begin and end, what was not closed is opened again.
    fn reopen(&mut self, name: &str) -> Result<(), TooMuch> {
        if is_special(name) {
            self.reopened += self.active.len();
        }
        if self.reopened > MAX_REOPENED { Err(TooMuch::Depth) } else { Ok(()) }
    }

    /// Where the innermost `name` is open, unless something that `bars` is nearer.
    fn find(&self, name: &str, bars: impl Fn(&str) -> bool) -> Option<usize> {
        for (at, open) in self.open.iter().enumerate().rev() {
            if open.as_str() == name {
                return Some(at);
            }
            if bars(open.as_str()) {
                return None;
            }
        }
        None
    }

    /// Where a paragraph is open that a block would close.
    fn paragraph(&self) -> Option<usize> {
        self.find("p", |name| is_scope(name) || name == "button")
    }

    fn close_paragraph(&mut self) {
        if let Some(at) = self.paragraph() {
            self.open.truncate(at);
        }
    }

    fn close_item(&mut self, names: &[&str]) {
        let bars = |name: &str| is_special(name) && !matches!(name, "address" | "div" | "p");
        let found = names
            .iter()
            .filter_map(|name| self.find(name, |other| bars(other) && !names.contains(&other)));
        if let Some(at) = found.max() {
            self.open.truncate(at);
        }
    }

    fn pop(&mut self, name: Name) {
        let known = name.as_str();
        let is_formatting = is_formatting(known);
        let found = match known {
            // A cell that is open does not keep its table open.
            "table" | "tr" | "td" | "th" | "thead" | "tbody" | "tfoot" | "caption" => {
                self.find(known, |name| name == "table")
            }
            _ if is_special(known) => self.find(known, is_scope),
            _ => self.find(known, is_special),
        };
        if let Some(at) = found {
            self.open.truncate(at);
        }
        if is_formatting && let Some(at) = self.active.iter().rposition(|(other, _)| *other == name)
        {
            self.active.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(html: &str) -> String {
        let scanned = scan(html).expect("within the limits");
        scanned.strip_prefix("<!DOCTYPE html>").expect("a doctype").to_owned()
    }

    #[test]
    fn what_holds_nothing_for_readers_goes_and_the_rest_stays_as_written() {
        for (html, rest) in [
            ("<!doctype html><div class='a>b'>x</DIV>", "<div class='a>b'>x</div>"),
            ("a<script>if (a < b) '</p>'</script>b<!-- <p> -->c", "abc"),
            (
                "<script type=\"application/ld+json\">{\"a\": 1}</script>",
                "<script type=\"application/ld+json\">{\"a\": 1}</script>",
            ),
            ("a<style>p > b {}</style>b<svg><p></svg>c<select><option>d</select>e", "abce"),
            ("<title>a <b></title>", "<title>a <b></title>"),
            ("<noscript>x<img src=a>y</noscript>", "<noscript><img src=a></noscript>"),
            ("<noscript><p>x</noscript>z", "z"),
            ("1 < 2 <3", "1 &lt; 2 &lt;3"),
            ("<math><mi>a</mi><mo>≠</mo><mn>0</mn></math>", "  a  ≠  0  "),
            ("a<script>b", "a"),
        ] {
            assert_eq!(left(html), rest, "{html}");
        }
    }

    #[test]
    fn the_limits_hold() {
        let flat = |html: &str| html.repeat(MAX_TAGS / 2);
        for (name, html, expected) in [
            ("nested", "<div>".repeat(MAX_DEPTH), None),
            ("nested deeper", "<div>".repeat(MAX_DEPTH + 1), Some(TooMuch::Depth)),
            ("crossed", "<dd><li>".repeat(MAX_DEPTH), Some(TooMuch::Depth)),
            ("far down", "<div>".repeat(250) + &"<p>x</p>".repeat(2_000), None),
            (
                "much far down",
                "<div>".repeat(250) + &"<p>x</p>".repeat(9_000),
                Some(TooMuch::Depth),
            ),
            ("unclosed", "<span>x".repeat(MAX_DEPTH + 1), Some(TooMuch::Depth)),
            ("closed by the parser", "<ul><li>a<li>b<p>c<p>d</ul>".repeat(2_000), None),
            ("cells", "<table><tr><td>a<td>b<tr><td>c</table>".repeat(2_000), None),
            ("never closed bold", "<p><b>x</p>".repeat(9_000), None),
            ("flat", flat("<p>x</p>"), None),
            ("too many", flat("<p>x</p>") + "<p>", Some(TooMuch::Tags)),
            ("not closed", "<p>x".repeat(MAX_ELEMENTS), None),
            ("too many not closed", "<p>x".repeat(MAX_ELEMENTS + 1), Some(TooMuch::Tags)),
            ("never opened", "</p>x".repeat(MAX_ELEMENTS + 1), Some(TooMuch::Tags)),
            ("stray", "< ".repeat(MAX_STRAY + 1), Some(TooMuch::Tags)),
            ("attributes", format!("<p {}>", "a ".repeat(300)), Some(TooMuch::Attributes)),
            ("references", "&amp".repeat(MAX_REFERENCES + 1), Some(TooMuch::References)),
            ("large", "a".repeat(MAX_BYTES + 1), Some(TooMuch::Bytes)),
            ("scripts", format!("a<script>{}</script>", "b".repeat(MAX_BYTES)), None),
        ] {
            assert_eq!(scan(&html).err(), expected, "{name}");
        }
    }
}
