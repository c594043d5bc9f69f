//! Numbers and names for those who ask how things are.

use chrono::{DateTime, Utc};

use crate::store::cells::Cells;
use crate::store::error::StoreError;
use crate::store::feeds::{self, FeedTitle};
use crate::store::open::Store;
use crate::store::statement::{Row, Statement, limit};

/// The whole in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Feeds that are not retired.
    pub feeds: u64,
    /// Feeds among them that fail or are gone.
    pub failing: u64,
    /// Items of the last documents of feeds that are not retired which were not read.
    pub left_out: u64,
    /// Entries.
    pub entries: u64,
    /// Different documents among them; an entry without a link is one of its own.
    pub documents: u64,
    /// Editions.
    pub editions: u64,
    /// Letters sent once more, since nobody knew whether they had been taken.
    pub resent: u64,
}

const COUNTS: &str = "select \
    (select count(*) from feed where retired = 0), \
    (select count(*) from feed where retired = 0 and standing in ('failing', 'gone')), \
    (select coalesce(sum(left_out), 0) from feed where retired = 0), \
    (select count(*) from entry), \
    (select count(distinct document) from entry where document is not null) \
        + (select count(*) from entry where document is null), \
    (select count(*) from edition), \
    (select count(*) from letter where resent = 1)";

const FAILING_SINCE: &str = "select id, url, title, site from feed \
    where retired = 0 and standing = 'failing' and since <= $1 order by since, id limit $2";

impl Store {
    /// The whole in numbers.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        let counted = self.engine.read_one(Statement::new(COUNTS, vec![]), counts).await?;
        counted.ok_or_else(|| StoreError::Corrupt("nothing could be counted".to_owned()))
    }

    /// Feeds that have failed since `before` or longer, the longest first, at most `rows`.
    pub async fn failing_since(
        &self,
        before: DateTime<Utc>,
        rows: usize,
    ) -> Result<Vec<FeedTitle>, StoreError> {
        let query = Statement::new(FAILING_SINCE, vec![before.into(), limit(rows)]);
        self.engine.read(vec![query], feeds::title).await
    }
}

fn counts(row: Row) -> Result<Counts, StoreError> {
    let mut cells = Cells::from(row);
    let mut count = || cells.int().map(|count| u64::try_from(count).unwrap_or(0));
    Ok(Counts {
        feeds: count()?,
        failing: count()?,
        left_out: count()?,
        entries: count()?,
        documents: count()?,
        editions: count()?,
        resent: count()?,
    })
}
