//! From a web page to the feeds it may lead to, best first.
//!
//! First what the page declares: `link` elements with `rel="alternate"` and a feed's type, or with
//! `rel="feed"` (HTML, "alternate" and feed autodiscovery; the tests of Mark Pilgrim's suite hold).
//! Then links among its text that look like feeds by their type, their address or their words. Feeds
//! of comments come last among their like. Nothing is asked here: only who asks knows whether a
//! candidate is a feed.

use std::collections::HashSet;

use super::page::{self, PageTag};
use crate::clean::plain;
use crate::model::text::PlainText;
use crate::model::url::{FeedUrl, WebUrl};

/// How many candidates of one page are kept.
pub const MOST: usize = 40;

/// Types that are feeds and nothing else.
const FEED_TYPES: [&str; 6] = [
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/x-rss+xml",
    "application/rss",
    "application/atom",
];
/// Types that a feed may have and other documents have too.
const LOOSE_TYPES: [&str; 5] =
    ["application/rdf+xml", "application/xml", "text/xml", "text/rss+xml", "application/json"];
/// Last parts of paths that are feeds, without what follows their last dot.
const FEED_NAMES: [&str; 9] =
    ["feed", "feeds", "rss", "rss2", "atom", "rdf", "backend", "flux", "syndication"];
/// What follows the last dot in the path of a feed.
const FEED_ENDINGS: [&str; 3] = ["rss", "atom", "rdf"];
/// Endings that a feed has if its name or its words say so.
const LOOSE_ENDINGS: [&str; 4] = ["xml", "json", "php", "aspx"];
/// Parameters by which pages are had as feeds.
const FEED_QUERIES: [&str; 7] =
    ["feed=", "format=feed", "format=rss", "format=atom", "type=rss", "output=rss", "alt=rss"];
/// Services that subscribe to feeds or show them to others: their links name themselves.
const READERS: [&str; 9] = [
    "feedly.com",
    "theoldreader.com",
    "netvibes.com",
    "inoreader.com",
    "newsblur.com",
    "yahoo.com",
    "google.com",
    "bloglines.com",
    "facebook.com",
];

/// An address that may be a feed's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The address.
    pub url: FeedUrl,
    /// What the page calls it; may be empty.
    pub title: PlainText,
    /// What speaks for it.
    pub merit: Merit,
}

/// What speaks for a candidate, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Merit {
    /// The page declares it.
    Declared,
    /// The page declares it, and it holds comments.
    DeclaredComments,
    /// Declared by a type that is not only a feed's.
    Loose,
    /// A link of the page looks like it.
    Linked,
    /// A link of the page looks like it, and it holds comments.
    LinkedComments,
}

impl Merit {
    /// Whether the page declares it, rather than only linking to it.
    pub fn is_declared(self) -> bool {
        match self {
            Self::Declared | Self::DeclaredComments | Self::Loose => true,
            Self::Linked | Self::LinkedComments => false,
        }
    }
}

/// The feeds that `page`, found at `at`, may lead to: each once, best first, at most [`MOST`].
pub fn candidates(page: &str, at: &WebUrl) -> Vec<Candidate> {
    let mut base: Option<WebUrl> = None;
    let mut found: Vec<Candidate> = Vec::new();
    for tag in page::tags(page) {
        let here = base.as_ref().unwrap_or(at);
        let candidate = match tag.name.as_str() {
            // The first one counts, and for what follows it.
            "base" if base.is_none() => {
                base = tag.attribute("href").and_then(|href| WebUrl::join(at, &href).ok());
                None
            }
            "link" => declared(&tag, here),
            "a" => linked(&tag, here, at),
            _ => None,
        };
        found.extend(candidate);
    }
    found.sort_by_key(|candidate| candidate.merit);
    let mut known = HashSet::new();
    // A page links to itself in many ways; it is no feed of its own.
    found.retain(|candidate| candidate.url.web() != at && known.insert(candidate.url.clone()));
    found.truncate(MOST);
    found
}

/// A `link` element that declares a feed.
fn declared(tag: &PageTag<'_>, base: &WebUrl) -> Option<Candidate> {
    let rel = tag.attribute("rel")?.to_ascii_lowercase();
    let says = |word: &str| rel.split_ascii_whitespace().any(|own| own == word);
    let kind = media_type(tag);
    let strict = FEED_TYPES.contains(&kind.as_str());
    let loose = LOOSE_TYPES.contains(&kind.as_str());
    let href = tag.attribute("href").filter(|href| !href.is_empty())?;
    let title = plain::label(&tag.attribute("title").unwrap_or_default());
    let merit = if says("feed") {
        // What is declared twice over, as a feed and by a feed's type, is no less.
        Merit::Declared
    } else if !says("alternate") || says("stylesheet") {
        return None;
    } else if strict {
        Merit::Declared
    } else if loose && says_feed(&href) && !is_api(&href) {
        Merit::Loose
    } else {
        return None;
    };
    let url = address(&href, base)?;
    let is_of_comments = merit == Merit::Declared && is_of_comments(title.as_str(), &url);
    let merit = if is_of_comments { Merit::DeclaredComments } else { merit };
    Some(Candidate { url, title, merit })
}

/// An `a` element that looks as if it led to a feed.
fn linked(tag: &PageTag<'_>, base: &WebUrl, at: &WebUrl) -> Option<Candidate> {
    let href = tag.attribute("href").filter(|href| !href.is_empty())?;
    let url = address(&href, base)?;
    let host = url.web().parts().host_str().unwrap_or_default();
    if READERS.iter().any(|reader| is_at(host, reader)) && url.site() != at.site() {
        return None;
    }
    let named = [tag.attribute("title"), tag.attribute("aria-label")].into_iter().flatten().next();
    let words = named.unwrap_or_else(|| tag.words());
    let is_feed = FEED_TYPES.contains(&media_type(tag).as_str())
        || href.get(..5).is_some_and(|head| head.eq_ignore_ascii_case("feed:"))
        || looks_like_feed(&url, &words);
    let title = plain::label(&words);
    let is_of_comments = is_of_comments(title.as_str(), &url);
    let merit = if is_of_comments { Merit::LinkedComments } else { Merit::Linked };
    is_feed.then_some(Candidate { url, title, merit })
}

/// Whether an address is written as those of feeds are; `words` are what its link says.
pub fn looks_like_feed(url: &FeedUrl, words: &str) -> bool {
    let parts = url.web().parts();
    let host = parts.host_str().unwrap_or_default();
    let path = parts.path().trim_end_matches('/').to_ascii_lowercase();
    let last = path.rsplit('/').next().unwrap_or_default();
    let (name, ending) = last.rsplit_once('.').unwrap_or((last, ""));
    let is_named = FEED_NAMES.contains(&name);
    let query = parts.query().unwrap_or_default().to_ascii_lowercase();
    let loose = LOOSE_ENDINGS.contains(&ending);
    FEED_ENDINGS.contains(&ending)
        || (is_named && (ending.is_empty() || loose))
        || query.split('&').any(|pair| FEED_QUERIES.iter().any(|known| pair.starts_with(known)))
        || ((host.starts_with("feeds.") || host.starts_with("rss.")) && path.len() > 1)
        || (matches!(ending, "xml" | "json") && says_feed(&format!("{words} {name}")))
}

/// Whether a text has a word for feeds in it.
fn says_feed(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    words.any(|word| {
        ["rss", "rss2", "atom", "feed", "feeds", "flux", "rdf", "jsonfeed"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(word))
    })
}

/// Addresses by which the programs behind pages talk to each other.
fn is_api(href: &str) -> bool {
    ["wp-json", "oembed", "/api/"].iter().any(|part| href.contains(part))
}

fn is_of_comments(title: &str, url: &FeedUrl) -> bool {
    let path = url.web().parts().path().to_ascii_lowercase();
    let title = title.to_lowercase();
    let says = |text: &str| {
        ["comment", "kommentar", "comentario", "commenti"].iter().any(|word| text.contains(word))
    };
    says(&title) || path.split('/').any(|part| part.starts_with("comment"))
}

/// Whether `host` is `domain` or below it.
fn is_at(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The type without its parameters, in lower case.
fn media_type(tag: &PageTag<'_>) -> String {
    let value = tag.attribute("type").unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A link's address as a feed's. `feed:` before it is undone; credentials and other schemes make it
/// none.
fn address(href: &str, base: &WebUrl) -> Option<FeedUrl> {
    let is_feed = href.get(..5).is_some_and(|head| head.eq_ignore_ascii_case("feed:"));
    match is_feed {
        true => FeedUrl::parse(href).ok(),
        false => FeedUrl::parse(WebUrl::join(base, href).ok()?.as_str()).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str) -> WebUrl {
        WebUrl::parse(url).expect(url)
    }

    fn found(page: &str) -> Vec<String> {
        let found = candidates(page, &at("https://exemple.fr/blog/a.html"));
        found.iter().map(|candidate| candidate.url.to_string()).collect()
    }

    #[test]
    fn what_a_page_declares_is_found() {
        for (page, expected) in [
            ("<link rel=alternate type=application/rss+xml href=/f>", "https://exemple.fr/f"),
            (
                "<LINK REL=' Foo ALTERNATE ' TYPE=' Application/Atom+XML; charset=utf-8 ' HREF=' f '>",
                "https://exemple.fr/blog/f",
            ),
            (
                "<link rel=alternate type='application/feed+json' href='//b.fr/feed.json'>",
                "https://b.fr/feed.json",
            ),
            ("<link rel=feed href=f>", "https://exemple.fr/blog/f"),
            ("<link rel=alternate type=text/xml href=rss.xml>", "https://exemple.fr/blog/rss.xml"),
            (
                "<base href='https://c.fr/x/'><link rel=alternate type=application/rss+xml href=f>",
                "https://c.fr/x/f",
            ),
            (
                "<link rel=alternate type='appl&#73;cation/atom+xml' href='?a=1&amp;b=2'>",
                "https://exemple.fr/blog/a.html?a=1&b=2",
            ),
            (
                "<link rel=alternate type=application/rss+xml href=feed://exemple.fr/f>",
                "http://exemple.fr/f",
            ),
            (
                "<body><p><link rel=alternate type=application/rss+xml href=#x></p>\
                 <link rel=alternate type=application/rss+xml href=g>",
                "https://exemple.fr/blog/g",
            ),
        ] {
            assert_eq!(found(page), [expected], "{page}");
        }
    }

    #[test]
    fn a_base_counts_for_what_follows_it() {
        let link = "<link rel=alternate type=application/rss+xml href=f>";
        let base = "<base target=x><base href=https://c.fr/><base href=https://d.fr/>";
        let late = format!("{link}{base}");
        assert_eq!(found(&late), ["https://exemple.fr/blog/f"]);
        assert_eq!(found(&format!("{base}{link}")), ["https://c.fr/f"]);
        assert_eq!(
            found(&format!("<base href='javascript:x'>{link}")),
            ["https://exemple.fr/blog/f"]
        );
    }

    #[test]
    fn what_is_no_feed_is_not_found() {
        for page in [
            "<link rel='alternate stylesheet' type=application/rss+xml href=f>",
            "<link rel=alternates type=application/rss+xml href=f>",
            "<link rel=alternate hreflang=en href=/en/>",
            "<link rel=alternate type=text/html href=/m/>",
            "<link rel=alternate type=application/rss+xml>",
            "<link rel=alternate type=application/rss+xml href=''>",
            "<link rel=alternate type=application/json href=/wp-json/wp/v2/pages/2>",
            "<link rel=alternate type='application/json+oembed' href=/oembed?feed>",
            "<link rel=alternate type=text/xml title=RSS href=scissors>",
            "<!-- <link rel=alternate type=application/rss+xml href=f> -->",
            "<script>'<link rel=alternate type=application/rss+xml href=f>'</script>",
            "<link rel=alternate type=application/rss+xml href=javascript:alert(1)>",
            "<link rel=alternate type=application/rss+xml href=https://u:p@x.fr/f>",
            "<a href=/feedback>Feedback</a>",
            "<a href=/about.xml>About</a>",
            "<a href='https://feedly.com/i/subscription/feed/https://exemple.fr/rss'>x</a>",
            "<a href=mailto:rss@exemple.fr>RSS</a>",
        ] {
            assert_eq!(found(page), [""; 0], "{page}");
        }
    }

    #[test]
    fn links_that_look_like_feeds_come_after_what_is_declared() {
        let page = "<a href=/comments/feed>x</a><a href=/blog/rss.xml>Flux</a>\
            <a href=/x.xml title='Fil RSS'>y</a><a href=?feed=rss2>y</a><a href=/blog/rss.xml#x>z</a>\
            <a href=https://feeds.feedburner.com/x>z</a><a href=/podcast.rss>z</a>\
            <link rel=alternate type=application/rss+xml title=Commentaires href=/c>\
            <link rel=alternate type=application/rss+xml title='&Eacute;dito' href=/f>";
        let found = candidates(page, &at("https://exemple.fr/"));
        let shown: Vec<String> =
            found.iter().map(|one| format!("{:?} {}", one.merit, one.url)).collect();
        assert_eq!(
            shown,
            [
                "Declared https://exemple.fr/f",
                "DeclaredComments https://exemple.fr/c",
                "Linked https://exemple.fr/blog/rss.xml",
                "Linked https://exemple.fr/x.xml",
                "Linked https://exemple.fr/?feed=rss2",
                "Linked https://feeds.feedburner.com/x",
                "Linked https://exemple.fr/podcast.rss",
                "LinkedComments https://exemple.fr/comments/feed",
            ]
        );
        assert_eq!(found[0].title.as_str(), "Édito");
    }

    #[test]
    fn a_page_of_nothing_but_links_is_bounded() {
        let page: String = (0..10_000).map(|n| format!("<a href=/{n}.rss>")).collect();
        assert_eq!(found(&page).len(), MOST);
    }

    #[expect(clippy::disallowed_methods, reason = "the corpora are outside of the repository")]
    fn corpora() -> Option<String> {
        let Ok(corpora) = std::env::var("FEEDMILL_CORPORA") else {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "FEEDMILL_CORPORA is not set");
            println!("skipped: FEEDMILL_CORPORA is not set");
            return None;
        };
        Some(corpora)
    }

    #[test]
    fn the_autodiscovery_suite_passes() {
        let Some(corpora) = corpora() else { return };
        let folder = format!("{corpora}/autodiscovery/feedfinder-tests");
        let mut pages = 0;
        for file in std::fs::read_dir(folder).expect("the suite").flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            let Some(number) = name.strip_prefix("html4-").and_then(|n| n.strip_suffix(".html"))
            else {
                continue;
            };
            let page = std::fs::read_to_string(file.path()).expect("UTF-8");
            let found = candidates(&page, &at(&format!("https://exemple.fr/{name}")));
            let best = found.first().unwrap_or_else(|| panic!("{name}: nothing"));
            assert!(
                best.url.as_str().ends_with(&format!("/html4-{number}.xml")),
                "{name}: {best:?}"
            );
            assert_eq!(best.merit, Merit::Declared, "{name}");
            let is_elsewhere = ["049", "050"].contains(&number);
            let host = best.url.web().parts().host_str();
            assert_eq!(host == Some("www.ragingplatypus.com"), is_elsewhere, "{name}: {best:?}");
            pages += 1;
        }
        assert!(pages > 0, "the suite has no pages");
    }

    #[test]
    fn what_firefox_discovers_is_discovered() {
        let Some(corpora) = corpora() else { return };
        let path = format!("{corpora}/mix-simplepie/fftests.html");
        let Ok(page) = std::fs::read_to_string(path) else {
            return println!("skipped: the page is not among the corpora");
        };
        let found = candidates(&page, &at("https://exemple.fr/"));
        let numbers: Vec<String> =
            found.iter().map(|candidate| candidate.title.to_string()).collect();
        assert_eq!(numbers, (1..=13).map(|n| n.to_string()).collect::<Vec<_>>());
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig {
            failure_persistence: None,
            ..Default::default()
        })]

        #[test]
        fn no_page_is_too_strange(
            page in "(<|>|</|/|=|'|\"| |link|a|base|meta|rel|href|feed|<!--|-->|<script|é|&#x26;|&|#){0,60}",
        ) {
            let found = candidates(&page, &at("https://exemple.fr/"));
            let urls: HashSet<&FeedUrl> = found.iter().map(|candidate| &candidate.url).collect();
            proptest::prop_assert_eq!(urls.len(), found.len());
        }
    }
}
