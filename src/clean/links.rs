//! Addresses inside a sanitised body: each is absolute and of the web, or gone.
//!
//! Ammonia has already refused other schemes; what is relative is resolved here, where the body's
//! base is known, and every address is written as the URL parser writes it. Pictures that nobody
//! could see, and links that lead nowhere, go.

use super::{entities, markup, trackers};
use crate::model::url::WebUrl;

/// The largest picture, in pixels of either side, that is taken for a counter of readers.
const TRACKER_PIXELS: u32 = 2;

/// The attributes that carry marks.
const MARKS: [&str; 2] = ["class", "id"];

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

/// Writes the start tag of a link, if it leads somewhere.
pub fn write_link(out: &mut String, attributes: &str, base: Option<&WebUrl>) -> bool {
    let Some(link) = href(attributes, base) else { return false };
    out.push_str("<a");
    write_address(out, "href", &link);
    write_others(out, attributes, &["href", "rel"]);
    out.push_str(" rel=\"noopener noreferrer\">");
    true
}

/// What became of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    /// It was written.
    Kept,
    /// It counts readers: nobody could see it, or it is of those who count.
    Tracker,
    /// It has no address of the web.
    Nowhere,
}

/// Writes a picture, if it has an address and somebody could see it.
pub fn write_picture(out: &mut String, attributes: &str, base: Option<&WebUrl>) -> Picture {
    let source = value(attributes, "src");
    let Some(source) = source.and_then(|source| web(entities::decode(source).trim(), base)) else {
        return Picture::Nowhere;
    };
    let side = |name| value(attributes, name).and_then(|pixels| pixels.parse::<u32>().ok());
    let is_tiny = |name| side(name).is_some_and(|pixels| pixels <= TRACKER_PIXELS);
    if is_tiny("width") || is_tiny("height") || trackers::is_tracker(&source) {
        return Picture::Tracker;
    }
    out.push_str("<img");
    write_address(out, "src", source.as_str());
    write_others(out, attributes, &["src"]);
    out.push('>');
    Picture::Kept
}

/// Writes the start tag of a quotation, with its source if that is of the web.
pub fn write_quotation(out: &mut String, name: &str, attributes: &str, base: Option<&WebUrl>) {
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

/// The mark of an element, which the sanitiser left in the place of its class or id.
pub fn mark(attributes: &str) -> Option<&str> {
    if attributes.is_empty() {
        return None;
    }
    let mut all = markup::attributes(attributes);
    all.find(|(name, _)| MARKS.contains(name)).map(|(_, value)| value)
}

/// Writes a start tag without its marks.
pub fn write_unmarked(out: &mut String, name: &str, attributes: &str) {
    out.push('<');
    out.push_str(name);
    write_others(out, attributes, &[]);
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
        if !except.contains(&name) && !MARKS.contains(&name) {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            out.push_str(value);
            out.push('"');
        }
    }
}
