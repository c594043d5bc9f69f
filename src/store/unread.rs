//! Documents that are feeds and could not be read: kept until a newer parser reads them, written and
//! dropped with the refresh that brought them, so that they and their validators are never apart.

use crate::model::feed::FeedId;
use crate::model::plan::Unread;
use crate::model::url::WebUrl;
use crate::store::cells::{Cells, corrupt};
use crate::store::error::StoreError;
use crate::store::open::Store;
use crate::store::statement::Statement;

/// A document that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadBody {
    /// Its bytes.
    pub body: Vec<u8>,
    /// The Content-Type field it came with.
    pub content_type: Option<String>,
    /// Where it was found.
    pub found_at: WebUrl,
}

/// What cannot read it: this program, by its version.
const PARSER: &str = env!("CARGO_PKG_VERSION");

const KEEP: &str = "insert into unread (feed_id, parser, content_type, found_at, body) \
    values ($1, $2, $3, $4, $5) on conflict (feed_id) do update set parser = excluded.parser, \
    content_type = excluded.content_type, found_at = excluded.found_at, body = excluded.body";

const DROP: &str = "delete from unread where feed_id = $1";

const OF_OTHERS: &str = "select u.feed_id from unread u join feed f on f.id = u.feed_id \
    where u.parser <> $1 and f.retired = 0 order by u.feed_id";

const BODY: &str = "select body, content_type, found_at from unread where feed_id = $1";

impl Store {
    /// The feeds with a document that another version of this program could not read.
    pub async fn unread_by_others(&self) -> Result<Vec<FeedId>, StoreError> {
        let query = Statement::new(OF_OTHERS, vec![PARSER.into()]);
        self.engine.read(vec![query], |row| Cells::from(row).feed()).await
    }

    /// The document of a feed that waits to be read.
    pub async fn unread(&self, feed: FeedId) -> Result<Option<UnreadBody>, StoreError> {
        let query = Statement::new(BODY, vec![feed.into()]);
        self.engine
            .read_one(query, |row| {
                let mut cells = Cells::from(row);
                Ok(UnreadBody {
                    body: cells.blob_or_null()?.ok_or_else(|| corrupt("a body"))?,
                    content_type: cells.text_or_null()?,
                    found_at: cells.link_or_null()?.ok_or_else(|| corrupt("a link"))?,
                })
            })
            .await
    }
}

/// What a refresh does about it.
pub(in crate::store) fn write(feed: FeedId, unread: Unread) -> Option<Statement> {
    match unread {
        Unread::Stays => None,
        Unread::Ends => Some(Statement::new(DROP, vec![feed.into()])),
        Unread::Comes { body, content_type, found_at } => {
            let params = vec![
                feed.into(),
                PARSER.into(),
                content_type.into(),
                (&found_at).into(),
                body.to_vec().into(),
            ];
            Some(Statement::new(KEEP, params).expecting(1))
        }
    }
}
