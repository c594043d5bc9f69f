//! A copy of a database: whole and on the disk, or not there at all.
//!
//! `VACUUM INTO` reads one state of the database while others write on, checks every page on its
//! way, and leaves free pages out.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::store::error::StoreError;
use crate::store::lock::private_file;
use crate::store::sqlite::connection;

/// Copies the database at `path` to `target`, which is replaced in one step when the copy is whole
/// and on the disk.
pub fn copy(path: &Path, target: &Path) -> Result<(), StoreError> {
    let mut part = target.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let copied = copy_to(path, &part, target);
    if copied.is_err() {
        let _ = fs::remove_file(&part);
    }
    copied
}

fn copy_to(path: &Path, part: &Path, target: &Path) -> Result<(), StoreError> {
    // What a killed attempt left would be refused as a target that is not empty.
    private_file(part).and_then(|file| file.set_len(0)).map_err(disk)?;
    let name = part
        .to_str()
        .ok_or_else(|| StoreError::Engine(format!("the path {} is not UTF-8", part.display())))?;
    connection::reader(path)?.execute("vacuum into ?1", [name])?;
    File::open(part).and_then(|file| file.sync_all()).map_err(disk)?;
    fs::rename(part, target).map_err(disk)?;
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all()).map_err(disk)
}

fn disk(error: std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => StoreError::Full,
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            StoreError::ReadOnly
        }
        _ => StoreError::Disk(error.to_string()),
    }
}
