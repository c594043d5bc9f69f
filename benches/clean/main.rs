//! What cleaning costs, in microseconds an entry, its parts apart: sanitising with all that follows,
//! furniture, blocks that a source repeats, plain text, excerpts. And what that means for a poll of
//! 30 entries of which none, three or all are new; and what the worst bodies cost that strangers may
//! send, against a limit.
//!
//! `cargo bench --bench clean`; `-- parts`, `-- worst`, `-- documents` and `-- pages` do one of the
//! four: the last two are about whole documents and about articles. One thread, no network, no database.

mod documents;
mod measure;
mod pages;
mod process;

use std::hint::black_box;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use feedmill::clean::repetition::Hashes;
use feedmill::clean::{excerpt, furniture, prose, repetition, sanitise};
use feedmill::dedup::key;
use feedmill::model::document::RawHtml;
use feedmill::model::entry::{EntryId, Known, Neighbour};
use feedmill::model::feed::{Feed, FeedId, FeedState, GuidTrust};
use feedmill::model::outcome::{Fresh, Validators};
use feedmill::model::plan::Plan;
use feedmill::model::removed::Removed;
use feedmill::model::text::SafeHtml;
use feedmill::model::url::{FeedUrl, WebUrl};
use feedmill::parse::read;
use feedmill::refresh::cadence::CheckBounds;
use feedmill::refresh::decide::{Seen, decide};
use feedmill::refresh::repeated;

/// How often each work is timed; the median counts.
const RUNS: usize = 41;

/// Entries in a document.
const ENTRIES: usize = 30;

const SENTENCE: &str = "Le conseil a voté hier soir le budget de la régie des eaux après trois \
    heures de débat; les travaux du pont commenceront au printemps si la préfecture donne son \
    accord, et la ligne de bus 14 sera détournée pendant neuf mois. ";

/// A body of about `bytes`, different for every number, with the furniture of a WordPress feed.
fn body(number: usize, bytes: usize) -> String {
    let mut html = format!(
        "<p><strong>Nº {number}.</strong> <a href=\"/2026/{number}\">Le journal</a> écrit &amp; \
         relit&nbsp;:</p><img src=\"/i/{number}.jpg\" alt=\"\" width=\"640\" height=\"360\">"
    );
    let foot = format!(
        "<p>L’article <a href=\"/2026/{number}\">Nº {number}</a> est apparu en premier sur \
         <a href=\"/\">Journal</a>.</p>"
    );
    for paragraph in 0.. {
        let room = bytes.saturating_sub(html.len() + foot.len() + 40);
        if room < 40 {
            break;
        }
        let text = format!("{number}, {paragraph}. {SENTENCE}{SENTENCE}");
        let mut end = text.len().min(room);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        html += &format!("<p>{}<em>Voilà</em></p>", &text[..end]);
    }
    html + &foot
}

/// A document of entries `first..first + ENTRIES`, newest first.
fn document(first: usize, bytes: usize) -> String {
    let start = DateTime::<Utc>::from_timestamp(1_767_225_600, 0).unwrap_or_default();
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel>\
         <title>Journal</title><link>https://journal.example/</link>\n"
        .to_owned();
    for number in (first..first + ENTRIES).rev() {
        let hours = TimeDelta::hours(i64::try_from(number).unwrap_or_default());
        let date = (start + hours).format("%a, %d %b %Y %H:%M:%S GMT");
        xml += &format!(
            "<item><title>Le conseil vote le budget, épisode {number}</title>\
             <link>https://journal.example/2026/{number}</link>\
             <guid isPermaLink=\"false\">tag:journal,2026:{number}</guid><pubDate>{date}</pubDate>\
             <content:encoded><![CDATA[{}]]></content:encoded></item>\n",
            body(number, bytes)
        );
    }
    xml + "</channel></rss>\n"
}

/// The median of what `work` takes, in microseconds for each of `per`.
fn micros(per: usize, mut work: impl FnMut()) -> f64 {
    let mut runs: Vec<f64> = (0..RUNS)
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    runs.sort_by(f64::total_cmp);
    runs[RUNS / 2] / per as f64
}

fn parts(bytes: usize) -> anyhow::Result<()> {
    let base = WebUrl::parse("https://journal.example/")?;
    let raw: Vec<RawHtml> = (0..ENTRIES).map(|number| RawHtml(body(number, bytes))).collect();
    let clean: Vec<SafeHtml> = raw.iter().map(|raw| sanitise::body(raw, Some(&base))).collect();
    let mean = raw.iter().map(|raw| raw.0.len()).sum::<usize>() / ENTRIES;
    println!("an entry of {mean} bytes of HTML, in µs");
    let tell = |what: &str, took: f64| println!("  {what:<40} {took:>8.1}");
    tell(
        "ammonia alone, as it comes",
        micros(ENTRIES, || {
            raw.iter().for_each(|raw| drop(black_box(ammonia::clean(&raw.0))));
        }),
    );
    tell(
        "sanitised, furniture included",
        micros(ENTRIES, || {
            raw.iter().for_each(|raw| drop(black_box(sanitise::clean(raw, Some(&base)))));
        }),
    );
    tell(
        "furniture, where there is some",
        micros(ENTRIES, || {
            for raw in &raw {
                black_box(furniture::without(&raw.0, &mut Removed::default()));
            }
        }),
    );
    tell(
        "furniture, where there is none",
        micros(ENTRIES, || {
            for html in &clean {
                black_box(furniture::without(html.as_str(), &mut Removed::default()));
            }
        }),
    );
    tell(
        "blocks hashed, to find what is repeated",
        micros(ENTRIES, || {
            clean.iter().for_each(|html| drop(black_box(Hashes::of(html, &Removed::default()))));
        }),
    );
    tell(
        "plain text, with links",
        micros(ENTRIES, || {
            clean.iter().for_each(|html| drop(black_box(prose::text_with_links(html))));
        }),
    );
    tell(
        "excerpt of 300 characters",
        micros(ENTRIES, || {
            clean.iter().for_each(|html| drop(black_box(excerpt::of(html, 300))));
        }),
    );
    Ok(())
}

/// A poll without network and database: read, decide, compare.
fn poll(feed: &Feed, xml: &str, known: &[Known], near: &[Neighbour], fresh: &Fresh) -> Plan {
    let (body, found_at) = (xml.as_bytes(), &fresh.found_at);
    let document = read::read(body, Some("text/xml"), found_at).expect("our own document is read");
    let identified = key::identify(&document.items, GuidTrust::Trusted);
    let seen = Seen::Document {
        fresh,
        body_hash: [0; 32],
        document: &document,
        identified: &identified,
        known,
    };
    let bounds = CheckBounds {
        min_interval: std::time::Duration::from_secs(3_600),
        max_interval: std::time::Duration::from_secs(86_400),
        interval: None,
    };
    let mut plan = decide(feed, &bounds, seen, DateTime::UNIX_EPOCH, 0.5);
    if !plan.arrivals.is_empty() {
        repeated::settle(&mut plan, near);
    }
    plan
}

/// An answer like any other, its body apart.
fn fresh() -> anyhow::Result<Fresh> {
    Ok(Fresh {
        delta: false,
        body: bytes::Bytes::new(),
        content_type: None,
        validators: Validators::default(),
        found_at: WebUrl::parse("https://journal.example/feed")?,
        moved: false,
        links: feedmill::model::outcome::Links::default(),
        conditional: true,
        freshness: None,
        retry_after: None,
    })
}

fn polls(bytes: usize) -> anyhow::Result<()> {
    let url = FeedUrl::parse("https://journal.example/feed")?;
    let state = FeedState::new(DateTime::UNIX_EPOCH);
    let mut feed = Feed { id: FeedId(1), url, generation: 0, state };
    let fresh = fresh()?;
    let (now, next) = (document(0, bytes), document(3, bytes));
    let first = poll(&feed, &now, &[], &[], &fresh);
    let known: Vec<Known> = (1..)
        .zip(&first.arrivals)
        .map(|(id, arrival)| Known {
            id: EntryId(id),
            key: arrival.key,
            document: arrival.document,
            title_hash: arrival.title_hash,
            published: arrival.content.published,
            fingerprint: arrival.fingerprint,
            changes: 0,
        })
        .collect();
    let near: Vec<Neighbour> = (1..)
        .zip(&first.arrivals)
        .skip(ENTRIES - repetition::WINDOW)
        .map(|(id, arrival)| Neighbour {
            entry: EntryId(id),
            title_hash: arrival.title_hash,
            body: arrival.content.body.clone(),
            removed: arrival.content.removed.clone(),
        })
        .collect();
    println!("a document of {} kB with 30 entries, in µs, whole", now.len() / 1_000);
    let none = micros(1, || drop(black_box(poll(&feed, &now, &[], &[], &fresh))));
    println!("  {:<40} {none:>8.0}", "all 30 new");
    feed.state = first.state;
    for (what, xml, new) in [("none new", &now, 0), ("3 new", &next, 3)] {
        let plan = poll(&feed, xml, &known, &near, &fresh);
        anyhow::ensure!((plan.arrivals.len(), plan.changes.len()) == (new, 0), "{what}");
        let took = micros(1, || drop(black_box(poll(&feed, xml, &known, &near, &fresh))));
        println!("  {what:<40} {took:>8.0}");
    }
    Ok(())
}

/// What one step with one body may cost, in milliseconds: as much as a whole document.
const LIMIT: f64 = 1_000.0;
/// How often a hostile body is timed; the best counts.
const WORST_RUNS: usize = 3;

/// Bodies that are made to cost as much as they can: what they are, and 2 MB of it.
fn hostile() -> Vec<(&'static str, String)> {
    let full = |piece: &str| piece.repeat(1_990_000 / piece.len());
    let tags = |piece: &str, tags: usize| piece.repeat(99_000 / tags);
    let nested = "<div>".repeat(500) + &tags("<p>x</p>", 2) + &"</div>".repeat(500);
    let quoted = "<blockquote>".repeat(500) + &tags("<br>x", 1)[..400_000];
    vec![
        ("lines of comments, as text", full("comments\n")),
        ("counted comments, as text", full("2 comments\n\n")),
        ("lines of comments, as markup", tags("<p>comments</p>", 2)),
        ("lines of a form", tags("<p>Leave a comment</p>", 2)),
        ("forms that lead on", tags("<h2>Comments</h2><p>x</p>", 4)),
        ("openings of shortcodes", full("[/")),
        ("closed shortcodes", full("[/ab][ab]")),
        ("brackets within brackets", full(&("[a ".repeat(600) + &"]".repeat(600)))),
        ("lists of links", tags("<li><a href=\"/x\">Related</a></li>", 4)),
        ("heads of links", tags("<h3>Related</h3><p><a href=\"/x\">x</a></p>", 6)),
        ("nested blocks", nested),
        ("lines in nested quotations", quoted),
        ("ampersands", full("&")),
        ("angles", full("<")),
        ("angles and blanks", full("< ")),
        ("lines to share", tags("<p>Share on X</p>", 2)),
        ("lines to share, as text", full("Partager sur X\n")),
        ("promotions", tags("<p>Subscribe to our newsletter</p>", 2)),
        ("skip links and rules", tags("<p>Skip to content</p><hr>", 3)),
        ("marks in marks", tags("<div class=\"comments\"></div>", 2)),
    ]
}

/// The least of what `work` takes, in milliseconds.
fn least_millis(mut work: impl FnMut()) -> f64 {
    let once = |_| {
        let started = Instant::now();
        work();
        started.elapsed().as_secs_f64() * 1e3
    };
    (0..WORST_RUNS).map(once).fold(f64::INFINITY, f64::min)
}

fn worst() -> anyhow::Result<()> {
    let base = WebUrl::parse("https://journal.example/")?;
    println!("the worst bodies, in ms each; the limit is that of a whole document, {LIMIT}");
    println!("  {:<32} {:>8} {:>8} {:>8} {:>8}", "", "cleaned", "hashed", "without", "as text");
    for (what, html) in hostile() {
        let raw = RawHtml(html);
        let clean = sanitise::body(&raw, Some(&base));
        let none = || Removed::default();
        let hashes = Hashes::of(&clean, &none());
        let took = [
            least_millis(|| drop(black_box(sanitise::clean(&raw, Some(&base))))),
            least_millis(|| drop(black_box(Hashes::of(&clean, &none())))),
            least_millis(|| {
                let (body, repeated) = (clean.clone(), |hash| hash % 2 == 0);
                drop(black_box(repetition::without(body, &hashes, &mut none(), repeated)));
            }),
            least_millis(|| drop(black_box(prose::text_with_links(&clean)))),
        ];
        let verdict = if took.iter().all(|took| *took <= LIMIT) { "holds" } else { "FALLS SHORT" };
        let [cleaned, hashed, without, text] = took;
        println!("  {what:<32} {cleaned:>8.1} {hashed:>8.1} {without:>8.1} {text:>8.1}  {verdict}");
    }
    Ok(())
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match arguments.as_slice() {
        [one, number] if one == "page" => return pages::one(number.parse()?),
        [one, number] if one == "document" => return documents::one(number.parse()?),
        _ => {}
    }
    let wants = |part: &str| arguments.is_empty() || arguments.iter().any(|word| word == part);
    if wants("parts") {
        for bytes in [665, 5_000] {
            parts(bytes)?;
            polls(bytes)?;
        }
    }
    if wants("worst") {
        worst()?;
    }
    if wants("documents") {
        documents::run()?;
    }
    if wants("pages") {
        pages::run()?;
    }
    Ok(())
}
