//! JSON Feed 1.1 (jsonfeed.org).
//!
//! The feeds that brought an item stand in an extension, `_feedmill`, since the format has no word
//! for them.

use serde::Serialize;

use super::format::Format;
use super::view::{Source, View, ViewItem, one_line, rfc3339};

/// Writes `view` as a JSON Feed.
pub fn render(view: &View) -> String {
    let feed = Feed {
        version: "https://jsonfeed.org/version/1.1",
        title: one_line(&view.title),
        home_page_url: view.home(),
        feed_url: view.address(Format::Json),
        items: view.items.iter().map(item).collect(),
    };
    let mut text =
        serde_json::to_string_pretty(&feed).expect("strings and numbers always become JSON");
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Feed<'a> {
    version: &'static str,
    title: String,
    home_page_url: String,
    feed_url: String,
    items: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Item<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_html: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_text: Option<String>,
    date_published: String,
    date_modified: String,
    authors: Vec<Author>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment<'a>>,
    #[serde(rename = "_feedmill")]
    extension: Extension<'a>,
}

#[derive(Serialize)]
struct Author {
    name: String,
}

#[derive(Serialize)]
struct Attachment<'a> {
    url: &'a str,
    mime_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_in_bytes: Option<u64>,
}

#[derive(Serialize)]
struct Extension<'a> {
    sources: Vec<Origin<'a>>,
}

#[derive(Serialize)]
struct Origin<'a> {
    title: String,
    feed_url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    home_page_url: Option<&'a str>,
}

/// An item must have content of one kind; without a body the excerpt is it.
fn item(item: &ViewItem) -> Item<'_> {
    let has_body = !item.body.is_empty();
    Item {
        id: &item.id,
        url: item.link.as_ref().map(|link| link.as_str()),
        title: item.title.as_str(),
        content_html: has_body.then(|| item.body.as_str()),
        content_text: (!has_body).then(|| one_line(&item.excerpt)),
        date_published: rfc3339(item.published),
        date_modified: rfc3339(item.updated),
        authors: item.bylines().into_iter().map(|name| Author { name }).collect(),
        tags: item.categories.iter().map(one_line).collect(),
        attachments: item
            .enclosures
            .iter()
            .map(|file| Attachment {
                url: &file.url,
                mime_type: file.media_type.as_deref().unwrap_or("application/octet-stream"),
                size_in_bytes: file.length,
            })
            .collect(),
        extension: Extension { sources: item.sources().map(origin).collect() },
    }
}

fn origin(source: &Source) -> Origin<'_> {
    Origin {
        title: source.name(),
        feed_url: source.url.as_str(),
        home_page_url: source.site.as_ref().map(|site| site.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::view::samples;
    use super::*;

    #[test]
    fn json_of_a_mixed_view() {
        insta::assert_snapshot!(render(&samples::view()));
    }

    #[test]
    fn json_is_readable_whatever_the_text() {
        for text in samples::HOSTILE {
            let document = render(&samples::hostile(text));
            let value: serde_json::Value = serde_json::from_str(&document).expect("JSON");
            assert_eq!(value["items"].as_array().map(Vec::len), Some(1));
            assert!(!document.contains("javascript:") && !document.contains("data:text"));
            let feed = feed_rs::parser::parse(document.as_bytes()).expect("a feed");
            assert_eq!(feed.entries.len(), 1);
        }
    }

    #[test]
    fn json_names_every_source() {
        let value: serde_json::Value =
            serde_json::from_str(&render(&samples::view())).expect("JSON");
        let sources = value["items"][0]["_feedmill"]["sources"].as_array().expect("sources");
        let urls: Vec<_> = sources.iter().filter_map(|s| s["feed_url"].as_str()).collect();
        assert_eq!(urls, ["https://echo.example/rss", "https://post.example/feed.json"]);
    }
}
