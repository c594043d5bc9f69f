//! What the operator should know of a feed though nothing is wrong with it, in words.

use crate::model::feed::{CheckRule, Feed};
use crate::model::url::FeedUrl;
use crate::refresh::{moves, skip, whole};

/// What is to be said of a feed; `merged_into` is where the feed is subscribed that it turned out to
/// be.
pub fn about(feed: &Feed, merged_into: Option<&FeedUrl>) -> Vec<String> {
    let merged = merged_into.map(|other| {
        format!("it is the same feed as {other}, which brings its entries; it can be removed")
    });
    let whereabouts = &feed.state.whereabouts;
    let moved = whereabouts.moved_to.as_ref().map(|to| {
        format!("it moved to {to} for good and is asked there; please change its address")
    });
    let moving = whereabouts.moving.as_ref().map(|moving| match moving.polls {
        0 => format!(
            "it says that it moved to {} for good, where nothing of it was found; please look",
            moving.to
        ),
        polls => {
            let (needed, span) = moves::needed(feed.address(), &moving.to);
            let polls = match needed.saturating_sub(polls) {
                0 => String::new(),
                1 => "after 1 more poll".to_owned(),
                more => format!("after {more} more polls"),
            };
            let days = match span.num_days() {
                0 => String::new(),
                days => format!("once it held for {days} days"),
            };
            let and = if polls.is_empty() || days.is_empty() { "" } else { " and " };
            let unless = match moving.close {
                true => "",
                false => ", unless another subscription is there that has little in common with it",
            };
            format!(
                "it says that it moved to {} for good: believed {polls}{and}{days}{unless}",
                moving.to
            )
        }
    });
    let left_out = match feed.state.left_out {
        0 => None,
        1 => Some("one item of its last document was not read".to_owned()),
        items => Some(format!("{items} items of its last document were not read")),
    };
    let repeats = whole::never_unchanged(&feed.state).then(|| {
        "it never answers 304, though it is told what we have: asked once a day at most".to_owned()
    });
    let unread = feed.state.unread.map(|_| {
        "its document is kept, and read as soon as a newer feedmill can read it".to_owned()
    });
    let skipped = skip::leaves_nothing(&feed.state.wishes).then(|| {
        "its skipHours and skipDays leave no hour of the week, so they are ignored".to_owned()
    });
    let capped = (feed.state.rule == CheckRule::Cap).then(|| {
        "its publisher wants it to be asked more seldom than every 14 days, the longest wait we obey"
            .to_owned()
    });
    match merged {
        Some(merged) => vec![merged],
        None => [moved, moving, repeats, unread, skipped, left_out, capped]
            .into_iter()
            .flatten()
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::model::feed::{FeedId, FeedState};
    use crate::model::whereabouts::{Moving, Whereabouts};

    fn url(text: &str) -> FeedUrl {
        FeedUrl::parse(text).expect("a URL")
    }

    #[test]
    fn items_that_are_not_read_are_told() {
        let told = |left_out| {
            let state = FeedState { left_out, ..FeedState::new(DateTime::<Utc>::UNIX_EPOCH) };
            about(
                &Feed { id: FeedId(1), url: url("https://a.example/"), generation: 0, state },
                None,
            )
        };
        assert_eq!(told(0), [""; 0]);
        assert_eq!(told(1), ["one item of its last document was not read"]);
        assert_eq!(told(20_003), ["20003 items of its last document were not read"]);
    }

    #[test]
    fn moves_are_told_with_what_to_do() {
        let moving = |polls| {
            let (to, since) = (url("https://b.example/"), DateTime::<Utc>::UNIX_EPOCH);
            Some(Moving { to, polls, since, close: polls != 4 })
        };
        let moved_to = Some(url("https://b.example/"));
        let (here, merged) = (Whereabouts::default(), url("https://c.example/"));
        let about = |whereabouts: Whereabouts, merged| {
            let mut state = FeedState::new(DateTime::<Utc>::UNIX_EPOCH);
            state.whereabouts = whereabouts;
            let feed = Feed { id: FeedId(1), url: url("https://a.example/"), generation: 0, state };
            about(&feed, merged).join("\n")
        };
        let told = [
            about(here.clone(), None),
            about(Whereabouts { moving: moving(0), ..here.clone() }, None),
            about(Whereabouts { moving: moving(2), ..here.clone() }, None),
            about(Whereabouts { moving: moving(4), ..here.clone() }, None),
            about(Whereabouts { moving: moving(5), ..here.clone() }, None),
            about(Whereabouts { moved_to, ..here.clone() }, None),
            about(here, Some(&merged)),
        ];
        insta::assert_snapshot!(told.join("\n"));
    }
}
