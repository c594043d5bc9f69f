//! Brings a database to the schema of this program: forward only, all that is pending in one
//! transaction, and never without a copy of the file as it was.
//!
//! Migrations are the files of `migrations/sqlite`, compiled in, named by what becomes true and
//! applied in the order of their names. Which of them a database holds, and how they read, is kept
//! in its table `migration`; a database with one that this program does not know is refused.
//! Whoever calls holds the lock of the database (`docs/decisions/0002-own-migration-runner.md`).

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use include_dir::{Dir, include_dir};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::model::hash;
use crate::store::error::{OpenError, StoreError};
use crate::store::sqlite::{connection, copy};

/// Says in a file's header that it is ours: "FdMl".
const APPLICATION_ID: i64 = 0x4664_4d6c;

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
pub enum Standing {
    /// Nothing was ever written to it.
    New,
    /// A database of ours, with so many of our migrations.
    Ours(usize),
}

/// Looks at the file at `path` without changing it.
pub fn inspect(path: &Path, known: &[Migration]) -> Result<Standing, OpenError> {
    let length = fs::metadata(path)
        .map_err(|source| OpenError::File { path: path.to_owned(), source })?
        .len();
    if length == 0 {
        return Ok(Standing::New);
    }
    let held = look(path).map_err(|source| match source {
        StoreError::Corrupt(reason) if reason.contains("not a database") => {
            OpenError::Foreign(path.to_owned())
        }
        source => OpenError::Store { path: path.to_owned(), source },
    })?;
    match held {
        Held::Nothing => Ok(Standing::New),
        Held::SomethingElse => Err(OpenError::Foreign(path.to_owned())),
        Held::Migrations(applied) => compare(path, &applied, known).map(Standing::Ours),
    }
}

enum Held {
    Nothing,
    SomethingElse,
    /// Name and checksum of each.
    Migrations(Vec<(String, String)>),
}

fn look(path: &Path) -> Result<Held, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    let mark: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if mark != APPLICATION_ID {
        let tables: i64 =
            connection.query_row("select count(*) from sqlite_schema", [], |row| row.get(0))?;
        return Ok(if mark == 0 && tables == 0 { Held::Nothing } else { Held::SomethingElse });
    }
    let mut query = connection.prepare("select name, checksum from migration order by name")?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Held::Migrations(rows.collect::<Result<_, _>>()?))
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
    standing: Standing,
    known: &[Migration],
    now: DateTime<Utc>,
) -> Result<(), OpenError> {
    let applied = match standing {
        Standing::New => 0,
        Standing::Ours(applied) if applied == known.len() => return Ok(()),
        Standing::Ours(applied) => {
            let backup = backup_of(path, &known[applied]);
            copy::copy(path, &backup).map_err(|source| OpenError::Backup { backup, source })?;
            applied
        }
    };
    apply(path, &known[applied..], now)
        .map_err(|source| OpenError::Store { path: path.to_owned(), source })
}

/// Where the copy made before `next` goes: `feedmill.db.before-0002`.
fn backup_of(path: &Path, next: &Migration) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".before-");
    name.push(next.number());
    name.into()
}

fn apply(path: &Path, pending: &[Migration], now: DateTime<Utc>) -> Result<(), StoreError> {
    let mut connection = connection::writer(path)?;
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
    Ok(transaction.commit()?)
}
