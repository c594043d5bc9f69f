//! What stands in a body and is no part of the text: shortcodes that a plugin left behind, links to
//! skip a menu, the line that says where the post first appeared, the line at the end that asks to
//! subscribe.
//!
//! It works on the sanitiser's output. Code is left alone, and so are brackets that mean something
//! to readers: `[...]`, `[…]`, `[1]`, `[sic]`, `[MàJ]`.

use std::collections::HashSet;

use super::entities;
use super::markup::{self, Piece};

/// Shortcodes that are removed wherever they stand.
const SHORTCODES: [&str; 20] = [
    "ad",
    "ads",
    "adrotate",
    "adsense",
    "amazon",
    "audio",
    "caption",
    "contact-form",
    "contact-form-7",
    "embed",
    "gallery",
    "playlist",
    "rev_slider",
    "toc",
    "video",
    "wp_ad_camp",
    "youtube",
    "pullquote",
    "sc",
    "ngg",
];
/// Families of shortcodes, by how their names begin.
const FAMILIES: [&str; 6] = ["vc_", "et_pb_", "su_", "fusion_", "av_", "wpvideo"];

/// How many closing shortcodes are looked at.
const MAX_PAIRS: usize = 100;
/// The longest shortcode, in bytes.
const LONGEST_SHORTCODE: usize = 2_000;
/// The longest line that says where a post first appeared, in bytes of markup.
const LONGEST_NOTICE: usize = 1_500;

/// What the first words of such a line are, and the words that must follow.
const NOTICES: [(&str, &str); 9] = [
    ("The post ", " appeared first on "),
    ("The post ", " first appeared on "),
    ("L’article ", " est apparu en premier sur "),
    ("L'article ", " est apparu en premier sur "),
    ("Cet article ", " est apparu en premier sur "),
    ("Der Beitrag ", " erschien zuerst auf "),
    ("La entrada ", " se publicó primero en "),
    ("L'articolo ", " proviene da "),
    ("L’articolo ", " proviene da "),
];

/// The longest text of a link that skips a menu, in bytes.
const LONGEST_SKIP_LINK: usize = 60;
/// The texts of links that skip a menu, in lower case.
const SKIP_LINKS: [&str; 6] = [
    "passer au contenu",
    "aller au contenu",
    "aller au contenu principal",
    "skip to content",
    "skip to main content",
    "skip to primary navigation",
];

/// The names of all `[/name]` that close a `[name]` or `[name …]`.
pub fn closed_names(html: &str) -> HashSet<&str> {
    let opens = |name: &str| {
        html.match_indices(&format!("[{name}"))
            .any(|(at, _)| html[at + 1 + name.len()..].starts_with([']', ' ', '/']))
    };
    html.match_indices("[/")
        .filter_map(|(at, _)| html[at + 2..].split_once(']'))
        .map(|(name, _)| name)
        .filter(|name| is_name(name))
        .take(MAX_PAIRS)
        .collect::<HashSet<_>>()
        .into_iter()
        .filter(|name| opens(name))
        .collect()
}

fn is_name(name: &str) -> bool {
    name.len() <= 40
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// Adds `text`; whenever a bracket closes, what stands since the last one that opened is judged, so
/// that what a removal brings together is judged again.
pub fn push_without_shortcodes(out: &mut String, text: &str, closed: &HashSet<&str>) {
    let start = out.len();
    let mut opened = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['[', ']']) {
        out.push_str(&rest[..at]);
        if rest.as_bytes()[at] == b'[' {
            opened.push(out.len());
            out.push('[');
        } else if let Some(from) = opened.pop() {
            let is_near = out.len() - from <= LONGEST_SHORTCODE && from >= start;
            if is_near && is_shortcode(&out[from + 1..], closed) {
                out.truncate(from);
            } else {
                out.push(']');
            }
        } else {
            out.push(']');
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// Whether `inner`, what stands between two brackets, is a shortcode or the end of one.
fn is_shortcode(inner: &str, closed: &HashSet<&str>) -> bool {
    if let Some(name) = inner.strip_prefix('/') {
        return is_name(name) && (is_known(name) || closed.contains(name));
    }
    let inner = inner.trim_end().trim_end_matches('/');
    let end = inner.find(|c: char| c.is_whitespace()).unwrap_or(inner.len());
    let (name, attributes) = (&inner[..end], inner[end..].trim());
    if !is_name(name) {
        return false;
    }
    is_known(name) || closed.contains(name) || has_quoted_attribute(attributes)
}

fn is_known(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SHORTCODES.contains(&name.as_str()) || FAMILIES.iter().any(|family| name.starts_with(family))
}

/// Whether `attributes` begins as `key="…"`, in any of the quotes that editors make of `"`.
fn has_quoted_attribute(attributes: &str) -> bool {
    let Some((key, value)) = attributes.split_once('=') else { return false };
    let value = entities::decode(value.trim_start());
    is_name(key.trim()) && value.starts_with(['"', '\'', '“', '”', '″', '«', '‘', '’', '„'])
}

/// Whether a paragraph's content is nothing, or only says where the post first appeared.
pub fn is_furniture(inner: &str) -> bool {
    if inner.len() < 200 && inner.replace("&nbsp;", "").trim().is_empty() {
        return true;
    }
    if inner.len() > LONGEST_NOTICE || !NOTICES.iter().any(|(first, _)| inner.starts_with(first)) {
        return false;
    }
    let text = text_of(inner);
    NOTICES.iter().any(|(first, words)| text.starts_with(first) && text.contains(words))
}

/// Whether a link, without its end tag, only skips a menu of the page it stood in.
pub fn is_skip_link(link: &str) -> bool {
    let Some((tag, text)) = link.split_once('>') else { return false };
    text.len() <= LONGEST_SKIP_LINK
        && tag.contains('#')
        && SKIP_LINKS.contains(&text.trim().to_lowercase().as_str())
}

fn text_of(html: &str) -> String {
    markup::pieces(html)
        .filter_map(|piece| match piece {
            Piece::Text(text) => Some(entities::decode(text)),
            Piece::Open { .. } | Piece::Close { .. } => None,
        })
        .collect::<String>()
        .replace('\u{a0}', " ")
}

/// In how many paragraphs at the end a promotion may stand.
const LAST_PARAGRAPHS: usize = 3;
/// The longest promotion, in characters of text.
const LONGEST_PROMOTION: usize = 200;

/// What a promotion asks for, in lower case.
const ASKED: [&str; 14] = [
    "abonnez-vous",
    "inscrivez-vous",
    "suivez-nous",
    "suivez ",
    "rejoignez",
    "retrouvez-nous",
    "recevez ",
    "ne manquez ",
    "ne rien manquer",
    "ne manquer aucun",
    "subscribe",
    "sign up",
    "follow us",
    "join us",
];
/// And where.
const PLACES: [&str; 17] = [
    "newsletter",
    "google actualités",
    "google news",
    "google discover",
    "réseaux sociaux",
    "facebook",
    "twitter",
    "instagram",
    "whatsapp",
    "telegram",
    "discord",
    "linkedin",
    "bluesky",
    "mastodon",
    "youtube",
    "notre chaîne",
    "flux rss",
];

/// `html` without the promotions among its last paragraphs; never without all of its text.
pub fn without_promotions(mut html: String) -> String {
    'again: loop {
        let mut end = html.len();
        for _ in 0..LAST_PARAGRAPHS {
            let Some(close) = html[..end].rfind("</p>") else { return html };
            let Some(open) = html[..close].rfind("<p") else { return html };
            if is_promotion(&html[open..close]) && !text_of(&html[..open]).trim().is_empty() {
                html.replace_range(open..close + 4, "");
                html.truncate(html.trim_ascii_end().len());
                continue 'again;
            }
            end = open;
        }
        return html;
    }
}

/// Whether a paragraph, without its end tag, is short and asks to follow or to subscribe somewhere.
fn is_promotion(paragraph: &str) -> bool {
    let Some((tag, inner)) = paragraph.split_once('>') else { return false };
    let is_paragraph = tag == "<p" || tag.starts_with("<p ");
    if !is_paragraph || inner.len() > 10 * LONGEST_PROMOTION {
        return false;
    }
    let text = text_of(inner).to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    text.chars().count() < LONGEST_PROMOTION && has(&ASKED) && has(&PLACES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promotions_at_the_end_go() {
        let text = "<p>Un paragraphe.</p>";
        for promotion in [
            "<p><strong>🟣 Pour ne manquer aucune news, abonnez-vous sur Google&nbsp;Actualités.</strong></p>",
            "<p>Suivez-nous sur <a href=\"https://e.fr\">Facebook</a>&nbsp;!</p>",
            "<p>Subscribe to our newsletter</p>\n<p>Follow us on Twitter</p>",
        ] {
            assert_eq!(without_promotions(format!("{text}{promotion}")), text, "{promotion}");
        }
    }

    #[test]
    fn what_is_no_promotion_stays() {
        let article = "<p>La newsletter de Facebook compte un million d’abonnés.</p>";
        let first = "<p>Abonnez-vous à notre newsletter.</p>";
        let long = format!("<p>Suivez-nous sur Twitter. {}</p>", "Du texte. ".repeat(30));
        for html in [
            article.to_owned(),
            first.to_owned(),
            format!("<p>a</p>{long}"),
            format!("<p>a</p>{first}{}", article.repeat(3)),
        ] {
            assert_eq!(without_promotions(html.clone()), html);
        }
    }
}
