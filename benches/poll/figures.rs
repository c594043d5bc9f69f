//! Medians, ratios, and whether a floor is met.

use std::fmt;

/// The middle of `figures`; of an even number, the mean of the two in the middle.
pub(crate) fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.into_iter().collect();
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    match figures.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => figures[middle],
        _ => f64::midpoint(figures[middle - 1], figures[middle]),
    }
}

/// One figure of one and of the other, run by run: both medians, and the median of the ratios.
pub(crate) fn compare(one: &[f64], other: &[f64]) -> (f64, f64, f64) {
    let ratios = one.iter().zip(other).map(|(one, other)| other / one);
    (median(one.iter().copied()), median(other.iter().copied()), median(ratios))
}

/// A bound that a figure is measured against, and whether it holds.
pub(crate) struct Floor {
    bound: f64,
    at_most: bool,
    is_met: bool,
}

impl Floor {
    /// `figure` may be `bound` at most.
    pub(crate) fn most(bound: f64, figure: f64) -> Self {
        Self { bound, at_most: true, is_met: figure <= bound }
    }

    /// `figure` must be `bound` at least.
    pub(crate) fn least(bound: f64, figure: f64) -> Self {
        Self { bound, at_most: false, is_met: figure >= bound }
    }
}

impl fmt::Display for Floor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.at_most { "<=" } else { ">=" };
        let verdict = if self.is_met { "holds" } else { "FALLS SHORT" };
        write!(f, "  ({sign} {}: {verdict})", self.bound)
    }
}
