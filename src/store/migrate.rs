//! Brings a database to the schema of this program: forward only, all that is pending in one
//! transaction, and never without a copy of the file as it was.
//!
//! Migrations are the files of `migrations/sqlite`, compiled in, named by what becomes true and
//! applied in the order of their names. Which of them a database holds, and how they read, is kept
//! in its table `migration`; a database with one that this program does not know is refused.
//! Whoever calls holds the lock of the database (`docs/decisions/0002-own-migration-runner.md`).

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use chrono::{DateTime, Utc};
use include_dir::{Dir, include_dir};
use rusqlite::{Connection, TransactionBehavior};

use crate::model::hash;
use crate::store::error::{OpenError, StoreError};
use crate::store::files;
use crate::store::sqlite::{connection, copy};

/// Says in a file's header that it is ours: "FdMl".
const APPLICATION_ID: u32 = 0x4664_4d6c;

/// How long the header of a database is, in bytes.
const HEADER: u64 = 100;

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/migrations/sqlite");

/// One step of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// `NNNN_what_becomes_true`.
    pub name: &'static str,
    /// Its statements.
    pub sql: &'static str,
}

impl Migration {
    /// What tells whether a database was migrated by the same text, whatever its line ends.
    fn checksum(&self) -> String {
        hash::hex(&hash::of_bytes(self.sql.replace("\r\n", "\n").as_bytes()))
    }

    fn number(&self) -> &'static str {
        self.name.split('_').next().unwrap_or(self.name)
    }
}

/// The migrations of this program, first to last.
pub fn all() -> Vec<Migration> {
    let named = |file: &'static include_dir::File<'static>| {
        let name = file.path().file_stem()?.to_str()?;
        Some(Migration { name, sql: file.contents_utf8()? })
    };
    let mut migrations: Vec<_> = FILES.files().filter_map(named).collect();
    migrations.sort_by_key(|migration| migration.name);
    migrations
}

/// What a file is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holding {
    /// It is not there, or empty.
    New,
    /// A database of ours, with so many of our migrations.
    Ours(usize),
}

/// Looks at the file at `path` without changing it. One that does not bear our mark is not even
/// handed to SQLite.
pub fn inspect(path: &Path, known: &[Migration]) -> Result<Holding, OpenError> {
    match mark(path) {
        Ok(Mark::None) => return Ok(Holding::New),
        Ok(Mark::Ours) => {}
        Ok(Mark::Other) => return Err(OpenError::Foreign(path.to_owned())),
        Err(source) => return Err(OpenError::File { path: path.to_owned(), source }),
    }
    let applied =
        applied(path).map_err(|source| OpenError::Store { path: path.to_owned(), source })?;
    compare(path, &applied, known).map(Holding::Ours)
}

enum Mark {
    None,
    Ours,
    Other,
}

/// Reads the mark in a file's header (SQLite's file format, section 1.3): 16 bytes that say that it
/// is a database, and four at 68 that say whose.
fn mark(path: &Path) -> std::io::Result<Mark> {
    let mut header = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(HEADER).read_to_end(&mut header)?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Mark::None),
        Err(error) => return Err(error),
    };
    let ours = header.starts_with(b"SQLite format 3\0")
        && header.get(68..72) == Some(&APPLICATION_ID.to_be_bytes());
    Ok(match ours {
        _ if header.is_empty() => Mark::None,
        true => Mark::Ours,
        false => Mark::Other,
    })
}

/// Name and checksum of each migration that the database holds.
fn applied(path: &Path) -> Result<Vec<(String, String)>, StoreError> {
    let connection = connection::reader(path)?;
    let mut query = connection.prepare("select name, checksum from migration order by name")?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many of `known` are applied, if what is applied is a beginning of it.
fn compare(
    path: &Path,
    applied: &[(String, String)],
    known: &[Migration],
) -> Result<usize, OpenError> {
    for (index, (name, checksum)) in applied.iter().enumerate() {
        match known.get(index) {
            Some(ours) if ours.name == name && ours.checksum() == *checksum => {}
            Some(ours) if ours.name == name => {
                let migration = name.clone();
                return Err(OpenError::Diverged { path: path.to_owned(), migration });
            }
            Some(_) | None => {
                let migration = name.clone();
                return Err(OpenError::Newer { path: path.to_owned(), migration });
            }
        }
    }
    Ok(applied.len())
}

/// Brings the database at `path`, which holds what [`inspect`] said, up to date.
pub fn bring_up(
    path: &Path,
    standing: Holding,
    known: &[Migration],
    now: DateTime<Utc>,
) -> Result<(), OpenError> {
    let brought = match standing {
        Holding::New => create(path, known, now),
        Holding::Ours(applied) if applied == known.len() => Ok(()),
        Holding::Ours(applied) => {
            let pending = &known[applied..];
            let backup = files::beside(path, &format!(".before-{}", pending[0].number()));
            copy::copy(path, &backup).map_err(|source| OpenError::Backup { backup, source })?;
            connection::writer(path).and_then(|connection| apply(connection, pending, now))
        }
    };
    brought.map_err(|source| OpenError::Store { path: path.to_owned(), source })
}

/// Makes a database under another name, and gives it its own when it is whole. What a killed attempt
/// left is removed first, and so is the log of a database that is gone: SQLite would take it for
/// the new one's.
fn create(path: &Path, known: &[Migration], now: DateTime<Utc>) -> Result<(), StoreError> {
    let new = files::beside(path, ".new");
    files::remove(&new)?;
    for suffix in ["-wal", "-shm", "-journal"] {
        files::remove(&files::beside(&new, suffix))?;
        files::remove(&files::beside(path, suffix))?;
    }
    files::private(&new)?;
    apply(connection::maker(&new)?, known, now)?;
    Ok(files::rename(&new, path)?)
}

fn apply(
    mut connection: Connection,
    pending: &[Migration],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    // Tables may be rebuilt; that every reference holds is checked before the end.
    connection.pragma_update(None, "foreign_keys", false)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.execute_batch(
        "create table if not exists migration (\
            name text primary key, checksum text not null, applied integer not null\
        ) strict",
    )?;
    for migration in pending {
        tracing::info!(migration = migration.name, "the database is migrated");
        transaction.execute_batch(migration.sql)?;
        transaction.execute(
            "insert into migration (name, checksum, applied) values (?1, ?2, ?3)",
            (migration.name, migration.checksum(), now.timestamp_millis()),
        )?;
    }
    let broken: i64 =
        transaction
            .query_row("select count(*) from pragma_foreign_key_check", [], |row| row.get(0))?;
    if broken > 0 {
        return Err(StoreError::Corrupt(format!("{broken} references lead nowhere")));
    }
    transaction.commit()?;
    connection::log_ahead(&connection)?;
    connection.close().map_err(|(_, error)| StoreError::from(error))
}
