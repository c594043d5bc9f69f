//! The rules that are compared. Each has one knob: the larger, the more requests.

use chrono::{DateTime, TimeDelta, Utc};
use feedmill::model::rhythm::Rhythm;
use feedmill::refresh::rhythm;

/// The bounds of all rules, in hours.
const LEAST: f64 = 1.0;
const MOST: f64 = 24.0;
/// How many entries a feed's document holds.
const WINDOW: usize = 30;

/// A rule for the next check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// The same interval for ever.
    Fixed,
    /// Miniflux, `entry_frequency`: a week divided by the entries of the last week.
    EntryFrequency,
    /// CommaFeed, `interval-empirical`: half of the mean gap, at most a quarter of the longest
    /// interval; a quarter, half and all of it after a week, two weeks and a month of silence.
    Empirical,
    /// `refresh::rhythm`.
    Rhythm,
}

impl Rule {
    /// All of them, in the order of the table.
    pub(crate) const ALL: [Self; 4] =
        [Self::Fixed, Self::EntryFrequency, Self::Empirical, Self::Rhythm];
}

/// One feed under a rule.
pub(crate) struct Poller {
    rule: Rule,
    knob: f64,
    rhythm: Rhythm,
    learnt: usize,
}

impl Poller {
    /// A feed that was never asked.
    pub(crate) fn new(rule: Rule, knob: f64) -> Self {
        Self { rule, knob, rhythm: Rhythm::default(), learnt: 0 }
    }

    /// When to ask next, `now` being a check that has shown all of `seen`.
    pub(crate) fn next(&mut self, now: f64, seen: &[f64]) -> f64 {
        let wait = match self.rule {
            Rule::Fixed => return now + (24.0 / self.knob).max(0.05),
            Rule::EntryFrequency => {
                let week = seen.iter().filter(|moment| **moment > now - 168.0).count();
                if week == 0 { MOST } else { 168.0 / week as f64 / self.knob }
            }
            Rule::Empirical => empirical(now, seen) / self.knob,
            Rule::Rhythm => self.by_rhythm(now, seen),
        };
        now + wait.clamp(LEAST, MOST)
    }

    fn by_rhythm(&mut self, now: f64, seen: &[f64]) -> f64 {
        let shown = seen.len().saturating_sub(WINDOW).max(self.learnt);
        rhythm::learn(&mut self.rhythm, seen[shown..].iter().map(|at| moment(*at)), moment(now));
        self.learnt = seen.len();
        let most = TimeDelta::hours(MOST as i64);
        match rhythm::worth_asking(&self.rhythm, self.knob, moment(now), most) {
            Some(next) => (next - moment(now)).num_milliseconds() as f64 / 3_600_000.0,
            None => MOST,
        }
    }
}

fn empirical(now: f64, seen: &[f64]) -> f64 {
    let shown = &seen[seen.len().saturating_sub(WINDOW)..];
    let (Some(first), Some(last)) = (shown.first(), shown.last()) else { return MOST };
    match (now - last) / 24.0 {
        days if days >= 30.0 => MOST,
        days if days >= 14.0 => MOST / 2.0,
        days if days >= 7.0 => MOST / 4.0,
        _ if shown.len() < 2 => MOST,
        _ => ((last - first) / (shown.len() - 1) as f64 / 2.0).min(MOST / 4.0),
    }
}

/// Hours as a moment: hour 0 is a Monday's midnight.
fn moment(hours: f64) -> DateTime<Utc> {
    const MONDAY: i64 = 4 * 24 * 3_600_000;
    let millis = MONDAY + (hours * 3_600_000.0) as i64;
    DateTime::from_timestamp_millis(millis).expect("histories are shorter than eras")
}
