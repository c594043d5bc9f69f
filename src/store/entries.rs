//! Entries as merged feeds and pages want them.
//!
//! Only active feeds' entries are listed; one that is asked for by number is always given.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::model::document::RawHtml;
use crate::model::entry::{BodyPlace, Content, Entry, EntryId};
use crate::model::feed::{FeedId, Tag};
use crate::model::removed::Removed;
use crate::model::text::{CLEANER, CleanerVersion, SafeHtml};
use crate::model::url::{DocumentKey, WebUrl};
use crate::store::articles;
use crate::store::cells::{self, Cells};
use crate::store::error::StoreError;
use crate::store::lists::{pieces, placeholders};
use crate::store::open::Store;
use crate::store::statement::{Row, Statement, Value, limit};
use crate::store::upkeep;

/// What a list of entries needs to know of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryHead {
    /// Which.
    pub id: EntryId,
    /// The feed that brought it.
    pub feed: FeedId,
    /// The document it is.
    pub document: Option<DocumentKey>,
    /// The moment it is ordered by.
    pub order: DateTime<Utc>,
    /// When its content last changed.
    pub changed: DateTime<Utc>,
}

/// A body that an older cleaner made: `entries` gives the entry with an empty one until it is
/// cleaned again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaleBody {
    /// Whose.
    pub entry: EntryId,
    /// What the older cleaner made: to be cleaned as if a stranger had written it.
    pub html: RawHtml,
    /// What relative addresses in it are relative to.
    pub base: Option<WebUrl>,
    /// What earlier cleaning took out.
    pub removed: Removed,
}

/// A body that was cleaned again, and what was ever removed of it.
pub type RenewedBody = (EntryId, SafeHtml, Removed);

/// Up to how many entries of the selected feeds are gathered and sorted; beyond that the index by
/// order is walked until enough are found. Walking costs the more, the fewer entries match.
pub(in crate::store) const FEW: usize = 2_000;

const HEAD: &str = "select e.id, e.feed_id, e.document, e.ordered, e.changed";

impl Store {
    /// The newest entries of active feeds with one of `tags` (of all, if there are none), by order
    /// and then number, newest first; with `before`, those that follow it.
    pub async fn newest(
        &self,
        tags: &[Tag],
        before: Option<(DateTime<Utc>, EntryId)>,
        rows: usize,
    ) -> Result<Vec<EntryHead>, StoreError> {
        let matching =
            self.engine.read_one(count_few(tags), |row| Cells::from(row).count()).await?;
        let few = matching.is_some_and(|count| count as usize <= FEW);
        self.engine.read(vec![newest(tags, before, rows, few)], head).await
    }

    /// The entries of active feeds with one of `tags` (of all, if there are none) that are one of
    /// `documents`, by number.
    pub async fn same_documents(
        &self,
        documents: &[DocumentKey],
        tags: &[Tag],
    ) -> Result<Vec<EntryHead>, StoreError> {
        let queries = pieces(documents).map(|piece| same_documents(piece, tags)).collect();
        let mut heads = self.engine.read(queries, head).await?;
        heads.sort_by_key(|head| head.id);
        heads.dedup_by_key(|head| head.id);
        Ok(heads)
    }

    /// `entries`, whole, each once, in the order asked; those not kept are left out. The body is that
    /// of the article where one was read, else the feed's own. The body of one
    /// that an older cleaner made is empty ([`Self::stale_bodies`]).
    pub async fn entries(&self, entries: &[EntryId]) -> Result<Vec<Entry>, StoreError> {
        let queries = pieces(entries).map(whole).collect();
        let found = self.engine.read(queries, entry).await?;
        let mut found: HashMap<_, _> = found.into_iter().map(|entry| (entry.id, entry)).collect();
        Ok(entries.iter().filter_map(|id| found.remove(id)).collect())
    }

    /// Bodies that an older cleaner made, the newest entries' first, those that were put off last;
    /// without those that are set apart.
    pub async fn stale_bodies(
        &self,
        place: BodyPlace,
        rows: usize,
    ) -> Result<Vec<StaleBody>, StoreError> {
        let sql = match place {
            BodyPlace::Feed => STALE,
            BodyPlace::Article => articles::STALE,
        };
        let query = Statement::new(sql, vec![CLEANER.0.into(), limit(rows)]);
        self.engine
            .read(vec![query], |row| {
                let mut cells = Cells::from(row);
                let entry = cells.entry()?;
                let html = RawHtml(cells.text()?);
                let base = cells.link_or_null()?;
                Ok(StaleBody { entry, html, base, removed: cells.json()? })
            })
            .await
    }

    /// Keeps `bodies` in place of stale ones; one that was renewed meanwhile is left as it is.
    pub async fn renew_bodies(
        &self,
        place: BodyPlace,
        bodies: Vec<RenewedBody>,
    ) -> Result<(), StoreError> {
        let sql = match place {
            BodyPlace::Feed => RENEW,
            BodyPlace::Article => articles::RENEW,
        };
        if bodies.is_empty() {
            return Ok(());
        }
        let renew = |(entry, body, removed): RenewedBody| {
            let removed = cells::json(&removed);
            let params = vec![entry.into(), CLEANER.0.into(), body.as_str().into(), removed];
            Statement::new(sql, params)
        };
        let mut operation: Vec<_> = bodies.into_iter().map(renew).collect();
        operation.push(upkeep::revise_all());
        self.engine.write(operation).await.map(|_| ())
    }

    /// Puts a stale body off that was being cleaned again when the process ended: it comes last, and
    /// after the second time it is set apart. The first may have been chance: whoever kills a process
    /// seldom asks what it does.
    pub(in crate::store) async fn suspect_body(
        &self,
        place: BodyPlace,
        entry: EntryId,
    ) -> Result<(), StoreError> {
        let version = format!("case when cleaner = {PUT_OFF} then -$2 else {PUT_OFF} end");
        self.engine.write(vec![stand(place, entry, &version)]).await.map(|_| ())
    }

    /// Sets stale bodies apart: they are kept, and neither shown nor cleaned again before the cleaner
    /// is of another version.
    pub async fn set_bodies_apart(
        &self,
        place: BodyPlace,
        entries: &[EntryId],
    ) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        let apart = entries.iter().map(|entry| stand(place, *entry, "-$2"));
        self.engine.write(apart.collect()).await.map(|_| ())
    }
}

/// The version that a body is given which comes last of those to be cleaned again: older than any.
/// One below it is that of the cleaner, negated, which the body is set apart from.
const PUT_OFF: u32 = 0;

/// Gives a stale body another version.
fn stand(place: BodyPlace, entry: EntryId, version: &str) -> Statement {
    let table = match place {
        BodyPlace::Feed => "entry_body",
        BodyPlace::Article => "article",
    };
    let sql = format!(
        "update {table} set cleaner = {version} \
         where entry_id = $1 and cleaner < $2 and cleaner > -$2"
    );
    Statement::new(sql, vec![entry.into(), CLEANER.0.into()])
}

pub(in crate::store) const STALE: &str = "select b.entry_id, b.html, e.link, b.removed \
    from entry_body b join entry e on e.id = b.entry_id \
    where b.cleaner < $1 and b.cleaner > -$1 order by b.cleaner desc, b.entry_id desc limit $2";

const RENEW: &str = "update entry_body set cleaner = $2, html = $3, removed = $4 \
     where entry_id = $1 and cleaner < $2";

/// How a condition on tags is looked up: SQLite turns a list into a reason to start from the feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum ByTag {
    /// Start from the feeds that have one.
    FeedsFirst,
    /// Start elsewhere and ask of each feed whether it has one.
    FeedsLast,
}

/// The condition that feed `f` is active and has one of `tags` (any, if there are none), with tags
/// as parameters behind those in `params`.
pub(in crate::store) fn selected(tags: &[Tag], how: ByTag, params: &mut Vec<Value>) -> String {
    if tags.is_empty() {
        return "f.retired = 0".to_owned();
    }
    let list = placeholders(params.len() + 1, tags.len());
    params.extend(tags.iter().map(|tag| Value::from(tag.as_str())));
    match how {
        ByTag::FeedsFirst => format!(
            "f.retired = 0 and f.id in (select feed_id from feed_tag where tag in ({list}))"
        ),
        ByTag::FeedsLast => format!(
            "f.retired = 0 and exists \
             (select 1 from feed_tag t where t.feed_id = f.id and t.tag in ({list}))"
        ),
    }
}

/// How many entries the selected feeds have, counted no further than one more than [`FEW`].
pub(in crate::store) fn count_few(tags: &[Tag]) -> Statement {
    let mut params = vec![limit(FEW + 1)];
    let selected = selected(tags, ByTag::FeedsFirst, &mut params);
    let sql = format!(
        "select count(*) from (select 1 from feed f cross join entry e \
         where e.feed_id = f.id and {selected} limit $1) some"
    );
    Statement::new(sql, params)
}

/// `cross join` keeps SQLite to the order in which tables are named: entries by the index on their
/// order, or feeds first and then the entries of each.
pub(in crate::store) fn newest(
    tags: &[Tag],
    before: Option<(DateTime<Utc>, EntryId)>,
    rows: usize,
    few: bool,
) -> Statement {
    let mut params = vec![limit(rows)];
    let after = before.map_or("", |(order, entry)| {
        params.extend([order.into(), entry.into()]);
        "and (e.ordered, e.id) < ($2, $3)"
    });
    let (tables, how) = if few {
        ("feed f cross join entry e", ByTag::FeedsFirst)
    } else {
        ("entry e cross join feed f", ByTag::FeedsLast)
    };
    let selected = selected(tags, how, &mut params);
    let sql = format!(
        "{HEAD} from {tables} where e.feed_id = f.id and {selected} {after} \
         order by e.ordered desc, e.id desc limit $1"
    );
    Statement::new(sql, params)
}

pub(in crate::store) fn same_documents(documents: Vec<Value>, tags: &[Tag]) -> Statement {
    let list = placeholders(1, documents.len());
    let mut params = documents;
    let selected = selected(tags, ByTag::FeedsLast, &mut params);
    let sql = format!(
        "{HEAD} from entry e cross join feed f \
         where e.document in ({list}) and e.feed_id = f.id and {selected}"
    );
    Statement::new(sql, params)
}

fn head(row: Row) -> Result<EntryHead, StoreError> {
    let mut cells = Cells::from(row);
    Ok(EntryHead {
        id: cells.entry()?,
        feed: cells.feed()?,
        document: cells.document()?,
        order: cells.moment()?,
        changed: cells.moment()?,
    })
}

pub(in crate::store) fn whole(entries: Vec<Value>) -> Statement {
    let list = placeholders(1, entries.len());
    let sql = format!(
        "select e.id, e.feed_id, e.entry_key, e.document, e.first_seen, e.changed, e.link, \
         e.title, e.authors, e.published, e.categories, e.enclosures, e.image, e.language, \
         coalesce(a.html, b.html), coalesce(a.cleaner, b.cleaner), \
         case when a.entry_id is null then b.removed else a.removed end \
         from entry e left join entry_body b on b.entry_id = e.id \
         left join article a on a.entry_id = e.id and a.state = 'read' where e.id in ({list})"
    );
    Statement::new(sql, entries)
}

fn entry(row: Row) -> Result<Entry, StoreError> {
    let mut cells = Cells::from(row);
    let id = cells.entry()?;
    let feed = cells.feed()?;
    let key = cells.entry_key()?;
    let document = cells.document()?;
    let first_seen = cells.moment()?;
    let changed = cells.moment()?;
    let content = Content {
        link: cells.link_or_null()?,
        title: cells.plain()?,
        authors: cells.plain_list()?,
        published: cells.moment_or_null()?,
        categories: cells.plain_list()?,
        enclosures: cells.json()?,
        image: cells.link_or_null()?,
        language: cells.text_or_null()?,
        body: body(&mut cells)?,
        removed: cells.json()?,
    };
    Ok(Entry { id, feed, key, document, content, first_seen, changed })
}

pub(in crate::store) fn body(cells: &mut Cells) -> Result<SafeHtml, StoreError> {
    let html = cells.text_or_null()?;
    let cleaner = cells.int_or_null()?.and_then(|version| u32::try_from(version).ok());
    let kept = html
        .zip(cleaner)
        .and_then(|(html, version)| SafeHtml::stored(html, CleanerVersion(version)));
    Ok(kept.unwrap_or_default())
}
