//! Which entry an item is: evidence weighed by a table, the strongest first.
//!
//! Every pair of an item and a known entry that have a name in common gets a degree of kinship or
//! none; then pairs are taken from the closest to the farthest, each item and each entry once. So an
//! entry whose own item is in the document is never given to another that merely resembles it.

use std::collections::HashMap;
use std::hash::Hash;

use chrono::{DateTime, Utc};

use crate::dedup::candidate::Candidate;
use crate::model::entry::{EntryKey, Fingerprint, Known};
use crate::model::feed::GuidTrust;
use crate::model::url::DocumentKey;

/// How close an item is to an entry, closest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kinship {
    /// Its guid, and not a word changed.
    Unchanged,
    /// Another name in common, and not a word changed.
    Identical,
    /// Its guid, and its title, date or link too.
    Guid,
    /// A guid that may be another's, vouched for by title or date.
    VouchedGuid,
    /// Its link, which is no other's, and its title or date.
    Link,
    /// Its title and date, or its title, date and body, where nothing better names it.
    Content,
    /// Another guid and another link, but the same telling title at the same moment.
    Moved,
    /// Its guid, though title, date and link all changed.
    BareGuid,
}

/// What an item and an entry have in common, and how much that says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Evidence {
    /// The entry is kept under the item's guid.
    guid: bool,
    /// No other item of the document bears that guid.
    guid_is_sole: bool,
    /// Guids of the feed can be believed.
    guid_is_trusted: bool,
    /// Both are the same document, or the entry is kept under the item's link.
    link: bool,
    /// The link is no other item's and no other entry's.
    link_is_sole: bool,
    /// Both have links, to different documents.
    apart: bool,
    /// The entry is kept under the item's content.
    content: bool,
    /// Titles agree.
    title: bool,
    /// Dates agree.
    date: bool,
    /// Both are dated, differently.
    redated: bool,
    /// There is nothing but the link to compare: neither has a title, and not both a date.
    bare: bool,
    /// Fingerprints agree.
    same: bool,
    /// The item brings a guid of its own, and is alone in its document: nothing shows whether links
    /// of this feed tell items apart.
    link_is_unproven: bool,
    /// Title and date are telling, and no other item's and no other entry's.
    moved: bool,
}

/// Gives each candidate the entry it is.
pub fn assign<'a>(candidates: &[Candidate], known: &'a [Known]) -> Vec<Option<&'a Known>> {
    let index = Index::of(candidates, known);
    let mut pairs = Vec::with_capacity(candidates.len());
    for (position, candidate) in candidates.iter().enumerate() {
        for at in index.akin(candidate) {
            let evidence = index.evidence(candidate, &known[at]);
            pairs.extend(weigh(evidence).map(|kinship| (kinship, position, at)));
        }
    }
    drop_positional_guids(&mut pairs);
    pairs.sort_unstable();
    let mut given = vec![None; candidates.len()];
    let mut taken = vec![false; known.len()];
    for (_, position, at) in pairs {
        if given[position].is_none() && !taken[at] {
            given[position] = Some(&known[at]);
            taken[at] = true;
        }
    }
    given
}

/// The table. Rows stand in the order of [`Kinship`] and the first that applies holds.
fn weigh(e: Evidence) -> Option<Kinship> {
    let believed = e.guid_is_sole && e.guid_is_trusted;
    let vouched =
        !e.apart && if e.guid_is_sole { e.title || e.date } else { e.title && !e.redated };
    let agrees = (e.title || e.date) && !(e.link_is_unproven && e.redated);
    let rows = [
        (e.guid && e.same, Kinship::Unchanged),
        ((e.link || e.content) && e.same, Kinship::Identical),
        (e.guid && believed && (e.title || e.date || e.link), Kinship::Guid),
        (e.guid && !believed && vouched, Kinship::VouchedGuid),
        (e.link && e.link_is_sole && (agrees || e.bare), Kinship::Link),
        (e.content && !e.apart, Kinship::Content),
        (e.moved && e.title && e.date, Kinship::Moved),
        (e.guid && believed, Kinship::BareGuid),
    ];
    rows.into_iter().find_map(|(holds, kinship)| holds.then_some(kinship))
}

/// From how many items on it is a pattern that guids stand on other items than before.
const PATTERN: usize = 3;

/// Where most items of a document have nothing in common with the entries of their guids, guids
/// number positions ("1" is whatever stands first) and say nothing.
fn drop_positional_guids(pairs: &mut Vec<(Kinship, usize, usize)>) {
    let by_guid = |kinship: Kinship| match kinship {
        Kinship::Unchanged | Kinship::Guid | Kinship::BareGuid => true,
        Kinship::Identical | Kinship::VouchedGuid | Kinship::Link => false,
        Kinship::Content | Kinship::Moved => false,
    };
    let bare = pairs.iter().filter(|pair| pair.0 == Kinship::BareGuid).count();
    let all = pairs.iter().filter(|pair| by_guid(pair.0)).count();
    if bare >= PATTERN && bare * 2 > all {
        pairs.retain(|pair| pair.0 != Kinship::BareGuid);
    }
}

/// Where something is found, and whether it is found once only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Once(usize),
    Often,
}

/// A title at a moment, to the millisecond.
type Heading = (i64, i64);

/// The known entries by all that an item may have in common with them.
struct Index {
    keys: HashMap<EntryKey, usize>,
    documents: HashMap<DocumentKey, Found>,
    headings: HashMap<Heading, Found>,
    fingerprints: HashMap<Fingerprint, usize>,
    is_lone: bool,
}

impl Index {
    fn of(candidates: &[Candidate], known: &[Known]) -> Self {
        let mut index = Self {
            keys: HashMap::with_capacity(known.len()),
            documents: HashMap::with_capacity(known.len()),
            headings: HashMap::with_capacity(known.len()),
            fingerprints: HashMap::with_capacity(known.len()),
            is_lone: candidates.len() == 1,
        };
        for (at, entry) in known.iter().enumerate() {
            index.keys.insert(entry.key, at);
            index.fingerprints.entry(entry.fingerprint).or_insert(at);
            note(&mut index.documents, entry.document, at);
            note(&mut index.headings, heading(entry.title_hash, entry.published), at);
        }
        let mut bearers = HashMap::new();
        for (at, candidate) in candidates.iter().enumerate() {
            note(&mut bearers, heading(candidate.title_hash, candidate.published), at);
        }
        index.headings.retain(|heading, _| bearers.get(heading) != Some(&Found::Often));
        index
    }

    /// The entries that may be `candidate`, each once.
    fn akin(&self, candidate: &Candidate) -> Vec<usize> {
        let once = |found: Option<&Found>| match found {
            Some(Found::Once(at)) => Some(*at),
            Some(Found::Often) | None => None,
        };
        let heading = heading(candidate.title_hash, candidate.published);
        let mut akin: Vec<usize> =
            candidate.names.all().filter_map(|key| self.keys.get(&key).copied()).collect();
        akin.extend(self.fingerprints.get(&candidate.fingerprint));
        akin.extend(candidate.document.and_then(|document| once(self.documents.get(&document))));
        akin.extend(heading.and_then(|heading| once(self.headings.get(&heading))));
        akin.sort_unstable();
        akin.dedup();
        akin
    }

    fn evidence(&self, candidate: &Candidate, known: &Known) -> Evidence {
        let names = &candidate.names;
        let is_kept_under = |key: EntryKey| known.key == key;
        let both_linked = candidate.document.is_some() && known.document.is_some();
        let same_document = both_linked && candidate.document == known.document;
        let linked_here = candidate.document.and_then(|document| self.documents.get(&document));
        let (ours, theirs) = (millis(candidate.published), millis(known.published));
        let both_dated = ours.is_some() && theirs.is_some();
        let heading = heading(candidate.title_hash, candidate.published);
        Evidence {
            guid: names.guid.is_some_and(|guid| is_kept_under(guid.key)),
            guid_is_sole: names.guid.is_some_and(|guid| guid.sole),
            guid_is_trusted: names.trust == GuidTrust::Trusted,
            link: same_document || names.link.is_some_and(|link| is_kept_under(link.key)),
            link_is_sole: names.link.is_some_and(|link| link.sole)
                && linked_here != Some(&Found::Often),
            apart: both_linked && !same_document,
            content: is_kept_under(names.content)
                || is_kept_under(names.whole)
                || names.heading.is_some_and(|name| name.sole && is_kept_under(name.key)),
            title: candidate.title_hash != 0 && candidate.title_hash == known.title_hash,
            date: both_dated && ours == theirs,
            redated: both_dated && ours != theirs,
            bare: candidate.title_hash == 0 && known.title_hash == 0 && !both_dated,
            same: candidate.fingerprint == known.fingerprint,
            link_is_unproven: self.is_lone && names.guid.is_some(),
            moved: candidate.telling
                && candidate.published.is_some_and(is_precise)
                && heading.is_some_and(|heading| {
                    matches!(self.headings.get(&heading), Some(Found::Once(_)))
                }),
        }
    }
}

fn note<K: Hash + Eq>(places: &mut HashMap<K, Found>, key: Option<K>, at: usize) {
    if let Some(key) = key {
        places.entry(key).and_modify(|found| *found = Found::Often).or_insert(Found::Once(at));
    }
}

fn millis(moment: Option<DateTime<Utc>>) -> Option<i64> {
    moment.map(|moment| moment.timestamp_millis())
}

fn heading(title_hash: i64, published: Option<DateTime<Utc>>) -> Option<Heading> {
    millis(published).filter(|_| title_hash != 0).map(|published| (title_hash, published))
}

/// Whether a date says more than a day or an hour: only then is sharing it no accident.
fn is_precise(moment: DateTime<Utc>) -> bool {
    moment.timestamp() % 1_800 != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An edit of [`Evidence`].
    type Edit = fn(&mut Evidence);

    fn evidence(edit: Edit) -> Evidence {
        let mut evidence = Evidence {
            guid_is_sole: true,
            guid_is_trusted: true,
            link_is_sole: true,
            ..Evidence::default()
        };
        edit(&mut evidence);
        evidence
    }

    #[test]
    fn kinship_by_what_they_have_in_common() {
        let rows: [(&str, Edit, Option<Kinship>); 24] = [
            ("nothing", |_| {}, None),
            ("only the look", |e| e.same = true, None),
            ("guid and look", |e| (e.guid, e.same) = (true, true), Some(Kinship::Unchanged)),
            ("link and look", |e| (e.link, e.same) = (true, true), Some(Kinship::Identical)),
            (
                "shared link and look",
                |e| (e.link, e.link_is_sole, e.same) = (true, false, true),
                Some(Kinship::Identical),
            ),
            ("guid and title", |e| (e.guid, e.title) = (true, true), Some(Kinship::Guid)),
            ("guid and date", |e| (e.guid, e.date) = (true, true), Some(Kinship::Guid)),
            ("guid and link", |e| (e.guid, e.link) = (true, true), Some(Kinship::Guid)),
            ("guid alone", |e| e.guid = true, Some(Kinship::BareGuid)),
            ("guid in doubt alone", |e| (e.guid, e.guid_is_trusted) = (true, false), None),
            (
                "guid in doubt, title",
                |e| (e.guid, e.guid_is_trusted, e.title) = (true, false, true),
                Some(Kinship::VouchedGuid),
            ),
            (
                "guid in doubt, date",
                |e| (e.guid, e.guid_is_trusted, e.date) = (true, false, true),
                Some(Kinship::VouchedGuid),
            ),
            (
                "guid in doubt, title, other link",
                |e| (e.guid, e.guid_is_trusted, e.title, e.apart) = (true, false, true, true),
                None,
            ),
            ("shared guid, date", |e| (e.guid, e.guid_is_sole, e.date) = (true, false, true), None),
            (
                "shared guid, title",
                |e| (e.guid, e.guid_is_sole, e.title) = (true, false, true),
                Some(Kinship::VouchedGuid),
            ),
            (
                "shared guid, title, other date",
                |e| (e.guid, e.guid_is_sole, e.title, e.redated) = (true, false, true, true),
                None,
            ),
            (
                "link and title",
                |e| (e.link, e.title, e.redated) = (true, true, true),
                Some(Kinship::Link),
            ),
            ("link and date", |e| (e.link, e.date) = (true, true), Some(Kinship::Link)),
            ("link alone", |e| e.link = true, None),
            (
                "link, nothing else to compare",
                |e| (e.link, e.bare) = (true, true),
                Some(Kinship::Link),
            ),
            (
                "unproven link, title, other date",
                |e| (e.link, e.title, e.redated, e.link_is_unproven) = (true, true, true, true),
                None,
            ),
            ("content", |e| e.content = true, Some(Kinship::Content)),
            ("content, other link", |e| (e.content, e.apart) = (true, true), None),
            (
                "telling title and moment",
                |e| (e.moved, e.title, e.date) = (true, true, true),
                Some(Kinship::Moved),
            ),
        ];
        for (claim, edit, kinship) in rows {
            assert_eq!(weigh(evidence(edit)), kinship, "{claim}");
        }
    }

    #[test]
    fn the_closest_goes_first() {
        assert!(Kinship::Unchanged < Kinship::Identical);
        assert!(Kinship::Identical < Kinship::Guid);
        assert!(Kinship::Moved < Kinship::BareGuid);
    }

    #[test]
    fn a_pattern_of_bare_guids_says_nothing() {
        for (bare, others, kept) in [(1, 0, 1), (2, 0, 2), (3, 0, 0), (3, 3, 6), (4, 3, 3)] {
            let mut pairs: Vec<_> = (0..bare).map(|n| (Kinship::BareGuid, n, n)).collect();
            pairs.extend((0..others).map(|n| (Kinship::Guid, n, n)));
            drop_positional_guids(&mut pairs);
            assert_eq!(pairs.len(), kept, "{bare} bare, {others} others");
        }
    }
}
