//! Hostile HTML, cleaned and parsed again where it stands: nothing that could act is left.

use scraper::Html;

use crate::world::vectors;

/// What could act in a page, by element, attribute or address.
fn leftovers(html: &str) -> Vec<String> {
    const ACTIVE: [&str; 22] = [
        "script", "iframe", "frame", "object", "embed", "applet", "form", "input", "button",
        "select", "textarea", "svg", "math", "style", "link", "meta", "base", "template", "audio",
        "video", "noscript", "details",
    ];
    let page = format!("<!DOCTYPE html><html><head></head><body>{html}</body></html>");
    let mut found = Vec::new();
    for node in Html::parse_document(&page).tree.values() {
        let Some(element) = node.as_element() else { continue };
        if ACTIVE.contains(&element.name()) {
            found.push(format!("<{}>", element.name()));
        }
        for (name, value) in element.attrs() {
            let value: String =
                value.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
            let scheme = value.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
            let is_address = matches!(name, "href" | "src" | "cite");
            let is_web = matches!(scheme.as_deref(), Some("http" | "https" | "mailto"));
            let is_hostile = name.starts_with("on")
                || matches!(name, "style" | "srcset" | "srcdoc" | "formaction" | "background")
                || (is_address && !is_web);
            if is_hostile {
                found.push(format!("{name}={value}"));
            }
        }
    }
    found
}

#[test]
fn nothing_that_acts_is_left_in_a_page_a_mail_or_a_feed() {
    let vectors = vectors::all();
    for (place, bodies) in vectors::places(&vectors) {
        for body in &bodies {
            assert_eq!(leftovers(body), [""; 0], "{place}: {body}");
        }
    }
}

#[test]
fn what_acts_is_seen_where_it_is_left() {
    for html in [
        "<td><script>x</script></td>",
        "<img src=x onerror=y>",
        "<a href=\"java\nscript:x\">y</a>",
        "<table><td><iframe></iframe></td></table>",
        "<p style=x>y</p>",
    ] {
        assert_ne!(leftovers(html), [""; 0], "{html}");
    }
}
