//! What a publisher publishes: posts, and the document that holds them.

use std::fmt::Write;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;

/// One post. What it has not been given is left out of the document.
#[derive(Debug, Clone, Default)]
pub(crate) struct Post {
    pub(crate) guid: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) link: Option<String>,
    pub(crate) date: Option<DateTime<Utc>>,
    pub(crate) body: Option<String>,
}

impl Post {
    /// A post with guid, title and link made from `name`.
    pub(crate) fn new(name: &str) -> Self {
        Self {
            guid: Some(format!("urn:post:{name}")),
            title: Some(format!("Post {name}")),
            link: Some(format!("https://exemple.fr/{name}")),
            date: None,
            body: Some(format!("<p>Body of {name}.</p>")),
        }
    }

    pub(crate) fn titled(self, title: &str) -> Self {
        Self { title: Some(title.to_owned()), ..self }
    }

    pub(crate) fn at(self, link: &str) -> Self {
        Self { link: Some(link.to_owned()), ..self }
    }

    pub(crate) fn dated(self, date: DateTime<Utc>) -> Self {
        Self { date: Some(date), ..self }
    }

    pub(crate) fn saying(self, html: &str) -> Self {
        Self { body: Some(html.to_owned()), ..self }
    }

    pub(crate) fn known_as(self, guid: &str) -> Self {
        Self { guid: Some(guid.to_owned()), ..self }
    }

    pub(crate) fn without_guid(self) -> Self {
        Self { guid: None, ..self }
    }
}

/// In which words a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Format {
    /// RSS 2.0.
    #[default]
    Rss,
    /// Atom 1.0 (RFC 4287).
    Atom,
    /// JSON Feed 1.1.
    Json,
}

impl Format {
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Rss => "application/rss+xml; charset=utf-8",
            Self::Atom => "application/atom+xml",
            Self::Json => "application/feed+json",
        }
    }

    /// The document as bytes, posts in the order given.
    pub(crate) fn render(self, title: &str, posts: &[Post]) -> String {
        match self {
            Self::Rss => rss(title, posts),
            Self::Atom => atom(title, posts),
            Self::Json => json(title, posts),
        }
    }
}

fn rss(title: &str, posts: &[Post]) -> String {
    let mut items = String::new();
    for post in posts {
        items += "<item>";
        let _ = tag(&mut items, "title", post.title.as_deref())
            .and_then(|()| tag(&mut items, "link", post.link.as_deref()))
            .and_then(|()| match &post.guid {
                Some(guid) => {
                    write!(items, "<guid isPermaLink=\"false\">{}</guid>", escape(guid))
                }
                None => Ok(()),
            })
            .and_then(|()| tag(&mut items, "pubDate", post.date.map(|d| d.to_rfc2822()).as_deref()))
            .and_then(|()| tag(&mut items, "description", post.body.as_deref()));
        items += "</item>\n";
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel><title>{}</title>\
         <link>https://exemple.fr/</link><description>d</description>\n{items}</channel></rss>\n",
        escape(title)
    )
}

fn atom(title: &str, posts: &[Post]) -> String {
    let stamp = |date: DateTime<Utc>| date.to_rfc3339_opts(SecondsFormat::Secs, true);
    let mut entries = String::new();
    for post in posts {
        entries += "<entry>";
        let _ = tag(&mut entries, "id", post.guid.as_deref())
            .and_then(|()| tag(&mut entries, "title", post.title.as_deref()))
            .and_then(|()| match &post.link {
                Some(link) => write!(entries, "<link href=\"{}\"/>", escape(link)),
                None => Ok(()),
            })
            .and_then(|()| tag(&mut entries, "updated", post.date.map(stamp).as_deref()))
            .and_then(|()| tag(&mut entries, "published", post.date.map(stamp).as_deref()))
            .and_then(|()| match &post.body {
                Some(body) => write!(entries, "<content type=\"html\">{}</content>", escape(body)),
                None => Ok(()),
            });
        entries += "</entry>\n";
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\
         <id>urn:feed</id><title>{}</title><updated>2026-01-01T00:00:00Z</updated>\n\
         {entries}</feed>\n",
        escape(title)
    )
}

fn json(title: &str, posts: &[Post]) -> String {
    let items: Vec<serde_json::Value> = posts
        .iter()
        .map(|post| {
            let fields = [
                ("id", post.guid.clone()),
                ("title", post.title.clone()),
                ("url", post.link.clone()),
                ("date_published", post.date.map(|date| date.to_rfc3339())),
                ("content_html", post.body.clone()),
            ];
            let present = fields.into_iter().filter_map(|(k, v)| Some((k.to_owned(), v?.into())));
            serde_json::Value::Object(present.collect())
        })
        .collect();
    json!({"version": "https://jsonfeed.org/version/1.1", "title": title, "items": items})
        .to_string()
}

fn tag(xml: &mut String, name: &str, text: Option<&str>) -> std::fmt::Result {
    text.map_or(Ok(()), |text| write!(xml, "<{name}>{}</{name}>", escape(text)))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[test]
fn every_format_is_read_by_a_parser_not_ours() {
    let date = DateTime::from_timestamp(1_780_000_000, 0).expect("in range");
    let posts = [
        Post::new("1").titled("A & <B>").dated(date).saying("<p>é</p>"),
        Post::new("2").at("https://exemple.fr/?a=1&b=2").known_as("https://exemple.fr/two"),
    ];
    for format in [Format::Rss, Format::Atom, Format::Json] {
        let text = format.render("Le flux", &posts);
        let feed = feed_rs::parser::parse(text.as_bytes()).expect("a document");
        assert_eq!(feed.title.expect("a title").content, "Le flux");
        assert_eq!(feed.entries.len(), 2, "{format:?}");
        let first = &feed.entries[0];
        assert_eq!(first.id, "urn:post:1");
        assert_eq!(first.title.as_ref().expect("a title").content, "A & <B>");
        assert_eq!(first.published, Some(date));
        assert_eq!(feed.entries[1].links[0].href, "https://exemple.fr/?a=1&b=2");
        assert!(format.content_type().contains(match format {
            Format::Rss => "rss",
            Format::Atom => "atom",
            Format::Json => "json",
        }));
    }
    let bare = Format::Rss.render("t", &[Post::new("3").without_guid()]);
    assert!(!bare.contains("guid") && bare.contains("Post 3"));
}
