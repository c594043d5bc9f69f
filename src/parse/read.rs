//! Bytes to a document: everything in this room, in its order.
//!
//! Nothing that a publisher sends makes it panic, loop or grow past the budget. feed-rs runs under
//! `catch_unwind` with a new parser for every document, dates are read by [`super::date`], and an
//! item without a guid has none: feed-rs would make one up, new at every poll. A feed with no items
//! is read as one; whether that is news is for others to say.

use std::panic::{AssertUnwindSafe, catch_unwind};

use feed_rs::model::{Feed, Image, Text};

use super::budget::{self, Root, Survey};
use super::{characters, date, decode, item, json, limits, repair};
use crate::clean::plain;
use crate::model::document::{Document, Repair, Unreadable, Wishes};
use crate::model::url::WebUrl;

/// Reads the document in `bytes`, which came with the field `content_type` from `base`.
pub fn read(
    bytes: &[u8],
    content_type: Option<&str>,
    base: &WebUrl,
) -> Result<Document, Unreadable> {
    let bytes = decode::gunzip(bytes)?;
    let text = decode::decode(&bytes, content_type);
    match text.as_bytes().first() {
        None => Err(Unreadable::Empty),
        Some(b'{' | b'[') => match read_json(&text, base) {
            // Junk before a feed may begin like JSON.
            Err(_) if characters::framed(&text).is_feed => read_xml(&text, base),
            outcome => outcome,
        },
        Some(_) if text.contains('<') => read_xml(&text, base),
        Some(_) => Err(Unreadable::NotAFeed { what: "a text".to_owned() }),
    }
}

fn read_json(text: &str, base: &WebUrl) -> Result<Document, Unreadable> {
    limits::json(text)?;
    if text.starts_with('{')
        && let Ok(feed) = parse(text, base)
    {
        return Ok(json::complete(
            document(feed, &Survey::default(), base, Repair::None),
            text,
            base,
        ));
    }
    let (mended, left_out) = json::mend(text)?;
    let feed =
        parse(&mended, base).map_err(|failure| Unreadable::Broken { reason: failure.reason })?;
    let document =
        Document { left_out, ..document(feed, &Survey::default(), base, Repair::Elements) };
    Ok(json::complete(document, &mended, base))
}

/// Climbs the ladder of repairs up to the first rung that yields all items.
fn read_xml(text: &str, base: &WebUrl) -> Result<Document, Unreadable> {
    let mut best: Option<Document> = None;
    let mut reason = String::new();
    let mut root = Root::None;
    let mut next = Some(Repair::None);
    while let Some(rung) = next {
        let candidate = repair::mend(text, rung)?;
        let survey = budget::survey(&candidate)?;
        next = repair::above(rung).map(|above| above.max(survey.needs));
        if rung == Repair::None || root != Root::Html && survey.root == Root::Feed {
            root = survey.root.clone();
        }
        if survey.root != Root::Feed || (survey.needs > rung && rung < Repair::Tree) {
            if survey.root != Root::Feed && rung > Repair::None {
                break;
            }
            continue;
        }
        match parse(&candidate, base) {
            Ok(feed) => {
                let (found, expected) = (feed.entries.len(), survey.items);
                if best.as_ref().is_none_or(|best| best.items.len() < found) {
                    best = Some(document(feed, &survey, base, rung));
                }
                if found >= expected {
                    break;
                }
            }
            Err(failure) => {
                if failure.is_panic {
                    next = next.map(|next| next.max(Repair::Elements));
                }
                reason = failure.reason;
            }
        }
    }
    match best {
        Some(document) if root != Root::Html || !document.items.is_empty() => Ok(document),
        Some(_) | None => Err(refusal(root, reason)),
    }
}

/// Why there is no document.
fn refusal(root: Root, reason: String) -> Unreadable {
    let what = match root {
        Root::Feed => return Unreadable::Broken { reason },
        Root::Html => "an HTML page".to_owned(),
        Root::Cdf => "a CDF channel (a format of 1997 that RSS replaced)".to_owned(),
        Root::Other(name) => format!("an XML document of another kind ({})", plain::label(&name)),
        Root::None => "a text".to_owned(),
    };
    Unreadable::NotAFeed { what }
}

/// Why feed-rs gave up.
struct Failure {
    reason: String,
    is_panic: bool,
}

fn parse(text: &str, base: &WebUrl) -> Result<Feed, Failure> {
    let run = || {
        feed_rs::parser::Builder::new()
            .base_uri(Some(base.as_str()))
            .timestamp_parser(date::parse)
            .id_generator(|_, _, _| String::new())
            .sanitize_content(false)
            .build()
            .parse(text.as_bytes())
    };
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(feed)) => Ok(feed),
        Ok(Err(error)) => Err(Failure { reason: error.to_string(), is_panic: false }),
        Err(_) => Err(Failure { reason: "the parser panicked".to_owned(), is_panic: true }),
    }
}

fn document(feed: Feed, survey: &Survey, base: &WebUrl, repair: Repair) -> Document {
    let left_out = survey.items.saturating_sub(feed.entries.len());
    let site = item::alternate(&feed.links, base).and_then(|link| item::web(&link.href, base));
    let declared = feed.language.as_deref().or(survey.extras.language.as_deref());
    let language = declared.and_then(item::language_tag);
    let context = item::Context {
        kind: &feed.feed_type,
        base,
        site: site.as_ref(),
        authors: &feed.authors,
        language: language.as_deref(),
    };
    let is_aligned = survey.extras.items.len() == feed.entries.len();
    let extras = |at: usize| survey.extras.items.get(at).filter(|_| is_aligned);
    let items = feed
        .entries
        .into_iter()
        .enumerate()
        .map(|(at, entry)| item::item(entry, extras(at), &context))
        .collect();
    let text = |text: &Option<Text>| {
        text.as_ref().map(|text| item::title_of(text, &feed.feed_type)).unwrap_or_default()
    };
    let linked = |rel: &'static str| {
        let links = feed.links.iter().filter(move |link| link.rel.as_deref() == Some(rel));
        links.filter_map(|link| item::web(&link.href, base))
    };
    let description = text(&feed.description);
    let summary = survey.extras.summary.as_deref().map(plain::title);
    Document {
        title: match feed.title {
            Some(_) => text(&feed.title),
            None => survey.extras.title.as_deref().map(plain::title).unwrap_or_default(),
        },
        description: match description.is_empty() {
            true => summary.unwrap_or_default(),
            false => description,
        },
        icon: icon(&feed.icon, &feed.logo, base)
            .or_else(|| survey.extras.icon.as_deref().and_then(|icon| item::web(icon, base))),
        own_url: linked("self").next(),
        hubs: linked("hub").take(json::MAX_HUBS).collect(),
        items,
        left_out: u32::try_from(left_out).unwrap_or(u32::MAX),
        wishes: wishes(&survey.extras.wishes, feed.ttl),
        repair,
        language,
        site,
    }
}

/// The feed's own picture: its icon, which is square and small, else its logo.
fn icon(icon: &Option<Image>, logo: &Option<Image>, base: &WebUrl) -> Option<WebUrl> {
    [icon, logo].into_iter().flatten().find_map(|image| item::web(&image.uri, base))
}

fn wishes(collected: &Wishes, ttl: Option<u32>) -> Wishes {
    let ttl = ttl.filter(|&mins| mins > 0);
    Wishes { ttl_mins: collected.ttl_mins.or(ttl), ..collected.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> WebUrl {
        WebUrl::parse("https://exemple.fr/flux").expect("a URL")
    }

    fn read_text(text: &str) -> Result<Document, Unreadable> {
        read(text.as_bytes(), None, &base())
    }

    fn rss(items: &str) -> String {
        format!("<rss version=\"2.0\"><channel><title>t</title>{items}</channel></rss>")
    }

    #[test]
    fn other_things_are_named() {
        for (text, what) in [
            ("<!doctype html><html><body>x</body></html>", "an HTML page"),
            ("<html>", "an HTML page"),
            ("Internal server error", "a text"),
            ("{\"error\": 1}", "a JSON document of another kind"),
            ("[]", "a JSON value"),
            (
                "<?xml version='1.0'?><CHANNEL HREF='http://e.fr/'><ITEM HREF='http://e.fr/1'/></CHANNEL>",
                "a CDF channel (a format of 1997 that RSS replaced)",
            ),
            ("<urlset><url/></urlset>", "an XML document of another kind (urlset)"),
        ] {
            let error = read_text(text).expect_err(text);
            assert_eq!(error, Unreadable::NotAFeed { what: what.to_owned() }, "{text}");
        }
        for text in ["", " \n", "\u{feff}"] {
            assert_eq!(read_text(text), Err(Unreadable::Empty));
        }
    }

    #[test]
    fn a_feed_without_items_is_a_feed() {
        for text in
            [&rss(""), "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>t</title></feed>"]
        {
            assert_eq!(read_text(text).expect("a feed").items.len(), 0);
        }
    }

    #[test]
    fn no_identity_is_made_up() {
        let text = rss("<item><title>a</title></item><item><description>b</description></item>");
        let (one, other) = (read_text(&text).expect("a feed"), read_text(&text).expect("a feed"));
        assert_eq!(one, other);
        assert!(one.items.iter().all(|item| item.guid.is_none()));
    }

    #[test]
    fn nested_groups_are_refused() {
        for depth in [1_000, 10_000, 100_000] {
            let groups = "<media:group>".repeat(depth);
            for (head, foot) in [
                (
                    "<rss version=\"2.0\" xmlns:media=\"http://search.yahoo.com/mrss/\"><channel><item>",
                    "</item></channel></rss>",
                ),
                (
                    "<feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:media=\"http://search.yahoo.com/mrss/\"><entry>",
                    "</entry></feed>",
                ),
            ] {
                let error = read_text(&format!("{head}{groups}{foot}")).expect_err("too deep");
                let limit = limits::MAX_GROUPS;
                assert_eq!(error, Unreadable::TooMuch { limit, unit: "levels of groups" });
            }
        }
    }

    static FEEDS: include_dir::Dir<'_> =
        include_dir::include_dir!("$CARGO_MANIFEST_DIR/tests/feeds");

    /// What a file says must hold: the lines `name: value` of its first comment.
    fn claims(text: &str) -> Vec<(String, String)> {
        let lines: Vec<String> = match text.strip_prefix("<!--") {
            Some(rest) => {
                let (comment, _) = rest.split_once("-->").expect("a comment");
                comment.lines().map(str::to_owned).collect()
            }
            None => {
                let value: serde_json::Value = serde_json::from_str(text).expect("JSON");
                let lines = value["_must_hold"].as_array().expect("claims");
                lines.iter().filter_map(|line| Some(line.as_str()?.to_owned())).collect()
            }
        };
        let pair = |line: &String| {
            let (name, value) = line.split_once(": ")?;
            Some((name.to_owned(), value.to_owned()))
        };
        lines.iter().filter_map(pair).collect()
    }

    fn list<T: std::fmt::Display>(values: &[T]) -> String {
        values.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
    }

    fn or_none<T: std::fmt::Display>(value: Option<T>) -> String {
        value.map_or_else(|| "none".to_owned(), |value| value.to_string())
    }

    /// What a document says under the name of a claim.
    fn said(document: &Document, name: &str) -> String {
        if let Some(rest) = name.strip_prefix("item ") {
            let (number, field) = rest.split_once(' ').expect("a field");
            let number: usize = number.parse().expect("a number");
            return said_by_item(&document.items[number - 1], field);
        }
        match name {
            "repair" => format!("{:?}", document.repair),
            "title" => document.title.to_string(),
            "language" => or_none(document.language.as_ref()),
            "site" => or_none(document.site.as_ref()),
            "description" => document.description.to_string(),
            "icon" => or_none(document.icon.as_ref()),
            "own url" => or_none(document.own_url.as_ref()),
            "hubs" => list(&document.hubs),
            "items" => document.items.len().to_string(),
            "ttl" => or_none(document.wishes.ttl_mins),
            "syndication" => or_none(document.wishes.syndication_mins),
            "skip hours" => list(&document.wishes.skip_hours),
            "skip days" => list(&document.wishes.skip_days),
            _ => panic!("an unknown claim: {name}"),
        }
    }

    fn said_by_item(item: &crate::model::document::Item, field: &str) -> String {
        let date = |time: Option<chrono::DateTime<chrono::Utc>>| {
            or_none(time.map(|time| time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)))
        };
        match field {
            "guid" => or_none(item.guid.as_ref()),
            "link" => or_none(item.link.as_ref()),
            "base" => or_none(item.base.as_ref()),
            "title" => item.title.to_string(),
            "authors" => list(&item.authors),
            "categories" => list(&item.categories),
            "date" => date(item.published),
            "image" => or_none(item.image.as_ref()),
            "language" => or_none(item.language.as_ref()),
            "comments" => or_none(item.comments.as_ref()),
            "comment count" => or_none(item.comment_count),
            "body" => item.body.0.trim().to_owned(),
            "origin" => or_none(
                item.origin.as_ref().map(|o| format!("{} {}", o.title, or_none(o.url.as_ref()))),
            ),
            "enclosure" => or_none(item.enclosures.first().map(|file| {
                let length = file.length.map(|length| length.to_string());
                let parts = [Some(file.url.clone()), file.media_type.clone(), length];
                parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
            })),
            _ => panic!("an unknown claim: {field}"),
        }
    }

    #[test]
    fn every_feed_holds_what_its_first_comment_says() {
        let mut broken = Vec::new();
        for file in FEEDS.files() {
            let name = file.path().display();
            let text = String::from_utf8_lossy(file.contents());
            let document = read(file.contents(), None, &base());
            let document = document.unwrap_or_else(|error| panic!("{name}: {error}"));
            let claims = claims(&text);
            assert!(!claims.is_empty(), "{name} claims nothing");
            for (claim, value) in claims {
                let said = said(&document, &claim);
                if said != value {
                    broken.push(format!("{name}: {claim}: {said}, not {value}"));
                }
            }
            assert_eq!(read(file.contents(), None, &base()).as_ref(), Ok(&document), "{name}");
        }
        assert!(broken.is_empty(), "{}", broken.join("\n"));
    }

    #[test]
    fn what_is_within_the_budget_fits_a_small_stack() {
        let nested = |name: &str| {
            let depth = if name == "x" { limits::MAX_DEPTH - 3 } else { limits::MAX_GROUPS };
            format!("{}{}", format!("<{name}>").repeat(depth), format!("</{name}>").repeat(depth))
        };
        let head = "<rss version=\"2.0\" xmlns:media=\"http://search.yahoo.com/mrss/\" \
                    xmlns:itunes=\"http://www.itunes.com/dtds/podcast-1.0.dtd\"><channel>";
        for name in ["media:group", "media:content", "itunes:category", "x"] {
            let text = format!("{head}<item>{}</item></channel></rss>", nested(name));
            let small = std::thread::Builder::new().stack_size(1 << 20);
            let reading = small.spawn(move || read_text(&text)).expect("a thread");
            assert_eq!(reading.join().expect("no panic").expect("a feed").items.len(), 1, "{name}");
        }
    }

    #[test]
    fn what_is_beyond_the_budget_is_refused_and_named() {
        let limit = |limit: usize, unit: &'static str| Unreadable::TooMuch { limit, unit };
        let one = |inner: String| rss(&format!("<item>{inner}</item>"));
        let parts = limit(limits::MAX_PARTS, "elements in an item");
        let media = limit(limits::MAX_MEDIA, "elements of media");
        let strays = limit(characters::MAX_STRAYS, "stray & and <");
        let mrss = "http://search.yahoo.com/mrss/";
        for (text, error) in [
            (rss(&"<item/>".repeat(1_000_000)), limit(limits::MAX_ITEMS, "items")),
            (rss(&"<x/>".repeat(1_000_000)), limit(limits::MAX_ELEMENTS, "elements")),
            (one("<category>a</category>".repeat(1_000_000)), parts.clone()),
            (one("<link>a</link>".repeat(1_000_000)), parts.clone()),
            (one("<author>a</author>".repeat(1_000_000)), parts.clone()),
            (one("<enclosure url='a'/>".repeat(1_000_000)), parts),
            (
                one(format!("<media:group>{}</media:group>", "<media:content/>".repeat(100_000))),
                media.clone(),
            ),
            (
                one(format!(
                    "<m:group xmlns:m='{mrss}'>{}</m:group>",
                    "<m:content/>".repeat(100_000)
                )),
                media,
            ),
            (
                one(format!("<description>{}</description>", "a".repeat(9_000_000))),
                limit(limits::MAX_FIELD, "bytes in a field"),
            ),
            (one("&".repeat(1_000_000)), strays.clone()),
            (one("a < b ".repeat(1_000_000)), strays),
            (one("&amp;".repeat(2_000_001)), limit(limits::MAX_REFERENCES, "references")),
            (
                one(format!("<a {}/>", "b='' ".repeat(50_000))),
                limit(limits::MAX_ATTRIBUTES, "attributes"),
            ),
            (
                format!("<rss {}><channel/></rss>", "xmlns:a='b' ".repeat(50_000)),
                limit(limits::MAX_ATTRIBUTES, "attributes"),
            ),
            (
                format!("{{\"items\": {}", "[".repeat(100_000)),
                limit(limits::MAX_DEPTH, "levels of JSON"),
            ),
            (
                format!("{{\"items\": [{}", "{},".repeat(limits::MAX_ITEMS + 1)),
                limit(limits::MAX_ITEMS, "items"),
            ),
            (" ".repeat(decode::MAX_BYTES + 1), limit(decode::MAX_BYTES, "bytes")),
        ] {
            assert_eq!(read_text(&text), Err(error));
        }
    }

    #[test]
    fn large_but_lawful_documents_are_read() {
        let title = "é".repeat(2_500_000);
        let long = "a".repeat(1_000_000);
        let tags = "<category>a</category>".repeat(9_000);
        let text = rss(&format!(
            "{}<item><title>{title}</title><guid>{long}</guid><link>https://e.fr/{long}</link>{tags}\
             <description>{long}</description><x y=\"{long}\"/></item>",
            "<?x y?><!-- z -->".repeat(100_000),
        ));
        let document = read_text(&text).expect("a feed");
        let item = &document.items[0];
        assert_eq!(item.title.as_str().chars().count(), 1_000);
        assert_eq!(item.guid.as_ref().map(String::len), Some(1_000_000));
        assert_eq!((item.link.as_ref(), item.categories.len()), (None, 1));
        assert_eq!(item.body.0.len(), 1_000_000);
    }

    #[test]
    fn hostile_json_is_refused_or_read() {
        let feed = |items: &str| {
            format!(
                "\u{feff}{{\"version\": \"https://jsonfeed.org/version/1\", \"title\": \"t\", \"items\": {items}}}"
            )
        };
        for (text, items) in [
            (feed("[{\"id\": \"1\", \"id\": \"2\"}]"), Some(1)),
            (feed("[{\"id\": \"\\ud800\"}]"), Some(1)),
            (feed("[{\"id\": 1}] "), Some(1)),
            (feed("{}"), Some(0)),
            (feed("null"), Some(0)),
            (feed("[{\"id\": 1e999}]"), None),
            ("null".to_owned(), None),
            ("[]".to_owned(), None),
        ] {
            let read = read_text(&text).ok().map(|document| document.items.len());
            assert_eq!(read, items, "{text}");
        }
    }

    #[test]
    fn a_document_cut_anywhere_is_read_or_refused() {
        for file in FEEDS.files() {
            for end in (0..file.contents().len()).step_by(97) {
                let _ = read(&file.contents()[..end], None, &base());
            }
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig {
            failure_persistence: None,
            ..Default::default()
        })]

        #[test]
        fn nothing_a_publisher_sends_makes_it_panic(
            which in proptest::prelude::any::<proptest::sample::Index>(),
            edits in proptest::collection::vec(
                (proptest::prelude::any::<proptest::sample::Index>(), 0..8_usize, "[<>&;:/a\u{e9}\u{2019}\"'=!\\[\\]-]{0,6}"),
                0..12,
            ),
        ) {
            let files: Vec<_> = FEEDS.files().collect();
            let mut bytes = files[which.index(files.len())].contents().to_vec();
            for (at, length, by) in edits {
                let from = at.index(bytes.len() + 1);
                let to = (from + length).min(bytes.len());
                bytes.splice(from..to, by.bytes());
            }
            let one = read(&bytes, Some("text/xml; charset=iso-8859-1"), &base());
            let other = read(&bytes, Some("text/xml; charset=iso-8859-1"), &base());
            proptest::prop_assert_eq!(one, other);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
            let _ = read(&bytes, None, &base());
        }
    }
}
