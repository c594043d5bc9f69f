//! Letters as files: for trying feedmill out, and for mail systems that pick files up.
//!
//! A letter is there whole or not at all, and once it is reported it survives a loss of power. The
//! same letter again changes nothing.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::mail::reply;
use crate::model::letter::Handover;

/// Writes `bytes` to `<message-id>.eml` in `dir`, which is made if need be.
///
/// A different letter of that name, left by an earlier database, is not touched: the new one gets a
/// number. Every failure is [`Handover::Deferred`]: disks get room again.
pub async fn deliver(dir: &Path, message_id: &str, bytes: &[u8]) -> Handover {
    let (dir, name, bytes) = (dir.to_owned(), file_name(message_id), bytes.to_owned());
    let written = tokio::task::spawn_blocking(move || write(&dir, &name, &bytes)).await;
    match written {
        Ok(Ok(path)) => Handover::Accepted { reply: reply::kept(&path.display().to_string()) },
        Ok(Err(error)) => {
            Handover::Deferred { reply: reply::kept(&format!("cannot write the letter: {error}")) }
        }
        Err(error) => Handover::Deferred { reply: reply::kept(&error.to_string()) },
    }
}

/// A name that stays in its folder whatever the identifier holds.
fn file_name(message_id: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_@.".contains(c);
    let name: String = message_id.chars().map(|c| if safe(c) { c } else { '_' }).collect();
    name.trim_start_matches('.').to_owned()
}

/// How many different letters of one name are kept.
const MOST_OF_A_NAME: u32 = 1_000;

fn write(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    std::fs::create_dir_all(dir)?;
    for number in 1..=MOST_OF_A_NAME {
        let suffix = if number == 1 { String::new() } else { format!("-{number}") };
        let path = dir.join(format!("{name}{suffix}.eml"));
        match std::fs::read(&path) {
            Ok(there) if there == bytes => return Ok(path),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                put(dir, &path, bytes)?;
                return Ok(path);
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "too many letters of this name"))
}

/// Writes beside, makes durable, renames, makes the name durable.
fn put(dir: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("eml.part");
    let mut file = std::fs::File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&beside, path)?;
    std::fs::File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "2026-11-24.0630.c7e751907a851a4723e8@lettres.exemple.fr";

    fn files(dir: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(dir).expect("the folder");
        let name = |entry: io::Result<std::fs::DirEntry>| {
            entry.expect("an entry").file_name().to_string_lossy().into_owned()
        };
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }

    fn is_accepted(handover: &Handover) -> bool {
        matches!(handover, Handover::Accepted { .. })
    }

    #[tokio::test]
    async fn a_letter_is_a_file_and_the_same_letter_again_is_the_same_file() {
        let dir = tempfile::tempdir().expect("a folder");
        let outbox = dir.path().join("a/b");
        for _ in 0..3 {
            assert!(is_accepted(&deliver(&outbox, ID, b"letter\r\n").await));
            assert_eq!(files(&outbox), [format!("{ID}.eml")]);
        }
        let written = std::fs::read(outbox.join(format!("{ID}.eml"))).expect("the file");
        assert_eq!(written, b"letter\r\n");
    }

    #[tokio::test]
    async fn another_letter_of_the_name_is_kept() {
        let dir = tempfile::tempdir().expect("a folder");
        for letter in [&b"one"[..], b"two", b"one", b"two"] {
            assert!(is_accepted(&deliver(dir.path(), ID, letter).await));
        }
        assert_eq!(files(dir.path()), [format!("{ID}-2.eml"), format!("{ID}.eml")]);
    }

    #[tokio::test]
    async fn what_a_crash_left_half_written_does_no_harm() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join(format!("{ID}.eml.part")), b"half").expect("a file");
        assert!(is_accepted(&deliver(dir.path(), ID, b"whole").await));
        assert_eq!(files(dir.path()), [format!("{ID}.eml")]);
    }

    #[tokio::test]
    async fn a_letter_stays_in_its_folder_whatever_its_name() {
        let dir = tempfile::tempdir().expect("a folder");
        let outbox = dir.path().join("outbox");
        for id in ["../../x@y", "/etc/passwd", "..", "a\\b\0c@d"] {
            assert!(is_accepted(&deliver(&outbox, id, b"letter").await), "{id}");
        }
        assert_eq!(files(dir.path()), ["outbox"]);
        assert_eq!(files(&outbox).len(), 4);
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_written_defers() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("file");
        std::fs::write(&file, b"").expect("a file");
        let handover = deliver(&file, ID, b"letter").await;
        assert!(matches!(handover, Handover::Deferred { .. }), "{handover:?}");
    }
}
