//! The documents of the bench world: RSS 2.0 of about 43 kB with 30 entries, each with 665 bytes of
//! HTML, different for every feed and made when asked for.

use std::fmt::Write;

use chrono::{DateTime, TimeDelta, Utc};

/// Entries in a document.
pub(crate) const ENTRIES: u64 = 30;

/// How many entries are new in the next version of a document.
const NEW_ENTRIES: u64 = 2;

/// Bytes of HTML in an entry.
const HTML: usize = 665;

const FILLER: &str = "Le conseil a voté hier soir le budget de la régie des eaux après trois \
    heures de débat; les travaux du pont commenceront au printemps si la préfecture donne son \
    accord, et la ligne de bus 14 sera détournée pendant neuf mois. Residents may comment on the \
    plan until the end of the month at the town hall or by mail. La bibliothèque ferme à 18 h.";

/// Version `version` of feed `number`, whose pages are below `site`.
pub(crate) fn render(site: &str, number: usize, version: u64) -> String {
    let mut xml = String::with_capacity(46_000);
    let _ = write!(
        xml,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<channel>\n<title>Journal {number}</title>\
         \n<link>{site}/</link>\n<description>Nouvelles du quartier {number}</description>\n\
         <language>fr</language>\n"
    );
    let first = version * NEW_ENTRIES;
    for entry in (first..first + ENTRIES).rev() {
        item(&mut xml, site, number, entry);
    }
    xml += "</channel>\n</rss>\n";
    xml
}

fn item(xml: &mut String, site: &str, number: usize, entry: u64) {
    let start = DateTime::<Utc>::from_timestamp(1_767_225_600, 0).unwrap_or_default();
    let hours = TimeDelta::hours(i64::try_from(entry).unwrap_or_default());
    let date = (start + hours).format("%a, %d %b %Y %H:%M:%S GMT");
    let link = format!("{site}/2026/{entry}/le-conseil-vote-le-budget-{number}");
    let head = format!(
        "<p><strong>Nº {entry}.</strong> <a href=\"{link}\" title=\"À lire\">Le journal</a> écrit \
         &amp; relit&nbsp;:</p><ul><li>un</li><li><em>deux</em></li></ul><blockquote>Voilà {entry}. \
         </blockquote><img src=\"{site}/i/{entry}.jpg\" alt=\"\" width=\"640\" height=\"360\"><p>"
    );
    let room = HTML.saturating_sub(head.len() + "</p>".len());
    let _ = write!(
        xml,
        "<item>\n<title>Le conseil vote le budget, épisode {entry} du feuilleton {number}</title>\n\
         <link>{link}</link>\n<guid isPermaLink=\"false\">tag:journal-{number},2026:{entry}</guid>\n\
         <pubDate>{date}</pubDate>\n<dc:creator>Zoé Martin</dc:creator>\n\
         <category>politique</category>\n<category>quartier</category>\n\
         <category>budget</category>\n<description>{}</description>\n\
         <content:encoded><![CDATA[{head}{}</p>]]></content:encoded>\n</item>\n",
        cut(&text(entry), 310),
        filled(&text(entry), room),
    );
}

/// The words of the filler from another one on for each entry: articles of one source differ, and
/// what several of them held word by word would be taken for furniture.
fn text(entry: u64) -> String {
    let words: Vec<&str> = FILLER.split(' ').collect();
    let first = usize::try_from(entry * 7).unwrap_or_default() % words.len();
    [&words[first..], &words[..first]].concat().join(" ")
}

/// The first `length` bytes of `text`, with a dot where a letter would be cut.
fn filled(text: &str, length: usize) -> String {
    let text = cut(text, length);
    format!("{text:.<width$}", width = text.chars().count() + length - text.len())
}

/// The first `length` bytes of `text`, or fewer where a letter would be cut.
fn cut(text: &str, length: usize) -> &str {
    let end = (0..=length.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}
