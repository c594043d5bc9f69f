//! What readers of a newsletter had before, through another feed: such a copy is passed over.
//!
//! Promise I4 is about entries, readers see documents. Two subscriptions bring the same one where a
//! site's categories overlap, where an aggregator relays, and where a redirect leads one feed to the
//! address of another. Rather twice than never: feeds whose link and title do not tell their own
//! items apart are left alone, as is what has another title; what one feed says twice is not judged
//! here, that is `dedup`'s.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::model::entry::{Bearer, EntryId, EntryKey, Kin};
use crate::model::feed::FeedId;
use crate::model::url::DocumentKey;

/// Feeds that are found at one address at present: their items' names can be compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Twins(HashMap<FeedId, usize>);

impl Twins {
    /// From groups of feeds, each found at one address.
    pub fn of(groups: &[Vec<FeedId>]) -> Self {
        let numbered = groups.iter().enumerate();
        Self(numbered.flat_map(|(group, feeds)| feeds.iter().map(move |&f| (f, group))).collect())
    }

    fn are(&self, one: FeedId, other: FeedId) -> bool {
        one != other && self.0.get(&one).is_some_and(|group| self.0.get(&other) == Some(group))
    }
}

/// Which of the entries that wait are copies, each with the entry it is a copy of. `named` are the
/// entries of twins under one of their keys, `bearers` those of all feeds that are one of their
/// documents under one of their titles; in any order, each once or more.
pub fn copies(
    waiting: &HashSet<EntryId>,
    named: &[Kin],
    bearers: &[Bearer],
    twins: &Twins,
) -> BTreeMap<EntryId, EntryId> {
    let mut found = headed(waiting, bearers);
    let mut by_key: HashMap<EntryKey, Vec<&Kin>> = HashMap::new();
    let mut named: Vec<&Kin> = named.iter().collect();
    named.sort_by_key(|kin| kin.id);
    named.dedup_by_key(|kin| kin.id);
    for entry in &named {
        by_key.entry(entry.key).or_default().push(entry);
    }
    for entry in named.iter().filter(|entry| waiting.contains(&entry.id)) {
        let mut others = by_key.get(&entry.key).into_iter().flatten();
        let twin = others.find(|other| is_twin(entry, other, twins, waiting));
        found.extend(twin.map(|other| (entry.id, other.id)));
    }
    found
}

/// Those whose document readers had under the same title. A feed that has the heading more than once
/// means something else by each.
fn headed(waiting: &HashSet<EntryId>, bearers: &[Bearer]) -> BTreeMap<EntryId, EntryId> {
    let mut sole: Vec<&Kin> =
        bearers.iter().filter(|bearer| bearer.alike == 1).map(|bearer| &bearer.first).collect();
    sole.sort_by_key(|kin| kin.id);
    let mut sent: HashMap<Heading, Vec<&Kin>> = HashMap::new();
    for entry in sole.iter().filter(|entry| entry.was_sent) {
        if let Some(heading) = heading(entry) {
            sent.entry(heading).or_default().push(entry);
        }
    }
    let original = |entry: &Kin| {
        let mut sent = sent.get(&heading(entry)?)?.iter();
        let other = sent.find(|sent| sent.feed != entry.feed)?;
        Some((entry.id, other.id))
    };
    sole.iter().filter(|entry| waiting.contains(&entry.id)).filter_map(|it| original(it)).collect()
}

/// Whether `other` is the same item of the same publisher, as a feed found at the same address
/// brought it. Keys alone do not tell: before it was led there, a feed had items of its own.
///
/// Two that wait are folded into one story by their document; where they have none, the later one
/// is a copy.
fn is_twin(entry: &Kin, other: &Kin, twins: &Twins, waiting: &HashSet<EntryId>) -> bool {
    let is_same_document = entry.document.is_some() && entry.document == other.document;
    let is_same = is_same_document || says(entry) == says(other);
    let is_earlier = entry.document.is_none() && waiting.contains(&other.id) && other.id < entry.id;
    twins.are(entry.feed, other.feed) && is_same && (other.was_sent || is_earlier)
}

/// What an entry says: its title, or all of it where it has none.
fn says(entry: &Kin) -> (i64, i64) {
    if entry.title_hash == 0 { (0, entry.fingerprint.0) } else { (entry.title_hash, 0) }
}

/// A document under a title.
type Heading = (DocumentKey, (i64, i64));

fn heading(entry: &Kin) -> Option<Heading> {
    Some((entry.document?, says(entry)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::entry::Fingerprint;

    /// An entry of a feed: its document (0: none), its key, its title (0: none); sent or not.
    fn kin(id: i64, feed: i64, (document, key, title): (i64, u8, i64), was_sent: bool) -> Kin {
        Kin {
            id: EntryId(id),
            feed: FeedId(feed),
            document: (document != 0).then_some(DocumentKey(document)),
            key: EntryKey([key; 16]),
            title_hash: title,
            fingerprint: Fingerprint(i64::from(key)),
            was_sent,
        }
    }

    /// The kin by heading and feed, as the store counts them.
    fn bearers(kin: &[Kin]) -> Vec<Bearer> {
        let mut once = kin.to_vec();
        once.sort_by_key(|kin| kin.id);
        once.dedup_by_key(|kin| kin.id);
        let mut groups: BTreeMap<_, Bearer> = BTreeMap::new();
        for first in once {
            let heading = (first.document.map(|document| document.0), says(&first), first.feed);
            let group = groups.entry(heading).or_insert(Bearer { first, alike: 0 });
            group.alike += 1;
        }
        let told_twice = |bearer: Bearer| [bearer, bearer];
        groups.into_values().flat_map(told_twice).collect()
    }

    /// The copies among the kin that were not sent, where feeds 1 and 2 are twins or not.
    fn found(kin: &[Kin], are_twins: bool) -> Vec<(i64, i64)> {
        let waiting = kin.iter().filter(|kin| !kin.was_sent).map(|kin| kin.id).collect();
        let groups = if are_twins { vec![vec![FeedId(1), FeedId(2)]] } else { vec![] };
        let found = copies(&waiting, kin, &bearers(kin), &Twins::of(&groups));
        found.into_iter().map(|(entry, of)| (entry.0, of.0)).collect()
    }

    #[test]
    fn what_readers_had_through_another_feed_is_a_copy() {
        // Entry 1 of feed 1 was sent, entry 2 waits.
        let sent = kin(1, 1, (7, 1, 5), true);
        for (claim, of_feed, waits, alone, as_twins) in [
            ("the same document and title", 2, (7, 9, 5), true, true),
            ("another title on one page: a live page", 2, (7, 9, 6), false, false),
            ("the same title elsewhere", 2, (8, 9, 5), false, false),
            ("the same item, its title edited", 2, (7, 1, 6), false, true),
            ("the same item, its link mended", 2, (8, 1, 5), false, true),
            ("the same guid of something else", 2, (8, 1, 6), false, false),
            ("the same guid and title, no link", 2, (0, 1, 5), false, true),
            ("a third feed is no twin", 3, (8, 1, 5), false, false),
            ("whatever one feed repeats", 1, (7, 9, 5), false, false),
        ] {
            let kin = [sent, kin(2, of_feed, waits, false)];
            for (are_twins, is_copy) in [(false, alone), (true, as_twins)] {
                let expected = if is_copy { vec![(2, 1)] } else { vec![] };
                assert_eq!(found(&kin, are_twins), expected, "{claim}, twins: {are_twins}");
            }
        }
    }

    #[test]
    fn what_was_not_sent_makes_no_copies() {
        let pair = [kin(1, 1, (7, 1, 5), false), kin(2, 2, (7, 1, 5), false)];
        assert_eq!(found(&pair, true), [], "they are one story of the next edition");
        let unlinked = [kin(1, 1, (0, 1, 5), false), kin(2, 2, (0, 1, 5), false)];
        assert_eq!(
            found(&unlinked, true),
            [(2, 1)],
            "which is told by their link, if they have one"
        );
        assert_eq!(found(&unlinked, false), []);
    }

    #[test]
    fn without_a_title_all_of_it_must_be_the_same() {
        let sent = kin(1, 1, (7, 1, 0), true);
        assert_eq!(found(&[sent, kin(2, 2, (7, 1, 0), false)], false), [(2, 1)]);
        let remark = kin(2, 2, (7, 9, 0), false);
        assert_eq!(found(&[sent, remark], false), [], "two remarks on one article");
    }

    #[test]
    fn a_link_that_does_not_tell_items_apart_says_nothing() {
        // Every item of a status page has its address, and most have one title.
        let page = |id, feed, key, was_sent| kin(id, feed, (7, key, 5), was_sent);
        let (one, two) = (page(1, 1, 1, true), page(2, 1, 2, true));
        assert_eq!(found(&[one, two, page(3, 2, 9, false)], false), []);
        assert_eq!(found(&[one, page(3, 2, 8, false), page(4, 2, 9, false)], false), []);
        let again = [one, two, page(3, 2, 1, false), page(4, 2, 2, false)];
        assert_eq!(found(&again, true), [(3, 1), (4, 2)], "names tell, where they can");
        let third = kin(5, 3, (7, 4, 5), true);
        assert_eq!(found(&[one, two, third, page(6, 2, 9, false)], false), [(6, 5)]);
    }

    #[test]
    fn the_earliest_is_the_original_in_whatever_order_they_are_given() {
        let mut kin = vec![
            kin(1, 1, (7, 1, 5), true),
            kin(2, 2, (7, 2, 5), true),
            kin(3, 3, (7, 3, 5), false),
            kin(3, 3, (7, 3, 5), false),
        ];
        assert_eq!(found(&kin, false), [(3, 1)]);
        kin.reverse();
        assert_eq!(found(&kin, false), [(3, 1)]);
    }
}
