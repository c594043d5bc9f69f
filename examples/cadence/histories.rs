//! Histories of publication: made up, each with a habit, and those that the dates in real feeds tell.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use feedmill::model::url::WebUrl;
use feedmill::parse;

/// Moments of publication, in hours, ascending; polling begins at `from` and ends at `to`.
#[derive(Debug, Clone)]
pub(crate) struct History {
    /// When entries appear.
    pub(crate) entries: Vec<f64>,
    /// When the feed is subscribed.
    pub(crate) from: f64,
    /// When the replay ends.
    pub(crate) to: f64,
}

/// How many seeds a figure is the mean of.
const SEEDS: u64 = 20;
/// How long a history is, in days; a fifth of it is in the past when the feed is subscribed.
const DAYS: f64 = 210.0;
/// The fewest dates and the shortest span, in hours, that make a history of a real feed.
const FEWEST: usize = 15;
const SHORTEST: f64 = 7.0 * 24.0;

/// Chance that can be had again (xorshift64).
struct Chance(u64);

impl Chance {
    fn share(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A gap of a Poisson process with that mean.
    fn gap(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.share()).ln()
    }

    /// About normal, mean 0, deviation 1.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.share()).sum::<f64>() - 6.0
    }

    /// A Poisson process up to `end`, of which only the moments that `keep` are published.
    fn process(&mut self, mean: f64, end: f64, keep: impl Fn(f64) -> bool) -> Vec<f64> {
        let mut now = 0.0;
        let gaps = std::iter::from_fn(|| {
            now += self.gap(mean);
            (now < end).then_some(now)
        });
        gaps.filter(|moment| keep(*moment)).collect()
    }
}

/// Names and histories, one for each seed.
pub(crate) fn synthetic() -> Vec<(&'static str, Vec<History>)> {
    type Make = fn(&mut Chance) -> Vec<f64>;
    let end = DAYS * 24.0;
    let kinds: [(&str, Make); 6] = [
        ("steady", |chance| chance.process(6.0, DAYS * 24.0, |_| true)),
        ("daily at nine", |chance| {
            (0..DAYS as u32)
                .map(|day| f64::from(day) * 24.0 + 9.0 + 0.15 * chance.normal())
                .collect()
        }),
        ("office hours", |chance| {
            let office = |at: f64| is_working_day(at) && (9.0..18.0).contains(&(at % 24.0));
            chance.process(2.0, DAYS * 24.0, office)
        }),
        ("weekdays only", |chance| chance.process(6.0, DAYS * 24.0, is_working_day)),
        ("bursts", bursts),
        ("dead", |chance| chance.process(8.0, DAYS * 16.0, |_| true)),
    ];
    let of_seed = |make: Make, seed: u64| {
        let mut entries = make(&mut Chance(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed + 1)));
        entries.sort_by(f64::total_cmp);
        History { entries, from: end / 5.0, to: end }
    };
    kinds
        .into_iter()
        .map(|(name, make)| (name, (0..SEEDS).map(|seed| of_seed(make, seed)).collect()))
        .collect()
}

fn is_working_day(at: f64) -> bool {
    (at / 24.0) as u32 % 7 < 5
}

/// Some entries within hours, then days of silence.
fn bursts(chance: &mut Chance) -> Vec<f64> {
    let starts = chance.process(96.0, DAYS * 24.0, |_| true);
    let mut entries = Vec::new();
    for start in starts {
        let mut now = start;
        for _ in 0..3 + (chance.share() * 6.0) as u32 {
            entries.push(now);
            now += chance.gap(0.7);
        }
    }
    entries.retain(|moment| *moment < DAYS * 24.0);
    entries
}

/// The histories in the dates of all feeds below `folder`, as far as they tell one.
pub(crate) fn of_folder(folder: &Path) -> anyhow::Result<Vec<History>> {
    let mut histories = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            histories.extend(of_folder(&path)?);
        } else if let Some(history) = of_feed(&std::fs::read(&path)?) {
            histories.push(history);
        }
    }
    Ok(histories)
}

fn of_feed(bytes: &[u8]) -> Option<History> {
    let base = WebUrl::parse("https://feed.example/").ok()?;
    let document = parse::read::read(bytes, None, &base).ok()?;
    let mut dates: Vec<DateTime<Utc>> =
        document.items.iter().filter_map(|item| item.published).collect();
    dates.sort_unstable();
    dates.dedup();
    let start = week_of(*dates.first()?);
    let hours = |date: DateTime<Utc>| (date - start).num_milliseconds() as f64 / 3_600_000.0;
    let entries: Vec<f64> = dates.into_iter().map(hours).collect();
    let (first, last) = (*entries.first()?, *entries.last()?);
    let tells = entries.len() >= FEWEST && last - first >= SHORTEST;
    let known = entries[entries.len() / 3];
    tells.then_some(History { entries, from: known, to: last + 24.0 })
}

/// The Monday, midnight, before a moment.
fn week_of(date: DateTime<Utc>) -> DateTime<Utc> {
    let days = i64::from(chrono::Datelike::weekday(&date).num_days_from_monday());
    let midnight = date.date_naive().and_time(chrono::NaiveTime::MIN).and_utc();
    midnight - TimeDelta::days(days)
}
