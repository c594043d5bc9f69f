//! Who polls which feeds: shards of sites, leased to one owner at a time.
//!
//! All feeds of a site are in one shard and so in one process, where pacing and backoff stay in
//! memory. A lease says who polls; that a late poll writes nothing is the work of the feed's
//! generation. On SQLite the holder of the file lock takes all shards at once, without waiting for
//! leases to lapse: the lock says that their owner is gone.

use crate::model::url::SHARDS;
use crate::store::engine::Engine;
use crate::store::error::StoreError;
use crate::store::statement::Statement;

/// Takes every shard for `owner`, from whomever had it.
pub async fn take(engine: &Engine, owner: &str) -> Result<(), StoreError> {
    let take = Statement::new(
        "update shard set owner = $1, lapses = null, generation = generation + 1",
        vec![owner.into()],
    );
    engine.write(vec![take.expecting(SHARDS.into())]).await?;
    Ok(())
}
