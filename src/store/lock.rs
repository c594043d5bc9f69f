//! One owner per database: a lock on a file beside it, which the system drops with the process.
//!
//! The lock is on a file of its own because SQLite locks the database file itself, and because a
//! lock file is never replaced by a restored backup. It stays when the owner goes: deleting it
//! would let two owners hold locks on two files of one name.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::store::error::OpenError;
use crate::store::files;

/// Held by the owner of a database for as long as it lives.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Takes the lock of `database`, or says who has it.
pub fn take(database: &Path) -> Result<Lock, OpenError> {
    let lock = files::beside(database, ".lock");
    let file =
        files::private(&lock).map_err(|source| OpenError::File { path: lock.clone(), source })?;
    match file.try_lock() {
        Ok(()) => Ok(Lock { _file: file }),
        Err(TryLockError::WouldBlock) => Err(OpenError::Held { path: database.to_owned(), lock }),
        Err(TryLockError::Error(source)) => Err(OpenError::File { path: lock, source }),
    }
}
