//! What waits for a newsletter, and which of its firings were answered.
//!
//! An edition takes what has arrived and is in no edition of its newsletter yet, never a range of
//! numbers: with several writers, numbers are committed out of order. So that selecting stays fast,
//! all that arrived more than a day before the last edition counts as settled; that day is the
//! margin in which numbers may be out of order.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::edition::Slot;
use crate::model::entry::EntryId;
use crate::model::feed::{FeedId, Tag};
use crate::model::url::DocumentKey;
use crate::store::cells::Cells;
use crate::store::entries::{self, ByTag};
use crate::store::error::StoreError;

use crate::store::open::Store;
use crate::store::statement::{Row, Statement, Value};

/// How long before an edition (or the newsletter's beginning) an entry may have arrived and still
/// be considered later.
pub const MARGIN: TimeDelta = TimeDelta::hours(24);

/// An entry that is in no edition of a newsletter yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Which.
    pub id: EntryId,
    /// The feed that brought it.
    pub feed: FeedId,
    /// The document it is.
    pub document: Option<DocumentKey>,
    /// The moment it is ordered by.
    pub order: DateTime<Utc>,
    /// A hash of its title.
    pub title_hash: i64,
    /// Whether another feed has that document, too.
    pub is_shared: bool,
}

pub(in crate::store) const BEGIN: &str = "insert into newsletter (name, began, settled) \
    values ($1, $2, $3) on conflict (name) do nothing";

const BEGAN: &str = "select began from newsletter where name = $1";

/// The number before that of the first entry above `$2` that arrived at `$1` or later; if there is
/// none, the last number.
pub(in crate::store) const ARRIVED_BEFORE: &str = "select coalesce(\
    (select id - 1 from entry where id > $2 and first_seen >= $1 order by id limit 1), \
    (select max(id) from entry), $2)";

/// A slot so far ahead of `$3` was answered under a clock that ran ahead; it gives way.
pub(in crate::store) const ANSWERED: &str = "update newsletter set last_slot = $2 \
    where name = $1 and (last_slot is null or last_slot < $2 or last_slot > $3)";

/// How far ahead a slot may be answered: by hand, on the evening before.
pub(in crate::store) const AHEAD: TimeDelta = TimeDelta::days(2);

impl Store {
    /// When the newsletter `name` was first heard of: `now`, if that is now.
    pub async fn newsletter_began(
        &self,
        name: &str,
        now: DateTime<Utc>,
    ) -> Result<DateTime<Utc>, StoreError> {
        let query = Statement::new(BEGAN, vec![name.into()]);
        let began = self.engine.read_one(query.clone(), |row| Cells::from(row).moment()).await?;
        if let Some(began) = began {
            return Ok(began);
        }
        let settled = self.arrived_before(now - MARGIN, EntryId(0)).await?;
        let begin = Statement::new(BEGIN, vec![name.into(), now.into(), settled.into()]);
        self.engine.write(vec![begin]).await?;
        let began = self.engine.read_one(query, |row| Cells::from(row).moment()).await?;
        began.ok_or(StoreError::Conflict)
    }

    /// Up to which number, from `floor` up, all entries arrived before `moment`.
    pub(in crate::store) async fn arrived_before(
        &self,
        moment: DateTime<Utc>,
        floor: EntryId,
    ) -> Result<EntryId, StoreError> {
        let query = Statement::new(ARRIVED_BEFORE, vec![moment.into(), floor.into()]);
        let last = self.engine.read_one(query, |row| Cells::from(row).entry()).await?;
        Ok(last.unwrap_or(floor))
    }

    /// Up to which entry the newsletter `name` is settled.
    pub(in crate::store) async fn settled(&self, name: &str) -> Result<EntryId, StoreError> {
        let query =
            Statement::new("select settled from newsletter where name = $1", vec![name.into()]);
        let settled = self.engine.read_one(query, |row| Cells::from(row).entry()).await?;
        Ok(settled.unwrap_or(EntryId(0)))
    }

    /// The entries of active feeds with one of `tags` (of all, if there are none) that are in no
    /// edition of the newsletter `name`, by number; of a feed's first poll only the `backfill`
    /// newest. None before [`Self::newsletter_began`].
    pub async fn waiting(
        &self,
        name: &str,
        tags: &[Tag],
        backfill: u32,
    ) -> Result<Vec<Waiting>, StoreError> {
        self.engine.read(vec![waiting_query(name, tags, backfill)], waiting).await
    }

    /// The instant of the last slot that was answered.
    pub async fn last_slot(&self, name: &str) -> Result<Option<DateTime<Utc>>, StoreError> {
        let query =
            Statement::new("select last_slot from newsletter where name = $1", vec![name.into()]);
        let slot = self.engine.read_one(query, |row| Cells::from(row).moment_or_null()).await?;
        Ok(slot.flatten())
    }

    /// Remembers that `slot` was answered, though with no edition.
    pub async fn settle_slot(
        &self,
        name: &str,
        slot: &Slot,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.newsletter_began(name, now).await?;
        let answered =
            Statement::new(ANSWERED, vec![name.into(), slot.at.into(), (now + AHEAD).into()]);
        self.engine.write(vec![answered]).await?;
        Ok(())
    }
}

pub(in crate::store) fn waiting_query(name: &str, tags: &[Tag], backfill: u32) -> Statement {
    let mut params: Vec<Value> = vec![name.into(), backfill.into()];
    let selected = entries::selected(tags, ByTag::FeedsLast, &mut params);
    let sql = format!(
        "select e.id, e.feed_id, e.document, e.ordered, e.title_hash, \
         exists (select 1 from entry o where o.document = e.document and o.feed_id < e.feed_id) \
         or exists (select 1 from entry o where o.document = e.document and o.feed_id > e.feed_id) \
         from newsletter n cross join entry e cross join feed f \
         where n.name = $1 and e.id > n.settled and e.backlog <= $2 \
         and f.id = e.feed_id and {selected} \
         and not exists (select 1 from edition_entry m \
                         where m.newsletter_id = n.id and m.entry_id = e.id) \
         order by e.id"
    );
    Statement::new(sql, params)
}

fn waiting(row: Row) -> Result<Waiting, StoreError> {
    let mut cells = Cells::from(row);
    Ok(Waiting {
        id: cells.entry()?,
        feed: cells.feed()?,
        document: cells.document()?,
        order: cells.moment()?,
        title_hash: cells.int()?,
        is_shared: cells.flag()?,
    })
}
