//! One owner per database: a lock on a file beside it, which the system drops with the process.
//!
//! The lock is on a file of its own because SQLite locks the database file itself, and because a
//! lock file is never replaced by a restored backup. It stays when the owner goes: deleting it
//! would let two owners hold locks on two files of one name.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use crate::store::error::OpenError;

/// Held by the owner of a database for as long as it lives.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// The lock file of a database.
pub fn path_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

/// Takes the lock of `database`, or says who has it.
pub fn take(database: &Path) -> Result<Lock, OpenError> {
    let lock = path_of(database);
    let file =
        private_file(&lock).map_err(|source| OpenError::File { path: lock.clone(), source })?;
    match file.try_lock() {
        Ok(()) => Ok(Lock { _file: file }),
        Err(TryLockError::WouldBlock) => Err(OpenError::Held { path: database.to_owned(), lock }),
        Err(TryLockError::Error(source)) => Err(OpenError::File { path: lock, source }),
    }
}

/// Opens a file to write, and makes it if need be: readable by its owner only, since it holds what
/// people read and their addresses.
pub fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
