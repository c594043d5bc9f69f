//! Entries that may be the same as others, whichever feed brought them, for a newsletter that tells
//! nothing twice.
//!
//! Retired feeds and shells count: readers had what they brought.

use std::collections::HashMap;

use crate::model::edition::CopyOf;
use crate::model::entry::{Bearer, EntryId, Fingerprint, Kin};
use crate::model::feed::FeedId;
use crate::store::cells::Cells;
use crate::store::error::StoreError;
use crate::store::lists::{pieces, placeholders};
use crate::store::open::Store;
use crate::store::statement::{Row, Statement, Value};

/// Where each feed was last found, for those that share that place with one that a redirect led
/// there.
pub(in crate::store) const FOUND_TOGETHER: &str = "with led as (\
        select f.id, f.validated_at as place from feed f \
        where f.retired = 0 and f.validated_at is not null) \
    select id, place from led \
    union select f.id, f.url from led cross join feed f \
        where f.url = led.place and f.retired = 0 and f.validated_at is null \
        and f.moved_to is null \
    union select f.id, f.moved_to from led cross join feed f \
        where f.moved_to = led.place and f.retired = 0 and f.validated_at is null";

impl Store {
    /// The active feeds that are found at one address at present, in groups of two or more.
    pub async fn found_together(&self) -> Result<Vec<Vec<FeedId>>, StoreError> {
        let query = Statement::new(FOUND_TOGETHER, vec![]);
        let found = self.engine.read(vec![query], |row| {
            let mut cells = Cells::from(row);
            Ok((cells.feed()?, cells.text()?))
        });
        let mut groups: HashMap<String, Vec<FeedId>> = HashMap::new();
        for (feed, place) in found.await? {
            groups.entry(place).or_default().push(feed);
        }
        let mut groups: Vec<_> = groups.into_values().filter(|feeds| feeds.len() > 1).collect();
        groups.iter_mut().for_each(|feeds| feeds.sort_unstable());
        groups.sort_unstable();
        Ok(groups)
    }

    /// Who bears the document and title of one of `entries` (all of what it says, where it has no title),
    /// one of each feed, in no promised order. However much a feed brought that leads to one place, only
    /// what is like one of these is looked at closely, and it is counted where it lies.
    pub async fn bearers(
        &self,
        newsletter: &str,
        entries: &[EntryId],
    ) -> Result<Vec<Bearer>, StoreError> {
        let queries = pieces(entries).map(|piece| borne(newsletter, piece)).collect();
        self.engine.read(queries, bearer).await
    }

    /// All entries of `feeds` that have the key of one of `entries`, in no promised order.
    pub async fn kin_by_key(
        &self,
        newsletter: &str,
        feeds: &[FeedId],
        entries: &[EntryId],
    ) -> Result<Vec<Kin>, StoreError> {
        let feeds: Vec<Vec<Value>> = pieces(feeds).collect();
        let queries = pieces(entries).flat_map(|entries| {
            let of = |feeds: &Vec<Value>| by_key(newsletter, feeds.clone(), entries.clone());
            feeds.iter().map(of).collect::<Vec<_>>()
        });
        self.engine.read(queries.collect(), kin).await
    }
}

const KIN: &str = "select o.id, o.feed_id, o.document, o.entry_key, o.title_hash, o.fingerprint, \
    exists (select 1 from edition_entry m join newsletter n on n.id = m.newsletter_id \
            where m.entry_id = o.id and n.name = $1)";

/// Many entries of a feed may have one document: each is read once, whatever is like how many of them.
pub(in crate::store) fn borne(newsletter: &str, entries: Vec<Value>) -> Statement {
    let list = placeholders(2, entries.len());
    let sql = format!(
        "with heading as materialized (\
            select distinct document, title_hash, iif(title_hash = 0, fingerprint, 0) as says \
            from entry where id in ({list}) and document is not null), \
        borne as materialized (\
            select min(e.id) as id, count(*) as alike from entry e \
            where e.document in (select document from heading) \
            and (e.document, e.title_hash, iif(e.title_hash = 0, e.fingerprint, 0)) in \
                (select document, title_hash, says from heading) \
            group by e.document, e.title_hash, iif(e.title_hash = 0, e.fingerprint, 0), e.feed_id) \
        {KIN}, b.alike from borne b cross join entry o where o.id = b.id"
    );
    Statement::new(sql, std::iter::once(newsletter.into()).chain(entries).collect())
}

pub(in crate::store) fn by_key(
    newsletter: &str,
    feeds: Vec<Value>,
    entries: Vec<Value>,
) -> Statement {
    let (of, like) = (placeholders(2, feeds.len()), placeholders(2 + feeds.len(), entries.len()));
    let sql = format!(
        "{KIN} from entry o where o.feed_id in ({of}) \
         and o.entry_key in (select e.entry_key from entry e where e.id in ({like}))"
    );
    Statement::new(sql, std::iter::once(newsletter.into()).chain(feeds).chain(entries).collect())
}

fn bearer(row: Row) -> Result<Bearer, StoreError> {
    let mut cells = Cells::from(row);
    Ok(Bearer { first: kin_of(&mut cells)?, alike: cells.int()? })
}

fn kin(row: Row) -> Result<Kin, StoreError> {
    kin_of(&mut Cells::from(row))
}

fn kin_of(cells: &mut Cells) -> Result<Kin, StoreError> {
    Ok(Kin {
        id: cells.entry()?,
        feed: cells.feed()?,
        document: cells.document()?,
        key: cells.entry_key()?,
        title_hash: cells.int()?,
        fingerprint: Fingerprint(cells.int()?),
        was_sent: cells.flag()?,
    })
}

/// Members of the edition of a slot (name, date and time) that are passed over, many by one
/// statement.
pub(in crate::store) fn pass_over(slot: Vec<Value>, copies: &[CopyOf]) -> Statement {
    let rows: Vec<String> = (0..copies.len())
        .map(|row| format!("({})", placeholders(slot.len() + 1 + 2 * row, 2)))
        .collect();
    let sql = format!(
        "insert into edition_entry (newsletter_id, entry_id, edition_id, place, copy_of) \
         select d.newsletter_id, c.column1, d.id, null, c.column2 \
         from edition d join newsletter n on n.id = d.newsletter_id \
         cross join (values {}) c \
         where n.name = $1 and d.slot_date = $2 and d.slot_time = $3",
        rows.join(", ")
    );
    let pair = |copy: &CopyOf| [Value::from(copy.entry), copy.of.into()];
    Statement::new(sql, slot.into_iter().chain(copies.iter().flat_map(pair)).collect())
        .expecting(copies.len())
}
