//! Reads all feeds of a folder, and keeps the tally.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use feedmill::model::document::{Document, Repair, Unreadable};
use feedmill::model::url::WebUrl;
use feedmill::parse::read;

use super::claims::{self, Verdicts};
use super::compare::{self, Share, Shares};
use super::{files, oracle};

/// What came of one folder of the corpus.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Files looked at.
    pub(crate) files: usize,
    /// Files that the oracle reads, and those of them that were read.
    pub(crate) read: Share,
    /// Entries, also of files that no oracle names.
    pub(crate) entries: usize,
    /// Beside the oracle.
    pub(crate) shares: Shares,
    /// How many documents needed which repair.
    pub(crate) rungs: BTreeMap<Repair, usize>,
    /// Why files were refused, and how many for that.
    pub(crate) refused: BTreeMap<String, usize>,
    /// Files at which reading panicked.
    pub(crate) panics: usize,
    /// Files refused because they are too much.
    pub(crate) over_budget: usize,
}

impl Tally {
    /// Adds another.
    pub(crate) fn add(&mut self, other: &Self) {
        self.files += other.files;
        self.read += other.read;
        self.entries += other.entries;
        self.shares += &other.shares;
        self.panics += other.panics;
        self.over_budget += other.over_budget;
        for (rung, count) in &other.rungs {
            *self.rungs.entry(*rung).or_default() += count;
        }
        for (reason, count) in &other.refused {
            *self.refused.entry(reason.clone()).or_default() += count;
        }
    }
}

/// What came of a corpus.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// By folder.
    pub(crate) folders: BTreeMap<String, Tally>,
    /// The assertions of the files' authors.
    pub(crate) verdicts: Verdicts,
    /// What differs from the oracle, and which files were refused.
    pub(crate) remarks: Vec<String>,
}

impl Survey {
    /// The sum of the folders whose name begins with `prefix`.
    pub(crate) fn sum(&self, prefix: &str) -> Tally {
        let mut sum = Tally::default();
        let folders = self.folders.iter().filter(|(name, _)| name.starts_with(prefix));
        folders.for_each(|(_, tally)| sum.add(tally));
        sum
    }
}

/// Reads what lies in `folder`.
pub(crate) fn survey(folder: &Path) -> io::Result<Survey> {
    let root = files::root(folder)?;
    let text = |name: &str| std::fs::read_to_string(root.join(name)).unwrap_or_default();
    let oracle = oracle::read(&text(files::ORACLE)).map_err(io::Error::other)?;
    let assertions = claims::read(&text(files::EXPECT)).map_err(io::Error::other)?;
    let mut survey = Survey::default();
    for path in files::below(&root, folder)? {
        let is_asserted = assertions.contains_key(&path);
        if oracle.contains_key(&path) || is_asserted || files::may_be_feed(&path) {
            let bytes = std::fs::read(root.join(&path))?;
            read_one(&path, &bytes, &oracle, &assertions, &mut survey);
        }
    }
    Ok(survey)
}

/// Where a file is said to have been found: the address that the assertions were written for.
fn base() -> WebUrl {
    WebUrl::parse("http://127.0.0.1:8097/").expect("an address")
}

fn read_one(
    path: &str,
    bytes: &[u8],
    oracle: &HashMap<String, oracle::Found>,
    assertions: &HashMap<String, Vec<String>>,
    survey: &mut Survey,
) {
    let base = base();
    let outcome = catch_unwind(AssertUnwindSafe(|| read::read(bytes, None, &base)));
    let tally = survey.folders.entry(files::folder(path).to_owned()).or_default();
    tally.files += 1;
    let document = match outcome {
        Ok(Ok(document)) => {
            *tally.rungs.entry(document.repair).or_default() += 1;
            tally.entries += document.items.len();
            Some(document)
        }
        Ok(Err(reason)) => {
            tally.over_budget += usize::from(matches!(reason, Unreadable::TooMuch { .. }));
            *tally.refused.entry(reason.to_string()).or_default() += 1;
            survey.remarks.push(format!("{path}: refused: {reason}"));
            None
        }
        Err(_) => {
            tally.panics += 1;
            survey.remarks.push(format!("{path}: PANIC"));
            None
        }
    };
    if let Some(found) = oracle.get(path).filter(|found| found.is_expected()) {
        let is_read = |document: &Document| document.items.len() >= found.entries.len().min(1);
        tally.read.count(document.as_ref().is_some_and(is_read));
        let differs = &mut survey.remarks;
        tally.shares += &compare::compare(found, document.as_ref(), &base, differs);
    }
    for assertion in assertions.get(path).into_iter().flatten() {
        survey.verdicts.judge(path, assertion, document.as_ref(), &base);
    }
}
