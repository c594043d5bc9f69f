//! When a newsletter is due: once per slot of its timetable, whatever the clocks do.
//!
//! The `cron` schedule is only ever asked about local times, as if they were UTC, and its answer is
//! mapped back by our own rule: a time that the clocks skip becomes the first instant after the gap,
//! a time that they show twice means the first of the two. So firings never run back, and a local
//! day is neither skipped nor repeated.
//!
//! After down-time one edition is made, not many: the latest slot, if it is not too late for it.
//! What an unmade edition would have carried stays unread in the store and goes into the next one.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

use crate::model::edition::Slot;
use crate::model::timetable::Timetable;

/// What a timetable asks for at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// Every slot so far is answered.
    Nothing {
        /// The next one; none if the schedule never fires again.
        next: Option<Slot>,
    },
    /// The edition of this slot is to be made now.
    Make(Slot),
    /// The latest slot went by too long ago; it is to be settled without an edition.
    Missed(Slot),
}

/// The first slot after `after`; none if the schedule never fires again.
///
/// Of several local times that come down to one instant, since a gap lies between them, the last
/// one names the slot: it is what clocks show then.
pub fn next_slot(timetable: &Timetable, after: DateTime<Utc>) -> Option<Slot> {
    let zone = timetable.zone();
    // Local time may stand still (a gap) or run back (an overlap) but the instants that `instant`
    // gives never do, so no local time before this one can lead past `after`.
    let from = after.with_timezone(&zone).naive_local().with_nanosecond(0)?;
    let mut firings = timetable
        .schedule()
        .after(&from.and_utc())
        .map(|local| local.naive_utc())
        .filter(|local| exists(zone, local.date()))
        .filter_map(|local| Some((local, instant(zone, local)?)))
        .skip_while(|&(_, at)| at <= after)
        .peekable();
    let (mut local, at) = firings.next()?;
    while let Some((later, _)) = firings.next_if(|&(_, next)| next == at) {
        local = later;
    }
    Some(slot(local, at))
}

/// What is due at `now`, if `last` is the instant of the last answered slot (or when the newsletter
/// began).
///
/// Of several unanswered slots only the latest counts. It is made if it is at most `max_lateness`
/// old. A clock that was set back makes `last` lie in the future: nothing is due until it has passed
/// again, so no edition comes twice. Beyond two days it is the clock of back then that was wrong,
/// and waiting for it could take years: then slots within `max_lateness` count as unanswered, and a
/// caller finds out by the slot's name whether its edition exists.
pub fn due(
    timetable: &Timetable,
    last: DateTime<Utc>,
    now: DateTime<Utc>,
    max_lateness: Duration,
) -> Due {
    let lateness = TimeDelta::from_std(max_lateness).unwrap_or(TimeDelta::MAX);
    let last = if last.signed_duration_since(now) > BELIEVABLE_SET_BACK {
        now.checked_sub_signed(lateness).unwrap_or(now)
    } else {
        last
    };
    match latest_slot(timetable, last, now) {
        Some(slot) if now.signed_duration_since(slot.at) <= lateness => Due::Make(slot),
        Some(slot) => Due::Missed(slot),
        None => Due::Nothing { next: next_slot(timetable, last.max(now)) },
    }
}

/// The slot that an edition made at `now` by hand answers: that of the same local day if the
/// timetable has one, be it over or yet to come, else the latest one before, else the next.
pub fn current_slot(timetable: &Timetable, now: DateTime<Utc>) -> Option<Slot> {
    let next = next_slot(timetable, now);
    let today = now.with_timezone(&timetable.zone()).date_naive();
    let long_ago = now.checked_sub_signed(LOOK_BACK).unwrap_or(DateTime::<Utc>::MIN_UTC);
    match latest_slot(timetable, long_ago, now) {
        Some(latest) if latest.date == today => Some(latest),
        latest => next.clone().filter(|next| next.date == today).or(latest).or(next),
    }
}

/// How far back a slot made by hand may lie: leap days come every eight years at worst.
const LOOK_BACK: TimeDelta = TimeDelta::days(8 * 366);

/// How far a clock is believed to be set back by hand or by a daemon of the system.
const BELIEVABLE_SET_BACK: TimeDelta = TimeDelta::days(2);

/// The latest slot in `(last, now]`. It is looked for in windows before `now` that double, so that a
/// schedule of every minute costs no more after a year of down-time than after an hour.
fn latest_slot(timetable: &Timetable, last: DateTime<Utc>, now: DateTime<Utc>) -> Option<Slot> {
    let mut window = TimeDelta::minutes(1);
    loop {
        let start = now.checked_sub_signed(window).unwrap_or(last).max(last);
        let found = next_slot(timetable, start).filter(|slot| slot.at <= now);
        if let Some(mut latest) = found {
            while let Some(next) = next_slot(timetable, latest.at).filter(|slot| slot.at <= now) {
                latest = next;
            }
            return Some(latest);
        }
        if start == last {
            return None;
        }
        window = window.checked_mul(2).unwrap_or(TimeDelta::MAX);
    }
}

/// The instant that a local time stands for: the first of two, or the end of the gap it lies in.
fn instant(zone: Tz, local: NaiveDateTime) -> Option<DateTime<Utc>> {
    if let Some(at) = zone.from_local_datetime(&local).earliest() {
        return Some(at.to_utc());
    }
    // Zones have changed their offsets by whole minutes since 1972, and by a day at most.
    let minute = local.with_second(0)?;
    (1..=LONGEST_GAP_MINUTES).find_map(|minutes| {
        let local = minute.checked_add_signed(TimeDelta::minutes(minutes))?;
        Some(zone.from_local_datetime(&local).earliest()?.to_utc())
    })
}

/// Whether clocks in `zone` ever showed `date`: Pacific/Apia went from 29 to 31 December 2011.
fn exists(zone: Tz, date: NaiveDate) -> bool {
    let midnight = instant(zone, date.and_time(NaiveTime::MIN));
    midnight.is_some_and(|at| at.with_timezone(&zone).date_naive() == date)
}

const LONGEST_GAP_MINUTES: i64 = 25 * 60;

/// The name of a slot. Seconds are part of it only where a timetable states some, so that two
/// firings within a minute stay two slots.
fn slot(local: NaiveDateTime, at: DateTime<Utc>) -> Slot {
    let form = if local.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
    Slot { date: local.date(), time: local.format(form).to_string(), at }
}

#[cfg(test)]
mod tests {
    use chrono::Offset;
    use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a moment of the table")
    }

    fn daily(time: &str, zone: Tz) -> Timetable {
        Timetable::daily(time, zone).expect("a time of the table")
    }

    fn paris(time: &str) -> Timetable {
        daily(time, chrono_tz::Europe::Paris)
    }

    const HOUR: Duration = Duration::from_secs(3_600);

    #[test]
    fn gaps_lead_to_their_end_and_overlaps_to_the_first_pass() {
        use chrono_tz::{Africa, America, Asia, Australia, Europe, UTC};
        for (zone, time, after, date, expected) in [
            (Europe::Paris, "07:00", "2024-03-30T12:00:00Z", "2024-03-31", "2024-03-31T05:00:00Z"),
            (Europe::Paris, "07:00", "2024-10-26T12:00:00Z", "2024-10-27", "2024-10-27T06:00:00Z"),
            (Europe::Paris, "02:30", "2024-03-30T12:00:00Z", "2024-03-31", "2024-03-31T01:00:00Z"),
            (Europe::Paris, "02:30", "2024-10-26T12:00:00Z", "2024-10-27", "2024-10-27T00:30:00Z"),
            // Within the second pass of that night nothing is left of it.
            (Europe::Paris, "02:30", "2024-10-27T01:10:00Z", "2024-10-28", "2024-10-28T01:30:00Z"),
            (Europe::Berlin, "02:30", "2026-03-28T12:00:00Z", "2026-03-29", "2026-03-29T01:00:00Z"),
            (Europe::Berlin, "02:30", "2026-10-24T12:00:00Z", "2026-10-25", "2026-10-25T00:30:00Z"),
            (Africa::Cairo, "00:00", "2024-04-25T12:00:00Z", "2024-04-26", "2024-04-25T22:00:00Z"),
            (Africa::Cairo, "00:30", "2024-04-25T12:00:00Z", "2024-04-26", "2024-04-25T22:00:00Z"),
            (Asia::Beirut, "00:00", "2024-03-30T12:00:00Z", "2024-03-31", "2024-03-30T22:00:00Z"),
            (
                Australia::Lord_Howe,
                "02:15",
                "2024-10-05T10:00:00Z",
                "2024-10-06",
                "2024-10-05T15:30:00Z",
            ),
            (
                Australia::Lord_Howe,
                "01:45",
                "2024-04-06T02:00:00Z",
                "2024-04-07",
                "2024-04-06T14:45:00Z",
            ),
            (
                America::Santiago,
                "00:00",
                "2024-09-07T12:00:00Z",
                "2024-09-08",
                "2024-09-08T04:00:00Z",
            ),
            (
                America::Santiago,
                "23:30",
                "2024-04-06T12:00:00Z",
                "2024-04-06",
                "2024-04-07T02:30:00Z",
            ),
            (
                America::New_York,
                "02:00",
                "2025-03-08T12:00:00Z",
                "2025-03-09",
                "2025-03-09T07:00:00Z",
            ),
            (UTC, "06:30", "2024-02-28T12:00:00Z", "2024-02-29", "2024-02-29T06:30:00Z"),
        ] {
            let slot = next_slot(&daily(time, zone), at(after)).expect("a daily timetable");
            assert_eq!(
                (slot.date.to_string().as_str(), slot.time.as_str(), slot.at),
                (date, time, at(expected)),
                "{zone} {time} after {after}"
            );
        }
    }

    /// The instants at which the offset of a zone changed, 2024 to 2030, to the minute.
    fn transitions(zone: Tz) -> Vec<DateTime<Utc>> {
        let offset = |at: DateTime<Utc>| zone.offset_from_utc_datetime(&at.naive_utc()).fix();
        let mut found = Vec::new();
        let mut now = at("2024-01-01T00:00:00Z");
        while now < at("2031-01-01T00:00:00Z") {
            let next = now + TimeDelta::minutes(30);
            if offset(now) != offset(next) {
                found.push(next);
            }
            now = next;
        }
        found
    }

    fn ever_shown(zone: Tz, date: NaiveDate) -> bool {
        (0..24).any(|hour| {
            let local = date.and_hms_opt(hour, 0, 0).expect("an hour of the day");
            zone.from_local_datetime(&local).earliest().is_some()
        })
    }

    /// Follows a timetable and checks what it must hold: instants grow, and every date that clocks
    /// show has one slot, at its time or, in a gap, after it.
    fn follow(timetable: &Timetable, start: DateTime<Utc>, days: usize) -> Result<(), String> {
        let zone = timetable.zone();
        let mut after = start;
        let mut previous: Option<Slot> = None;
        for _ in 0..days {
            let slot = next_slot(timetable, after).ok_or("it fires no more")?;
            if slot.at <= after {
                return Err(format!("{slot:?} is not after {after}"));
            }
            let local = slot.at.with_timezone(&zone).naive_local();
            let stated = format!("{}T{}:00", slot.date, slot.time);
            let stated: NaiveDateTime = stated.parse().map_err(|e| format!("{stated}: {e}"))?;
            let in_gap = zone.from_local_datetime(&stated).earliest().is_none();
            if local < stated || (local != stated && !in_gap) {
                return Err(format!("{slot:?} is at {local}"));
            }
            if let Some(previous) = previous {
                let mut expected = previous.date.succ_opt().ok_or("no next day")?;
                while !ever_shown(zone, expected) {
                    expected = expected.succ_opt().ok_or("no next day")?;
                }
                if slot.date != expected {
                    return Err(format!("{} follows {}", slot.date, previous.date));
                }
            }
            after = slot.at;
            previous = Some(slot);
        }
        Ok(())
    }

    #[test]
    fn every_transition_of_2024_to_2030_has_one_slot_per_local_date() {
        let zones = [
            chrono_tz::Europe::Paris,
            chrono_tz::Europe::Berlin,
            chrono_tz::Africa::Cairo,
            chrono_tz::Asia::Beirut,
            chrono_tz::Australia::Lord_Howe,
            chrono_tz::America::Santiago,
            chrono_tz::America::New_York,
            chrono_tz::UTC,
        ];
        for zone in zones {
            let transitions = transitions(zone);
            assert_eq!(transitions.len(), if zone == chrono_tz::UTC { 0 } else { 14 }, "{zone}");
            for transition in transitions {
                for quarter in 0..96 {
                    let time = format!("{:02}:{:02}", quarter / 4, quarter % 4 * 15);
                    let start = transition - TimeDelta::days(2);
                    assert_eq!(follow(&daily(&time, zone), start, 4), Ok(()), "{zone} {time}");
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn a_timetable_neither_skips_nor_repeats_a_local_day(
            zone in 0..chrono_tz::TZ_VARIANTS.len(),
            day in 0_i64..23_000, // from 1973 to 2035
            minute in 0_u32..1_440,
        ) {
            let zone = chrono_tz::TZ_VARIANTS[zone];
            let start = at("1973-01-01T00:00:00Z") + TimeDelta::days(day);
            let time = format!("{:02}:{:02}", minute / 60, minute % 60);
            let followed = follow(&daily(&time, zone), start, 60);
            prop_assert!(followed.is_ok(), "{zone} {time} from {start}: {followed:?}");
        }

        #[test]
        fn any_schedule_only_moves_forward(
            zone in 0..chrono_tz::TZ_VARIANTS.len(),
            day in 0_i64..23_000,
            offset in 0_i64..86_400,
            schedule in proptest::sample::select(vec![
                "0 */30 * * * *", "0 0 */3 * * *", "15 */7 1-3 * * *", "0 30 2 * * Sun",
            ]),
            nanos in any::<u16>(),
        ) {
            let zone = chrono_tz::TZ_VARIANTS[zone];
            let timetable = Timetable::cron(schedule, zone).expect("a schedule of the table");
            let mut after = at("1973-01-01T00:00:00Z") + TimeDelta::days(day)
                + TimeDelta::seconds(offset) + TimeDelta::nanoseconds(i64::from(nanos));
            let mut names = std::collections::HashSet::new();
            for _ in 0..40 {
                let slot = next_slot(&timetable, after).expect("a schedule that goes on");
                prop_assert!(slot.at > after, "{zone} {schedule}: {slot:?} after {after}");
                prop_assert!(names.insert((slot.date, slot.time.clone())), "{zone}: {slot:?} twice");
                after = slot.at;
            }
            prop_assert_eq!(names.len(), 40);
        }
    }

    #[test]
    fn a_date_that_clocks_never_showed_has_no_slot() {
        let apia = chrono_tz::Pacific::Apia;
        for time in ["00:00", "06:30", "23:59"] {
            let mut after = at("2011-12-28T00:00:00Z");
            let mut dates = Vec::new();
            while dates.len() < 4 {
                let slot = next_slot(&daily(time, apia), after).expect("a daily timetable");
                dates.push(slot.date.to_string());
                after = slot.at;
            }
            assert!(!dates.contains(&"2011-12-30".to_owned()), "{time}: {dates:?}");
        }
    }

    #[test]
    fn firings_that_a_gap_pushes_together_are_one_slot() {
        let half_hourly = Timetable::cron("0 */30 * * * *", chrono_tz::Europe::Paris);
        let half_hourly = half_hourly.expect("a schedule");
        let mut after = at("2026-03-29T00:10:00Z");
        let mut times = Vec::new();
        for _ in 0..3 {
            let slot = next_slot(&half_hourly, after).expect("a slot");
            times.push(slot.time.clone());
            after = slot.at;
        }
        assert_eq!(times, ["01:30", "03:00", "03:30"]);
    }

    #[test]
    fn a_slot_of_seconds_is_named_by_them() {
        let often = Timetable::cron("*/20 30 6 * * *", chrono_tz::UTC).expect("a schedule");
        let slot = next_slot(&often, at("2026-11-24T06:30:00Z")).expect("a slot");
        assert_eq!(slot.time, "06:30:20");
    }

    /// A machine that is down at the hour, by how long it was down.
    #[test]
    fn down_time_is_caught_up_with_one_edition_or_none() {
        let timetable = paris("07:00");
        let make = |due: Due| match due {
            Due::Make(slot) => format!("make {}", slot.date),
            Due::Missed(slot) => format!("missed {}", slot.date),
            Due::Nothing { next } => {
                format!("next {}", next.map(|slot| slot.at.to_string()).unwrap_or_default())
            }
        };
        for (last, now, expected) in [
            ("2026-11-23T06:00:00Z", "2026-11-24T05:59:59Z", "next 2026-11-24 06:00:00 UTC"),
            ("2026-11-23T06:00:00Z", "2026-11-24T06:00:00Z", "make 2026-11-24"),
            ("2026-11-23T06:00:00Z", "2026-11-24T08:00:00Z", "make 2026-11-24"),
            ("2026-11-23T06:00:00Z", "2026-11-24T12:00:00Z", "make 2026-11-24"),
            ("2026-11-23T06:00:00Z", "2026-11-24T12:00:01Z", "missed 2026-11-24"),
            ("2026-11-24T06:00:00Z", "2026-11-24T08:00:00Z", "next 2026-11-25 06:00:00 UTC"),
            // Three days down: one edition, of the latest slot.
            ("2026-11-21T06:00:00Z", "2026-11-24T08:00:00Z", "make 2026-11-24"),
            ("2026-11-21T06:00:00Z", "2026-11-24T13:00:00Z", "missed 2026-11-24"),
            // The clock was set back by an hour: no second edition.
            ("2026-11-24T06:00:00Z", "2026-11-24T05:05:00Z", "next 2026-11-25 06:00:00 UTC"),
            // It had run ten years ahead: the newsletter does not wait ten years.
            ("2036-11-24T06:00:00Z", "2026-11-24T08:00:00Z", "make 2026-11-24"),
            ("2036-11-24T06:00:00Z", "2026-11-24T13:00:00Z", "next 2026-11-25 06:00:00 UTC"),
            // An old copy of the database is put back.
            ("2025-01-01T06:00:00Z", "2026-11-24T23:00:00Z", "missed 2026-11-24"),
        ] {
            assert_eq!(
                make(due(&timetable, at(last), at(now), 6 * HOUR)),
                expected,
                "{last} {now}"
            );
        }
    }

    #[test]
    fn thirty_days_of_late_timers_make_thirty_editions() {
        let timetable = paris("07:00");
        let mut last = at("2026-10-10T12:00:00Z");
        let mut dates = Vec::new();
        let mut now = last;
        for tick in 0_i64..30 * 24 * 60 {
            // Ticks of about a minute, some of them seconds late.
            now += TimeDelta::seconds(60 + tick % 7 - 3);
            if let Due::Make(slot) = due(&timetable, last, now, 6 * HOUR) {
                last = slot.at;
                dates.push(slot.date);
            }
        }
        assert_eq!(dates.len(), 30);
        assert!(dates.windows(2).all(|pair| pair[0].succ_opt() == Some(pair[1])), "{dates:?}");
    }

    #[test]
    fn weekdays_and_leap_days_are_those_of_the_readers() {
        let auckland = chrono_tz::Pacific::Auckland;
        let working_days = Timetable::cron("0 30 6 * * Mon-Fri", auckland).expect("a schedule");
        let slot = next_slot(&working_days, at("2026-11-20T00:00:00Z")).expect("a slot");
        assert_eq!(
            (slot.date.to_string().as_str(), slot.at),
            ("2026-11-23", at("2026-11-22T17:30:00Z"))
        );
        let leap_day = Timetable::cron("0 0 7 29 2 *", chrono_tz::UTC).expect("a schedule");
        let slot = next_slot(&leap_day, at("2026-11-24T00:00:00Z")).expect("a slot");
        assert_eq!(slot.date.to_string(), "2028-02-29");
        let never = Timetable::cron("0 0 7 31 2 *", chrono_tz::UTC).expect("a schedule");
        assert_eq!(
            due(&never, at("2026-11-24T00:00:00Z"), at("2026-11-25T00:00:00Z"), HOUR),
            Due::Nothing { next: None }
        );
    }

    #[test]
    fn a_year_of_down_time_of_a_dense_schedule_costs_nothing() {
        let every_minute = Timetable::cron("0 * * * * *", chrono_tz::UTC).expect("a schedule");
        let (last, now) = (at("2025-11-24T00:00:00Z"), at("2026-11-24T00:00:30Z"));
        let Due::Make(slot) = due(&every_minute, last, now, HOUR) else { panic!("not due") };
        assert_eq!(slot.at, at("2026-11-24T00:00:00Z"));
    }
}
