//! What an edition shows: by arrival, fair to rare feeds, to sections and to readers' time.
//!
//! The waiting entries are folded where several feeds brought the same document, ranked, capped per
//! feed and dealt out to sections in turn. What is not shown is counted, and is a member of the
//! edition all the same. The same input gives the same edition, in whatever order it comes.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};

use crate::model::entry::EntryId;
use crate::model::feed::{FeedId, Tag};
use crate::model::url::DocumentKey;

/// An entry that waits for an edition.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Its number.
    pub id: EntryId,
    /// The feed that brought it.
    pub feed: FeedId,
    /// The document it is.
    pub document: Option<DocumentKey>,
    /// The moment it is ordered by.
    pub order: DateTime<Utc>,
    /// A hash of its title.
    pub title_hash: i64,
    /// How much its feed weighs; 1 is usual.
    pub weight: f64,
    /// The section it belongs to ([`section_of`] its feed).
    pub section: Option<Tag>,
}

/// What the configuration says about an edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules<'a> {
    /// With fewer stories there is no edition.
    pub min_items: usize,
    /// How many stories are shown at most.
    pub max_items: usize,
    /// How many stories of one feed are shown at most.
    pub max_per_feed: usize,
    /// The sections, in order.
    pub sections: &'a [Tag],
}

/// The outcome of a selection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// There is too little for an edition; it all waits for the next.
    TooFew {
        /// How many stories wait.
        waiting: usize,
    },
    /// An edition.
    Edition(Chosen),
}

/// What is in an edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// The sections that have something to show or to count, in order.
    pub sections: Vec<Section>,
    /// All entries shown, in order: each story's own, then its other copies.
    pub shown: Vec<EntryId>,
    /// All entries only counted, ascending.
    pub counted: Vec<EntryId>,
}

/// A section of an edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its tag; none for what belongs to no section.
    pub name: Option<Tag>,
    /// What it shows, best first.
    pub stories: Vec<Story>,
    /// How many entries more it counts.
    pub more: usize,
}

/// One thing to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// The entry shown.
    pub entry: EntryId,
    /// The same document as other feeds brought it, best first.
    pub also: Vec<EntryId>,
}

/// The section of a feed: its first tag in the order of the newsletter's.
pub fn section_of(feed: &[Tag], newsletter: &[Tag]) -> Option<Tag> {
    newsletter.iter().find(|tag| feed.contains(tag)).cloned()
}

/// Selects an edition from what waits.
pub fn select(waiting: &[Candidate], rules: &Rules<'_>) -> Selection {
    let mut stories = fold(waiting);
    if stories.len() < rules.min_items.max(1) {
        return Selection::TooFew { waiting: stories.len() };
    }
    stories.sort_by(rank);
    last_for_repeated_titles(&mut stories);
    let (kept, over) = cap_per_feed(stories, rules.max_per_feed);
    Selection::Edition(deal(kept, over, rules))
}

/// A story while it is weighed.
#[derive(Debug, Clone)]
struct Folded<'a> {
    best: &'a Candidate,
    also: Vec<&'a Candidate>,
    score: f64,
}

/// One story per document. The entry shown is that of the heaviest feed, then of the rarest: an
/// aggregator that relays everything stands behind the source that wrote it.
fn fold(waiting: &[Candidate]) -> Vec<Folded<'_>> {
    let mut per_feed: HashMap<FeedId, usize> = HashMap::new();
    for candidate in waiting {
        *per_feed.entry(candidate.feed).or_default() += 1;
    }
    let count = |candidate: &Candidate| per_feed.get(&candidate.feed).copied().unwrap_or(1);
    let mut ordered: Vec<&Candidate> = waiting.iter().collect();
    ordered.sort_by(|a, b| {
        let weight = weight(b).total_cmp(&weight(a));
        let rarity = count(a).cmp(&count(b));
        weight.then(rarity).then(a.order.cmp(&b.order)).then(a.id.cmp(&b.id))
    });
    let mut stories: Vec<Folded<'_>> = Vec::new();
    let mut by_document: HashMap<DocumentKey, usize> = HashMap::new();
    for candidate in ordered {
        let place = candidate
            .document
            .map(|document| *by_document.entry(document).or_insert(stories.len()))
            .filter(|&place| place < stories.len());
        match place {
            Some(place) => stories[place].also.push(candidate),
            None => {
                let rarity = 1.0 + 1.0 / count(candidate) as f64;
                let score = weight(candidate) * rarity;
                stories.push(Folded { best: candidate, also: Vec::new(), score });
            }
        }
    }
    for story in &mut stories {
        let feeds: HashSet<FeedId> =
            story.also.iter().map(|copy| copy.feed).filter(|&f| f != story.best.feed).collect();
        story.score *= 1.0 + 0.25 * feeds.len().min(4) as f64;
    }
    stories
}

/// A weight that can be compared: what is no number weighs 1, what is negative 0.
fn weight(candidate: &Candidate) -> f64 {
    if candidate.weight.is_nan() { 1.0 } else { candidate.weight.clamp(0.0, 1e6) }
}

/// Best first: heavier, rarer and wider covered ones, then newer ones, then earlier arrived ones.
fn rank(a: &Folded<'_>, b: &Folded<'_>) -> Ordering {
    let newer = b.best.order.cmp(&a.best.order);
    b.score.total_cmp(&a.score).then(newer).then(a.best.id.cmp(&b.best.id))
}

/// A feed's story under a title that a better story of the same feed already has goes behind all
/// others: live tickers repeat one headline and would fill the feed's share with it.
fn last_for_repeated_titles(stories: &mut Vec<Folded<'_>>) {
    let mut titles = HashSet::new();
    let (first, repeated): (Vec<_>, Vec<_>) = stories
        .drain(..)
        .partition(|story| titles.insert((story.best.feed, story.best.title_hash)));
    stories.extend(first);
    stories.extend(repeated);
}

type Halves<'a> = (Vec<Folded<'a>>, Vec<Folded<'a>>);

fn cap_per_feed(stories: Vec<Folded<'_>>, max_per_feed: usize) -> Halves<'_> {
    let mut taken: HashMap<FeedId, usize> = HashMap::new();
    stories.into_iter().partition(|story| {
        let taken = taken.entry(story.best.feed).or_default();
        *taken += 1;
        *taken <= max_per_feed
    })
}

/// Deals the places of the edition out to its sections, one each in turn, so that a section with
/// much to say cannot crowd out one with little.
fn deal(kept: Vec<Folded<'_>>, over: Vec<Folded<'_>>, rules: &Rules<'_>) -> Chosen {
    let place = |story: &Folded<'_>| {
        let section = story.best.section.as_ref();
        section
            .and_then(|name| rules.sections.iter().position(|tag| tag == name))
            .unwrap_or(rules.sections.len())
    };
    let mut queues: BTreeMap<usize, Vec<Folded<'_>>> = BTreeMap::new();
    let mut counted: BTreeMap<usize, Vec<EntryId>> = BTreeMap::new();
    for story in kept {
        queues.entry(place(&story)).or_default().push(story);
    }
    for story in &over {
        counted.entry(place(story)).or_default().extend(members(story));
    }
    let shares = shares(&queues.values().map(Vec::len).collect::<Vec<_>>(), rules.max_items);
    for (share, (&section, queue)) in shares.into_iter().zip(&mut queues) {
        for story in queue.drain(share..) {
            counted.entry(section).or_default().extend(members(&story));
        }
    }
    chosen(queues, counted, rules.sections)
}

/// How many places each of several queues gets: one each in turn until none is left.
fn shares(queues: &[usize], places: usize) -> Vec<usize> {
    let mut shares = vec![0; queues.len()];
    let mut left = places.min(queues.iter().sum());
    while left > 0 {
        for (share, &length) in shares.iter_mut().zip(queues) {
            if left > 0 && *share < length {
                *share += 1;
                left -= 1;
            }
        }
    }
    shares
}

fn members(story: &Folded<'_>) -> Vec<EntryId> {
    std::iter::once(story.best.id).chain(story.also.iter().map(|copy| copy.id)).collect()
}

fn chosen(
    mut queues: BTreeMap<usize, Vec<Folded<'_>>>,
    counted: BTreeMap<usize, Vec<EntryId>>,
    names: &[Tag],
) -> Chosen {
    for &section in counted.keys() {
        queues.entry(section).or_default();
    }
    let shown = queues.values().flatten().flat_map(members).collect();
    let sections = queues
        .iter()
        .map(|(&section, stories)| Section {
            name: names.get(section).cloned(),
            stories: stories
                .iter()
                .map(|story| Story {
                    entry: story.best.id,
                    also: story.also.iter().map(|copy| copy.id).collect(),
                })
                .collect(),
            more: counted.get(&section).map_or(0, Vec::len),
        })
        .collect();
    let mut counted: Vec<EntryId> = counted.into_values().flatten().collect();
    counted.sort_unstable();
    Chosen { sections, shown, counted }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, proptest};

    use super::*;

    fn morning() -> DateTime<Utc> {
        "2026-11-24T05:30:00Z".parse().expect("a moment")
    }

    /// An entry of `feed`, `hours` old.
    fn entry(id: i64, feed: i64, hours: i64) -> Candidate {
        Candidate {
            id: EntryId(id),
            feed: FeedId(feed),
            document: None,
            order: morning() - TimeDelta::hours(hours),
            title_hash: id,
            weight: 1.0,
            section: None,
        }
    }

    const RULES: Rules<'static> =
        Rules { min_items: 1, max_items: 25, max_per_feed: 3, sections: &[] };

    fn edition(waiting: &[Candidate], rules: &Rules<'_>) -> Chosen {
        match select(waiting, rules) {
            Selection::Edition(chosen) => chosen,
            Selection::TooFew { waiting } => panic!("only {waiting} stories"),
        }
    }

    fn ids(entries: &[EntryId]) -> Vec<i64> {
        entries.iter().map(|id| id.0).collect()
    }

    #[test]
    fn too_little_waits_for_the_next_edition() {
        let rules = Rules { min_items: 3, ..RULES };
        assert_eq!(select(&[], &RULES), Selection::TooFew { waiting: 0 });
        assert_eq!(
            select(&[], &Rules { min_items: 0, ..RULES }),
            Selection::TooFew { waiting: 0 },
            "an empty letter is never sent"
        );
        let two = [entry(1, 1, 1), entry(2, 2, 2)];
        assert_eq!(select(&two, &rules), Selection::TooFew { waiting: 2 });
        // Three copies of one document are one story.
        let copies =
            [1, 2, 3].map(|n| Candidate { document: Some(DocumentKey(7)), ..entry(n, n, 1) });
        assert_eq!(select(&copies, &rules), Selection::TooFew { waiting: 1 });
    }

    #[test]
    fn what_arrived_is_selected_however_old_its_date_is() {
        let late = entry(1, 1, 24 * 90);
        assert_eq!(ids(&edition(&[late, entry(2, 2, 1)], &RULES).shown), [2, 1]);
    }

    #[test]
    fn rare_feeds_and_heavier_weights_come_first() {
        let mut waiting: Vec<_> = (1..=6).map(|n| entry(n, 1, n)).collect();
        waiting.push(entry(10, 2, 20));
        waiting.push(Candidate { weight: 3.0, ..entry(11, 3, 22) });
        waiting.push(Candidate { weight: 0.2, ..entry(12, 4, 0) });
        assert_eq!(ids(&edition(&waiting, &RULES).shown), [11, 10, 1, 2, 3, 12]);
    }

    #[test]
    fn a_strange_weight_does_no_harm() {
        for weight in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.0] {
            let waiting = [Candidate { weight, ..entry(1, 1, 1) }, entry(2, 2, 2)];
            assert_eq!(edition(&waiting, &RULES).shown.len(), 2, "{weight}");
        }
    }

    #[test]
    fn the_same_document_is_one_story_that_names_its_other_sources() {
        let document = Some(DocumentKey(7));
        // Feed 1 relays everything, feed 2 wrote it, feed 3 took it over later.
        let mut waiting: Vec<_> = (20..30).map(|n| entry(n, 1, 5)).collect();
        waiting.push(Candidate { document, ..entry(1, 1, 1) });
        waiting.push(Candidate { document, ..entry(2, 2, 3) });
        waiting.push(Candidate { document, ..entry(3, 3, 2) });
        let chosen = edition(&waiting, &RULES);
        let lead = &chosen.sections[0].stories[0];
        assert_eq!((lead.entry, ids(&lead.also)), (EntryId(2), vec![3, 1]));
        assert_eq!(ids(&chosen.shown)[..3], [2, 3, 1]);
    }

    #[test]
    fn entries_without_a_link_are_never_folded() {
        let chosen = edition(&[entry(1, 1, 1), entry(2, 2, 1)], &RULES);
        assert_eq!(chosen.sections[0].stories.len(), 2);
    }

    #[test]
    fn a_feed_has_its_share_and_the_rest_is_counted() {
        let waiting: Vec<_> = (1..=10).map(|n| entry(n, 1, n)).chain([entry(11, 2, 1)]).collect();
        let chosen = edition(&waiting, &RULES);
        assert_eq!(ids(&chosen.shown), [11, 1, 2, 3]);
        assert_eq!(ids(&chosen.counted), [4, 5, 6, 7, 8, 9, 10]);
        assert_eq!(chosen.sections[0].more, 7);
    }

    #[test]
    fn a_ticker_that_repeats_its_headline_does_not_fill_its_share_with_it() {
        let mut waiting: Vec<_> = (1..=5).map(|n| entry(n, 1, n)).collect();
        for repeated in &mut waiting[..3] {
            repeated.title_hash = 77;
        }
        assert_eq!(ids(&edition(&waiting, &RULES).shown), [1, 4, 5]);
    }

    #[test]
    fn sections_follow_the_configuration_and_share_the_places() {
        let tags = ["politique", "tech", "sport"].map(str::to_owned);
        let rules = Rules { max_items: 6, max_per_feed: 10, sections: &tags, ..RULES };
        let of = |n, section: Option<&str>| Candidate {
            section: section.map(str::to_owned),
            ..entry(n, n, n)
        };
        let mut waiting: Vec<_> = (1..=9).map(|n| of(n, Some("tech"))).collect();
        waiting.push(of(20, Some("politique")));
        waiting.extend([of(30, None), of(31, None), of(32, None)]);
        let chosen = edition(&waiting, &rules);
        let outline: Vec<_> =
            chosen.sections.iter().map(|s| (s.name.as_deref(), s.stories.len(), s.more)).collect();
        assert_eq!(outline, [(Some("politique"), 1, 0), (Some("tech"), 3, 6), (None, 2, 1)]);
        assert_eq!(ids(&chosen.shown), [20, 1, 2, 3, 30, 31]);
    }

    #[test]
    fn a_section_of_which_all_is_over_the_limit_is_still_counted() {
        let tags = ["a", "b"].map(str::to_owned);
        let rules = Rules { max_items: 1, sections: &tags, ..RULES };
        let of =
            |n, section: &str| Candidate { section: Some(section.to_owned()), ..entry(n, n, n) };
        let chosen = edition(&[of(1, "a"), of(2, "b")], &rules);
        assert_eq!(chosen.sections[1].more, 1);
        assert_eq!(ids(&chosen.counted), [2]);
    }

    #[test]
    fn a_feed_belongs_to_its_first_tag_in_the_newsletter_s_order() {
        let tags = |tags: &[&str]| tags.iter().map(|&tag| tag.to_owned()).collect::<Vec<_>>();
        for (feed, newsletter, section) in [
            (tags(&["b", "a"]), tags(&["a", "b"]), Some("a")),
            (tags(&["b"]), tags(&["a", "b"]), Some("b")),
            (tags(&["c"]), tags(&["a", "b"]), None),
            (tags(&["c"]), tags(&[]), None),
        ] {
            assert_eq!(section_of(&feed, &newsletter).as_deref(), section);
        }
    }

    fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
        let one =
            (0_i64..8, proptest::option::of(0_i64..12), 0_i64..48, 0_i64..6, 0_u8..4, 0_u8..4);
        proptest::collection::vec(one, 0..60).prop_map(|all| {
            let with_numbers = (0_i64..).zip(all);
            with_numbers
                .map(|(id, (feed, document, hours, title_hash, weight, section))| Candidate {
                    document: document.map(DocumentKey),
                    title_hash,
                    weight: f64::from(weight) / 2.0,
                    section: ["a", "b", "c"].get(usize::from(section)).map(|tag| (*tag).to_owned()),
                    ..entry(id, feed, hours)
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn every_entry_is_a_member_once_and_no_limit_is_passed(
            waiting in candidates(), max_items in 1_usize..30, max_per_feed in 1_usize..5,
        ) {
            let sections = ["b", "a"].map(str::to_owned);
            let rules = Rules { min_items: 1, max_items, max_per_feed, sections: &sections };
            if let Selection::Edition(chosen) = select(&waiting, &rules) {
                let mut members = [chosen.shown.clone(), chosen.counted.clone()].concat();
                members.sort_unstable();
                let mut all: Vec<_> = waiting.iter().map(|candidate| candidate.id).collect();
                all.sort_unstable();
                prop_assert_eq!(members, all);
                let stories: usize = chosen.sections.iter().map(|s| s.stories.len()).sum();
                prop_assert!(stories <= max_items);
                let more: usize = chosen.sections.iter().map(|s| s.more).sum();
                prop_assert_eq!(more, chosen.counted.len());
                for feed in 0..8 {
                    let of_feed = |story: &&Story| waiting[story.entry.0 as usize].feed.0 == feed;
                    let shown = chosen.sections.iter().flat_map(|s| &s.stories).filter(of_feed);
                    prop_assert!(shown.count() <= max_per_feed);
                }
            } else {
                prop_assert!(waiting.is_empty());
            }
        }

        #[test]
        fn the_order_of_the_input_does_not_matter(
            (waiting, shuffled) in candidates()
                .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
            max_items in 1_usize..30, seed in any::<bool>(),
        ) {
            let sections = ["b", "a"].map(str::to_owned);
            let sections = if seed { &sections[..] } else { &[] };
            let rules = Rules { min_items: 1, max_items, max_per_feed: 3, sections };
            prop_assert_eq!(select(&waiting, &rules), select(&shuffled, &rules));
        }
    }
}
