//! Bytes to a document: everything in this room, in its order.
//!
//! Nothing that a publisher sends makes it panic, loop or grow past the budget. feed-rs runs under
//! `catch_unwind` with a new parser for every document, dates are read by [`super::date`], and an
//! item without a guid has none: feed-rs would make one up, new at every poll. A feed with no items
//! is read as one; whether that is news is for others to say.

use std::panic::{AssertUnwindSafe, catch_unwind};

use feed_rs::model::{Feed, FeedType};

use super::budget::{self, Root, Survey};
use super::{date, decode, item, json, repair};
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
        Some(b'{' | b'[') => read_json(&text, base),
        Some(_) if text.contains('<') => read_xml(&text, base),
        Some(_) if json::mend(&text).is_err() => {
            Err(Unreadable::NotAFeed { what: "a text".to_owned() })
        }
        Some(_) => Err(Unreadable::NotAFeed { what: "a JSON value".to_owned() }),
    }
}

fn read_json(text: &str, base: &WebUrl) -> Result<Document, Unreadable> {
    budget::json(text)?;
    if let Ok(feed) = parse(text, base) {
        return Ok(document(feed, &Survey::default(), base, Repair::None));
    }
    let mended = json::mend(text)?;
    let feed =
        parse(&mended, base).map_err(|failure| Unreadable::Broken { reason: failure.reason })?;
    Ok(document(feed, &Survey::default(), base, Repair::Elements))
}

/// Climbs the ladder of repairs up to the first rung that yields all items.
fn read_xml(text: &str, base: &WebUrl) -> Result<Document, Unreadable> {
    let mut best: Option<Document> = None;
    let mut reason = String::new();
    let mut root = Root::None;
    let mut next = Some(Repair::None);
    while let Some(rung) = next {
        let candidate = repair::mend(text, rung);
        let survey = budget::survey(&candidate)?;
        next = repair::above(rung).map(|above| above.max(survey.needs));
        if rung == Repair::None {
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
    let site = item::alternate(&feed.links)
        .filter(|link| {
            feed.feed_type != FeedType::JSON || Some(link.href.as_str()) != Some(base.as_str())
        })
        .and_then(|link| item::web(&link.href, base));
    let context =
        item::Context { kind: &feed.feed_type, base, site: site.as_ref(), authors: &feed.authors };
    let is_aligned = survey.extras.items.len() == feed.entries.len();
    let extras = |at: usize| survey.extras.items.get(at).filter(|_| is_aligned);
    let items = feed
        .entries
        .into_iter()
        .enumerate()
        .map(|(at, entry)| item::item(entry, extras(at), &context))
        .collect();
    let language = feed.language.map(|language| plain::label(&language).as_str().to_owned());
    Document {
        title: feed
            .title
            .as_ref()
            .map(|title| item::title_of(title, &feed.feed_type))
            .unwrap_or_default(),
        language: language.filter(|language| !language.is_empty()),
        items,
        wishes: wishes(&survey.extras.wishes, feed.ttl),
        repair,
        site,
    }
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
                let limit = budget::MAX_DEPTH;
                assert_eq!(error, Unreadable::TooMuch { limit, unit: "levels of elements" });
            }
        }
    }
}
