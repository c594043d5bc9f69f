//! Circles among files: A imports B, and by whatever way B imports A.

use std::collections::{BTreeMap, BTreeSet};

/// Who imports whom, by file.
pub(crate) type Arrows<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// The shortest circle through each file that is in one, each circle once.
pub(crate) fn circles<'a>(arrows: &Arrows<'a>) -> Vec<Vec<&'a str>> {
    let mut told: BTreeSet<BTreeSet<&str>> = BTreeSet::new();
    let ways = arrows.keys().filter_map(|file| way_back(arrows, file));
    ways.filter(|way| told.insert(way.iter().copied().collect())).collect()
}

/// The shortest way from `start` along the arrows back to it, breadth first.
fn way_back<'a>(arrows: &Arrows<'a>, start: &'a str) -> Option<Vec<&'a str>> {
    let mut ways = std::collections::VecDeque::from([vec![start]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for &next in arrows.get(way.last()?).into_iter().flatten() {
            if next == start {
                return Some(way);
            }
            if seen.insert(next) {
                ways.push_back(way.iter().copied().chain([next]).collect());
            }
        }
    }
    None
}
