//! An article of a French newspaper as its feed carries it: all of it arrives, and nothing else.

use std::path::PathBuf;

use crate::journeys::Village;
use crate::world::mill::Mill;
use crate::world::publisher::Reply;
use crate::world::runner;

/// What the merged feed shows of the first item of `document`.
fn shown(document: String) -> serde_json::Value {
    let village = Village::with("");
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: {}\r\n\r\n",
        document.len()
    );
    let answer = [head.into_bytes(), document.into_bytes()].concat();
    village.publisher.answers("/rss", Reply::Wire(answer));
    let mill = Mill::start(&village.home, &village.clock);
    let merged = mill.get("/feeds/all.json");
    mill.stop();
    let merged: serde_json::Value = serde_json::from_slice(&merged.body).expect("JSON");
    merged["items"][0].clone()
}

fn assert_holds(item: &serde_json::Value, kept: &[&str], gone: &[&str]) {
    let html = item["content_html"].as_str().expect("a body");
    let body = html.replace("&nbsp;", "\u{a0}");
    for text in kept {
        assert!(body.contains(text), "lacks {text}: {body}");
    }
    for text in gone {
        assert!(!body.contains(text), "holds {text}: {body}");
    }
    let summary = item["summary"].as_str().unwrap_or_default();
    assert!(kept.iter().any(|text| text.starts_with(summary.trim_end_matches('…'))), "{summary}");
}

/// A post as WordPress and its plugins write it, by hand.
const POST: &str =
    include_str!("../feeds/clean/an-article-keeps-its-text-and-loses-its-furniture.xml");

#[test]
fn an_article_keeps_its_text_and_loses_its_furniture() {
    let item = shown(POST.to_owned());
    assert_eq!(item["title"], "Le pont de Saint-Cyr : la mairie hésite, le département tranche");
    assert_holds(
        &item,
        &[
            "Après deux ans de débats, le pont de Saint-Cyr sera reconstruit en bois.",
            "Crédits : Lou Mercier pour la Gazette",
            "Le conseil a voté par onze voix contre quatre [...] et le préfet [1] a signé.",
            "« Nous n’avions\u{a0}plus le choix\u{202f}», dit la maire.",
            "Un chantier de neuf mois",
            "Les travaux commencent en mars, annonce la Gazette dans sa newsletter.",
            "<code>[pont id=\"3\"]</code>",
        ],
        &[
            "Passer au contenu",
            "[amazon",
            "[gallery",
            "Partager",
            "Twitter",
            "Google Actualités",
            "est apparu en premier",
            "commentaires",
            "Encore un pont",
            "fermés",
            "Articles similaires",
            "Un autre pont",
            "Mode",
            "pixel.wp.com",
        ],
    );
}

#[test]
fn the_article_the_mill_was_conceived_from_keeps_its_text_and_loses_its_furniture() {
    let Some(corpora) = runner::variable("FEEDMILL_CORPORA").map(PathBuf::from) else {
        return runner::skip("the article", "FEEDMILL_CORPORA is not set");
    };
    let feed = std::fs::read_to_string(corpora.join("seed/feed.xml")).expect("the article");
    let text = std::fs::read_to_string(corpora.join("seed/article.txt")).expect("its text");
    // Behind the title: the chapô, the credits, the paragraphs and the subheading, up to the shortcode.
    let kept: Vec<&str> = text
        .split("\n\n")
        .map(str::trim)
        .skip_while(|line| !line.starts_with("Alors que"))
        .take_while(|line| !line.starts_with("[amazon"))
        .collect();
    assert_eq!(kept.len(), 6, "{kept:?}");
    let gone = [
        "Passer au contenu",
        "[amazon",
        "Google Actualités",
        "newsletter",
        "est apparu en premier",
        "commentaires",
        "<p>Mode</p>",
    ];
    let item = shown(feed);
    let title = item["title"].as_str().expect("a title").replace('\u{a0}', " ");
    assert_eq!(title, "TikTok : Microsoft hors-jeu, Oracle en passe de conclure un partenariat");
    assert_holds(&item, &kept, &gone);
    // The same as text, with the comments and the switch of the page it was copied from.
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    let as_text = format!(
        "<rss version=\"2.0\"><channel><title>x</title><item><title>y</title><guid>1</guid>\
         <description>{escaped}</description></item></channel></rss>"
    );
    let item = shown(as_text);
    let mut gone = gone.to_vec();
    gone.extend(["non s’ils", "faut s’attendre", "fermés", "Mode"]);
    let html = item["content_html"].as_str().expect("a body");
    assert!(kept.iter().all(|text| html.replace("&nbsp;", "\u{a0}").contains(text)), "{html}");
    assert!(gone.iter().all(|text| !html.contains(text)), "{html}");
}
