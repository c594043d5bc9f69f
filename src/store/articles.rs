//! The queue of articles to be read, and what became of each.
//!
//! Whatever is written about an article names the number of attempts and the link it was decided
//! for: others mean that somebody else settled it, or that the entry leads elsewhere now, and nothing
//! is written.

use chrono::{DateTime, Utc};

use crate::model::article::{
    ArticleAgendum, ArticleStanding, Attempt, WaitingArticle, WantedArticles,
};
use crate::model::entry::EntryId;
use crate::model::feed::FeedId;
use crate::model::rest::SiteRest;
use crate::model::text::{CLEANER, CleanerVersion, SafeHtml};
use crate::model::url::WebUrl;
use crate::store::cells::{self, Cells, corrupt};
use crate::store::error::StoreError;
use crate::store::open::Store;
use crate::store::statement::{self, Row, Statement, Value};
use crate::store::{rests, upkeep};

/// Puts the article of a new entry into the queue.
const ENQUEUE: &str = "insert into article (entry_id, state, next_attempt) \
    select id, 'waiting', first_seen from entry where feed_id = $1 and entry_key = $2 \
    on conflict (entry_id) do nothing";

/// Puts the article of an entry back into the queue if its link becomes another.
const AGAIN: &str = "update article set state = 'waiting', attempts = 0, next_attempt = $2, \
    reason = null where entry_id = $1 \
    and exists (select 1 from entry where id = $1 and link <> $3)";

const OF_FEED: &str = "select a.entry_id, e.link, a.next_attempt \
    from entry e join article a on a.entry_id = e.id \
    where e.feed_id = $1 and a.state = 'waiting' and e.link is not null \
    order by a.next_attempt, a.entry_id";

pub(in crate::store) const AGENDA: &str = "select a.entry_id, e.link, a.next_attempt \
    from article a cross join entry e cross join feed f cross join shard s \
    where a.state = 'waiting' and e.id = a.entry_id and e.link is not null \
    and f.id = e.feed_id and f.retired = 0 and s.shard = f.shard and s.owner = $1 \
    order by a.next_attempt, a.entry_id";

const WAITING: &str = "select a.entry_id, f.id, f.url, e.link, a.attempts, a.next_attempt, \
    e.first_seen, b.html, b.cleaner \
    from article a join entry e on e.id = a.entry_id join feed f on f.id = e.feed_id \
    left join entry_body b on b.entry_id = e.id \
    where a.entry_id = $1 and a.state = 'waiting' and e.link is not null and f.retired = 0";

const STANDING: &str =
    "select state, attempts, next_attempt, reason, image from article where entry_id = $1";

const READ: &str = "update article set state = 'read', attempts = attempts + 1, reason = null, \
    image = $3, cleaner = $4, html = $5, removed = $6 \
    where entry_id = $1 and attempts = $2 and state = 'waiting' \
    and exists (select 1 from entry where id = $1 and link = $7)";

const POSTPONE: &str = "update article set attempts = attempts + 1, next_attempt = $3, reason = $4 \
    where entry_id = $1 and attempts = $2 and state = 'waiting' \
    and exists (select 1 from entry where id = $1 and link = $5)";

/// Waiting is no attempt.
const WAIT: &str = "update article set next_attempt = $3, reason = $4 \
    where entry_id = $1 and attempts = $2 and state = 'waiting' \
    and exists (select 1 from entry where id = $1 and link = $5)";

/// What a site demands when it is asked for one page holds for all that a feed wants of it.
const HOLD: &str = "update article set next_attempt = $2 where state = 'waiting' \
    and next_attempt < $2 and entry_id in (select id from entry where feed_id = $1)";

/// The same, of what the feed wants of one origin.
const HOLD_THERE: &str = "update article set next_attempt = $2, reason = $3 \
    where state = 'waiting' and next_attempt < $2 and entry_id in \
    (select id from entry where feed_id = $1 and substr(link, 1, $4) = $5)";

const GIVE_UP: &str = "update article set state = 'failed', attempts = attempts + 1, reason = $3, \
    image = null, cleaner = null, html = null, removed = null \
    where entry_id = $1 and attempts = $2 and state = 'waiting' \
    and exists (select 1 from entry where id = $1 and link = $4)";

/// The first time it may have been chance: whoever kills a process seldom asks what it reads.
const SET_APART: &str = "update article set attempts = attempts + 1, reason = $2, \
    next_attempt = next_attempt + 3600000, \
    state = case when attempts > 0 then 'failed' else 'waiting' end \
    where entry_id = $1 and state = 'waiting'";

pub(in crate::store) const STALE: &str = "select a.entry_id, a.html, e.link, a.removed \
    from article a join entry e on e.id = a.entry_id \
    where a.html is not null and a.cleaner < $1 and a.cleaner > -$1 \
    order by a.cleaner desc, a.entry_id desc limit $2";

pub(in crate::store) const RENEW: &str =
    "update article set cleaner = $2, html = $3, removed = $4 where entry_id = $1 and cleaner < $2";

/// What a commit adds for the new entries of a feed that want their article read.
pub(in crate::store) fn enqueue(feed: FeedId, wanted: &WantedArticles) -> Vec<Statement> {
    let one = |key: &_| Statement::new(ENQUEUE, vec![feed.into(), Value::from(*key)]);
    wanted.new.iter().map(one).collect()
}

/// What a commit does before it changes entries: those with another link are read again.
pub(in crate::store) fn again(wanted: &WantedArticles, now: Value) -> Vec<Statement> {
    let one = |(entry, link): &(EntryId, WebUrl)| {
        Statement::new(AGAIN, vec![(*entry).into(), now.clone(), link.into()])
    };
    wanted.changed.iter().map(one).collect()
}

impl Store {
    /// All articles to be read for active feeds of the shards we lease, the most urgent first.
    pub async fn articles_waiting(&self) -> Result<Vec<ArticleAgendum>, StoreError> {
        let Some(owner) = &self.owner else { return Ok(Vec::new()) };
        let query = Statement::new(AGENDA, vec![owner.as_str().into()]);
        self.engine.read(vec![query], agendum).await
    }

    /// The articles to be read for one feed.
    pub async fn articles_of(&self, feed: FeedId) -> Result<Vec<ArticleAgendum>, StoreError> {
        self.engine.read(vec![Statement::new(OF_FEED, vec![feed.into()])], agendum).await
    }

    /// An article that is to be read; nothing if it is not, or not any more.
    pub async fn article_to_read(
        &self,
        entry: EntryId,
    ) -> Result<Option<WaitingArticle>, StoreError> {
        self.engine.read_one(Statement::new(WAITING, vec![entry.into()]), waiting).await
    }

    /// How far the article of an entry is; nothing if its feed is not read in full.
    pub async fn article(&self, entry: EntryId) -> Result<Option<ArticleStanding>, StoreError> {
        self.engine.read_one(Statement::new(STANDING, vec![entry.into()]), standing).await
    }

    /// Writes at `now` what an attempt came to, and what the site that was asked is owed for it:
    /// [`StoreError::Conflict`] if it was settled meanwhile; what the site is owed is written then, too.
    pub async fn settle_article(
        &self,
        article: &WaitingArticle,
        attempt: &Attempt,
        rest: Option<&SiteRest>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut params = vec![article.entry.into(), article.attempts.into()];
        let (sql, is_shown) = match attempt {
            Attempt::Read { body, image, removed } => {
                params.extend([
                    image.as_ref().into(),
                    CLEANER.0.into(),
                    Value::from(body.as_str()),
                    cells::json(removed),
                ]);
                (READ, true)
            }
            Attempt::Postponed { until, reason, for_all: _ } => {
                params.extend([(*until).into(), reason.as_str().into()]);
                (POSTPONE, false)
            }
            Attempt::Held { until, reason, for_all: _ } => {
                params.extend([(*until).into(), reason.as_str().into()]);
                (WAIT, false)
            }
            Attempt::GivenUp { reason } => {
                params.push(reason.as_str().into());
                (GIVE_UP, false)
            }
        };
        params.push((&article.link).into());
        let mut operation = vec![Statement::new(sql, params).expecting(1)];
        operation.extend(hold(article, attempt));
        if is_shown {
            operation.push(upkeep::revise(article.feed));
        }
        operation.extend(rest.into_iter().flat_map(|rest| rests::keep(rest, now)));
        let settled = self.engine.write(operation).await.map(|_| ());
        match rest {
            Some(rest) if settled == Err(StoreError::Conflict) => {
                self.keep_rest(rest, now).await?;
                settled
            }
            Some(_) | None => settled,
        }
    }

    /// Puts an article off whose page was being read when the process ended; the second time it is
    /// given up.
    pub(in crate::store) async fn set_page_apart(&self, entry: EntryId) -> Result<(), StoreError> {
        let reason = "feedmill died while it read this page";
        let params = vec![entry.into(), reason.into()];
        self.engine.write(vec![Statement::new(SET_APART, params)]).await.map(|_| ())
    }
}

/// What of an attempt holds for other articles of its feed.
fn hold(article: &WaitingArticle, attempt: &Attempt) -> Option<Statement> {
    match attempt {
        Attempt::Postponed { until, for_all: true, .. } => {
            Some(Statement::new(HOLD, vec![article.feed.into(), (*until).into()]))
        }
        Attempt::Held { until, reason, for_all: true } => {
            let there = format!("{}/", article.link.parts().origin().ascii_serialization());
            let length = statement::limit(there.chars().count());
            let (feed, until) = (article.feed.into(), (*until).into());
            let params = vec![feed, until, reason.as_str().into(), length, there.into()];
            Some(Statement::new(HOLD_THERE, params))
        }
        Attempt::Postponed { .. }
        | Attempt::Held { .. }
        | Attempt::Read { .. }
        | Attempt::GivenUp { .. } => None,
    }
}

fn agendum(row: Row) -> Result<ArticleAgendum, StoreError> {
    let mut cells = Cells::from(row);
    let entry = cells.entry()?;
    let site = cells.link_or_null()?.ok_or_else(|| corrupt("a link"))?.site();
    Ok(ArticleAgendum { entry, site, next_attempt: cells.moment()? })
}

fn waiting(row: Row) -> Result<WaitingArticle, StoreError> {
    let mut cells = Cells::from(row);
    let (entry, feed, feed_url) = (cells.entry()?, cells.feed()?, cells.feed_url()?);
    let link = cells.link_or_null()?.ok_or_else(|| corrupt("a link"))?;
    let (attempts, next_attempt, since) = (cells.count()?, cells.moment()?, cells.moment()?);
    let html = cells.text_or_null()?.unwrap_or_default();
    let cleaner = cells.int_or_null()?.and_then(|version| u32::try_from(version).ok());
    let own = cleaner.and_then(|version| SafeHtml::stored(html, CleanerVersion(version)));
    let own = own.unwrap_or_default();
    Ok(WaitingArticle { entry, feed, feed_url, link, attempts, next_attempt, since, own })
}

fn standing(row: Row) -> Result<ArticleStanding, StoreError> {
    let mut cells = Cells::from(row);
    let state = cells.text()?;
    let (attempts, next_attempt) = (cells.count()?, cells.moment()?);
    let reason = cells.text_or_null()?;
    let image = cells.link_or_null()?;
    match state.as_str() {
        "waiting" => Ok(ArticleStanding::Waiting { attempts, next_attempt, reason }),
        "read" => Ok(ArticleStanding::Read { image }),
        "failed" => Ok(ArticleStanding::Failed { reason: reason.unwrap_or_default() }),
        _ => Err(corrupt("the state of an article")),
    }
}
