//! What another reader found in each file: a tolerant one, known for what it reads.
//!
//! It ran without the fields of an answer, cleaned nothing and resolved no address. It is asked
//! whether there is an entry, a title, a date, a body; where an entry has several links, it does not
//! know which is the one to the page.

use std::collections::HashMap;

use serde::Deserialize;

/// What was found in one file.
#[derive(Debug, Deserialize)]
pub(crate) struct Found {
    /// Its path from the root of the corpus.
    pub(crate) path: String,
    /// Whether it was read.
    ok: bool,
    /// The format; empty where it is none.
    #[serde(default)]
    version: String,
    /// The entries.
    #[serde(default)]
    pub(crate) entries: Vec<Entry>,
}

/// What was found of one entry.
#[derive(Debug, Deserialize)]
pub(crate) struct Entry {
    /// The identity as written.
    pub(crate) id: Option<String>,
    /// The title, markup and references as they came.
    pub(crate) title: Option<String>,
    /// The link as written.
    pub(crate) link: Option<String>,
    /// How many links there are.
    #[serde(default)]
    pub(crate) nlinks: usize,
    /// Unix seconds.
    pub(crate) published: Option<i64>,
    /// Unix seconds.
    pub(crate) updated: Option<i64>,
    /// How long the summary is.
    #[serde(default)]
    summary: Option<usize>,
    /// How long the content is.
    #[serde(default)]
    content: Option<usize>,
}

impl Found {
    /// Whether it is a feed that feedmill should read. CDF, which nobody writes any more, is
    /// refused by its name.
    pub(crate) fn is_expected(&self) -> bool {
        self.ok && self.version != "cdf" && !(self.version.is_empty() && self.entries.is_empty())
    }
}

impl Entry {
    /// How long its longest text is, in bytes.
    pub(crate) fn body(&self) -> usize {
        self.summary.max(self.content).unwrap_or(0)
    }
}

/// The oracle's lines in `text`, by path.
pub(crate) fn read(text: &str) -> Result<HashMap<String, Found>, serde_json::Error> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let found = lines.map(serde_json::from_str::<Found>);
    found.map(|found| found.map(|found| (found.path.clone(), found))).collect()
}
