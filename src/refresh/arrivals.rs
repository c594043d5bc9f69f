//! The order and the rank of new entries.
//!
//! Entries are numbered as they arrive, so those of one document are put oldest first. Old items
//! that appear late are archive, not news: the backlog of a feed's first document, an old item that
//! scrolls in at the end when a newer one was deleted, a whole archive announced anew. They get a
//! rank, by which newsletters leave them out; nothing is dropped.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::document::Item;
use crate::model::entry;
use crate::model::feed::FeedState;
use crate::model::plan::Arrival;

/// The rank of an old item that appears after the first poll: behind every backlog.
pub const ARCHIVE: u32 = u32::MAX;

/// From how many old items at once on a document announces its archive anew.
const REPLAY_ITEMS: usize = 20;

/// How long before the previous poll an item must be dated to count as old in a replay.
const REPLAY_AGE: TimeDelta = TimeDelta::days(7);

/// Arrivals with the index of their item, in document order.
pub type Arrivals = Vec<(usize, Arrival)>;

/// Ranks `arrivals` and puts them in the order in which they are numbered. `before` is the feed as
/// the last poll left it; `known` are the indices of the document's items that were known.
pub fn settle(
    mut arrivals: Arrivals,
    items: &[Item],
    known: &[usize],
    before: &FeedState,
) -> Vec<Arrival> {
    if !before.polled_before {
        rank_backlog(&mut arrivals);
    } else if let Some(last_check) = before.last_check {
        rank_archive(&mut arrivals, items, known, before, last_check);
    }
    arrivals.sort_by_key(|(item, arrival)| (age(arrival), std::cmp::Reverse(*item)));
    arrivals.into_iter().map(|(_, arrival)| arrival).collect()
}

fn age(arrival: &Arrival) -> DateTime<Utc> {
    entry::order(arrival.content.published, arrival.first_seen)
}

/// Newest first, undated ones last in document order.
fn rank_backlog(arrivals: &mut Arrivals) {
    arrivals.sort_by_key(|(item, arrival)| {
        let is_undated = arrival.content.published.is_none();
        (is_undated, std::cmp::Reverse(age(arrival)), *item)
    });
    for (rank, (_, arrival)) in (1..).zip(arrivals) {
        arrival.backlog = rank;
    }
}

fn rank_archive(
    arrivals: &mut Arrivals,
    items: &[Item],
    known: &[usize],
    before: &FeedState,
    last_check: DateTime<Utc>,
) {
    let is_older = |arrival: &Arrival, than: DateTime<Utc>| {
        arrival.content.published.is_some_and(|published| published < than)
    };
    let old = arrivals.iter().filter(|(_, a)| is_older(a, last_check - REPLAY_AGE)).count();
    let is_replay = old >= REPLAY_ITEMS;
    let oldest_known = known.iter().filter_map(|&item| items[item].published).min();
    let last_known = known.iter().max();
    let has_grown = items.len() > usize::try_from(before.item_count).unwrap_or(usize::MAX);
    for (item, arrival) in arrivals {
        let is_below = last_known.is_some_and(|last| *item > *last);
        let is_oldest = oldest_known.is_some_and(|oldest| is_older(arrival, oldest));
        let scrolled_in = !has_grown && is_below && is_oldest && is_older(arrival, last_check);
        let replayed = is_replay && is_older(arrival, last_check - REPLAY_AGE);
        if scrolled_in || replayed {
            arrival.backlog = ARCHIVE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::entry::{Content, EntryKey, Fingerprint};

    fn now() -> DateTime<Utc> {
        "2026-11-24T12:00:00Z".parse().expect("a date")
    }

    /// Items by their age in hours; none is undated.
    fn items(ages: &[Option<i64>]) -> Vec<Item> {
        let dates = ages.iter().map(|age| age.map(|age| now() - TimeDelta::hours(age)));
        dates.map(|published| Item { published, ..Item::default() }).collect()
    }

    fn arrivals(items: &[Item], but: &[usize]) -> Arrivals {
        let new = items.iter().enumerate().filter(|(index, _)| !but.contains(index));
        let arrival = |(index, item): (usize, &Item)| {
            let content = Content { published: item.published, ..Content::default() };
            let arrival = Arrival {
                key: EntryKey([index as u8; 16]),
                document: None,
                title_hash: 0,
                fingerprint: Fingerprint(0),
                content,
                first_seen: now(),
                backlog: 0,
            };
            (index, arrival)
        };
        new.map(arrival).collect()
    }

    /// The indices of the settled items and their ranks.
    fn settled(ages: &[Option<i64>], known: &[usize], before: &FeedState) -> (Vec<u8>, Vec<u32>) {
        let items = items(ages);
        let settled = settle(arrivals(&items, known), &items, known, before);
        settled.iter().map(|arrival| (arrival.key.0[0], arrival.backlog)).unzip()
    }

    #[test]
    fn the_first_poll_is_numbered_oldest_first_and_ranked_newest_first() {
        let before = FeedState::new(now());
        for (ages, order, ranks) in [
            (vec![Some(1), Some(2), Some(3)], vec![2, 1, 0], vec![3, 2, 1]),
            (vec![Some(3), Some(1), Some(2)], vec![0, 2, 1], vec![3, 2, 1]),
            (vec![None, None, None], vec![2, 1, 0], vec![3, 2, 1]),
            (vec![None, Some(9), None, Some(-9)], vec![1, 3, 2, 0], vec![2, 1, 4, 3]),
        ] {
            assert_eq!(settled(&ages, &[], &before), (order, ranks), "{ages:?}");
        }
    }

    #[test]
    fn an_old_item_is_archive_only_if_it_scrolled_in() {
        let before = FeedState {
            polled_before: true,
            item_count: 3,
            last_check: Some(now() - TimeDelta::hours(1)),
            ..FeedState::new(now())
        };
        let old = Some(900);
        for (claim, ages, known, rank) in [
            ("scrolled in", vec![Some(30), Some(40), old], vec![0, 1], ARCHIVE),
            ("on top", vec![old, Some(30), Some(40)], vec![1, 2], 0),
            ("backdated between", vec![Some(30), Some(35), Some(40)], vec![0, 2], 0),
            ("the document grew", vec![Some(30), Some(40), Some(50), old], vec![0, 1, 2], 0),
            ("nothing known", vec![old], vec![], 0),
            ("undated", vec![Some(30), Some(40), None], vec![0, 1], 0),
            ("news at the end", vec![Some(30), Some(40), Some(0)], vec![0, 1], 0),
        ] {
            assert_eq!(settled(&ages, &known, &before).1, [rank], "{claim}");
        }
    }

    #[test]
    fn an_archive_announced_anew_is_no_news() {
        let before = FeedState {
            polled_before: true,
            item_count: 9,
            last_check: Some(now() - TimeDelta::hours(1)),
            ..FeedState::new(now())
        };
        for (old, new, archive) in [(606, 2, 606), (20, 0, 20), (19, 2, 0)] {
            let mut ages = vec![Some(0); new];
            ages.extend((0..old).map(|n| Some(300 + n)));
            let ranks = settled(&ages, &[], &before).1;
            let ranked = ranks.iter().filter(|&&rank| rank == ARCHIVE).count();
            assert_eq!((ranked, ranks.len()), (archive, old as usize + new));
        }
    }
}
