//! Feeds whose subscription follows a move: the operator wrote the new address, or left only the
//! old one of two that turned out to be the same feed. History stays with the feed.
//!
//! The feed takes the name that is wanted, and whatever bore that name takes the old one and becomes
//! a shell of it, so that going back is as good as going.

use chrono::{DateTime, Utc};

use crate::model::feed::FeedId;
use crate::model::url::FeedUrl;
use crate::store::feed_row;
use crate::store::statement::{Statement, Value};

/// A feed as far as its names go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Which.
    pub id: FeedId,
    /// Where it is subscribed.
    pub url: FeedUrl,
    /// Whether it is gone from the configuration, or merged.
    pub retired: bool,
    /// Where it is asked instead, since it moved there.
    pub moved_to: Option<FeedUrl>,
    /// The feed it turned out to be.
    pub merged_into: Option<FeedId>,
}

/// A feed that is subscribed elsewhere from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    /// Which.
    pub feed: FeedId,
    /// Where it was subscribed, which becomes a shell of it.
    pub from: FeedUrl,
    /// Where it is subscribed.
    pub to: FeedUrl,
    /// Where it is asked, if that is another address.
    pub moved_to: Option<FeedUrl>,
    /// The feed that had the name.
    pub with: Option<FeedId>,
}

/// Finds the renames that `wanted` addresses ask for, and does them in `kept`.
pub fn settle(kept: &mut Vec<Kept>, wanted: impl Fn(&FeedUrl) -> bool) -> Vec<Rename> {
    let mut renames = Vec::new();
    for place in 0..kept.len() {
        let by_url = |url: &FeedUrl| kept.iter().position(|feed| feed.url == *url);
        let feed = &kept[place];
        let found = match (&feed.moved_to, feed.merged_into) {
            // The other of two was taken out, this one was left.
            (_, Some(other)) if wanted(&feed.url) => kept
                .iter()
                .position(|feed| feed.id == other)
                .filter(|other| !wanted(&kept[*other].url))
                .map(|other| (other, Some(place), feed.url.clone())),
            (Some(to), None) if !feed.retired && wanted(to) => match by_url(to) {
                Some(bearer) if !kept[bearer].retired => None,
                bearer => Some((place, bearer, to.clone())),
            },
            (_, _) => None,
        };
        if let Some((feed, with, to)) = found {
            renames.push(rename(kept, feed, with, to));
        }
    }
    renames
}

/// Stands for the number of a feed that is not written yet.
const UNWRITTEN: FeedId = FeedId(0);

fn rename(kept: &mut Vec<Kept>, feed: usize, with: Option<usize>, to: FeedUrl) -> Rename {
    let address = kept[feed].moved_to.clone().unwrap_or_else(|| kept[feed].url.clone());
    let from = std::mem::replace(&mut kept[feed].url, to.clone());
    kept[feed].moved_to = Some(address).filter(|address| *address != to);
    let id = kept[feed].id;
    let moved_to = kept[feed].moved_to.clone();
    let shell = Kept {
        id: with.map_or(UNWRITTEN, |with| kept[with].id),
        url: from.clone(),
        retired: true,
        moved_to: None,
        merged_into: Some(id),
    };
    let rename =
        Rename { feed: id, from, to, moved_to, with: Some(shell.id).filter(|_| with.is_some()) };
    match with {
        Some(with) => kept[with] = shell,
        None => kept.push(shell),
    }
    rename
}

/// No address of the web, so that nothing else can bear it meanwhile.
const STEP_ASIDE: &str = "update feed set url = 'renaming:' || id where id = $1";

const RENAME: &str =
    "update feed set url = $2, moved_to = $3, generation = generation + 1 where id = $1";

const BECOME_SHELL: &str = "update feed set url = $2, retired = 1, merged_into = $3 where id = $1";

const NEW_SHELL: &str = "update feed set retired = 1, merged_into = $2 where url = $1";

/// What is written for a rename.
pub(in crate::store) fn write(rename: &Rename, now: DateTime<Utc>) -> Vec<Statement> {
    let Rename { feed, from, to, moved_to, with } = rename;
    let named: Vec<Value> =
        vec![(*feed).into(), to.into(), moved_to.as_ref().map(FeedUrl::as_str).into()];
    let named = Statement::new(RENAME, named).expecting(1);
    match with {
        Some(with) => {
            let shell = vec![(*with).into(), from.into(), (*feed).into()];
            vec![
                Statement::new(STEP_ASIDE, vec![(*with).into()]).expecting(1),
                named,
                Statement::new(BECOME_SHELL, shell).expecting(1),
            ]
        }
        None => {
            let shell = vec![from.into(), (*feed).into()];
            let shell = Statement::new(NEW_SHELL, shell).expecting(1);
            vec![named, feed_row::insert(from, now), shell]
        }
    }
}
