//! Addresses inside a sanitised body: each is absolute and of the web, or gone.
//!
//! Ammonia has already refused other schemes; what is relative is resolved here, where the body's
//! base is known, and every address is written as the URL parser writes it. Pictures that nobody
//! could see, and links that lead nowhere, go.

use super::entities;
use super::markup::{self, Piece};
use crate::model::url::WebUrl;

/// The largest picture, in pixels of either side, that is taken for a counter of readers.
const TRACKER_PIXELS: u32 = 2;

/// `html`, as ammonia wrote it, with its addresses settled.
pub fn settle(html: String, base: Option<&WebUrl>) -> String {
    if !html.contains("<a") && !html.contains("<img") && !html.contains(" cite=\"") {
        return html;
    }
    let mut out = String::with_capacity(html.len() + html.len() / 8);
    let mut links = Vec::new();
    for piece in markup::pieces(&html) {
        match piece {
            Piece::Open { name: "a", attributes, .. } => {
                let link = href(attributes, base);
                links.push(link.is_some());
                if let Some(link) = link {
                    write_link(&mut out, &link, attributes);
                }
            }
            Piece::Close { name: "a", whole } => {
                if links.pop().unwrap_or(false) {
                    out.push_str(whole);
                }
            }
            Piece::Open { name: "img", attributes, .. } => {
                write_picture(&mut out, attributes, base)
            }
            Piece::Open { name: name @ ("blockquote" | "q"), attributes, .. } => {
                write_quotation(&mut out, name, attributes, base);
            }
            Piece::Text(whole) | Piece::Open { whole, .. } | Piece::Close { whole, .. } => {
                out.push_str(whole);
            }
        }
    }
    out
}

fn value<'a>(attributes: &'a str, wanted: &str) -> Option<&'a str> {
    markup::attributes(attributes).find(|(name, _)| *name == wanted).map(|(_, value)| value)
}

fn href(attributes: &str, base: Option<&WebUrl>) -> Option<String> {
    let address = entities::decode(value(attributes, "href")?);
    let address = address.trim();
    if address.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:")) {
        return url::Url::parse(address).ok().map(String::from);
    }
    web(address, base).map(|url| url.as_str().to_owned())
}

/// The address of the web that `address` means in a document found at `base`.
fn web(address: &str, base: Option<&WebUrl>) -> Option<WebUrl> {
    if address.is_empty() {
        return None;
    }
    match base {
        Some(base) => WebUrl::join(base, address).ok(),
        None => WebUrl::parse(address).ok(),
    }
}

fn write_link(out: &mut String, link: &str, attributes: &str) {
    out.push_str("<a");
    write_address(out, "href", link);
    write_others(out, attributes, &["href", "rel"]);
    out.push_str(" rel=\"noopener noreferrer\">");
}

fn write_picture(out: &mut String, attributes: &str, base: Option<&WebUrl>) {
    let Some(source) = value(attributes, "src") else { return };
    let Some(source) = web(entities::decode(source).trim(), base) else { return };
    let side = |name| value(attributes, name).and_then(|pixels| pixels.parse::<u32>().ok());
    let is_tiny = |name| side(name).is_some_and(|pixels| pixels <= TRACKER_PIXELS);
    if is_tiny("width") || is_tiny("height") {
        return;
    }
    out.push_str("<img");
    write_address(out, "src", source.as_str());
    write_others(out, attributes, &["src"]);
    out.push('>');
}

fn write_quotation(out: &mut String, name: &str, attributes: &str, base: Option<&WebUrl>) {
    out.push('<');
    out.push_str(name);
    if let Some(source) = value(attributes, "cite")
        && let Some(source) = web(entities::decode(source).trim(), base)
    {
        write_address(out, "cite", source.as_str());
    }
    write_others(out, attributes, &["cite"]);
    out.push('>');
}

fn write_address(out: &mut String, name: &str, address: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    for c in address.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("%22"),
            '<' => out.push_str("%3C"),
            '>' => out.push_str("%3E"),
            _ => out.push(c),
        }
    }
    out.push('"');
}

fn write_others(out: &mut String, attributes: &str, except: &[&str]) {
    for (name, value) in markup::attributes(attributes) {
        if !except.contains(&name) {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            out.push_str(value);
            out.push('"');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(html: &str) -> String {
        let base = WebUrl::parse("https://exemple.fr/a/b?c").expect("a URL");
        settle(html.to_owned(), Some(&base))
    }

    #[test]
    fn relative_addresses_are_resolved() {
        for (given, kept) in [
            ("../x?y=1&amp;z", "https://exemple.fr/x?y=1&amp;z"),
            ("//autre.fr", "https://autre.fr/"),
            ("#haut", "https://exemple.fr/a/b?c#haut"),
            ("MAILTO:a@b.fr", "mailto:a@b.fr"),
        ] {
            assert_eq!(
                settled(&format!("<a href=\"{given}\" title=\"t\">x</a>")),
                format!("<a href=\"{kept}\" title=\"t\" rel=\"noopener noreferrer\">x</a>")
            );
        }
    }

    #[test]
    fn links_that_lead_nowhere_go_and_their_text_stays() {
        for href in ["javascript:alert(1)", "data:text/html,x", "http://", "tel:1", ""] {
            assert_eq!(settled(&format!("a <a href=\"{href}\">b</a> c")), "a b c", "{href}");
        }
        assert_eq!(settled("<a rel=\"x\">b</a>"), "b");
        let relative = settle("<a href=\"/x\">y</a><img src=\"z.png\">".to_owned(), None);
        assert_eq!(relative, "y");
    }

    #[test]
    fn pictures_nobody_could_see_go() {
        let kept = "<img src=\"https://exemple.fr/a/i.png\" alt=\"a &amp; b\" width=\"3\">";
        assert_eq!(settled("<img src=\"i.png\" alt=\"a &amp; b\" width=\"3\">"), kept);
        for gone in [
            "<img alt=\"x\">",
            "<img src=\"data:image/gif;base64,R0\">",
            "<img src=\"https://t.fr/p\" width=\"1\" height=\"1\">",
            "<img src=\"https://t.fr/p\" height=\"0\">",
        ] {
            assert_eq!(settled(gone), "", "{gone}");
        }
    }
}
