//! Promise I4 against a naive model: an entry is never in two editions of one newsletter, whatever
//! the order in which polls commit and editions are sealed.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::test_runner::{Config, TestRunner};

use super::world::{World, edition, minute, post, with_feeds};
use crate::model::entry::EntryId;
use crate::store::error::StoreError;

/// What may happen.
#[derive(Debug, Clone)]
enum Step {
    /// A feed brings entries (some known already).
    Post { feed: usize, guids: Vec<u8> },
    /// A newsletter takes some of what waits, and counts some more.
    Seal { newsletter: usize, shown: usize, counted: usize },
    /// A second sealer with an old selection comes late, for a slot of its own or the same.
    SealLate { newsletter: usize, same_slot: bool },
    /// The process ends and starts again.
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let guids = proptest::collection::vec(0u8..40, 1..6);
    prop_oneof![
        4 => (0..2usize, guids).prop_map(|(feed, guids)| Step::Post { feed, guids }),
        3 => (0..2usize, 0..4usize, 0..4usize).prop_map(|(newsletter, shown, counted)| {
            Step::Seal { newsletter, shown, counted }
        }),
        2 => (0..2usize, any::<bool>()).prop_map(|(newsletter, same_slot)| {
            Step::SealLate { newsletter, same_slot }
        }),
        1 => proptest::strategy::Just(Step::Restart),
    ]
}

const NEWSLETTERS: [&str; 2] = ["matin", "soir"];

async fn run(world: impl World, steps: Vec<Step>) {
    let mut store = with_feeds(&world, 2).await;
    for name in NEWSLETTERS {
        store.newsletter_began(name, minute(0)).await.expect("a beginning");
    }
    let mut kept: BTreeMap<(usize, u8), EntryId> = BTreeMap::new();
    let mut members: [BTreeSet<EntryId>; 2] = Default::default();
    let mut stale: [Vec<EntryId>; 2] = Default::default();
    let mut day = 10;
    for step in steps {
        match step {
            Step::Post { feed, guids } => {
                let names: Vec<_> = guids.iter().map(u8::to_string).collect();
                let names: Vec<_> = names.iter().map(String::as_str).collect();
                let mut arrived = post(&store, feed, &names, minute(1)).await.into_iter();
                for guid in guids {
                    kept.entry((feed, guid)).or_insert_with(|| arrived.next().expect("new"));
                }
                assert_eq!(arrived.next(), None, "only new ones arrive");
            }
            Step::Seal { newsletter, shown, counted } => {
                let name = NEWSLETTERS[newsletter];
                let waiting = store.waiting(name, &[], 0).await.expect("a selection");
                let waiting: Vec<_> = waiting.into_iter().map(|waiting| waiting.id).collect();
                let mut expected: BTreeSet<_> = kept.values().copied().collect();
                expected.retain(|id| !members[newsletter].contains(id));
                assert!(waiting.iter().copied().eq(expected), "all that is in none waits");
                let (shown, rest) = waiting.split_at(shown.min(waiting.len()));
                let counted = &rest[..counted.min(rest.len())];
                day += 1;
                // All days are within the margin, so that nothing is settled.
                let mut new = edition(name, 1 + day % 28, shown, counted);
                new.slot.time = format!("{day:05}");
                new.letters.clear();
                new.sealed = minute(2);
                store.seal(new).await.expect("an edition of what waits");
                members[newsletter].extend(shown.iter().chain(counted));
                stale[newsletter] = waiting;
            }
            Step::SealLate { newsletter, same_slot } => {
                day += u32::from(!same_slot);
                let mut new =
                    edition(NEWSLETTERS[newsletter], 1 + day % 28, &stale[newsletter], &[]);
                new.slot.time = format!("{day:05}");
                new.letters.clear();
                new.sealed = minute(2);
                let taken = stale[newsletter].iter().any(|id| members[newsletter].contains(id));
                match store.seal(new).await {
                    Ok(_) => {
                        assert!(!taken, "an entry was in an edition already");
                        members[newsletter].extend(&stale[newsletter]);
                    }
                    Err(error) => assert_eq!(error, StoreError::Conflict),
                }
            }
            Step::Restart => {
                store.close().await.expect("a close");
                store = world.open(minute(1)).await;
            }
        }
    }
    store.close().await.expect("a close");
}

pub(super) fn an_entry_is_in_one_edition<W: World>(fresh: impl Fn() -> W) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let mut runner = TestRunner::new(Config { cases: 24, ..Config::default() });
    let steps = proptest::collection::vec(step(), 1..24);
    let result = runner.run(&steps, |steps| {
        runtime.block_on(run(fresh(), steps));
        Ok(())
    });
    result.expect("no entry in two editions");
}
