//! SQLite's errors in our words.

use rusqlite::ErrorCode;
use rusqlite::ffi;

use crate::store::error::StoreError;

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let Some(code) = error.sqlite_error().copied() else {
            return Self::Engine(error.to_string());
        };
        match code.code {
            ErrorCode::ConstraintViolation if is_someone_elses(code.extended_code) => {
                Self::Conflict
            }
            ErrorCode::DiskFull => Self::Full,
            // The write-ahead log's index could not grow: on Linux, for want of space.
            ErrorCode::SystemIoFailure if code.extended_code == ffi::SQLITE_IOERR_SHMSIZE => {
                Self::Full
            }
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen => {
                Self::ReadOnly
            }
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
                Self::Corrupt(error.to_string())
            }
            ErrorCode::SystemIoFailure => Self::Disk(error.to_string()),
            // The codes are SQLite's: all others mean that we asked for something wrong.
            _ => Self::Engine(error.to_string()),
        }
    }
}

/// Whether a constraint was violated by what someone else wrote first, rather than by a value that
/// could never be kept.
fn is_someone_elses(extended_code: std::ffi::c_int) -> bool {
    [
        ffi::SQLITE_CONSTRAINT_UNIQUE,
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY,
        ffi::SQLITE_CONSTRAINT_ROWID,
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY,
    ]
    .contains(&extended_code)
}
