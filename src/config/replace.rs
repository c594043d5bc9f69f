//! Replaces a file as a whole: whoever reads it sees the old one or the new one.
//!
//! Permissions and owner stay, a link stays a link, and editors of ours wait for each other, so none
//! loses what another wrote.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::config::edit::{EditError, Edited};

/// Edits the file at `path`, which is made if it is absent, starting from `blank`. Other editors of
/// ours wait meanwhile. Nothing is written if the edit changes nothing.
pub fn edited(
    path: &Path,
    blank: &str,
    edit: impl Fn(&str) -> Result<Edited, EditError>,
) -> Result<Edited, EditError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let lock = File::open(folder)?;
    lock.lock()?;
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => blank.to_owned(),
        Err(error) => return Err(error.into()),
    };
    let edited = edit(&text)?;
    if !edited.changed.is_empty() {
        with(path, &edited.text)?;
    }
    Ok(edited)
}

/// Replaces the file at `path`, or makes it, in one step. Its permissions stay, and so does its
/// owner where the system lets us; a link stays a link.
pub fn with(path: &Path, text: &str) -> io::Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let fresh = beside(&target)?;
    let outcome = write_new(&fresh, &target, text).and_then(|()| fs::rename(&fresh, &target));
    if outcome.is_err() {
        // What failed is reported; the half-made file is of no use to anybody.
        let _ = fs::remove_file(&fresh);
    }
    outcome
}

fn beside(target: &Path) -> io::Result<PathBuf> {
    let name = target.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_string_lossy();
    Ok(target.with_file_name(format!(".{name}.{}", std::process::id())))
}

fn write_new(fresh: &Path, old: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create(fresh)?;
    file.write_all(text.as_bytes())?;
    if let Ok(old) = fs::metadata(old) {
        use std::os::unix::fs::MetadataExt;
        // Only root may give files away; for anybody else the owner is the same anyway.
        let _ = std::os::unix::fs::fchown(&file, Some(old.uid()), Some(old.gid()));
        file.set_permissions(old.permissions())?;
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use crate::config::edit::{add_feed, remove_feed};
    use crate::model::url::FeedUrl;

    use super::*;

    fn url(text: &str) -> FeedUrl {
        FeedUrl::parse(text).expect("a feed's URL")
    }

    #[test]
    fn a_file_is_replaced_whole_with_its_permissions_through_its_link() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("real.toml"), folder.path().join("link.toml"));
        fs::write(&file, "# mine\n").expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("set");
        std::os::unix::fs::symlink("real.toml", &link).expect("linked");
        let add = |text: &str| add_feed(text, &url("http://a/"), None, &[]);
        edited(&link, "", add).expect("edited");
        assert!(fs::read_to_string(&file).expect("read").starts_with("# mine\n"));
        assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        assert_eq!(fs::read_dir(folder.path()).expect("read").count(), 2, "nothing is left over");
    }

    #[test]
    fn an_absent_file_is_made_only_if_there_is_something_to_write() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("feedmill.toml");
        edited(&file, "# new\n", |text| remove_feed(text, &url("http://a/"))).expect("edited");
        assert!(!file.exists());
        edited(&file, "# new\n", |text| add_feed(text, &url("http://a/"), None, &[]))
            .expect("edited");
        let text = fs::read_to_string(&file).expect("read");
        assert_eq!(text, "# new\n\n[[feed]]\nurl = \"http://a/\"\n");
    }

    #[test]
    fn editors_at_once_lose_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("feedmill.toml");
        std::thread::scope(|scope| {
            for number in 0..8 {
                let file = &file;
                scope.spawn(move || {
                    let new = url(&format!("http://a/{number}"));
                    edited(file, "", |text| add_feed(text, &new, None, &[])).expect("edited");
                });
            }
        });
        let text = fs::read_to_string(&file).expect("read");
        assert_eq!(text.matches("[[feed]]").count(), 8);
    }
}
