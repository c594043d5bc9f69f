//! Notes of what hubs told: one row per feed of which something was told ever.
//!
//! Every write names the generation it was decided for, as those of callbacks do.

use chrono::{DateTime, Utc};

use crate::model::feed::FeedId;
use crate::model::note::Note;
use crate::store::cells::Cells;
use crate::store::error::StoreError;
use crate::store::lists::{pieces, placeholders};
use crate::store::open::Store;
use crate::store::statement::{Row, Statement, Value};

/// A note of generation 0 is not kept yet.
pub(in crate::store) const KEEP: &str = "insert into note \
    (feed_id, generation, told, answered, fetch_at) values ($1, $2 + 1, $3, $4, $5) \
    on conflict (feed_id) do update set generation = generation + 1, told = $3, answered = $4, \
    fetch_at = $5 where generation = $2";

/// The feeds to be fetched after one moment and up to another.
pub(in crate::store) const DUE: &str =
    "select feed_id from note where fetch_at > $1 and fetch_at <= $2 order by fetch_at";

pub(in crate::store) const NEXT: &str = "select min(fetch_at) from note where fetch_at > $1";

impl Store {
    /// What was told of a feed.
    pub async fn note(&self, feed: FeedId) -> Result<Note, StoreError> {
        Ok(self.notes(&[feed]).await?.pop().unwrap_or_else(|| Note::new(feed)))
    }

    /// What was told of some feeds, where something was ever.
    pub async fn notes(&self, feeds: &[FeedId]) -> Result<Vec<Note>, StoreError> {
        self.engine.read(pieces(feeds).map(among).collect(), note).await
    }

    /// The feeds to be fetched since `after`, up to `now`, the longest due first.
    pub async fn notes_due(
        &self,
        after: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Vec<FeedId>, StoreError> {
        let query = Statement::new(DUE, vec![after.into(), now.into()]);
        self.engine.read(vec![query], |row| Cells::from(row).feed()).await
    }

    /// When the next feed is to be fetched after `now`.
    pub async fn next_note(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, StoreError> {
        let query = Statement::new(NEXT, vec![now.into()]);
        let next = self.engine.read_one(query, |row| Cells::from(row).moment_or_null()).await?;
        Ok(next.flatten())
    }

    /// Keeps a note as it is now: [`StoreError::Conflict`] if it was written since its generation.
    pub async fn keep_note(&self, note: &Note) -> Result<(), StoreError> {
        self.engine.write(vec![keep(note)]).await.map(|_| ())
    }
}

/// The notes of feeds, by their numbers.
pub(in crate::store) fn among(feeds: Vec<Value>) -> Statement {
    let sql = format!(
        "select feed_id, generation, told, answered, fetch_at from note where feed_id in ({})",
        placeholders(1, feeds.len())
    );
    Statement::new(sql, feeds)
}

/// The statement that keeps a note.
pub(in crate::store) fn keep(note: &Note) -> Statement {
    let Note { feed, generation, told, answered, fetch_at } = *note;
    let params =
        vec![feed.into(), generation.into(), told.into(), answered.into(), fetch_at.into()];
    Statement::new(KEEP, params).expecting(1)
}

fn note(row: Row) -> Result<Note, StoreError> {
    let mut cells = Cells::from(row);
    Ok(Note {
        feed: cells.feed()?,
        generation: cells.int()?,
        told: cells.int()?,
        answered: cells.int()?,
        fetch_at: cells.moment_or_null()?,
    })
}
