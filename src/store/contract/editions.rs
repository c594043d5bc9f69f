//! What waits, what is sealed, what is settled.

use chrono::TimeDelta;

use super::world::{
    World, arrival, arrive, edition, feed, minute, plan, post, slot, subscriptions, url, with_feeds,
};
use crate::model::edition::{CopyOf, Edition, NewEdition};
use crate::model::entry::{Bearer, EntryId, Kin};
use crate::model::feed::Standing;
use crate::model::letter::LetterState;
use crate::model::plan::Arrival;
use crate::store::error::StoreError;
use crate::store::lineage::Lineage;
use crate::store::open::Store;

async fn waiting(store: &Store, name: &str) -> Vec<EntryId> {
    let waiting = store.waiting(name, &[], u32::MAX).await.expect("a selection");
    waiting.into_iter().map(|waiting| waiting.id).collect()
}

pub(super) async fn a_newsletter_sees_what_arrived_and_no_more(world: &impl World) {
    let store = world.open(minute(0)).await;
    let mut all = subscriptions(3, &["presse"]);
    all[2].1 = vec!["autre".to_owned()];
    store.sync(&all, minute(0)).await.expect("a sync");
    post(&store, 0, &["bien avant"], minute(-60 * 25)).await;
    let mut expected = post(&store, 0, &["la veille"], minute(-60)).await;
    assert_eq!(waiting(&store, "matin").await, [], "none before it began");
    assert_eq!(store.newsletter_began("matin", minute(0)).await, Ok(minute(0)));
    assert_eq!(store.newsletter_began("matin", minute(7)).await, Ok(minute(0)), "once for ever");
    assert_eq!(waiting(&store, "matin").await, expected, "only those of its last day");

    // A first poll: ranks by date, of which the newsletter takes the first two.
    let first = feed(&store, 1).await;
    let arrivals = (1..=4).map(|rank| {
        let mut arrival = arrival(&rank.to_string(), minute(10));
        arrival.backlog = rank;
        arrival.content.published = Some(minute(-1_000 * i64::from(rank)));
        arrival
    });
    let arrived = arrive(&store, plan(&first, minute(10), arrivals.collect())).await;
    expected.extend(&arrived[..2]);
    let tags = ["presse".to_owned()];
    post(&store, 2, &["d'ailleurs"], minute(11)).await;
    let selected = store.waiting("matin", &tags, 2).await.expect("a selection");
    assert_eq!(selected.iter().map(|waiting| waiting.id).collect::<Vec<_>>(), expected);
    assert_eq!(selected[1].order, minute(-1_000));
    assert_eq!(selected[1].title_hash, arrival("1", minute(0)).title_hash);

    store.sync(&all[1..], minute(12)).await.expect("a sync");
    let selected = store.waiting("matin", &tags, 2).await.expect("a selection");
    assert_eq!(selected.len(), 2, "nothing of a retired feed");
    store.close().await.expect("a close");
}

pub(super) async fn an_entry_and_a_slot_are_sealed_once(world: &impl World) {
    let store = with_feeds(world, 1).await;
    store.newsletter_began("matin", minute(0)).await.expect("a beginning");
    store.newsletter_began("soir", minute(0)).await.expect("a beginning");
    let ids = post(&store, 0, &["a", "b", "c", "d"], minute(1)).await;

    let first = edition("matin", 10, &ids[..1], &ids[1..2]);
    store.seal(first.clone()).await.expect("an edition");
    assert_eq!(waiting(&store, "matin").await, ids[2..], "shown and counted wait no more");
    assert_eq!(waiting(&store, "soir").await, ids, "except for other newsletters");

    let again = edition("matin", 10, &ids[2..3], &[]);
    assert_eq!(store.seal(again).await, Err(StoreError::Conflict), "one edition a slot (I5)");
    for (shown, counted) in [(&ids[1..3], &[][..]), (&ids[2..3], &ids[..1]), (&[], &ids[1..])] {
        let taken = edition("matin", 11, shown, counted);
        assert_eq!(store.seal(taken).await, Err(StoreError::Conflict), "one edition an entry (I4)");
    }
    let unknown = edition("matin", 11, &[], &[EntryId(999)]);
    assert_eq!(store.seal(unknown).await, Err(StoreError::Conflict), "nor of what is not kept");
    assert_eq!(waiting(&store, "matin").await, ids[2..], "and what is refused takes nothing");
    assert_eq!(store.editions(None, 9).await.expect("editions").len(), 1);
    assert_eq!(store.letter_counts().await, Ok(vec![(LetterState::Queued, 2)]));
    assert_eq!(store.last_slot("matin").await, Ok(Some(slot(10).at)));

    store.seal(edition("soir", 10, &ids, &[])).await.expect("an edition");
    store.seal(edition("matin", 11, &ids[2..], &[])).await.expect("an edition");
    assert_eq!(waiting(&store, "matin").await, []);
    store.close().await.expect("a close");
}

pub(super) async fn a_day_before_the_last_edition_is_settled(world: &impl World) {
    let store = with_feeds(world, 1).await;
    store.newsletter_began("matin", minute(0)).await.expect("a beginning");
    let day = |day: i64, minutes: i64| minute(day * 24 * 60 + minutes);
    let old = post(&store, 0, &["a", "b"], minute(10)).await;
    let late = post(&store, 0, &["c", "d"], day(1, 60)).await;
    // An arrival whose number comes after those of later moments: another writer was slower.
    let slow = post(&store, 0, &["e"], day(1, 20)).await;
    assert_eq!(waiting(&store, "matin").await, [old.clone(), late.clone(), slow.clone()].concat());

    store.settle_slot("matin", &slot(11), day(1, 31)).await.expect("an answer");
    assert_eq!(store.last_slot("matin").await, Ok(Some(slot(11).at)));
    assert_eq!(waiting(&store, "matin").await.len(), 5, "an answer alone settles no entry");

    store.seal(edition("matin", 12, &late[..1], &[])).await.expect("an edition");
    let left = [&late[1..], &slow].concat();
    assert_eq!(waiting(&store, "matin").await, left, "what is left of the last day waits on");
    store.settle_slot("matin", &slot(11), slot(11).at).await.expect("an answer");
    assert_eq!(store.last_slot("matin").await, Ok(Some(slot(12).at)), "it does not go back");
    store.settle_slot("matin", &slot(1), slot(1).at).await.expect("an answer");
    let after_a_clock_ahead = store.last_slot("matin").await;
    assert_eq!(after_a_clock_ahead, Ok(Some(slot(1).at)), "but for one that ran far ahead");

    // A clock that is a year ahead for one edition settles what is there, and nothing that comes.
    let mut ahead = edition("matin", 13, &[], &[]);
    ahead.sealed += TimeDelta::days(365);
    store.seal(ahead).await.expect("an edition");
    let next = post(&store, 0, &["f"], day(3, 90)).await;
    assert_eq!(waiting(&store, "matin").await, next);
    store.close().await.expect("a close");
}

pub(super) async fn an_edition_comes_back_as_it_was_sealed(world: &impl World) {
    let store = with_feeds(world, 1).await;
    let ids = post(&store, 0, &["a", "b", "c", "d"], minute(1)).await;
    let new = edition("matin", 10, &[ids[2], ids[0]], &[ids[1], ids[3]]);
    let id = store.seal(new.clone()).await.expect("an edition");
    store.close().await.expect("a close");

    let store = world.open(minute(60)).await;
    let kept = store.edition(id).await.expect("a query").expect("the edition");
    let expected = Edition {
        id,
        newsletter: new.newsletter,
        slot: new.slot,
        sealed: new.sealed,
        text: new.text,
        from: new.from,
        title: new.title,
        shown: 2,
        counted: 2,
        copies: 0,
    };
    assert_eq!(kept, expected);
    assert_eq!(store.edition_of("matin", &slot(10)).await, Ok(Some(kept.clone())));
    assert_eq!(store.edition_of("soir", &slot(10)).await, Ok(None));
    assert_eq!(store.editions(Some("matin"), 1).await, Ok(vec![kept]));
    assert_eq!(store.edition_entries(id).await, Ok(vec![ids[2], ids[0]]));
    for (entry, place) in [(ids[2], Some(1)), (ids[0], Some(2)), (ids[1], None)] {
        let membership = store.memberships(entry).await.expect("a query").pop().expect("one");
        assert_eq!((membership.newsletter.as_str(), membership.place), ("matin", place));
    }
    assert_eq!(
        store.lineage(ids[0]).await,
        Ok(Some(Lineage { changes: 0, backlog: 0, is_set_apart: false }))
    );
    let letters = store.letters(id).await.expect("letters");
    let addressees: Vec<_> = letters.iter().map(|letter| letter.to.clone()).collect();
    assert_eq!(addressees, new.letters.iter().map(|new| new.to.clone()).collect::<Vec<_>>());
    assert_eq!((letters[0].expires, letters[0].sha256), (new.expires, new.letters[0].sha256));
    store.close().await.expect("a close");
}

pub(super) async fn what_readers_had_through_another_feed_is_found_and_passed_over(
    world: &impl World,
) {
    let store = with_feeds(world, 3).await;
    store.newsletter_began("matin", minute(0)).await.expect("a beginning");
    let had = post(&store, 0, &["both", "a"], minute(1)).await;
    store.seal(edition("matin", 10, &had, &[])).await.expect("an edition");
    let late = post(&store, 1, &["both", "b"], minute(2)).await;
    let shared = store.waiting("matin", &[], 5).await.expect("a selection");
    let shared: Vec<_> = shared.iter().map(|waiting| (waiting.id, waiting.is_shared)).collect();
    assert_eq!(shared, [(late[0], true), (late[1], false)]);

    let mut bearers = store.bearers("matin", &late).await.expect("bearers");
    bearers.sort_by_key(|bearer| bearer.first.id);
    let borne = |bearers: &[Bearer]| {
        let borne = bearers.iter().map(|it| (it.first.id, it.first.was_sent, it.alike));
        borne.collect::<Vec<_>>()
    };
    assert_eq!(borne(&bearers), [(had[0], true, 1), (late[0], false, 1), (late[1], false, 1)]);
    let of_another = store.bearers("soir", &late[..1]).await.expect("bearers");
    let was_sent = of_another.iter().any(|bearer| bearer.first.was_sent);
    assert!(of_another.len() == 2 && !was_sent, "each newsletter has its own readers");
    let sent = |kin: &[Kin]| kin.iter().map(|kin| (kin.id, kin.was_sent)).collect::<Vec<_>>();
    let feeds = [feed(&store, 0).await.id, feed(&store, 1).await.id];
    let mut by_key = store.kin_by_key("matin", &feeds, &late).await.expect("kin");
    by_key.sort_by_key(|kin| kin.id);
    assert_eq!(sent(&by_key), [(had[0], true), (late[0], false), (late[1], false)]);

    let copies = vec![CopyOf { entry: late[0], of: had[0] }];
    let next = NewEdition { copies, ..edition("matin", 11, &late[1..], &[]) };
    let id = store.seal(next).await.expect("an edition");
    assert_eq!(waiting(&store, "matin").await, []);
    let kept = store.edition(id).await.expect("a query").expect("the edition");
    assert_eq!((kept.shown, kept.counted, kept.copies), (1, 0, 1));
    assert_eq!(store.edition_entries(id).await, Ok(vec![late[1]]));
    let membership = store.memberships(late[0]).await.expect("a query").pop().expect("one");
    assert_eq!((membership.place, membership.copy_of), (None, Some(had[0])));
    store.close().await.expect("a close");
}

pub(super) async fn a_feed_whose_items_all_lead_to_one_place_is_counted(world: &impl World) {
    let store = with_feeds(world, 2).await;
    let one = arrival("une", minute(1));
    let alike = |n: usize, title: i64| Arrival {
        document: one.document,
        title_hash: title,
        ..arrival(&n.to_string(), minute(1))
    };
    let own = one.title_hash;
    // 300 of its titles are those of nobody else; of two it has more than one item, of one a single.
    let titles = (0..300).map(|n| n + 1).chain([own, own, 0, 0, 7_000]);
    let many = titles.enumerate().map(|(n, title)| alike(n, title)).collect();
    let first = feed(&store, 0).await;
    let many = arrive(&store, plan(&first, minute(1), many)).await;
    let second = feed(&store, 1).await;
    let untitled = Arrival { fingerprint: arrival("302", minute(1)).fingerprint, ..alike(400, 0) };
    let waits = vec![one.clone(), untitled, alike(401, 7_000)];
    let waits = arrive(&store, plan(&second, minute(2), waits)).await;
    let mut bearers = store.bearers("matin", &waits).await.expect("bearers");
    bearers.sort_by_key(|bearer| bearer.first.id);
    let borne: Vec<_> = bearers.iter().map(|it| (it.first.id, it.alike)).collect();
    let of_many = [(many[300], 2), (many[302], 1), (many[304], 1)];
    assert_eq!(
        borne,
        [&of_many[..], &waits[..].iter().map(|&id| (id, 1)).collect::<Vec<_>>()].concat()
    );
    store.close().await.expect("a close");
}

pub(super) async fn feeds_that_are_found_at_one_address_are_told(world: &impl World) {
    let store = with_feeds(world, 7).await;
    let found = |number: usize, validated_at: Option<usize>, moved_to: Option<usize>| {
        let store = &store;
        async move {
            let feed = feed(store, number).await;
            let mut plan = plan(&feed, minute(1), vec![]);
            plan.state.whereabouts.validated_at = validated_at.map(|n| url(n).web().clone());
            plan.state.whereabouts.moved_to = moved_to.map(url);
            arrive(store, plan).await;
            feed.id
        }
    };
    assert_eq!(store.found_together().await, Ok(vec![]));
    // Two are led to one that is there, two to the same third place; another is led where nobody is.
    let (a, b) = (found(0, Some(1), None).await, found(1, None, None).await);
    let (c, d) = (found(2, Some(77), None).await, found(3, None, Some(77)).await);
    found(4, Some(78), None).await;
    found(5, Some(79), Some(78)).await;
    let e = found(6, Some(1), None).await;
    assert_eq!(store.found_together().await, Ok(vec![vec![a, b, e], vec![c, d]]));
    store.sync(&subscriptions(6, &["presse"])[1..], minute(3)).await.expect("a sync");
    assert_eq!(store.found_together().await, Ok(vec![vec![c, d]]), "retired feeds are nowhere");
    store.close().await.expect("a close");
}

pub(super) async fn an_end_is_told_once(world: &impl World) {
    let store = with_feeds(world, 2).await;
    for (name, began) in [("matin", 0), ("soir", 1), ("young", 2)] {
        store.newsletter_began(name, minute(began)).await.expect("a beginning");
    }
    let ends = |at: i64| {
        let store = &store;
        async move {
            let feed = feed(store, 0).await;
            let mut plan = plan(&feed, minute(at), vec![]);
            plan.state.standing = Standing::Gone { since: minute(at) };
            arrive(store, plan).await;
            feed.id
        }
    };
    let untold = |name: &'static str, tag: &'static str| {
        let store = &store;
        async move {
            let untold = store.untold_ends(name, &[tag.to_owned()], 9).await.expect("feeds");
            untold.into_iter().map(|feed| feed.feed).collect::<Vec<_>>()
        }
    };
    assert_eq!(untold("matin", "presse").await, []);
    let gone = ends(1).await;
    assert_eq!(untold("matin", "presse").await, [gone]);
    assert_eq!(untold("young", "presse").await, [], "it ended before there were such readers");
    assert_eq!(untold("matin", "autre").await, [], "it does not select that feed");
    let telling = |day| NewEdition { ended: vec![gone], ..edition("matin", day, &[], &[]) };
    store.seal(telling(10)).await.expect("an edition");
    assert_eq!(untold("matin", "presse").await, []);
    assert_eq!(untold("soir", "presse").await, [gone], "each newsletter tells its own readers");
    ends(2).await;
    assert_eq!(untold("matin", "presse").await, [gone], "it came back, and ended again");
    store.seal(telling(11)).await.expect("an edition");
    store.close().await.expect("a close");
    let store = world.open(minute(60)).await;
    assert_eq!(store.untold_ends("matin", &[], 9).await, Ok(vec![]));
    store.close().await.expect("a close");
}
