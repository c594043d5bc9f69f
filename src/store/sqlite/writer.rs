//! The one thread that writes: operations that wait together are committed together.
//!
//! Each has a savepoint of its own, so that a refused one takes no other with it. When the commit
//! fails as a whole (disk full), everyone who waited for it is told so and nothing of the group is
//! kept. The thread holds the lock of the database, and lets go of it after the connection.

use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::store::error::StoreError;
use crate::store::lock::Lock;
use crate::store::sqlite::run;
use crate::store::statement::{Answer, Statement};

/// The most operations in one commit.
const LARGEST_GROUP: usize = 256;

/// Where the result of a job goes.
pub type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the thread can be asked to do.
#[derive(Debug)]
pub enum Job {
    /// Carry out an operation.
    Write(Vec<Statement>, Reply<Vec<Answer>>),
    /// Move the log into the file.
    Checkpoint(Reply<()>),
    /// Close the database, once all that was asked before is done and these readers have ended.
    Close(Vec<JoinHandle<()>>, Reply<()>),
}

type Write = (Vec<Statement>, Reply<Vec<Answer>>);

/// Serves `jobs` until the last sender is gone or one asks to close.
pub fn serve(connection: Connection, lock: Option<Lock>, jobs: &Receiver<Job>) {
    let mut group: Vec<Write> = Vec::new();
    while let Ok(first) = jobs.recv() {
        let mut next = Some(first);
        while let Some(job) = next {
            match job {
                Job::Write(operation, reply) => group.push((operation, reply)),
                Job::Checkpoint(reply) => {
                    commit_group(&connection, &mut group);
                    let _ = reply.send(checkpoint(&connection));
                }
                Job::Close(readers, reply) => {
                    commit_group(&connection, &mut group);
                    for reader in readers {
                        let _ = reader.join();
                    }
                    let closed = close(connection);
                    drop(lock);
                    let _ = reply.send(closed);
                    return;
                }
            }
            next = if group.len() < LARGEST_GROUP { jobs.try_recv().ok() } else { None };
        }
        commit_group(&connection, &mut group);
    }
    let _ = close(connection);
    drop(lock);
}

/// Commits all of `group` together and answers everyone.
fn commit_group(connection: &Connection, group: &mut Vec<Write>) {
    if group.is_empty() {
        return;
    }
    let results = attempt(connection, group).unwrap_or_else(|failure| {
        // The transaction may be gone already: SQLite rolls back by itself when the disk fails.
        if !connection.is_autocommit() {
            let _ = connection.execute_batch("rollback");
        }
        vec![Err(failure); group.len()]
    });
    for ((_, reply), result) in group.drain(..).zip(results) {
        // A caller who no longer waits has nothing to be told.
        let _ = reply.send(result);
    }
}

type Results = Vec<Result<Vec<Answer>, StoreError>>;

/// The result of each operation once all are durable, or the failure of the whole.
fn attempt(connection: &Connection, group: &[Write]) -> Result<Results, StoreError> {
    plain(connection, "begin immediate")?;
    let results = group
        .iter()
        .map(|(operation, _)| one_of_group(connection, operation))
        .collect::<Result<Results, StoreError>>()?;
    plain(connection, "commit")?;
    Ok(results)
}

/// One operation in its savepoint. The outer error is one that spoils the whole group.
fn one_of_group(
    connection: &Connection,
    operation: &[Statement],
) -> Result<Result<Vec<Answer>, StoreError>, StoreError> {
    plain(connection, "savepoint operation")?;
    let result = run::operation(connection, operation);
    match &result {
        Ok(_) => {}
        Err(failure) if connection.is_autocommit() || spoils_group(failure) => {
            return Err(failure.clone());
        }
        Err(_) => plain(connection, "rollback to operation")?,
    }
    plain(connection, "release operation")?;
    Ok(result)
}

/// Whether a failure of one operation says that no other can succeed either.
fn spoils_group(failure: &StoreError) -> bool {
    match failure {
        StoreError::Conflict | StoreError::Engine(_) => false,
        StoreError::Full
        | StoreError::Busy
        | StoreError::ReadOnly
        | StoreError::Corrupt(_)
        | StoreError::Disk(_)
        | StoreError::Closed => true,
    }
}

fn plain(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.raw_execute()?;
    Ok(())
}

/// As much as can be moved without waiting for anyone.
fn checkpoint(connection: &Connection) -> Result<(), StoreError> {
    connection.query_row("pragma wal_checkpoint(passive)", [], |_| Ok(()))?;
    Ok(())
}

/// The last connection to be closed moves the log into the file and removes it.
fn close(connection: Connection) -> Result<(), StoreError> {
    connection.close().map_err(|(_, error)| StoreError::from(error))
}
