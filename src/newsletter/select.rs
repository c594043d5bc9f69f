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
