//! The third rung: single elements are dropped or relabelled.
//!
//! feed-rs gives up a whole feed for one element it cannot make sense of, and panics on some. Of
//! the elements that it reads, those that feedmill has no use for go; markup inside elements that
//! hold text is wrapped up as text; types of Atom content that do not exist are given the ones that
//! were meant; items inside items are taken out.

use quick_xml::events::{BytesStart, Event};

use super::attributes::attribute;
use super::{base64, inner};
use crate::clean::{entities, plain};

/// `xml` with its elements mended, as far as it is well-formed.
pub fn mend(xml: &str) -> String {
    let mut mender = Mender {
        xml,
        at: 0,
        open: Vec::new(),
        buffers: vec![String::new()],
        inner: String::new(),
        is_rss: xml.starts_with("<rss"),
    };
    let mut reader = quick_xml::Reader::from_str(xml);
    reader.config_mut().check_end_names = false;
    loop {
        let event = reader.read_event();
        let to = usize::try_from(reader.buffer_position()).unwrap_or(xml.len()).min(xml.len());
        match event {
            Ok(Event::Start(tag)) => mender.start(&tag, to, true),
            Ok(Event::Empty(tag)) => mender.start(&tag, to, false),
            Ok(Event::End(_)) => mender.end(to),
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => mender.copy(to),
        }
    }
    mender.finish()
}

/// What is done with an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Copied, and what is inside judged.
    Enter,
    /// Copied whole.
    Keep,
    /// Dropped whole.
    Drop,
    /// Its content becomes text: from this byte of the document on.
    Text(usize),
    /// The same, and names are freed of addresses.
    Person(usize),
    /// The same, as the body of an item of RSS.
    Body(usize),
    /// The same, out of base64 where it is that.
    Coded(usize),
    /// A link of Atom's in RSS.
    Link,
    /// A link of RSS's in Atom: its address is the text from this byte on.
    AtomLink(usize),
    /// An item: its text is gathered apart.
    Item,
}

struct Mender<'a> {
    xml: &'a str,
    at: usize,
    open: Vec<Fate>,
    /// One for the document and one for each item that is open.
    buffers: Vec<String>,
    /// Items taken out of the item that is open.
    inner: String,
    is_rss: bool,
}

impl<'a> Mender<'a> {
    /// Whether what stands here is inside an element that was judged as a whole.
    fn is_settled(&self) -> Option<Fate> {
        self.open.last().copied().filter(|fate| !matches!(fate, Fate::Enter | Fate::Item))
    }

    /// Writes `text` in place of what stands up to `to`.
    fn write(&mut self, text: &str, to: usize) {
        if let Some(out) = self.buffers.last_mut() {
            out.push_str(text);
        }
        self.at = to;
    }

    /// Copies up to `to`, unless what is around it is dropped or gathered.
    fn copy(&mut self, to: usize) {
        let is_copied = matches!(self.is_settled(), None | Some(Fate::Keep));
        let piece = if is_copied { &self.xml[self.at..to] } else { "" };
        self.write(piece, to);
    }

    fn start(&mut self, tag: &BytesStart<'_>, to: usize, is_open: bool) {
        let fate = match self.is_settled() {
            Some(settled) => settled,
            None => self.judge(tag, to, is_open),
        };
        let is_outermost = self.is_settled().is_none();
        match fate {
            Fate::Enter => self.copy(to),
            Fate::Item => {
                self.buffers.push(String::new());
                let piece = self.item_tag(tag.name().into_inner(), to);
                self.write(&piece, to);
            }
            Fate::Keep if is_outermost => {
                let relabelled = relabelled(tag, &self.xml[self.at..to], is_open);
                self.write(&relabelled, to);
            }
            Fate::Text(_) | Fate::Coded(_) | Fate::Person(_) if is_outermost => {
                let head = relabelled_as_text(tag);
                self.write(&head, to);
            }
            Fate::Body(_) if is_outermost => self.write("<content:encoded>", to),
            Fate::Link => {
                let address = entities::escape(&attribute(tag, "href").unwrap_or_default());
                self.write(&format!("<link>{address}</link>"), to);
            }
            Fate::Drop | Fate::AtomLink(_) if is_outermost => self.at = to,
            Fate::Keep
            | Fate::Drop
            | Fate::Text(_)
            | Fate::Coded(_)
            | Fate::Person(_)
            | Fate::AtomLink(_)
            | Fate::Body(_) => self.copy(to),
        }
        if is_open {
            self.open.push(fate);
        } else if fate == Fate::Item {
            self.close_item();
        }
    }

    fn judge(&self, tag: &BytesStart<'_>, to: usize, is_open: bool) -> Fate {
        let qualified = tag.name().into_inner();
        let (prefix, name) = qualified.split_once(':').unwrap_or(("", qualified));
        match (prefix, name) {
            (_, "item" | "entry") => Fate::Item,
            (_, "rss" | "feed" | "channel" | "RDF") => Fate::Enter,
            (_, "body" | "fullitem") | ("atom", "content" | "summary")
                if is_open && self.is_rss =>
            {
                Fate::Body(to)
            }
            ("", "link") if !is_open && self.is_rss => Fate::Link,
            ("", "link") if is_open && !self.is_rss && attribute(tag, "href").is_none() => {
                Fate::AtomLink(to)
            }
            ("", "source") if !self.is_rss => Fate::Enter,
            ("media", "thumbnail") => Fate::Keep,
            ("itunes", "image") if !is_open => Fate::Keep,
            ("media", "group") => Fate::Enter,
            ("media", "content") => Fate::Enter,
            ("media", "description" | "title") if is_open => self.text_if_any(to),
            ("media" | "podcast", _) => Fate::Drop,
            ("itunes", "summary") if is_open => self.text_if_any(to),
            ("itunes", "author") if is_open => Fate::Person(to),
            ("itunes", _) | ("", "managingEditor" | "webMaster") => Fate::Drop,
            ("dc", "creator") if is_open => Fate::Person(to),
            ("", "author") if is_open && !self.holds_elements(to) => Fate::Person(to),
            ("" | "atom", "title" | "summary" | "content" | "subtitle" | "rights") => {
                text_construct(tag, to, is_open)
            }
            ("", "description" | "guid" | "link" | "pubDate" | "category")
            | ("content", "encoded")
                if is_open =>
            {
                Fate::Text(to)
            }
            _ => Fate::Keep,
        }
    }

    /// feed-rs fails on the empty ones.
    fn text_if_any(&self, to: usize) -> Fate {
        let inner = &self.xml[to..];
        let is_empty = inner
            .find('<')
            .is_none_or(|end| inner[..end].is_empty() && inner[end..].starts_with("</"));
        if is_empty { Fate::Drop } else { Fate::Text(to) }
    }

    fn holds_elements(&self, to: usize) -> bool {
        let inner = &self.xml[to..];
        inner
            .find('<')
            .is_some_and(|at| !inner[at..].starts_with("</") && !inner[at..].starts_with("<!"))
    }

    fn end(&mut self, to: usize) {
        let Some(fate) = self.open.pop() else {
            self.at = to;
            return;
        };
        let is_outermost = self.is_settled().is_none();
        match fate {
            Fate::Text(from) if is_outermost => {
                let text = inner::escaped(inner::text(&self.xml[from..self.at]));
                self.write(&format!("{text}{}", &self.xml[self.at..to]), to);
            }
            Fate::Coded(from) if is_outermost => {
                let text = inner::text(&self.xml[from..self.at]);
                let text = inner::escaped(base64::text(&text).unwrap_or(text));
                self.write(&format!("{text}{}", &self.xml[self.at..to]), to);
            }
            Fate::AtomLink(from) if is_outermost => {
                let address = inner::text(&self.xml[from..self.at]);
                self.write(&format!("<link href=\"{}\"/>", quoted(address.trim())), to);
            }
            Fate::Person(from) if is_outermost => {
                let name = plain::without_tags(&inner::text(&self.xml[from..self.at]));
                let name = entities::escape(&name_of(name.trim()));
                self.write(&format!("{name}{}", &self.xml[self.at..to]), to);
            }
            Fate::Body(from) if is_outermost => {
                let text = inner::escaped(inner::text(&self.xml[from..self.at]));
                self.write(&format!("{text}</content:encoded>"), to);
            }
            Fate::Drop if is_outermost => self.at = to,
            Fate::Item => {
                let piece = self.item_tag(self.xml[self.at..to].trim_matches(['<', '/', '>']), to);
                self.write(&piece, to);
                self.close_item();
            }
            Fate::Enter
            | Fate::Keep
            | Fate::Drop
            | Fate::Link
            | Fate::Text(_)
            | Fate::Coded(_)
            | Fate::AtomLink(_)
            | Fate::Person(_)
            | Fate::Body(_) => self.copy(to),
        }
    }

    /// A tag of an item up to `to`, under the name that its format has for it: RSS knows no
    /// entries, and Atom no items.
    fn item_tag(&self, name: &str, to: usize) -> String {
        let piece = &self.xml[self.at..to];
        match (self.is_rss, name.trim_end()) {
            (true, "entry") => piece.replacen("entry", "item", 1),
            (false, "item") => piece.replacen("item", "entry", 1),
            _ => piece.to_owned(),
        }
    }

    /// An item is complete: one that stood inside another follows it.
    fn close_item(&mut self) {
        let Some(item) = self.buffers.pop() else { return };
        let inner = &mut self.inner;
        match self.buffers.as_mut_slice() {
            [document] => {
                document.push_str(&item);
                document.push_str(&std::mem::take(inner));
            }
            _ => inner.push_str(&item),
        }
    }

    /// The document, without items that were never closed.
    fn finish(mut self) -> String {
        self.buffers.truncate(1);
        self.buffers.pop().unwrap_or_default()
    }
}

/// Atom's types, as feed-rs knows them.
fn right_type(kind: &str, inner_is_markup: bool) -> Option<&'static str> {
    match kind.trim().to_ascii_lowercase().as_str() {
        "text" | "text/plain" | "plain" => Some(if inner_is_markup { "html" } else { "text" }),
        "xhtml" | "application/xhtml+xml" | "application/xml" | "text/xml" | "xml" => Some("xhtml"),
        kind if kind.starts_with("image/")
            || kind.starts_with("audio/")
            || kind.starts_with("video/") =>
        {
            None
        }
        _ => Some("html"),
    }
}

fn text_construct(tag: &BytesStart<'_>, to: usize, is_open: bool) -> Fate {
    let kind = attribute(tag, "type");
    let mode = attribute(tag, "mode");
    let is_escaped = mode.as_deref() == Some("escaped");
    let is_binary = kind.as_deref().is_some_and(|kind| kind.trim() == "application/octet-stream");
    if is_open && (is_binary || mode.as_deref() == Some("base64")) {
        return Fate::Coded(to);
    }
    let right = kind.as_deref().map(|kind| right_type(kind, false));
    match right {
        Some(None) => Fate::Drop,
        Some(Some("xhtml")) if !is_escaped => Fate::Keep,
        Some(Some(_)) | None if is_open => Fate::Text(to),
        Some(Some(_)) | None => Fate::Keep,
    }
}

/// A start tag that stays, its type set right.
fn relabelled(tag: &BytesStart<'_>, piece: &str, is_open: bool) -> String {
    let name = tag.name().into_inner();
    match attribute(tag, "type") {
        Some(kind)
            if matches!(name, "title" | "summary" | "content" | "subtitle" | "rights")
                && is_open =>
        {
            let kind = right_type(&kind, false).unwrap_or("html");
            format!("<{name} type=\"{kind}\"{}>", base_of(tag))
        }
        // Its times, which feed-rs cannot bear, are nobody's concern.
        _ if name == "media:thumbnail" => {
            let address = quoted(&attribute(tag, "url").unwrap_or_default());
            format!("<{name} url=\"{address}\"{}>", if is_open { "" } else { "/" })
        }
        Some(_) | None => piece.to_owned(),
    }
}

/// A start tag whose content will be text.
fn relabelled_as_text(tag: &BytesStart<'_>) -> String {
    let name = tag.name().into_inner();
    let kept = match name {
        "guid" => attribute(tag, "isPermaLink")
            .map(|value| format!(" isPermaLink=\"{}\"", entities::escape(&value))),
        "category" => attribute(tag, "term").map(|term| format!(" term=\"{}\"", quoted(&term))),
        "link" => attribute(tag, "href").map(|href| {
            let rel = attribute(tag, "rel").map(|rel| format!(" rel=\"{}\"", quoted(&rel)));
            format!(" href=\"{}\"{}", quoted(&href), rel.unwrap_or_default())
        }),
        _ if attribute(tag, "mode").as_deref() == Some("base64") => {
            Some(" type=\"html\"".to_owned())
        }
        _ => attribute(tag, "type").map(|kind| {
            let mode = attribute(tag, "mode").is_some_and(|mode| mode == "escaped");
            let kind = if mode { Some("html") } else { right_type(&kind, false) };
            format!(" type=\"{}\"", kind.unwrap_or("html"))
        }),
    };
    let kept = if name.starts_with("media:") { None } else { kept };
    format!("<{name}{}{}>", kept.unwrap_or_default(), base_of(tag))
}

fn base_of(tag: &BytesStart<'_>) -> String {
    let base = attribute(tag, "xml:base");
    base.map(|base| format!(" xml:base=\"{}\"", quoted(&base))).unwrap_or_default()
}

fn quoted(value: &str) -> String {
    entities::escape(value).replace('"', "&quot;")
}

/// A name without the address beside it; feed-rs cuts the two apart inside a character.
fn name_of(text: &str) -> String {
    if !text.contains('@') || text.is_ascii() {
        return text.to_owned();
    }
    let is_bracket = |c: char| "()<>[]（）《》\"“”«»".contains(c);
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || is_bracket(c))
        .filter(|word| !word.is_empty() && !word.contains('@'))
        .collect();
    match words.as_slice() {
        [] => text.chars().filter(char::is_ascii).collect(),
        words => words.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_that_break_feed_rs_go_or_become_text() {
        for (given, right) in [
            ("<media:description/><media:title></media:title><title>a</title>", "<title>a</title>"),
            (
                "<media:group><media:description></media:description><media:thumbnail url='x'/></media:group>",
                "<media:group><media:thumbnail url=\"x\"/></media:group>",
            ),
            (
                "<itunes:duration>99999999999999999999999</itunes:duration><podcast:person role=x>y</podcast:person>",
                "",
            ),
            ("<author>john@example.com（John）</author>", "<author>John</author>"),
            (
                "<title>x <b>y</b> &amp; z</title>",
                "<title>x &lt;b&gt;y&lt;/b&gt; &amp;amp; z</title>",
            ),
            ("<description>a<br/>b</description>", "<description>a&lt;br/&gt;b</description>"),
            (
                "<description><![CDATA[a <b>]]> c</description>",
                "<description>a &lt;b&gt; c</description>",
            ),
            (
                "<title type=\"text/plain\">a &amp; b</title>",
                "<title type=\"text\">a &amp; b</title>",
            ),
            ("<content type=\"image/png\">AAAA</content>", ""),
            (
                "<content type=\"application/xhtml+xml\"><p>a</p></content>",
                "<content type=\"xhtml\"><p>a</p></content>",
            ),
            (
                "<body xmlns=\"http://www.w3.org/1999/xhtml\"><p>a</p></body>",
                "<content:encoded>&lt;p&gt;a&lt;/p&gt;</content:encoded>",
            ),
            ("<link href=\"http://e.fr/?a&amp;b\"/>", "<link>http://e.fr/?a&amp;b</link>"),
            ("<guid isPermaLink=\"false\">a</guid>", "<guid isPermaLink=\"false\">a</guid>"),
            (
                "<media:thumbnail url='a&amp;b' time='99999999999999999999'/>",
                "<media:thumbnail url=\"a&amp;b\"/>",
            ),
            (
                "<dc:creator><f:Person><f:name>Zoé</f:name></f:Person></dc:creator>",
                "<dc:creator>Zoé</dc:creator>",
            ),
        ] {
            let item = |inner: &str| format!("<rss><channel><item>{inner}</item></channel></rss>");
            assert_eq!(mend(&item(given)), item(right), "{given}");
        }
    }

    #[test]
    fn what_belongs_to_the_other_format_is_renamed() {
        for (given, right) in [
            ("<feed><item a='b'>1</item ></feed>", "<feed><entry a='b'>1</entry ></feed>"),
            ("<rss><entry>1</entry><item/></rss>", "<rss><item>1</item><item/></rss>"),
            (
                "<feed><entry><link> http://e.fr/?a&amp;b</link></entry></feed>",
                "<feed><entry><link href=\"http://e.fr/?a&amp;b\"/></entry></feed>",
            ),
            (
                "<feed><title mode=\"base64\">PGI+YTwvYj4=</title></feed>",
                "<feed><title type=\"html\">&lt;b&gt;a&lt;/b&gt;</title></feed>",
            ),
            (
                "<feed><title type=\"application/octet-stream\">YSAmIGI=</title></feed>",
                "<feed><title type=\"html\">a &amp; b</title></feed>",
            ),
        ] {
            assert_eq!(mend(given), right, "{given}");
        }
    }

    #[test]
    fn items_inside_items_are_taken_out() {
        let given = "<rss><channel><item><title>1</title><item><title>2</title><item>3</item></item></item></channel></rss>";
        let taken = "<rss><channel><item><title>1</title></item><item>3</item><item><title>2</title></item></channel></rss>";
        assert_eq!(mend(given), taken);
    }
}
