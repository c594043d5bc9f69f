//! When news is likely: what a feed's counts say about the hours to come, and when asking is worth a
//! request.
//!
//! The rate at which items are expected is a product of three things, each shrunk towards "no
//! difference" as far as chance alone would explain what was counted (James and Stein, 1961): how
//! long ago the last item came, the hour of the day, the day of the week. A feed that has been
//! silent for longer than its habits explain is probably dead, and is expected to publish less and
//! less.
//!
//! A feed is asked when what it is expected to have published has together waited for so long that
//! it pays a request ([`worth_asking`]). For a steady feed that means: twice the items, √2 times the
//! requests, which is the division of requests with the least waiting. Where items come in
//! clusters or at certain hours, requests follow them.

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};

use crate::model::rhythm::{AGES, Rhythm};

/// How many checks a day a feed is worth that publishes one item a day at no certain hour.
pub const EAGERNESS: f64 = 4.0;

/// Counts fade by this share with each item: some 256 items are remembered.
const FADING: f32 = 1.0 / 256.0;
/// Two items this close are one event, in hours: lists of articles are published at once.
const ONE_EVENT: f64 = 1.0 / 60.0;
/// Where one age ends and the next begins, in hours.
const EDGES: [f64; AGES + 1] = [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, f64::INFINITY];
/// Items that are imagined in addition, spread evenly, so that no hour is ever impossible.
const IMAGINED: f64 = 0.3;
/// Gaps that are imagined in addition, of the mean rate.
const IMAGINED_GAPS: f64 = 1.5;
/// As many items must be counted before half of a habit is believed.
const DOUBT: f64 = 4.0;
/// How likely a feed is to end with any one item.
const ENDS: f64 = 0.003;
/// A dead feed is expected to wake up once in so many hours.
const REVIVAL: f64 = 60.0 * 24.0;
/// How far back silence is looked at hour by hour: beyond, its end is certain enough.
const LONGEST_SILENCE: f64 = 14.0 * 24.0;
/// The steps in which the future is walked, in hours.
const STEP: f64 = 0.5;

/// Counts the items that came at `dates`, as far as they are newer than what was counted and not in
/// the future.
pub fn learn(
    rhythm: &mut Rhythm,
    dates: impl IntoIterator<Item = DateTime<Utc>>,
    now: DateTime<Utc>,
) {
    let is_new = |date: &DateTime<Utc>| *date <= now && rhythm.last.is_none_or(|last| *date > last);
    let mut dates: Vec<_> = dates.into_iter().filter(is_new).collect();
    dates.sort_unstable();
    for date in dates {
        count(rhythm, date);
    }
}

fn count(rhythm: &mut Rhythm, date: DateTime<Utc>) {
    if let Some(last) = rhythm.last {
        let gap = hours(date - last);
        if gap < ONE_EVENT {
            return;
        }
        let all = rhythm.hours.iter_mut().chain(&mut rhythm.days);
        for count in all.chain(&mut rhythm.gaps).chain(&mut rhythm.waited) {
            *count *= 1.0 - FADING;
        }
        for (age, waited) in rhythm.waited.iter_mut().enumerate() {
            *waited += time_at(age, gap) as f32;
        }
        rhythm.gaps[age_of(gap)] += 1.0;
    }
    // A date without a time of day says nothing about the hour.
    if date.num_seconds_from_midnight() > 0 {
        rhythm.hours[date.hour() as usize] += 1.0;
    }
    rhythm.days[date.weekday().num_days_from_monday() as usize] += 1.0;
    rhythm.last = Some(date);
}

/// When asking a feed that was asked at `now` is worth a request again, at most `most` later; none
/// if too little is known of it.
pub fn worth_asking(
    rhythm: &Rhythm,
    eagerness: f64,
    now: DateTime<Utc>,
    most: TimeDelta,
) -> Option<DateTime<Utc>> {
    let forecast = Forecast::new(rhythm, now)?;
    // One item a day, asked for `eagerness` times: each request ends this much waiting.
    let price = 24.0 / (2.0 * eagerness * eagerness);
    let most = hours(most);
    let (mut at, mut items, mut waiting) = (0.0, 0.0, 0.0);
    while at < most {
        let step = STEP.min(most - at);
        let rate = forecast.per_hour(now + delta(at));
        let longer = waiting + items * step + rate * step * step / 2.0;
        if longer >= price {
            let rest = (items * items + 2.0 * rate * (price - waiting)).sqrt();
            let rest = if rate > 1e-12 { (rest - items) / rate } else { (price - waiting) / items };
            return Some(now + delta(at + rest.min(step)));
        }
        (items, waiting, at) = (items + rate * step, longer, at + step);
    }
    Some(now + delta(most))
}

/// What is expected of a feed from a moment on.
struct Forecast {
    last: DateTime<Utc>,
    by_age: [f64; AGES],
    by_hour: [f64; 24],
    by_day: [f64; 7],
    /// How likely it is that the feed has not ended.
    alive: f64,
}

impl Forecast {
    fn new(rhythm: &Rhythm, now: DateTime<Utc>) -> Option<Self> {
        let last = rhythm.last?;
        let mut forecast = Self {
            last,
            by_age: by_age(rhythm)?,
            by_hour: by_hour(&rhythm.hours.map(f64::from)),
            by_day: by_day(&rhythm.days.map(f64::from)),
            alive: 1.0,
        };
        let silence = hours(now - last).clamp(0.0, LONGEST_SILENCE);
        let (mut at, mut expected) = (0.0, 0.0);
        while at < silence {
            expected += forecast.per_hour(last + delta(at)) * (silence - at).min(1.0);
            at += 1.0;
        }
        // Bayes' rule: silence is as likely as no event of a Poisson process, or certain.
        let silent = (-expected).exp();
        forecast.alive = silent / (silent + ENDS);
        Some(forecast)
    }

    /// Items expected per hour at a moment.
    fn per_hour(&self, at: DateTime<Utc>) -> f64 {
        let age = age_of(hours(at - self.last).max(0.0));
        let hour = self.by_hour[at.hour() as usize];
        let day = self.by_day[at.weekday().num_days_from_monday() as usize];
        let awake = self.by_age[age] * hour * day;
        self.alive * awake + (1.0 - self.alive) / REVIVAL
    }
}

/// Items per hour by the time since the last one; none before there is a gap.
fn by_age(rhythm: &Rhythm) -> Option<[f64; AGES]> {
    let (gaps, waited) = (rhythm.gaps.map(f64::from), rhythm.waited.map(f64::from));
    let (count, all) = (gaps.iter().sum::<f64>(), waited.iter().sum::<f64>());
    if count <= 0.0 || all <= 0.0 {
        return None;
    }
    let rate = (count + 0.5) / (all + 24.0);
    let expected = waited.map(|waited| rate * waited);
    let cells = expected.iter().zip(&gaps).filter(|(expected, _)| **expected > 0.5);
    let (chi, cells) = cells.fold((0.0, -1.0), |(chi, cells), (expected, count)| {
        (chi + (count - expected).powi(2) / expected, cells + 1.0)
    });
    let weight = if cells > 0.0 { (1.0 - 2.0 * cells / f64::max(chi, 1e-9)).max(0.0) } else { 0.0 };
    Some(std::array::from_fn(|age| {
        let own = (gaps[age] + IMAGINED_GAPS) / (waited[age] + IMAGINED_GAPS / rate);
        weight * own + (1.0 - weight) * rate
    }))
}

/// How much more than on average is expected in each hour of the day: neighbours count for half,
/// since nobody publishes by a clock and summer moves it by an hour.
fn by_hour(counts: &[f64; 24]) -> [f64; 24] {
    let all: f64 = counts.iter().sum();
    let mean = all / 24.0;
    let weight = belief(counts.iter().map(|count| (count - mean).powi(2) / mean).sum(), 23.0, all);
    std::array::from_fn(|hour| {
        let (before, after) = (counts[(hour + 23) % 24], counts[(hour + 1) % 24]);
        let smooth = 0.25 * before + 0.5 * counts[hour] + 0.25 * after;
        weight * 24.0 * (smooth + IMAGINED / 24.0) / (all + IMAGINED) + (1.0 - weight)
    })
}

/// The same for each day of the week: first how the weekend differs, then each day within its kind.
fn by_day(counts: &[f64; 7]) -> [f64; 7] {
    let all: f64 = counts.iter().sum();
    let mean = all / 7.0;
    let working = counts[..5].iter().sum::<f64>() / 5.0;
    let weekend = counts[5..].iter().sum::<f64>() / 2.0;
    let kind = |day: usize| if day < 5 { working } else { weekend };
    let apart = 5.0 * (working - mean).powi(2) + 2.0 * (weekend - mean).powi(2);
    let between = belief(apart / mean, 1.0, all);
    let chi = |day: usize| (counts[day] - kind(day)).powi(2) / kind(day).max(0.1);
    let within = belief((0..7).map(chi).sum(), 5.0, all);
    std::array::from_fn(|day| {
        let own = between * (kind(day) - mean) + within * (counts[day] - kind(day));
        ((mean + own).max(0.0) + IMAGINED / 7.0) / (mean + IMAGINED / 7.0)
    })
}

/// How far a difference is believed: `chi` squared beyond its `freedom`, and enough items.
fn belief(chi: f64, freedom: f64, items: f64) -> f64 {
    if chi.is_finite() && chi > freedom {
        (1.0 - freedom / chi) * items / (items + DOUBT)
    } else {
        0.0
    }
}

/// How much of a gap is spent at an age.
fn time_at(age: usize, gap: f64) -> f64 {
    (gap.min(EDGES[age + 1]) - EDGES[age]).max(0.0)
}

fn age_of(gap: f64) -> usize {
    EDGES[1..AGES].iter().take_while(|edge| gap >= **edge).count()
}

fn hours(span: TimeDelta) -> f64 {
    span.num_milliseconds() as f64 / 3_600_000.0
}

fn delta(hours: f64) -> TimeDelta {
    TimeDelta::milliseconds((hours * 3_600_000.0) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: f64) -> DateTime<Utc> {
        // A Monday.
        let start: DateTime<Utc> = "2026-01-05T00:00:00Z".parse().expect("a moment");
        start + delta(hours)
    }

    fn learnt(dates: impl IntoIterator<Item = f64>) -> Rhythm {
        let mut rhythm = Rhythm::default();
        learn(&mut rhythm, dates.into_iter().map(at), at(1e5));
        rhythm
    }

    fn wait(rhythm: &Rhythm, now: f64) -> f64 {
        let next = worth_asking(rhythm, EAGERNESS, at(now), TimeDelta::days(1)).expect("known");
        hours(next - at(now))
    }

    /// Weeks of an item every `gap` hours.
    fn steady(gap: f64, items: u32) -> Rhythm {
        learnt((0..items).map(|n| f64::from(n) * gap + 0.1))
    }

    #[test]
    fn four_times_the_items_twice_the_requests() {
        // Gaps of changing length, so that no age is more likely than another.
        let random = |mean: f64| {
            let mut now = 0.0;
            learnt((0..200).map(|n| {
                let share = (f64::from(n) * 0.618_034).fract();
                now += -mean * (1.0 - share).ln();
                now
            }))
        };
        let (slow, fast) = (random(24.0), random(6.0));
        let after = |rhythm: &Rhythm| hours(rhythm.last.expect("items") - at(0.0)) + 0.01;
        let (slow, fast) = (wait(&slow, after(&slow)), wait(&fast, after(&fast)));
        assert!((5.0..7.0).contains(&slow) && (2.5..3.5).contains(&fast), "{slow} {fast}");
    }

    #[test]
    fn a_feed_of_every_morning_is_asked_in_the_morning() {
        let rhythm =
            learnt((0..40).map(|day| f64::from(day) * 24.0 + 9.0 + f64::from(day % 5) * 0.02));
        let noon = wait(&rhythm, 39.0 * 24.0 + 12.0);
        assert!(noon > 6.0, "nothing is expected before the night is over: {noon}");
        let morning = wait(&rhythm, 40.0 * 24.0 + 8.5);
        assert!(morning < 1.5, "{morning}");
    }

    #[test]
    fn weekends_without_news_are_left_alone() {
        let days = (0..60).filter(|day| day % 7 < 5);
        let rhythm =
            learnt(days.flat_map(|day| {
                (0..4).map(move |n| f64::from(day) * 24.0 + f64::from(n) * 5.3 + 1.0)
            }));
        let (friday, saturday) = (53.0 * 24.0 + 4.0, 54.0 * 24.0 + 8.0);
        let (working, weekend) = (wait(&rhythm, friday), wait(&rhythm, saturday));
        assert!(weekend > 2.0 * working, "{working} {weekend}");
    }

    #[test]
    fn a_feed_that_fell_silent_is_asked_less() {
        let rhythm = steady(6.0, 100);
        let end = 99.0 * 6.0 + 0.2;
        let (alive, dead) = (wait(&rhythm, end), wait(&rhythm, end + 24.0 * 10.0));
        assert!(alive < 6.0, "{alive}");
        assert!((dead - 24.0).abs() < 0.01, "{dead}");
    }

    #[test]
    fn little_knowledge_gives_no_rule() {
        for rhythm in [learnt([]), learnt([5.0]), learnt([5.0, 5.0, 5.001])] {
            assert_eq!(worth_asking(&rhythm, EAGERNESS, at(10.0), TimeDelta::days(1)), None);
        }
        let late = learnt([5.0, 2e5]);
        assert_eq!(late.last, Some(at(5.0)), "what lies in the future is not counted");
    }

    #[test]
    fn dates_without_a_time_say_nothing_of_the_hour() {
        let rhythm = learnt((0..30).map(|day| f64::from(day) * 24.0));
        assert_eq!(rhythm.hours.iter().sum::<f32>(), 0.0);
        assert!(rhythm.days.iter().sum::<f32>() > 25.0);
    }
}
