//! A cleaned body as plain text, for the text part of a mail, for search, for a terminal.
//!
//! Paragraphs are parted by blank lines; items of lists bear a dash or their number; quotations
//! begin with `>`; cells of a table stand side by side. Where links lead is written after them, in
//! angle brackets (RFC 3986, appendix C), if that is wanted. No-break spaces stay what they are, and
//! never double a blank: French typography needs them.

use super::entities;
use super::markup::{self, Piece};
use crate::model::text::{PlainText, SafeHtml};

/// The text of a body, without where its links lead.
pub fn text(html: &SafeHtml) -> PlainText {
    write(html, false)
}

/// The text of a body, with where its links lead.
pub fn text_with_links(html: &SafeHtml) -> PlainText {
    write(html, true)
}

fn write(html: &SafeHtml, shows_links: bool) -> PlainText {
    let mut writer = Writer {
        out: String::with_capacity(html.as_str().len()),
        shows_links,
        gap: Gap::None,
        contexts: Vec::new(),
        links: Vec::new(),
        pre: 0,
        has_cell: false,
    };
    for piece in markup::pieces(html.as_str()) {
        writer.take(piece);
    }
    PlainText::new(writer.out.trim_end())
}

/// How many quotations and items, one inside the other, show before a line. They
/// are written before each one, and five hundred in one another would make a hundred bodies of one.
const DEEPEST: usize = 16;

/// What is written before the next text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Line,
    Paragraph,
}

/// What a line stands in.
enum Context {
    Quotation,
    Bullets,
    Numbers(u32),
    /// Its mark, and whether it is still to be written.
    Item(String, bool),
}

struct Writer<'a> {
    out: String,
    shows_links: bool,
    gap: Gap,
    contexts: Vec<Context>,
    /// Where each open link leads, and where its text begins.
    links: Vec<(Option<&'a str>, usize)>,
    pre: usize,
    /// Whether the row of a table has a cell already.
    has_cell: bool,
}

impl<'a> Writer<'a> {
    fn take(&mut self, piece: Piece<'a>) {
        match piece {
            Piece::Text(text) => self.text(&entities::decode(text)),
            Piece::Open { name, attributes, .. } => self.open(name, attributes),
            Piece::Close { name, .. } => self.close(name),
        }
    }

    fn text(&mut self, text: &str) {
        if self.pre > 0 {
            for (number, line) in text.split('\n').enumerate() {
                if number > 0 {
                    self.gap = self.gap.max(Gap::Line);
                }
                if !line.is_empty() {
                    self.begin();
                    self.out.push_str(line);
                }
            }
            return;
        }
        for c in text.chars() {
            let is_no_break = matches!(c, '\u{a0}' | '\u{202f}');
            if c.is_ascii_whitespace() || (is_no_break && self.is_fresh()) {
                if !self.is_fresh() && !self.out.ends_with([' ', '\u{a0}', '\u{202f}']) {
                    self.out.push(' ');
                }
                continue;
            }
            self.begin();
            if is_no_break && self.out.ends_with(' ') {
                self.out.pop();
            }
            self.out.push(c);
        }
    }

    /// Whether the next text begins a line.
    fn is_fresh(&self) -> bool {
        self.gap != Gap::None || self.out.is_empty()
    }

    /// Ends the line if that is due, and begins the next one as its contexts want.
    fn begin(&mut self) {
        if !self.is_fresh() {
            return;
        }
        let end = self.out.trim_end_matches([' ', '\n', '\u{a0}', '\u{202f}']).len();
        self.out.truncate(end);
        if !self.out.is_empty() {
            self.out.push_str(if self.gap == Gap::Paragraph { "\n\n" } else { "\n" });
        }
        self.gap = Gap::None;
        for context in self.contexts.iter_mut().take(DEEPEST) {
            match context {
                Context::Quotation => self.out.push_str("> "),
                Context::Bullets | Context::Numbers(_) => {}
                Context::Item(mark, is_due) => {
                    if std::mem::take(is_due) {
                        self.out.push_str(mark);
                    } else {
                        self.out.extend(std::iter::repeat_n(' ', mark.chars().count()));
                    }
                }
            }
        }
    }

    fn open(&mut self, name: &str, attributes: &'a str) {
        match name {
            "br" => self.end(Gap::Line),
            "hr" => {
                self.end(Gap::Paragraph);
                self.begin();
                self.out.push_str("* * *");
                self.end(Gap::Paragraph);
            }
            "a" => {
                let href = markup::attributes(attributes).find(|(name, _)| *name == "href");
                self.links.push((href.map(|(_, address)| address), self.out.len()));
            }
            "q" => self.text("“"),
            "ul" => self.enter(Context::Bullets),
            "ol" => {
                let start = markup::attributes(attributes).find(|(name, _)| *name == "start");
                let start = start.and_then(|(_, number)| number.parse().ok()).unwrap_or(1);
                self.enter(Context::Numbers(start));
            }
            "li" => self.item(),
            "blockquote" => {
                self.end(Gap::Paragraph);
                self.contexts.push(Context::Quotation);
            }
            "td" | "th" if self.has_cell => self.text(" | "),
            "td" | "th" => self.has_cell = true,
            "tr" => {
                self.end(Gap::Line);
                self.has_cell = false;
            }
            "pre" => {
                self.end(Gap::Paragraph);
                self.pre += 1;
            }
            _ => self.end_block(name),
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "a" => self.end_link(),
            "q" => self.text("”"),
            "ul" | "ol" => {
                self.leave(|context| matches!(context, Context::Bullets | Context::Numbers(_)));
                let gap = if self.is_in_list() { Gap::Line } else { Gap::Paragraph };
                self.end(gap);
            }
            "li" => {
                self.leave(|context| matches!(context, Context::Item(..)));
                self.end(Gap::Line);
            }
            "blockquote" => {
                self.leave(|context| matches!(context, Context::Quotation));
                self.end(Gap::Paragraph);
            }
            "pre" => {
                self.pre = self.pre.saturating_sub(1);
                self.end(Gap::Paragraph);
            }
            "td" | "th" => {}
            "tr" => {
                self.has_cell = false;
                self.end(Gap::Line);
            }
            _ => self.end_block(name),
        }
    }

    /// A block begins or ends: inside an item or a cell lines are close together.
    fn end_block(&mut self, name: &str) {
        match name {
            "thead" | "tbody" | "tfoot" | "dt" | "dd" | "caption" => self.end(Gap::Line),
            _ if self.has_cell => {}
            _ if !markup::is_block(name) => {}
            _ if self.is_in_list() => self.end(Gap::Line),
            _ => self.end(Gap::Paragraph),
        }
    }

    fn end(&mut self, gap: Gap) {
        if !self.out.is_empty() {
            self.gap = self.gap.max(gap);
        }
    }

    fn is_in_list(&self) -> bool {
        self.contexts.iter().any(|context| matches!(context, Context::Item(..)))
    }

    fn enter(&mut self, list: Context) {
        let gap = if self.is_in_list() { Gap::Line } else { Gap::Paragraph };
        self.end(gap);
        self.contexts.push(list);
    }

    fn leave(&mut self, is_it: impl Fn(&Context) -> bool) {
        if let Some(at) = self.contexts.iter().rposition(is_it) {
            self.contexts.truncate(at);
        }
    }

    fn item(&mut self) {
        self.end(Gap::Line);
        let mark = match self.contexts.last_mut() {
            Some(Context::Numbers(next)) => {
                let mark = format!("{next}. ");
                *next = next.saturating_add(1);
                mark
            }
            _ => "- ".to_owned(),
        };
        self.contexts.push(Context::Item(mark, true));
    }

    fn end_link(&mut self) {
        let Some((Some(address), from)) = self.links.pop() else { return };
        let address = entities::decode(address);
        let text = self.out.get(from..).unwrap_or_default().trim();
        let says_it = |said: &str| {
            let bare = |text: &str| {
                let text = text.trim_end_matches('/');
                text.split_once("://").map_or(text, |(_, rest)| rest).to_owned()
            };
            bare(said) == bare(address.strip_prefix("mailto:").unwrap_or(&address))
        };
        if !self.shows_links || text.is_empty() || says_it(text) {
            return;
        }
        let end = self.out.trim_end_matches(' ').len();
        self.out.truncate(end);
        self.out.push_str(" <");
        self.out.push_str(&address);
        self.out.push('>');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(html: &str) -> String {
        text(&SafeHtml::cleaned(html.to_owned())).as_str().to_owned()
    }

    #[test]
    fn what_structures_a_body_can_be_seen_in_its_text() {
        for (html, text) in [
            (
                "<h2>Un</h2>\n<p>deux <b>trois</b>\n quatre<br>cinq</p>",
                "Un\n\ndeux trois quatre\ncinq",
            ),
            (
                "<p>a</p><ul><li>b</li><li><p>c</p><p>d</p></li></ul><p>e</p>",
                "a\n\n- b\n- c\n  d\n\ne",
            ),
            ("<ol start=\"3\"><li>a<ul><li>b</li></ul></li><li>c</li></ol>", "3. a\n   - b\n4. c"),
            ("<blockquote><p>a</p><p>b</p></blockquote>c", "> a\n\n> b\n\nc"),
            ("<pre>a\n  b\n\nc</pre>d", "a\n  b\nc\n\nd"),
            (
                "<table><tbody><tr><th>a</th><th>b</th></tr><tr><td><p>c</p></td><td>d</td></tr></tbody></table>",
                "a | b\nc | d",
            ),
            ("a<hr>b", "a\n\n* * *\n\nb"),
            ("<dl><dt>a</dt><dd>b</dd></dl>", "a\nb"),
            ("fin &amp; &lt;x&gt; <q>y</q>", "fin & <x> “y”"),
            ("<figure><img src=\"i\"><figcaption>a</figcaption></figure><div>b</div>", "a\n\nb"),
        ] {
            assert_eq!(plain(html), text, "{html}");
        }
    }

    #[test]
    fn what_is_nested_too_deep_makes_no_longer_text_than_it_is() {
        for (open, close) in [("<blockquote>", "</blockquote>"), ("<ul><li>", "</li></ul>")] {
            let lines = "<br>b".repeat(1_000);
            let html = format!("{}a{lines}{}", open.repeat(200), close.repeat(200));
            let text = plain(&html);
            assert_eq!(text.matches('b').count(), 1_000);
            assert!(text.len() <= 1_001 * (2 + 2 * DEEPEST), "{}", text.len());
        }
    }

    #[test]
    fn no_break_spaces_stay_and_never_double_a_blank() {
        for (html, text) in [
            ("«&nbsp;Oui\u{202f}!&nbsp;»", "«\u{a0}Oui\u{202f}!\u{a0}»"),
            ("Vraiment &nbsp;?", "Vraiment\u{a0}?"),
            ("a&nbsp; b", "a\u{a0}b"),
            ("<p>&nbsp;a&nbsp;</p><p>b</p>", "a\n\nb"),
        ] {
            assert_eq!(plain(html), text, "{html}");
        }
    }

    #[test]
    fn where_links_lead_is_written_if_it_is_wanted_and_not_said() {
        let html = "<p><a href=\"https://e.fr/?a&amp;b\">lire </a>, <a href=\"https://e.fr/\">e.fr</a>, \
                    <a href=\"mailto:a@b.fr\">a@b.fr</a>, <a href=\"https://e.fr/\"><img src=\"i\"></a></p>";
        let html = SafeHtml::cleaned(html.to_owned());
        assert_eq!(text(&html).as_str(), "lire , e.fr, a@b.fr,");
        assert_eq!(text_with_links(&html).as_str(), "lire <https://e.fr/?a&b>, e.fr, a@b.fr,");
    }
}
