//! The tags of a web page that can name a feed: `link`, `a`, `base` and `meta`.
//!
//! Read as a tokenizer of HTML reads (WHATWG, section 13.2.5): attributes quoted or not, character
//! references decoded, comments, scripts, styles and other raw text passed over. One linear pass; no
//! tree is built, so no nesting can hurt. Where a comment or a script never ends, the page does.

use crate::clean::entities;
use crate::clean::tokens::{self, Markup, Name, Tag};

/// How many attributes of one tag are read.
const MOST_ATTRIBUTES: usize = 64;
/// How far the words of a link are looked at, in bytes.
const WORDS_WITHIN: usize = 120;

/// Elements whose content is no markup (WHATWG, section 13.2.6.2).
const RAW: [&str; 9] =
    ["script", "style", "title", "textarea", "iframe", "noembed", "noframes", "xmp", "plaintext"];

/// One tag, its name in lower case.
#[derive(Debug, Clone)]
pub struct PageTag<'a> {
    /// The element.
    pub name: Name,
    attributes: Vec<(&'a str, &'a str)>,
    after: &'a str,
}

impl PageTag<'_> {
    /// The value of an attribute, decoded and trimmed. Of two with one name the first counts.
    pub fn attribute(&self, name: &str) -> Option<String> {
        let mut named = self.attributes.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| entities::decode(value).trim().to_owned())
    }

    /// The words right behind the tag, up to the next tag.
    pub fn words(&self) -> String {
        let end = self.after.find('<').unwrap_or(self.after.len()).min(WORDS_WITHIN);
        let end = (0..=end).rev().find(|at| self.after.is_char_boundary(*at)).unwrap_or(0);
        entities::decode(&self.after[..end]).trim().to_owned()
    }
}

/// The tags of `page`, in order.
pub fn tags(page: &str) -> Tags<'_> {
    Tags { rest: page }
}

/// Iterates over tags.
#[derive(Debug, Clone)]
pub struct Tags<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Tags<'a> {
    type Item = PageTag<'a>;

    fn next(&mut self) -> Option<PageTag<'a>> {
        loop {
            self.rest = &self.rest[self.rest.find('<')?..];
            match Markup::at(self.rest) {
                Markup::Start => {
                    if let Some(tag) = self.start_tag() {
                        return Some(tag);
                    }
                }
                Markup::Comment(length) => self.rest = &self.rest[length..],
                Markup::End => {
                    let end = self.rest.find('>').map_or(self.rest.len(), |end| end + 1);
                    self.rest = &self.rest[end..];
                }
                Markup::Text => self.rest = &self.rest[1..],
            }
        }
    }
}

impl<'a> Tags<'a> {
    fn start_tag(&mut self) -> Option<PageTag<'a>> {
        let inner = &self.rest[1..];
        let tag = Tag::read(inner);
        let name = Name::new(tag.name);
        let after = &inner[tag.length..];
        let is_raw = RAW.contains(&name.as_str());
        self.rest = match is_raw {
            true => &after[tokens::end_of_content(after, name.as_str()).unwrap_or(after.len())..],
            false => after,
        };
        if !matches!(name.as_str(), "link" | "a" | "base" | "meta") {
            return None;
        }
        let inside = &inner[tag.name.len()..tag.length];
        let inside = inside.strip_suffix('>').unwrap_or(inside);
        Some(PageTag { name, attributes: attributes(inside), after })
    }
}

/// Names and raw values of the attributes in `text`, which is a tag without its name and its `>`.
fn attributes(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = text;
    while found.len() < MOST_ATTRIBUTES {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        let Some(first) = rest.chars().next() else { break };
        // A name may begin with anything, even with the `=` that ends it elsewhere.
        let ends_name = |c: char| c.is_ascii_whitespace() || matches!(c, '=' | '/');
        let start = first.len_utf8();
        let end = rest[start..].find(ends_name).map_or(rest.len(), |at| start + at);
        let (name, after) = rest.split_at(end);
        let Some(value) = after.trim_ascii_start().strip_prefix('=') else {
            found.push((name, ""));
            rest = after;
            continue;
        };
        let value = value.trim_ascii_start();
        let (value, after) = match value.as_bytes().first() {
            Some(&quote @ (b'"' | b'\'')) => {
                let quoted = &value[1..];
                quoted.split_once(char::from(quote)).unwrap_or((quoted, ""))
            }
            _ => {
                value.split_at(value.find(|c: char| c.is_ascii_whitespace()).unwrap_or(value.len()))
            }
        };
        found.push((name, value));
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(page: &str) -> Vec<String> {
        let show = |tag: PageTag<'_>| {
            let href = tag.attribute("href").or(tag.attribute("content"));
            format!("{} {}", tag.name.as_str(), href.unwrap_or_else(|| "-".to_owned()))
        };
        tags(page).map(show).collect()
    }

    #[test]
    fn attributes_are_read_as_browsers_read_them() {
        for (page, read_as) in [
            ("<link href=a>", "link a"),
            ("<LINK\nHREF = 'a b' />", "link a b"),
            ("<link href=\" a>b \">", "link a>b"),
            ("<link href=/a/ rel=x>", "link /a/"),
            ("<link href=a/>", "link a/"),
            ("<link/href=\"a\"/>", "link a"),
            ("<link =x href=a>", "link a"),
            ("<link hrefx href>", "link "),
            ("<link data-href=b href=a href=c>", "link a"),
            ("<link href='?a=1&amp;b=&#50;&c=3'>", "link ?a=1&b=2&c=3"),
            ("<base href=é>", "base é"),
            ("<meta name=generator content='WordPress 6'>", "meta WordPress 6"),
            ("<link>", "link -"),
        ] {
            assert_eq!(read(page), [read_as], "{page}");
        }
    }

    #[test]
    fn what_is_no_markup_names_nothing() {
        for page in [
            "<!-- <link href=a> -->",
            "<!--><!-- --!><!DOCTYPE x [<link href=a>",
            "<script>document.write('<link href=a>')</script>",
            "<SCRIPT src=x>'<link href=a>'</script >",
            "<title><link href=a></title>",
            "<style><link href=a></style>",
            "<textarea><a href=a></textarea>",
            "<script><link href=a>",
            "<!-- <link href=a>",
            "</link href=a> < link href=a> <linked href=a> <link",
            "<img alt='<link href=a>'>",
            "",
        ] {
            let found = read(page);
            assert!(found.is_empty() || found == ["link -"], "{page}: {found:?}");
        }
        assert_eq!(read("<!-- x --><script></script><title>t</title><a href=a>x"), ["a a"]);
    }

    #[test]
    fn the_words_of_a_link_end_at_the_next_tag() {
        let words = |page| tags(page).next().map(|tag| tag.words());
        assert_eq!(words("<a href=x> Flux&nbsp;RSS </a> y").as_deref(), Some("Flux\u{a0}RSS"));
        assert_eq!(words("<a href=x>").as_deref(), Some(""));
        let long = format!("<a>{}", "é".repeat(200));
        assert_eq!(tags(&long).next().map(|tag| tag.words().len()), Some(WORDS_WITHIN));
    }
}
