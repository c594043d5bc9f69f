//! A copy of a database: whole and on the disk, or not there at all.
//!
//! `VACUUM INTO` reads one state of the database while others write on, checks every page on its
//! way, and leaves free pages out.

use std::fs::File;
use std::path::Path;

use crate::store::error::StoreError;
use crate::store::files;
use crate::store::sqlite::connection;

/// Copies the database at `path` to `target`, which is replaced in one step when the copy is whole
/// and on the disk.
pub fn copy(path: &Path, target: &Path) -> Result<(), StoreError> {
    let part = files::beside(target, ".part");
    let copied = write(path, &part).and_then(|()| Ok(files::rename(&part, target)?));
    if copied.is_err() {
        let _ = files::remove(&part);
    }
    copied
}

fn write(path: &Path, part: &Path) -> Result<(), StoreError> {
    // What a killed attempt left would be refused as a target that is not empty.
    files::private(part)?.set_len(0)?;
    let name = part
        .to_str()
        .ok_or_else(|| StoreError::Engine(format!("the path {} is not UTF-8", part.display())))?;
    connection::copier(path)?.execute("vacuum into ?1", [name])?;
    Ok(File::open(part)?.sync_all()?)
}
