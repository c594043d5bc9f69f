//! One linear pass over a stranger's HTML before any parser of HTML sees it.
//!
//! Parsers of HTML are quadratic where they are fed right: 50 kB of nested `<div>` cost one of them
//! fifteen seconds. So this pass counts, as a tokenizer of HTML would (WHATWG, section 13.2.5), and
//! refuses what is beyond the limits. On the way it leaves only tags that the sanitiser keeps:
//! elements that hold no text for readers go with their content, other blocks become `div`, and the
//! tags of everything else go. No element with a content model of its own remains, so what is
//! counted here is what the parser will meet. It does not make HTML safe; that is ammonia's work.

use std::borrow::Cow;

use super::room::Weights;
use super::tokens::{self, Markup, Name, Tag};
use crate::model::removed::{Removed, RemovedKind};

/// The largest body, in bytes.
pub const MAX_BYTES: usize = 2_000_000;
/// How many elements may be open at once.
pub const MAX_DEPTH: usize = 512;
/// How many attributes one tag may carry.
pub const MAX_ATTRIBUTES: usize = 256;
/// How many tags a body may hold.
pub const MAX_TAGS: usize = 100_000;
/// How many character references and stray `<` a body may hold.
pub const MAX_REFERENCES: usize = 250_000;
/// How often a formatting element may have to be opened again in the blocks that follow it, or an
/// open element be passed on the way out of a table.
pub const MAX_REOPENED: usize = 1_000_000;

/// The body is beyond a limit: it can only be passed on as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beyond;

/// What remains of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned<'a> {
    /// The HTML.
    pub html: Cow<'a, str>,
    /// Whether every element is closed inside the one it was opened in, as far as a tokenizer can
    /// tell.
    pub is_nested: bool,
    /// What was taken out, counted.
    pub removed: Removed,
    /// What cleaning it is going to cost.
    pub weights: Weights,
}

/// What remains of `html`, within the limits.
pub fn scan(html: &str) -> Result<Scanned<'_>, Beyond> {
    let references = html.bytes().filter(|&byte| byte == b'&').count();
    if html.len() > MAX_BYTES || references > MAX_REFERENCES {
        return Err(Beyond);
    }
    let mut scan = Scan {
        html,
        at: 0,
        weights: Weights { bytes: html.len(), stray: references, ..Weights::default() },
        reopened: 0,
        open: Vec::new(),
        edits: Vec::new(),
        is_nested: true,
        removed: Removed::default(),
    };
    while let Some(next) = html[scan.at..].find('<') {
        if scan.is_between_cells() {
            scan.is_nested &= html[scan.at..scan.at + next].trim_ascii().is_empty();
        }
        scan.at += next;
        scan.markup()?;
    }
    if scan.weights.tags == 0 {
        // Text without markup: its lines become such.
        scan.weights.tags = html.bytes().filter(|&byte| byte == b'\n').count();
        if scan.weights.tags > MAX_TAGS {
            return Err(Beyond);
        }
    }
    let is_nested = scan.is_nested && scan.open.is_empty();
    let removed = std::mem::take(&mut scan.removed);
    let weights = scan.weights;
    Ok(Scanned { html: scan.edited(), is_nested, removed, weights })
}

/// What becomes of the tags of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Stays. Formatting elements are opened again by the parser in blocks that cross them.
    Stay { formatting: bool },
    /// Stays, and cannot nest: it holds nothing, or the parser closes it by itself.
    Flat,
    /// Stays under another name.
    Become(&'static str),
    /// Its tags go, its content stays.
    Unwrap,
    /// It goes with its content.
    Gone,
}

fn fate(name: &str) -> Fate {
    match name {
        "b" | "strong" | "i" | "em" | "u" | "s" | "code" | "small" | "a" => {
            Fate::Stay { formatting: true }
        }
        "pre" | "blockquote" | "ul" | "ol" | "dl" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6"
        | "table" | "sub" | "sup" | "del" | "ins" | "abbr" | "figure" | "figcaption" | "div"
        | "q" | "cite" | "kbd" | "samp" | "var" | "mark" | "caption" => {
            Fate::Stay { formatting: false }
        }
        "p" | "br" | "hr" | "img" | "li" | "dt" | "dd" | "thead" | "tbody" | "tfoot" | "tr"
        | "td" | "th" => Fate::Flat,
        "address" | "article" | "aside" | "center" | "details" | "dir" | "fieldset" | "footer"
        | "form" | "header" | "hgroup" | "legend" | "main" | "menu" | "nav" | "section"
        | "summary" => Fate::Become("div"),
        "strike" => Fate::Become("s"),
        "tt" => Fate::Become("code"),
        "acronym" => Fate::Become("abbr"),
        "script" | "style" | "iframe" | "svg" | "math" | "xmp" | "noembed" | "noframes"
        | "object" | "applet" | "audio" | "video" | "canvas" | "select" | "datalist" | "title"
        | "template" => Fate::Gone,
        _ => Fate::Unwrap,
    }
}

/// What an element is counted as that does not pass.
fn kind(name: &str) -> Option<RemovedKind> {
    match name {
        "script" => Some(RemovedKind::Script),
        "style" => Some(RemovedKind::Style),
        "iframe" | "frame" | "object" | "embed" | "applet" | "audio" | "video" | "canvas" => {
            Some(RemovedKind::Embedded)
        }
        "svg" | "math" => Some(RemovedKind::Drawing),
        "form" | "input" | "select" | "textarea" | "button" => Some(RemovedKind::Form),
        _ => None,
    }
}

/// Whether a tag holds `javascript:` or the like, undisguised.
fn has_script_address(tag: &str) -> bool {
    const END: &[u8] = b"script";
    let bytes = tag.as_bytes();
    let colons = tag.match_indices(':').map(|(at, _)| at).filter(|&at| at >= END.len());
    colons.into_iter().any(|at| bytes[at - END.len()..at].eq_ignore_ascii_case(END))
}

struct Scan<'a> {
    html: &'a str,
    at: usize,
    weights: Weights,
    reopened: usize,
    open: Vec<Open>,
    edits: Vec<Edit>,
    is_nested: bool,
    removed: Removed,
}

struct Open {
    name: Name,
    formatting: bool,
    /// How many flat elements are open directly inside.
    flats: usize,
    /// Of a table: whether one of its cells is open.
    in_cell: bool,
}

/// Bytes to be replaced.
struct Edit {
    from: usize,
    to: usize,
    by: Cow<'static, str>,
}

impl<'a> Scan<'a> {
    /// Reads what stands at a `<`.
    fn markup(&mut self) -> Result<(), Beyond> {
        let rest = &self.html[self.at..];
        match Markup::at(rest) {
            Markup::Start => self.start_tag(rest),
            Markup::End => self.end_tag(rest),
            Markup::Comment(length) => {
                self.at += length;
                Ok(())
            }
            Markup::Text => {
                self.at += 1;
                self.weights.stray += 1;
                if self.weights.stray > MAX_REFERENCES { Err(Beyond) } else { Ok(()) }
            }
        }
    }

    fn start_tag(&mut self, rest: &'a str) -> Result<(), Beyond> {
        let tag = Tag::read(&rest[1..]);
        let (from, to) = (self.at, self.at + 1 + tag.length);
        self.count(&tag)?;
        self.at = to;
        let name = Name::new(tag.name);
        let name = name.as_str();
        self.tell(name, &tag, &rest[..to - from]);
        match fate(name) {
            Fate::Flat if tag.is_closed && !matches!(name, "br" | "hr" | "img") => {
                self.close_here(to, name);
            }
            Fate::Flat => {
                self.reopened += self.open.iter().filter(|open| open.formatting).count();
                self.cell(name, true);
                if let Some(open) = self.open.last_mut() {
                    open.flats += usize::from(!matches!(name, "br" | "hr" | "img"));
                }
            }
            Fate::Stay { .. } if tag.is_closed => self.close_here(to, name),
            Fate::Stay { formatting } => {
                self.is_nested &= name == "caption" || !self.is_between_cells();
                self.push(name, formatting)?;
            }
            Fate::Become(other) => {
                self.edit(from + 1, from + 1 + tag.name.len(), other);
                self.is_nested &= !self.is_between_cells();
                self.push(other, other != "div")?;
            }
            Fate::Unwrap => self.edit(from, to, ""),
            Fate::Gone if tag.is_closed => self.edit(from, to, ""),
            Fate::Gone => {
                let after = &self.html[to..];
                self.at = to + tokens::end_of_content(after, name).unwrap_or(after.len());
                self.edit(from, self.at, "");
            }
        }
        if self.is_between_cells() {
            self.reopened += self.open.len();
        }
        if self.reopened > MAX_REOPENED { Err(Beyond) } else { Ok(()) }
    }

    /// Counts what a tag holds that will not pass.
    fn tell(&mut self, name: &str, tag: &Tag<'_>, whole: &str) {
        if let Some(kind) = kind(name) {
            self.removed.add(kind);
        }
        if tag.handlers > 0 {
            self.removed.add(RemovedKind::Handler);
        }
        if tag.attributes > 0 && has_script_address(whole) {
            self.removed.add(RemovedKind::Script);
        }
    }

    fn end_tag(&mut self, rest: &'a str) -> Result<(), Beyond> {
        let tag = Tag::read(&rest[2..]);
        let (from, to) = (self.at, self.at + 2 + tag.length);
        self.count(&tag)?;
        self.at = to;
        let name = Name::new(tag.name);
        let name = name.as_str();
        match fate(name) {
            // A serialiser that knows no empty elements writes <br></br>, which HTML reads as two.
            Fate::Flat if matches!(name, "br" | "hr" | "img") => {
                let is_pair = self.html[..from].ends_with('>');
                self.edit(from, to, if is_pair || name != "br" { "" } else { "<br>" });
            }
            Fate::Flat => {
                self.cell(name, false);
                if let Some(open) = self.open.last_mut() {
                    open.flats = open.flats.saturating_sub(1);
                }
            }
            Fate::Stay { .. } => self.pop(name),
            Fate::Become(other) => {
                self.edit(from + 2, from + 2 + tag.name.len(), other);
                self.pop(other);
            }
            Fate::Unwrap | Fate::Gone => self.edit(from, to, ""),
        }
        Ok(())
    }

    fn count(&mut self, tag: &Tag<'_>) -> Result<(), Beyond> {
        self.weights.tags += 1;
        self.weights.met += self.open.len();
        if self.weights.tags > MAX_TAGS || tag.attributes > MAX_ATTRIBUTES {
            Err(Beyond)
        } else {
            Ok(())
        }
    }

    fn push(&mut self, name: &str, formatting: bool) -> Result<(), Beyond> {
        self.reopened += self.open.iter().filter(|open| open.formatting).count();
        self.open.push(Open { name: Name::new(name), formatting, flats: 0, in_cell: false });
        if self.open.len() > MAX_DEPTH { Err(Beyond) } else { Ok(()) }
    }

    /// An end tag closes the innermost element or, for all we can be sure of, nothing: the parser
    /// ignores some that cross others. So the count is never below the parser's.
    fn pop(&mut self, name: &str) {
        match self.open.pop_if(|open| open.name.as_str() == name) {
            Some(open) => self.is_nested &= !open.formatting || open.flats == 0,
            None => self.is_nested = false,
        }
    }

    /// Whether what stands here would be put before the table it stands in.
    fn is_between_cells(&self) -> bool {
        self.open.last().is_some_and(|open| open.name.as_str() == "table" && !open.in_cell)
    }

    /// A flat element begins or ends: a cell opens or closes, or something else stands in a table.
    fn cell(&mut self, name: &str, begins: bool) {
        let is_cell = matches!(name, "td" | "th");
        let is_row = matches!(name, "tr" | "thead" | "tbody" | "tfoot");
        self.is_nested &= is_cell || is_row || !self.is_between_cells();
        if let Some(open) = self.open.last_mut().filter(|_| is_cell || is_row) {
            open.in_cell = is_cell && begins;
            // Outside of a table the parser knows no cells.
            self.is_nested &= open.name.as_str() == "table";
        } else if is_cell || is_row {
            self.is_nested = false;
        }
    }

    /// XHTML's `<td/>` is open in HTML; its writer meant it closed.
    fn close_here(&mut self, at: usize, name: &str) {
        self.edit(at, at, format!("</{name}>"));
    }

    fn edit(&mut self, from: usize, to: usize, by: impl Into<Cow<'static, str>>) {
        self.edits.push(Edit { from, to, by: by.into() });
    }

    /// Replaces what is to be replaced. Where a removal would let two characters meet that make
    /// markup of each other, a blank stands between.
    fn edited(self) -> Cow<'a, str> {
        if self.edits.is_empty() {
            return Cow::Borrowed(self.html);
        }
        let mut out = String::with_capacity(self.html.len() + 16 * self.edits.len());
        let mut from = 0;
        for edit in &self.edits {
            out.push_str(&self.html[from..edit.from]);
            if edit.by.is_empty() && out.ends_with(['<', '/', '!', '&', '-', '?']) {
                out.push(' ');
            }
            out.push_str(&edit.by);
            from = edit.to;
        }
        out.push_str(&self.html[from..]);
        Cow::Owned(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(html: &str) -> String {
        scan(html).expect("within the limits").html.into_owned()
    }

    #[test]
    fn what_the_sanitiser_keeps_is_not_touched() {
        let html =
            "<p lang=fr>a <b>b</b> <a href='x>y'>c</a><br/><img src=\"u/\"> 1 < 2 <!-- c --></p>";
        let scanned = scan(html).expect("within the limits");
        assert!(matches!(scanned.html, Cow::Borrowed(_)) && scanned.is_nested);
    }

    #[test]
    fn elements_that_hold_nothing_for_readers_go_with_their_content() {
        for (html, rest) in [
            ("a<script>if (a < b) alert('</p>')</script>b", "ab"),
            ("a<STYLE\n>p > b {}</sTyLe\t>b", "ab"),
            ("a<svg viewBox='0 0 1 1'><title>x</title><path d='m0'/></svg>b", "ab"),
            ("a<iframe src='x'/>b", "ab"),
            ("a<script>b", "a"),
            ("x <<script>1</script>b>y</b>", "x < b>y</b>"),
            ("<noscript><img src=a></noscript>", "<img src=a>"),
            ("<o:p>a</o:p><span class='x'>b</span>", "ab"),
        ] {
            assert_eq!(left(html), rest, "{html}");
        }
    }

    #[test]
    fn other_blocks_become_plain_ones() {
        assert_eq!(
            left("<Section id=a>x</section><center>y</center>"),
            "<div id=a>x</div><div>y</div>"
        );
        assert_eq!(left("<strike>x</strike>"), "<s>x</s>");
    }

    #[test]
    fn what_xhtml_closes_in_itself_is_closed() {
        assert_eq!(left("<a name='x'/>y<td/><br/>"), "<a name='x'/></a>y<td/></td><br/>");
        assert_eq!(left("a<br></br>b</br>c"), "a<br>b<br>c");
        assert_eq!(left("<a href=http://x/>y</a>"), "<a href=http://x/>y</a>");
    }

    #[test]
    fn the_limits_hold() {
        for (html, is_within) in [
            ("<div>".repeat(MAX_DEPTH), true),
            ("<div>".repeat(MAX_DEPTH + 1), false),
            ("<div></x><!-- </div> --><i title='</div>'>".repeat(MAX_DEPTH), false),
            ("<div><table></div></table>".repeat(MAX_DEPTH), false),
            ("<section><svg></section></svg>".repeat(MAX_DEPTH + 1), false),
            ("<p>x".repeat(MAX_TAGS), true),
            ("<p>x".repeat(MAX_TAGS + 1), false),
            (format!("<p {}>", "a=1 ".repeat(MAX_ATTRIBUTES)), true),
            (format!("<p {}>", "a ".repeat(MAX_ATTRIBUTES + 1)), false),
            ("a".repeat(MAX_BYTES + 1), false),
            ("&amp".repeat(MAX_REFERENCES + 1), false),
            ("< ".repeat(MAX_REFERENCES), true),
            ("< ".repeat(MAX_REFERENCES + 1), false),
            ("<table>x".repeat(400) + &"<p>".repeat(9_000), false),
            (
                (0..400).map(|n| format!("<b id={n}>")).collect::<String>() + &"<p>".repeat(9_000),
                false,
            ),
        ] {
            assert_eq!(scan(&html).is_ok(), is_within, "{}", &html[..40.min(html.len())]);
        }
    }
}
