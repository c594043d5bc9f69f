//! What stands in a body and is no part of the text: shortcodes that a plugin left behind, links to
//! skip a menu, the line that says where the post first appeared.
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

/// The texts of links that skip a menu, in lower case.
const SKIP_LINKS: [&str; 6] = [
    "passer au contenu",
    "aller au contenu",
    "aller au contenu principal",
    "skip to content",
    "skip to main content",
    "skip to primary navigation",
];

/// `html`, a sanitised body, without its furniture.
pub fn remove(html: String) -> String {
    let html = if html.contains('[') { without_shortcodes(&html) } else { html };
    let html = without_notices(html);
    let html = without_skip_links(html);
    without_empty_paragraphs(html)
}

fn without_shortcodes(html: &str) -> String {
    let closed = closed_names(html);
    let mut out = String::with_capacity(html.len());
    let mut in_code = 0_usize;
    for piece in markup::pieces(html) {
        match piece {
            Piece::Text(text) if in_code == 0 => push_without_shortcodes(&mut out, text, &closed),
            Piece::Open { name: "pre" | "code", whole, .. } => {
                in_code += 1;
                out.push_str(whole);
            }
            Piece::Close { name: "pre" | "code", whole } => {
                in_code = in_code.saturating_sub(1);
                out.push_str(whole);
            }
            Piece::Text(whole) | Piece::Open { whole, .. } | Piece::Close { whole, .. } => {
                out.push_str(whole);
            }
        }
    }
    out
}

/// The names of all `[/name]` that close a `[name]` or `[name …]`.
fn closed_names(html: &str) -> HashSet<&str> {
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
fn push_without_shortcodes(out: &mut String, text: &str, closed: &HashSet<&str>) {
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

/// Without the paragraphs that say where the post first appeared.
fn without_notices(html: String) -> String {
    if !NOTICES.iter().any(|(_, words)| html.contains(words.trim())) {
        return html;
    }
    without_paragraphs(&html, |inner| {
        inner.len() <= LONGEST_NOTICE && {
            let text = text_of(inner);
            let text = text.trim();
            NOTICES.iter().any(|(first, words)| text.starts_with(first) && text.contains(words))
        }
    })
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

/// Without the `<p>…</p>` whose content `is_furniture`.
fn without_paragraphs(html: &str, is_furniture: impl Fn(&str) -> bool) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find("<p") {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let is_paragraph = matches!(from.as_bytes().get(2), Some(b'>' | b' '));
        let (Some(tag), Some(end)) = (from.find('>'), from.find("</p>")) else {
            out.push_str(from);
            return out;
        };
        if !is_paragraph || end < tag {
            out.push_str(&from[..2]);
            rest = &from[2..];
            continue;
        }
        if !is_furniture(&from[tag + 1..end]) {
            out.push_str(&from[..end + 4]);
        }
        rest = &from[end + 4..];
    }
    out.push_str(rest);
    out
}

/// Without links to the content of the page they stood in.
fn without_skip_links(html: String) -> String {
    let mut kept = html;
    let mut from = 0;
    while let Some(at) = kept[from..].find("<a ").map(|at| from + at) {
        let after_tag = kept[at..].find('>').map(|end| at + end + 1);
        let after_link = kept[at..].find("</a>").map(|end| at + end);
        let (Some(inner), Some(end)) = (after_tag, after_link) else { break };
        from = at + 3;
        if inner > end || !kept[at..inner].contains('#') || end - inner > 60 {
            continue;
        }
        if SKIP_LINKS.contains(&kept[inner..end].trim().to_lowercase().as_str()) {
            kept.replace_range(at..end + 4, "");
            from = at;
        }
    }
    kept
}

fn without_empty_paragraphs(html: String) -> String {
    let is_empty = |inner: &str| inner.replace("&nbsp;", " ").trim().is_empty();
    if !html.contains("<p> ")
        && !html.contains("<p>&nbsp;")
        && !html.contains("<p></p>")
        && !html.contains("<p>\n")
    {
        return html;
    }
    without_paragraphs(&html, is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftover_shortcodes_go_in_every_quote_style() {
        for html in [
            "[amazon box=\"B01\"]",
            "[amazon box='B01' /]",
            "[foo bar=“x”]",
            "[foo bar=″x″]",
            "[foo bar=&quot;x&quot;]",
            "[foo bar=&#8221;x&#8221;]",
            "[gallery]",
            "[vc_row][/vc_row]",
            "[am[toc]azon]",
        ] {
            assert_eq!(
                remove(format!("<p>a</p><p>{html}</p><p>b</p>")),
                "<p>a</p><p>b</p>",
                "{html}"
            );
        }
    }

    #[test]
    fn the_text_inside_a_pair_stays() {
        let html = "[caption id=\"x\" width=\"300\"]<img src=\"https://e.fr/i\"> légende[/caption]";
        assert_eq!(remove(html.to_owned()), "<img src=\"https://e.fr/i\"> légende");
        assert_eq!(remove("[box]texte[/box]".to_owned()), "texte");
    }

    #[test]
    fn brackets_that_mean_something_stay() {
        for html in [
            "Il dit [...] puis […] et [1], [sic], [MàJ], [Test], [note 2], [/s]",
            "<pre>[amazon box=\"x\"]</pre> <code>[gallery]</code>",
            "a[i] = b[j=0]",
            "[] [ ] [[x]] ]x[",
        ] {
            assert_eq!(remove(html.to_owned()), html);
        }
    }

    #[test]
    fn notices_and_skip_links_go() {
        for html in [
            "<p>The post <a href=\"https://e.fr/a\">A</a> appeared first on <a href=\"https://e.fr\">E</a>.</p>",
            "<p>L’article <a href=\"https://e.fr/a\">A</a> est apparu en premier sur <a href=\"https://e.fr\">E</a>.</p>",
            "<a href=\"https://e.fr/#content\" rel=\"noopener noreferrer\">Aller au contenu</a>",
            "<p>&nbsp;</p>",
        ] {
            assert_eq!(remove(format!("<p>texte</p>{html}")), "<p>texte</p>", "{html}");
        }
        let kept = "<p>The post office appeared in 1840.</p><pre>x</pre>";
        assert_eq!(remove(kept.to_owned()), kept);
    }
}
