//! What keeps the store in order: the revision that readers watch, checkpoints, closing.

use std::path::Path;

use crate::model::feed::FeedId;
use crate::store::cells::Cells;
use crate::store::error::StoreError;
use crate::store::open::Store;
use crate::store::statement::Statement;

/// Counts what readers would notice of one feed. Each shard counts for itself, so that polls of
/// several processes never wait for one row.
pub(in crate::store) fn revise(feed: FeedId) -> Statement {
    Statement::new(
        "update shard set revision = revision + 1 \
         where shard = (select shard from feed where id = $1)",
        vec![feed.into()],
    )
    .expecting(1)
}

/// Counts a change that is not of one feed.
pub(in crate::store) fn revise_all() -> Statement {
    Statement::new("update shard set revision = revision + 1 where shard = 0", vec![]).expecting(1)
}

impl Store {
    /// A number that grows with every commit that added or changed entries or synced feeds.
    pub async fn revision(&self) -> Result<i64, StoreError> {
        let query = Statement::new("select cast(sum(revision) as bigint) from shard", vec![]);
        let sum = self.engine.read_one(query, |row| Cells::from(row).int()).await?;
        sum.ok_or_else(|| StoreError::Corrupt("there are no shards".to_owned()))
    }

    /// Writes a copy of the database to `target`, which is replaced once the copy is whole; the
    /// service may go on meanwhile.
    pub async fn backup(&self, target: &Path) -> Result<(), StoreError> {
        self.engine.backup(target).await
    }

    /// Moves what was committed from the log into the file.
    pub async fn checkpoint(&self) -> Result<(), StoreError> {
        self.engine.checkpoint().await
    }

    /// Ends when all that was asked earlier is committed, and file and lock are let go. Whoever
    /// asks later is told [`StoreError::Closed`].
    pub async fn close(&self) -> Result<(), StoreError> {
        // What is cut short by an orderly end accuses nobody.
        self.in_hand.acquit();
        self.engine.close().await
    }
}
