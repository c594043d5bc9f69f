//! A cleaned body as lines: what stands between two ends of blocks, or between two breaks. Rules
//! about what is no part of the text judge lines; here they are found, and left out.
//!
//! Works on the sanitiser's output, which is well nested, and leaves it so: an element goes when all
//! of its lines go, of a line inside an element only what is opened and closed within it. Two texts
//! that a removed block parted stay parted.

use std::borrow::Cow;

use super::entities;
use super::markup::{self, Piece};
use super::seams;

/// As many lines, elements and open elements as most bodies have: there is room for them at once.
const FEW: usize = 16;

/// Where a line stands, by the innermost element that tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In running text.
    Prose,
    /// It is a heading.
    Heading,
    /// It is the caption of a figure or a table.
    Caption,
    /// It is an item of a list.
    Item,
    /// It stands in a cell of a table.
    Cell,
    /// It is preformatted.
    Code,
    /// It is a rule across the page.
    Rule,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its text, decoded; runs of blanks are one blank, no-break spaces stay inside.
    pub text: Cow<'a, str>,
    /// How many bytes of the text are those of links.
    pub linked: usize,
    /// The address of its first picture, as written.
    pub picture: Option<&'a str>,
    /// Where it stands.
    pub place: Place,
    from: usize,
    to: usize,
    parent: Option<usize>,
    /// The breaks right before it.
    breaks: Vec<(usize, usize)>,
}

impl Line<'_> {
    /// Whether all of its text leads somewhere.
    pub fn is_link(&self) -> bool {
        !self.text.is_empty() && self.linked * 10 >= self.text.len() * 9
    }
}

/// An element that goes when all of its lines go.
#[derive(Debug, Clone, Copy)]
struct Element {
    from: usize,
    to: usize,
    parent: Option<usize>,
    /// Whether all it stands in are blocks that hold blocks, and nothing else.
    is_plain: bool,
}

/// A body as lines.
#[derive(Debug)]
pub struct Blocks<'a> {
    html: &'a str,
    elements: Vec<Element>,
    /// Its lines, in order; none is without text, picture or rule.
    pub lines: Vec<Line<'a>>,
}

/// The lines of `html`.
pub fn read(html: &str) -> Blocks<'_> {
    let mut reader = Reader {
        blocks: Blocks { html, elements: Vec::with_capacity(FEW), lines: Vec::with_capacity(FEW) },
        open: Vec::with_capacity(FEW),
        links: 0,
        inline: 0,
        line: Started::at(0),
        breaks: Vec::new(),
    };
    let mut at = 0;
    for piece in markup::pieces(html) {
        at = reader.take(piece, at);
    }
    reader.end_line(html.len());
    reader.blocks
}

/// A line that has begun.
struct Started<'a> {
    from: usize,
    text: Cow<'a, str>,
    linked: usize,
    picture: Option<&'a str>,
}

impl Started<'_> {
    fn at(from: usize) -> Self {
        Self { from, text: Cow::Borrowed(""), linked: 0, picture: None }
    }
}

struct Open<'a> {
    name: &'a str,
    element: Option<usize>,
    place: Place,
    /// Whether it and all it stands in are blocks that hold blocks.
    is_plain: bool,
}

struct Reader<'a> {
    blocks: Blocks<'a>,
    open: Vec<Open<'a>>,
    links: usize,
    /// How many elements are open that are no blocks.
    inline: usize,
    line: Started<'a>,
    breaks: Vec<(usize, usize)>,
}

impl<'a> Reader<'a> {
    /// Takes the piece that begins at `at`; returns where the next one does.
    fn take(&mut self, piece: Piece<'a>, at: usize) -> usize {
        match piece {
            Piece::Text(text) => {
                self.text(text);
                at + text.len()
            }
            Piece::Open { name, attributes, whole } => {
                let end = at + whole.len();
                match name {
                    "br" => {
                        self.end_line(at);
                        self.breaks.push((at, end));
                        self.line = Started::at(end);
                    }
                    "hr" => self.rule(at, end),
                    "img" => self.picture(attributes),
                    "a" => {
                        self.links += 1;
                        self.inline += 1;
                    }
                    _ if markup::is_block(name) || markup::is_cell(name) => {
                        self.open_block(name, at, end)
                    }
                    _ => self.inline += 1,
                }
                end
            }
            Piece::Close { name, whole } => {
                let end = at + whole.len();
                if markup::is_block(name) || markup::is_cell(name) {
                    self.close_block(name, at, end);
                } else {
                    self.links -= usize::from(name == "a" && self.links > 0);
                    self.inline = self.inline.saturating_sub(1);
                }
                end
            }
        }
    }

    fn text(&mut self, text: &'a str) {
        let before = self.line.text.len();
        match entities::decode(text) {
            Cow::Borrowed(text) if before == 0 && is_spaced_singly(text.trim_ascii_start()) => {
                self.line.text = Cow::Borrowed(text.trim_ascii_start());
            }
            text => push_spaced_singly(self.line.text.to_mut(), &text),
        }
        if self.links > 0 {
            self.line.linked += self.line.text.len() - before;
        }
    }

    fn picture(&mut self, attributes: &'a str) {
        let source = markup::attributes(attributes).find(|(name, _)| *name == "src");
        self.line.picture = self.line.picture.or(source.map(|(_, value)| value));
    }

    fn place(&self) -> Place {
        self.open.last().map_or(Place::Prose, |open| open.place)
    }

    fn end_line(&mut self, to: usize) {
        let started = std::mem::replace(&mut self.line, Started::at(to));
        let text = trimmed(started.text);
        if text.is_empty() && started.picture.is_none() {
            return;
        }
        self.blocks.lines.push(Line {
            text,
            linked: started.linked,
            picture: started.picture,
            place: self.place(),
            from: started.from,
            to,
            parent: self.open.iter().rev().find_map(|open| open.element),
            breaks: std::mem::take(&mut self.breaks),
        });
    }

    fn rule(&mut self, at: usize, end: usize) {
        self.end_line(at);
        self.breaks.clear();
        self.blocks.lines.push(Line {
            text: Cow::Borrowed(""),
            linked: 0,
            picture: None,
            place: Place::Rule,
            from: at,
            to: end,
            parent: self.open.iter().rev().find_map(|open| open.element),
            breaks: Vec::new(),
        });
        self.line = Started::at(end);
    }

    fn open_block(&mut self, name: &'a str, at: usize, end: usize) {
        self.end_line(at);
        self.breaks.clear();
        let place = place_in(name, self.place());
        let is_plain = self.inline == 0 && self.open.last().is_none_or(|open| open.is_plain);
        let element = is_removable(name).then(|| {
            let parent = self.open.iter().rev().find_map(|open| open.element);
            let to = self.blocks.html.len();
            self.blocks.elements.push(Element { from: at, to, parent, is_plain });
            self.blocks.elements.len() - 1
        });
        let is_plain = is_plain && holds_blocks(name);
        self.open.push(Open { name, element, place, is_plain });
        self.line = Started::at(end);
    }

    fn close_block(&mut self, name: &str, at: usize, end: usize) {
        self.end_line(at);
        self.breaks.clear();
        if let Some(open) = self.open.pop_if(|open| open.name == name)
            && let Some(element) = open.element
        {
            self.blocks.elements[element].to = end;
        }
        self.line = Started::at(end);
    }
}

/// Whether single blanks are all there is of white space.
fn is_spaced_singly(text: &str) -> bool {
    let blank = |byte: u8| byte.is_ascii_whitespace();
    let pairs = text.as_bytes().windows(2);
    text.bytes().all(|byte| !blank(byte) || byte == b' ')
        && pairs.filter(|pair| blank(pair[0]) & blank(pair[1])).count() == 0
}

/// Adds `text`, runs of white space as one blank, none at the start of a line.
fn push_spaced_singly(line: &mut String, text: &str) {
    let mut is_blank = line.is_empty() || line.ends_with(' ');
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let was_blank = std::mem::replace(&mut is_blank, byte.is_ascii_whitespace());
        // Single blanks are copied with what stands around them; nothing else branches.
        if is_blank & (was_blank | (byte != b' ')) {
            line.push_str(&text[from..at]);
            if !was_blank {
                line.push(' ');
            }
            from = at + 1;
        }
    }
    line.push_str(&text[from..]);
}

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(mut text) => {
            text.truncate(text.trim_end().len());
            text.drain(..text.len() - text.trim_start().len());
            Cow::Owned(text)
        }
    }
}

/// Blocks in which other blocks stand side by side, so that one less leaves the others as they are.
fn holds_blocks(name: &str) -> bool {
    matches!(name, "div" | "blockquote" | "ul" | "ol" | "li" | "dl" | "dt" | "dd" | "figure")
}

/// Rows and cells stay, so that a table keeps its columns.
fn is_removable(name: &str) -> bool {
    !matches!(name, "td" | "th" | "tr" | "thead" | "tbody" | "tfoot" | "caption")
}

fn place_in(name: &str, outer: Place) -> Place {
    match (name, outer) {
        (_, Place::Code) | ("pre", _) => Place::Code,
        ("h1" | "h2" | "h3" | "h4" | "h5" | "h6", _) => Place::Heading,
        ("td" | "th", _) => Place::Cell,
        ("figcaption" | "caption", _) => Place::Caption,
        ("li", _) => Place::Item,
        _ => outer,
    }
}

/// What is left of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The body.
    pub html: String,
    /// Whether only whole blocks went that stood between blocks: a parser of HTML that is past such
    /// a block is where it was before, so it reads the rest as it did.
    pub is_read_alike: bool,
}

impl Blocks<'_> {
    /// The body without the lines for which `goes` says so.
    pub fn without(&self, goes: &[bool]) -> Left {
        let html = self.html;
        let mut writer = seams::Writer::with_capacity(html.len());
        let mut is_read_alike = true;
        let mut at = 0;
        for cut in self.cuts(goes) {
            if cut.from < at {
                continue;
            }
            is_read_alike &= cut.what == What::Element { is_plain: true };
            writer.copy(&html[at..cut.from]);
            match cut.what {
                What::Element { .. } => writer.part(),
                What::Line => writer.copy_unpaired(&html[cut.from..cut.to]),
                What::Tag => {}
            }
            at = cut.to;
        }
        writer.copy(&html[at..]);
        Left { html: writer.finish().trim_ascii().to_owned(), is_read_alike }
    }

    /// What is to be left out, in order; what stands inside another follows it.
    fn cuts(&self, goes: &[bool]) -> Vec<Cut> {
        let mut stays = vec![false; self.elements.len()];
        let mut holds = vec![false; self.elements.len()];
        for (line, goes) in self.lines.iter().zip(goes) {
            let mut element = line.parent;
            while let Some(index) = element {
                // Whoever is known to stay has ancestors that are known to.
                if stays[index] || (*goes && holds[index]) {
                    break;
                }
                holds[index] = true;
                stays[index] = !*goes;
                element = self.elements[index].parent;
            }
        }
        let gone = |(element, _): &(&Element, (&bool, &bool))| Cut {
            from: element.from,
            to: element.to,
            what: What::Element { is_plain: element.is_plain },
        };
        let elements = self.elements.iter().zip(holds.iter().zip(&stays));
        let mut cuts: Vec<Cut> = elements
            .filter(|(_, (holds, stays))| **holds && !**stays)
            .map(|it| gone(&it))
            .collect();
        for (index, line) in self.lines.iter().enumerate().filter(|(index, _)| goes[*index]) {
            let what = if line.place == Place::Rule { What::Tag } else { What::Line };
            cuts.push(Cut { from: line.from, to: line.to, what });
            let next = self.lines.get(index + 1).map_or(&[][..], |next| &next.breaks);
            let breaks = if line.breaks.is_empty() { next } else { &line.breaks };
            cuts.extend(breaks.iter().map(|&(from, to)| Cut { from, to, what: What::Tag }));
        }
        cuts.sort_by_key(|cut| (cut.from, std::cmp::Reverse(cut.to)));
        cuts
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Element { is_plain: bool },
    Line,
    Tag,
}

#[derive(Debug, Clone, Copy)]
struct Cut {
    from: usize,
    to: usize,
    what: What,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(html: &str) -> Vec<(String, Place)> {
        read(html).lines.into_iter().map(|line| (line.text.into_owned(), line.place)).collect()
    }

    #[test]
    fn lines_end_with_blocks_and_breaks() {
        let html = "a <b>b</b><br>c<p>d&nbsp; e</p><h2>f</h2><ul><li>g<p>h</p></li></ul><hr>\
                    <table><tbody><tr><td>i</td></tr></tbody></table><pre>j\nk</pre>\
                    <figure><img src=\"l\"><figcaption>m</figcaption></figure>";
        let found = texts(html);
        let expected = [
            ("a b", Place::Prose),
            ("c", Place::Prose),
            ("d\u{a0} e", Place::Prose),
            ("f", Place::Heading),
            ("g", Place::Item),
            ("h", Place::Item),
            ("", Place::Rule),
            ("i", Place::Cell),
            ("j k", Place::Code),
            ("", Place::Prose),
            ("m", Place::Caption),
        ];
        assert_eq!(found, expected.map(|(text, place)| (text.to_owned(), place)));
    }

    #[test]
    fn what_is_left_out_leaves_the_rest_well_nested_and_parted() {
        for (html, goes, left) in [
            ("<p>a</p><p>x</p>", "x", "<p>a</p>"),
            ("<div><p>x</p><p>x</p></div>b", "x", "b"),
            ("<ul><li>a</li><li>x</li></ul>", "x", "<ul><li>a</li></ul>"),
            ("<p>a<br><br>x</p>", "x", "<p>a</p>"),
            ("<p>x<br>a<br>b</p>", "x", "<p>a<br>b</p>"),
            ("<p>a<br>x<br>b</p>", "x", "<p>a<br>b</p>"),
            ("a<div>x</div>b", "x", "a<br>b"),
            ("<b>a<br>x</b><i>y</i>", "xy", "<b>a</b>"),
            ("<p><b>a<br>x</b></p>", "x", "<p><b>a</b></p>"),
            ("a<p>x</p> <p>x</p><p>b</p>", "x", "a <p>b</p>"),
            (
                "<table><tbody><tr><td>a</td><td>x</td></tr></tbody></table>",
                "x",
                "<table><tbody><tr><td>a</td><td></td></tr></tbody></table>",
            ),
            ("<p>a</p><hr>", "", "<p>a</p>"),
        ] {
            let blocks = read(html);
            let marks: Vec<bool> = blocks.lines.iter().map(|line| line.text == goes).collect();
            assert_eq!(blocks.without(&marks).html, left, "{html}");
        }
    }

    #[test]
    fn the_rest_is_read_alike_where_whole_blocks_went_from_between_blocks() {
        for (html, is_read_alike) in [
            ("<p>a</p><p>x</p>", true),
            ("<div><ul><li>a</li><li>x</li></ul></div>", true),
            ("a<div>x</div>b", true),
            ("<p>a</p><table><tbody><tr><td>x</td></tr></tbody></table>", true),
            ("<p>a</p><a href=\"u\"><div>x</div></a>", false),
            ("<b><p>a</p><p>x</p></b>", false),
            ("<table><tbody><tr><td><p>a</p><p>x</p></td></tr></tbody></table>", false),
            ("<p>a<br>x</p>", false),
            ("<p>a</p>x", false),
        ] {
            let blocks = read(html);
            let marks: Vec<bool> = blocks.lines.iter().map(|line| line.text == "x").collect();
            assert_eq!(blocks.without(&marks).is_read_alike, is_read_alike, "{html}");
        }
    }
}
