//! Well-formed XML 1.0, whatever the text.
//!
//! The writers say elements, attributes and texts; here characters that XML 1.0 forbids are dropped
//! (section 2.2), line ends become line feeds and the rest is escaped. Nothing can be written that
//! is not closed.

use std::borrow::Cow;

use quick_xml::escape::partial_escape;
use quick_xml::events::{BytesDecl, BytesText, Event};
use quick_xml::writer::Writer;

const IN_MEMORY: &str = "writing to memory cannot fail";

/// An element's attributes; those without a value are left out.
pub(super) type Attributes<'a> = &'a [(&'a str, Option<&'a str>)];

/// A document being written.
pub(super) struct Xml {
    writer: Writer<Vec<u8>>,
}

impl Xml {
    /// A document with `root`, whose content `inside` writes.
    pub(super) fn document(
        root: &str,
        attributes: Attributes<'_>,
        inside: impl FnOnce(&mut Self),
    ) -> String {
        let mut xml = Self { writer: Writer::new_with_indent(Vec::new(), b' ', 1) };
        let declaration = BytesDecl::new("1.0", Some("utf-8"), None);
        xml.writer.write_event(Event::Decl(declaration)).expect(IN_MEMORY);
        xml.element(root, attributes, inside);
        let mut bytes = xml.writer.into_inner();
        bytes.push(b'\n');
        String::from_utf8(bytes).expect("only strings were written")
    }

    /// An element with elements inside.
    pub(super) fn element(
        &mut self,
        name: &str,
        attributes: Attributes<'_>,
        inside: impl FnOnce(&mut Self),
    ) {
        use quick_xml::events::{BytesEnd, BytesStart};
        let mut start = BytesStart::new(name);
        for (key, value) in attributes {
            if let Some(value) = value {
                start.push_attribute((*key, legal(value).as_ref()));
            }
        }
        self.writer.write_event(Event::Start(start)).expect(IN_MEMORY);
        inside(self);
        self.writer.write_event(Event::End(BytesEnd::new(name))).expect(IN_MEMORY);
    }

    /// An element without content.
    pub(super) fn empty(&mut self, name: &str, attributes: Attributes<'_>) {
        let values: Vec<_> = attributes
            .iter()
            .filter_map(|(key, value)| value.map(|value| (*key, legal(value))))
            .collect();
        self.writer
            .create_element(name)
            .with_attributes(values.iter().map(|(key, value)| (*key, value.as_ref())))
            .write_empty()
            .expect(IN_MEMORY);
    }

    /// An element that holds `text`.
    pub(super) fn text(&mut self, name: &str, attributes: Attributes<'_>, text: &str) {
        let legal = legal(text);
        self.element(name, attributes, |xml| {
            let escaped = BytesText::from_escaped(partial_escape(legal.as_ref()));
            xml.writer.write_event(Event::Text(escaped)).expect(IN_MEMORY);
        });
    }
}

/// `text` without the characters that XML 1.0 cannot carry; CR and CR LF become LF, as a parser
/// would make them.
fn legal(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| is_legal(c) && c != '\r') {
        return Cow::Borrowed(text);
    }
    let unix = text.replace("\r\n", "\n").replace('\r', "\n");
    Cow::Owned(unix.chars().filter(|&c| is_legal(c)).collect())
}

/// `Char` of XML 1.0, section 2.2, without the C1 controls, which it discourages.
fn is_legal(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        _ => !c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_forbids_is_dropped_and_the_rest_escaped() {
        let hostile = "a\0b\u{b}c\u{fffe}d]]>--><x y='\"'>&amp;\r\ne\rf\u{9b}";
        let document = Xml::document("r", &[("k", Some(hostile)), ("none", None)], |xml| {
            xml.text("t", &[], hostile);
            xml.empty("e", &[("k", Some(hostile))]);
        });
        let read = crate::publish::xml::strict::read(&document).expect("well-formed");
        let kept = "abcd]]>--><x y='\"'>&amp;\ne\nf";
        assert_eq!(read.texts, [kept]);
        assert_eq!(read.attributes, [kept, kept]);
    }
}

#[cfg(test)]
pub(super) mod strict {
    //! An independent reading of what the writers wrote, with every check that `quick-xml` has.

    use quick_xml::XmlVersion;
    use quick_xml::events::Event;

    /// What a document holds.
    #[derive(Debug, Default)]
    pub(in crate::publish) struct Content {
        /// Texts that are not white space, in order.
        pub(in crate::publish) texts: Vec<String>,
        /// Attribute values, in order.
        pub(in crate::publish) attributes: Vec<String>,
        /// Element names, in order of opening.
        pub(in crate::publish) names: Vec<String>,
    }

    /// Reads `document`, or says what is wrong with it.
    pub(in crate::publish) fn read(document: &str) -> Result<Content, String> {
        if let Some(bad) = document.chars().find(|&c| !super::is_legal(c)) {
            return Err(format!("a character XML forbids: {bad:?}"));
        }
        let mut reader = quick_xml::reader::Reader::from_str(document);
        reader.config_mut().enable_all_checks(true);
        let (mut content, mut open, mut text) = (Content::default(), 0_usize, String::new());
        loop {
            let event = reader.read_event().map_err(|e| e.to_string())?;
            match &event {
                Event::Text(part) => text.push_str(part),
                Event::GeneralRef(name) => {
                    let whole = format!("&{};", &**name);
                    text.push_str(&quick_xml::escape::unescape(&whole).map_err(|e| e.to_string())?);
                }
                _ => {
                    let done = std::mem::take(&mut text);
                    if !done.trim().is_empty() {
                        content.texts.push(done);
                    }
                }
            }
            match event {
                Event::Start(tag) | Event::Empty(tag) if tag.is_empty() => {
                    return Err("an element without a name".to_owned());
                }
                Event::Start(tag) => {
                    open += 1;
                    note(&mut content, &tag)?;
                }
                Event::Empty(tag) => note(&mut content, &tag)?,
                Event::End(_) => open -= 1,
                Event::Eof if open == 0 => return Ok(content),
                Event::Eof => return Err(format!("{open} elements are not closed")),
                _ => {}
            }
        }
    }

    fn note(content: &mut Content, tag: &quick_xml::events::BytesStart<'_>) -> Result<(), String> {
        content.names.push(tag.name().as_ref().to_owned());
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|e| e.to_string())?;
            let value =
                attribute.normalized_value(XmlVersion::Explicit1_0).map_err(|e| e.to_string())?;
            content.attributes.push(value.into_owned());
        }
        Ok(())
    }
}
