//! Which picture stands for an item: the one that its publisher names for that, else one that is
//! attached to it.
//!
//! A picture inside the body is not taken: it may be an advertisement or a smile, and whoever wants
//! it finds it there.

use quick_xml::events::BytesStart;

use super::attributes::attribute;

/// What says that a picture stands for the item, the surest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// An enclosure that is a picture.
    Enclosure,
    /// `itunes:image`.
    Podcast,
    /// `media:content` that is a picture.
    Content,
    /// `media:thumbnail`, made for this.
    Thumbnail,
}

/// The address of the picture that an element inside an item names, and how sure that is.
pub fn named(tag: &BytesStart<'_>, prefix: &str, name: &str) -> Option<(Claim, String)> {
    let (claim, address) = match (prefix, name) {
        ("media", "thumbnail") => (Claim::Thumbnail, attribute(tag, "url")),
        ("media", "content") if is_picture(tag) => (Claim::Content, attribute(tag, "url")),
        ("itunes", "image") => (Claim::Podcast, attribute(tag, "href")),
        ("", "enclosure") if is_picture(tag) => (Claim::Enclosure, attribute(tag, "url")),
        _ => return None,
    };
    address.filter(|address| !address.trim().is_empty()).map(|address| (claim, address))
}

/// Whether an element says, or its address shows, that it points to a picture.
fn is_picture(tag: &BytesStart<'_>) -> bool {
    let kind = attribute(tag, "medium").or_else(|| attribute(tag, "type"));
    match kind {
        Some(kind) => kind.starts_with("image"),
        None => attribute(tag, "url").is_some_and(|url| is_picture_name(&url)),
    }
}

/// Whether an address ends as those of pictures do.
pub fn is_picture_name(address: &str) -> bool {
    let path = address.split(['?', '#']).next().unwrap_or(address);
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    ["jpg", "jpeg", "png", "gif", "webp", "avif"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_known_by_what_names_them() {
        for (tag, claim) in [
            ("media:thumbnail url='a'", Some((Claim::Thumbnail, "a"))),
            ("media:content url='a' medium='image'", Some((Claim::Content, "a"))),
            ("media:content url='a' type='image/png'", Some((Claim::Content, "a"))),
            ("media:content url='a.JPG?w=1'", Some((Claim::Content, "a.JPG?w=1"))),
            ("media:content url='a.jpg' type='video/mp4'", None),
            ("itunes:image href='a'", Some((Claim::Podcast, "a"))),
            ("enclosure url='a' type='image/png'", Some((Claim::Enclosure, "a"))),
            ("enclosure url='a.mp3' type='audio/mpeg'", None),
            ("media:thumbnail url=' '", None),
            ("image href='a'", None),
        ] {
            let start = BytesStart::from_content(tag, tag.find(' ').unwrap_or(tag.len()));
            let qualified = start.name().into_inner().to_owned();
            let (prefix, name) = qualified.split_once(':').unwrap_or(("", &qualified));
            let found = named(&start, prefix, name);
            let found = found.as_ref().map(|(claim, address)| (*claim, address.as_str()));
            assert_eq!(found, claim, "{tag}");
        }
    }
}
