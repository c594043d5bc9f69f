//! Rests of sites, and outages.

use super::world::{World, arrival, arrive, feed, minute, plan, url, with_feeds};
use crate::model::article::{Attempt, WantedArticles};
use crate::model::plan::Plan;
use crate::model::rest::SiteRest;
use crate::model::url::WebUrl;
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
    store.keep_rest(&rest(0, 40, 2), minute(2)).await.expect("written");
    let owed = store.rest(&url(0).site()).await;
    assert_eq!(owed, Ok(Some(rest(0, 60, 2))), "the later end stands");
    let (told, owed) = (rest(0, 50, 15), SiteRest { slower: 15, ..rest(0, 60, 2) });
    store.keep_rest(&told, minute(2)).await.expect("written");
    assert_eq!(store.rest(&url(0).site()).await, Ok(Some(owed)), "and the slower pace");
    for (now, told) in [(60, rest(0, 61, 2)), (-2_000, rest(0, -1_990, 3)), (1, rest(0, 60, 2))] {
        store.keep_rest(&told, minute(now)).await.expect("written");
        let held = store.rest(&url(0).site()).await;
        assert_eq!(held, Ok(Some(told)), "what is over, or from a clock ahead, counts for nothing");
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

pub(super) async fn what_a_page_was_told_holds_for_its_site_and_its_like(world: &impl World) {
    let store = with_feeds(world, 1).await;
    let before = feed(&store, 0).await;
    let elsewhere = WebUrl::parse("https://journal.example.org/d").expect("a URL");
    let mut arrivals: Vec<_> = ["a", "b", "c", "d"].map(|guid| arrival(guid, minute(1))).into();
    arrivals[3].content.link = Some(elsewhere);
    let new = arrivals.iter().map(|arrival| arrival.key).collect();
    let articles = WantedArticles { new, changed: Vec::new() };
    let entries = arrive(&store, Plan { articles, ..plan(&before, minute(1), arrivals) }).await;
    let first = store.article_to_read(entries[0]).await.expect("a query").expect("it waits");

    let held = |for_all| Attempt::Held { until: minute(20), reason: "so".to_owned(), for_all };
    let next = || async {
        let waiting = store.articles_of(before.id).await.expect("a query");
        entries
            .iter()
            .map(|entry| waiting.iter().find(|it| it.entry == *entry).map(|it| it.next_attempt))
            .collect::<Vec<_>>()
    };
    store.settle_article(&first, &held(false), None, minute(2)).await.expect("written");
    assert_eq!(next().await, [20, 1, 1, 1].map(|it| Some(minute(it))), "a site on the way");
    store.settle_article(&first, &held(true), None, minute(2)).await.expect("written");
    assert_eq!(next().await, [20, 20, 20, 1].map(|it| Some(minute(it))), "all of one origin");

    let given_up = Attempt::GivenUp { reason: "so".to_owned() };
    store.settle_article(&first, &given_up, None, minute(3)).await.expect("written");
    let late = store.settle_article(&first, &held(false), Some(&rest(0, 60, 2)), minute(4)).await;
    assert_eq!(late, Err(StoreError::Conflict));
    assert_eq!(store.rest(&url(0).site()).await, Ok(Some(rest(0, 60, 2))), "who asked was told");
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
