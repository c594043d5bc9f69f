//! Documents made to be slow or large: what a megabyte of each costs one thread, read or refused.
//!
//! Growth is the most memory that the process held while it read, over what it held before, as Linux
//! tells it; elsewhere it is not said.

use feedmill::model::document::Unreadable;
use feedmill::model::url::WebUrl;
use feedmill::parse::read;

use crate::figures::Floor;
use crate::process::{resident, thread_millis};

/// Bytes of each document: as much as a body may have by default.
const BYTES: usize = 10_000_000;
/// Milliseconds for a megabyte.
const MOST_MS: f64 = 50.0;
/// Megabytes of growth.
const MOST_GROWTH: f64 = 64.0;

/// A document: its name, what stands in front, what is repeated, and what stands behind.
type Recipe = (&'static str, &'static str, &'static str, &'static str);

const RSS: &str = "<rss version=\"2.0\"><channel><title>t</title><item><guid>1</guid>";
const RSS_TEXT: &str =
    "<rss version=\"2.0\"><channel><title>t</title><item><guid>1</guid><description>";
const ATOM: &str = "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>t</title><entry><id>1</id>";
const MEDIA: &str = "<rss version=\"2.0\" xmlns:media=\"http://search.yahoo.com/mrss/\"><channel>\
                     <item><guid>1</guid>";
const ITEMS: &str = "<rss version=\"2.0\"><channel><title>t</title>";
const END: &str = "</item></channel></rss>";
const END_TEXT: &str = "</description></item></channel></rss>";

const RECIPES: [Recipe; 32] = [
    ("&", RSS_TEXT, "&", END_TEXT),
    ("& and a letter", RSS_TEXT, "&a", END_TEXT),
    ("& and ;", RSS_TEXT, "&;", END_TEXT),
    ("&#", RSS_TEXT, "&#", END_TEXT),
    ("&#0;", RSS_TEXT, "&#0;", END_TEXT),
    ("&amp;", RSS_TEXT, "&amp;", END_TEXT),
    ("&eacute;", RSS_TEXT, "&eacute;", END_TEXT),
    ("long references", RSS_TEXT, "&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", END_TEXT),
    ("<", RSS_TEXT, "<", END_TEXT),
    ("< and a blank", RSS_TEXT, "< ", END_TEXT),
    ("<a", RSS_TEXT, "<a", END_TEXT),
    ("<a ", RSS_TEXT, "<a ", END_TEXT),
    ("<a b=\"", RSS_TEXT, "<a b=\"", END_TEXT),
    ("</", RSS_TEXT, "</", END_TEXT),
    ("<!", RSS_TEXT, "<!", END_TEXT),
    ("<!--", RSS_TEXT, "<!--", END_TEXT),
    ("<!---->", RSS_TEXT, "<!---->", END_TEXT),
    ("<?", RSS_TEXT, "<?", END_TEXT),
    ("<![CDATA[", RSS_TEXT, "<![CDATA[", END_TEXT),
    ("<![CDATA[]]>", RSS_TEXT, "<![CDATA[]]>", END_TEXT),
    ("controls", RSS_TEXT, "\u{1}", END_TEXT),
    ("double encoding", RSS_TEXT, "Ã©", END_TEXT),
    ("<b></b>", RSS_TEXT, "<b></b>", END_TEXT),
    ("<b>", RSS_TEXT, "<b>", END_TEXT),
    ("<item>", ITEMS, "<item>", "</channel></rss>"),
    ("<item/>", ITEMS, "<item/>", "</channel></rss>"),
    ("<category>", RSS, "<category>a</category>", END),
    ("<link>", RSS, "<link>a</link>", END),
    ("<link/> of Atom", ATOM, "<link href=\"a\"/>", "</entry></feed>"),
    ("<media:content/>", MEDIA, "<media:content url=\"a\"/>", END),
    ("<media:credit>", MEDIA, "<media:credit>a</media:credit>", END),
    ("text", RSS_TEXT, "Le conseil a voté. ", END_TEXT),
];

/// Prints what each costs.
pub(crate) fn run() {
    let base = WebUrl::parse("https://journal.example/feed").expect("an address");
    for (name, head, repeated, foot) in RECIPES {
        // Whole, and as many as the budget lets through: what is refused costs less.
        for count in [BYTES / repeated.len(), 190_000.min(BYTES / repeated.len())] {
            let xml = format!("{head}{}{foot}", repeated.repeat(count));
            measure(name, &xml, &base);
        }
    }
    for (name, json) in [("[", "[".repeat(BYTES)), ("{\"a\":", "{\"a\":".repeat(BYTES / 5))] {
        measure(
            name,
            &format!("{{\"version\":\"https://jsonfeed.org/version/1\",\"items\":{json}"),
            &base,
        );
    }
}

fn measure(name: &str, xml: &str, base: &WebUrl) {
    let before = resident("VmRSS:");
    // Linux forgets its high-water mark when asked to.
    let forgets = std::fs::write("/proc/self/clear_refs", "5").is_ok();
    let begun = thread_millis();
    let outcome = read::read(xml.as_bytes(), None, base);
    let ms = thread_millis() - begun;
    let megabytes = (xml.len() as f64 / 1e6).max(1.0);
    let grown = resident("VmHWM:").zip(before).map(|(peak, before)| peak - before);
    let grown = grown.filter(|_| forgets).unwrap_or(f64::NAN);
    let said = match &outcome {
        Ok(document) => format!("{:?}, {} items", document.repair, document.items.len()),
        Err(Unreadable::TooMuch { limit, unit }) => format!("more than {limit} {unit}"),
        Err(reason) => reason.to_string(),
    };
    let per_megabyte = ms / megabytes;
    println!(
        "{name:>18} {megabytes:5.1} MB: {per_megabyte:6.1} ms/MB{}, grew by {grown:6.1} MB{} — {said}",
        Floor::most(MOST_MS, per_megabyte),
        Floor::most(MOST_GROWTH, grown),
    );
}
