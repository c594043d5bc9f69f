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
