//! Editions: sealed once, in one transaction, and never changed.
//!
//! Membership, text and letters are written together or not at all. That an entry is in at most one
//! edition of a newsletter (promise I4), and that there is one edition per newsletter and slot (I5),
//! is the work of two unique keys; who comes second is told [`StoreError::Conflict`].

use chrono::NaiveDate;

use crate::model::edition::{Edition, EditionId, EditionText, NewEdition, NewLetter, Slot};
use crate::model::entry::EntryId;
use crate::model::secret::Address;
use crate::store::cells::{self, Cells};
use crate::store::copies;
use crate::store::ends;
use crate::store::error::StoreError;
use crate::store::lists::placeholders;
use crate::store::newsletters::{AHEAD, ANSWERED, BEGIN, MARGIN};
use crate::store::open::Store;
use crate::store::statement::{Row, Statement, Value, limit};

/// How many members are written by one statement.
const MEMBERS: usize = 500;

const SEAL: &str = "insert into edition (newsletter_id, slot_date, slot_time, slot_at, sealed, \
    sender, title, shown, counted, subject, html, plain, \
    copies) select id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 from newsletter where name = $1 \
    returning id";

const SETTLE: &str = "update newsletter set settled = $2 where name = $1 and settled < $2";

pub(in crate::store) const SHOW: &str = "insert into edition_entry \
    (newsletter_id, entry_id, edition_id, place) \
    select d.newsletter_id, $4, d.id, $5 from edition d join newsletter n on n.id = d.newsletter_id \
    where n.name = $1 and d.slot_date = $2 and d.slot_time = $3";

const LETTER: &str = "insert into letter (edition_id, recipient, message_id, sha256, state, \
    next_attempt, expires) \
    select d.id, $4, $5, $6, 'queued', d.sealed, $7 \
    from edition d join newsletter n on n.id = d.newsletter_id \
    where n.name = $1 and d.slot_date = $2 and d.slot_time = $3";

const EDITION: &str = "select d.id, n.name, d.slot_date, d.slot_time, d.slot_at, d.sealed, \
    d.subject, d.html, d.plain, d.sender, d.title, d.shown, d.counted, d.copies \
    from edition d join newsletter n on n.id = d.newsletter_id";

impl Store {
    /// Writes an edition with its members and letters, and settles its slot.
    pub async fn seal(&self, edition: NewEdition) -> Result<EditionId, StoreError> {
        let settled = self.settled(&edition.newsletter).await?;
        let settled = self.arrived_before(edition.sealed - MARGIN, settled).await?;
        let answers = self.engine.write(operation(&edition, settled)).await?;
        let sealed = answers.into_iter().nth(1).and_then(|answer| answer.rows.into_iter().next());
        sealed.map_or(Err(StoreError::Conflict), |row| Cells::from(row).int().map(EditionId))
    }

    /// An edition by its number.
    pub async fn edition(&self, id: EditionId) -> Result<Option<Edition>, StoreError> {
        let query = Statement::new(format!("{EDITION} where d.id = $1"), vec![id.0.into()]);
        self.engine.read_one(query, edition).await
    }

    /// The edition of a newsletter for a slot.
    pub async fn edition_of(&self, name: &str, slot: &Slot) -> Result<Option<Edition>, StoreError> {
        let sql = format!("{EDITION} where n.name = $1 and d.slot_date = $2 and d.slot_time = $3");
        self.engine.read_one(Statement::new(sql, slot_params(name, slot)), edition).await
    }

    /// The last editions, of one newsletter or of all, newest first.
    pub async fn editions(
        &self,
        name: Option<&str>,
        rows: usize,
    ) -> Result<Vec<Edition>, StoreError> {
        let mut params = vec![limit(rows)];
        let named = name.map_or("", |name| {
            params.push(name.into());
            "where n.name = $2"
        });
        let sql = format!("{EDITION} {named} order by d.id desc limit $1");
        self.engine.read(vec![Statement::new(sql, params)], edition).await
    }

    /// The entries an edition shows, in order.
    pub async fn edition_entries(&self, id: EditionId) -> Result<Vec<EntryId>, StoreError> {
        let query = Statement::new(
            "select entry_id from edition_entry \
             where edition_id = $1 and place is not null order by place",
            vec![id.0.into()],
        );
        self.engine.read(vec![query], |row| Cells::from(row).entry()).await
    }
}

fn slot_params(name: &str, slot: &Slot) -> Vec<Value> {
    vec![name.into(), slot.date.to_string().into(), slot.time.as_str().into()]
}

/// The edition first but for its newsletter, then members and letters by the edition's slot.
fn operation(edition: &NewEdition, settled: EntryId) -> Vec<Statement> {
    let name = edition.newsletter.as_str();
    let begin = vec![name.into(), edition.sealed.into(), settled.into()];
    let mut operation =
        vec![Statement::new(BEGIN, begin), Statement::new(SEAL, row(edition)).expecting(1)];
    let slot = || slot_params(name, &edition.slot);
    operation.extend(edition.shown.iter().zip(1i64..).map(|(entry, place)| {
        let mut params = slot();
        params.extend([(*entry).into(), place.into()]);
        Statement::new(SHOW, params).expecting(1)
    }));
    operation.extend(edition.counted.chunks(MEMBERS).map(|entries| count(slot(), entries)));
    operation.extend(edition.copies.chunks(MEMBERS).map(|them| copies::pass_over(slot(), them)));
    operation.extend(edition.ended.iter().map(|feed| ends::tell(slot(), *feed)));
    operation.extend(edition.letters.iter().map(|letter| {
        let mut params = slot();
        params.extend(letter_params(letter));
        params.push(edition.expires.into());
        Statement::new(LETTER, params).expecting(1)
    }));
    operation.push(Statement::new(SETTLE, vec![name.into(), settled.into()]));
    let ahead = edition.sealed + AHEAD;
    let answered = vec![name.into(), edition.slot.at.into(), ahead.into()];
    operation.push(Statement::new(ANSWERED, answered));
    operation
}

fn row(edition: &NewEdition) -> Vec<Value> {
    let mut params = slot_params(&edition.newsletter, &edition.slot);
    params.extend([
        edition.slot.at.into(),
        edition.sealed.into(),
        address(&edition.from).into(),
        edition.title.as_str().into(),
        limit(edition.shown.len()),
        limit(edition.counted.len()),
        edition.text.subject.as_str().into(),
        edition.text.html.as_str().into(),
        edition.text.text.as_str().into(),
        limit(edition.copies.len()),
    ]);
    params
}

/// Members that are only counted, many by one statement.
pub(in crate::store) fn count(slot: Vec<Value>, entries: &[EntryId]) -> Statement {
    let list = placeholders(slot.len() + 1, entries.len());
    let sql = format!(
        "insert into edition_entry (newsletter_id, entry_id, edition_id, place) \
         select d.newsletter_id, e.id, d.id, null \
         from edition d join newsletter n on n.id = d.newsletter_id cross join entry e \
         where n.name = $1 and d.slot_date = $2 and d.slot_time = $3 and e.id in ({list})"
    );
    let params = slot.into_iter().chain(entries.iter().map(|entry| (*entry).into())).collect();
    Statement::new(sql, params).expecting(entries.len())
}

fn letter_params(letter: &NewLetter) -> [Value; 3] {
    let message_id = letter.message_id.as_str().into();
    [address(&letter.to).into(), message_id, letter.sha256.to_vec().into()]
}

/// An address as [`Address::parse`] reads it.
fn address(address: &Address) -> String {
    match address.name() {
        Some(name) => format!("{name} <{}>", address.mailbox()),
        None => address.mailbox().to_owned(),
    }
}

/// Reads back an address.
pub(in crate::store) fn address_of(cells: &mut Cells) -> Result<Address, StoreError> {
    Address::parse(&cells.text()?).map_err(|_| cells::corrupt("a mail address"))
}

fn edition(row: Row) -> Result<Edition, StoreError> {
    let mut cells = Cells::from(row);
    let id = EditionId(cells.int()?);
    let newsletter = cells.text()?;
    let date: NaiveDate = cells.text()?.parse().map_err(|_| cells::corrupt("a date"))?;
    let slot = Slot { date, time: cells.text()?, at: cells.moment()? };
    let sealed = cells.moment()?;
    let text = EditionText { subject: cells.text()?, html: cells.text()?, text: cells.text()? };
    let from = address_of(&mut cells)?;
    let title = cells.text()?;
    let shown = cells.count()?;
    let counted = cells.count()?;
    let copies = cells.count()?;
    Ok(Edition { id, newsletter, slot, sealed, text, from, title, shown, counted, copies })
}
