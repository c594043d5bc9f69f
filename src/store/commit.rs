//! One refresh is one transaction: entries, validators, next check (promise I1).
//!
//! The feed's row is written first, where its generation is the one the plan was decided for; if it
//! is another by now, nothing of the plan is written, entries included. An arrival whose key is
//! known already is left as it is kept.

use std::sync::LazyLock;

use crate::model::entry::{Content, EntryKey, Fingerprint, Known, order};
use crate::model::feed::FeedId;
use crate::model::plan::{Arrival, Change, Plan};
use crate::model::text::CLEANER;
use crate::model::url::DocumentKey;
use crate::store::articles;
use crate::store::cells::{self, Cells};
use crate::store::error::StoreError;
use crate::store::feed_row::{COLUMNS, state_values};
use crate::store::lists::{pieces, placeholders};
use crate::store::merge;
use crate::store::open::Store;
use crate::store::statement::{Row, Statement, Value};
use crate::store::{rests, unread, upkeep};

/// What a commit wrote.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Committed {
    /// How many entries are new.
    pub arrived: usize,
    /// How many entries were changed.
    pub changed: usize,
}

/// The feed's row, if it is of the generation expected.
pub(in crate::store) static FEED: LazyLock<String> = LazyLock::new(|| {
    let columns = COLUMNS.iter().enumerate();
    let assignments: Vec<_> =
        columns.map(|(index, column)| format!("{column} = ${}", index + 3)).collect();
    format!(
        "update feed set generation = generation + 1, {} where id = $1 and generation = $2",
        assignments.join(", ")
    )
});

// Neither gives rows back nor takes them from a query: SQLite would keep a journal of its own for
// each such statement, to be able to undo half of it.
pub(in crate::store) const ARRIVE: &str = "insert into entry (feed_id, backlog, ordered, \
    first_seen, document, title_hash, changed, published, fingerprint, entry_key, title, link, \
    authors, categories, enclosures, image, language) \
    values ($1, $2, $3, $4, $5, $6, $4, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
    on conflict (feed_id, entry_key) do nothing";

pub(in crate::store) const ARRIVE_BODY: &str = "insert into entry_body \
    (entry_id, cleaner, html, removed) \
    values ((select id from entry where feed_id = $1 and entry_key = $2), $3, $4, $5) \
    on conflict (entry_id) do nothing";

pub(in crate::store) const CHANGE: &str = "update entry set changes = changes + 1, changed = $3, \
    ordered = case when $4 < first_seen then $4 else first_seen end, published = $4, \
    document = $5, title_hash = $6, fingerprint = $7, title = $8, link = $9, authors = $10, \
    categories = $11, enclosures = $12, image = $13, language = $14 \
    where id = $1 and feed_id = $2";

const CHANGE_BODY: &str =
    "update entry_body set cleaner = $2, html = $3, removed = $4 where entry_id = $1";

const RESHARD: &str = "update feed set shard = $2 where id = $1";

pub(in crate::store) const SET_APART: &str =
    "update feed set generation = generation + 1, quarantined = $2 where id = $1";

const KNOWN: &str =
    "select id, entry_key, document, title_hash, published, fingerprint, changes from entry";

impl Store {
    /// Which entries of `feed` are known under one of `keys`, as one of `documents` or by one of
    /// `titles`, each once.
    pub async fn known(
        &self,
        feed: FeedId,
        keys: &[EntryKey],
        documents: &[DocumentKey],
        titles: &[i64],
    ) -> Result<Vec<Known>, StoreError> {
        let mut queries: Vec<_> =
            pieces(keys).map(|keys| known_by("entry_key", feed, keys)).collect();
        queries.extend(pieces(documents).map(|keys| known_by("document", feed, keys)));
        queries.extend(pieces(titles).map(|hashes| known_by("title_hash", feed, hashes)));
        let mut found = self.engine.read(queries, known).await?;
        found.sort_by_key(|known| known.id);
        found.dedup_by_key(|known| known.id);
        Ok(found)
    }

    /// Remembers that a document of a feed is not to be read again. A feed that is not there is left.
    pub(in crate::store) async fn set_apart(
        &self,
        feed: FeedId,
        name: &[u8; 32],
    ) -> Result<(), StoreError> {
        let params = vec![feed.into(), name.to_vec().into()];
        self.engine.write(vec![Statement::new(SET_APART, params)]).await.map(|_| ())
    }

    /// Writes all of `plan`, or nothing: [`StoreError::Conflict`] if the feed was written or retired
    /// since the plan's generation.
    pub async fn commit(&self, plan: Plan) -> Result<Committed, StoreError> {
        let arrivals = plan.arrivals.len();
        let changed = plan.changes.len();
        let answers = self.engine.write(operation(plan)).await?;
        let arrived = answers.iter().skip(1).step_by(2).take(arrivals);
        Ok(Committed { arrived: arrived.map(|answer| answer.touched).sum(), changed })
    }
}

pub(in crate::store) fn known_by(column: &str, feed: FeedId, keys: Vec<Value>) -> Statement {
    let list = placeholders(2, keys.len());
    let params = std::iter::once(feed.into()).chain(keys).collect();
    Statement::new(format!("{KNOWN} where feed_id = $1 and {column} in ({list})"), params)
}

fn known(row: Row) -> Result<Known, StoreError> {
    let mut cells = Cells::from(row);
    Ok(Known {
        id: cells.entry()?,
        key: cells.entry_key()?,
        document: cells.document()?,
        title_hash: cells.int()?,
        published: cells.moment_or_null()?,
        fingerprint: Fingerprint(cells.int()?),
        changes: cells.count()?,
    })
}

/// The feed's row, then two statements for each arrival, the queue of articles, and two statements
/// for each change.
fn operation(plan: Plan) -> Vec<Statement> {
    let Plan { feed, generation, state, arrivals, changes, .. } = plan;
    let Plan { articles: wanted, moved, merged_into, unread, rest, .. } = plan;
    let checked = state.last_check;
    let now: Value = checked.into();
    let readers_notice = !arrivals.is_empty() || !changes.is_empty();
    let mut params = vec![feed.into(), generation.into()];
    params.extend(state_values(&state));
    let mut operation = vec![Statement::new(FEED.as_str(), params).expecting(1)];
    operation.extend(arrivals.into_iter().flat_map(|arrival| arrive(feed, arrival)));
    operation.extend(articles::enqueue(feed, &wanted));
    operation.extend(articles::again(&wanted, now.clone()));
    operation.extend(changes.into_iter().flat_map(|change| alter(feed, change)));
    if readers_notice {
        operation.push(upkeep::revise(feed));
    }
    operation.extend(unread::write(feed, unread));
    if let Some(address) = moved {
        let params = vec![feed.into(), Value::Int(address.site().shard().into())];
        operation.push(Statement::new(RESHARD, params).expecting(1));
    }
    operation
        .extend(merged_into.into_iter().flat_map(|other| merge::merge(feed, other, now.clone())));
    operation.extend(rest.iter().zip(checked).flat_map(|(rest, now)| rests::keep(rest, now)));
    operation
}

fn arrive(feed: FeedId, arrival: Arrival) -> [Statement; 2] {
    let content = &arrival.content;
    let mut entry = vec![
        feed.into(),
        arrival.backlog.into(),
        order(content.published, arrival.first_seen).into(),
        arrival.first_seen.into(),
        arrival.document.into(),
        arrival.title_hash.into(),
        content.published.into(),
        arrival.fingerprint.0.into(),
        arrival.key.into(),
    ];
    entry.extend(shown(content));
    let body = vec![
        feed.into(),
        arrival.key.into(),
        CLEANER.0.into(),
        content.body.as_str().into(),
        cells::json(&content.removed),
    ];
    [Statement::new(ARRIVE, entry), Statement::new(ARRIVE_BODY, body)]
}

/// What of `content` stands in the entry's row, in the order of [`ARRIVE`] and [`CHANGE`].
fn shown(content: &Content) -> [Value; 7] {
    [
        (&content.title).into(),
        content.link.as_ref().into(),
        cells::plain_list(&content.authors),
        cells::plain_list(&content.categories),
        cells::json(&content.enclosures),
        content.image.as_ref().into(),
        content.language.clone().into(),
    ]
}

fn alter(feed: FeedId, change: Change) -> [Statement; 2] {
    let content = &change.content;
    let mut entry = vec![
        change.entry.into(),
        feed.into(),
        change.changed.into(),
        content.published.into(),
        change.document.into(),
        change.title_hash.into(),
        change.fingerprint.0.into(),
    ];
    entry.extend(shown(content));
    let body = vec![
        change.entry.into(),
        CLEANER.0.into(),
        content.body.as_str().into(),
        cells::json(&content.removed),
    ];
    [Statement::new(CHANGE, entry).expecting(1), Statement::new(CHANGE_BODY, body).expecting(1)]
}
