//! RSS 2.0, for readers that know nothing newer.
//!
//! With what the core lacks from its usual modules: `atom:link` for the feed's own address and for
//! further sources, `content:encoded` for the body, `dc:creator` for authors, who are seldom mail
//! addresses.

use chrono::{DateTime, Utc};

use super::format::Format;
use super::view::{View, ViewItem, one_line};
use super::xml::{Attributes, Xml};

const NAMESPACES: Attributes<'static> = &[
    ("version", Some("2.0")),
    ("xmlns:atom", Some("http://www.w3.org/2005/Atom")),
    ("xmlns:content", Some("http://purl.org/rss/1.0/modules/content/")),
    ("xmlns:dc", Some("http://purl.org/dc/elements/1.1/")),
];

/// Writes `view` as an RSS 2.0 document.
pub fn render(view: &View) -> String {
    let title = one_line(&view.title);
    Xml::document("rss", NAMESPACES, |xml| {
        xml.element("channel", &[], |xml| {
            xml.text("title", &[], &title);
            xml.text("link", &[], &view.home());
            xml.text("description", &[], &title);
            let address = view.address(Format::Rss);
            atom_link(xml, "self", &address, Some(Format::Rss.media_type()), None);
            xml.text("lastBuildDate", &[], &rfc822(view.updated()));
            xml.text("generator", &[], "feedmill");
            for entry in &view.items {
                xml.element("item", &[], |xml| item(xml, entry));
            }
        });
    })
}

fn item(xml: &mut Xml, item: &ViewItem) {
    xml.text("title", &[], item.title.as_str());
    if let Some(link) = &item.link {
        xml.text("link", &[], link.as_str());
    }
    xml.text("guid", &[("isPermaLink", Some("false"))], &item.id);
    xml.text("pubDate", &[], &rfc822(item.published));
    for name in item.bylines() {
        xml.text("dc:creator", &[], &name);
    }
    for category in &item.categories {
        xml.text("category", &[], &one_line(category));
    }
    enclosures(xml, item);
    for other in &item.also {
        atom_link(xml, "via", other.url.as_str(), None, Some(&other.name()));
    }
    if let Some(source) = &item.source {
        xml.text("source", &[("url", Some(source.url.as_str()))], &source.name());
    }
    // A description is HTML, so text must be escaped once more than the document's own escaping.
    let excerpt = quick_xml::escape::partial_escape(item.excerpt.as_str());
    if !item.excerpt.is_empty() {
        xml.text("description", &[], &excerpt);
    }
    if !item.body.is_empty() {
        xml.text("content:encoded", &[], item.body.as_str());
    }
}

/// RSS knows one enclosure per item, and wants its type and length; further ones are links.
fn enclosures(xml: &mut Xml, item: &ViewItem) {
    for (index, file) in item.enclosures.iter().enumerate() {
        let kind = file.media_type.as_deref().unwrap_or("application/octet-stream");
        let length = file.length.unwrap_or(0).to_string();
        if index == 0 {
            let attributes =
                [("url", Some(file.url.as_str())), ("length", Some(&length)), ("type", Some(kind))];
            xml.empty("enclosure", &attributes);
        } else {
            atom_link(xml, "enclosure", &file.url, Some(kind), None);
        }
    }
}

fn atom_link(xml: &mut Xml, rel: &str, href: &str, kind: Option<&str>, title: Option<&str>) {
    let (rel, href) = (Some(rel), Some(href));
    xml.empty("atom:link", &[("rel", rel), ("type", kind), ("title", title), ("href", href)]);
}

/// A date as RFC 822 writes it, with the four-digit year of RFC 2822.
fn rfc822(moment: DateTime<Utc>) -> String {
    moment.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::super::view::samples;
    use super::super::xml::strict;
    use super::*;

    #[test]
    fn rss_of_a_mixed_view() {
        insta::assert_snapshot!(render(&samples::view()));
    }

    #[test]
    fn rss_is_well_formed_whatever_the_text() {
        for text in samples::HOSTILE {
            let document = render(&samples::hostile(text));
            let read = strict::read(&document).unwrap_or_else(|e| panic!("{text:?}: {e}"));
            assert!(!read.names.contains(&"script".to_owned()));
            assert!(!document.contains("javascript:") && !document.contains("data:text"));
            let feed = feed_rs::parser::parse(document.as_bytes()).expect("a feed");
            assert_eq!(feed.entries.len(), 1);
        }
    }

    #[test]
    fn rss_is_read_back_as_it_was_meant() {
        let view = samples::view();
        let feed = feed_rs::parser::parse(render(&view).as_bytes()).expect("a feed");
        for (read, item) in feed.entries.iter().zip(&view.items) {
            assert_eq!(read.id, item.id);
            let title = read.title.as_ref().expect("a title");
            assert_eq!(title.content, item.title.as_str());
            assert_eq!(read.published.map(rfc822), Some(rfc822(item.published)));
        }
        let body = feed.entries[0].content.as_ref().and_then(|c| c.body.as_deref());
        assert_eq!(body, Some("<p>Un été <em>très</em> chaud &amp; sec.</p>"));
    }
}
