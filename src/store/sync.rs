//! The configuration's feeds brought into the database.
//!
//! What is kept is read first and only differences are written, all in one transaction: the same
//! list again writes nothing. A feed gone from the list is retired, one that is back is revived and
//! due at once, unless its publisher asked otherwise. Retiring raises the generation, so that a
//! poll under way writes nothing any more.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use crate::model::feed::{FeedId, FeedState, Tag};
use crate::model::url::FeedUrl;
use crate::store::cells::Cells;
use crate::store::error::StoreError;
use crate::store::feed_row::{COLUMNS, state_values};
use crate::store::lists::placeholders;
use crate::store::open::Store;
use crate::store::statement::{Statement, Value};
use crate::store::upkeep;

/// What a sync changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SyncReport {
    /// Feeds never seen before.
    pub added: usize,
    /// Feeds gone from the list.
    pub retired: usize,
    /// Feeds back on the list.
    pub revived: usize,
    /// Feeds whose tags are others now, apart from the added.
    pub retagged: usize,
}

struct Kept {
    id: FeedId,
    url: FeedUrl,
    retired: bool,
}

const KEPT: &str = "select id, url, retired from feed";

const RETIRE: &str = "update feed set retired = 1, generation = generation + 1 \
    where id = $1 and retired = 0";

const REVIVE: &str = "update feed set retired = 0, generation = generation + 1, \
    standing = case when standing = 'gone' then 'new' else standing end, \
    rule = 'first-poll', \
    next_check = case when not_before > $2 then not_before else $2 end \
    where id = $1 and retired = 1";

const FORGET_TAGS: &str = "delete from feed_tag where feed_id = $1";

const TAG: &str = "insert into feed_tag (feed_id, tag) select id, $2 from feed where url = $1 \
    on conflict (feed_id, tag) do nothing";

impl Store {
    /// Makes the active feeds those of `subscriptions`, with their tags.
    pub async fn sync(
        &self,
        subscriptions: &[(FeedUrl, Vec<Tag>)],
        now: DateTime<Utc>,
    ) -> Result<SyncReport, StoreError> {
        let kept = self.engine.read(vec![Statement::new(KEPT, vec![])], |row| {
            let mut cells = Cells::from(row);
            Ok(Kept { id: cells.feed()?, url: cells.feed_url()?, retired: cells.flag()? })
        });
        let kept = kept.await?;
        let mut wanted: BTreeMap<&FeedUrl, BTreeSet<&Tag>> = BTreeMap::new();
        for (url, tags) in subscriptions {
            wanted.entry(url).or_default().extend(tags);
        }
        let (mut operation, report) = differences(&kept, &self.tags().await?, &wanted, now);
        if !operation.is_empty() {
            operation.push(upkeep::revise_all());
            self.engine.write(operation).await?;
        }
        Ok(report)
    }
}

fn differences(
    kept: &[Kept],
    tags: &HashMap<FeedId, Vec<Tag>>,
    wanted: &BTreeMap<&FeedUrl, BTreeSet<&Tag>>,
    now: DateTime<Utc>,
) -> (Vec<Statement>, SyncReport) {
    let mut operation = Vec::new();
    let mut report = SyncReport::default();
    let mut seen = BTreeSet::new();
    for feed in kept {
        seen.insert(&feed.url);
        let Some(wanted) = wanted.get(&feed.url) else {
            if !feed.retired {
                report.retired += 1;
                operation.push(Statement::new(RETIRE, vec![feed.id.into()]).expecting(1));
            }
            continue;
        };
        if feed.retired {
            report.revived += 1;
            operation.push(Statement::new(REVIVE, vec![feed.id.into(), now.into()]).expecting(1));
        }
        if !tags.get(&feed.id).into_iter().flatten().eq(wanted.iter().copied()) {
            report.retagged += 1;
            operation.push(Statement::new(FORGET_TAGS, vec![feed.id.into()]));
            operation.extend(wanted.iter().map(|tag| tag_statement(&feed.url, tag)));
        }
    }
    for (url, tags) in wanted.iter().filter(|(url, _)| !seen.contains(*url)) {
        report.added += 1;
        operation.push(add(url, now));
        operation.extend(tags.iter().map(|tag| tag_statement(url, tag)));
    }
    (operation, report)
}

fn add(url: &FeedUrl, now: DateTime<Utc>) -> Statement {
    let mut params: Vec<Value> = vec![url.into(), Value::Int(url.site().shard().into())];
    params.extend(state_values(&FeedState::new(now)));
    let columns = COLUMNS.join(", ");
    let values = placeholders(1, params.len());
    Statement::new(format!("insert into feed (url, shard, {columns}) values ({values})"), params)
        .expecting(1)
}

fn tag_statement(url: &FeedUrl, tag: &Tag) -> Statement {
    Statement::new(TAG, vec![url.into(), tag.as_str().into()]).expecting(1)
}
