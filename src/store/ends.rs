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
    /// The feeds with one of `tags` (of all, if there are none) that have ended and of which the
    /// newsletter has not told that, the earliest first, at most `rows`.
    pub async fn untold_ends(
        &self,
        newsletter: &str,
        tags: &[Tag],
        rows: usize,
    ) -> Result<Vec<FeedTitle>, StoreError> {
        let mut params: Vec<Value> = vec![newsletter.into(), limit(rows)];
        let selected = entries::selected(tags, ByTag::FeedsLast, &mut params);
        let sql = format!(
            "select f.id, f.url, f.title, f.site from feed f \
             where f.standing = 'gone' and {selected} and not exists \
             (select 1 from told_end t join newsletter n on n.id = t.newsletter_id \
              where t.feed_id = f.id and t.since = f.since and n.name = $1) \
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
