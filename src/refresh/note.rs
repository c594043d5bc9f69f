//! What hubs told of a feed and nobody has followed yet: when the feed is fetched for it, and what
//! answers it.
//!
//! Reading a pushed document answers that push alone, and only if nothing before it waits; a fetch
//! answers what was told before it began. What cannot be read, or is told meanwhile, is fetched.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::feed::FeedState;
use crate::model::note::Note;
use crate::refresh::cadence;

/// The shortest time to the next fetch of a feed because of what is told, if the last one brought
/// nothing; otherwise it is that of people.
const VAIN_GAP: TimeDelta = TimeDelta::minutes(5);

/// When a feed may be fetched because of what is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// When it was last fetched.
    pub last_check: Option<DateTime<Utc>>,
    /// When it last brought something.
    pub last_change: Option<DateTime<Utc>>,
    /// Its publisher's Retry-After.
    pub not_before: Option<DateTime<Utc>>,
}

impl Pause {
    /// That of a feed in this state.
    pub fn of(state: &FeedState) -> Self {
        let FeedState { last_check, last_change, not_before, .. } = *state;
        Self { last_check, last_change, not_before }
    }

    /// The first moment from `wanted` on.
    pub fn after(self, wanted: DateTime<Utc>) -> DateTime<Utc> {
        let was_vain = self.last_change < self.last_check;
        let gap = if was_vain { VAIN_GAP } else { cadence::MINIMUM_GAP };
        let gap = self.last_check.map(|last| last + gap);
        [gap, self.not_before].into_iter().flatten().fold(wanted, DateTime::max)
    }
}

/// Something was told; the feed is to be fetched at `soon`, if it is not to be sooner.
pub fn told(note: Note, soon: DateTime<Utc>) -> Note {
    let fetch_at = Some(note.fetch_at.map_or(soon, |at| at.min(soon)));
    Note { told: note.told + 1, fetch_at, ..note }
}

/// What was told with that number was read.
pub fn read(note: Note, number: i64) -> Note {
    let is_next = note.answered + 1 == number;
    settled(if is_next { Note { answered: number, ..note } } else { note })
}

/// The feed was fetched after all up to that number was told; for the rest it is at `again`.
pub fn fetched(note: Note, up_to: i64, again: DateTime<Utc>) -> Note {
    let answered = note.answered.max(up_to);
    settled(Note { answered, fetch_at: note.fetch_at.map(|_| again), ..note })
}

/// The feed could not be fetched at `now`, or was not since it was told: it is tried again.
pub fn postponed(note: Note, pause: Pause, now: DateTime<Utc>) -> Note {
    let again = pause.after(now + VAIN_GAP);
    Note { fetch_at: note.fetch_at.map(|_| again), ..note }
}

fn settled(note: Note) -> Note {
    let fetch_at = note.fetch_at.filter(|_| note.answered < note.told);
    Note { fetch_at, ..note }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::feed::FeedId;

    fn minute(minute: i64) -> DateTime<Utc> {
        DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    /// A note of so many pushes.
    fn of(pushes: i64) -> Note {
        (0..pushes).fold(Note::new(FeedId(1)), |note, _| told(note, minute(1)))
    }

    #[test]
    fn reading_what_was_pushed_answers_that_alone() {
        let all_read = (1..=10).fold(of(10), read);
        assert_eq!((all_read.answered, all_read.fetch_at), (10, None));
        // Of twelve, two were too much to be read.
        let burst = (1..=10).fold(of(12), read);
        assert_eq!(burst.fetch_at, Some(minute(1)));
        // The third could not be read; what comes after it does not hide it.
        let gap = [1, 2, 4, 5].into_iter().fold(of(5), read);
        assert_eq!((gap.answered, gap.fetch_at), (2, Some(minute(1))));
        // A push that was fetched for is read late: the one after it is not answered by that.
        let late = told(fetched(of(1), 1, minute(2)), minute(3));
        assert_eq!(read(late, 1).fetch_at, Some(minute(3)));
        assert_eq!(read(late, 2).fetch_at, None);
    }

    #[test]
    fn a_fetch_answers_what_was_told_before_it() {
        assert_eq!(fetched(of(3), 3, minute(9)).fetch_at, None);
        assert_eq!(fetched(of(3), 2, minute(9)).fetch_at, Some(minute(9)));
        let nothing = Note::new(FeedId(1));
        assert_eq!(fetched(nothing, 0, minute(9)), nothing);
    }

    #[test]
    fn what_could_not_be_fetched_is_tried_again_and_nothing_is_answered_by_that() {
        let pause = Pause { last_check: None, last_change: None, not_before: Some(minute(70)) };
        assert_eq!(postponed(of(2), pause, minute(0)).fetch_at, Some(minute(70)));
        let free = Pause { not_before: None, ..pause };
        let again = postponed(of(2), free, minute(0));
        assert_eq!((again.answered, again.fetch_at), (0, Some(minute(5))));
        assert_eq!(postponed(Note::new(FeedId(1)), free, minute(0)).fetch_at, None);
    }

    #[test]
    fn the_earlier_moment_stays() {
        let soon = told(of(1), minute(7));
        assert_eq!((soon.told, soon.fetch_at), (2, Some(minute(1))));
        assert_eq!(told(soon, minute(0)).fetch_at, Some(minute(0)));
    }
}
