//! One quick walk over a document before feed-rs reads it: it bounds the work, and it looks.
//!
//! feed-rs overflows the stack on a thousand nested groups and takes 764 MB for a million empty
//! items; neither can be caught. So the walk refuses what is beyond the limits, naming the limit,
//! before memory grows. On the way it collects what feed-rs drops ([`super::extras`]), counts the
//! items that feed-rs should find, and notes which repair a document will need, so that a clean one
//! pays for this walk and nothing more.

use quick_xml::events::{BytesStart, Event};

use super::attributes::attribute;
use super::extras::{Collector, Extras};
use super::limits::{
    MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS, MAX_FIELD, MAX_GROUPS, MAX_ITEMS, MAX_MEDIA,
    MAX_PARTS, MAX_REFERENCES, is_character, overflows,
};
use super::namespaces::{self, ATOM, NAMESPACES, RSS_1, RSS_1_1};
use crate::model::document::{Repair, Unreadable};

/// What a document's root says it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Root {
    /// A feed: `rss`, `feed`, `RDF`, or an entry alone.
    Feed,
    /// HTML.
    Html,
    /// The Channel Definition Format of 1997.
    Cdf,
    /// Another element, by its name.
    Other(String),
    /// There is no element.
    #[default]
    None,
}

/// What the walk found.
#[derive(Debug, Default)]
pub struct Survey {
    /// What the root is.
    pub root: Root,
    /// How many items there are, nested ones included.
    pub items: usize,
    /// The least repair that can help.
    pub needs: Repair,
    /// What feed-rs will drop.
    pub extras: Extras,
}

/// Walks over `xml`.
pub fn survey(xml: &str) -> Result<Survey, Unreadable> {
    let mut walk = Walk::default();
    let mut reader = quick_xml::Reader::from_str(xml);
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag) | Event::Empty(tag)) if !is_name(&tag) => {
                walk.needs(Repair::Characters);
                break;
            }
            Ok(Event::Start(tag)) => walk.start(&tag, true)?,
            Ok(Event::Empty(tag)) => {
                walk.start(&tag, false)?;
                walk.end(tag.local_name().into_inner());
            }
            Ok(Event::End(tag)) => walk.end(tag.local_name().into_inner()),
            Ok(Event::Text(text)) => walk.text(&text)?,
            Ok(Event::CData(text)) => walk.text(&text)?,
            Ok(Event::GeneralRef(name)) => walk.reference(&name)?,
            Ok(Event::Eof) => break,
            // feed-rs would change the encoding it reads in, and panic.
            Ok(Event::Decl(_)) => walk.needs(Repair::Characters),
            Ok(Event::Comment(_) | Event::PI(_) | Event::DocType(_)) => {}
            Err(_) => {
                walk.needs(Repair::Characters);
                break;
            }
        }
    }
    if walk.depth > 0 {
        walk.needs(Repair::Characters);
    }
    walk.survey.extras = walk.collector.finish();
    Ok(walk.survey)
}

/// Whether a tag begins as one may: `< 2` and `<3` are text that nobody escaped.
fn is_name(tag: &BytesStart<'_>) -> bool {
    tag.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

#[derive(Default)]
struct Walk {
    survey: Survey,
    collector: Collector,
    depth: usize,
    groups: usize,
    elements: usize,
    references: usize,
    media: usize,
    /// The depth of the item that is open, and how many elements stand directly in it.
    item: Option<(usize, usize)>,
    /// Bytes of text in the element that began last.
    field: usize,
    is_atom: bool,
    declared: [bool; NAMESPACES.len()],
    /// A prefix bound to Media RSS other than its usual one; empty where that is the default.
    media_prefix: Option<String>,
    /// The depth of an element that may hold text only.
    text_only: Option<usize>,
    /// The depth of an element that feed-rs wants text in, until there is some.
    wants_text: Option<usize>,
    /// The depth of an element in which feed-rs looks for a name and an address.
    person: Option<usize>,
    person_at: bool,
    person_wide: bool,
    /// The depth of an element in which feed-rs looks for a time of play.
    duration: Option<usize>,
}

/// Whether feed-rs may call itself for what is inside: `media:group`, `media:content`,
/// `itunes:category`, under whatever prefix.
fn is_group(name: &str) -> bool {
    matches!(name, "group" | "content" | "category")
}

impl Walk {
    fn needs(&mut self, repair: Repair) {
        self.survey.needs = self.survey.needs.max(repair);
    }

    fn start(&mut self, tag: &BytesStart<'_>, is_open: bool) -> Result<(), Unreadable> {
        self.depth += 1;
        self.elements += 1;
        if self.depth > MAX_DEPTH {
            return Err(Unreadable::TooMuch { limit: MAX_DEPTH, unit: "levels of elements" });
        }
        self.groups += usize::from(is_group(tag.local_name().into_inner()));
        if self.groups > MAX_GROUPS {
            return Err(Unreadable::TooMuch { limit: MAX_GROUPS, unit: "levels of groups" });
        }
        if self.elements > MAX_ELEMENTS {
            return Err(Unreadable::TooMuch { limit: MAX_ELEMENTS, unit: "elements" });
        }
        self.field = 0;
        let attributes = tag.attributes_raw();
        if attributes.len() > 2 * MAX_ATTRIBUTES
            && tag.html_attributes().with_checks(false).count() > MAX_ATTRIBUTES
        {
            return Err(Unreadable::TooMuch { limit: MAX_ATTRIBUTES, unit: "attributes" });
        }
        let qualified = tag.name().into_inner();
        let (prefix, name) = qualified.split_once(':').unwrap_or(("", qualified));
        if attributes.contains("xmlns") {
            self.declarations(tag);
        }
        if self.depth == 1 {
            self.root(tag, name);
        }
        if self.text_only.is_some() {
            self.needs(Repair::Elements);
        }
        self.prefix(prefix);
        if matches!(name, "item" | "entry") && matches!(prefix, "" | "rss" | "atom") {
            self.survey.items += 1;
            if self.survey.items > MAX_ITEMS {
                return Err(Unreadable::TooMuch { limit: MAX_ITEMS, unit: "items" });
            }
            self.item = Some((self.depth, 0));
        } else {
            self.part(prefix)?;
        }
        self.element(tag, prefix, name, is_open);
        self.collector.start(tag, prefix, name, self.depth);
        Ok(())
    }

    /// Counts what feed-rs keeps one by one.
    fn part(&mut self, prefix: &str) -> Result<(), Unreadable> {
        if matches!(prefix, "media" | "podcast") || self.media_prefix.as_deref() == Some(prefix) {
            self.media += 1;
            if self.media > MAX_MEDIA {
                return Err(Unreadable::TooMuch { limit: MAX_MEDIA, unit: "elements of media" });
            }
        }
        if let Some((depth, parts)) = &mut self.item
            && self.depth == *depth + 1
        {
            *parts += 1;
            if *parts > MAX_PARTS {
                return Err(Unreadable::TooMuch { limit: MAX_PARTS, unit: "elements in an item" });
            }
        }
        Ok(())
    }

    fn element(&mut self, tag: &BytesStart<'_>, prefix: &str, name: &str, is_open: bool) {
        if self.is_atom && prefix.is_empty() && self.is_mended_atom(tag, name, is_open) {
            self.needs(Repair::Elements);
        }
        match (prefix, name) {
            // A body of XHTML, or a link as Atom writes it, that RSS does not know.
            (_, "body" | "fullitem") | ("atom", "content" | "summary")
                if !self.is_atom && self.depth <= 4 =>
            {
                self.needs(Repair::Elements);
            }
            ("", "link")
                if !self.is_atom
                    && !is_open
                    && self.depth <= 4
                    && tag.attributes_raw().contains("href") =>
            {
                self.needs(Repair::Elements);
            }
            ("media", "description" | "title") => {
                self.wants_text = Some(self.depth);
                if !is_open {
                    self.needs(Repair::Elements);
                }
            }
            ("itunes", "duration") => self.duration = Some(self.depth),
            ("media", "thumbnail" | "text") => {
                let times = ["time", "start", "end"].map(|name| attribute(tag, name));
                if times.into_iter().flatten().any(|time| overflows(&time)) {
                    self.needs(Repair::Elements);
                }
            }
            ("", "author" | "managingEditor" | "webMaster")
            | ("dc", "creator")
            | ("itunes", "author") => {
                self.person = Some(self.depth);
                (self.person_at, self.person_wide) = (false, false);
            }
            (
                "" | "content",
                "title" | "description" | "encoded" | "guid" | "summary" | "content" | "subtitle"
                | "tagline" | "rights",
            ) if self.depth <= 4 && self.text_only.is_none() => {
                let kind = if self.is_atom { attribute(tag, "type") } else { None };
                let holds_markup = kind.is_some_and(|kind| {
                    kind.ends_with("html") && kind != "html" && kind != "text/html"
                        || kind.ends_with("xml")
                });
                if !holds_markup && is_open {
                    self.text_only = Some(self.depth);
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        self.groups = self.groups.saturating_sub(usize::from(is_group(name)));
        if self.wants_text.take_if(|depth| *depth == self.depth).is_some() {
            self.needs(Repair::Elements);
        }
        if self.person.take_if(|depth| *depth == self.depth).is_some()
            && self.person_at
            && self.person_wide
        {
            self.needs(Repair::Elements);
        }
        self.item.take_if(|(depth, _)| *depth == self.depth);
        self.text_only.take_if(|depth| *depth == self.depth);
        self.duration.take_if(|depth| *depth == self.depth);
        self.collector.end(self.depth);
        self.depth -= usize::from(self.depth > 0);
    }

    #[inline]
    fn text(&mut self, text: &str) -> Result<(), Unreadable> {
        self.field += text.len();
        if self.field > MAX_FIELD {
            return Err(Unreadable::TooMuch { limit: MAX_FIELD, unit: "bytes in a field" });
        }
        if self.wants_text == Some(self.depth) && !text.is_empty() {
            self.wants_text = None;
        }
        if self.person == Some(self.depth) {
            self.person_at |= text.contains('@');
            self.person_wide |= !text.is_ascii();
        }
        if self.duration == Some(self.depth) && overflows(text) {
            self.needs(Repair::Elements);
        }
        self.collector.text(text, self.depth);
        Ok(())
    }

    #[inline]
    fn reference(&mut self, name: &str) -> Result<(), Unreadable> {
        self.references += 1;
        if self.references > MAX_REFERENCES {
            return Err(Unreadable::TooMuch { limit: MAX_REFERENCES, unit: "references" });
        }
        if self.wants_text == Some(self.depth) {
            self.wants_text = None;
        }
        self.person_wide = true;
        if self.collector.is_collecting() {
            let whole = format!("&{name};");
            self.collector.text(&crate::clean::entities::decode(&whole), self.depth);
        }
        if name.starts_with('#') && !is_character(name) {
            self.needs(Repair::Characters);
        }
        Ok(())
    }

    fn root(&mut self, tag: &BytesStart<'_>, name: &str) {
        let default = attribute(tag, "xmlns");
        let default = default.as_deref();
        self.survey.root = match name.to_ascii_lowercase().as_str() {
            "rss" | "feed" | "rdf" | "entry" => Root::Feed,
            "html" | "head" | "body" => Root::Html,
            "channel" if is_rss_1_1(default) => Root::Feed,
            "channel" if name != "channel" || has_address(tag) => Root::Cdf,
            "channel" => Root::Feed,
            _ => Root::Other(name.to_owned()),
        };
        let is_prefixed = tag.name().into_inner().contains(':');
        let is_known = match name {
            "rss" => {
                let version = attribute(tag, "version");
                let is_version = matches!(version.as_deref(), Some("2.0" | "0.91" | "0.92" | ""));
                is_version && default.is_none_or(|namespace| namespace == RSS_1)
            }
            "feed" | "entry" => {
                self.is_atom = true;
                is_prefixed || default.is_none_or(|namespace| namespace == ATOM)
            }
            "RDF" => default.is_none_or(|namespace| namespace == RSS_1),
            _ => true,
        };
        if !is_known {
            self.needs(Repair::Namespaces);
        }
        if !matches!(name, "rss" | "feed" | "entry" | "RDF") {
            self.needs(Repair::Characters);
        }
    }

    /// Atom carries texts in base64, and links as text.
    fn is_mended_atom(&self, tag: &BytesStart<'_>, name: &str, is_open: bool) -> bool {
        let attributes = tag.attributes_raw();
        match name {
            "link" => is_open && !attributes.contains("href"),
            "title" | "summary" | "content" | "subtitle" | "tagline" => {
                attributes.contains("base64") || attributes.contains("octet-stream")
            }
            _ => false,
        }
    }

    /// Notes which prefixes are bound, and namespaces that are spelt in their own way.
    fn declarations(&mut self, tag: &BytesStart<'_>) {
        for attribute in tag.html_attributes().with_checks(false).flatten() {
            let Some(prefix) = attribute.key.into_inner().strip_prefix("xmlns") else { continue };
            let prefix = prefix.trim_start_matches(':');
            let bound = namespaces::namespace(&attribute.value);
            let is_media = bound == Some(NAMESPACES[2].1) || bound == Some(NAMESPACES[5].1);
            if is_media && !matches!(prefix, "media" | "podcast") {
                self.media_prefix = Some(prefix.to_owned());
            }
            if prefix.is_empty() {
                continue;
            }
            if let Some(at) = NAMESPACES.iter().position(|(known, _)| *known == prefix) {
                self.declared[at] = true;
            }
            let right = namespaces::namespace(&attribute.value);
            if right.is_some_and(|right| right != attribute.value) {
                self.needs(Repair::Namespaces);
            }
        }
    }

    fn prefix(&mut self, prefix: &str) {
        if prefix.is_empty() {
            return;
        }
        let known = NAMESPACES.iter().position(|(known, _)| *known == prefix);
        if known.is_some_and(|at| !self.declared[at]) {
            self.needs(Repair::Namespaces);
        }
    }
}

/// Whether the default namespace of a root is that of RSS 1.1.
fn is_rss_1_1(namespace: Option<&str>) -> bool {
    namespace.is_some_and(|namespace| namespace.contains(RSS_1_1))
}

/// Whether an element carries an address as those of CDF do.
fn has_address(tag: &BytesStart<'_>) -> bool {
    ["HREF", "BASE", "href"].iter().any(|name| attribute(tag, name).is_some())
}
