//! Documents made to cost as much as they can, just within the budget of reading and the room of
//! cleaning: what a poll that finds one costs a thread, and by how much the process grows. Read,
//! decided, cleaned and compared; without network and database.

use std::hint::black_box;

use chrono::DateTime;
use feedmill::dedup::key;
use feedmill::model::feed::{Feed, FeedId, FeedState, GuidTrust};
use feedmill::model::url::FeedUrl;
use feedmill::parse::read;
use feedmill::refresh::cadence::CheckBounds;
use feedmill::refresh::decide::{Seen, decide};
use feedmill::refresh::repeated;

use crate::measure::{Costs, alone, growing};

/// How large a document is: as large as an answer may be by default.
const BYTES: usize = 10_000_000;

/// Bodies: what they are, and one of them of about so many bytes.
type Body = fn(usize) -> String;

/// What they are, how large each body is, and a body.
const BODIES: [(&str, usize, Body); 21] = [
    ("articles", 20_000, |bytes| {
        full("<p>Le conseil a <b>voté</b>, hier soir, le budget.</p>", bytes)
    }),
    ("long articles", 1_900_000, |bytes| {
        full("<p>Le conseil a <b>voté</b>, hier soir.</p>", bytes)
    }),
    ("twenty thousand items", 440, |bytes| full("<p>Le conseil a <b>voté</b>.</p>", bytes)),
    ("text", 1_900_000, |bytes| full("mot ", bytes)),
    ("lines", 1_900_000, |bytes| full("x\n", bytes)),
    ("lines of comments", 1_900_000, |bytes| full("comments\n", bytes)),
    ("comments in paragraphs", 200_000, |bytes| full("<p>comments</p>", bytes)),
    ("short paragraphs", 390_000, |bytes| full("<p>x</p>", bytes)),
    ("breaks", 190_000, |bytes| full("<br>", bytes)),
    ("lists of links", 800_000, |bytes| full("<li><a href=\"/x\">Related</a></li>", bytes)),
    ("heads of links", 600_000, |bytes| full("<h3>Related</h3><p><a href=\"/x\">x</a></p>", bytes)),
    ("paragraphs far down", 390_000, |bytes| within("div", &full("<p>x</p>", bytes))),
    ("small and far down", 14_000, |bytes| within("div", &full("<p>x</p>", bytes - 5_500))),
    ("breaks in quotations", 390_000, |bytes| within("blockquote", &full("<br>x", bytes))),
    ("ampersands", 240_000, |bytes| full("&", bytes)),
    ("references", 1_200_000, |bytes| full("&amp;", bytes)),
    ("angles", 240_000, |bytes| full("<", bytes)),
    ("angles and blanks", 480_000, |bytes| full("< ", bytes)),
    ("closed shortcodes", 1_900_000, |bytes| full("[/ab][ab]", bytes)),
    ("tables", 300_000, |bytes| full("<table><tr><td>x</table>", bytes)),
    ("bold never closed", 300_000, |bytes| full("<p><b>x</p>", bytes)),
];

fn full(piece: &str, bytes: usize) -> String {
    piece.repeat((bytes / piece.len()).max(1))
}

fn within(name: &str, html: &str) -> String {
    format!("{}{html}{}", format!("<{name}>").repeat(500), format!("</{name}>").repeat(500))
}

/// As many items as fit.
fn document(bytes: usize, body: Body) -> String {
    let html = body(bytes).replace("]]>", "");
    let mut xml = "<rss version=\"2.0\"><channel><title>t</title>".to_owned();
    for number in 0.. {
        let item = format!(
            "<item><guid>{number}</guid><description><![CDATA[{number}{html}]]></description></item>"
        );
        if number >= 19_999 || xml.len() + item.len() + 20 > BYTES {
            break;
        }
        xml += &item;
    }
    xml + "</channel></rss>"
}

/// Prints what each costs.
pub(crate) fn run() -> anyhow::Result<()> {
    alone("document", "documents", BODIES.len())
}

/// Prints what the document of that number costs.
pub(crate) fn one(number: usize) -> anyhow::Result<()> {
    let Some((what, bytes, body)) = BODIES.get(number) else { return Ok(()) };
    let xml = document(*bytes, *body);
    let url = FeedUrl::parse("https://journal.example/feed")?;
    let state = FeedState::new(DateTime::UNIX_EPOCH);
    let feed = Feed { id: FeedId(1), url, generation: 0, state };
    let fresh = crate::fresh()?;
    let costs: Costs = growing(|| {
        let document = match read::read(xml.as_bytes(), Some("text/xml"), &fresh.found_at) {
            Ok(document) => document,
            Err(refused) => return refused.to_string(),
        };
        let identified = key::identify(&document.items, GuidTrust::Trusted);
        let seen = Seen::Document {
            fresh: &fresh,
            body_hash: [0; 32],
            document: &document,
            identified: &identified,
            known: &[],
        };
        let bounds = CheckBounds {
            min_interval: std::time::Duration::from_secs(3_600),
            max_interval: std::time::Duration::from_secs(86_400),
            interval: None,
        };
        let mut plan = decide(&feed, &bounds, seen, DateTime::UNIX_EPOCH, 0.5);
        repeated::settle(&mut plan, &[]);
        let kept: usize = plan.arrivals.iter().map(|it| it.content.body.as_str().len()).sum();
        format!("{} entries, {} kB", black_box(plan).arrivals.len(), kept / 1_000)
    });
    costs.print(what);
    Ok(())
}
