//! From a page to its article.
//!
//! `dom_smoothie` finds where the article is, as Mozilla's Readability does; what it dropped of it
//! is put back ([`super::restore`]), what the site put into it goes ([`super::prune`]), and what
//! remains is cleaned as any body. Where it finds next to nothing, what the page itself names as its
//! article is taken.

use dom_query::Document;
use dom_smoothie::{Config, Readability};

use super::hints::Hints;
use super::publisher::Publisher;
use super::words::{Article, NoArticle};
use super::{blocks, hints, outside, page, prune, restore};
use crate::clean::{entities, prose, sanitise};
use crate::model::document::RawHtml;
use crate::model::removed::Removed;
use crate::model::text::SafeHtml;
use crate::model::url::WebUrl;

/// What pages name as their article, the surest first.
const NAMED: [&str; 6] = [
    "[itemprop~=articleBody]",
    ".entry-content",
    ".article-body",
    ".post-content",
    "article",
    "main",
];
/// How much longer what the page names must be than what was found, to be taken instead.
const MUCH_LONGER: usize = 2;
/// What is shorter than this, in characters, may be a wrong find.
const DOUBTFUL: usize = 1_200;

/// Finds the article in `html`, the text of the page at `url`.
///
/// # Errors
/// Why there is none.
pub fn extract(html: &str, url: &WebUrl) -> Result<Article, NoArticle> {
    let html = page::scan(html).map_err(NoArticle::Beyond)?;
    let document = Document::from(html);
    let hints = hints::read(&document);
    let blocks = blocks::number(&document);
    let publisher = Publisher::new(url, hints.site.as_deref());
    let paragraphs = |html: &str| paragraphs(html, &publisher);
    let found = match find(&document, url) {
        Some(found) => match paragraphs(&found) {
            length if length < DOUBTFUL => named(&document)
                .filter(|named| paragraphs(named) > length * MUCH_LONGER)
                .unwrap_or(found),
            _ => found,
        },
        None => match named(&document) {
            Some(named) => named,
            None => return told(&hints, url).ok_or(NoArticle::NotFound),
        },
    };
    let content = Document::fragment(found);
    restore::restore(&content, &blocks, &hints);
    let mut removed = Removed::default();
    let kept = blocks::numbers_in(&content);
    prune::prune(&content, &publisher, &mut removed);
    outside::tell(&blocks, &kept, &mut removed);
    let mut html = lead_image(&content, &hints, url).unwrap_or_default();
    html.push_str(&content.html());
    let mut cleaned = sanitise::clean(&RawHtml(html), Some(url));
    removed.absorb(std::mem::take(&mut cleaned.removed));
    cleaned.removed = removed;
    let length = length(&cleaned.body);
    match told(&hints, url) {
        Some(told) if told.length > length * MUCH_LONGER => Ok(told),
        Some(_) | None if length == 0 && content.select("img").is_empty() => {
            Err(NoArticle::TooShort)
        }
        Some(_) | None => Ok(hints.about(cleaned, length, url)),
    }
}

fn length(body: &SafeHtml) -> usize {
    prose::text(body).as_str().chars().count()
}

fn find(page: &Document, url: &WebUrl) -> Option<String> {
    let config = Config { keep_classes: true, disable_json_ld: true, ..Config::default() };
    let readability = Readability::with_document(page.clone(), Some(url.as_str()), Some(config));
    let found = readability.ok()?.parse().ok()?;
    Some(found.content.to_string())
}

/// What the page names as its article, if it names one thing.
fn named(page: &Document) -> Option<String> {
    NAMED.iter().find_map(|name| {
        let found = page.select(name);
        match found.nodes() {
            [one] => Some(one.html().to_string()),
            _ => None,
        }
    })
}

/// How much text the paragraphs and items of `html` hold, in characters, boilerplate apart.
fn paragraphs(html: &str, publisher: &Publisher) -> usize {
    let content = Document::fragment(html.to_owned());
    prune::prune(&content, publisher, &mut Removed::default());
    let texts = content.select("p, li");
    texts.nodes().iter().map(|node| node.normalized_char_count()).sum()
}

/// The page's picture, if the article shows none.
fn lead_image(content: &Document, hints: &Hints, url: &WebUrl) -> Option<String> {
    let image = hints.image.as_ref().filter(|_| content.select("img").is_empty())?;
    let image = WebUrl::join(url, image).ok()?;
    Some(format!("<figure><img src=\"{}\"></figure>", entities::escape(image.as_str())))
}

/// The article as JSON-LD has it, without markup.
fn told(hints: &Hints, url: &WebUrl) -> Option<Article> {
    let text = hints.text.as_ref()?;
    let cleaned = sanitise::clean(&RawHtml(entities::escape(text)), Some(url));
    let length = length(&cleaned.body);
    (length > DOUBTFUL / 2).then(|| hints.about(cleaned, length, url))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clean::article::words::TooMuch;

    const PAGE: &str = include_str!("fixtures/wordpress.html");

    fn url() -> WebUrl {
        WebUrl::parse("https://journal.example/2026/03/moulin/").expect("a URL")
    }

    fn article(html: &str) -> Article {
        extract(html, &url()).expect("an article")
    }

    #[test]
    fn a_page_of_wordpress_keeps_what_its_author_wrote() {
        let found = article(PAGE);
        assert_eq!(found.title.as_str(), "Le moulin tourne de nouveau");
        assert_eq!(found.byline.map(|name| name.as_str().to_owned()), Some("Zoé Meunier".into()));
        assert_eq!(found.language.as_deref(), Some("fr-FR"));
        let image = "https://journal.example/images/moulin.jpg";
        assert_eq!(found.image.as_ref().map(WebUrl::as_str), Some(image));
        let text = prose::text(&found.body);
        let lines: Vec<&str> = text.as_str().lines().filter(|line| !line.is_empty()).collect();
        let starts = [
            "Après dix ans de silence",
            "Crédits : Yves Leblond",
            "Le 6 mars",
            "La commune",
            "Une roue neuve",
            "« Il fallait",
        ];
        assert_eq!(lines.len(), starts.len(), "{lines:#?}");
        for (line, start) in lines.iter().zip(starts) {
            assert!(line.starts_with(start), "{line:?} is not {start:?}");
        }
    }

    #[test]
    fn what_is_not_the_article_is_gone() {
        let html = article(PAGE).body.as_str().to_owned();
        for gone in [
            "Passer au contenu",
            "[galerie",
            "abonnez-vous",
            "Partager",
            "À lire aussi",
            "commentaire",
            "Mode",
            "<script",
            "class=",
        ] {
            assert!(!html.contains(gone), "{gone} is left: {html}");
        }
    }

    #[test]
    fn a_page_without_a_text_has_none_and_says_why() {
        let page = |body: &str| format!("<html><body>{body}</body></html>");
        for (html, why) in [
            (String::new(), NoArticle::NotFound),
            (page(""), NoArticle::NotFound),
            (page(&"<div>".repeat(50_000)), NoArticle::Beyond(TooMuch::Depth)),
        ] {
            let found = extract(&html, &url());
            let is_none = matches!(found, Err(NoArticle::NotFound | NoArticle::TooShort));
            assert!(found == Err(why) || is_none && why == NoArticle::NotFound, "{found:?}");
        }
    }

    #[test]
    fn an_article_that_only_json_ld_has_is_taken_from_there() {
        let text = "Le meunier a repris son moulin, et le village s’est retrouvé. ".repeat(20);
        let json = format!("{{\"@type\": [\"NewsArticle\"], \"articleBody\": \"{text}\"}}");
        let html = format!(
            "<html><head><script type=application/ld+json>{json}</script></head>\
             <body><div id=app></div></body></html>"
        );
        assert!(article(&html).length > 1_000);
    }

    #[test]
    fn paragraphs_that_the_extraction_drops_come_back() {
        let line = "Le meunier a repris son moulin, et le village, qui l’attendait, est venu. ";
        let story = |n: usize| format!("<p class=story-text>Partie {n}. {}</p>", line.repeat(3));
        let many = |range: std::ops::Range<usize>| range.map(story).collect::<String>();
        let html = format!(
            "<html><body><article><h1>Le moulin</h1><div>{}</div><div class=text>{}</div></article>\
             </body></html>",
            story(0),
            many(1..9)
        );
        let text = prose::text(&article(&html).body);
        for n in 0..9 {
            assert!(text.as_str().contains(&format!("Partie {n}.")), "{n}: {}", text.as_str());
        }
    }
}
