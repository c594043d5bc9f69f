//! What was agreed with the hub of a feed, for people and programs. Its callback's address is not told:
//! who knows it may speak there.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::model::callback::{Callback, CallbackState};
use crate::model::feed::FeedId;

/// What was agreed with a hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HubReport {
    /// Its address.
    pub url: String,
    /// How far it is: active, asked, refused, leaving.
    pub state: &'static str,
    /// Until when polling rests because of it, if it does.
    pub trusted_until: Option<DateTime<Utc>>,
    /// When its lease ends.
    pub lapses: Option<DateTime<Utc>>,
    /// The last sign of its life.
    pub heard: Option<DateTime<Utc>>,
    /// How often it told of changes.
    pub pushes: u32,
    /// How often somebody told something that was not signed as agreed.
    pub ignored: u32,
    /// When it is asked again, or for a new lease.
    pub next_ask: DateTime<Utc>,
    /// Why it does not tell.
    pub trouble: Option<String>,
}

/// The one callback of each feed that says most.
pub fn by_feed(mut callbacks: Vec<Callback>) -> HashMap<FeedId, HubReport> {
    callbacks.sort_by_key(|callback| std::cmp::Reverse(rank(&callback.state)));
    callbacks.into_iter().map(|callback| (callback.feed, report(callback))).collect()
}

fn rank(state: &CallbackState) -> u8 {
    match state {
        CallbackState::Active { .. } => 0,
        CallbackState::Asked => 1,
        CallbackState::Refused { .. } => 2,
        CallbackState::Leaving { .. } => 3,
    }
}

fn report(callback: Callback) -> HubReport {
    let trusted_until = callback.trusted_until();
    let (state, lapses, heard, trouble) = match callback.state {
        CallbackState::Active { lapses, heard, doubted, .. } => {
            let doubt = "a poll found what it had not told".to_owned();
            ("active", Some(lapses), Some(heard), doubted.then_some(doubt))
        }
        CallbackState::Asked => ("asked", None, None, None),
        CallbackState::Refused { reason } => ("refused", None, None, Some(reason)),
        CallbackState::Leaving { .. } => ("leaving", None, None, None),
    };
    HubReport {
        url: callback.hub.to_string(),
        state,
        trusted_until,
        lapses,
        heard,
        pushes: callback.pushes,
        ignored: callback.ignored,
        next_ask: callback.due,
        trouble,
    }
}
