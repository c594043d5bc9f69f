//! What is kept of an item: its visible parts within limits, its body cleaned.

use crate::clean::room::Room;
use crate::clean::sanitise;
use crate::model::document::{Document, Enclosure, Item};
use crate::model::entry::Content;
use crate::model::url::WebUrl;

const MOST_AUTHORS: usize = 20;
const MOST_CATEGORIES: usize = 50;
const MOST_ENCLOSURES: usize = 50;
const LONGEST_ADDRESS: usize = 8_000;
const LONGEST_MEDIA_TYPE: usize = 200;

/// The content of `item`. Relative addresses in its body are read against its own base, else its
/// link, else the site of the document, else the place where the document was found. Cleaning takes
/// from the document's `room`.
pub fn of(item: &Item, document: &Document, found_at: &WebUrl, room: &mut Room) -> Content {
    let base = item.base.as_ref().or(item.link.as_ref()).or(document.site.as_ref());
    let cleaned = sanitise::clean_within(&item.body, Some(base.unwrap_or(found_at)), room);
    Content {
        link: item.link.clone(),
        title: item.title.clone(),
        authors: item.authors.iter().take(MOST_AUTHORS).cloned().collect(),
        published: item.published,
        categories: item.categories.iter().take(MOST_CATEGORIES).cloned().collect(),
        image: item.image.clone().filter(is_short),
        language: item.language.clone(),
        enclosures: item.enclosures.iter().filter_map(enclosure).take(MOST_ENCLOSURES).collect(),
        body: cleaned.body,
        removed: cleaned.removed,
    }
}

fn is_short(address: &WebUrl) -> bool {
    address.as_str().len() <= LONGEST_ADDRESS
}

/// An enclosure whose address is one of the web; without a media type that cannot be one.
fn enclosure(given: &Enclosure) -> Option<Enclosure> {
    let is_media_type =
        |text: &String| text.len() <= LONGEST_MEDIA_TYPE && !text.contains(char::is_control);
    let url = WebUrl::parse(&given.url).ok().filter(is_short)?;
    Some(Enclosure {
        url: url.as_str().to_owned(),
        media_type: given.media_type.clone().filter(is_media_type),
        length: given.length,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::document::RawHtml;

    #[test]
    fn enclosures_are_of_the_web_and_few() {
        let given = |url: &str, media_type: &str| Enclosure {
            url: url.to_owned(),
            media_type: Some(media_type.to_owned()),
            length: None,
        };
        let mut item = Item { body: RawHtml("<p>a</p>".into()), ..Item::default() };
        item.enclosures =
            vec![given("file:///etc/passwd", "a/b"), given("https://x.fr/a", "a\r\nb: c")];
        item.enclosures.extend((0..99).map(|n| given(&format!("https://x.fr/{n}"), "audio/mpeg")));
        let found_at = WebUrl::parse("https://x.fr/feed").expect("a URL");
        let content = of(&item, &Document::default(), &found_at, &mut Room::default());
        assert_eq!(content.enclosures.len(), MOST_ENCLOSURES);
        assert_eq!(content.enclosures[0].url, "https://x.fr/a");
        assert_eq!(content.enclosures[0].media_type, None);
        assert_eq!(content.enclosures[1].media_type.as_deref(), Some("audio/mpeg"));
        assert!(!content.body.is_empty());
    }
}
