//! Numbers that stand for contents: to notice change, and to compare titles.
//!
//! Both are stored for years next to entries, so what they cover and in which order must not
//! change. Nothing here depends on the cleaner: a new version of it does not make all entries look
//! changed.

use chrono::{DateTime, Utc};
use unicode_normalization::char::{decompose_compatible, is_combining_mark};

use crate::model::document::Item;
use crate::model::entry::Fingerprint;
use crate::model::hash;
use crate::model::text::PlainText;

/// A number for all that a reader would see of `item`, as the publisher wrote it: title, link,
/// authors, publication date, body, categories in any order, enclosures. Its guid and its date of
/// change are not seen; its picture, its language and its comments are not what it says.
pub fn of(item: &Item) -> Fingerprint {
    with_body(item, &body(item))
}

/// The same, where the digest of the body is at hand.
pub(super) fn with_body(item: &Item, body: &[u8; 32]) -> Fingerprint {
    let link = item.link.as_ref().map(|link| link.as_str()).unwrap_or_default();
    let published = date(item.published);
    let mut categories: Vec<&str> = item.categories.iter().map(PlainText::as_str).collect();
    categories.sort_unstable();
    categories.dedup();
    let lengths: Vec<_> =
        item.enclosures.iter().map(|e| e.length.unwrap_or(0).to_be_bytes()).collect();
    let mut parts: Vec<&[u8]> =
        vec![item.title.as_str().as_bytes(), link.as_bytes(), &published, body];
    parts.push(b"authors");
    parts.extend(item.authors.iter().map(|author| author.as_str().as_bytes()));
    parts.push(b"categories");
    parts.extend(categories.iter().map(|category| category.as_bytes()));
    parts.push(b"enclosures");
    for (enclosure, length) in item.enclosures.iter().zip(&lengths) {
        let media_type = enclosure.media_type.as_deref().unwrap_or_default();
        parts.extend([enclosure.url.as_bytes(), media_type.as_bytes(), length]);
    }
    Fingerprint(hash::number(parts))
}

/// The digest of an item's body.
pub(super) fn body(item: &Item) -> [u8; 32] {
    hash::of_bytes(item.body.0.as_bytes())
}

/// A moment as parts of hashes see it: to the millisecond, as the store keeps it.
pub(super) fn date(moment: Option<DateTime<Utc>>) -> [u8; 8] {
    moment.map_or([0xff; 8], |moment| moment.timestamp_millis().to_be_bytes())
}

/// A number for a title, the same however it is capitalised, accented, quoted or spaced; 0 for an
/// empty one.
pub fn title(title: &PlainText) -> i64 {
    folded_title(&fold(title.as_str()))
}

/// The same, where the folded title is at hand.
pub(super) fn folded_title(folded: &str) -> i64 {
    if folded.is_empty() { 0 } else { hash::number([folded.as_bytes()]) }
}

/// A title without what varies between copies: case, accents, ligatures, punctuation, spaces. One
/// that is nothing but punctuation is left as it is.
pub(super) fn fold(title: &str) -> String {
    let mut folded = String::with_capacity(title.len());
    for c in title.chars() {
        if c.is_ascii() {
            push(&mut folded, c.to_ascii_lowercase());
        } else {
            decompose_compatible(c, |part| part.to_lowercase().for_each(|c| push(&mut folded, c)));
        }
    }
    let kept = folded.trim_end();
    if kept.is_empty() { title.trim().to_owned() } else { kept.to_owned() }
}

fn push(folded: &mut String, c: char) {
    match c {
        'œ' => folded.push_str("oe"),
        'æ' => folded.push_str("ae"),
        'ß' => folded.push_str("ss"),
        c if is_combining_mark(c) => {}
        c if is_between_words(c) => {
            if !folded.is_empty() && !folded.ends_with(' ') {
                folded.push(' ');
            }
        }
        c => folded.push(c),
    }
}

/// Spaces, and the marks that publishers change without changing the title. Not those that may be
/// all that tells two titles apart: `+`, `#`, `&`, `%`, currencies.
fn is_between_words(c: char) -> bool {
    match c {
        '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '"' | '`' | '´' | '·' | '•' | '…' => true,
        '(' | ')' | '[' | ']' | '{' | '}' | '-' | '|' | '/' | '\\' | '*' | '_' => true,
        '\u{2010}'..='\u{201f}' | '‹' | '›' | '«' | '»' => true,
        c => c.is_whitespace(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;
    use crate::model::document::{Enclosure, RawHtml};
    use crate::model::url::WebUrl;

    fn item() -> Item {
        Item {
            guid: Some("1".into()),
            link: WebUrl::parse("https://x.fr/a").ok(),
            title: PlainText::new("Été"),
            authors: vec![PlainText::new("A"), PlainText::new("B")],
            published: Utc.timestamp_millis_opt(1_000).single(),
            body: RawHtml("<p>corps</p>".into()),
            categories: vec![PlainText::new("x"), PlainText::new("y")],
            enclosures: vec![Enclosure {
                url: "https://x.fr/a.mp3".into(),
                media_type: None,
                length: Some(3),
            }],
            ..Item::default()
        }
    }

    /// A change of an item, by name.
    type Edit = (&'static str, fn(&mut Item));

    #[test]
    fn all_that_is_seen_counts() {
        let edits: [Edit; 8] = [
            ("title", |i| i.title = PlainText::new("Ete")),
            ("link", |i| i.link = WebUrl::parse("https://x.fr/b").ok()),
            ("author", |i| i.authors = vec![PlainText::new("AB")]),
            ("authors' order", |i| i.authors.reverse()),
            ("date", |i| i.published = None),
            ("body", |i| i.body.0.push('.')),
            ("category", |i| i.categories.truncate(1)),
            ("enclosure", |i| i.enclosures[0].length = None),
        ];
        for (what, edit) in edits {
            let mut edited = item();
            edit(&mut edited);
            assert_ne!(of(&edited), of(&item()), "{what}");
        }
    }

    #[test]
    fn what_is_not_seen_does_not_count() {
        let edits: [Edit; 9] = [
            ("how many comments there are", |i| i.comment_count = Some(7)),
            ("where they are", |i| i.comments = i.link.clone()),
            ("picture", |i| i.image = i.link.clone()),
            ("language", |i| i.language = Some("en".into())),
            ("guid", |i| i.guid = Some("2".into())),
            ("date of change", |i| i.updated = i.published),
            ("base", |i| i.base = WebUrl::parse("https://x.fr/").ok()),
            ("categories' order", |i| i.categories.reverse()),
            ("a category twice", |i| i.categories.push(PlainText::new("x"))),
        ];
        for (what, edit) in edits {
            let mut edited = item();
            edit(&mut edited);
            assert_eq!(of(&edited), of(&item()), "{what}");
        }
    }

    #[test]
    fn a_title_is_compared_by_its_words() {
        let hash = |text: &str| title(&PlainText::new(text));
        assert_eq!(hash("L’Œuvre\u{a0}: été  2026 !"), hash("l'oeuvre - ÉTÉ 2026"));
        assert_eq!(hash(" "), 0);
        for (one, other) in [("C++", "C#"), ("1.5", "15"), ("?!", "…"), ("a", "b")] {
            assert_ne!(hash(one), hash(other), "{one} and {other}");
        }
    }
}
