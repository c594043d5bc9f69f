//! Threads that only read, each on a connection of its own: none waits for the writer, and a slow
//! query holds up no other while a thread is free.

use std::sync::mpsc::Receiver;
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use crate::store::error::StoreError;
use crate::store::sqlite::run;
use crate::store::statement::{Row, Statement};

/// What a reader is asked to do with its connection.
pub type Job = Box<dyn FnOnce(&Connection) + Send>;

/// Serves `jobs`, which all readers share, until the last sender is gone.
pub fn serve(connection: Connection, jobs: &Mutex<Receiver<Job>>) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(&connection),
            Err(_) => return,
        }
    }
}

/// Runs `queries` against one state of the database.
pub fn read<T>(
    connection: &Connection,
    queries: &[Statement],
    decode: fn(Row) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut found = Vec::new();
    if let [query] = queries {
        run::query(connection, query, decode, &mut found)?;
        return Ok(found);
    }
    let transaction = connection.unchecked_transaction()?;
    for query in queries {
        run::query(&transaction, query, decode, &mut found)?;
    }
    transaction.commit()?;
    Ok(found)
}
