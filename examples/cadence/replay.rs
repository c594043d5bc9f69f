//! Histories are lived through, check by check, and the waiting of their entries is measured.

use super::histories::History;
use super::rules::{Poller, Rule};

/// How often a knob is turned to meet a rate.
const TURNS: usize = 24;

/// What a rule made of some histories.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcome {
    requests: usize,
    days: f64,
    delays: Vec<f64>,
}

impl Outcome {
    /// Requests a day and feed.
    pub(crate) fn per_day(&self) -> f64 {
        self.requests as f64 / self.days
    }

    /// The mean delay, in hours.
    pub(crate) fn mean(&self) -> f64 {
        self.delays.iter().sum::<f64>() / self.delays.len().max(1) as f64
    }

    /// The delay that so many of a hundred entries stay below, in hours.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let mut sorted = self.delays.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
            .get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1)))
            .copied()
            .unwrap_or(0.0)
    }
}

/// What `rule` makes of `histories` with its knob turned so that each feed costs `rate` requests a
/// day on average.
pub(crate) fn at_rate(rule: Rule, histories: &[History], rate: f64) -> Outcome {
    let (mut low, mut high) = (0.01_f64, 1_000.0_f64);
    let mut outcome = Outcome::default();
    for _ in 0..TURNS {
        let knob = (low * high).sqrt();
        outcome = live(rule, knob, histories);
        *(if outcome.per_day() > rate { &mut high } else { &mut low }) = knob;
    }
    outcome
}

fn live(rule: Rule, knob: f64, histories: &[History]) -> Outcome {
    let mut outcome = Outcome::default();
    for (number, history) in histories.iter().enumerate() {
        let mut poller = Poller::new(rule, knob);
        // Feeds are subscribed at all hours of the day.
        let mut now = history.from + (number as f64 * 0.618_034).fract() * 24.0;
        let mut seen = 0;
        while now < history.to {
            outcome.requests += 1;
            while let Some(entry) = history.entries.get(seen).filter(|entry| **entry <= now) {
                if *entry > history.from + 24.0 {
                    outcome.delays.push(now - entry);
                }
                seen += 1;
            }
            now = poller.next(now, &history.entries[..seen]);
        }
        outcome.days += (history.to - history.from) / 24.0;
    }
    outcome
}
