//! The configuration's feeds brought into the database.
//!
//! What is kept is read first and only differences are written: the same list again writes nothing.
//! They are written in pieces, each whole, so that memory stays small at any number of feeds; a
//! sync that was cut short is finished by the next. A feed gone from the list is retired, one that
//! is back is revived and due at once, unless its publisher asked otherwise. Retiring raises the
//! generation, so that a poll under way writes nothing any more.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use crate::model::feed::{FeedId, Tag};
use crate::model::url::FeedUrl;
use crate::store::cells::Cells;
use crate::store::error::StoreError;
use crate::store::feed_row;
use crate::store::open::Store;
use crate::store::renames::{self, Kept, Rename};
use crate::store::statement::Statement;
use crate::store::upkeep;

/// What a sync changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SyncReport {
    /// Feeds never seen before.
    pub added: usize,
    /// Feeds gone from the list.
    pub retired: usize,
    /// Feeds back on the list.
    pub revived: usize,
    /// Feeds whose tags are others now, apart from the added.
    pub retagged: usize,
    /// Feeds that are subscribed at the address they moved to.
    pub renamed: usize,
}

const KEPT: &str = "select id, url, retired, moved_to, merged_into from feed";

const RETIRE: &str = "update feed set retired = 1, generation = generation + 1 \
    where id = $1 and retired = 0";

const REVIVE: &str = "update feed set retired = 0, generation = generation + 1, \
    standing = case when standing = 'gone' then 'new' else standing end, \
    rule = 'first-poll', \
    next_check = case when not_before > $2 then not_before else $2 end \
    where id = $1 and retired = 1";

const FORGET_TAGS: &str = "delete from feed_tag where feed_id = $1";

const TAG: &str = "insert into feed_tag (feed_id, tag) select id, $2 from feed where url = $1 \
    on conflict (feed_id, tag) do nothing";

/// How many differences are written together.
const PIECE: usize = 256;

/// The tags that each address on the list is to have.
type Wanted<'a> = BTreeMap<&'a FeedUrl, BTreeSet<&'a Tag>>;

/// One difference between what is kept and what is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Difference<'a> {
    Renamed(Box<Rename>),
    Added(&'a FeedUrl),
    Retired(FeedId),
    Revived(FeedId),
    Retagged(FeedId, &'a FeedUrl),
}

impl Store {
    /// Makes the active feeds those of `subscriptions`, with their tags.
    pub async fn sync(
        &self,
        subscriptions: &[(FeedUrl, Vec<Tag>)],
        now: DateTime<Utc>,
    ) -> Result<SyncReport, StoreError> {
        let kept = self.engine.read(vec![Statement::new(KEPT, vec![])], |row| {
            let mut cells = Cells::from(row);
            Ok(Kept {
                id: cells.feed()?,
                url: cells.feed_url()?,
                retired: cells.flag()?,
                moved_to: cells.feed_url_or_null()?,
                merged_into: cells.int_or_null()?.map(FeedId),
            })
        });
        let mut kept = kept.await?;
        let mut wanted = Wanted::new();
        for (url, tags) in subscriptions {
            wanted.entry(url).or_default().extend(tags);
        }
        let renamed = renames::settle(&mut kept, |url| wanted.contains_key(url));
        serve_merged(&mut wanted, &kept);
        let mut differences: Vec<_> =
            renamed.into_iter().map(|rename| Difference::Renamed(Box::new(rename))).collect();
        differences.extend(others(&kept, &self.tags().await?, &wanted));
        for piece in differences.chunks(PIECE) {
            let mut operation: Vec<_> =
                piece.iter().flat_map(|difference| write(difference, &wanted, now)).collect();
            operation.push(upkeep::revise_all());
            self.engine.write(operation).await?;
        }
        Ok(report(&differences))
    }
}

/// What was merged is served by the feed it turned out to be, which has its tags too.
fn serve_merged<'a>(wanted: &mut Wanted<'a>, kept: &'a [Kept]) {
    let by_id: HashMap<FeedId, &Kept> = kept.iter().map(|feed| (feed.id, feed)).collect();
    for shell in kept {
        let other = shell.merged_into.and_then(|other| by_id.get(&other));
        let Some(other) = other.filter(|other| wanted.contains_key(&other.url)) else { continue };
        let tags = wanted.remove(&shell.url).unwrap_or_default();
        wanted.entry(&other.url).or_default().extend(tags);
    }
}

/// All differences but renames, which are as good as done in `kept`.
fn others<'a>(
    kept: &'a [Kept],
    tags: &HashMap<FeedId, Vec<Tag>>,
    wanted: &Wanted<'a>,
) -> Vec<Difference<'a>> {
    let mut differences = Vec::new();
    let mut seen = BTreeSet::new();
    for feed in kept {
        seen.insert(&feed.url);
        match wanted.get(&feed.url) {
            None if feed.retired => {}
            None => differences.push(Difference::Retired(feed.id)),
            Some(wanted) => {
                if feed.retired {
                    differences.push(Difference::Revived(feed.id));
                }
                if !tags.get(&feed.id).into_iter().flatten().eq(wanted.iter().copied()) {
                    differences.push(Difference::Retagged(feed.id, &feed.url));
                }
            }
        }
    }
    let new = wanted.keys().copied().filter(|url| !seen.contains(url));
    differences.extend(new.map(Difference::Added));
    differences
}

fn report(differences: &[Difference<'_>]) -> SyncReport {
    let mut report = SyncReport::default();
    for difference in differences {
        match difference {
            Difference::Renamed(_) => report.renamed += 1,
            Difference::Added(_) => report.added += 1,
            Difference::Retired(_) => report.retired += 1,
            Difference::Revived(_) => report.revived += 1,
            Difference::Retagged(..) => report.retagged += 1,
        }
    }
    report
}

fn write(difference: &Difference<'_>, wanted: &Wanted<'_>, now: DateTime<Utc>) -> Vec<Statement> {
    match difference {
        Difference::Renamed(rename) => renames::write(rename, now),
        Difference::Retired(feed) => {
            vec![Statement::new(RETIRE, vec![(*feed).into()]).expecting(1)]
        }
        Difference::Revived(feed) => {
            let feed = *feed;
            vec![Statement::new(REVIVE, vec![feed.into(), now.into()]).expecting(1)]
        }
        Difference::Retagged(feed, url) => {
            let forget = Statement::new(FORGET_TAGS, vec![(*feed).into()]);
            std::iter::once(forget).chain(tag(url, wanted)).collect()
        }
        Difference::Added(url) => {
            std::iter::once(feed_row::insert(url, now)).chain(tag(url, wanted)).collect()
        }
    }
}

fn tag(url: &FeedUrl, wanted: &Wanted<'_>) -> impl Iterator<Item = Statement> {
    let tags = wanted.get(url).into_iter().flatten();
    tags.map(move |tag| Statement::new(TAG, vec![url.into(), tag.as_str().into()]).expecting(1))
}
