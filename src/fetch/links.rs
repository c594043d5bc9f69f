//! Link fields (RFC 8288) of an answer: the hubs of a feed, and the address they know it by.
//!
//! Nothing fails here: what cannot be read is as if it were not there. Relative references are meant
//! from where the answer was found. A link that is about something else (`anchor`) is passed over.

use reqwest::header::{HeaderMap, LINK};

use crate::model::outcome::Links;
use crate::model::url::WebUrl;

/// The most hubs kept of an answer.
const MAX_HUBS: usize = 8;
/// How much of one field is looked at, in bytes.
const LONGEST_FIELD: usize = 16 * 1024;

/// What the Link fields of an answer found at `base` name.
pub fn of(fields: &HeaderMap, base: &WebUrl) -> Links {
    let mut links = Links::default();
    for field in fields.get_all(LINK) {
        let bytes = field.as_bytes();
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST_FIELD)]);
        let mut rest = text.as_ref();
        while let Some((target, parameters, behind)) = next(rest) {
            take(&mut links, base, target, parameters);
            rest = behind;
        }
    }
    links
}

fn take(links: &mut Links, base: &WebUrl, target: &str, parameters: &str) {
    let Some(relations) = relations(parameters) else { return };
    let Ok(url) = WebUrl::join(base, target) else { return };
    let is = |name: &str| relations.split_whitespace().any(|one| one.eq_ignore_ascii_case(name));
    if is("hub") && links.hubs.len() < MAX_HUBS && !links.hubs.contains(&url) {
        links.hubs.push(url.clone());
    }
    if is("self") && links.own.is_none() {
        links.own = Some(url);
    }
}

/// The first link of a field: its target, its parameters, and what follows its comma.
fn next(field: &str) -> Option<(&str, &str, &str)> {
    let (_, rest) = field.split_once('<')?;
    let (target, rest) = rest.split_once('>')?;
    let end = outside_quotes(rest, ',').unwrap_or(rest.len());
    Some((target.trim(), &rest[..end], rest.get(end + 1..).unwrap_or_default()))
}

/// The relations that a link's parameters name: those of the first `rel` (section 3.3), none if it is
/// about something else (section 3.2).
fn relations(parameters: &str) -> Option<&str> {
    let (mut found, mut rest) = (None, parameters);
    while !rest.is_empty() {
        let end = outside_quotes(rest, ';').unwrap_or(rest.len());
        let (name, value) = rest[..end].split_once('=').unwrap_or((&rest[..end], ""));
        let (name, value) = (name.trim(), value.trim().trim_matches('"'));
        if name.eq_ignore_ascii_case("anchor") {
            return None;
        }
        if name.eq_ignore_ascii_case("rel") && found.is_none() {
            found = Some(value);
        }
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    found
}

/// Where `wanted` stands first outside of quotes.
fn outside_quotes(text: &str, wanted: char) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    text.char_indices().find_map(|(at, c)| {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            c if c == wanted && !quoted => return Some(at),
            _ => {}
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn read(fields: &[&str]) -> (Vec<String>, Option<String>) {
        let mut map = HeaderMap::new();
        for field in fields {
            map.append(LINK, HeaderValue::from_bytes(field.as_bytes()).expect("a value"));
        }
        let base = WebUrl::parse("https://exemple.fr/a/flux").expect("a URL");
        let links = of(&map, &base);
        let text = |url: &WebUrl| url.to_string();
        (links.hubs.iter().map(text).collect(), links.own.as_ref().map(text))
    }

    #[test]
    fn hubs_and_the_own_address_are_read_in_every_spelling() {
        let hub = "https://hub.example/";
        let own = "https://exemple.fr/a/flux";
        let rows: [(&[&str], &[&str], Option<&str>); 14] = [
            (&[], &[], None),
            (&["<https://hub.example/>; rel=\"hub\""], &[hub], None),
            (&["<https://hub.example/>;rel=hub , </a/flux>; REL=\"Self\""], &[hub], Some(own)),
            (&["<https://hub.example/>; rel=hub", "<flux>; rel=self"], &[hub], Some(own)),
            (&["<https://hub.example/>; rel=\"preconnect hub\""], &[hub], None),
            (&["<https://hub.example/>; title=\"a, b; rel=self\"; rel=hub"], &[hub], None),
            (&["<https://hub.example/>; title=\"a \\\" ,\"; rel=hub"], &[hub], None),
            (&["<https://hub.example/>; rel=next; rel=hub"], &[], None),
            (&["<https://hub.example/>; rel=hub; anchor=\"/other\""], &[], None),
            (&["<https://hub.example/>; rel=hub, <https://hub.example/>; rel=hub"], &[hub], None),
            (&["<javascript:alert(1)>; rel=hub, <file:///etc>; rel=self"], &[], None),
            (&["<https://hub.example/", "https://hub.example/>; rel=hub", ">;<", "<>"], &[], None),
            (&["<https://hub.example/>; rel=\"hub"], &[hub], None),
            (
                &["<https://hub.example/>; rel=hub, é=\"ü\"; rel=self, <flux>;rel=self"],
                &[hub],
                Some(own),
            ),
        ];
        for (fields, hubs, own) in rows {
            let (found, found_own) = read(fields);
            assert_eq!(
                (found.as_slice(), found_own.as_deref()),
                (&hubs.iter().map(ToString::to_string).collect::<Vec<_>>()[..], own),
                "{fields:?}"
            );
        }
    }

    #[test]
    fn a_field_without_end_is_read_to_a_bound() {
        let many: String =
            (0..10_000).map(|n| format!("<https://h{n}.example/>; rel=hub, ")).collect();
        assert_eq!(read(&[&many]).0.len(), MAX_HUBS);
    }
}
