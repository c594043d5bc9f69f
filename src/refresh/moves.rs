//! Where a feed is asked after it said to have moved for good (RFC 9110, sections 15.4.2 and 15.4.9).
//!
//! A move is believed after it held for [`HELD`] polls in a row, led there by permanent redirects
//! alone, and what was found there had entries in common with what was known before: portals that
//! want a login, domains that were sold and moves that are rolled back change nothing. From http to
//! https at the same place [`HELD_SECURE`] polls are enough. An address that was believed and then
//! fails is doubted: the subscribed one is asked in turn with it, so that whichever works again is
//! found unattended.

use crate::model::feed::{Feed, Standing};
use crate::model::outcome::FailureClass;
use crate::model::url::{FeedUrl, WebUrl};
use crate::model::whereabouts::{Moving, Whereabouts};

/// In how many polls in a row a move must have held.
pub const HELD: u32 = 5;

/// The same for a move from http to https at the same place.
pub const HELD_SECURE: u32 = 2;

/// After how many failures in a row an address that a feed moved to is doubted.
pub const DOUBTED: u32 = 5;

/// What an answer has in common with what was known of its feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Met {
    /// Entries, or all of it.
    Akin,
    /// Nothing.
    Strange,
    /// It holds no items, so nobody can tell.
    Empty,
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

/// How many polls a move `from` an address `to` another must have held.
pub fn needed(from: &FeedUrl, to: &FeedUrl) -> u32 {
    if to.web().is_secure_form_of(from.web()) { HELD_SECURE } else { HELD }
}

/// After a good answer to the feed as it was before it.
pub fn after_answer(feed: &Feed, found: Found<'_>, met: Met) -> Whereabouts {
    let before = &feed.state.whereabouts;
    let asked = asked_at(feed);
    let to = FeedUrl::parse(found.at.as_str()).ok().filter(|to| found.moved && to != asked);
    let is_return = asked == &feed.url && to.is_some() && to == before.moved_to;
    let mut after = Whereabouts::default();
    if asked == feed.address() || is_return {
        after.moved_to = before.moved_to.clone();
    }
    let moving = to.filter(|_| !is_return).and_then(|to| follow(before.moving.as_ref(), to, met));
    match moving {
        Some(Moving { to, polls }) if polls >= needed(asked, &to) => {
            after.moved_to = Some(to).filter(|to| *to != feed.url);
        }
        moving => after.moving = moving,
    }
    let address = after.moved_to.as_ref().unwrap_or(&feed.url);
    after.validated_at = Some(found.at).filter(|at| *at != address.web()).cloned();
    after
}

/// What is thought of a move that an answer claimed.
fn follow(before: Option<&Moving>, to: FeedUrl, met: Met) -> Option<Moving> {
    let polls = before.filter(|before| before.to == to).map(|before| before.polls);
    let polls = match (polls, met) {
        (None, Met::Akin) => 1,
        (None, Met::Empty) => return None,
        (Some(polls), Met::Akin) if polls > 0 => polls.saturating_add(1),
        (Some(polls), Met::Empty) => polls,
        // What moved there once without its entries brings others from then on, which are akin to
        // themselves: it is never believed.
        (Some(_), Met::Akin) | (_, Met::Strange) => 0,
    };
    Some(Moving { to, polls })
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
    use chrono::{DateTime, Utc};

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

    fn live(feed: &mut Feed, polls: &[Poll]) {
        for poll in polls {
            match poll {
                Good(at, moved, met) => {
                    let at = url(at);
                    let found = Found { at: at.web(), moved: *moved };
                    feed.state.whereabouts = after_answer(feed, found, *met);
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
