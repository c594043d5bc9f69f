//! Callbacks: what was asked of hubs, and at which addresses of ours they tell.
//!
//! Every write names the generation it was decided for: a hub may speak while we decide, and then it is
//! decided again. Only doubt names none: it is decided and written in one statement.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};

use crate::model::callback::{Callback, CallbackState, HubFeed, Past};
use crate::model::feed::FeedId;
use crate::model::note::Note;
use crate::model::secret::Secret;
use crate::store::cells::{Cells, corrupt};
use crate::store::error::StoreError;
use crate::store::feed_row;
use crate::store::lists::{pieces, placeholders};
use crate::store::notes;
use crate::store::open::Store;
use crate::store::statement::{Row, Statement, Value};

/// All columns, in the order of [`values`] and [`callback`].
const COLUMNS: [&str; 22] = [
    "token",
    "generation",
    "feed_id",
    "address",
    "hub",
    "topic",
    "secret",
    "due",
    "attempts",
    "passes",
    "pushes",
    "ignored",
    "past",
    "past_told",
    "trusted_until",
    "state",
    "verified",
    "lapses",
    "heard",
    "doubted",
    "told",
    "reason",
];

static ALL: LazyLock<String> =
    LazyLock::new(|| format!("select {} from callback", COLUMNS.join(", ")));

static ADD: LazyLock<String> = LazyLock::new(|| {
    let values = placeholders(1, COLUMNS.len());
    format!("insert into callback ({}) values ({values})", COLUMNS.join(", "))
});

/// Everything but what it was made for, where its generation is the one expected.
static KEEP: LazyLock<String> = LazyLock::new(|| {
    let columns = COLUMNS.iter().enumerate().skip(7);
    let assignments: Vec<_> =
        columns.map(|(index, column)| format!("{column} = ${}", index - 4)).collect();
    format!(
        "update callback set generation = generation + 1, {} where token = $1 and generation = $2",
        assignments.join(", ")
    )
});

const FORGET: &str = "delete from callback where token = $1 and generation = $2";

/// Every feed that hubs matter to.
const FEEDS: &str = "select id from feed \
    where hubs is not null and topic is not null and retired = 0 \
    union select feed_id from callback";

/// The feeds of which a callback fell due, or lapsed, after one moment and up to another.
pub(in crate::store) const FELL_DUE: &str = "select feed_id from callback \
    where due > $1 and due <= $2 \
    union select feed_id from callback where lapses > $1 and lapses <= $2";

pub(in crate::store) const NEXT: &str = "select min(moment) from ( \
    select min(due) as moment from callback where due > $1 \
    union all select min(lapses) as moment from callback where lapses > $1)";

/// A hub that kept back what a poll found: it is not trusted until it tells something again.
const DOUBT: &str = "update callback set generation = generation + 1, doubted = 1, \
    trusted_until = null where feed_id = $1 and state = 'active' and heard < $2";

impl Store {
    /// All callbacks, by feed.
    pub async fn callbacks(&self) -> Result<Vec<Callback>, StoreError> {
        let sql = format!("{} order by feed_id, token", *ALL);
        self.engine.read(vec![Statement::new(sql, vec![])], callback).await
    }

    /// The callbacks of one feed.
    pub async fn callbacks_of(&self, feed: FeedId) -> Result<Vec<Callback>, StoreError> {
        let sql = format!("{} where feed_id = $1 order by token", *ALL);
        self.engine.read(vec![Statement::new(sql, vec![feed.into()])], callback).await
    }

    /// The callback whose address ends so, if there is one.
    pub async fn callback(&self, token: &Secret) -> Result<Option<Callback>, StoreError> {
        let sql = format!("{} where token = $1", *ALL);
        let query = Statement::new(sql, vec![token.reveal().into()]);
        self.engine.read_one(query, callback).await
    }

    /// The feeds that have a hub, or a callback.
    pub async fn hub_feeds(&self) -> Result<Vec<FeedId>, StoreError> {
        self.engine.read(vec![Statement::new(FEEDS, vec![])], |row| Cells::from(row).feed()).await
    }

    /// The feeds about whose callbacks something is to be done since `after`, up to `now`.
    pub async fn callbacks_due(
        &self,
        after: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Vec<FeedId>, StoreError> {
        let query = Statement::new(FELL_DUE, vec![after.into(), now.into()]);
        self.engine.read(vec![query], |row| Cells::from(row).feed()).await
    }

    /// When something is to be done about a callback next after `now`.
    pub async fn next_callback(
        &self,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        let query = Statement::new(NEXT, vec![now.into()]);
        let next = self.engine.read_one(query, |row| Cells::from(row).moment_or_null()).await?;
        Ok(next.flatten())
    }

    /// Some feeds as far as hubs matter, each with its callbacks.
    pub async fn with_callbacks(
        &self,
        feeds: &[FeedId],
    ) -> Result<Vec<(HubFeed, Vec<Callback>)>, StoreError> {
        let queries = pieces(feeds).map(hub_feeds_among).collect();
        let known = self.engine.read(queries, hub_feed).await?;
        let queries = pieces(feeds).map(callbacks_among).collect();
        let mut callbacks: HashMap<FeedId, Vec<Callback>> = HashMap::new();
        for callback in self.engine.read(queries, callback).await? {
            callbacks.entry(callback.feed).or_default().push(callback);
        }
        let with = |feed: HubFeed| {
            let of_it = callbacks.remove(&feed.feed).unwrap_or_default();
            (feed, of_it)
        };
        Ok(known.into_iter().map(with).collect())
    }

    /// Adds a callback; one that it is there instead of is forgotten with that:
    /// [`StoreError::Conflict`] if that was written since its generation.
    pub async fn add_callback(
        &self,
        callback: &Callback,
        instead_of: Option<&Callback>,
    ) -> Result<(), StoreError> {
        let mut operation: Vec<_> = instead_of.map(forget).into_iter().collect();
        operation.push(Statement::new(ADD.as_str(), values(callback)).expecting(1));
        self.engine.write(operation).await.map(|_| ())
    }

    /// Keeps callbacks as they are now, all or none: [`StoreError::Conflict`] if one was written since
    /// its generation.
    pub async fn keep_callbacks(&self, callbacks: &[Callback]) -> Result<(), StoreError> {
        self.engine.write(callbacks.iter().map(keep).collect()).await.map(|_| ())
    }

    /// [`Store::keep_callbacks`] and [`Store::keep_note`] in one.
    pub async fn keep_push(&self, callback: &Callback, note: &Note) -> Result<(), StoreError> {
        self.engine.write(vec![keep(callback), notes::keep(note)]).await.map(|_| ())
    }

    /// Forgets a callback: what is told there from now on is told to nobody. [`StoreError::Conflict`] if
    /// it was written since its generation.
    pub async fn forget_callback(&self, callback: &Callback) -> Result<(), StoreError> {
        self.engine.write(vec![forget(callback)]).await.map(|_| ())
    }

    /// Notes that a poll found what the hubs of `feed` had not told since `last_check`.
    pub async fn doubt_hubs(
        &self,
        feed: FeedId,
        last_check: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let doubt = Statement::new(DOUBT, vec![feed.into(), last_check.into()]);
        self.engine.write(vec![doubt]).await.map(|_| ())
    }
}

/// Feeds as far as hubs matter, by their numbers.
pub(in crate::store) fn hub_feeds_among(feeds: Vec<Value>) -> Statement {
    let sql = format!(
        "select id, hubs, topic, retired = 0 and standing <> 'gone' from feed where id in ({})",
        placeholders(1, feeds.len())
    );
    Statement::new(sql, feeds)
}

/// Their callbacks.
pub(in crate::store) fn callbacks_among(feeds: Vec<Value>) -> Statement {
    let places = placeholders(1, feeds.len());
    let sql = format!("{} where feed_id in ({places}) order by feed_id, token", *ALL);
    Statement::new(sql, feeds)
}

fn hub_feed(row: Row) -> Result<HubFeed, StoreError> {
    let mut cells = Cells::from(row);
    Ok(HubFeed {
        feed: cells.feed()?,
        hubs: feed_row::hubs(&mut cells)?,
        topic: cells.link_or_null()?,
        is_polled: cells.flag()?,
    })
}

fn keep(callback: &Callback) -> Statement {
    let mut params = values(callback);
    params.drain(2..7);
    Statement::new(KEEP.as_str(), params).expecting(1)
}

fn forget(callback: &Callback) -> Statement {
    let params = vec![callback.token.reveal().into(), callback.generation.into()];
    Statement::new(FORGET, params).expecting(1)
}

fn values(callback: &Callback) -> Vec<Value> {
    let secret = callback.secret.as_ref().map(|secret| secret.reveal().to_owned());
    let (past, past_told): (Value, _) = match callback.past {
        Past::None => ("none".into(), None),
        Past::Told(at) => ("told".into(), Some(at)),
        Past::Silent => ("silent".into(), None),
    };
    let mut values = vec![
        callback.token.reveal().into(),
        callback.generation.into(),
        callback.feed.into(),
        (&callback.address).into(),
        (&callback.hub).into(),
        (&callback.topic).into(),
        secret.into(),
        callback.due.into(),
        callback.attempts.into(),
        callback.passes.into(),
        callback.pushes.into(),
        callback.ignored.into(),
        past,
        past_told.into(),
        callback.trusted_until().into(),
    ];
    values.extend(state_values(&callback.state));
    values
}

/// State, verified, lapses, heard, doubted, told, reason.
fn state_values(state: &CallbackState) -> [Value; 7] {
    const NULL: Value = Value::Null;
    match state {
        CallbackState::Asked => ["asked".into(), NULL, NULL, NULL, NULL, NULL, NULL],
        CallbackState::Active { verified, lapses, heard, doubted } => [
            "active".into(),
            (*verified).into(),
            (*lapses).into(),
            (*heard).into(),
            (*doubted).into(),
            NULL,
            NULL,
        ],
        CallbackState::Refused { reason } => {
            ["refused".into(), NULL, NULL, NULL, NULL, NULL, reason.as_str().into()]
        }
        CallbackState::Leaving { told } => {
            ["leaving".into(), NULL, NULL, NULL, NULL, (*told).into(), NULL]
        }
    }
}

fn callback(row: Row) -> Result<Callback, StoreError> {
    let mut cells = Cells::from(row);
    let link = |cells: &mut Cells| cells.link_or_null()?.ok_or_else(|| corrupt("a link"));
    let (token, generation, feed) = (Secret::new(cells.text()?), cells.int()?, cells.feed()?);
    let (address, hub, topic) = (link(&mut cells)?, link(&mut cells)?, link(&mut cells)?);
    let secret = cells.text_or_null()?.map(Secret::new);
    let (due, attempts, passes) = (cells.moment()?, cells.count()?, cells.count()?);
    let (pushes, ignored) = (cells.count()?, cells.count()?);
    let past = past(&cells.text()?, cells.moment_or_null()?)?;
    // What follows from the rest is kept for queries only.
    cells.moment_or_null()?;
    let state = state(&mut cells)?;
    Ok(Callback {
        token,
        generation,
        feed,
        address,
        hub,
        topic,
        secret,
        state,
        due,
        attempts,
        passes,
        pushes,
        ignored,
        past,
    })
}

fn past(word: &str, told: Option<DateTime<Utc>>) -> Result<Past, StoreError> {
    match (word, told) {
        ("none", _) => Ok(Past::None),
        ("told", Some(at)) => Ok(Past::Told(at)),
        ("silent", _) => Ok(Past::Silent),
        _ => Err(corrupt("the past of a callback")),
    }
}

fn state(cells: &mut Cells) -> Result<CallbackState, StoreError> {
    let word = cells.text()?;
    let moments = [cells.moment_or_null()?, cells.moment_or_null()?, cells.moment_or_null()?];
    let (doubted, told) = (cells.int_or_null()?, cells.int_or_null()?);
    let reason = cells.text_or_null()?;
    match (word.as_str(), moments) {
        ("asked", _) => Ok(CallbackState::Asked),
        ("active", [Some(verified), Some(lapses), Some(heard)]) => {
            Ok(CallbackState::Active { verified, lapses, heard, doubted: doubted != Some(0) })
        }
        ("refused", _) => Ok(CallbackState::Refused { reason: reason.unwrap_or_default() }),
        ("leaving", _) => Ok(CallbackState::Leaving { told: told == Some(1) }),
        _ => Err(corrupt("the state of a callback")),
    }
}
