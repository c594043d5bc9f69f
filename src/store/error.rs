//! What can go wrong at this edge, sorted by what follows from it.
//!
//! No type of a driver crosses the border: an engine's own words are kept as text. Absence is
//! `Option`, never an error. A [`StoreError`] can be cloned, since operations that were committed
//! together fail together.

use std::path::PathBuf;

/// Why an operation was not carried out. Nothing of it was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Someone else wrote first, or what must be unique exists: decide again with what is at hand.
    #[error("it was changed by another meanwhile")]
    Conflict,
    /// No space is left on the disk: it works again when there is.
    #[error("the disk is full")]
    Full,
    /// Another process kept the database locked for longer than is waited for it.
    #[error("the database is locked by another process")]
    Busy,
    /// The file or its folder cannot be written.
    #[error("the database cannot be written")]
    ReadOnly,
    /// The file is damaged, or holds what this program would never have written.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// The system failed to read or write the file.
    #[error("the disk failed: {0}")]
    Disk(String),
    /// The store was closed.
    #[error("the database is closed")]
    Closed,
    /// Anything else the engine said: a fault of this program.
    #[error("the database refused: {0}")]
    Engine(String),
}

/// Why a database was not opened. The file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open as its owner.
    #[error("{} is in use by another feedmill (its lock is {})", path.display(), lock.display())]
    Held {
        /// The database.
        path: PathBuf,
        /// The lock file beside it.
        lock: PathBuf,
    },
    /// It is not there.
    #[error("{} does not exist yet; start the service once to create it", .0.display())]
    Missing(PathBuf),
    /// A file, but not one of ours: it is not touched.
    #[error("{} is not a feedmill database; choose another path, or move that file away", .0.display())]
    Foreign(PathBuf),
    /// It was written by a newer program.
    #[error(
        "{} was written by a newer feedmill (it holds \"{migration}\", unknown here); \
         install that version, or restore a backup", path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// The first migration that this program does not know.
        migration: String,
    },
    /// It was written by an older program, and whoever opens it may not change that.
    #[error("{} was written by an older feedmill; start the service once to bring it up to date", .0.display())]
    Older(PathBuf),
    /// It was migrated by a program whose migration of the same name read differently.
    #[error(
        "{} was migrated by an unreleased feedmill (its \"{migration}\" differs); \
         restore a backup", path.display()
    )]
    Diverged {
        /// The database.
        path: PathBuf,
        /// The migration that differs.
        migration: String,
    },
    /// The file, its folder or its lock cannot be used.
    #[error("{} cannot be opened", path.display())]
    File {
        /// What cannot be opened.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The backup before a migration could not be written; nothing was migrated.
    #[error("{} could not be written, so nothing was migrated", backup.display())]
    Backup {
        /// The backup.
        backup: PathBuf,
        /// What failed.
        source: StoreError,
    },
    /// The database failed while it was opened or migrated.
    #[error("{} could not be brought into use", path.display())]
    Store {
        /// The database.
        path: PathBuf,
        /// What failed.
        source: StoreError,
    },
}
