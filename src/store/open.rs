//! An open database, and the two ways to it: as its owner, or beside the owner.
//!
//! The owner holds the lock, migrates and polls; there is one per database. A command that runs
//! while the service does opens beside it: it reads, and leaves requests.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::store::engine::Engine;
use crate::store::error::{OpenError, StoreError};
use crate::store::in_hand::{self, InHand, Suspect};
use crate::store::lease;
use crate::store::lock::{self, Lock};
use crate::store::migrate::{self, Holding, Migration};
use crate::store::sqlite::driver::Sqlite;

/// Readers of the service: one may be slow while the others answer.
const OWNERS_READERS: usize = 3;

/// An open database. Clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    pub(in crate::store) engine: Engine,
    /// Under which name shards are leased; beside an owner, none are.
    pub(in crate::store) owner: Option<String>,
    /// Which documents are being read; beside an owner, none are noted.
    pub in_hand: InHand,
}

/// Opens the database at `path` as its owner: takes the lock, makes the file if there is none,
/// migrates it (after a backup beside it), takes all shards.
pub async fn open(path: &Path, now: DateTime<Utc>) -> Result<Store, OpenError> {
    open_as(path, now, migrate::all()).await
}

/// [`open`] by a program with other migrations: what a newer or older one would do.
pub(in crate::store) async fn open_as(
    path: &Path,
    now: DateTime<Utc>,
    known: Vec<Migration>,
) -> Result<Store, OpenError> {
    let path = resolved(path)?;
    let engine = {
        let path = path.clone();
        blocking(move || owned(&path, &known, now)).await?
    };
    let owner = format!("{}@{}", std::process::id(), now.timestamp_millis());
    let (in_hand, suspects) = in_hand::open(&path);
    let store = Store { engine, owner: Some(owner), in_hand };
    let readied = ready(&store, suspects).await;
    readied.map_err(|source| OpenError::Store { path, source })?;
    Ok(store)
}

/// Takes all shards, and sets apart what the last owner was reading when it died.
async fn ready(store: &Store, suspects: Vec<Suspect>) -> Result<(), StoreError> {
    let owner = store.owner.as_deref().unwrap_or_default();
    lease::take(&store.engine, owner).await?;
    for suspect in suspects {
        match suspect {
            Suspect::Document { feed, name } => {
                store.set_apart(feed, &name).await?;
                tracing::error!(
                    feed.id = feed.0,
                    "a document that was read as the last run died is set apart"
                );
            }
            Suspect::Body { entry, place } => {
                store.suspect_body(place, entry).await?;
                tracing::error!(
                    entry.id = entry.0,
                    "a body that was cleaned again as the last run died is put off"
                );
            }
            Suspect::Page { entry } => {
                store.set_page_apart(entry).await?;
                tracing::error!(
                    entry.id = entry.0,
                    "a page that was read as the last run died is set apart"
                );
            }
        }
    }
    Ok(())
}

/// Opens the database at `path` beside its owner, if it has one: nothing is created or migrated.
pub async fn beside(path: &Path) -> Result<Store, OpenError> {
    let path = resolved(path)?;
    let engine = blocking(move || {
        let known = migrate::all();
        match migrate::inspect(&path, &known)? {
            Holding::New => Err(OpenError::Missing(path)),
            Holding::Ours(applied) if applied < known.len() => Err(OpenError::Older(path)),
            Holding::Ours(_) => start(&path, None, 1),
        }
    });
    Ok(Store { engine: engine.await?, owner: None, in_hand: InHand::default() })
}

fn owned(path: &Path, known: &[Migration], now: DateTime<Utc>) -> Result<Engine, OpenError> {
    let lock = lock::take(path)?;
    let standing = migrate::inspect(path, known)?;
    migrate::bring_up(path, standing, known, now)?;
    start(path, Some(lock), OWNERS_READERS)
}

fn start(path: &Path, lock: Option<Lock>, readers: usize) -> Result<Engine, OpenError> {
    let started = Sqlite::start(path, lock, readers);
    started.map(Engine::Sqlite).map_err(|source| OpenError::Store { path: path.to_owned(), source })
}

/// The file itself, links followed, so that two names of one database share one lock.
fn resolved(path: &Path) -> Result<PathBuf, OpenError> {
    let of = |source| OpenError::File { path: path.to_owned(), source };
    if path.exists() {
        return fs::canonicalize(path).map_err(of);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = fs::canonicalize(folder.unwrap_or(Path::new("."))).map_err(of)?;
    let name = path.file_name().ok_or_else(|| of(std::io::ErrorKind::InvalidFilename.into()))?;
    Ok(folder.join(name))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, OpenError> + Send + 'static,
) -> Result<T, OpenError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(_) => Err(OpenError::Store { path: PathBuf::new(), source: StoreError::Closed }),
    }
}
