//! A view: what a merged feed shows, before it is written in a format.
//!
//! All that the formats share is settled here: identities, titles that are never empty, dates, and
//! which addresses are harmless. Identities are made of the publisher's own, so they stay the same
//! across restarts, rebuilt databases and reordered feeds.

use chrono::{DateTime, Datelike, SecondsFormat, Utc};

use super::format::Format;
use crate::model::document::Enclosure;
use crate::model::entry::{Entry, EntryKey};
use crate::model::hash;
use crate::model::text::{HeaderText, PlainText, SafeHtml};
use crate::model::url::{FeedUrl, WebUrl};

/// A longer body is not repeated in a merged feed: its excerpt and its link stand for it.
const LONGEST_BODY: usize = 256 * 1024;

/// How long an excerpt may be, in characters.
pub const EXCERPT_CHARS: usize = 280;

/// How long a title made of an excerpt may be, in characters.
const TITLE_CHARS: usize = 80;

/// A merged feed at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// Its title.
    pub title: PlainText,
    /// Under which address readers reach this server.
    pub base_url: WebUrl,
    /// Its path below that address, without the ending of a format: `feeds/all`.
    pub path: String,
    /// The path of the page it belongs to, below that address.
    pub page: String,
    /// Its items, newest first.
    pub items: Vec<ViewItem>,
}

impl View {
    /// The merged feed `name`.
    pub fn merged(name: &str, title: &str, base_url: WebUrl, items: Vec<ViewItem>) -> Self {
        let path = format!("feeds/{name}");
        Self { title: PlainText::new(title), base_url, path, page: String::new(), items }
    }

    /// The editions of the newsletter `name`.
    pub fn editions(name: &str, title: &str, base_url: WebUrl, items: Vec<ViewItem>) -> Self {
        let (path, page) = (format!("editions/{name}"), "editions".to_owned());
        Self { title: PlainText::new(title), base_url, path, page, items }
    }

    /// Its own address in `format`.
    pub fn address(&self, format: Format) -> String {
        below(&self.base_url, &format!("{}.{}", self.path, format.ending()))
    }

    /// The address of the page it belongs to.
    pub fn home(&self) -> String {
        below(&self.base_url, &self.page)
    }

    /// When it last changed: the newest change of its items, or 1970 if it has none.
    pub fn updated(&self) -> DateTime<Utc> {
        self.items.iter().map(|item| item.updated).max().unwrap_or(DateTime::UNIX_EPOCH)
    }
}

/// The address of `path` on the server that readers reach under `base`, which may have a path too.
pub fn below(base: &WebUrl, path: &str) -> String {
    let mut base = base.parts().clone();
    base.set_query(None);
    base.set_fragment(None);
    format!("{}/{path}", base.as_str().trim_end_matches('/'))
}

/// One item of a view.
#[derive(Debug, Clone, PartialEq)]
pub struct ViewItem {
    /// Its identity: a `urn:uuid:`.
    pub id: String,
    /// Its title; never empty.
    pub title: HeaderText,
    /// Where it is to be read.
    pub link: Option<WebUrl>,
    /// Its authors.
    pub authors: Vec<PlainText>,
    /// When it was published, never later than we first saw it.
    pub published: DateTime<Utc>,
    /// When it last changed.
    pub updated: DateTime<Utc>,
    /// Its categories.
    pub categories: Vec<PlainText>,
    /// Attached files with addresses of the web.
    pub enclosures: Vec<Enclosure>,
    /// The beginning of its body, as text.
    pub excerpt: PlainText,
    /// Its body; empty where there is none or it is too long to be repeated.
    pub body: SafeHtml,
    /// The feed that brought it; none for what we publish ourselves.
    pub source: Option<Source>,
    /// Further feeds that brought the same document.
    pub also: Vec<Source>,
}

impl ViewItem {
    /// An entry as an item; `excerpt` is the beginning of its body.
    pub fn of(entry: Entry, excerpt: PlainText, source: Source, also: Vec<Source>) -> Self {
        let published = Some(entry.order()).filter(|date| (1..=9999).contains(&date.year()));
        let mut enclosures = entry.content.enclosures;
        enclosures.retain(|file| WebUrl::parse(&file.url).is_ok());
        for file in &mut enclosures {
            file.media_type.take_if(|kind| !is_media_type(kind));
        }
        let too_long = entry.content.body.as_str().len() > LONGEST_BODY;
        Self {
            id: item_id(&source.url, entry.key),
            title: title(&entry.content.title, &excerpt, entry.content.link.as_ref(), &source),
            link: entry.content.link,
            authors: filled(entry.content.authors),
            published: published.unwrap_or(entry.first_seen),
            updated: entry.changed,
            categories: filled(entry.content.categories),
            enclosures,
            excerpt,
            body: if too_long { SafeHtml::default() } else { entry.content.body },
            source: Some(source),
            also,
        }
    }

    /// All feeds that brought it, the one it is taken from first.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.source.iter().chain(&self.also)
    }

    /// Its authors, or its source where it names none: a reader should see whom it is from.
    pub fn bylines(&self) -> Vec<String> {
        match &self.source {
            Some(source) if self.authors.is_empty() => vec![source.name()],
            Some(_) | None => self.authors.iter().map(one_line).collect(),
        }
    }
}

/// A feed that brought an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its title; may be empty before its first good poll.
    pub title: PlainText,
    /// Its address.
    pub url: FeedUrl,
    /// The page it belongs to.
    pub site: Option<WebUrl>,
}

impl Source {
    /// Its title, or the name of its site where it has none.
    pub fn name(&self) -> String {
        match one_line(&self.title) {
            title if title.is_empty() => self.url.site().as_str().to_owned(),
            title => title,
        }
    }
}

/// The identity of an entry for readers: a UUID of version 8 (RFC 9562, section 5.8) made of the
/// address of its feed and its key within that feed.
pub fn item_id(feed: &FeedUrl, key: EntryKey) -> String {
    urn([b"entry".as_slice(), feed.as_str().as_bytes(), &key.0])
}

/// The identity of an edition for readers.
pub fn edition_id(newsletter: &str, date: &str, time: &str) -> String {
    urn(["edition", newsletter, date, time].map(str::as_bytes))
}

fn urn<const N: usize>(parts: [&[u8]; N]) -> String {
    let mut bytes = hash::short(parts);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = hash::hex(&bytes);
    let (a, b, c, d, e) = (&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
    format!("urn:uuid:{a}-{b}-{c}-{d}-{e}")
}

/// The title, or else the beginning of the text, or else the link, or else the source's name.
fn title(
    title: &PlainText,
    excerpt: &PlainText,
    link: Option<&WebUrl>,
    source: &Source,
) -> HeaderText {
    let line = title.one_line();
    if !line.as_str().is_empty() {
        return line;
    }
    match (excerpt.one_line(), link) {
        (text, _) if !text.as_str().is_empty() => shortened(&text),
        (_, Some(link)) => HeaderText::new(link.as_str()),
        (_, None) => HeaderText::new(&source.name()),
    }
}

fn shortened(text: &HeaderText) -> HeaderText {
    if text.as_str().chars().count() <= TITLE_CHARS {
        return text.clone();
    }
    let head: String = text.as_str().chars().take(TITLE_CHARS).collect();
    let whole_words = head.rsplit_once(' ').map_or(head.as_str(), |(words, _)| words);
    HeaderText::new(&format!("{}…", whole_words.trim_end_matches(['.', ',', ';', ':', '…'])))
}

fn filled(mut texts: Vec<PlainText>) -> Vec<PlainText> {
    texts.retain(|text| !text.is_empty());
    texts
}

/// `type/subtype` of RFC 9110, section 8.3.1, without parameters.
fn is_media_type(text: &str) -> bool {
    let token = |part: &str| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b);
        !part.is_empty() && part.len() < 128 && part.bytes().all(allowed)
    };
    text.split_once('/').is_some_and(|(kind, sub)| token(kind) && token(sub))
}

/// `text` on one line.
pub(super) fn one_line(text: &PlainText) -> String {
    text.one_line().as_str().to_owned()
}

/// `moment` as RFC 3339 writes it, in whole seconds.
pub(super) fn rfc3339(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
pub(super) mod samples {
    //! Entries for the tests of the formats.

    use super::*;
    use crate::model::entry::{Content, EntryId};
    use crate::model::feed::FeedId;

    pub(in crate::publish) fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("an RFC 3339 date")
    }

    pub(in crate::publish) fn web(text: &str) -> WebUrl {
        WebUrl::parse(text).expect("a URL")
    }

    pub(in crate::publish) fn source(title: &str, url: &str, site: Option<&str>) -> Source {
        let url = FeedUrl::parse(url).expect("a feed URL");
        Source { title: PlainText::new(title), url, site: site.map(web) }
    }

    pub(in crate::publish) fn entry(key: u8, title: &str, link: Option<&str>, body: &str) -> Entry {
        let seen = at("2026-11-23T06:00:00.250Z");
        Entry {
            id: EntryId(i64::from(key)),
            feed: FeedId(1),
            key: EntryKey([key; 16]),
            document: None,
            content: Content {
                link: link.map(web),
                title: PlainText::new(title),
                body: SafeHtml::cleaned(body.to_owned()),
                ..Content::default()
            },
            first_seen: seen,
            changed: seen,
        }
    }

    /// A French and an English source, one document that both brought, and an item with as little
    /// as an item can have.
    pub(in crate::publish) fn view() -> View {
        let monde =
            source("L’Écho du matin", "https://echo.example/rss", Some("https://echo.example/"));
        let post = source("The Morning Post", "https://post.example/feed.json", None);
        let mut first = entry(
            1,
            "L’été sera chaud\u{a0}: «\u{a0}un record\u{a0}»",
            Some("https://echo.example/ete?a=1&b=2"),
            "<p>Un été <em>très</em> chaud &amp; sec.</p>",
        );
        first.content.authors = vec![PlainText::new("Zoé Lefèvre"), PlainText::new("Aimé O’Neil")];
        first.content.categories = vec![PlainText::new("Climat"), PlainText::new("À la une")];
        first.content.published = Some(at("2026-11-23T05:30:00Z"));
        first.changed = at("2026-11-23T07:15:00Z");
        let mut second = entry(2, "Ships <b> & \"quotes\"", Some("https://post.example/ships"), "");
        second.content.enclosures = vec![
            Enclosure {
                url: "https://post.example/ships.mp3".to_owned(),
                media_type: Some("audio/mpeg".to_owned()),
                length: Some(12_345),
            },
            Enclosure {
                url: "https://post.example/map.png".to_owned(),
                media_type: None,
                length: None,
            },
        ];
        let third = entry(3, "", None, "<p>No title, no link.</p>");
        View::merged(
            "all",
            "Tout & plus",
            web("https://mill.example/flux/"),
            vec![
                ViewItem::of(
                    first,
                    PlainText::new("Un été très chaud & sec."),
                    monde.clone(),
                    vec![post.clone()],
                ),
                ViewItem::of(second, PlainText::default(), post, Vec::new()),
                ViewItem::of(third, PlainText::new("No title, no link."), monde, Vec::new()),
            ],
        )
    }

    /// A view whose every text is hostile.
    pub(in crate::publish) fn hostile(text: &str) -> View {
        let url = format!("https://x.example/?{text}");
        let mut entry = entry(9, text, None, text);
        entry.content.link = WebUrl::parse(&url).ok();
        entry.content.authors = vec![PlainText::new(text)];
        entry.content.categories = vec![PlainText::new(text)];
        for url in [url.as_str(), "javascript:alert(1)", "data:text/html,x", text] {
            entry.content.enclosures.push(Enclosure {
                url: url.to_owned(),
                media_type: Some(text.to_owned()),
                length: Some(u64::MAX),
            });
        }
        let source = source(text, "https://x.example/feed", None);
        let item = ViewItem::of(entry, PlainText::new(text), source.clone(), vec![source]);
        View::merged("all", text, web("https://mill.example/"), vec![item])
    }

    /// Texts that have broken feeds.
    pub(in crate::publish) const HOSTILE: [&str; 6] = [
        "a\0b\u{8}\u{b}\u{c}\u{1b}[2J\u{7f}\u{85}\u{fffe}\u{ffff}",
        "]]> --> <!-- <![CDATA[ ?> <?xml &amp &#0; &#xD800; &nbsp;",
        "</title></entry></item><script>alert('x')</script>\" onload=\"x",
        "line\r\nline\rline\ttab\u{2028}\u{2029}\u{202e}",
        "👩‍👩‍👧‍👦 e\u{301} \u{10ffff} \u{e000}",
        "",
    ];
}

#[cfg(test)]
mod tests {
    use super::samples::{at, entry, source, view, web};
    use super::*;

    #[test]
    fn identities_depend_on_feed_and_key_and_nothing_else() {
        let feed = source("x", "https://echo.example/rss", None).url;
        let id = item_id(&feed, EntryKey([1; 16]));
        assert_eq!(id, view().items[0].id);
        assert_eq!(id, "urn:uuid:eb081ab9-4aa7-856c-9349-e1fe183e1d90");
        let other = source("x", "https://echo.example/rss2", None).url;
        assert_ne!(id, item_id(&other, EntryKey([1; 16])));
        assert_ne!(id, item_id(&feed, EntryKey([2; 16])));
    }

    #[test]
    fn a_title_is_never_empty() {
        let long = "Un début de texte assez long pour être coupé entre deux mots, \
                    sans jamais rien casser.";
        for (title, excerpt, link, expected) in [
            ("Titre", "Texte", Some("https://x.fr/"), "Titre"),
            (" \n", "Texte", Some("https://x.fr/"), "Texte"),
            ("", "", Some("https://x.fr/"), "https://x.fr/"),
            ("", "", None, "Écho"),
            (
                "",
                long,
                None,
                "Un début de texte assez long pour être coupé entre deux mots, sans jamais rien…",
            ),
        ] {
            let source = source("Écho", "https://echo.example/rss", None);
            let entry = entry(1, title, link, "");
            let item = ViewItem::of(entry, PlainText::new(excerpt), source, Vec::new());
            assert_eq!(item.title.as_str(), expected);
        }
    }

    #[test]
    fn a_date_in_the_future_does_not_stick_on_top() {
        let item = |published: &str| {
            let mut entry = entry(1, "x", None, "");
            entry.content.published = Some(at(published));
            let source = source("Écho", "https://echo.example/rss", None);
            ViewItem::of(entry, PlainText::default(), source, Vec::new()).published
        };
        assert_eq!(item("2099-01-01T00:00:00Z"), at("2026-11-23T06:00:00.250Z"));
        assert_eq!(item("2001-01-01T00:00:00Z"), at("2001-01-01T00:00:00Z"));
        assert_eq!(item("-0044-03-15T00:00:00Z"), at("2026-11-23T06:00:00.250Z"));
    }

    #[test]
    fn a_view_changed_when_its_items_did() {
        assert_eq!(view().updated(), at("2026-11-23T07:15:00Z"));
        let empty = View::merged("a", "A", web("https://x.fr/"), Vec::new());
        assert_eq!(empty.updated(), DateTime::UNIX_EPOCH);
    }

    #[test]
    fn addresses_stand_below_the_base_url() {
        for (base, address) in [
            ("https://mill.example", "https://mill.example/feeds/a.rss"),
            ("https://mill.example/flux/?q#f", "https://mill.example/flux/feeds/a.rss"),
        ] {
            let view = View::merged("a", "A", web(base), Vec::new());
            assert_eq!(view.address(Format::Rss), address);
        }
    }

    #[test]
    fn a_body_too_long_is_not_repeated() {
        let source = source("Écho", "https://echo.example/rss", None);
        let body = "x".repeat(LONGEST_BODY + 1);
        let item =
            ViewItem::of(entry(1, "x", None, &body), PlainText::new("x…"), source, Vec::new());
        assert!(item.body.is_empty());
        assert_eq!(item.excerpt.as_str(), "x…");
    }

    #[test]
    fn media_types_are_tokens() {
        for (text, good) in [
            ("audio/mpeg", true),
            ("application/atom+xml", true),
            ("audio", false),
            ("audio/", false),
            ("a b/c", false),
            ("text/html;x", false),
            ("text/html\"", false),
        ] {
            assert_eq!(is_media_type(text), good, "{text}");
        }
    }
}
