//! What one fetch means for its feed and its entries: everything it writes, as a plan.
//!
//! A good answer replaces the validators, whatever it brought; a failed one touches nothing but the
//! feed's standing and its next check. An answer that is good on the wire and empty where there were
//! items, or unreadable, is a failed one. Only new and changed items are cleaned. What a document
//! no longer holds is kept: absence says nothing.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::clean::room::Room;
use crate::dedup::candidate::{Candidate, Identified};
use crate::dedup::key;
use crate::model::document::{Document, Unreadable};
use crate::model::entry::{Content, EntryKey, Known};
use crate::model::feed::{Feed, FeedState, Standing};
use crate::model::outcome::{Failure, FailureClass, Fresh, RetryAfter, Unchanged, Validators};
use crate::model::plan::{Arrival, Change, Plan, Unread};
use crate::refresh::cadence::CheckBounds;
use crate::refresh::moves::{self, Found, Met};
use crate::refresh::{arrivals, cadence, content, rhythm, standing, websub, whole};

/// What a fetch brought, after reading.
#[derive(Debug, Clone, Copy)]
pub enum Seen<'a> {
    /// A document that could be read.
    Document {
        /// The answer.
        fresh: &'a Fresh,
        /// SHA-256 of its body.
        body_hash: [u8; 32],
        /// What was read.
        document: &'a Document,
        /// Its items by their names.
        identified: &'a Identified,
        /// The feed's entries that the store found under those names.
        known: &'a [Known],
    },
    /// A document that a hub pushed: maybe the new items alone.
    Pushed {
        /// What stands for the answer: where it is as if found.
        fresh: &'a Fresh,
        /// What was read.
        document: &'a Document,
        /// Its items by their names.
        identified: &'a Identified,
        /// The feed's entries that the store found under those names.
        known: &'a [Known],
    },
    /// The very body of the last document.
    SameBody {
        /// The answer.
        fresh: &'a Fresh,
    },
    /// 304, with what it said.
    Unchanged(&'a Unchanged),
    /// A complete answer that is a feed and that we cannot read yet.
    Unread {
        /// The answer, with its body if that did not come before.
        fresh: &'a Fresh,
        /// The document's name.
        name: [u8; 32],
        /// How many items its body seems to hold, if it came.
        items: u32,
        /// Why.
        reason: &'a str,
    },
    /// A complete answer that is not a document we can read.
    Unreadable {
        /// Why.
        reason: &'a Unreadable,
        /// How many items it seems to hold.
        items: u32,
        /// Retry-After, which any answer may carry.
        retry_after: Option<RetryAfter>,
    },
    /// 410.
    Gone,
    /// Nothing.
    Failed(&'a Failure),
}

/// From how many changes of an entry on only a new title or link counts: bodies that embed the time
/// would change for ever (R9).
pub const MOST_CHANGES: u32 = 24;

/// From how many changes on nothing counts: titles that embed the time would change for ever.
pub const MOST_CHANGES_EVER: u32 = 240;

/// The longest language tag kept; RFC 5646, section 4.4.1 finds 35 to be enough.
const LONGEST_LANGUAGE_TAG: usize = 35;

/// Decides what is written after a fetch that ended at `now`; `dice` is from 0 to 1.
pub fn decide(
    feed: &Feed,
    bounds: &CheckBounds,
    seen: Seen<'_>,
    now: DateTime<Utc>,
    dice: f64,
) -> Plan {
    let mut plan = Plan::of(feed);
    if let Seen::Pushed { fresh, document, identified, known } = seen {
        pushed(&mut plan, feed, &Reading { fresh, document, identified, known, now });
    } else {
        plan.state.last_check = Some(now);
        let freshness = take(&mut plan, feed, seen, now);
        let has_news = plan.arrivals.iter().any(|arrival| arrival.backlog == 0);
        if has_news && websub::kept_back(&feed.state) {
            plan.state.hub_trust = None;
        }
        let (next_check, rule) = cadence::next_check(&plan.state, bounds, freshness, now, dice);
        (plan.state.next_check, plan.state.rule) = (next_check, rule);
    }
    let address = plan.state.whereabouts.moved_to.as_ref().unwrap_or(&feed.url);
    plan.moved = Some(address).filter(|address| *address != feed.address()).cloned();
    plan.noteworthy = !plan.arrivals.is_empty()
        || !plan.changes.is_empty()
        || standing::is_noteworthy(&feed.state.standing, &plan.state.standing);
    plan
}

/// Takes what was seen into the plan; returns for how long the answer is declared fresh.
fn take(plan: &mut Plan, feed: &Feed, seen: Seen<'_>, now: DateTime<Utc>) -> Option<Duration> {
    let state = &mut plan.state;
    match seen {
        Seen::Document { fresh, document, .. } if is_emptied(fresh, document, &feed.state) => {
            let reason = format!("no items, where there were {}", feed.state.item_count);
            let (class, retry_after) = (FailureClass::Document, fresh.retry_after);
            fail(state, &Failure { class, reason, retry_after, address: None }, now);
        }
        Seen::Document { fresh, body_hash, document, identified, known } => {
            (state.body_hash, state.whole) = (Some(body_hash), Some(now));
            answered(state, fresh.validators.clone(), fresh.retry_after, now);
            plan.unread = no_more(state);
            let met = read(plan, feed, &Reading { fresh, document, identified, known, now });
            plan.state.whereabouts = moves::after_answer(feed, found(fresh), met, now);
            return fresh.freshness;
        }
        Seen::SameBody { fresh } => {
            (state.repeats, state.whole) = (whole::repeats(state, fresh), Some(now));
            answered(state, fresh.validators.clone(), fresh.retry_after, now);
            plan.unread = no_more(state);
            state.whereabouts = moves::after_answer(feed, found(fresh), Met::Close, now);
            websub::discover(state, &fresh.links, None);
            return fresh.freshness;
        }
        Seen::Unread { fresh, name, items, reason } => {
            if !fresh.body.is_empty() {
                state.left_out = items;
            }
            plan.unread = kept(fresh);
            (state.unread, state.whole) = (Some(name), Some(now));
            state.validators = fresh.validators.clone();
            still_unread(state, reason, fresh.retry_after, now);
            let at = Some(&fresh.found_at).filter(|at| *at != feed.address().web());
            state.whereabouts.validated_at = at.cloned();
            return fresh.freshness;
        }
        Seen::Unchanged(said) => {
            let validators = renewed(&said.validators, &feed.state.validators);
            (state.repeats, state.whole) = (0, state.whole.or(Some(now)));
            if state.unread.is_some() {
                state.validators = validators;
                still_unread(state, STILL_UNREAD, said.retry_after, now);
                return said.freshness;
            }
            answered(state, validators, said.retry_after, now);
            websub::discover(state, &said.links, None);
            let found = Found { at: &said.found_at, moved: said.moved };
            state.whereabouts = moves::after_answer(feed, found, Met::Close, now);
            return said.freshness;
        }
        // Taken apart from answers.
        Seen::Pushed { .. } => {}
        Seen::Unreadable { reason, items, retry_after } => {
            state.left_out = if reason.is_feed() { items } else { state.left_out };
            let (class, reason) = (FailureClass::Document, reason.to_string());
            fail(state, &Failure { class, reason, retry_after, address: None }, now);
        }
        Seen::Gone if !moves::asked_at(feed).web().stands_for(feed.url.web()) => {
            fail(state, &moves::gone_elsewhere(), now);
            state.whereabouts = moves::subscribed_again(feed);
        }
        Seen::Gone => state.standing = standing::after_gone(&feed.state.standing, now),
        Seen::Failed(failure) => fail(state, failure, now),
    }
    None
}

/// What is said where the document that we cannot read did not change.
const STILL_UNREAD: &str = "its document has not changed, and cannot be read";

/// A document that cannot be read is a failure of the feed; it waits, and costs nothing.
fn still_unread(
    state: &mut FeedState,
    reason: &str,
    retry_after: Option<RetryAfter>,
    now: DateTime<Utc>,
) {
    let reason = match &state.standing {
        Standing::Failing { class: FailureClass::Document, reason: before, .. }
            if reason == STILL_UNREAD =>
        {
            before.clone()
        }
        Standing::New | Standing::Healthy | Standing::Failing { .. } | Standing::Gone { .. } => {
            reason.to_owned()
        }
    };
    fail(
        state,
        &Failure { class: FailureClass::Document, reason, retry_after, address: None },
        now,
    );
}

/// The document of an answer, to be kept; one that came without a body is kept already.
fn kept(fresh: &Fresh) -> Unread {
    if fresh.body.is_empty() {
        return Unread::Stays;
    }
    Unread::Comes {
        body: fresh.body.clone(),
        content_type: fresh.content_type.clone(),
        found_at: fresh.found_at.clone(),
    }
}

/// A document that can be read takes the place of one that could not.
fn no_more(state: &mut FeedState) -> Unread {
    match state.unread.take() {
        Some(_) => Unread::Ends,
        None => Unread::Stays,
    }
}

fn found(fresh: &Fresh) -> Found<'_> {
    Found { at: &fresh.found_at, moved: fresh.moved }
}

fn is_emptied(fresh: &Fresh, document: &Document, before: &FeedState) -> bool {
    !fresh.delta && document.items.is_empty() && before.item_count > 0
}

/// What a hub pushed brings entries and teaches the feed's rhythm. It was not asked for, so it says
/// nothing of validators, of the next check, of the feed's health or of what it no longer holds.
fn pushed(plan: &mut Plan, feed: &Feed, reading: &Reading<'_>) {
    let (arrivals, known) = sort_items(&mut plan.changes, reading);
    let items = &reading.document.items;
    plan.arrivals = arrivals::settle(arrivals, items, &known, &feed.state);
    let dates = items.iter().filter_map(|item| item.published);
    rhythm::learn(&mut plan.state.rhythm, dates, reading.now);
    let has_changes = !plan.changes.is_empty();
    websub::brought(&mut plan.state, !plan.arrivals.is_empty(), has_changes, reading.now);
}

/// A good answer: it says what the validators are from now on.
fn answered(
    state: &mut FeedState,
    validators: Validators,
    retry_after: Option<RetryAfter>,
    now: DateTime<Utc>,
) {
    state.validators = validators;
    state.standing = Standing::Healthy;
    state.not_before = cadence::not_before(retry_after, now);
}

/// What a 304 leaves of the validators: those that it says replace those that were kept (RFC 9111,
/// section 3.2).
fn renewed(said: &Validators, before: &Validators) -> Validators {
    Validators {
        etag: said.etag.clone().or_else(|| before.etag.clone()),
        last_modified: said.last_modified.clone().or_else(|| before.last_modified.clone()),
    }
}

/// A failed poll: standing, Retry-After, what is thought of a move, nothing else.
fn fail(state: &mut FeedState, failure: &Failure, now: DateTime<Utc>) {
    state.standing = standing::after_failure(&state.standing, failure, now);
    state.whereabouts = moves::after_failure(&state.whereabouts, failure.class);
    let still = state.not_before.filter(|&until| until > now);
    state.not_before = cadence::not_before(failure.retry_after, now).max(still);
}

/// A document and the entries it meets.
struct Reading<'a> {
    fresh: &'a Fresh,
    document: &'a Document,
    identified: &'a Identified,
    known: &'a [Known],
    now: DateTime<Utc>,
}

/// Writes what a document says about its feed and its entries into the plan; returns what it has in
/// common with what was known of the feed.
fn read(plan: &mut Plan, feed: &Feed, reading: &Reading<'_>) -> Met {
    let (document, now) = (reading.document, reading.now);
    let (arrivals, known) = sort_items(&mut plan.changes, reading);
    plan.arrivals = arrivals::settle(arrivals, &document.items, &known, &feed.state);
    let state = &mut plan.state;
    if !document.title.is_empty() {
        state.title = document.title.clone();
    }
    state.site = document.site.clone().or_else(|| state.site.take());
    state.language = document.language.clone().filter(|tag| tag.len() <= LONGEST_LANGUAGE_TAG);
    state.repair = Some(document.repair);
    websub::discover(state, &reading.fresh.links, Some(document));
    state.icon = document.icon.clone().or_else(|| state.icon.take());
    let before = if reading.fresh.delta { state.item_count } else { 0 };
    state.item_count = u32::try_from(document.items.len()).unwrap_or(u32::MAX).max(before);
    (state.left_out, state.guids) = (document.left_out, reading.identified.trust);
    state.wishes = document.wishes.clone();
    rhythm::learn(&mut state.rhythm, document.items.iter().filter_map(|item| item.published), now);
    state.polled_before = true;
    state.quarantined = None;
    if !plan.arrivals.is_empty() || !plan.changes.is_empty() || state.last_change.is_none() {
        state.last_change = Some(now);
    }
    Met::of(feed, reading.fresh.delta, document.items.len(), known.len())
}

/// Sorts items into new, changed and same; returns the new ones and the indices of the known ones.
fn sort_items(
    changes: &mut Vec<Change>,
    reading: &Reading<'_>,
) -> (arrivals::Arrivals, Vec<usize>) {
    let candidates = &reading.identified.items;
    let became = key::recognise(candidates, reading.known);
    let mut taken: HashSet<EntryKey> = reading.known.iter().map(|known| known.key).collect();
    let (mut arrivals, mut known) = (Vec::new(), Vec::new());
    let (document, found_at) = (reading.document, &reading.fresh.found_at);
    let mut room = Room::default();
    let mut cleaned = |candidate: &Candidate| {
        content::of(&document.items[candidate.item], document, found_at, &mut room)
    };
    for (candidate, was) in candidates.iter().zip(became) {
        match was {
            Some(was) => {
                known.push(candidate.item);
                if is_change(candidate, was) {
                    changes.push(change(candidate, was, cleaned(candidate), reading.now));
                }
            }
            None => {
                if let Some(key) = candidate.free_key(|key| taken.contains(key)) {
                    taken.insert(key);
                    let content = cleaned(candidate);
                    arrivals.push((candidate.item, arrival(candidate, key, content, reading.now)));
                }
            }
        }
    }
    (arrivals, known)
}

/// Whether what changed of an entry is written.
fn is_change(candidate: &Candidate, known: &Known) -> bool {
    let is_renamed =
        candidate.title_hash != known.title_hash || candidate.document != known.document;
    candidate.fingerprint != known.fingerprint
        && known.changes < MOST_CHANGES_EVER
        && (known.changes < MOST_CHANGES || is_renamed)
}

fn change(candidate: &Candidate, known: &Known, content: Content, now: DateTime<Utc>) -> Change {
    Change {
        entry: known.id,
        document: candidate.document,
        title_hash: candidate.title_hash,
        fingerprint: candidate.fingerprint,
        content,
        changed: now,
    }
}

fn arrival(candidate: &Candidate, key: EntryKey, content: Content, now: DateTime<Utc>) -> Arrival {
    Arrival {
        key,
        document: candidate.document,
        title_hash: candidate.title_hash,
        fingerprint: candidate.fingerprint,
        content,
        first_seen: now,
        backlog: 0,
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::{Just, Strategy, prop, prop_oneof, proptest};

    use super::*;
    use crate::dedup::key::identify;
    use crate::model::document::{Item, RawHtml};
    use crate::model::entry::EntryId;
    use crate::model::feed::{CheckRule, FeedId, GuidTrust};
    use crate::model::hash;
    use crate::model::text::PlainText;
    use crate::model::url::{FeedUrl, WebUrl};

    const BOUNDS: CheckBounds = CheckBounds {
        min_interval: Duration::from_secs(3_600),
        max_interval: Duration::from_secs(86_400),
        interval: None,
    };

    fn start() -> DateTime<Utc> {
        "2026-11-24T06:00:00Z".parse().expect("a date")
    }

    fn validators(etag: &str, last_modified: &str) -> Validators {
        let field = |text: &str| Some(text.as_bytes().to_vec()).filter(|bytes| !bytes.is_empty());
        Validators { etag: field(etag), last_modified: field(last_modified) }
    }

    fn fresh(etag: &str, last_modified: &str) -> Fresh {
        Fresh {
            delta: false,
            body: bytes::Bytes::new(),
            content_type: None,
            validators: validators(etag, last_modified),
            found_at: WebUrl::parse("https://x.fr/feed").expect("a URL"),
            moved: false,
            links: crate::model::outcome::Links::default(),
            conditional: true,
            freshness: None,
            retry_after: None,
        }
    }

    fn unchanged(validators: &Validators) -> Unchanged {
        Unchanged {
            validators: validators.clone(),
            found_at: WebUrl::parse("https://x.fr/feed").expect("a URL"),
            moved: false,
            links: crate::model::outcome::Links::default(),
            freshness: None,
            retry_after: None,
        }
    }

    /// A kept entry, with what a reader sees of it.
    #[derive(Debug, Clone)]
    struct Kept {
        known: Known,
        content: Content,
    }

    /// A feed and its entries, kept as naively as can be, and a clock that runs an hour per poll.
    struct Mill {
        feed: Feed,
        entries: Vec<Kept>,
        now: DateTime<Utc>,
        finds_titles: bool,
    }

    impl Mill {
        fn new() -> Self {
            let url = FeedUrl::parse("https://x.fr/feed").expect("a URL");
            let state = FeedState::new(start());
            let feed = Feed { id: FeedId(1), url, generation: 0, state };
            Self { feed, entries: Vec::new(), now: start(), finds_titles: false }
        }

        fn after(polls: &[&[Item]]) -> Self {
            let mut mill = Self::new();
            for items in polls {
                mill.reads(items, "1");
            }
            mill
        }

        fn reads(&mut self, items: &[Item], etag: &str) -> Plan {
            let document = Document { items: items.to_vec(), ..Document::default() };
            let identified = identify(&document.items, self.feed.state.guids);
            let (keys, documents) = (identified.lookup_keys(), identified.lookup_documents());
            let titles = identified.lookup_titles();
            let known = self.entries.iter().map(|kept| kept.known.clone()).filter(|known| {
                keys.contains(&known.key)
                    || known.document.is_some_and(|document| documents.contains(&document))
                    || (self.finds_titles && titles.contains(&known.title_hash))
            });
            let known: Vec<_> = known.collect();
            let body_hash = hash::of_bytes(format!("{items:?}").as_bytes());
            let fresh = fresh(etag, "");
            self.sees(Seen::Document {
                fresh: &fresh,
                body_hash,
                document: &document,
                identified: &identified,
                known: &known,
            })
        }

        fn sees(&mut self, seen: Seen<'_>) -> Plan {
            self.now += TimeDelta::hours(1);
            let plan = decide(&self.feed, &BOUNDS, seen, self.now, 0.5);
            self.apply(&plan);
            plan
        }

        fn apply(&mut self, plan: &Plan) {
            assert_eq!((plan.feed, plan.generation), (self.feed.id, self.feed.generation));
            self.feed.generation += 1;
            self.feed.state = plan.state.clone();
            for change in &plan.changes {
                let mut changing =
                    self.entries.iter_mut().filter(|kept| kept.known.id == change.entry);
                let kept = changing.next().expect("the entry that changes");
                kept.known.document = change.document;
                kept.known.title_hash = change.title_hash;
                kept.known.published = change.content.published;
                kept.known.fingerprint = change.fingerprint;
                kept.known.changes += 1;
                kept.content = change.content.clone();
            }
            for arrival in &plan.arrivals {
                assert!(
                    self.entries.iter().all(|kept| kept.known.key != arrival.key),
                    "a key twice"
                );
                let known = Known {
                    id: EntryId(self.entries.len() as i64),
                    key: arrival.key,
                    document: arrival.document,
                    title_hash: arrival.title_hash,
                    published: arrival.content.published,
                    fingerprint: arrival.fingerprint,
                    changes: 0,
                };
                self.entries.push(Kept { known, content: arrival.content.clone() });
            }
        }

        fn titles(&self) -> Vec<&str> {
            self.entries.iter().map(|kept| kept.content.title.as_str()).collect()
        }
    }

    fn item(n: usize, title: &str, body: &str) -> Item {
        Item {
            guid: Some(format!("g{n}")),
            link: WebUrl::parse(&format!("https://x.fr/{n}")).ok(),
            title: PlainText::new(title),
            published: Some(start() + TimeDelta::seconds(7 + 61 * n as i64)),
            body: RawHtml(body.to_owned()),
            ..Item::default()
        }
    }

    /// New, changed.
    fn counts(plan: &Plan) -> (usize, usize) {
        (plan.arrivals.len(), plan.changes.len())
    }

    #[test]
    fn validators_are_those_of_the_last_good_answer() {
        let failure = Failure {
            class: FailureClass::Server,
            reason: "502".into(),
            retry_after: None,
            address: None,
        };
        let (both, new) = (fresh("b", "m2"), validators("b", ""));
        let (none, bare) = (fresh("", ""), Validators::default());
        let unreadable = Unreadable::NotAFeed { what: "an HTML page".into() };
        for (claim, seen, left) in [
            ("200, same body, new validators", Seen::SameBody { fresh: &both }, ("b", "m2")),
            ("200 without validators", Seen::SameBody { fresh: &none }, ("", "")),
            ("304 with a new one", Seen::Unchanged(&unchanged(&new)), ("b", "m")),
            ("304 without any", Seen::Unchanged(&unchanged(&bare)), ("a", "m")),
            ("a failure", Seen::Failed(&failure), ("a", "m")),
            ("410", Seen::Gone, ("a", "m")),
            (
                "HTML",
                Seen::Unreadable { reason: &unreadable, items: 0, retry_after: None },
                ("a", "m"),
            ),
        ] {
            let mut mill = Mill::after(&[&[item(1, "A", "a")]]);
            mill.feed.state.validators = validators("a", "m");
            let plan = mill.sees(seen);
            assert_eq!(plan.state.validators, validators(left.0, left.1), "{claim}");
            assert_eq!(counts(&plan), (0, 0), "{claim}");
        }
    }

    #[test]
    fn a_changed_etag_alone_is_taken_over() {
        let mut mill = Mill::after(&[&[item(1, "A", "a")]]);
        let plan = mill.reads(&[item(1, "A", "a")], "2");
        assert_eq!(plan.state.validators, validators("2", ""));
        assert_eq!((counts(&plan), plan.noteworthy), ((0, 0), false));
    }

    #[test]
    fn a_failed_poll_changes_only_standing_and_next_check() {
        let failure = Failure {
            class: FailureClass::Throttled,
            reason: "429".into(),
            retry_after: Some(RetryAfter::Delay(Duration::from_secs(172_800))),
            address: None,
        };
        let (empty, unreadable) = (fresh("new", ""), Unreadable::Empty);
        let nothing = Document { title: PlainText::new("Vide"), ..Document::default() };
        let none = identify(&[], GuidTrust::Trusted);
        let emptied = Seen::Document {
            fresh: &empty,
            body_hash: [9; 32],
            document: &nothing,
            identified: &none,
            known: &[],
        };
        for (claim, seen, class, rule) in [
            ("429", Seen::Failed(&failure), FailureClass::Throttled, CheckRule::RetryAfter),
            ("emptied", emptied, FailureClass::Document, CheckRule::Rhythm),
            (
                "unreadable",
                Seen::Unreadable { reason: &unreadable, items: 0, retry_after: None },
                FailureClass::Document,
                CheckRule::Rhythm,
            ),
        ] {
            let mut mill = Mill::after(&[&[item(1, "A", "a"), item(2, "B", "b")]]);
            let before = mill.feed.state.clone();
            let plan = mill.sees(seen);
            let Standing::Failing { failures: 1, class: found, .. } = plan.state.standing else {
                panic!("{claim}: {:?}", plan.state.standing);
            };
            assert_eq!((found, plan.state.rule), (class, rule), "{claim}");
            assert_eq!((counts(&plan), plan.noteworthy), ((0, 0), true), "{claim}");
            let as_before = FeedState {
                standing: before.standing.clone(),
                next_check: before.next_check,
                rule: before.rule,
                not_before: before.not_before,
                last_check: before.last_check,
                ..plan.state
            };
            assert_eq!(as_before, before, "{claim}");
        }
    }

    #[test]
    fn a_feed_recovers_unattended_and_tells_it_once() {
        let mut mill = Mill::after(&[&[item(1, "A", "a")]]);
        let failure = Failure {
            class: FailureClass::Network,
            reason: "reset".into(),
            retry_after: None,
            address: None,
        };
        let told: Vec<_> = (0..20).map(|_| mill.sees(Seen::Failed(&failure)).noteworthy).collect();
        assert_eq!(told.iter().filter(|&&told| told).count(), 1);
        assert_eq!(
            mill.feed.state.next_check - mill.now,
            TimeDelta::days(1) + TimeDelta::minutes(15)
        );
        let plan = mill.reads(&[item(1, "A", "a")], "2");
        assert_eq!((&plan.state.standing, plan.noteworthy), (&Standing::Healthy, true));
    }

    #[test]
    fn a_push_brings_entries_and_says_nothing_of_the_feed() {
        let mut mill = Mill::after(&[&[item(1, "A", "a"), item(2, "B", "b")]]);
        let failure = Failure {
            class: FailureClass::Network,
            reason: "reset".into(),
            retry_after: None,
            address: None,
        };
        mill.sees(Seen::Failed(&failure));
        let before = mill.feed.state.clone();
        let pushed = Document {
            title: PlainText::new("Autre"),
            items: vec![item(3, "C", "c"), item(1, "A", "a, mended")],
            ..Document::default()
        };
        let identified = identify(&pushed.items, GuidTrust::Trusted);
        let known: Vec<Known> = mill.entries.iter().map(|kept| kept.known.clone()).collect();
        let fresh = fresh("trap", "trap");
        let (document, identified, known) = (&pushed, &identified, known.as_slice());
        let plan = mill.sees(Seen::Pushed { fresh: &fresh, document, identified, known });
        assert_eq!((counts(&plan), plan.noteworthy), ((1, 1), true));
        assert_eq!(plan.arrivals[0].backlog, 0);
        let learnt = |state: FeedState, before: &FeedState| FeedState {
            last_change: before.last_change,
            rhythm: before.rhythm.clone(),
            ..state
        };
        // Who pushed a change may have pushed an old state: the next poll sees the document whole.
        let unconditional =
            FeedState { body_hash: None, validators: Validators::default(), ..before.clone() };
        assert_eq!(learnt(plan.state, &before), unconditional);
        let before = FeedState { body_hash: Some([7; 32]), ..before };
        mill.feed.state = before.clone();
        let more = Document { items: vec![item(4, "D", "d")], ..Document::default() };
        let identified = identify(&more.items, GuidTrust::Trusted);
        let (document, identified) = (&more, &identified);
        let plan = mill.sees(Seen::Pushed { fresh: &fresh, document, identified, known: &[] });
        assert_eq!(counts(&plan), (1, 0));
        assert_eq!(learnt(plan.state, &before), before, "what is new says nothing of the rest");
        let nothing = Document::default();
        let none = identify(&[], GuidTrust::Trusted);
        let (document, identified) = (&nothing, &none);
        let plan = mill.sees(Seen::Pushed { fresh: &fresh, document, identified, known: &[] });
        assert_eq!((counts(&plan), plan.noteworthy), ((0, 0), false), "absence says nothing");
    }

    #[test]
    fn gone_where_it_moved_is_not_the_end() {
        let mut mill = Mill::after(&[&[item(1, "A", "a")]]);
        let there = FeedUrl::parse("https://y.fr/feed").expect("a URL");
        mill.feed.state.whereabouts.moved_to = Some(there.clone());
        let plan = mill.sees(Seen::Gone);
        assert!(matches!(plan.state.standing, Standing::Failing { failures: 1, .. }));
        assert_eq!(
            (plan.moved.as_ref(), mill.feed.address()),
            (Some(&mill.feed.url), &mill.feed.url)
        );
        let giver = plan.state.whereabouts.validated_at;
        assert_eq!(giver.as_ref(), Some(there.web()), "its validators are for nobody else");
        assert!(plan.state.next_check < cadence::NEVER);
        assert!(matches!(mill.sees(Seen::Gone).state.standing, Standing::Gone { .. }));
    }

    #[test]
    fn gone_behind_tls_is_the_end_of_what_was_subscribed_without() {
        for (subscribed, asked, ends) in [
            ("http://x.fr/feed", "https://x.fr/feed", true),
            ("http://x.fr/feed", "https://x.fr/other", false),
            ("http://x.fr/feed", "https://www.x.fr/feed", false),
            ("https://x.fr/feed", "http://x.fr/feed", false),
        ] {
            let mut mill = Mill::after(&[&[item(1, "A", "a")]]);
            let url = |text| FeedUrl::parse(text).expect("a URL");
            mill.feed.url = url(subscribed);
            mill.feed.state.whereabouts.moved_to = Some(url(asked));
            let is_gone = matches!(mill.sees(Seen::Gone).state.standing, Standing::Gone { .. });
            assert_eq!(is_gone, ends, "{subscribed} {asked}");
        }
    }

    #[test]
    fn only_feeds_have_items_that_are_left_out() {
        let page = Unreadable::NotAFeed { what: "an HTML page".into() };
        let broken = Unreadable::Broken { reason: "a tag".into() };
        let much = Unreadable::TooMuch { limit: 9, unit: "bytes" };
        for (reason, items, left) in
            [(&page, 0, 3), (&Unreadable::Empty, 0, 3), (&broken, 7, 7), (&much, 8, 8)]
        {
            let mut mill = Mill::after(&[&[item(1, "A", "a")]]);
            mill.feed.state.left_out = 3;
            let plan = mill.sees(Seen::Unreadable { reason, items, retry_after: None });
            assert_eq!(plan.state.left_out, left, "{reason}");
        }
    }

    #[test]
    fn gone_is_for_ever() {
        let mut mill = Mill::after(&[&[item(1, "A", "a")]]);
        let told = [mill.sees(Seen::Gone).noteworthy, mill.sees(Seen::Gone).noteworthy];
        assert_eq!(told, [true, false]);
        assert_eq!(
            (mill.feed.state.next_check, mill.feed.state.rule),
            (cadence::NEVER, CheckRule::Gone)
        );
        assert_eq!(mill.entries.len(), 1);
    }

    #[test]
    fn what_cannot_be_read_waits_with_its_validators_and_costs_nothing() {
        let mut mill = Mill::after(&[&[item(1, "A", "a")]]);
        let read = mill.feed.state.body_hash;
        let broken = Fresh { body: bytes::Bytes::from_static(b"<rss>"), ..fresh("broken", "m") };
        let unread =
            |fresh| Seen::Unread { fresh, name: [7; 32], items: 2, reason: "a broken feed" };
        let plan = mill.sees(unread(&broken));
        assert!(matches!(plan.unread, Unread::Comes { .. }));
        assert_eq!(plan.state.validators, validators("broken", "m"));
        assert_eq!((plan.state.unread, plan.state.body_hash), (Some([7; 32]), read));
        let again = mill.sees(unread(&fresh("broken", "m2")));
        assert_eq!((again.unread, again.noteworthy), (Unread::Stays, false));
        let same = mill.sees(Seen::Unchanged(&unchanged(&validators("", "m3"))));
        assert_eq!(same.state.validators, validators("broken", "m3"));
        let Standing::Failing { failures, reason, .. } = &same.state.standing else {
            panic!("{:?}", same.state.standing);
        };
        assert_eq!((*failures, reason.as_str()), (3, "a broken feed"));
        assert!(same.state.next_check - mill.now >= TimeDelta::hours(4));
        let plan = mill.reads(&[item(1, "A", "a"), item(2, "B", "b")], "2");
        assert_eq!((plan.unread, plan.state.unread), (Unread::Ends, None));
        assert_eq!((plan.state.standing, plan.arrivals.len()), (Standing::Healthy, 1));
    }

    #[test]
    fn the_same_body_again_and_again_is_counted_until_a_304() {
        let mut mill = Mill::after(&[&[item(1, "A", "a")]]);
        let same = fresh("1", "");
        for poll in 1..=whole::REPEATS {
            let plan = mill.sees(Seen::SameBody { fresh: &same });
            assert_eq!(plan.state.repeats, poll);
        }
        let state = &mill.feed.state;
        assert_eq!(state.rule, CheckRule::NeverUnchanged);
        assert!(state.next_check - mill.now >= TimeDelta::days(1));
        mill.reads(&[item(2, "B", "b")], "2");
        assert_eq!(mill.feed.state.rule, CheckRule::NeverUnchanged, "news are no 304");
        mill.sees(Seen::Unchanged(&unchanged(&validators("", ""))));
        assert_eq!(mill.feed.state.repeats, 0);
        assert_ne!(mill.feed.state.rule, CheckRule::NeverUnchanged);
    }

    #[test]
    fn freshness_counts_on_200_and_on_304() {
        let twelve_hours = Some(Duration::from_secs(43_200));
        let (good, kept) =
            (Fresh { freshness: twelve_hours, ..fresh("a", "") }, validators("a", ""));
        for seen in [
            Seen::SameBody { fresh: &good },
            Seen::Unchanged(&Unchanged { freshness: twelve_hours, ..unchanged(&kept) }),
        ] {
            let mut mill = Mill::after(&[&[item(1, "A", "a")]]);
            let plan = mill.sees(seen);
            assert!(plan.state.next_check - mill.now >= TimeDelta::hours(12));
            assert_eq!(plan.state.rule, CheckRule::Freshness);
        }
    }

    #[test]
    fn before_and_change_make_the_result() {
        let (a, b, c) = (item(1, "A", "a"), item(2, "B", "b"), item(3, "C", "c"));
        let edited = item(1, "A", "a, mended");
        let mut older = item(9, "Z", "z");
        older.published = Some(start() - TimeDelta::days(400));
        let ab = [b.clone(), a.clone()];
        for (claim, then, result) in [
            ("nothing changed", vec![b.clone(), a.clone()], (0, 0)),
            ("another order", vec![a.clone(), b.clone()], (0, 0)),
            ("one more", vec![c.clone(), b.clone(), a.clone()], (1, 0)),
            ("one more, older than all", vec![older, b.clone(), a.clone()], (1, 0)),
            ("one edited", vec![b.clone(), edited], (0, 1)),
            ("one gone", vec![b.clone()], (0, 0)),
            ("all others", vec![c], (1, 0)),
        ] {
            let mut mill = Mill::after(&[&ab]);
            let plan = mill.reads(&then, "2");
            assert_eq!(counts(&plan), result, "{claim}");
            assert_eq!(plan.noteworthy, result != (0, 0), "{claim}");
            assert_eq!(mill.entries.len(), 2 + result.0, "{claim}: nothing is deleted");
        }
    }

    #[test]
    fn an_item_that_comes_back_is_not_new() {
        let (a, b) = (item(1, "A", "a"), item(2, "B", "b"));
        let mut mill = Mill::after(&[&[a.clone(), b.clone()], std::slice::from_ref(&b), &[]]);
        let plan = mill.reads(&[a, b], "2");
        assert_eq!(counts(&plan), (0, 0));
        assert_eq!(mill.entries.len(), 2);
    }

    #[test]
    fn content_that_embeds_the_time_changes_24_times_and_then_by_its_title_only() {
        let mut mill = Mill::after(&[&[item(1, "A", "0")]]);
        let changes: usize =
            (1..100).map(|n| mill.reads(&[item(1, "A", &n.to_string())], "2").changes.len()).sum();
        assert_eq!(changes, 24);
        assert_eq!(counts(&mill.reads(&[item(1, "A2", "x")], "2")), (0, 1));
        assert_eq!(counts(&mill.reads(&[item(1, "A2", "y")], "2")), (0, 0));
        let renamed: usize = (0..999)
            .map(|n| mill.reads(&[item(1, &format!("T{n}"), "y")], "2").changes.len())
            .sum();
        assert_eq!(renamed, 240 - 25);
    }

    #[test]
    fn the_first_poll_is_backlog_and_later_ones_are_not() {
        let mut mill = Mill::new();
        let plan = mill.reads(&[item(3, "C", ""), item(1, "A", ""), item(2, "B", "")], "1");
        let ranks: Vec<_> = plan.arrivals.iter().map(|arrival| arrival.backlog).collect();
        assert_eq!(ranks, [3, 2, 1]);
        assert_eq!(mill.titles(), ["A", "B", "C"]);
        let plan = mill.reads(&[item(4, "D", ""), item(3, "C", "")], "1");
        assert_eq!(plan.arrivals[0].backlog, 0);
        let mut mill = Mill::new();
        mill.reads(&[], "1");
        assert_eq!(mill.reads(&[item(1, "A", "")], "1").arrivals[0].backlog, 0);
    }

    /// What a publisher does between two polls.
    #[derive(Debug, Clone)]
    enum Act {
        Post,
        Edit { nth: usize, title: bool },
        Hide { nth: usize },
        Show { nth: usize },
        Shuffle,
        Secure(bool),
        Guids(Guids),
        Empty,
        Fail,
        Poll,
    }

    /// How a publisher writes guids.
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Guids {
        Own,
        Alike,
        Absent,
    }

    fn act() -> impl Strategy<Value = Act> {
        let nth = || 0..40_usize;
        let guids = prop::sample::select(vec![Guids::Own, Guids::Own, Guids::Alike, Guids::Absent]);
        prop_oneof![
            3 => Just(Act::Post),
            2 => (nth(), prop::bool::ANY).prop_map(|(nth, title)| Act::Edit { nth, title }),
            2 => nth().prop_map(|nth| Act::Hide { nth }),
            2 => nth().prop_map(|nth| Act::Show { nth }),
            1 => Just(Act::Shuffle),
            1 => prop::bool::ANY.prop_map(Act::Secure),
            1 => guids.prop_map(Act::Guids),
            1 => Just(Act::Empty),
            1 => Just(Act::Fail),
            6 => Just(Act::Poll),
        ]
    }

    /// A publisher's articles: of each its version of title and of body, and whether it is shown.
    struct Publisher {
        articles: Vec<(usize, usize, bool)>,
        secure: bool,
        guids: Guids,
        linked: bool,
        reversed: bool,
    }

    impl Publisher {
        fn new(linked: bool) -> Self {
            let articles = vec![(0, 0, true); 2];
            Self { articles, secure: false, guids: Guids::Own, linked, reversed: false }
        }

        fn does(&mut self, act: &Act) {
            let count = self.articles.len();
            match act {
                Act::Post => self.articles.push((0, 0, true)),
                Act::Edit { nth, title } if *title && self.linked => {
                    self.articles[nth % count].0 += 1
                }
                Act::Edit { nth, .. } => self.articles[nth % count].1 += 1,
                Act::Hide { nth } if self.shown().count() > 2 => {
                    self.articles[nth % count].2 = false
                }
                Act::Show { nth } => self.articles[nth % count].2 = true,
                Act::Shuffle => self.reversed = !self.reversed,
                Act::Secure(secure) => self.secure = *secure,
                Act::Guids(guids) => self.guids = *guids,
                Act::Hide { .. } | Act::Empty | Act::Fail | Act::Poll => {}
            }
        }

        fn shown(&self) -> impl Iterator<Item = usize> {
            (0..self.articles.len()).filter(|&n| self.articles[n].2)
        }

        fn title(&self, n: usize) -> String {
            format!("Article numéro {n} version {}", self.articles[n].0)
        }

        fn document(&self) -> Vec<Item> {
            let scheme = if self.secure { "https" } else { "http" };
            let mut items: Vec<_> = self
                .shown()
                .map(|n| Item {
                    guid: match self.guids {
                        Guids::Own => Some(format!("{scheme}://x.fr/?p={n}")),
                        Guids::Alike => Some(format!("{scheme}://x.fr/")),
                        Guids::Absent => None,
                    },
                    link: WebUrl::parse(&format!("{scheme}://x.fr/article/{n}"))
                        .ok()
                        .filter(|_| self.linked),
                    ..item(n, &self.title(n), &format!("corps {}", self.articles[n].1))
                })
                .collect();
            if self.reversed {
                items.reverse();
            }
            items
        }
    }

    /// Plays `acts` against a store that finds entries by title only where there are no links, and
    /// holds, after every good poll, that each article ever shown is one entry and
    /// that those shown are kept as they are shown.
    fn play(linked: bool, acts: &[Act]) {
        let mut publisher = Publisher::new(linked);
        let mut mill = Mill { finds_titles: !linked, ..Mill::new() };
        let mut seen = std::collections::BTreeSet::new();
        for act in acts {
            let state = mill.feed.state.clone();
            match act {
                Act::Poll => {
                    mill.reads(&publisher.document(), "e");
                    seen.extend(publisher.shown());
                    holds(&mill, &publisher, &seen);
                }
                Act::Empty => {
                    mill.reads(&[], "empty");
                    let is_first = state.item_count == 0;
                    assert!(is_first || mill.feed.state.validators == state.validators);
                }
                Act::Fail => {
                    let (class, reason) = (FailureClass::Network, String::new());
                    mill.sees(Seen::Failed(&Failure {
                        class,
                        reason,
                        retry_after: None,
                        address: None,
                    }));
                    assert_eq!(mill.feed.state.validators, state.validators);
                }
                other => publisher.does(other),
            }
            assert!(mill.feed.state.next_check >= mill.now);
        }
    }

    fn holds(mill: &Mill, publisher: &Publisher, seen: &std::collections::BTreeSet<usize>) {
        assert_eq!(mill.entries.len(), seen.len(), "duplicates or losses: {:?}", mill.titles());
        for n in publisher.shown() {
            let title = publisher.title(n);
            let body = format!("corps {}", publisher.articles[n].1);
            let entry = mill.entries.iter().find(|kept| kept.content.title.as_str() == title);
            let entry = entry.unwrap_or_else(|| panic!("{title} in {:?}", mill.titles()));
            assert!(
                entry.known.changes >= MOST_CHANGES || entry.content.body.as_str().contains(&body)
            );
        }
    }

    /// Any items, from so few values that everything collides with everything.
    fn colliding_items() -> impl Strategy<Value = Vec<Item>> {
        let item = (0..4_usize, 0..4_usize, 0..3_usize, 0..3_i64, 0..3_usize);
        let item = item.prop_map(|(guid, link, title, date, body)| Item {
            guid: Some(format!("g{guid}")).filter(|_| guid > 0),
            link: WebUrl::parse(&format!("https://x.fr/{link}")).ok().filter(|_| link > 0),
            title: PlainText::new(["", "Bref", "Un titre assez long"][title]),
            published: Some(start() + TimeDelta::seconds(7 * date)).filter(|_| date > 0),
            body: RawHtml(format!("corps {body}")),
            ..Item::default()
        });
        prop::collection::vec(item, 1..9)
    }

    proptest! {
        #[test]
        fn every_item_is_kept_and_the_same_document_again_brings_nothing(
            documents in prop::collection::vec(colliding_items(), 1..6),
        ) {
            let mut mill = Mill { finds_titles: true, ..Mill::new() };
            for items in &documents {
                mill.reads(items, "1");
                for item in &identify(items, mill.feed.state.guids).items {
                    let mut kept = mill.entries.iter().map(|kept| kept.known.fingerprint);
                    assert!(kept.any(|kept| kept == item.fingerprint), "lost: {:?}", items[item.item]);
                }
                let again = counts(&mill.reads(items, "1"));
                assert_eq!(again, (0, 0), "{items:#?}");
            }
        }

        #[test]
        fn whatever_a_publisher_does_each_article_is_one_entry(
            acts in prop::collection::vec(act(), 1..60),
        ) {
            play(true, &acts);
        }

        #[test]
        fn articles_without_links_keep_their_entries_too(
            acts in prop::collection::vec(act(), 1..60),
        ) {
            play(false, &acts);
        }
    }
}
