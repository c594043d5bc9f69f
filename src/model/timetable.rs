//! A timetable: when a newsletter is due, in the local time of its readers.
//!
//! Both forms of the configuration, `at = "06:30"` and `cron = "0 30 6 * * Mon-Fri"`, become a
//! `cron` schedule. When it fires is ruled by `newsletter::timetable`: the schedule alone gets the
//! nights wrong in which clocks change.

use std::str::FromStr;

use chrono_tz::Tz;

/// A schedule in a time zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Timetable {
    schedule: cron::Schedule,
    zone: Tz,
}

/// Why a text is no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotASchedule {
    /// Not `HH:MM`.
    #[error("not a time of day between \"00:00\" and \"23:59\"")]
    Time,
    /// Not a cron expression.
    #[error("not a cron expression of 5, 6 or 7 fields: {0}")]
    Cron(String),
}

impl Timetable {
    /// Every day at `at`, written `HH:MM`.
    pub fn daily(at: &str, zone: Tz) -> Result<Self, NotASchedule> {
        let (hour, minute) = at.split_once(':').ok_or(NotASchedule::Time)?;
        let hour = number_below(hour, 24).ok_or(NotASchedule::Time)?;
        let minute = number_below(minute, 60).ok_or(NotASchedule::Time)?;
        Self::cron(&format!("0 {minute} {hour} * * *"), zone)
    }

    /// A cron expression. With five fields the seconds are 0. Weekdays as numbers count from
    /// Sunday, 0 and 7 both (as in crontab(5)), and are named before the `cron` crate, which counts
    /// from 1, sees them.
    pub fn cron(expression: &str, zone: Tz) -> Result<Self, NotASchedule> {
        let mut fields: Vec<String> = expression.split_whitespace().map(str::to_owned).collect();
        if fields.len() == 5 {
            fields.insert(0, "0".to_owned());
        }
        if let Some(weekdays) = fields.get_mut(5) {
            *weekdays = named_weekdays(weekdays);
        }
        let schedule = cron::Schedule::from_str(&fields.join(" "))
            .map_err(|error| NotASchedule::Cron(error.to_string()))?;
        Ok(Self { schedule, zone })
    }

    /// The schedule, to be asked about local times only.
    pub fn schedule(&self) -> &cron::Schedule {
        &self.schedule
    }

    /// The zone of its readers.
    pub fn zone(&self) -> Tz {
        self.zone
    }
}

fn number_below(digits: &str, bound: u8) -> Option<u8> {
    let well_formed = (1..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let number: u8 = well_formed.then(|| digits.parse().ok())??;
    (number < bound).then_some(number)
}

/// `1-5` becomes `Mon-Fri`; steps (`*/2`, `1-5/2`) keep their number behind the slash.
fn named_weekdays(field: &str) -> String {
    const NAMES: [&str; 8] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let name = |word: &str| match word.parse::<usize>() {
        Ok(day) if day < NAMES.len() => NAMES[day].to_owned(),
        _ => word.to_owned(),
    };
    let part = |part: &str| {
        let (days, step) = part.split_once('/').map_or((part, None), |(d, s)| (d, Some(s)));
        let days = days.split('-').map(name).collect::<Vec<_>>().join("-");
        step.map_or(days.clone(), |step| format!("{days}/{step}"))
    };
    field.split(',').map(part).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day() {
        for good in ["06:30", "6:30", "00:00", "23:59"] {
            assert!(Timetable::daily(good, chrono_tz::Europe::Paris).is_ok(), "{good}");
        }
        for bad in ["", "24:00", "06:60", "6h30", "06:30:00", "-1:00", "+6:30"] {
            assert_eq!(
                Timetable::daily(bad, chrono_tz::Europe::Paris),
                Err(NotASchedule::Time),
                "{bad}"
            );
        }
    }

    #[test]
    fn weekdays_count_from_sunday_as_in_crontab() {
        for (given, named) in [
            ("1-5", "Mon-Fri"),
            ("0", "Sun"),
            ("7", "Sun"),
            ("1,3", "Mon,Wed"),
            ("*/2", "*/2"),
            ("Mon-Fri", "Mon-Fri"),
        ] {
            assert_eq!(named_weekdays(given), named);
        }
    }

    #[test]
    fn five_fields_get_seconds() {
        let five = Timetable::cron("30 6 * * 1-5", chrono_tz::UTC).expect("five fields");
        let six = Timetable::cron("0 30 6 * * Mon-Fri", chrono_tz::UTC).expect("six fields");
        assert!(five.schedule().timeunitspec_eq(six.schedule()));
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(matches!(
            Timetable::cron("0 61 6 * * *", chrono_tz::UTC),
            Err(NotASchedule::Cron(_))
        ));
    }
}
