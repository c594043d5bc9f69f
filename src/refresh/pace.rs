//! How fast a feed publishes, read from the dates of its newest items.

use chrono::{DateTime, Utc};

use crate::model::document::Item;

/// How many of the newest items count.
const NEWEST: usize = 20;

/// Mean time between the newest dated items, in seconds. None with fewer than two different dates:
/// a feed that dates all items alike says nothing of its pace. Dates in the future count as `now`.
pub fn mean_gap_secs(items: &[Item], now: DateTime<Utc>) -> Option<u32> {
    let mut dates: Vec<_> =
        items.iter().filter_map(|item| item.published).map(|date| date.min(now)).collect();
    dates.sort_unstable();
    let newest = &dates[dates.len().saturating_sub(NEWEST)..];
    let (first, last) = (newest.first()?, newest.last()?);
    let gaps = i64::try_from(newest.len()).ok()? - 1;
    let span = (*last - *first).num_seconds();
    (span > 0).then(|| u32::try_from(span / gaps).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn the_pace_is_the_mean_of_the_newest_gaps() {
        let now: DateTime<Utc> = "2026-11-24T12:00:00Z".parse().expect("a date");
        let ages = |hours: &[i64]| -> Vec<Item> {
            let dates = hours.iter().map(|&hours| Some(now - TimeDelta::hours(hours)));
            dates.map(|published| Item { published, ..Item::default() }).collect()
        };
        let daily_then_hourly: Vec<_> = (0..20).chain((2..9).map(|day| day * 24)).collect();
        for (items, secs) in [
            (vec![], None),
            (ages(&[5]), None),
            (ages(&[5, 5, 5]), None),
            (ages(&[9, 1, 5]), Some(4 * 3_600)),
            (ages(&[-9_999, 1]), Some(3_600)),
            (ages(&daily_then_hourly), Some(3_600)),
            (ages(&[0, 9_999_999]), Some(u32::MAX)),
        ] {
            assert_eq!(mean_gap_secs(&items, now), secs, "{items:?}");
        }
    }
}
