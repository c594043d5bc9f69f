//! Hours and days in which a publisher asks not to be asked (RSS 2.0, `skipHours` and `skipDays`).
//!
//! They are in GMT wherever we or the publisher live. A list that leaves no hour of the week is
//! a mistake of the publisher's and is ignored.

use chrono::{DateTime, Datelike, DurationRound, TimeDelta, Timelike, Utc};

use crate::model::document::Wishes;

/// How far the next free hour can be: a week, and one hour for the start.
const HOURS_TO_LOOK: i32 = 24 * 7 + 1;

/// Whether `moment` is in an hour or on a day to leave out.
pub fn is_skipped(wishes: &Wishes, moment: DateTime<Utc>) -> bool {
    let day = moment.weekday().num_days_from_monday();
    wishes.skip_hours.iter().any(|&hour| u32::from(hour) % 24 == moment.hour())
        || wishes.skip_days.iter().any(|&skipped| u32::from(skipped) == day)
}

/// Whether no hour of the week is left, so that the list is ignored.
pub fn leaves_nothing(wishes: &Wishes) -> bool {
    let any = DateTime::UNIX_EPOCH;
    is_skipped(wishes, any) && next_free_hour(wishes, any).is_none()
}

/// The start of the first hour after `moment` that is not left out; none if `moment` is free itself
/// or no hour of the week is.
pub fn next_free_hour(wishes: &Wishes, moment: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if !is_skipped(wishes, moment) {
        return None;
    }
    let hour = moment.duration_trunc(TimeDelta::hours(1)).ok()?;
    (1..=HOURS_TO_LOOK)
        .filter_map(|hours| hour.checked_add_signed(TimeDelta::hours(i64::from(hours))))
        .find(|&hour| !is_skipped(wishes, hour))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_and_days_are_gmt_and_a_full_list_is_ignored() {
        let monday_8_20 = "2026-11-23T08:20:00Z";
        for (hours, days, free) in [
            (vec![], vec![], None),
            (vec![9], vec![1], None),
            (vec![8], vec![], Some("2026-11-23T09:00:00Z")),
            (vec![8, 9, 10], vec![], Some("2026-11-23T11:00:00Z")),
            ((8..24).collect(), vec![], Some("2026-11-24T00:00:00Z")),
            (vec![], vec![0], Some("2026-11-24T00:00:00Z")),
            (vec![0, 24], vec![0, 1], Some("2026-11-25T01:00:00Z")),
            (
                (0..24).filter(|&hour| hour != 8).collect(),
                vec![0, 1, 2, 3, 4, 5],
                Some("2026-11-29T08:00:00Z"),
            ),
            ((0..24).collect(), vec![], None),
            (vec![], (0..7).collect(), None),
            (vec![200], vec![9], Some("2026-11-23T09:00:00Z")),
        ] {
            let wishes =
                Wishes { skip_hours: hours.clone(), skip_days: days.clone(), ..Wishes::default() };
            let moment = monday_8_20.parse().expect("a date");
            let free = free.map(|free| free.parse().expect("a date"));
            let full = hours.len() == 24 || days.len() == 7;
            assert_eq!(leaves_nothing(&wishes), full, "{hours:?} {days:?}");
            assert_eq!(next_free_hour(&wishes, moment), free, "{hours:?} {days:?}");
        }
    }
}
