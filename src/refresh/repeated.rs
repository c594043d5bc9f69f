//! What the items of a plan have in common with the last ones of their feed goes from their bodies.
//!
//! Items are put in the order of their numbers: those kept before, changed ones in their places, new
//! ones after. A block goes if it stands in three of the ten items around its own; items of the same
//! title count once, for an article that is posted anew with a change is no evidence of furniture.

use std::collections::{HashMap, HashSet};

use crate::clean::repetition::{self, Hashes, ITEMS, WINDOW};
use crate::model::entry::{Content, EntryId, Neighbour};
use crate::model::plan::Plan;

/// How many items may follow the one in question in its window.
const FOLLOWING: usize = 4;

/// One item of the feed, by the hashes of its blocks and of its title.
struct Item {
    hashes: Hashes,
    title_hash: i64,
}

impl Item {
    fn of(content: &Content, title_hash: i64) -> Self {
        Self { hashes: Hashes::of(&content.body, &content.removed), title_hash }
    }
}

/// Takes out of the bodies in `plan` what their feed repeats; `neighbours` are entries of the feed
/// that were kept before, in any order.
pub fn settle(plan: &mut Plan, neighbours: &[Neighbour]) {
    if plan.arrivals.len() + plan.changes.len() + neighbours.len() < ITEMS {
        return;
    }
    let changed: HashMap<EntryId, usize> =
        plan.changes.iter().enumerate().map(|(at, change)| (change.entry, at)).collect();
    let mut before: Vec<(EntryId, Item)> = neighbours
        .iter()
        .filter(|neighbour| !changed.contains_key(&neighbour.entry))
        .map(|neighbour| {
            let hashes = Hashes::of(&neighbour.body, &neighbour.removed);
            (neighbour.entry, Item { hashes, title_hash: neighbour.title_hash })
        })
        .collect();
    before.extend(plan.changes.iter().map(|it| (it.entry, Item::of(&it.content, it.title_hash))));
    before.sort_by_key(|(entry, _)| *entry);
    let places: Vec<Option<usize>> =
        before.iter().map(|(entry, _)| changed.get(entry).copied()).collect();
    let mut items: Vec<Item> = before.into_iter().map(|(_, item)| item).collect();
    let first_new = items.len();
    items.extend(plan.arrivals.iter().map(|it| Item::of(&it.content, it.title_hash)));
    let common = common(&items);
    let has_common = |at: &usize| {
        let blocks = items[*at].hashes.blocks();
        blocks.iter().any(|block| common.binary_search(block).is_ok())
    };
    for (at, change) in places.into_iter().enumerate().filter(|(at, _)| has_common(at)) {
        if let Some(change) = change {
            take_out(&mut plan.changes[change].content, &items, at);
        }
    }
    let arrivals = (first_new..).zip(&mut plan.arrivals);
    for (at, arrival) in arrivals.filter(|(at, _)| has_common(at)) {
        take_out(&mut arrival.content, &items, at);
    }
}

/// The blocks that enough items hold to be repeated at all, in order. Most feeds have none.
fn common(items: &[Item]) -> Vec<i64> {
    let mut all: Vec<i64> = items.iter().flat_map(|item| item.hashes.blocks()).copied().collect();
    all.sort_unstable();
    let often = all.chunk_by(|one, other| one == other).filter(|same| same.len() >= ITEMS);
    often.map(|same| same[0]).collect()
}

fn take_out(content: &mut Content, items: &[Item], at: usize) {
    let last = items.len().saturating_sub(WINDOW);
    let from = (at + FOLLOWING + 1).saturating_sub(WINDOW).min(last);
    let window = &items[from..items.len().min(from + WINDOW)];
    let is_repeated = |block: i64| {
        let holders = window.iter().filter(|item| item.hashes.hold(block));
        holders.map(|item| item.title_hash).collect::<HashSet<_>>().len() >= ITEMS
    };
    let body = std::mem::take(&mut content.body);
    content.body = repetition::without(body, &items[at].hashes, &mut content.removed, is_repeated);
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::model::entry::{EntryKey, Fingerprint};
    use crate::model::feed::{Feed, FeedId, FeedState};
    use crate::model::plan::{Arrival, Change};
    use crate::model::removed::{Removed, RemovedKind};
    use crate::model::text::SafeHtml;
    use crate::model::url::FeedUrl;

    const PROMISE: &str = "<p>Chaque mardi, trois idées pour mieux dormir.</p>";

    fn body(number: i64) -> String {
        format!("<p>Le texte numéro {number} de cette source.</p>")
    }

    fn content(number: i64, more: &str) -> Content {
        let body = SafeHtml::cleaned(format!("{}{more}", body(number)));
        Content { body, ..Content::default() }
    }

    /// A new item; its number is its title.
    fn arrival(number: i64, more: &str) -> Arrival {
        Arrival {
            key: EntryKey([number as u8; 16]),
            document: None,
            title_hash: number,
            fingerprint: Fingerprint(number),
            content: content(number, more),
            first_seen: DateTime::UNIX_EPOCH,
            backlog: 0,
        }
    }

    fn neighbour(number: i64, more: &str, removed: Removed) -> Neighbour {
        let body = content(number, more).body;
        Neighbour { entry: EntryId(number), title_hash: number, body, removed }
    }

    fn plan(arrivals: Vec<Arrival>) -> Plan {
        let feed = Feed {
            id: FeedId(1),
            url: FeedUrl::parse("https://exemple.fr/flux").expect("a URL"),
            generation: 0,
            state: FeedState::new(DateTime::UNIX_EPOCH),
        };
        Plan { arrivals, ..Plan::of(&feed) }
    }

    /// The numbers of the new items that keep more than their own text.
    fn keep(plan: &Plan) -> Vec<i64> {
        let arrivals = plan.arrivals.iter();
        let keeps = |it: &&Arrival| it.content.body.as_str() != body(it.title_hash);
        arrivals.filter(keeps).map(|it| it.title_hash).collect()
    }

    #[test]
    fn what_three_of_ten_items_hold_goes() {
        for (numbers, with_promise, keepers) in [
            (0..3, vec![0, 1, 2], vec![]),
            (0..10, vec![0, 9], vec![0, 9]),
            (0..30, vec![0, 11, 29], vec![0, 11, 29]),
            (0..30, (0..30).collect(), vec![]),
            (0..2, vec![0, 1], vec![0, 1]),
        ] {
            let more = |number| if with_promise.contains(&number) { PROMISE } else { "" };
            let mut plan = plan(numbers.map(|number| arrival(number, more(number))).collect());
            settle(&mut plan, &[]);
            assert_eq!(keep(&plan), keepers, "{with_promise:?}");
        }
    }

    #[test]
    fn one_new_item_is_compared_with_those_kept_before() {
        let mut removed = Removed::default();
        removed.take(RemovedKind::Repeated, "Chaque mardi, trois idées pour mieux dormir.");
        let near = [
            neighbour(1, PROMISE, Removed::default()),
            neighbour(2, "", removed),
            neighbour(3, "", Removed::default()),
        ];
        let mut plan = plan(vec![arrival(4, PROMISE)]);
        settle(&mut plan, &near);
        assert_eq!(keep(&plan), [0_i64; 0]);
        let spans = &plan.arrivals[0].content.removed.spans;
        assert_eq!(spans[0].kind, RemovedKind::Repeated);
    }

    #[test]
    fn a_changed_item_loses_it_too_and_does_not_count_twice() {
        let mut plan = plan(Vec::new());
        plan.changes.push(Change {
            entry: EntryId(2),
            document: None,
            title_hash: 2,
            fingerprint: Fingerprint(0),
            content: content(2, PROMISE),
            changed: DateTime::UNIX_EPOCH,
        });
        let near = |numbers: &[i64]| -> Vec<Neighbour> {
            numbers.iter().map(|&it| neighbour(it, PROMISE, Removed::default())).collect()
        };
        let before = plan.clone();
        settle(&mut plan, &near(&[1, 2]));
        assert_eq!(plan, before);
        settle(&mut plan, &near(&[1, 2, 3]));
        assert_eq!(plan.changes[0].content.body.as_str(), body(2));
    }

    #[test]
    fn an_article_posted_anew_is_no_evidence() {
        let mut plan = plan((0..4).map(|number| arrival(number, PROMISE)).collect());
        for arrival in &mut plan.arrivals {
            arrival.title_hash = 7;
        }
        let before = plan.clone();
        settle(&mut plan, &[]);
        assert_eq!(plan, before);
    }
}
