//! Where a feed is asked after it said to have moved for good (RFC 9110, sections 15.4.2 and 15.4.9).
//!
//! A move is believed after it held for [`HELD`] polls in a row and [`HELD_FOR`], led there by
//! permanent redirects alone, and what was found there had entries in common with what was known
//! before: portals that want a login, domains that were sold and moves that are rolled back change
//! nothing. From http to https at the same place [`HELD_SECURE`] polls are enough. Where a redirect
//! once led to strangers, no move is believed: their entries are among the feed's own since. Two
//! subscriptions become one only if most of what was found was known, for that is never undone.
//!
//! An address that was believed and then fails is doubted: the subscribed one is asked in turn with
//! it, so that whichever works again is found unattended. Only the subscribed one can be gone.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::feed::{Feed, Standing};
use crate::model::outcome::{Failure, FailureClass};
use crate::model::url::{FeedUrl, WebUrl};
use crate::model::whereabouts::{Moving, Whereabouts};

/// In how many polls in a row a move must have held.
pub const HELD: u32 = 5;

/// For how long.
pub const HELD_FOR: TimeDelta = TimeDelta::days(3);

/// In how many polls in a row, however soon, for a move from http to https at the same place.
pub const HELD_SECURE: u32 = 2;

/// After how many failures in a row an address that a feed moved to is doubted.
pub const DOUBTED: u32 = 5;

/// What an answer has in common with what was known of its feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Met {
    /// Most of it, or all.
    Close,
    /// Some of it.
    Akin,
    /// Nothing.
    Strange,
    /// It holds no items, so nobody can tell.
    Empty,
}

impl Met {
    /// What so many `items`, of which so many were `known`, have in common with their feed. If they
    /// are the new ones alone, nobody expects that they were known.
    pub fn of(feed: &Feed, only_new: bool, items: usize, known: usize) -> Self {
        match (items, known) {
            (0, _) => Self::Empty,
            (_, 0) if only_new => Self::Empty,
            // A feed that was never read before is what it is.
            _ if !feed.state.polled_before => Self::Close,
            (_, 0) => Self::Strange,
            _ if known * 2 > items => Self::Close,
            _ => Self::Akin,
        }
    }
}

/// Where a good answer was found.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// The address.
    pub at: &'a WebUrl,
    /// Whether all redirects on the way there, of which there was one at least, were for good.
    pub moved: bool,
}

/// Where a feed is asked next.
pub fn asked_at(feed: &Feed) -> &FeedUrl {
    match &feed.state.standing {
        Standing::Failing { failures, .. } if *failures >= DOUBTED && failures % 2 == 1 => {
            &feed.url
        }
        Standing::New | Standing::Healthy | Standing::Failing { .. } | Standing::Gone { .. } => {
            feed.address()
        }
    }
}

/// In how many polls and for how long a move `from` an address `to` another must have held.
pub fn needed(from: &FeedUrl, to: &FeedUrl) -> (u32, TimeDelta) {
    match to.web().is_secure_form_of(from.web()) {
        true => (HELD_SECURE, TimeDelta::zero()),
        false => (HELD, HELD_FOR),
    }
}

/// Whether a feed that moved to the address of another, which is believed, is one with it.
pub fn may_merge(before: &Feed) -> bool {
    before.state.whereabouts.moving.as_ref().is_some_and(|moving| moving.close)
}

/// What is left of a move to an address where another feed is: the hop.
pub fn keep_hop(before: &Feed, after: &mut Whereabouts) {
    after.validated_at = after.moved_to.take().map(|to| to.web().clone());
    let before = &before.state.whereabouts;
    (after.moved_to, after.moving) = (before.moved_to.clone(), before.moving.clone());
}

/// A 410 where the feed is not subscribed: it is no end, but the move was a mistake.
pub fn gone_elsewhere() -> Failure {
    let reason = "410 Gone, where it had moved".to_owned();
    Failure { class: FailureClass::Client, reason, retry_after: None, address: None }
}

/// After that: the feed is asked where it is subscribed.
pub fn subscribed_again(feed: &Feed) -> Whereabouts {
    let before = &feed.state.whereabouts;
    let giver = before.validated_at.clone().unwrap_or_else(|| feed.address().web().clone());
    Whereabouts {
        validated_at: Some(giver).filter(|giver| giver != feed.url.web()),
        moved_to: None,
        moving: None,
        met_strangers: before.met_strangers,
    }
}

/// After a good answer to the feed as it was before it.
pub fn after_answer(feed: &Feed, found: Found<'_>, met: Met, now: DateTime<Utc>) -> Whereabouts {
    let before = &feed.state.whereabouts;
    let asked = asked_at(feed);
    let to = FeedUrl::parse(found.at.as_str()).ok().filter(|to| found.moved && to != asked);
    let is_return = asked == &feed.url && to.is_some() && to == before.moved_to;
    let is_strange = met == Met::Strange && found.at != asked.web();
    let mut after =
        Whereabouts { met_strangers: before.met_strangers || is_strange, ..Whereabouts::default() };
    if asked == feed.address() || is_return {
        after.moved_to = before.moved_to.clone();
    }
    let moving = to.filter(|_| !is_return).and_then(|to| follow(before, to, met, now));
    match moving {
        Some(moving) if is_believed(asked, &moving, now) => {
            after.moved_to = Some(moving.to).filter(|to| *to != feed.url);
        }
        moving => after.moving = moving,
    }
    let address = after.moved_to.as_ref().unwrap_or(&feed.url);
    after.validated_at = Some(found.at).filter(|at| *at != address.web()).cloned();
    after
}

fn is_believed(from: &FeedUrl, moving: &Moving, now: DateTime<Utc>) -> bool {
    let (polls, span) = needed(from, &moving.to);
    moving.polls >= polls && now - moving.since >= span
}

/// What is thought of a move that an answer claimed.
fn follow(before: &Whereabouts, to: FeedUrl, met: Met, now: DateTime<Utc>) -> Option<Moving> {
    let claim = before.moving.clone().filter(|before| before.to == to);
    let new = Moving { to, polls: 0, since: now, close: met == Met::Close };
    match (claim, met) {
        (claim, Met::Strange) => Some(Moving { polls: 0, close: false, ..claim.unwrap_or(new) }),
        (claim, Met::Empty) => claim,
        (claim, Met::Akin | Met::Close) if before.met_strangers => claim.or(Some(new)),
        (claim, Met::Akin | Met::Close) => {
            let claim = claim.unwrap_or(new);
            Some(Moving {
                polls: claim.polls.saturating_add(1),
                // A clock that ran ahead delays nothing.
                since: claim.since.min(now),
                close: claim.close && met == Met::Close,
                ..claim
            })
        }
    }
}

/// After a poll that failed: what answers something else there has not moved there.
pub fn after_failure(before: &Whereabouts, class: FailureClass) -> Whereabouts {
    let moving = match class {
        FailureClass::Network | FailureClass::Server | FailureClass::Throttled => {
            before.moving.clone()
        }
        FailureClass::Client
        | FailureClass::Guard
        | FailureClass::Body
        | FailureClass::Document => None,
    };
    Whereabouts { moving, ..before.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::feed::{FeedId, FeedState};

    const HERE: &str = "http://a.example/feed";
    const SECURE: &str = "https://a.example/feed";
    const THERE: &str = "https://b.example/feed";

    fn url(text: &str) -> FeedUrl {
        FeedUrl::parse(text).expect("a URL")
    }

    fn feed() -> Feed {
        let state = FeedState::new(DateTime::<Utc>::UNIX_EPOCH);
        Feed { id: FeedId(1), url: url(HERE), generation: 0, state }
    }

    /// One poll: where the answer was found, whether by permanent redirects alone, and what it had
    /// in common; or how it failed.
    #[derive(Debug, Clone, Copy)]
    enum Poll {
        Good(&'static str, bool, Met),
        Bad(FailureClass),
    }
    use Poll::{Bad, Good};

    fn moved(to: &'static str) -> Poll {
        Good(to, true, Met::Akin)
    }

    /// Polls a feed every day.
    fn live(feed: &mut Feed, polls: &[Poll]) {
        live_with(TimeDelta::days(1), feed, polls);
    }

    fn live_with(gap: TimeDelta, feed: &mut Feed, polls: &[Poll]) {
        for poll in polls {
            let now = feed.state.last_check.unwrap_or_default() + gap;
            feed.state.last_check = Some(now);
            match poll {
                Good(at, moved, met) => {
                    let at = url(at);
                    let found = Found { at: at.web(), moved: *moved };
                    feed.state.whereabouts = after_answer(feed, found, *met, now);
                    feed.state.standing = Standing::Healthy;
                }
                Bad(class) => {
                    feed.state.whereabouts = after_failure(&feed.state.whereabouts, *class);
                    fails(feed);
                }
            }
        }
    }

    fn fails(feed: &mut Feed) {
        let failure = crate::model::outcome::Failure {
            class: FailureClass::Network,
            reason: String::new(),
            retry_after: None,
            address: None,
        };
        let now = DateTime::UNIX_EPOCH;
        let standing = &feed.state.standing;
        feed.state.standing = crate::refresh::standing::after_failure(standing, &failure, now);
    }

    #[test]
    fn a_move_is_believed_after_it_held_and_never_else() {
        let held = [moved(THERE); 5];
        let with = |changes: &[(usize, Poll)]| {
            let mut polls = held.to_vec();
            changes.iter().for_each(|(n, poll)| polls[*n] = *poll);
            polls
        };
        let here = Good(HERE, false, Met::Akin);
        let portal = Bad(FailureClass::Document);
        let strange = Good(THERE, true, Met::Strange);
        let new = Good(HERE, false, Met::Strange);
        for (claim, polls, address) in [
            ("it held", held.to_vec(), THERE),
            ("not yet", held[1..].to_vec(), HERE),
            ("rolled back", with(&[(3, here)]), HERE),
            ("rolled back in the end", with(&[(4, here)]), HERE),
            ("a portal in between", with(&[(2, portal)]), HERE),
            ("a portal at first", with(&[(0, portal)]), HERE),
            ("refused in between", with(&[(2, Bad(FailureClass::Guard))]), HERE),
            ("a temporary hop", with(&[(2, Good(THERE, false, Met::Akin))]), HERE),
            ("temporary ever", vec![Good(THERE, false, Met::Akin); 9], HERE),
            ("somewhere else once", with(&[(1, moved("https://c.example/"))]), HERE),
            ("a stranger", vec![strange; 9], HERE),
            ("a stranger, then itself", [vec![strange], vec![moved(THERE); 9]].concat(), HERE),
            ("nothing in common any more", with(&[(3, strange), (4, moved(THERE))]), HERE),
            ("a stranger, a portal", [vec![strange, portal], vec![moved(THERE); 9]].concat(), HERE),
            ("a stranger once", [vec![strange, here], vec![moved(THERE); 9]].concat(), HERE),
            (
                "a stranger for a while",
                {
                    let hotel = Good("https://c.example/", false, Met::Strange);
                    [vec![hotel, here], vec![moved(THERE); 9]].concat()
                },
                HERE,
            ),
            ("all is new at home", [vec![new], held.to_vec()].concat(), THERE),
            ("empty", vec![Good(THERE, true, Met::Empty); 9], HERE),
            (
                "a failure of the network counts for nothing",
                {
                    let lost = Bad(FailureClass::Network);
                    [vec![moved(THERE), lost], held[1..].to_vec()].concat()
                },
                THERE,
            ),
            ("to https in two", vec![moved(SECURE); 2], SECURE),
            ("to https in one", vec![moved(SECURE)], HERE),
            ("to https elsewhere in two", vec![moved("https://a.example/rss"); 2], HERE),
        ] {
            let mut feed = feed();
            live(&mut feed, &polls);
            assert_eq!(feed.address().as_str(), address, "{claim}");
        }
    }

    #[test]
    fn a_move_must_hold_for_three_days_unless_it_is_to_https() {
        let quarter = TimeDelta::minutes(15);
        for (to, polls, gap, address) in [
            (THERE, 99, quarter, HERE),
            (THERE, 5, TimeDelta::hours(17), HERE),
            (THERE, 5, TimeDelta::hours(18), THERE),
            (SECURE, 2, quarter, SECURE),
        ] {
            let mut feed = feed();
            live_with(gap, &mut feed, &vec![moved(to); polls]);
            assert_eq!(feed.address().as_str(), address, "{to} {polls} {gap}");
        }
    }

    #[test]
    fn two_feeds_are_one_only_if_most_was_known_when_it_first_moved() {
        let close = Good(THERE, true, Met::Close);
        for (polls, may) in [
            (vec![close; 5], true),
            (vec![moved(THERE), close, close, close, close], false),
            (vec![close, close, moved(THERE), close, close], false),
        ] {
            let mut feed = feed();
            live(&mut feed, &polls[..4]);
            assert_eq!(may_merge(&feed), may, "{polls:?}");
            let before = feed.clone();
            live(&mut feed, &polls[4..]);
            assert_eq!(feed.address().as_str(), THERE);
            keep_hop(&before, &mut feed.state.whereabouts);
            assert_eq!(feed.address().as_str(), HERE);
            let giver = feed.state.whereabouts.validated_at.as_ref();
            assert_eq!(giver.map(WebUrl::as_str), Some(THERE));
        }
    }

    #[test]
    fn what_is_in_common_is_counted() {
        let mut feed = feed();
        assert_eq!(Met::of(&feed, false, 3, 0), Met::Close, "it was never read");
        feed.state.polled_before = true;
        for (items, known, met) in [
            (0, 0, Met::Empty),
            (3, 0, Met::Strange),
            (3, 1, Met::Akin),
            (4, 2, Met::Akin),
            (3, 2, Met::Close),
            (1, 1, Met::Close),
        ] {
            assert_eq!(Met::of(&feed, false, items, known), met, "{known} of {items}");
        }
        assert_eq!(Met::of(&feed, true, 3, 0), Met::Empty);
    }

    #[test]
    fn validators_are_their_givers() {
        let mut feed = feed();
        for (poll, giver) in [
            (Good(HERE, false, Met::Akin), None),
            (moved(THERE), Some(THERE)),
            (Good("https://c.example/", false, Met::Akin), Some("https://c.example/")),
            (Bad(FailureClass::Server), Some("https://c.example/")),
        ] {
            live(&mut feed, &[poll]);
            let kept = feed.state.whereabouts.validated_at.as_ref().map(WebUrl::as_str);
            assert_eq!(kept, giver, "{poll:?}");
        }
        live(&mut feed, &[moved(THERE); 5]);
        assert_eq!(feed.state.whereabouts.validated_at, None, "it is the address itself now");
    }

    #[test]
    fn where_it_moved_back_to_is_where_it_is_subscribed() {
        let mut feed = feed();
        live(&mut feed, &[moved(THERE); 5]);
        live(&mut feed, &[moved(HERE); 5]);
        assert_eq!(feed.state.whereabouts, Whereabouts::default());
    }

    #[test]
    fn an_address_that_fails_is_doubted_and_whichever_works_is_found() {
        let mut feed = feed();
        live(&mut feed, &[moved(THERE); 5]);
        let mut asked = Vec::new();
        for _ in 0..9 {
            asked.push(asked_at(&feed).as_str().to_owned());
            live(&mut feed, &[Bad(FailureClass::Network)]);
        }
        assert_eq!(asked[..5], [THERE; 5]);
        assert_eq!(asked[5..], [HERE, THERE, HERE, THERE]);
        for (found, address) in [
            (Good(HERE, false, Met::Akin), HERE),
            (moved(THERE), THERE),
            (Good(THERE, false, Met::Akin), HERE),
        ] {
            let mut feed = feed.clone();
            assert_eq!(asked_at(&feed).as_str(), HERE);
            live(&mut feed, &[found]);
            assert_eq!(feed.address().as_str(), address, "{found:?}");
        }
        live(&mut feed, &[Bad(FailureClass::Network), Good(THERE, false, Met::Akin)]);
        assert_eq!(feed.address().as_str(), THERE);
    }
}
