//! The handle to the threads: what is asked here is done there, and awaited without blocking.

use std::path::Path;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::store::error::StoreError;
use crate::store::lock::Lock;
use crate::store::sqlite::{connection, copy, reader, writer};
use crate::store::statement::{Answer, Row, Statement};

/// A database file and the threads that serve it. Clones share them; the last one gone ends them.
#[derive(Debug, Clone)]
pub struct Sqlite {
    path: Arc<Path>,
    writes: Sender<writer::Job>,
    readers: Arc<Mutex<Readers>>,
}

/// Whom to ask, until the store is closed, and whom to wait for then.
#[derive(Debug)]
struct Readers {
    reads: Option<Sender<reader::Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Sqlite {
    /// Starts the writer and `readers` readers on the database at `path`, which must exist and be
    /// of our version. The writer holds `lock` for as long as it lives.
    pub fn start(path: &Path, lock: Option<Lock>, readers: usize) -> Result<Self, StoreError> {
        let (writes, write_jobs) = mpsc::channel();
        let (reads, read_jobs) = mpsc::channel();
        let writer = connection::writer(path)?;
        spawn("store-writer", move || writer::serve(writer, lock, &write_jobs))?;
        let read_jobs = Arc::new(Mutex::new(read_jobs));
        let start_reader = |_| {
            let (reader, jobs) = (connection::reader(path)?, Arc::clone(&read_jobs));
            spawn("store-reader", move || reader::serve(reader, &jobs))
        };
        let threads = (0..readers).map(start_reader).collect::<Result<_, _>>()?;
        let readers = Arc::new(Mutex::new(Readers { reads: Some(reads), threads }));
        Ok(Self { path: path.into(), writes, readers })
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
        let reads = self.readers.lock().unwrap_or_else(PoisonError::into_inner).reads.clone();
        reads.ok_or(StoreError::Closed)?.send(job).map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Moves the log into the file, as far as no reader still needs it.
    pub async fn checkpoint(&self) -> Result<(), StoreError> {
        self.ask_writer(writer::Job::Checkpoint).await
    }

    /// Ends when the writer has committed all it was asked before, the readers have answered, and
    /// file and lock are let go.
    pub async fn close(&self) -> Result<(), StoreError> {
        let threads = {
            let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
            readers.reads = None;
            std::mem::take(&mut readers.threads)
        };
        self.ask_writer(|reply| writer::Job::Close(threads, reply)).await
    }

    /// Writes a copy of the database, as it is now, to `target`. Nobody waits for it meanwhile.
    pub async fn backup(&self, target: &Path) -> Result<(), StoreError> {
        let (path, target) = (Arc::clone(&self.path), target.to_owned());
        let copied = tokio::task::spawn_blocking(move || copy::copy(&path, &target)).await;
        copied.map_err(|_| StoreError::Closed)?
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

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreError> {
    let thread = thread::Builder::new().name(name.to_owned());
    thread.spawn(work).map_err(|error| StoreError::Engine(error.to_string()))
}
