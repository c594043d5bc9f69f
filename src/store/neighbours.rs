//! The last entries of a feed with their bodies, to see what its items have in common.

use crate::model::entry::{EntryId, Neighbour};
use crate::model::feed::FeedId;
use crate::store::cells::Cells;
use crate::store::entries;
use crate::store::error::StoreError;
use crate::store::lists::{pieces, placeholders};
use crate::store::open::Store;
use crate::store::statement::{Row, Statement, Value, limit};

impl Store {
    /// The last entries of `feed` by number, at most `rows`. `known` are some of them, as a rule the
    /// last: where there are enough, the feed's other entries are not looked at.
    pub async fn neighbours(
        &self,
        feed: FeedId,
        known: &[EntryId],
        rows: usize,
    ) -> Result<Vec<Neighbour>, StoreError> {
        let mut last = known.to_vec();
        if last.len() < rows {
            last =
                self.engine.read(vec![last_of(feed, rows)], |row| Cells::from(row).entry()).await?;
        }
        last.sort_unstable_by(|one, other| other.cmp(one));
        last.truncate(rows);
        self.engine.read(pieces(&last).map(bodies).collect(), neighbour).await
    }
}

pub(in crate::store) fn last_of(feed: FeedId, rows: usize) -> Statement {
    Statement::new(
        "select id from entry where feed_id = $1 order by id desc limit $2",
        vec![feed.into(), limit(rows)],
    )
}

pub(in crate::store) fn bodies(entries: Vec<Value>) -> Statement {
    let list = placeholders(1, entries.len());
    let sql = format!(
        "select e.id, e.title_hash, b.html, b.cleaner, b.removed \
         from entry e join entry_body b on b.entry_id = e.id where e.id in ({list})"
    );
    Statement::new(sql, entries)
}

fn neighbour(row: Row) -> Result<Neighbour, StoreError> {
    let mut cells = Cells::from(row);
    Ok(Neighbour {
        entry: cells.entry()?,
        title_hash: cells.int()?,
        body: entries::body(&mut cells)?,
        removed: cells.json()?,
    })
}
