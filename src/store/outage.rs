//! Outages of the service's own: the last one is kept, so that whoever looks from beside it is told, and
//! a restart goes on where it ended.

use chrono::{DateTime, Utc};

use crate::store::cells::Cells;
use crate::store::error::StoreError;
use crate::store::open::Store;
use crate::store::statement::Statement;

/// When the service was offline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when; nothing while it lasts.
    pub ended: Option<DateTime<Utc>>,
}

const LAST: &str = "select since, ended from outage";

const BEGIN: &str = "insert into outage (id, since) values (1, $1) on conflict (id) do update set \
    since = excluded.since, ended = null where outage.ended is not null";

const END: &str = "update outage set ended = $1 where ended is null";

impl Store {
    /// The last time the service was offline.
    pub async fn last_outage(&self) -> Result<Option<Outage>, StoreError> {
        let query = Statement::new(LAST, vec![]);
        let outage = self.engine.read_one(query, |row| {
            let mut cells = Cells::from(row);
            Ok(Outage { since: cells.moment()?, ended: cells.moment_or_null()? })
        });
        outage.await
    }

    /// Since when the service has been offline, if it is.
    pub async fn offline_since(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let outage = self.last_outage().await?;
        Ok(outage.filter(|outage| outage.ended.is_none()).map(|outage| outage.since))
    }

    /// The service is offline.
    pub async fn went_offline(&self, since: DateTime<Utc>) -> Result<(), StoreError> {
        self.engine.write(vec![Statement::new(BEGIN, vec![since.into()])]).await.map(|_| ())
    }

    /// The service is not offline any more.
    pub async fn came_online(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.engine.write(vec![Statement::new(END, vec![now.into()])]).await.map(|_| ())
    }
}
