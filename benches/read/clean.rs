//! Clean feeds: the whole way from bytes to items with keys, beside feed-rs alone.
//!
//! feed-rs gets the same bytes and is told not to clean what it reads, which is not its affair here.

use std::hint::black_box;
use std::time::Instant;

use feedmill::dedup::key;
use feedmill::model::feed::GuidTrust;
use feedmill::model::url::WebUrl;
use feedmill::parse::read;

use crate::feeds::{self, Style};
use crate::figures::{self, Floor};

/// Runs of each, in turn.
const RUNS: usize = 31;
/// Documents read in a run.
const DOCUMENTS: usize = 100;

/// Prints the figures of both styles.
pub(crate) fn race() {
    for (name, style, least) in
        [("escaped bodies", Style::Escaped, 0.6), ("bodies in CDATA", Style::Cdata, 0.35)]
    {
        let xml = feeds::rss(style);
        let megabytes = (xml.len() * DOCUMENTS) as f64 / 1e6;
        let base = WebUrl::parse("https://journal.example/feed").expect("an address");
        let (mut alone, mut whole) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            alone.push(megabytes / seconds(|| feed_rs_alone(&xml)));
            whole.push(megabytes / seconds(|| read_and_key(&xml, &base)));
        }
        let (alone, whole, ratio) = figures::compare(&alone, &whole);
        println!(
            "{name}, {} kB: feed-rs alone {alone:.1} MB/s, reading {whole:.1} MB/s, ratio {ratio:.2}{}",
            xml.len() / 1_000,
            Floor::least(least, ratio)
        );
    }
}

fn seconds(mut work: impl FnMut()) -> f64 {
    let begun = Instant::now();
    (0..DOCUMENTS).for_each(|_| work());
    begun.elapsed().as_secs_f64()
}

fn feed_rs_alone(xml: &str) {
    let parser = feed_rs::parser::Builder::new().sanitize_content(false).build();
    let feed = parser.parse(black_box(xml.as_bytes()));
    black_box(feed.expect("a feed"));
}

fn read_and_key(xml: &str, base: &WebUrl) {
    let document = read::read(black_box(xml.as_bytes()), Some("application/rss+xml"), base);
    let document = document.expect("a feed");
    black_box(key::identify(&document.items, GuidTrust::Trusted));
    black_box(document);
}
