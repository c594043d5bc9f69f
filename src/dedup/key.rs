//! Identity of items within their feed: the names an item bears, and which entry it is.
//!
//! An item is named by its guid, else by its canonical link, else by what it says. A name that
//! several items of one document bear names none of them; when more than one guid in twenty is so
//! (FreshRSS's rule), the feed's guids are in doubt and links name its new entries until a document
//! of at least five items has a guid of its own for each. Whatever name an entry was kept under,
//! the item is looked up under all of its names, so doubt that comes and goes makes no duplicates.
//! Identity is scoped: another feed's guids mean nothing here.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};

use crate::dedup::candidate::{Candidate, Identified, Name, Names};
use crate::dedup::{canonical, fingerprint, kinship, tracking};
use crate::model::document::Item;
use crate::model::entry::{EntryKey, Fingerprint, Known};
use crate::model::feed::GuidTrust;
use crate::model::hash;
use crate::model::url::{CanonicalUrl, WebUrl};

/// One shared guid in so many puts a feed's guids in doubt.
const SHARED_ONE_IN: usize = 20;

/// How many items with a guid of their own a document must have to clear guids of doubt.
const CLEARING_ITEMS: usize = 5;

/// From how many words on a title tells an item from others.
const TELLING_WORDS: usize = 3;

/// Names the distinct items of a document. An item that comes twice is folded into its first
/// coming: the same to a reader under the same guid or the same link, or the same guid, link, title
/// and date with another wording. A guid on different items is not that: each of them is kept.
pub fn identify(items: &[Item], trust: GuidTrust) -> Identified {
    let mut seen = HashSet::new();
    let drafts = items.iter().enumerate().map(|(index, item)| draft(index, item));
    let mut items: Vec<Candidate> = drafts.filter(|draft| is_first(draft, &mut seen)).collect();
    count_bearers(&mut items);
    let trust = judge(trust, &items);
    for item in &mut items {
        item.names.trust = trust;
        item.key = item.names.own().next().unwrap_or(item.names.whole);
    }
    Identified { trust, items }
}

/// Which known entry each candidate is, by position; none for news. `known` is what the store found
/// under the lookup keys and documents; no entry is given to two candidates.
pub fn recognise<'a>(candidates: &[Candidate], known: &'a [Known]) -> Vec<Option<&'a Known>> {
    kinship::assign(candidates, known)
}

fn draft(index: usize, item: &Item) -> Candidate {
    let body = fingerprint::body(item);
    let fingerprint = fingerprint::with_body(item, &body);
    let canonical = item.link.as_ref().map(canonical::canonicalise);
    let guid = item.guid.as_deref().map(str::trim).filter(|guid| !guid.is_empty());
    let guid =
        guid.map(|guid| key("guid", &[spell_guid(guid, item, canonical.as_ref()).as_bytes()]));
    let link = canonical.as_ref().map(|link| key("link", &[link.as_str().as_bytes()]));
    let title = fingerprint::fold(item.title.as_str());
    let date = fingerprint::date(item.published);
    let is_dated = item.published.is_some() && !title.is_empty();
    let heading = is_dated.then(|| key("heading", &[title.as_bytes(), &date]));
    let content = key("content", &[title.as_bytes(), &date, &body]);
    let name = |key: EntryKey| Name { key, sole: true };
    Candidate {
        item: index,
        names: Names {
            guid: guid.map(name),
            trust: GuidTrust::Trusted,
            link: link.map(name),
            heading: heading.map(name),
            content,
            whole: whole(guid, link, fingerprint),
        },
        key: content,
        document: canonical.as_ref().map(CanonicalUrl::document),
        title_hash: fingerprint::folded_title(&title),
        telling: title.split(' ').filter(|word| !word.is_empty()).count() >= TELLING_WORDS,
        published: item.published,
        fingerprint,
    }
}

fn key(kind: &str, parts: &[&[u8]]) -> EntryKey {
    EntryKey(hash::short([kind.as_bytes()].into_iter().chain(parts.iter().copied())))
}

fn whole(guid: Option<EntryKey>, link: Option<EntryKey>, fingerprint: Fingerprint) -> EntryKey {
    let bytes = |key: Option<EntryKey>| key.map_or([0; 16], |key| key.0);
    key("whole", &[&bytes(guid), &bytes(link), &fingerprint.0.to_be_bytes()])
}

/// A guid without what publishers change about it by accident: for one that is an address, all that
/// canonical spelling folds, and a fragment that counts versions (`#0`, `#1`) or readers
/// (`#xtor=…`). Other fragments stay, they tell the items of one page apart.
fn spell_guid(guid: &str, item: &Item, link: Option<&CanonicalUrl>) -> String {
    if let (Some(link), Some(canonical)) = (&item.link, link)
        && link.as_str() == guid
        && link.parts().fragment().is_none()
    {
        return canonical.as_str().to_owned();
    }
    let Ok(url) = WebUrl::parse(guid) else { return guid.to_owned() };
    let spelled = canonical::canonicalise(&url).as_str().to_owned();
    match url.parts().fragment().filter(|fragment| is_name(fragment)) {
        Some(fragment) if !spelled.contains('#') => format!("{spelled}#{fragment}"),
        Some(_) | None => spelled,
    }
}

fn is_name(fragment: &str) -> bool {
    let counts = fragment.len() <= 3 && fragment.bytes().all(|byte| byte.is_ascii_digit());
    let tracks = fragment.split('&').all(tracking::is_tracking);
    !counts && !tracks
}

/// By what an item is recognised as a repetition of an earlier one of its document.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Sign {
    Guid(Option<EntryKey>, Fingerprint),
    Link(EntryKey, Fingerprint),
    Heading { guid: EntryKey, link: EntryKey, title: i64, published: DateTime<Utc> },
}

fn is_first(item: &Candidate, seen: &mut HashSet<Sign>) -> bool {
    let guid = item.names.guid.map(|name| name.key);
    let link = item.names.link.map(|name| name.key);
    let mut signs = vec![Sign::Guid(guid, item.fingerprint)];
    signs.extend(link.map(|link| Sign::Link(link, item.fingerprint)));
    if let (Some(guid), Some(link), Some(published)) = (guid, link, item.published)
        && item.title_hash != 0
    {
        signs.push(Sign::Heading { guid, link, title: item.title_hash, published });
    }
    if signs.iter().any(|sign| seen.contains(sign)) {
        return false;
    }
    seen.extend(signs);
    true
}

fn count_bearers(items: &mut [Candidate]) {
    let mut bearers: HashMap<EntryKey, usize> = HashMap::new();
    for item in items.iter() {
        for name in [item.names.guid, item.names.link, item.names.heading].into_iter().flatten() {
            *bearers.entry(name.key).or_default() += 1;
        }
    }
    for item in items {
        let names = [&mut item.names.guid, &mut item.names.link, &mut item.names.heading];
        for name in names.into_iter().flatten() {
            name.sole = bearers.get(&name.key) == Some(&1);
        }
    }
}

fn judge(trust: GuidTrust, items: &[Candidate]) -> GuidTrust {
    let guids = items.iter().filter_map(|item| item.names.guid);
    let (bearers, shared) = guids
        .fold((0, 0), |(bearers, shared), name| (bearers + 1, shared + usize::from(!name.sole)));
    match trust {
        _ if shared * SHARED_ONE_IN > bearers => GuidTrust::Doubtful,
        GuidTrust::Trusted => GuidTrust::Trusted,
        GuidTrust::Doubtful if shared == 0 && bearers >= CLEARING_ITEMS => GuidTrust::Trusted,
        GuidTrust::Doubtful => GuidTrust::Doubtful,
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;
    use crate::model::document::RawHtml;
    use crate::model::entry::EntryId;
    use crate::model::text::PlainText;

    /// An item in one line: `guid|link|title|minute|body`, empty where absent.
    fn item(line: &str) -> Item {
        let mut fields = line.split('|').map(str::trim);
        let mut next = || fields.next().unwrap_or_default();
        let (guid, link, title) = (next(), next(), next());
        let (minute, body) = (next(), next());
        Item {
            guid: Some(guid).filter(|guid| !guid.is_empty()).map(str::to_owned),
            link: WebUrl::parse(link).ok(),
            title: PlainText::new(title),
            published: minute.parse().ok().and_then(|m: i64| Utc.timestamp_opt(m * 60, 0).single()),
            body: RawHtml(body.to_owned()),
            ..Item::default()
        }
    }

    /// A store of one feed, as naive as can be: it finds by key, document and title.
    #[derive(Default)]
    struct Kept {
        trust: Option<GuidTrust>,
        entries: Vec<Known>,
    }

    impl Kept {
        /// Polls a document; says of each distinct item which entry it became.
        fn poll(&mut self, lines: &[&str]) -> Vec<i64> {
            let items: Vec<_> = lines.iter().map(|line| item(line)).collect();
            let found = identify(&items, self.trust.unwrap_or(GuidTrust::Trusted));
            self.trust = Some(found.trust);
            let (keys, documents) = (found.lookup_keys(), found.lookup_documents());
            let titles = found.lookup_titles();
            let known = self.entries.iter().filter(|entry| {
                keys.contains(&entry.key)
                    || entry.document.is_some_and(|document| documents.contains(&document))
                    || titles.contains(&entry.title_hash)
            });
            let known: Vec<_> = known.cloned().collect();
            let became = recognise(&found.items, &known);
            found.items.iter().zip(became).map(|(item, was)| self.keep(item, was)).collect()
        }

        fn keep(&mut self, item: &Candidate, was: Option<&Known>) -> i64 {
            let taken = |key: &EntryKey| self.entries.iter().any(|entry| entry.key == *key);
            let id = was.map_or(EntryId(self.entries.len() as i64 + 1), |was| was.id);
            let key = match was {
                Some(was) => was.key,
                None => item.free_key(taken).expect("a free key"),
            };
            let entry = Known {
                id,
                key,
                document: item.document,
                title_hash: item.title_hash,
                published: item.published,
                fingerprint: item.fingerprint,
                changes: 0,
            };
            self.entries.retain(|entry| entry.id != id);
            self.entries.push(entry);
            id.0
        }
    }

    /// Polls documents one after the other and compares which entries their items became.
    fn become_entries(claim: &str, polls: &[(&[&str], &[i64])]) {
        let mut kept = Kept::default();
        for (at, (document, entries)) in polls.iter().enumerate() {
            assert_eq!(kept.poll(document), *entries, "{claim}: poll {at}");
        }
    }

    #[test]
    fn an_item_without_guid_and_link_is_one_entry_over_100_polls() {
        let mut kept = Kept::default();
        for _ in 0..100 {
            assert_eq!(kept.poll(&["||Un titre||corps", "|||| sans titre"]), [1, 2]);
        }
    }

    #[test]
    fn churning_guids_make_no_new_entries() {
        for (before, after) in [
            ("http://x.fr/a", "https://x.fr/a"),
            ("https://x.fr/a", "https://www.x.fr/a/"),
            ("https://x.fr/a", "https://x.fr/a#0"),
            ("https://x.fr/a#0", "https://x.fr/a#1"),
            ("https://x.fr/a", "https://x.fr/a?utm_source=rss"),
            ("https://x.fr/a", "https://x.fr/a#xtor=RSS-1"),
        ] {
            let mut kept = Kept::default();
            assert_eq!(kept.poll(&[&format!("{before}||Un|5|corps")]), [1]);
            assert_eq!(kept.poll(&[&format!("{after}||Autre|6|autre")]), [1], "{after}");
        }
    }

    #[test]
    fn an_edited_item_keeps_its_entry() {
        become_entries(
            "everything but the guid",
            &[(&["1|https://x.fr/a|A|1|a"], &[1]), (&["1|https://x.fr/b|B|2|b"], &[1])],
        );
        become_entries(
            "the guid, with link and title",
            &[
                (&["1|https://x.fr/a|A|1|a", "2|https://x.fr/b|B|1|b"], &[1, 2]),
                (&["9|https://x.fr/a|A|7|a2", "8|https://x.fr/b|B|8|b2"], &[1, 2]),
            ],
        );
        become_entries(
            "the date of an item with a link only",
            &[(&["|https://x.fr/a|A|1|a"], &[1]), (&["|https://x.fr/a|A|9|a"], &[1])],
        );
        become_entries(
            "the body of an item with a link only, untitled",
            &[(&["|https://x.fr/a|||a"], &[1]), (&["|https://x.fr/a|||b"], &[1])],
        );
        become_entries(
            "the slug",
            &[
                (&["https://x.fr/a|https://x.fr/a|Un titre assez long|7|a"], &[1]),
                (&["https://x.fr/b|https://x.fr/b|Un titre assez long|7|a b"], &[1]),
            ],
        );
        become_entries(
            "the body of a dated item without names",
            &[(&["||A|1|10:42"], &[1]), (&["||A|1|10:43"], &[1])],
        );
    }

    #[test]
    fn a_rolling_page_swallows_no_news() {
        let page = "https://x.fr/journal";
        let line = |rest: &str| format!("|{page}|{rest}");
        let mut kept = Kept::default();
        let (a, b, c) = (line("A|1|a"), line("B|2|b"), line("C|3|c"));
        assert_eq!(kept.poll(&[&a]), [1]);
        assert_eq!(kept.poll(&[&b]), [2]);
        assert_eq!(kept.poll(&[&c, &b, &a]), [3, 2, 1]);
        assert_eq!(kept.poll(&[&c]), [3]);
        become_entries(
            "a bulletin with a guid for each hour",
            &[
                (&["1|https://x.fr/direct|Le bulletin de la rédaction|60|a"], &[1]),
                (&["2|https://x.fr/direct|Le bulletin de la rédaction|120|b"], &[2]),
            ],
        );
    }

    #[test]
    fn a_guid_on_two_items_loses_neither() {
        let (a, b) = ("1|https://x.fr/a|A|1|a", "1|https://x.fr/b|B|2|b");
        become_entries(
            "together, then one by one",
            &[(&[a, b], &[1, 2]), (&[b], &[2]), (&[a], &[1]), (&[b, a], &[2, 1])],
        );
        become_entries(
            "one after the other, together, apart",
            &[(&[a], &[1]), (&[b, a], &[2, 1]), (&[b], &[2]), (&[a], &[1])],
        );
        let (a, b) = ("1||A||a", "1||B||b");
        become_entries("without links", &[(&[a], &[1]), (&[b, a], &[2, 1]), (&[b], &[2])]);
    }

    #[test]
    fn guids_that_turn_bad_and_good_again_make_no_duplicates_and_lose_nothing() {
        let feed = |guid: &dyn Fn(usize) -> String, items: std::ops::Range<usize>| -> Vec<String> {
            items
                .rev()
                .map(|n| format!("{}|https://x.fr/{n}|Titre {n}|{n}|corps", guid(n)))
                .collect()
        };
        let good = |n: usize| format!("g{n}");
        let bad = |_: usize| "https://x.fr/".to_owned();
        for first in [&good as &dyn Fn(usize) -> String, &bad] {
            let mut kept = Kept::default();
            for (guid, items) in
                [(first, 0..6), (&bad, 2..8), (&good, 3..9), (&bad, 0..9), (&good, 0..9)]
            {
                let lines = feed(guid, items);
                kept.poll(&lines.iter().map(String::as_str).collect::<Vec<_>>());
            }
            assert_eq!(kept.entries.len(), 9);
            assert_eq!(kept.trust, Some(GuidTrust::Trusted));
        }
    }

    #[test]
    fn guids_that_number_positions_swallow_no_news() {
        become_entries(
            "positions",
            &[
                (&["1||A|1|a", "2||B|2|b", "3||C|3|c"], &[1, 2, 3]),
                (&["1||F|6|f", "2||E|5|e", "3||D|4|d"], &[4, 5, 6]),
                (&["1||F|6|f", "2||E|5|e", "3||D|4|d"], &[4, 5, 6]),
            ],
        );
    }

    #[test]
    fn repetitions_are_folded_and_only_those() {
        for (lines, distinct) in [
            (vec!["1||A|1|a", "1||A|1|a"], 1),
            (vec!["||A||a", "||A||a"], 1),
            (vec!["1|https://x.fr/a|A|1|a", "2|https://x.fr/a|A|1|a"], 1),
            (vec!["1|https://x.fr/a|A|1|a", "1|https://x.fr/a?utm_id=3|A|1|a, mended"], 1),
            (vec!["1|https://x.fr/a|A|1|a", "1|https://x.fr/a|A|2|a"], 2),
            (vec!["1|https://x.fr/a|A|1|a", "1|https://x.fr/a|B|1|a"], 2),
            (vec!["1||A|1|a", "1||A|1|b"], 2),
            (vec!["1||A|1|a", "2||A|1|a"], 2),
            (vec!["1||||", "2||||"], 2),
        ] {
            let items: Vec<_> = lines.iter().map(|line| item(line)).collect();
            assert_eq!(identify(&items, GuidTrust::Trusted).items.len(), distinct, "{lines:?}");
        }
    }

    #[test]
    fn one_shared_guid_in_twenty_is_borne() {
        for (shared, alone, before, after) in [
            (0, 3, GuidTrust::Trusted, GuidTrust::Trusted),
            (2, 38, GuidTrust::Trusted, GuidTrust::Trusted),
            (2, 37, GuidTrust::Trusted, GuidTrust::Doubtful),
            (2, 38, GuidTrust::Doubtful, GuidTrust::Doubtful),
            (0, 4, GuidTrust::Doubtful, GuidTrust::Doubtful),
            (0, 5, GuidTrust::Doubtful, GuidTrust::Trusted),
            (0, 0, GuidTrust::Doubtful, GuidTrust::Doubtful),
        ] {
            let twins = (0..shared).map(|n| item(&format!("same||A{n}|1|a")));
            let others = (0..alone).map(|n| item(&format!("{n}||B{n}|1|b")));
            let items: Vec<_> = twins.chain(others).collect();
            assert_eq!(identify(&items, before).trust, after, "{shared} of {}", shared + alone);
        }
    }

    #[test]
    fn fragments_that_name_items_of_one_page_stay() {
        become_entries(
            "a changelog",
            &[
                (&["https://x.fr/log#v1||A|1|a"], &[1]),
                (&["https://x.fr/log#v2||B|2|b", "https://x.fr/log#v1||A|1|a"], &[2, 1]),
            ],
        );
    }

    #[test]
    fn a_taken_key_is_never_given_twice() {
        let found = identify(&[item("1|https://x.fr/a|A|1|a")], GuidTrust::Trusted);
        let names = &found.items[0].names;
        let order: Vec<_> = names.all().collect();
        for given in 0..order.len() {
            let free = found.items[0].free_key(|key| order[..given].contains(key));
            assert_eq!(free, Some(order[given]));
        }
        assert_eq!(found.items[0].free_key(|_| true), None);
    }
}
