//! Whether the service found itself offline: kept, so that whoever looks from beside it is told.

use chrono::{DateTime, Utc};

use crate::store::cells::Cells;
use crate::store::error::StoreError;
use crate::store::open::Store;
use crate::store::statement::Statement;

const SINCE: &str = "select since from outage";

const BEGIN: &str = "insert into outage (id, since) values (1, $1) on conflict (id) do nothing";

const END: &str = "delete from outage";

impl Store {
    /// Since when the service has been offline, if it is.
    pub async fn offline_since(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let query = Statement::new(SINCE, vec![]);
        self.engine.read_one(query, |row| Cells::from(row).moment()).await
    }

    /// The service is offline.
    pub async fn went_offline(&self, since: DateTime<Utc>) -> Result<(), StoreError> {
        self.engine.write(vec![Statement::new(BEGIN, vec![since.into()])]).await.map(|_| ())
    }

    /// The service is not offline, or does not know.
    pub async fn came_online(&self) -> Result<(), StoreError> {
        self.engine.write(vec![Statement::new(END, vec![])]).await.map(|_| ())
    }
}
