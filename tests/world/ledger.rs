//! The database as a stranger to feedmill reads it: with SQLite alone, beside or after the mill.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

/// A read-only look at a database.
#[derive(Debug)]
pub(crate) struct Ledger(Connection);

impl Ledger {
    /// Opens the database at `path`, which must exist. A log that a killed mill left is taken in.
    pub(crate) fn open(path: &Path) -> Self {
        // Not read-only: only a writer may take in what a killed process left in the log.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).expect("the database opens");
        connection.busy_timeout(Duration::from_secs(30)).expect("settable");
        Self(connection)
    }

    /// The connection, for what only one test needs.
    pub(crate) fn connection(&self) -> &Connection {
        &self.0
    }

    /// The number that `sql` gives.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        self.0.query_row(sql, [], |row| row.get(0)).expect(sql)
    }

    /// The first column of what `sql` gives, as text.
    pub(crate) fn texts(&self, sql: &str) -> Vec<String> {
        let mut statement = self.0.prepare(sql).expect(sql);
        let rows = statement.query_map([], |row| row.get(0)).expect(sql);
        rows.map(|row| row.expect(sql)).collect()
    }

    /// Fails unless SQLite finds the file whole and every reference met.
    pub(crate) fn is_whole(&self) {
        assert_eq!(self.texts("pragma integrity_check"), ["ok"]);
        assert_eq!(self.number("select count(*) from pragma_foreign_key_check"), 0);
    }
}
