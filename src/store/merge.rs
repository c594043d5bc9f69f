//! Two subscriptions that turned out to be one feed: the one that moved becomes the other's.
//!
//! What it brought goes to the other, entry by entry, where that has not got it. Where it has, its
//! copy is left behind, hidden with its feed, and the other's copy counts as a member of the editions
//! that the hidden one is in, passed over if that was: no newsletter shows it twice. What is left is a shell, by which the
//! subscription is known to be served. The address just answered, so the other is well: if it failed
//! or was gone it is asked at once.

use crate::model::feed::FeedId;
use crate::model::url::FeedUrl;
use crate::store::cells::Cells;
use crate::store::error::StoreError;
use crate::store::open::Store;
use crate::store::statement::{Statement, Value};
use crate::store::upkeep;

const FEED_AT: &str = "select id from feed where retired = 0 and id <> $2 \
    and (url = $1 or moved_to = $1) order by url <> $1, id limit 1";

/// What is the same entry in two feeds: `o` of the other, `e` of the one that is merged into it. Two
/// conditions, each for an index of its own.
const SAME: [&str; 2] = [
    "o.feed_id = $2 and o.entry_key = e.entry_key",
    "o.feed_id = $2 and o.title_hash = e.title_hash and o.document = e.document",
];

const OTHER: &str = "update feed set generation = generation + 1, \
    next_check = case when standing in ('new', 'healthy') then next_check \
        when not_before > $2 then not_before else $2 end, \
    failures = 0, since = null, failure_class = null, failure_reason = null, \
    standing = case standing when 'new' then 'new' else 'healthy' end \
    where id = $1 and retired = 0";

const TAGS: &str = "insert into feed_tag (feed_id, tag) select $2, tag from feed_tag \
    where feed_id = $1 on conflict (feed_id, tag) do nothing";

const SHELL: &str = "update feed set retired = 1, merged_into = $2 where id = $1";

/// What hubs told of it is of nobody now; the other has hubs of its own.
const NOTE: &str = "delete from note where feed_id = $1";

const SHELLS: &str = "update feed set merged_into = $2 where merged_into = $1";

impl Store {
    /// An active feed, other than `feed`, that is subscribed or asked at `address`.
    pub async fn feed_at(
        &self,
        address: &FeedUrl,
        feed: FeedId,
    ) -> Result<Option<FeedId>, StoreError> {
        let query = Statement::new(FEED_AT, vec![address.into(), feed.into()]);
        self.engine.read_one(query, |row| Cells::from(row).feed()).await
    }
}

/// Merges `feed` into `other`, which must be active.
pub(in crate::store) fn merge(feed: FeedId, other: FeedId, now: Value) -> Vec<Statement> {
    let both = || -> Vec<Value> { vec![feed.into(), other.into()] };
    let unknown = SAME.map(|same| format!("and not exists (select 1 from entry o where {same})"));
    let moves =
        format!("update entry as e set feed_id = $2 where e.feed_id = $1 {}", unknown.concat());
    let members = |same| {
        let sql = format!(
            "insert into edition_entry (newsletter_id, entry_id, edition_id, place, copy_of) \
             select m.newsletter_id, o.id, m.edition_id, null, nullif(m.copy_of, o.id) \
             from entry e join edition_entry m on m.entry_id = e.id join entry o on {same} \
             where e.feed_id = $1 on conflict (entry_id, newsletter_id) do nothing"
        );
        Statement::new(sql, both())
    };
    let [by_key, by_title] = SAME.map(members);
    vec![
        Statement::new(OTHER, vec![other.into(), now]).expecting(1),
        Statement::new(moves, both()),
        by_key,
        by_title,
        Statement::new(TAGS, both()),
        Statement::new(NOTE, vec![feed.into()]),
        Statement::new(SHELLS, both()),
        Statement::new(SHELL, both()).expecting(1),
        upkeep::revise(other),
    ]
}
