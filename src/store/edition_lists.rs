//! Editions in lists: what pages show of them, without their texts.
//!
//! A text is a hundred kilobytes and a list has many, so the columns of the texts are not read.

use chrono::{DateTime, NaiveDate, Utc};

use crate::model::edition::{EditionId, Slot};
use crate::store::cells::{self, Cells};
use crate::store::error::StoreError;
use crate::store::open::Store;
use crate::store::statement::{Row, Statement, limit};

/// An edition as it stands in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct EditionHead {
    /// Its number.
    pub id: EditionId,
    /// The newsletter's name.
    pub newsletter: String,
    /// The firing it answers.
    pub slot: Slot,
    /// When it was sealed.
    pub sealed: DateTime<Utc>,
    /// Its subject line.
    pub subject: String,
    /// How many entries it shows.
    pub shown: u32,
    /// How many more it counts.
    pub counted: u32,
}

impl Store {
    /// The last editions, of one newsletter or of all, newest first, without their texts.
    pub async fn edition_heads(
        &self,
        name: Option<&str>,
        rows: usize,
    ) -> Result<Vec<EditionHead>, StoreError> {
        let mut params = vec![limit(rows)];
        let named = name.map_or("", |name| {
            params.push(name.into());
            "where n.name = $2"
        });
        let sql = format!(
            "select d.id, n.name, d.slot_date, d.slot_time, d.slot_at, d.sealed, d.subject, \
             d.shown, d.counted from edition d join newsletter n on n.id = d.newsletter_id \
             {named} order by d.id desc limit $1"
        );
        self.engine.read(vec![Statement::new(sql, params)], head).await
    }

    /// The local time of the last edition of a newsletter on `date`.
    pub async fn last_time(
        &self,
        name: &str,
        date: NaiveDate,
    ) -> Result<Option<String>, StoreError> {
        let sql = "select d.slot_time from edition d join newsletter n on n.id = d.newsletter_id \
                   where n.name = $1 and d.slot_date = $2 order by d.id desc limit 1";
        let query = Statement::new(sql, vec![name.into(), date.to_string().into()]);
        self.engine.read_one(query, |row| Cells::from(row).text()).await
    }
}

fn head(row: Row) -> Result<EditionHead, StoreError> {
    let mut cells = Cells::from(row);
    let id = EditionId(cells.int()?);
    let newsletter = cells.text()?;
    let date: NaiveDate = cells.text()?.parse().map_err(|_| cells::corrupt("a date"))?;
    let slot = Slot { date, time: cells.text()?, at: cells.moment()? };
    let sealed = cells.moment()?;
    let subject = cells.text()?;
    Ok(EditionHead {
        id,
        newsletter,
        slot,
        sealed,
        subject,
        shown: cells.count()?,
        counted: cells.count()?,
    })
}
