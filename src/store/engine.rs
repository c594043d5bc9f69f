//! The engines that can run an operation. A further one is a further driver and a variant here.

use std::path::Path;

use crate::store::error::StoreError;
use crate::store::sqlite::driver::Sqlite;
use crate::store::statement::{Answer, Row, Statement};

/// One database, however it is reached.
#[derive(Debug, Clone)]
pub enum Engine {
    /// A file, in this process.
    Sqlite(Sqlite),
}

impl Engine {
    /// Runs `operation` atomically: all of it, or nothing and an error.
    pub async fn write(&self, operation: Vec<Statement>) -> Result<Vec<Answer>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.write(operation).await,
        }
    }

    /// Runs queries one after the other against one state of the database and decodes each row as
    /// it comes. Never waits for a writer.
    pub async fn read<T: Send + 'static>(
        &self,
        queries: Vec<Statement>,
        decode: fn(Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.read(queries, decode).await,
        }
    }

    /// The one row of a query, or none.
    pub async fn read_one<T: Send + 'static>(
        &self,
        query: Statement,
        decode: fn(Row) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.read(vec![query], decode).await?.into_iter().next())
    }

    /// Moves what was committed from the log into the file.
    pub async fn checkpoint(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.checkpoint().await,
        }
    }

    /// Writes a copy of the database to a file.
    pub async fn backup(&self, target: &Path) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.backup(target).await,
        }
    }

    /// Ends when all operations handed over earlier are committed and the database is closed.
    pub async fn close(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.close().await,
        }
    }
}
