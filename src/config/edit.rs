//! Edits of the configuration that leave everything else in it as it stands, byte for byte.
//!
//! Feeds are added at the end of the file and removed with the lines between their header and their
//! last key; comments elsewhere stay. Adding what is there and removing what is not change nothing.
//! [`crate::config::replace`] does it to a file.

use std::collections::{BTreeSet, HashSet};
use std::io;
use std::ops::Range;

use toml_edit::{Array, Document, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use crate::model::feed::Tag;
use crate::model::text::HeaderText;
use crate::model::url::FeedUrl;

/// A feed to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFeed {
    url: FeedUrl,
    title: Option<String>,
    tags: Vec<Tag>,
}

impl NewFeed {
    /// A feed with what the configuration can hold of its title and tags: one line, 200 characters,
    /// no tag twice.
    pub fn new(url: FeedUrl, title: Option<&str>, tags: &[Tag]) -> Self {
        let label = |text: &str| {
            let line: String = HeaderText::new(text).as_str().trim().chars().take(200).collect();
            Some(line.trim_end().to_owned()).filter(|line| !line.is_empty())
        };
        let mut known = HashSet::new();
        let tags = tags.iter().filter_map(|tag| label(tag));
        let tags = tags.filter(|tag| known.insert(tag.clone())).collect();
        Self { url, title: title.and_then(label), tags }
    }

    /// Where it is fetched.
    pub fn url(&self) -> &FeedUrl {
        &self.url
    }

    fn values(&self) -> Vec<(&'static str, Value)> {
        let mut values = vec![("url", Value::from(self.url.as_str()))];
        values.extend(self.title.as_deref().map(|title| ("title", Value::from(title))));
        if !self.tags.is_empty() {
            values.push(("tags", Value::from(Array::from_iter(&self.tags))));
        }
        values
    }
}

/// A text after an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The new text; the old one if nothing changed.
    pub text: String,
    /// The feeds that were added or removed.
    pub changed: Vec<FeedUrl>,
}

/// Why a configuration cannot be edited.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// It is no TOML, or `feed` in it is no list of tables.
    #[error("it has a fault in line {line}: mend it first")]
    Faulty {
        /// Where.
        line: usize,
    },
    /// A feed that is to be removed does not stand in it.
    #[error("{url} does not stand in it")]
    NotThere {
        /// The feed.
        url: FeedUrl,
    },
    /// It could not be read or replaced.
    #[error("{}", crate::config::files::reason(.0))]
    File(#[from] io::Error),
}

/// Adds those of `feeds` that `text` does not have yet.
pub fn add_feeds(text: &str, feeds: &[NewFeed]) -> Result<Edited, EditError> {
    let document = parse(text)?;
    let mut known: HashSet<FeedUrl> = urls(document.get("feed")).collect();
    let new: Vec<&NewFeed> = feeds.iter().filter(|feed| known.insert(feed.url.clone())).collect();
    let changed = new.iter().map(|feed| feed.url.clone()).collect::<Vec<_>>();
    let text = match document.get("feed") {
        _ if changed.is_empty() => text.to_owned(),
        None | Some(Item::ArrayOfTables(_)) => append_tables(text, &new),
        Some(Item::Value(_) | Item::Table(_) | Item::None) => push_inline(document, &new)?,
    };
    Ok(Edited { text, changed })
}

/// Adds one feed, as [`add_feeds`] does.
pub fn add_feed(
    text: &str,
    url: &FeedUrl,
    title: Option<&str>,
    tags: &[Tag],
) -> Result<Edited, EditError> {
    add_feeds(text, &[NewFeed::new(url.clone(), title, tags)])
}

/// Removes a feed, wherever it stands.
pub fn remove_feed(text: &str, url: &FeedUrl) -> Result<Edited, EditError> {
    let document = parse(text)?;
    let found = urls(document.get("feed")).filter(|known| known == url).count();
    let text = match document.get("feed") {
        _ if found == 0 => text.to_owned(),
        Some(Item::ArrayOfTables(tables)) => {
            let mut ranges = Vec::new();
            for table in tables.iter().filter(|table| url_of(*table).as_ref() == Some(url)) {
                ranges_of(text, table, &mut ranges);
            }
            without(text, ranges)
        }
        Some(Item::Value(_) | Item::Table(_) | Item::None) | None => remove_inline(document, url)?,
    };
    Ok(Edited { text, changed: vec![url.clone(); found.min(1)] })
}

/// Removes all of `urls`; if one of them does not stand in `text`, that is the error.
pub fn remove_feeds(text: &str, urls: &[FeedUrl]) -> Result<Edited, EditError> {
    let mut edited = Edited { text: text.to_owned(), changed: Vec::new() };
    for url in urls.iter().collect::<BTreeSet<_>>() {
        let next = remove_feed(&edited.text, url)?;
        if next.changed.is_empty() {
            return Err(EditError::NotThere { url: url.clone() });
        }
        edited.text = next.text;
        edited.changed.extend(next.changed);
    }
    Ok(edited)
}

fn parse(text: &str) -> Result<Document<&str>, EditError> {
    Document::parse(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        EditError::Faulty { line: line_of(text, start) }
    })
}

fn line_of(text: &str, index: usize) -> usize {
    text.as_bytes().iter().take(index).filter(|byte| **byte == b'\n').count() + 1
}

fn urls(feeds: Option<&Item>) -> impl Iterator<Item = FeedUrl> {
    let tables = feeds.and_then(Item::as_array_of_tables).into_iter().flatten();
    let inline = feeds.and_then(Item::as_array).into_iter().flatten();
    let inline = inline.filter_map(Value::as_inline_table);
    tables.filter_map(|table| url_of(table)).chain(inline.filter_map(|table| url_of(table)))
}

fn url_of(feed: &dyn TableLike) -> Option<FeedUrl> {
    FeedUrl::parse(feed.get("url")?.as_str()?).ok()
}

fn append_tables(text: &str, feeds: &[&NewFeed]) -> String {
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut text = text.to_owned();
    for feed in feeds {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push_str(newline);
        }
        if !text.is_empty() {
            text.push_str(newline);
        }
        text.push_str("[[feed]]");
        text.push_str(newline);
        for (key, value) in feed.values() {
            text.push_str(&format!("{key} = {value}{newline}"));
        }
    }
    text
}

/// Adds to `feed = [{ … }]`, the form that programs write.
fn push_inline(document: Document<&str>, feeds: &[&NewFeed]) -> Result<String, EditError> {
    let mut document: DocumentMut = document.into_mut();
    let array = inline_feeds(&mut document)?;
    for feed in feeds {
        array.push(InlineTable::from_iter(feed.values()));
    }
    Ok(document.to_string())
}

fn remove_inline(document: Document<&str>, url: &FeedUrl) -> Result<String, EditError> {
    let mut document: DocumentMut = document.into_mut();
    inline_feeds(&mut document)?.retain(|feed| {
        feed.as_inline_table().and_then(|table| url_of(table)).as_ref() != Some(url)
    });
    Ok(document.to_string())
}

fn inline_feeds(document: &mut DocumentMut) -> Result<&mut Array, EditError> {
    let line = 1;
    document.get_mut("feed").and_then(Item::as_array_mut).ok_or(EditError::Faulty { line })
}

/// The lines of a table from its header to its last key, and those of the tables below it.
fn ranges_of(text: &str, table: &Table, ranges: &mut Vec<Range<usize>>) {
    let mut range = table.span();
    for (_, item) in table.iter() {
        widen(text, item, &mut range, ranges);
    }
    ranges.extend(range);
}

fn widen(
    text: &str,
    item: &Item,
    range: &mut Option<Range<usize>>,
    ranges: &mut Vec<Range<usize>>,
) {
    match item {
        Item::Table(below) if below.is_dotted() => {
            for (_, item) in below.iter() {
                widen(text, item, range, ranges);
            }
        }
        Item::Table(below) => ranges_of(text, below, ranges),
        Item::ArrayOfTables(below) => {
            below.iter().for_each(|table| ranges_of(text, table, ranges));
        }
        Item::Value(value) => {
            if let (Some(range), Some(span)) = (range, value.span()) {
                range.end = range.end.max(span.end);
            }
        }
        Item::None => {}
    }
}

/// The text without the lines in which `ranges` stand, and without the gap they would leave.
fn without(text: &str, mut ranges: Vec<Range<usize>>) -> String {
    ranges.sort_by_key(|range| std::cmp::Reverse(range.start));
    let mut text = text.to_owned();
    for range in ranges {
        let start = text[..range.start].rfind('\n').map_or(0, |newline| newline + 1);
        let (mut before, mut after) = (&text[..start], &text[line_end(&text, range.end)..]);
        if before.is_empty() || before.ends_with("\n\n") || before.ends_with("\n\r\n") {
            after =
                after.strip_prefix("\r\n").or_else(|| after.strip_prefix('\n')).unwrap_or(after);
        }
        if after.is_empty() {
            before = &before[..line_end(before, before.trim_end_matches(['\r', '\n']).len())];
        }
        text = format!("{before}{after}");
    }
    text
}

/// Where the line ends in which `index` stands, behind its line break.
fn line_end(text: &str, index: usize) -> usize {
    text[index..].find('\n').map_or(text.len(), |newline| index + newline + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"# My feeds.
feed_lists = ["more.opml"]  # from my old reader

[fetch]
min_interval   =   "2h"

# ── French ──
[[feed]]
url = "https://exemple.fr/rss" # the best
tags = [
  "fr", # French
]

[[feed]]
url = "https://exemple.org/atom"
[feed.headers]
X-Key = { file = "key" }

# ── The end ──
"#;

    fn url(text: &str) -> FeedUrl {
        FeedUrl::parse(text).expect("a feed's URL")
    }

    fn added(text: &str, feeds: &[(&str, Option<&str>, &[&str])]) -> Edited {
        let feeds: Vec<NewFeed> = feeds
            .iter()
            .map(|(address, title, tags)| {
                let tags: Vec<Tag> = tags.iter().map(|tag| (*tag).to_owned()).collect();
                NewFeed::new(url(address), *title, &tags)
            })
            .collect();
        add_feeds(text, &feeds).expect("edited")
    }

    fn removed(text: &str, address: &str) -> Edited {
        remove_feed(text, &url(address)).expect("edited")
    }

    #[test]
    fn a_feed_is_added_at_the_end_and_all_else_stays() {
        let edited =
            added(FILE, &[("https://neuf.fr/", Some(" Le \"Neuf\"\n"), &["fr", "fr", " "])]);
        let end =
            "\n[[feed]]\nurl = \"https://neuf.fr/\"\ntitle = 'Le \"Neuf\"'\ntags = [\"fr\"]\n";
        assert_eq!(edited.text, format!("{FILE}{end}"));
        assert_eq!(edited.changed, [url("https://neuf.fr/")]);
    }

    #[test]
    fn adding_twice_is_adding_once() {
        let feeds: &[(&str, Option<&str>, &[&str])] = &[
            ("https://a.fr/", None, &[]),
            ("https://exemple.fr/rss", None, &[]),
            ("https://a.fr/#x", None, &[]),
        ];
        let once = added(FILE, feeds);
        assert_eq!(once.changed, [url("https://a.fr/")]);
        assert_eq!(added(&once.text, feeds), Edited { text: once.text.clone(), changed: vec![] });
    }

    #[test]
    fn removing_what_was_added_gives_the_same_file() {
        for text in [FILE, "", "# nothing yet\n", "a = 1\r\n", FILE.replace('\n', "\r\n").as_str()]
        {
            let edited = added(
                text,
                &[("https://neuf.fr/", Some("Neuf"), &[]), ("https://deux.fr/", None, &[])],
            );
            let text_without = removed(&edited.text, "https://neuf.fr/").text;
            assert_eq!(removed(&text_without, "https://deux.fr/").text, text);
        }
    }

    #[test]
    fn a_feed_goes_with_its_keys_and_the_comments_around_it_stay() {
        let first = removed(FILE, "https://exemple.fr/rss").text;
        let second = removed(&first, "https://exemple.org/atom").text;
        let block = "[[feed]]\nurl = \"https://exemple.fr/rss\" # the best\ntags = [\n  \"fr\", # French\n]\n";
        assert_eq!(first, FILE.replace(block, ""));
        let block = "[[feed]]\nurl = \"https://exemple.org/atom\"\n[feed.headers]\nX-Key = { file = \"key\" }\n\n";
        assert_eq!(second, first.replace(block, ""));
        assert_eq!(removed(FILE, "https://nowhere.fr/").text, FILE);
    }

    #[test]
    fn tables_between_a_feed_and_its_headers_stay() {
        let text =
            "[[feed]]\nurl = \"http://a/\"\n[server]\n# here\n[feed.headers]\nX = \"1\"\n[fetch]\n";
        assert_eq!(removed(text, "http://a/").text, "[server]\n# here\n[fetch]\n");
    }

    #[test]
    fn the_inline_form_is_kept() {
        let text = "feed = [{ url = \"http://a/\" }] # all\n[server]\n";
        let edited = added(text, &[("http://b/", None, &["x"])]);
        let two = "feed = [{ url = \"http://a/\" }, { url = \"http://b/\", tags = [\"x\"] }] # all\n[server]\n";
        assert_eq!(edited.text, two);
        assert_eq!(removed(&edited.text, "http://b/").text, text);
    }

    #[test]
    fn a_faulty_file_is_not_edited() {
        let error = add_feed("a = 1\nb = = 2\n", &url("http://a/"), None, &[]).expect_err("faulty");
        assert_eq!(error.to_string(), "it has a fault in line 2: mend it first");
        assert!(add_feed("[feed]\nurl = 1\n", &url("http://a/"), None, &[]).is_err());
    }
}
