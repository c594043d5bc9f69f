//! The files a configuration is made of, and whether they have changed since they were read.
//!
//! Everything that `config` reads passes [`Files`], which remembers size, time and SHA-256 of each.
//! What is looked for and not found is remembered too: a file that appears is a change. A file that
//! was only touched is none.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::model::hash;
use crate::model::secret::Secret;

/// The largest file read, in bytes: far above every configuration and feed list.
const LARGEST: u64 = 64_000_000;

/// Files as they were when they were read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sources {
    files: BTreeMap<PathBuf, Option<Stamp>>,
}

/// What tells two states of a file apart.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    sha256: [u8; 32],
}

impl Sources {
    /// Whether any of them is no longer as it was read. Files whose length and time are the same
    /// are not read again.
    pub fn changed(&self) -> bool {
        self.files.iter().any(|(path, stamp)| has_changed(path, stamp.as_ref()))
    }

    /// The files' paths.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.keys().map(PathBuf::as_path)
    }
}

fn has_changed(path: &Path, before: Option<&Stamp>) -> bool {
    let unchanged_at_a_glance = fs::metadata(path).is_ok_and(|now| {
        before.is_some_and(|before| {
            before.modified.is_some()
                && before.modified == now.modified().ok()
                && before.length == now.len()
        })
    });
    if unchanged_at_a_glance {
        return false;
    }
    let now = read(path).ok();
    now.map(|(_, stamp)| stamp.sha256) != before.map(|stamp| stamp.sha256)
}

/// Reads files and remembers them.
#[derive(Debug, Default)]
pub struct Files {
    read: RefCell<BTreeMap<PathBuf, Option<Stamp>>>,
}

impl Files {
    /// Reads a file of text; what is wrong with it fits after "cannot read …: ".
    pub fn text(&self, path: &Path) -> Result<String, String> {
        let outcome = read(path);
        let stamp = outcome.as_ref().ok().map(|(_, stamp)| stamp.clone());
        self.read.borrow_mut().insert(path.to_owned(), stamp);
        let (bytes, _) = outcome.map_err(|error| reason(&error))?;
        String::from_utf8(bytes).map_err(|error| {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
            format!("line {line} is not UTF-8")
        })
    }

    /// Reads a secret: the file's text without the line break at its end.
    pub fn secret(&self, path: &Path) -> Result<Secret, String> {
        let text = self.text(path)?;
        let value = text.strip_suffix('\n').unwrap_or(&text);
        let value = value.strip_suffix('\r').unwrap_or(value);
        if value.is_empty() {
            return Err("it is empty".to_owned());
        }
        if value.chars().any(char::is_control) {
            return Err("it holds control characters or more than one line".to_owned());
        }
        Ok(Secret::new(value))
    }

    /// Whether a file can be found at `path`; remembered, so that its appearance is a change.
    pub fn is_there(&self, path: &Path) -> bool {
        let there = path.try_exists().unwrap_or(true);
        if !there {
            self.read.borrow_mut().insert(path.to_owned(), None);
        }
        there
    }

    /// What was read.
    pub fn into_sources(self) -> Sources {
        Sources { files: self.read.into_inner() }
    }
}

fn read(path: &Path) -> io::Result<(Vec<u8>, Stamp)> {
    let metadata = fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let sha256 = hash::of_bytes(&bytes);
    let modified = metadata.modified().ok();
    Ok((bytes, Stamp { length: metadata.len(), modified, sha256 }))
}

/// Why a file could not be read or written, in plain words.
pub fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::NotADirectory => "a part of its path is no folder".to_owned(),
        io::ErrorKind::PermissionDenied => "this user may not do that".to_owned(),
        io::ErrorKind::FileTooLarge => "it is larger than 64 MB".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a folder")
    }

    #[test]
    fn a_change_is_a_change_of_content() {
        let folder = folder();
        let (file, absent) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&file, "one").expect("written");
        let files = Files::default();
        assert_eq!(files.text(&file), Ok("one".to_owned()));
        assert!(!files.is_there(&absent));
        let sources = files.into_sources();
        assert!(!sources.changed());

        let touched = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1);
        let touch =
            |time| fs::File::options().write(true).open(&file).expect("open").set_modified(time);
        touch(touched).expect("touched");
        assert!(!sources.changed(), "only touched");

        fs::write(&file, "two").expect("written");
        assert!(sources.changed(), "rewritten with the same length");
        fs::write(&file, "one").expect("written");
        assert!(!sources.changed(), "written back");

        fs::write(&absent, "").expect("written");
        assert!(sources.changed(), "what was missing has appeared");
        fs::remove_file(&absent).expect("removed");
        fs::remove_file(&file).expect("removed");
        assert!(sources.changed(), "what was there is gone");
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let folder = folder();
        let files = Files::default();
        let latin1 = folder.path().join("latin1");
        fs::write(&latin1, b"ok\ncaf\xe9\n").expect("written");
        for (path, why) in [
            (folder.path().join("none"), "there is no such file"),
            (folder.path().to_owned(), "it is a folder"),
            (latin1.join("below"), "a part of its path is no folder"),
            (latin1.clone(), "line 2 is not UTF-8"),
        ] {
            assert_eq!(files.text(&path), Err(why.to_owned()));
        }
    }

    #[test]
    fn a_secret_is_one_line_without_its_end() {
        let folder = folder();
        let file = folder.path().join("password");
        let secret = |text: &str| {
            fs::write(&file, text).expect("written");
            Files::default().secret(&file).map(|secret| secret.reveal().to_owned())
        };
        assert_eq!(secret("hunter2\n"), Ok("hunter2".to_owned()));
        assert_eq!(secret("hunter2\r\n"), Ok("hunter2".to_owned()));
        assert_eq!(secret(" a b "), Ok(" a b ".to_owned()));
        for bad in ["", "\n", "two\nlines\n", "nul\0"] {
            assert!(secret(bad).is_err(), "{bad:?}");
        }
    }
}
