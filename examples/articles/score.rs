//! How well articles are found, measured as the sources of the pages measure it, for feedmill and
//! for `dom_smoothie` alone, on the same bytes.
//!
//! **readability** (`source.html` against `expected.html`): a text is the bag of its words, a word
//! a run of letters and digits. Precision is the part of the extract's words that the expected text
//! has, recall the part of the expected words that the extract has, each word counted as often as
//! it stands; F1 is their harmonic mean, and the score the mean of F1 over all pages.
//!
//! **trafilatura** (`evaldata`): each `with` segment that stands in the extract is a true positive,
//! one that does not a false negative; each `without` segment that stands there is a false
//! positive. Precision, recall and F1 are of the sums over all pages. White space is one blank.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use dom_query::{Document, NodeRef};
use feedmill::clean::article::extract;
use feedmill::model::url::WebUrl;
use feedmill::parse::page_text;

/// Who extracts.
type Extractor = fn(&str, &WebUrl) -> String;

const CONTESTANTS: [(&str, Extractor); 2] = [("dom_smoothie alone", alone), ("feedmill", ours)];

fn alone(html: &str, url: &WebUrl) -> String {
    let found = dom_smoothie::Readability::new(html, Some(url.as_str()), None)
        .and_then(|mut readability| readability.parse());
    found.map(|article| text_of(&article.content)).unwrap_or_default()
}

fn ours(html: &str, url: &WebUrl) -> String {
    extract::extract(html, url).map(|found| text_of(found.body.as_str())).unwrap_or_default()
}

/// The text of HTML: blocks are parted by line feeds, runs of white space are one blank.
fn text_of(html: &str) -> String {
    let document = Document::from(html);
    let mut out = String::new();
    push(&mut out, &document.root());
    spaced(&out)
}

fn push(out: &mut String, node: &NodeRef<'_>) {
    for child in node.children_it(false) {
        if child.is_text() {
            out.push_str(&child.text());
            continue;
        }
        let name = child.node_name().unwrap_or_default();
        if matches!(&*name, "script" | "style" | "noscript" | "template" | "head") {
            continue;
        }
        let is_inline = matches!(
            &*name,
            "a" | "b"
                | "i"
                | "em"
                | "strong"
                | "span"
                | "u"
                | "s"
                | "sub"
                | "sup"
                | "code"
                | "small"
                | "mark"
                | "q"
                | "cite"
                | "abbr"
                | "font"
                | "time"
                | "del"
                | "ins"
                | "kbd"
                | "var"
                | "samp"
                | "bdi"
                | "bdo"
                | "label"
                | "wbr"
        );
        if !is_inline {
            out.push('\n');
        }
        push(out, &child);
        if !is_inline {
            out.push('\n');
        }
    }
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Precision and recall, as counts.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Counts {
    /// What is there and should be.
    pub(crate) right: usize,
    /// What is there and should not be.
    pub(crate) wrong: usize,
    /// What should be there and is not.
    pub(crate) missing: usize,
}

impl Counts {
    pub(crate) fn precision(&self) -> f64 {
        ratio(self.right, self.right + self.wrong)
    }

    pub(crate) fn recall(&self) -> f64 {
        ratio(self.right, self.right + self.missing)
    }

    pub(crate) fn f1(&self) -> f64 {
        ratio(2 * self.right, 2 * self.right + self.wrong + self.missing)
    }

    fn add(&mut self, other: Self) {
        self.right += other.right;
        self.wrong += other.wrong;
        self.missing += other.missing;
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

fn bag(text: &str) -> HashMap<String, usize> {
    let mut bag = HashMap::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        *bag.entry(word.to_owned()).or_default() += 1;
    }
    bag
}

fn compare(extract: &str, expected: &str) -> Counts {
    let (extract, expected) = (bag(extract), bag(expected));
    let right = extract.iter().map(|(word, n)| *n.min(expected.get(word).unwrap_or(&0))).sum();
    let (found, wanted) = (extract.values().sum::<usize>(), expected.values().sum::<usize>());
    Counts { right, wrong: found - right, missing: wanted - right }
}

/// One set of pages and one contestant.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) set: &'static str,
    pub(crate) who: &'static str,
    pub(crate) pages: usize,
    pub(crate) precision: f64,
    pub(crate) recall: f64,
    pub(crate) f1: f64,
}

/// All sets and contestants.
#[derive(Debug, Clone, Default)]
pub(crate) struct Report(pub(crate) Vec<Row>);

impl Report {
    /// The F1 of one contestant on one set.
    pub(crate) fn f1(&self, set: &str, who: &str) -> Option<f64> {
        self.0.iter().find(|row| row.set == set && row.who == who).map(|row| row.f1)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<22} {:<20} pages  precision  recall      F1", "set", "who")?;
        for row in &self.0 {
            writeln!(
                f,
                "{:<22} {:<20} {:>5}     {:.4}   {:.4}  {:.4}",
                row.set, row.who, row.pages, row.precision, row.recall, row.f1
            )?;
        }
        Ok(())
    }
}

/// Scores what `folder` holds; sets that are not there are left out.
pub(crate) fn run(folder: &Path, is_verbose: bool) -> Report {
    let mut report = Report::default();
    for (who, extract) in CONTESTANTS {
        readability(
            &mut report,
            &folder.join("art-readability/test-pages"),
            who,
            extract,
            is_verbose,
        );
    }
    for (who, extract) in CONTESTANTS {
        trafilatura(&mut report, &folder.join("art-trafilatura"), who, extract, is_verbose);
    }
    report
}

fn read(path: &Path) -> Option<String> {
    let bytes = std::fs::read(path).ok()?;
    Some(page_text::decode(&bytes, None).into_owned())
}

fn readability(
    report: &mut Report,
    folder: &Path,
    who: &'static str,
    extract: Extractor,
    is_verbose: bool,
) {
    let Ok(pages) = std::fs::read_dir(folder) else { return };
    let mut pages: Vec<_> = pages.flatten().map(|entry| entry.path()).collect();
    pages.sort();
    let url = WebUrl::parse("http://fakehost/test/page.html").expect("a URL");
    let mut rows: Vec<(Counts, bool)> = Vec::new();
    for page in pages {
        let (Some(source), Some(expected)) =
            (read(&page.join("source.html")), read(&page.join("expected.html")))
        else {
            continue;
        };
        let counts = compare(&extract(&source, &url), &text_of(&expected));
        if is_verbose && counts.f1() < 0.98 {
            println!(
                "{who}: {:.3} (P {:.3} R {:.3}) {}",
                counts.f1(),
                counts.precision(),
                counts.recall(),
                page.display()
            );
        }
        rows.push((counts, is_french(&source)));
    }
    for (set, french) in [("readability", false), ("readability, French", true)] {
        let chosen: Vec<_> =
            rows.iter().filter(|(_, is)| *is || !french).map(|(counts, _)| *counts).collect();
        if !chosen.is_empty() {
            let mean =
                |of: fn(&Counts) -> f64| chosen.iter().map(of).sum::<f64>() / chosen.len() as f64;
            report.0.push(Row {
                set,
                who,
                pages: chosen.len(),
                precision: mean(Counts::precision),
                recall: mean(Counts::recall),
                f1: mean(Counts::f1),
            });
        }
    }
}

fn is_french(source: &str) -> bool {
    let mut end = source.len().min(20_000);
    while !source.is_char_boundary(end) {
        end -= 1;
    }
    ["lang=\"fr", "lang='fr", "lang=fr"].iter().any(|sign| source[..end].contains(sign))
}

fn trafilatura(
    report: &mut Report,
    folder: &Path,
    who: &'static str,
    extract: Extractor,
    is_verbose: bool,
) {
    let names = ["evaldata.subset.json", "evaldata.json"];
    let list = names.iter().find_map(|name| std::fs::read_to_string(folder.join(name)).ok());
    let Some(list) = list else { return };
    let list: serde_json::Value = serde_json::from_str(&list).expect("a list of pages");
    let (mut all, mut french) = ((Counts::default(), 0), (Counts::default(), 0));
    for (address, entry) in list.as_object().into_iter().flatten() {
        let Some(file) = entry["file"].as_str() else { continue };
        let source =
            ["cache", "eval"].iter().find_map(|place| read(&folder.join(place).join(file)));
        // Some are listed by their file, with a word before it; it begins with the host.
        let host = file.split_once('-').map_or(file, |(host, _)| host);
        let url = WebUrl::parse(address).or_else(|_| WebUrl::parse(&format!("https://{host}/")));
        let (Some(source), Ok(url)) = (source, url) else { continue };
        let text = extract(&source, &url);
        let segments = |key: &str| {
            let list = entry[key].as_array().into_iter().flatten().filter_map(|one| one.as_str());
            list.map(spaced).filter(|one| !one.is_empty()).collect::<Vec<_>>()
        };
        let (with, without) = (segments("with"), segments("without"));
        let right = with.iter().filter(|one| text.contains(one.as_str())).count();
        let wrong = without.iter().filter(|one| text.contains(one.as_str())).count();
        let counts = Counts { right, wrong, missing: with.len() - right };
        if is_verbose && counts.f1() < 1.0 {
            println!("{who}: {file}: {} chars", text.chars().count());
            with.iter()
                .filter(|one| !text.contains(one.as_str()))
                .for_each(|one| println!("   missing {one}"));
            without
                .iter()
                .filter(|one| text.contains(one.as_str()))
                .for_each(|one| println!("   wrong {one}"));
        }
        all.0.add(counts);
        all.1 += 1;
        if entry["lang"] == "fr" {
            french.0.add(counts);
            french.1 += 1;
        }
    }
    for (set, (counts, pages)) in [("trafilatura", all), ("trafilatura, French", french)] {
        if pages > 0 {
            report.0.push(Row {
                set,
                who,
                pages,
                precision: counts.precision(),
                recall: counts.recall(),
                f1: counts.f1(),
            });
        }
    }
}
