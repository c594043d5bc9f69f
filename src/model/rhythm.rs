//! When a feed publishes, as counts: hours of the day, days of the week, and how long after an item
//! the next one came. Counts fade, so that habits which change are forgotten.
//!
//! Only what is counted lives here; what follows from it is `refresh::rhythm`'s.

use chrono::{DateTime, Utc};

/// How many ages a gap is sorted into.
pub const AGES: usize = 9;

/// What was counted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rhythm {
    /// Items by the hour of the day, UTC.
    pub hours: [f32; 24],
    /// Items by the day of the week, UTC, Monday first.
    pub days: [f32; 7],
    /// Gaps between two items by their length.
    pub gaps: [f32; AGES],
    /// The hours that were spent at each length, waiting for the next item.
    pub waited: [f32; AGES],
    /// The newest item counted.
    pub last: Option<DateTime<Utc>>,
}

impl Rhythm {
    /// The bytes under which it is kept: counts as little-endian floats (IEEE 754), then the newest
    /// item's moment in milliseconds. None if nothing was counted.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let last = self.last?.timestamp_millis();
        let counts = self.hours.iter().chain(&self.days).chain(&self.gaps).chain(&self.waited);
        Some(counts.flat_map(|count| count.to_le_bytes()).chain(last.to_le_bytes()).collect())
    }

    /// What was kept as `bytes`; none if they are not what [`Self::to_bytes`] makes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (counts, last) = bytes.split_last_chunk::<8>()?;
        let (counts, rest) = counts.as_chunks::<4>();
        let mut counts = counts.iter().map(|count| f32::from_le_bytes(*count));
        let mut rhythm = Self::default();
        let places = rhythm.hours.iter_mut().chain(&mut rhythm.days).chain(&mut rhythm.gaps);
        for place in places.chain(&mut rhythm.waited) {
            *place = counts.next().filter(|count| count.is_finite() && *count >= 0.0)?;
        }
        rhythm.last = Some(DateTime::from_timestamp_millis(i64::from_le_bytes(*last))?);
        (counts.next().is_none() && rest.is_empty()).then_some(rhythm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_back_as_it_was_kept_and_nothing_else_does() {
        let mut rhythm = Rhythm { last: Some(DateTime::UNIX_EPOCH), ..Rhythm::default() };
        (rhythm.hours[9], rhythm.days[0], rhythm.waited[8]) = (1.5, 1.0, 24.0);
        let bytes = rhythm.to_bytes().expect("something was counted");
        assert_eq!(Rhythm::from_bytes(&bytes), Some(rhythm));
        assert_eq!(Rhythm::default().to_bytes(), None);
        let mut odd = bytes.clone();
        odd[..4].copy_from_slice(&f32::NAN.to_le_bytes());
        for bytes in [&bytes[1..], &bytes[4..], &[], &odd] {
            assert_eq!(Rhythm::from_bytes(bytes), None);
        }
    }
}
