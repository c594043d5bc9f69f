//! Medians, and how they are printed.

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
