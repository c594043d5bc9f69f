//! Where the feeds of a corpus lie, and what lies beside them.
//!
//! A corpus has a root, where the oracle and the assertions are; they name files by their path from
//! there. One may ask for the root or for any folder below it. Without an oracle the folder that was
//! asked for is its own root.

use std::io;
use std::path::{Path, PathBuf};

/// What another reader found, a line for each file.
pub(crate) const ORACLE: &str = "ORACLE.feedparser.jsonl";
/// What the authors of the files assert.
pub(crate) const EXPECT: &str = "EXPECT.jsonl";

/// Extensions of files that may be feeds, though the oracle does not name them.
const FEEDS: [&str; 6] = ["xml", "rss", "atom", "rdf", "json", "jsonfeed"];

/// The root of the corpus that `folder` is or lies in.
pub(crate) fn root(folder: &Path) -> io::Result<PathBuf> {
    let folder = folder.canonicalize()?;
    let above = folder.ancestors().find(|above| above.join(ORACLE).is_file());
    Ok(above.unwrap_or(&folder).to_owned())
}

/// All files below `folder`, by their path from `root`, in order.
pub(crate) fn below(root: &Path, folder: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.canonicalize()?];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(path) = path.strip_prefix(root) {
                found.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a file's name says that it may be a feed.
pub(crate) fn may_be_feed(path: &str) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    // Beside feeds lie lists of them, and what other programs made of them.
    let is_other = ["opml/", "urls/", "dates/", "sanitizer/", "art-"].iter();
    let is_other = is_other.clone().any(|folder| path.starts_with(folder));
    FEEDS.contains(&extension) && !is_other && path.contains('/')
}

/// The folder of a corpus that a file belongs to: the first part of its path.
pub(crate) fn folder(path: &str) -> &str {
    path.split_once('/').map_or(".", |(folder, _)| folder)
}
