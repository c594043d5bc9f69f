//! One owner per database: a lock on a file beside it, which the system drops with the process.
//!
//! The lock is on a file of its own because SQLite locks the database file itself, and because a
//! lock file is never replaced by a restored backup. It stays when the owner goes: deleting it
//! would let two owners hold locks on two files of one name.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use crate::store::error::OpenError;
use crate::store::files;

/// Held by the owner of a database for as long as it lives.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// An owner that has just ended may leave the lock for a moment to a child that it was starting
/// (flock(2) is shared until the child runs its own program), so a few more looks are taken.
const TRIES: u32 = 15;
const PAUSE: Duration = Duration::from_millis(20);

/// Takes the lock of `database`, or says who has it.
pub fn take(database: &Path) -> Result<Lock, OpenError> {
    let lock = files::beside(database, ".lock");
    let file =
        files::private(&lock).map_err(|source| OpenError::File { path: lock.clone(), source })?;
    let mut locked = file.try_lock();
    for _ in 0..TRIES {
        if !matches!(locked, Err(TryLockError::WouldBlock)) {
            break;
        }
        std::thread::sleep(PAUSE);
        locked = file.try_lock();
    }
    match locked {
        Ok(()) => Ok(Lock { _file: file }),
        Err(TryLockError::WouldBlock) => Err(OpenError::Held { path: database.to_owned(), lock }),
        Err(TryLockError::Error(source)) => Err(OpenError::File { path: lock, source }),
    }
}
