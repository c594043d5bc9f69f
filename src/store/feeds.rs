//! Feeds: what is to be polled, and what is known of each.
//!
//! A retired feed (gone from the configuration) is not polled and not found by number or address;
//! its entries, and its title for those, are kept.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::model::feed::{Feed, FeedId, Tag};
use crate::model::text::PlainText;
use crate::model::url::{FeedUrl, Site, WebUrl};
use crate::store::cells::Cells;
use crate::store::error::StoreError;
use crate::store::feed_row;
use crate::store::lists::{pieces, placeholders};
use crate::store::open::Store;
use crate::store::statement::{Row, Statement, Value};

/// A feed that is to be polled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agendum {
    /// Which.
    pub feed: FeedId,
    /// Who answers for it: the unit of pacing.
    pub site: Site,
    /// When it may be asked.
    pub next_check: DateTime<Utc>,
}

/// A feed as a list for people shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedSummary {
    /// The feed.
    pub feed: Feed,
    /// Its tags, in alphabetical order.
    pub tags: Vec<Tag>,
    /// Whether it is gone from the configuration.
    pub retired: bool,
    /// How many entries of it are kept.
    pub entries: u64,
    /// Where the feed is subscribed that it turned out to be.
    pub merged_into: Option<FeedUrl>,
}

/// What is said of a feed beside its entries.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedTitle {
    /// Which.
    pub feed: FeedId,
    /// Where it is fetched.
    pub url: FeedUrl,
    /// Its title as the publisher writes it; may be empty.
    pub title: PlainText,
    /// The page it belongs to.
    pub site: Option<WebUrl>,
}

pub(in crate::store) const AGENDA: &str = "select f.id, coalesce(f.moved_to, f.url), f.next_check \
    from feed f cross join shard s \
    where s.shard = f.shard and s.owner = $1 and f.retired = 0 order by f.next_check, f.id";

impl Store {
    /// All active feeds of the shards we lease, the most urgent first. Beside an owner: none.
    pub async fn agenda(&self) -> Result<Vec<Agendum>, StoreError> {
        let Some(owner) = &self.owner else { return Ok(Vec::new()) };
        let query = Statement::new(AGENDA, vec![owner.as_str().into()]);
        self.engine
            .read(vec![query], |row| {
                let mut cells = Cells::from(row);
                let feed = cells.feed()?;
                let site = cells.feed_url()?.site();
                Ok(Agendum { feed, site, next_check: cells.moment()? })
            })
            .await
    }

    /// A feed, if it is not retired.
    pub async fn feed(&self, feed: FeedId) -> Result<Option<Feed>, StoreError> {
        self.feed_where("f.id = $1 and f.retired = 0", vec![feed.into()]).await
    }

    /// The feed that is subscribed at `url`, or that such a one was merged into, if it is not
    /// retired.
    pub async fn feed_by_url(&self, url: &FeedUrl) -> Result<Option<Feed>, StoreError> {
        let condition = "f.id = (select coalesce(s.merged_into, s.id) from feed s \
                         where s.url = $1) and f.retired = 0";
        self.feed_where(condition, vec![url.into()]).await
    }

    async fn feed_where(
        &self,
        condition: &'static str,
        params: Vec<Value>,
    ) -> Result<Option<Feed>, StoreError> {
        let sql = format!("select {} from feed f where {condition}", *feed_row::FEED);
        let query = Statement::new(sql, params);
        self.engine.read_one(query, |row| feed_row::feed(&mut Cells::from(row))).await
    }

    /// All feeds, retired ones included, by address.
    pub async fn feeds(&self) -> Result<Vec<FeedSummary>, StoreError> {
        let sql = format!(
            "select {}, f.retired, (select count(*) from entry e where e.feed_id = f.id), o.url \
             from feed f left join feed o on o.id = f.merged_into order by f.url",
            *feed_row::FEED
        );
        let mut summaries = self.engine.read(vec![Statement::new(sql, vec![])], summary).await?;
        let mut tags = self.tags().await?;
        for summary in &mut summaries {
            summary.tags = tags.remove(&summary.feed.id).unwrap_or_default();
        }
        Ok(summaries)
    }

    /// The tags of every feed that has any, in alphabetical order.
    pub(in crate::store) async fn tags(&self) -> Result<HashMap<FeedId, Vec<Tag>>, StoreError> {
        let query =
            Statement::new("select feed_id, tag from feed_tag order by feed_id, tag", vec![]);
        let pairs = self.engine.read(vec![query], |row| {
            let mut cells = Cells::from(row);
            Ok((cells.feed()?, cells.text()?))
        });
        let mut tags: HashMap<FeedId, Vec<Tag>> = HashMap::new();
        for (feed, tag) in pairs.await? {
            tags.entry(feed).or_default().push(tag);
        }
        Ok(tags)
    }

    /// What is said of `feeds` beside their entries, retired ones included, in no promised order.
    pub async fn feed_titles(&self, feeds: &[FeedId]) -> Result<Vec<FeedTitle>, StoreError> {
        let query = |piece: Vec<_>| {
            let list = placeholders(1, piece.len());
            let sql = format!("select id, url, title, site from feed where id in ({list})");
            Statement::new(sql, piece)
        };
        self.engine.read(pieces(feeds).map(query).collect(), title).await
    }
}

fn summary(row: Row) -> Result<FeedSummary, StoreError> {
    let mut cells = Cells::from(row);
    let feed = feed_row::feed(&mut cells)?;
    let retired = cells.flag()?;
    let entries = u64::from(cells.count()?);
    let merged_into = cells.feed_url_or_null()?;
    Ok(FeedSummary { feed, tags: Vec::new(), retired, entries, merged_into })
}

pub(in crate::store) fn title(row: Row) -> Result<FeedTitle, StoreError> {
    let mut cells = Cells::from(row);
    Ok(FeedTitle {
        feed: cells.feed()?,
        url: cells.feed_url()?,
        title: cells.plain()?,
        site: cells.link_or_null()?,
    })
}
