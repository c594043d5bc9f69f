//! The rests of sites: written with the poll or the page that was throttled, read when their shards are
//! taken, so that a restart forgets nothing that a site asked for.
//!
//! Who writes one has read what the site was owed before; of two who do so at once, the later end and
//! the slower pace stand, whoever comes last.

use chrono::{DateTime, Utc};

use crate::model::rest::{LONGEST, SiteRest};
use crate::model::url::Site;
use crate::store::cells::{Cells, corrupt};
use crate::store::error::StoreError;
use crate::store::open::Store;
use crate::store::statement::{Row, Statement, Value};

const COLUMNS: &str = "select told, until, slower, said from site_rest";

/// What is there counts if it holds (`refresh::rest::holds`): between now, `$7`, and a day ahead, `$8`.
const KEEP: &str = "insert into site_rest (site, shard, until, slower, told, said) \
    values ($1, $2, $3, $4, $5, $6) on conflict (site) do update set \
    told = case when site_rest.until > excluded.until and site_rest.until <= $8 \
        then site_rest.told else excluded.told end, \
    said = case when site_rest.until > excluded.until and site_rest.until <= $8 \
        then site_rest.said else excluded.said end, \
    slower = case when site_rest.slower > excluded.slower and site_rest.until > $7 \
        and site_rest.until <= $8 then site_rest.slower else excluded.slower end, \
    until = case when site_rest.until > excluded.until and site_rest.until <= $8 \
        then site_rest.until else excluded.until end";

const FORGET: &str = "delete from site_rest where until <= $1";

impl Store {
    /// What the sites of the shards we lease are owed. Beside an owner: nothing.
    pub async fn rests_to_keep(&self) -> Result<Vec<SiteRest>, StoreError> {
        let Some(owner) = &self.owner else { return Ok(Vec::new()) };
        let sql = format!(
            "{COLUMNS} where shard in (select shard from shard where owner = $1) order by site"
        );
        self.engine.read(vec![Statement::new(sql, vec![owner.as_str().into()])], rest).await
    }

    /// What all sites are owed, or were.
    pub async fn rests(&self) -> Result<Vec<SiteRest>, StoreError> {
        let sql = format!("{COLUMNS} order by site");
        self.engine.read(vec![Statement::new(sql, vec![])], rest).await
    }

    /// What one site is owed, or was.
    pub async fn rest(&self, site: &Site) -> Result<Option<SiteRest>, StoreError> {
        let query =
            Statement::new(format!("{COLUMNS} where site = $1"), vec![site.as_str().into()]);
        self.engine.read_one(query, rest).await
    }

    /// Writes at `now` what a site is owed that throttled us, where nothing else is to be written.
    pub async fn keep_rest(&self, rest: &SiteRest, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.engine.write(keep(rest, now).into()).await.map(|_| ())
    }
}

/// What is written at `now` with the answer that throttled us. What ended so much earlier than this ends,
/// is over.
pub(in crate::store) fn keep(rest: &SiteRest, now: DateTime<Utc>) -> [Statement; 2] {
    let params = vec![
        rest.site.as_str().into(),
        Value::Int(rest.site.shard().into()),
        rest.until.into(),
        rest.slower.into(),
        (&rest.told).into(),
        rest.said.into(),
        now.into(),
        (now + LONGEST).into(),
    ];
    [Statement::new(FORGET, vec![(rest.until - LONGEST).into()]), Statement::new(KEEP, params)]
}

fn rest(row: Row) -> Result<SiteRest, StoreError> {
    let mut cells = Cells::from(row);
    let told = cells.link_or_null()?.ok_or_else(|| corrupt("an address"))?;
    Ok(SiteRest {
        site: told.site(),
        until: cells.moment()?,
        slower: cells.count()?,
        said: cells.flag()?,
        told,
    })
}
