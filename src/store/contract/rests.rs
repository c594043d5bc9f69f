//! Rests of sites, and outages.

use super::world::{World, feed, minute, plan, url, with_feeds};
use crate::model::plan::Plan;
use crate::model::rest::SiteRest;
use crate::store::error::StoreError;
use crate::store::outage::Outage;

/// What the site of feed `number` is owed until then.
fn rest(number: usize, until: i64, slower: u32) -> SiteRest {
    let told = url(number).web().clone();
    SiteRest { site: told.site(), until: minute(until), slower, told, said: slower > 2 }
}

pub(super) async fn a_rest_is_written_with_its_poll_or_not_at_all(world: &impl World) {
    let store = with_feeds(world, 3).await;
    let before: Vec<_> = [feed(&store, 0).await, feed(&store, 1).await].into();
    for (feed, rest) in before.iter().zip([rest(0, 60, 2), rest(1, 1_400, 15)]) {
        let plan = Plan { rest: Some(rest), ..plan(feed, minute(1), vec![]) };
        store.commit(plan).await.expect("a commit");
    }
    let late = Plan { rest: Some(rest(0, 90, 15)), ..plan(&before[0], minute(2), vec![]) };
    assert_eq!(store.commit(late).await, Err(StoreError::Conflict));
    assert_eq!(store.rest(&url(0).site()).await, Ok(Some(rest(0, 60, 2))), "what came too late");
    assert_eq!(store.rest(&url(2).site()).await, Ok(None));
    store.close().await.expect("a close");

    let store = world.open(minute(3)).await;
    let kept = vec![rest(0, 60, 2), rest(1, 1_400, 15)];
    assert_eq!(store.rests_to_keep().await, Ok(kept.clone()), "who takes the shards is told");
    assert_eq!(store.rests().await, Ok(kept));
    let again = feed(&store, 0).await;
    let again = Plan { rest: Some(rest(0, 120, 4)), ..plan(&again, minute(61), vec![]) };
    store.commit(again).await.expect("a commit");
    assert_eq!(store.rest(&url(0).site()).await, Ok(Some(rest(0, 120, 4))));
    let last = feed(&store, 2).await;
    let last = Plan { rest: Some(rest(2, 1_700, 2)), ..plan(&last, minute(1_690), vec![]) };
    store.commit(last).await.expect("a commit");
    let left = vec![rest(1, 1_400, 15), rest(2, 1_700, 2)];
    assert_eq!(store.rests().await, Ok(left), "what is long over is forgotten");
    store.close().await.expect("a close");
}

pub(super) async fn the_last_outage_is_kept(world: &impl World) {
    let store = world.open(minute(0)).await;
    assert_eq!((store.last_outage().await, store.offline_since().await), (Ok(None), Ok(None)));
    store.came_online(minute(1)).await.expect("nothing to end");
    assert_eq!(store.last_outage().await, Ok(None));
    for (since, again, ended) in [(2, 3, 9), (20, 21, 30)] {
        store.went_offline(minute(since)).await.expect("written");
        store.went_offline(minute(again)).await.expect("written");
        assert_eq!(store.offline_since().await, Ok(Some(minute(since))), "it began once");
        store.came_online(minute(ended)).await.expect("written");
        store.came_online(minute(ended + 1)).await.expect("written");
        let outage = Outage { since: minute(since), ended: Some(minute(ended)) };
        assert_eq!(store.last_outage().await, Ok(Some(outage)), "and ended once");
        assert_eq!(store.offline_since().await, Ok(None));
    }
    store.close().await.expect("a close");
}
