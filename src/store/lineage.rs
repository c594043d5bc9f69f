//! Where an entry comes from and where it went: what `entries` does not tell because no output needs
//! it, for those who ask why.

use crate::model::edition::Slot;
use crate::model::entry::EntryId;
use crate::store::cells::{self, Cells};
use crate::store::error::StoreError;
use crate::store::open::Store;
use crate::store::statement::{Row, Statement};

/// How an entry came and changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lineage {
    /// How often its content changed.
    pub changes: u32,
    /// Its rank among the entries of its feed's first poll; 0 for what came later.
    pub backlog: u32,
    /// Whether its body is neither shown nor cleaned again before the cleaner is another.
    pub is_set_apart: bool,
}

/// An edition that an entry is a member of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The newsletter.
    pub newsletter: String,
    /// The firing that the edition answers.
    pub slot: Slot,
    /// Its place among those shown, from 1; none if it is only counted.
    pub place: Option<u32>,
    /// What readers had instead of it, if it is a copy that was passed over.
    pub copy_of: Option<EntryId>,
}

pub(in crate::store) const LINEAGE: &str = "select e.changes, e.backlog, \
     coalesce(a.cleaner, b.cleaner, 0) < 0 \
     from entry e left join entry_body b on b.entry_id = e.id \
     left join article a on a.entry_id = e.id and a.state = 'read' where e.id = $1";

pub(in crate::store) const MEMBERSHIPS: &str = "select n.name, d.slot_date, d.slot_time, d.slot_at, m.place, \
     m.copy_of \
     from edition_entry m join edition d on d.id = m.edition_id \
     join newsletter n on n.id = m.newsletter_id where m.entry_id = $1 order by d.id";

impl Store {
    /// How an entry came and changed; nothing if it is not kept.
    pub async fn lineage(&self, entry: EntryId) -> Result<Option<Lineage>, StoreError> {
        let query = Statement::new(LINEAGE, vec![entry.into()]);
        self.engine
            .read_one(query, |row| {
                let mut cells = Cells::from(row);
                Ok(Lineage {
                    changes: cells.count()?,
                    backlog: cells.count()?,
                    is_set_apart: cells.flag()?,
                })
            })
            .await
    }

    /// The editions that an entry is a member of, at most one of each newsletter (promise I4).
    pub async fn memberships(&self, entry: EntryId) -> Result<Vec<Membership>, StoreError> {
        let query = Statement::new(MEMBERSHIPS, vec![entry.into()]);
        self.engine.read(vec![query], membership).await
    }
}

fn membership(row: Row) -> Result<Membership, StoreError> {
    let mut cells = Cells::from(row);
    let newsletter = cells.text()?;
    let date = cells.text()?.parse().map_err(|_| cells::corrupt("a date"))?;
    let slot = Slot { date, time: cells.text()?, at: cells.moment()? };
    let place = cells.int_or_null()?.and_then(|place| u32::try_from(place).ok());
    let copy_of = cells.int_or_null()?.map(EntryId);
    Ok(Membership { newsletter, slot, place, copy_of })
}
