//! Atom 1.0 (RFC 4287): the recommended format of a merged feed.
//!
//! Every entry carries `atom:source`, so a reader can tell who brought it (section 4.2.11), and a
//! `via` link to each further feed that brought the same document. There is no version in the
//! generator: an upgrade is no news.

use super::format::Format;
use super::view::{Source, View, ViewItem, one_line, rfc3339};
use super::xml::Xml;

/// Writes `view` as an Atom feed document.
pub fn render(view: &View) -> String {
    let address = view.address(Format::Atom);
    Xml::document("feed", &[("xmlns", Some("http://www.w3.org/2005/Atom"))], |xml| {
        xml.text("id", &[], &address);
        xml.text("title", &[], &one_line(&view.title));
        xml.text("updated", &[], &rfc3339(view.updated()));
        link(xml, "self", &address, Some(Format::Atom.media_type()), None);
        link(xml, "alternate", &view.home(), Some("text/html"), None);
        xml.text("generator", &[], "feedmill");
        for item in &view.items {
            xml.element("entry", &[], |xml| entry(xml, item));
        }
    })
}

fn entry(xml: &mut Xml, item: &ViewItem) {
    xml.text("id", &[], &item.id);
    xml.text("title", &[("type", Some("text"))], item.title.as_str());
    if let Some(address) = &item.link {
        link(xml, "alternate", address.as_str(), None, None);
    }
    xml.text("published", &[], &rfc3339(item.published));
    xml.text("updated", &[], &rfc3339(item.updated));
    for name in item.bylines() {
        xml.element("author", &[], |xml| xml.text("name", &[], &name));
    }
    for category in &item.categories {
        xml.empty("category", &[("term", Some(&one_line(category)))]);
    }
    for file in &item.enclosures {
        let length = file.length.map(|bytes| bytes.to_string());
        let kind = file.media_type.as_deref();
        xml.empty(
            "link",
            &[
                ("rel", Some("enclosure")),
                ("type", kind),
                ("length", length.as_deref()),
                ("href", Some(&file.url)),
            ],
        );
    }
    for other in &item.also {
        link(xml, "via", other.url.as_str(), None, Some(&other.name()));
    }
    if let Some(from) = &item.source {
        xml.element("source", &[], |xml| source(xml, from, item));
    }
    if item.body.is_empty() && !item.excerpt.is_empty() {
        xml.text("summary", &[("type", Some("text"))], &one_line(&item.excerpt));
    }
    if !item.body.is_empty() || item.link.is_none() {
        xml.text("content", &[("type", Some("html"))], item.body.as_str());
    }
}

/// Its `updated` is that of the item it brought: what else the feed did since must not change the
/// bytes of an entry that did not change.
fn source(xml: &mut Xml, source: &Source, item: &ViewItem) {
    xml.text("id", &[], source.url.as_str());
    xml.text("title", &[("type", Some("text"))], &source.name());
    xml.text("updated", &[], &rfc3339(item.updated));
    link(xml, "self", source.url.as_str(), None, None);
    if let Some(site) = &source.site {
        link(xml, "alternate", site.as_str(), None, None);
    }
}

fn link(xml: &mut Xml, rel: &str, href: &str, kind: Option<&str>, title: Option<&str>) {
    let (rel, href) = (Some(rel), Some(href));
    xml.empty("link", &[("rel", rel), ("type", kind), ("title", title), ("href", href)]);
}

#[cfg(test)]
mod tests {
    use super::super::view::samples;
    use super::super::xml::strict;
    use super::*;

    #[test]
    fn atom_of_a_mixed_view() {
        insta::assert_snapshot!(render(&samples::view()));
    }

    #[test]
    fn atom_is_well_formed_whatever_the_text() {
        for text in samples::HOSTILE {
            let document = render(&samples::hostile(text));
            let read = strict::read(&document).unwrap_or_else(|e| panic!("{text:?}: {e}"));
            assert!(!read.names.contains(&"script".to_owned()));
            assert!(!document.contains("javascript:") && !document.contains("data:text"));
            let feed = feed_rs::parser::parse(document.as_bytes()).expect("a feed");
            assert_eq!(feed.entries.len(), 1);
            let title = feed.entries[0].title.as_ref().expect("a title");
            assert!(!title.content.trim().is_empty());
        }
    }

    #[test]
    fn atom_is_read_back_as_it_was_meant() {
        let view = samples::view();
        let feed = feed_rs::parser::parse(render(&view).as_bytes()).expect("a feed");
        assert_eq!(feed.id, "https://mill.example/flux/feeds/all.atom");
        assert_eq!(feed.updated.map(rfc3339).as_deref(), Some("2026-11-23T07:15:00Z"));
        for (read, item) in feed.entries.iter().zip(&view.items) {
            assert_eq!(read.id, item.id);
            let title = read.title.as_ref().expect("a title");
            assert_eq!(title.content, item.title.as_str());
            assert_eq!(read.published.map(rfc3339), Some(rfc3339(item.published)));
        }
        let body = feed.entries[0].content.as_ref().and_then(|c| c.body.as_deref());
        assert_eq!(body, Some("<p>Un été <em>très</em> chaud &amp; sec.</p>"));
    }
}
