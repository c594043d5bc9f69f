//! OPML 2.0 (opml.org): lists of feeds, as programs hand them to each other.
//!
//! Reading is tolerant of what exporters write and bounded against what attackers do: the file may
//! break off, a bad outline is reported with its line and the rest is kept, entities and external
//! documents are never followed, and only addresses of the web become feeds (`exec:`, `filter:` and
//! `|command`, which some readers run, are refused). Folders become tags.

use std::collections::HashMap;

use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::view::one_line;
use super::xml::Xml;
use crate::model::feed::Tag;
use crate::model::text::{HeaderText, PlainText};
use crate::model::url::{FeedUrl, WebUrl};

/// The largest file read, in bytes.
const LARGEST_FILE: usize = 32 * 1024 * 1024;

/// The most feeds taken from one file.
const MOST_FEEDS: usize = 100_000;

/// The most outlines that are reported one by one.
const MOST_REPORTED: usize = 1_000;

/// Folders deeper than this add no tags.
const DEEPEST_TAG: usize = 16;

/// One feed of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpmlFeed {
    /// Its title; may be empty.
    pub title: PlainText,
    /// Its address.
    pub url: FeedUrl,
    /// Its tags: the folders it is in, outermost first, and its categories.
    pub tags: Vec<Tag>,
    /// The page it belongs to.
    pub site: Option<WebUrl>,
}

/// What a file held.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpmlList {
    /// Its feeds in file order; one that is listed twice has the tags of both.
    pub feeds: Vec<OpmlFeed>,
    /// What could not be taken, the first thousand.
    pub rejected: Vec<Rejected>,
    /// How many more could not be taken.
    pub rejected_more: usize,
}

/// Something of a file that could not be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Its line, counted from 1.
    pub line: usize,
    /// What stands there: the address of an outline, or else its title.
    pub what: HeaderText,
    /// Why it could not be taken.
    pub reason: String,
}

/// Why a file could not be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpmlError {
    /// It holds neither `<opml>` nor an `<outline>`.
    #[error("not an OPML file: there is no <opml> element in it")]
    NotOpml,
    /// Larger than can be a list of feeds.
    #[error("larger than {} MB", LARGEST_FILE / 1024 / 1024)]
    TooLarge,
    /// More feeds than can be subscribed to at once.
    #[error("more than {MOST_FEEDS} feeds")]
    TooMany,
}

/// Writes `feeds` as OPML, feeds with tags in a folder named by their first tag. Further tags stand
/// in `category`, where [`read`] finds them again.
pub fn write(feeds: &[OpmlFeed]) -> String {
    let mut folders: Vec<(Option<&str>, Vec<&OpmlFeed>)> = Vec::new();
    let mut places: HashMap<Option<&str>, usize> = HashMap::new();
    for feed in feeds {
        let folder = feed.tags.first().map(String::as_str);
        let place = *places.entry(folder).or_insert_with(|| {
            folders.push((folder, Vec::new()));
            folders.len() - 1
        });
        folders[place].1.push(feed);
    }
    Xml::document("opml", &[("version", Some("2.0"))], |xml| {
        xml.element("head", &[], |xml| xml.text("title", &[], "feedmill"));
        xml.element("body", &[], |xml| {
            for (folder, feeds) in folders {
                let write_all = |xml: &mut Xml| feeds.iter().for_each(|feed| outline(xml, feed));
                match folder {
                    Some(tag) => {
                        let attributes = [("text", Some(tag)), ("title", Some(tag))];
                        xml.element("outline", &attributes, write_all);
                    }
                    None => write_all(xml),
                }
            }
        });
    })
}

fn outline(xml: &mut Xml, feed: &OpmlFeed) {
    let title = match one_line(&feed.title) {
        title if title.is_empty() => feed.url.as_str().to_owned(),
        title => title,
    };
    let categories = feed.tags.join(",");
    let has_more_tags = feed.tags.len() > 1;
    xml.empty(
        "outline",
        &[
            ("type", Some("rss")),
            ("text", Some(&title)),
            ("title", Some(&title)),
            ("xmlUrl", Some(feed.url.as_str())),
            ("htmlUrl", feed.site.as_ref().map(|site| site.as_str())),
            ("category", has_more_tags.then_some(categories.as_str())),
        ],
    );
}

/// Reads an OPML file.
pub fn read(text: &str) -> Result<OpmlList, OpmlError> {
    if text.len() > LARGEST_FILE {
        return Err(OpmlError::TooLarge);
    }
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut list = Reading { text, ..Reading::default() };
    let mut is_opml = false;
    loop {
        let start = position(&reader);
        match reader.read_event() {
            Ok(Event::Start(tag)) if is_named(&tag, "outline") => {
                let folder = list.take(&tag, start)?;
                list.folders.push(folder);
            }
            Ok(Event::Empty(tag)) if is_named(&tag, "outline") => {
                list.take(&tag, start)?;
            }
            Ok(Event::Start(tag)) => is_opml |= is_named(&tag, "opml"),
            Ok(Event::End(tag)) if tag.local_name().as_ref().eq_ignore_ascii_case("outline") => {
                list.folders.pop();
            }
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(error) => {
                let reason = format!("the file breaks off: {error}");
                list.reject(start, HeaderText::default(), reason);
                break;
            }
        }
    }
    if !is_opml && list.done.feeds.is_empty() {
        return Err(OpmlError::NotOpml);
    }
    Ok(list.done)
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

fn is_named(tag: &BytesStart<'_>, name: &str) -> bool {
    tag.local_name().as_ref().eq_ignore_ascii_case(name)
}

/// A file half read.
#[derive(Default)]
struct Reading<'a> {
    text: &'a str,
    /// Where lines were last counted, and how many came before.
    counted: (usize, usize),
    /// The open outlines: the tag that each adds, if it adds one.
    folders: Vec<Option<Tag>>,
    places: HashMap<FeedUrl, usize>,
    done: OpmlList,
}

impl Reading<'_> {
    /// Takes an outline: a feed is kept or rejected, anything else is a folder, whose tag is given
    /// back.
    fn take(&mut self, tag: &BytesStart<'_>, at: usize) -> Result<Option<Tag>, OpmlError> {
        let outline = Outline::of(tag);
        let Some(address) = outline.address() else {
            if outline.kind.eq_ignore_ascii_case("rss") {
                self.reject(at, outline.title().one_line(), "there is no xmlUrl".to_owned());
            }
            let name = outline.title().one_line();
            return Ok(Some(name.as_str().to_owned()).filter(|name| !name.is_empty()));
        };
        match FeedUrl::parse(address) {
            Ok(url) => self.keep(url, &outline)?,
            Err(error) => self.reject(at, HeaderText::new(address), error.to_string()),
        }
        Ok(None)
    }

    fn keep(&mut self, url: FeedUrl, outline: &Outline) -> Result<(), OpmlError> {
        let place = match self.places.get(&url) {
            Some(&place) => place,
            None if self.done.feeds.len() == MOST_FEEDS => return Err(OpmlError::TooMany),
            None => {
                let site = WebUrl::parse(&outline.site).ok();
                let title = PlainText::new(outline.title().one_line().as_str());
                self.places.insert(url.clone(), self.done.feeds.len());
                self.done.feeds.push(OpmlFeed { title, url, tags: Vec::new(), site });
                self.done.feeds.len() - 1
            }
        };
        let categories = outline
            .categories
            .split(',')
            .map(|name| HeaderText::new(name.trim().trim_start_matches('/')).as_str().to_owned());
        let folders = self.folders.iter().take(DEEPEST_TAG).flatten().cloned();
        let tags = &mut self.done.feeds[place].tags;
        for tag in folders.chain(categories).filter(|tag| !tag.is_empty()) {
            if !tags.contains(&tag) && tags.len() < DEEPEST_TAG {
                tags.push(tag);
            }
        }
        Ok(())
    }

    fn reject(&mut self, at: usize, what: HeaderText, reason: String) {
        if self.done.rejected.len() == MOST_REPORTED {
            self.done.rejected_more += 1;
            return;
        }
        let (from, lines) = self.counted;
        let between = self.text.as_bytes().get(from..at).unwrap_or_default();
        let lines = lines + between.iter().filter(|&&byte| byte == b'\n').count();
        self.counted = (at, lines);
        self.done.rejected.push(Rejected { line: lines + 1, what, reason });
    }
}

/// The attributes of an outline that matter.
#[derive(Default)]
struct Outline {
    kind: String,
    text: String,
    title: String,
    feed: String,
    url: String,
    site: String,
    categories: String,
}

impl Outline {
    /// Names in any case, values without quotes or with bare ampersands are taken as they are.
    fn of(tag: &BytesStart<'_>) -> Self {
        let mut outline = Self::default();
        for attribute in tag.html_attributes().with_checks(false).flatten() {
            let value = text_of(&attribute.value);
            match attribute.key.as_ref().to_ascii_lowercase().as_str() {
                "type" => outline.kind = value,
                "text" => outline.text = value,
                "title" => outline.title = value,
                "xmlurl" => outline.feed = value,
                "url" => outline.url = value,
                "htmlurl" => outline.site = value,
                "category" => outline.categories = value,
                _ => {}
            }
        }
        outline
    }

    /// `title`, or `text` where there is none; both may be markup of a careless exporter's.
    fn title(&self) -> PlainText {
        let title = PlainText::new(&self.title);
        if title.is_empty() { PlainText::new(&self.text) } else { title }
    }

    /// The address of the feed: `xmlUrl`, or `url` of an outline that says it is a feed.
    fn address(&self) -> Option<&str> {
        let is_feed =
            ["rss", "atom", "feed"].iter().any(|kind| self.kind.eq_ignore_ascii_case(kind));
        let urls = [Some(&self.feed), is_feed.then_some(&self.url)];
        urls.into_iter().flatten().map(|url| url.trim()).find(|url| !url.is_empty())
    }
}

/// A value with its character references undone, or as it stands where they cannot be.
fn text_of(value: &str) -> String {
    quick_xml::escape::unescape(value).map_or_else(|_| value.to_owned(), |text| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(title: &str, url: &str, tags: &[&str]) -> OpmlFeed {
        OpmlFeed {
            title: PlainText::new(title),
            url: FeedUrl::parse(url).expect("a feed URL"),
            tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
            site: None,
        }
    }

    fn in_body(outlines: &str) -> OpmlList {
        read(&format!("<opml version=\"2.0\">\n<body>\n{outlines}\n</body></opml>")).expect("OPML")
    }

    fn list() -> Vec<OpmlFeed> {
        let mut monde = feed("L’Écho & Cie", "https://echo.example/rss?a=1&b=2", &["presse", "fr"]);
        monde.site = WebUrl::parse("https://echo.example/").ok();
        vec![
            monde,
            feed("The \"Post\"", "https://post.example/feed", &[]),
            feed("Le Phare", "https://phare.example/atom", &["presse"]),
        ]
    }

    #[test]
    fn opml_of_a_small_list() {
        insta::assert_snapshot!(write(&list()));
    }

    #[test]
    fn a_list_survives_its_export() {
        let mut expected = list();
        expected.sort_by(|a, b| a.url.cmp(&b.url));
        let mut read = read(&write(&list())).expect("OPML");
        read.feeds.sort_by(|a, b| a.url.cmp(&b.url));
        assert_eq!(read, OpmlList { feeds: expected, ..OpmlList::default() });
    }

    #[test]
    fn folders_become_tags() {
        let list = in_body(
            r#"<outline text="Tech"><outline title=" Linux " text="ignored">
               <outline TEXT="LWN" xmlurl="https://lwn.net/feed?a=1&b=2" category="/news/kernel,tech"/>
               </outline></outline>
               <outline text="Home" type="link" url="https://not-a-feed.example/"/>
               <outline text="Old" type="RSS" url="feed://old.example/rss" />
               <outline text="LWN again" xmlUrl="https://lwn.net/feed?a=1&amp;b=2" category="mine"/>"#,
        );
        assert_eq!(
            list.feeds,
            [
                feed(
                    "LWN",
                    "https://lwn.net/feed?a=1&b=2",
                    &["Tech", "Linux", "news/kernel", "tech", "mine"]
                ),
                feed("Old", "http://old.example/rss", &[]),
            ]
        );
        assert_eq!(list.rejected, []);
    }

    #[test]
    fn commands_and_other_schemes_are_reported_and_refused() {
        let list = in_body(
            r#"<outline text="a" xmlUrl="exec:~/bin/steal"/>
<outline text="b" xmlUrl="filter:~/bin/x:https://x.example/feed"/>
<outline text="c" xmlUrl="|~/fetch.py"/>
<outline text="d" xmlUrl="$(touch x)"/>
<outline text="e" xmlUrl="file:///etc/passwd"/>
<outline text="f" xmlUrl="https://user:pass@x.example/feed"/>
<outline text="g" type="rss"/>
<outline text="h" xmlUrl="https://x.example/feed"/>"#,
        );
        assert_eq!(list.feeds, [feed("h", "https://x.example/feed", &[])]);
        let lines: Vec<_> = list.rejected.iter().map(|r| r.line).collect();
        assert_eq!(lines, [3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(list.rejected[0].what.as_str(), "exec:~/bin/steal");
        assert_eq!(list.rejected[0].reason, "the scheme \"exec\" is not one of http, https");
        assert_eq!(list.rejected[6].reason, "there is no xmlUrl");
    }

    #[test]
    fn broken_files_give_what_can_be_had() {
        for (file, feeds, rejected) in [
            ("<opml><body><outline xmlUrl='https://a.example/'/>", 1, 0),
            (
                "\u{feff}<opml><body><outline xmlUrl='https://a.example/'/><outline xmlUrl='htt",
                1,
                1,
            ),
            ("<outline xmlUrl=\"https://a.example/\"/>", 1, 0),
            ("<opml></outline></outline><outline xmlUrl=\"https://a.example/\"/></body>", 1, 0),
            ("<opml><outline text=\"x < y & z\" xmlUrl=https://a.example/ /></opml>", 1, 0),
            ("<opml><head/></opml>", 0, 0),
        ] {
            let list = read(file).expect(file);
            assert_eq!((list.feeds.len(), list.rejected.len()), (feeds, rejected), "{file}");
        }
        for file in ["", "hello", "<html><body>x</body></html>", "{}"] {
            assert_eq!(read(file), Err(OpmlError::NotOpml), "{file}");
        }
    }

    #[test]
    fn entities_are_not_followed() {
        let list = read(
            "<!DOCTYPE opml [<!ENTITY x SYSTEM \"file:///etc/passwd\"><!ENTITY b \"boom\">]>\
             <opml><body><outline text=\"&x;&b;\" xmlUrl=\"https://a.example/&x;\"/></body></opml>",
        )
        .expect("OPML");
        assert_eq!(list.feeds[0].title.as_str(), "&x;&b;");
        assert_eq!(list.feeds[0].url.as_str(), "https://a.example/&x;");
    }

    #[test]
    fn size_depth_and_number_are_bounded() {
        assert_eq!(read(&" ".repeat(LARGEST_FILE + 1)), Err(OpmlError::TooLarge));
        let deep = "<outline text=\"t\">".repeat(10_000);
        let list = in_body(&format!("{deep}<outline xmlUrl=\"https://a.example/\"/>"));
        assert_eq!(list.feeds, [feed("", "https://a.example/", &["t"])]);
        let many: String = (0..=MOST_FEEDS)
            .map(|n| format!("<outline xmlUrl=\"http://a.example/{n}\"/>"))
            .collect();
        assert_eq!(read(&format!("<opml>{many}</opml>")), Err(OpmlError::TooMany));
        let bad = in_body(&"<outline xmlUrl=\"exec:x\"/>\n".repeat(MOST_REPORTED + 7));
        assert_eq!((bad.rejected.len(), bad.rejected_more), (MOST_REPORTED, 7));
    }
}
