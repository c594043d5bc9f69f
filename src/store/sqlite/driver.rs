//! The handle to the threads: what is asked here is done there, and awaited without blocking.

use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::store::error::StoreError;
use crate::store::lock::Lock;
use crate::store::sqlite::{connection, reader, writer};
use crate::store::statement::{Answer, Row, Statement};

/// A database file and the threads that serve it. Clones share them; the last one gone ends them.
#[derive(Debug, Clone)]
pub struct Sqlite {
    writes: Sender<writer::Job>,
    reads: Arc<Mutex<Option<Sender<reader::Job>>>>,
}

impl Sqlite {
    /// Starts the writer and `readers` readers on the database at `path`, which must exist and be
    /// of our version. The writer holds `lock` for as long as it lives.
    pub fn start(path: &Path, lock: Option<Lock>, readers: usize) -> Result<Self, StoreError> {
        let (writes, write_jobs) = mpsc::channel();
        let (reads, read_jobs) = mpsc::channel();
        let connection = connection::writer(path)?;
        spawn("store-writer", move || writer::serve(connection, lock, &write_jobs))?;
        let read_jobs = Arc::new(Mutex::new(read_jobs));
        for _ in 0..readers {
            let connection = connection::reader(path)?;
            start_reader(connection, Arc::clone(&read_jobs))?;
        }
        Ok(Self { writes, reads: Arc::new(Mutex::new(Some(reads))) })
    }

    /// Runs `operation` atomically and waits until it is durable.
    pub async fn write(&self, operation: Vec<Statement>) -> Result<Vec<Answer>, StoreError> {
        if operation.is_empty() {
            return Ok(Vec::new());
        }
        self.ask_writer(|reply| writer::Job::Write(operation, reply)).await
    }

    /// Runs `queries` against one state of the database.
    pub async fn read<T: Send + 'static>(
        &self,
        queries: Vec<Statement>,
        decode: fn(Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        if queries.is_empty() {
            return Ok(Vec::new());
        }
        let (reply, answer) = oneshot::channel();
        let job: reader::Job = Box::new(move |connection: &Connection| {
            let _ = reply.send(reader::read(connection, &queries, decode));
        });
        let reads = self.reads.lock().unwrap_or_else(PoisonError::into_inner).clone();
        reads.ok_or(StoreError::Closed)?.send(job).map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Moves the log into the file, as far as no reader still needs it.
    pub async fn checkpoint(&self) -> Result<(), StoreError> {
        self.ask_writer(writer::Job::Checkpoint).await
    }

    /// Ends when the writer has committed all it was asked before, and let go of file and lock.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.reads.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.ask_writer(writer::Job::Close).await
    }

    async fn ask_writer<T>(
        &self,
        job: impl FnOnce(writer::Reply<T>) -> writer::Job,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.writes.send(job(reply)).map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

fn start_reader(
    connection: Connection,
    jobs: Arc<Mutex<Receiver<reader::Job>>>,
) -> Result<(), StoreError> {
    spawn("store-reader", move || reader::serve(&connection, &jobs))
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), StoreError> {
    let thread = thread::Builder::new().name(name.to_owned());
    thread.spawn(work).map_err(|error| StoreError::Engine(error.to_string()))?;
    Ok(())
}
