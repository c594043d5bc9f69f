//! What a page says about its article: title, picture, author, language, description.
//!
//! Pages say it in JSON-LD (schema.org), in Open Graph and in plain `<meta>`; what they say is
//! believed where it is of use and cannot harm.

use dom_query::Document;

use super::words::Article;
use crate::clean::plain;
use crate::clean::sanitise::Cleaned;
use crate::model::url::WebUrl;

/// What a page says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hints {
    /// The article's title.
    pub title: Option<String>,
    /// What it is about: often its first lines.
    pub description: Option<String>,
    /// The address of its picture.
    pub image: Option<String>,
    /// Its author.
    pub byline: Option<String>,
    /// Its language.
    pub language: Option<String>,
    /// What the site is called.
    pub site: Option<String>,
    /// Its text, without markup.
    pub text: Option<String>,
}

/// The longest text of an article in JSON-LD that is compared with the page, in bytes.
const LONGEST_TEXT: usize = 100_000;
/// The longest block of JSON-LD that is read, in bytes.
const LONGEST_JSON: usize = 500_000;
/// How deep what is said may lie in other things.
const DEEPEST_JSON: usize = 6;

/// Reads what `page` says.
pub fn read(page: &Document) -> Hints {
    let mut hints = Hints::default();
    for script in page.select("script").nodes() {
        let is_json = script.attr("type").is_some_and(|kind| kind.contains("ld+json"));
        let text = script.text();
        if is_json
            && text.len() <= LONGEST_JSON
            && let Ok(json) = serde_json::from_str::<serde_json::Value>(text.trim())
        {
            said(&mut hints, &json, DEEPEST_JSON);
        }
    }
    let meta = |names: &[&str]| {
        names.iter().find_map(|name| {
            ["property", "name", "itemprop"].iter().find_map(|attribute| {
                let content =
                    page.select(&format!("meta[{attribute}=\"{name}\"]")).attr("content")?;
                let content = content.trim();
                (!content.is_empty()).then(|| content.to_owned())
            })
        })
    };
    hints.text = hints.text.filter(|text| text.len() <= LONGEST_TEXT);
    hints.title = hints.title.or_else(|| meta(&["og:title", "twitter:title"]));
    hints.description =
        meta(&["og:description", "description", "twitter:description"]).or(hints.description);
    hints.image =
        meta(&["og:image", "og:image:url", "twitter:image", "twitter:image:src"]).or(hints.image);
    hints.byline = hints
        .byline
        .or_else(|| meta(&["author", "dc.creator", "parsely-author", "sailthru.author"]));
    hints.site = meta(&["og:site_name", "application-name"]);
    let html = page.select("html[lang]").attr("lang");
    hints.language = html.map(|lang| lang.trim().to_owned()).filter(|lang| !lang.is_empty());
    hints
}

/// The kinds of thing that are an article.
fn is_article(kind: &serde_json::Value) -> bool {
    let is = |kind: &serde_json::Value| {
        kind.as_str().is_some_and(|kind| {
            kind.ends_with("Article")
                || kind.ends_with("Posting")
                || kind.ends_with("NewsReport")
                || kind == "Report"
        })
    };
    match kind {
        serde_json::Value::Array(kinds) => kinds.iter().any(is),
        one => is(one),
    }
}

fn said(hints: &mut Hints, json: &serde_json::Value, deepest: usize) {
    if deepest == 0 {
        return;
    }
    match json {
        serde_json::Value::Array(things) => {
            things.iter().take(50).for_each(|thing| said(hints, thing, deepest - 1));
        }
        serde_json::Value::Object(thing) => {
            if thing.get("@type").is_some_and(is_article) {
                let text = |key: &str| thing.get(key).and_then(first_text);
                hints.title = hints.title.take().or_else(|| text("headline"));
                hints.description = hints.description.take().or_else(|| text("description"));
                hints.image = hints.image.take().or_else(|| text("image"));
                hints.byline = hints.byline.take().or_else(|| text("author"));
                hints.text = hints.text.take().or_else(|| text("articleBody"));
            }
            for key in ["@graph", "mainEntity", "mainEntityOfPage"] {
                if let Some(inner) = thing.get(key) {
                    said(hints, inner, deepest - 1);
                }
            }
        }
        _ => {}
    }
}

/// A text, or that of the first of a list, or the name or address of a thing.
fn first_text(json: &serde_json::Value) -> Option<String> {
    let found = match json {
        serde_json::Value::String(text) => Some(text.as_str()),
        serde_json::Value::Array(things) => return things.first().and_then(first_text),
        serde_json::Value::Object(thing) => {
            ["name", "url"].iter().find_map(|key| thing.get(*key)).and_then(|text| text.as_str())
        }
        _ => None,
    };
    found.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

impl Hints {
    /// The article that has a body, with what the page says about it.
    pub fn about(&self, cleaned: Cleaned, length: usize, url: &WebUrl) -> Article {
        let image = self.image.as_ref().and_then(|image| WebUrl::join(url, image).ok());
        Article {
            title: plain::title(self.title.as_deref().unwrap_or_default()),
            body: cleaned.body,
            removed: cleaned.removed,
            image,
            byline: self
                .byline
                .as_deref()
                .filter(|name| !name.starts_with("http"))
                .map(plain::label),
            language: self.language.clone().filter(|language| is_language(language)),
            length,
        }
    }
}

fn is_language(tag: &str) -> bool {
    tag.len() <= 35 && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
