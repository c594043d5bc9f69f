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

use chrono::{DateTime, NaiveDateTime, TimeDelta, TimeZone, Timelike, Utc};
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
pub fn next_slot(timetable: &Timetable, after: DateTime<Utc>) -> Option<Slot> {
    let zone = timetable.zone();
    // Local time may stand still (a gap) or run back (an overlap) but the instants that `instant`
    // gives grow with it, so no local time before this one can lead past `after`.
    let from = after.with_timezone(&zone).naive_local().with_nanosecond(0)?;
    timetable.schedule().after(&from.and_utc()).map(|local| local.naive_utc()).find_map(|local| {
        let at = instant(zone, local)?;
        (at > after).then(|| slot(local, at))
    })
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

/// Pacific/Apia skipped a whole day in 2011.
const LONGEST_GAP_MINUTES: i64 = 25 * 60;

/// The name of a slot. Seconds are part of it only where a timetable states some, so that two
/// firings within a minute stay two slots.
fn slot(local: NaiveDateTime, at: DateTime<Utc>) -> Slot {
    let form = if local.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
    Slot { date: local.date(), time: local.format(form).to_string(), at }
}
