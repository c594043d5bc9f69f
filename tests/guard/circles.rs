//! Circles among files: A imports B, and by whatever way B imports A.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Who imports whom, by file, and in which line for the first time.
pub(crate) type Arrows<'a> = BTreeMap<&'a str, BTreeMap<&'a str, usize>>;

/// The shortest circle through each file that is in one, each circle once. A file that names itself
/// is none.
pub(crate) fn circles<'a>(arrows: &Arrows<'a>) -> Vec<Vec<&'a str>> {
    let mut told: BTreeSet<BTreeSet<&str>> = BTreeSet::new();
    let ways = arrows.keys().filter_map(|file| way_back(arrows, file));
    ways.filter(|way| told.insert(way.iter().copied().collect())).collect()
}

/// The shortest way from `start` along the arrows back to it, breadth first.
fn way_back<'a>(arrows: &Arrows<'a>, start: &'a str) -> Option<Vec<&'a str>> {
    let mut ways = VecDeque::from([vec![start]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for &next in arrows.get(way.last()?).into_iter().flat_map(BTreeMap::keys) {
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
