//! Connections, each with the same law: foreign keys hold, a damaged schema runs nothing, a locked
//! database is waited for, memory is bounded.
//!
//! `synchronous=FULL` makes every commit durable before it is reported (in WAL mode with NORMAL the
//! last commits before a power cut may be lost, and with them a letter's `accepted`).

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::store::error::StoreError;

/// How often a database locked by another process is tried again, once every [`PAUSE`].
const TRIES: i32 = 30_000;

/// How long to wait between two tries. SQLite's own timeout backs off to a tenth of a second, and
/// so misses every gap of an owner who writes without rest.
const PAUSE: Duration = Duration::from_millis(1);

/// Page cache of the writer, in KiB.
const WRITER_CACHE_KIB: i64 = 4_096;

/// Page cache of each reader, in KiB.
const READER_CACHE_KIB: i64 = 1_024;

/// How large the log may stay after a checkpoint, in bytes.
const LOG_LIMIT: i64 = 16 << 20;

/// After how many pages in the log it is moved into the file: 16 MiB. A poll touches pages here and
/// there; the longer the log, the more often a page that is moved has been written twice.
const LOG_PAGES: i64 = 4_096;

/// Prepared statements kept per connection.
const STATEMENTS: usize = 96;

/// A connection that may write to a database that exists.
pub fn writer(path: &Path) -> Result<Connection, StoreError> {
    let connection = maker(path)?;
    log_ahead(&connection)?;
    connection.pragma_update_and_check(None, "journal_size_limit", LOG_LIMIT, |_| Ok(()))?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", LOG_PAGES, |_| Ok(()))?;
    Ok(connection)
}

/// A connection that makes a database of an empty file. It keeps no write-ahead log yet, so that
/// what it commits is in the file itself.
pub fn maker(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    settle(&mut connection, WRITER_CACHE_KIB)?;
    connection.pragma_update(None, "synchronous", "full")?;
    Ok(connection)
}

/// Has the database keep a write-ahead log, if it does not yet.
pub fn log_ahead(connection: &Connection) -> Result<(), StoreError> {
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode == "wal" {
        return Ok(());
    }
    Err(StoreError::Engine(format!("its journal stays in mode {mode}, not wal")))
}

/// A connection that only reads, and never waits for a writer.
pub fn reader(path: &Path) -> Result<Connection, StoreError> {
    let connection = copier(path)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// A connection that cannot change the database, though it may write a copy of it.
pub fn copier(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    settle(&mut connection, READER_CACHE_KIB)?;
    Ok(connection)
}

fn settle(connection: &mut Connection, cache_kib: i64) -> Result<(), StoreError> {
    connection.busy_handler(Some(try_again))?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -cache_kib)?;
    connection.pragma_update_and_check(None, "mmap_size", 0, |_| Ok(())).or_else(absent)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

fn try_again(tries: i32) -> bool {
    std::thread::sleep(PAUSE);
    tries < TRIES
}

/// `mmap_size` answers with no row where memory mapping is compiled out.
fn absent(error: rusqlite::Error) -> Result<(), rusqlite::Error> {
    match error {
        rusqlite::Error::QueryReturnedNoRows => Ok(()),
        other => Err(other),
    }
}
