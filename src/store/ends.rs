//! Feeds that have ended (410), and which newsletter has told that to its readers.

use crate::model::feed::{FeedId, Tag};
use crate::store::entries::{self, ByTag};
use crate::store::error::StoreError;
use crate::store::feeds::{self, FeedTitle};
use crate::store::open::Store;
use crate::store::statement::{Statement, Value, limit};

const TELL: &str = "insert into told_end (newsletter_id, feed_id, since, edition_id) \
    select d.newsletter_id, f.id, f.since, d.id \
    from edition d join newsletter n on n.id = d.newsletter_id cross join feed f \
    where n.name = $1 and d.slot_date = $2 and d.slot_time = $3 \
    and f.id = $4 and f.standing = 'gone' \
    on conflict (feed_id, newsletter_id, since) do nothing";

impl Store {
    /// The feeds with one of `tags` (of all, if there are none) that have ended since the newsletter
    /// began and of which it has not told that, the earliest first, at most `rows`.
    pub async fn untold_ends(
        &self,
        newsletter: &str,
        tags: &[Tag],
        rows: usize,
    ) -> Result<Vec<FeedTitle>, StoreError> {
        let mut params: Vec<Value> = vec![newsletter.into(), limit(rows)];
        let selected = entries::selected(tags, ByTag::FeedsLast, &mut params);
        let sql = format!(
            "select f.id, f.url, f.title, f.site from newsletter n cross join feed f \
             where n.name = $1 and f.standing = 'gone' and f.since >= n.began and {selected} \
             and not exists (select 1 from told_end t \
             where t.feed_id = f.id and t.newsletter_id = n.id and t.since = f.since) \
             order by f.since, f.id limit $2"
        );
        self.engine.read(vec![Statement::new(sql, params)], feeds::title).await
    }
}

/// The edition of a slot (name, date and time) tells that `feed` has ended; unless it came back
/// meanwhile.
pub(in crate::store) fn tell(slot: Vec<Value>, feed: FeedId) -> Statement {
    Statement::new(TELL, slot.into_iter().chain([feed.into()]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::world::{SqliteWorld, minute};
    use crate::store::migrate;
    use crate::store::open::{open, open_as};
    use crate::store::sqlite::connection;

    #[tokio::test]
    async fn what_ended_before_ends_were_told_is_no_news() {
        let world = SqliteWorld::new();
        let before = migrate::all().into_iter().filter(|migration| *migration.name < *"0013");
        let store = open_as(&world.path(), minute(0), before.collect()).await.expect("a store");
        store.newsletter_began("matin", minute(0)).await.expect("a beginning");
        store.close().await.expect("a close");
        let connection = connection::writer(&world.path()).expect("a connection");
        let feed = |id: i64, standing: &str| {
            let at = minute(id).timestamp_millis();
            let sql = format!(
                "insert into feed (id, url, shard, title, item_count, guids, standing, failures, \
                 since, next_check, rule, polled_before) values \
                 ({id}, 'https://x.example/{id}', 0, '', 0, '[]', '{standing}', 0, {at}, 0, 'gone', 1)"
            );
            connection.execute(&sql, []).expect("a feed");
        };
        feed(1, "gone");
        feed(2, "failing");
        drop(connection);
        let store = open(&world.path(), minute(9)).await.expect("a store");
        assert_eq!(store.untold_ends("matin", &[], 9).await, Ok(vec![]));
        store.close().await.expect("a close");
        let connection = connection::writer(&world.path()).expect("a connection");
        connection.execute("update feed set standing = 'gone'", []).expect("an end");
        drop(connection);
        let store = open(&world.path(), minute(9)).await.expect("a store");
        let untold = store.untold_ends("matin", &[], 9).await.expect("feeds");
        assert_eq!(untold.iter().map(|feed| feed.feed).collect::<Vec<_>>(), [FeedId(2)]);
        store.close().await.expect("a close");
    }
}
