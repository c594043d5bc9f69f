//! An answer is read: what came becomes what a decision can be made about.
//!
//! It runs on a worker's thread, behind the budgets of `parse`. The same body again is not parsed. A
//! document that ended the process once is set apart: it is not read again until it changes, until
//! the program is another version, or until a person forces it.

use crate::dedup::candidate::Identified;
use crate::dedup::key;
use crate::model::document::{Document, Unreadable};
use crate::model::entry::Known;
use crate::model::feed::{GuidTrust, document_name};
use crate::model::hash;
use crate::model::outcome::{Failure, FailureClass, Fresh, RetryAfter, Unchanged};
use crate::parse;
use crate::refresh::decide::Seen;
use crate::store::in_hand::Held;

/// A read answer, with all that a decision about it needs but what is known of its entries.
#[derive(Debug)]
pub enum Reading {
    /// The very body of the last document.
    SameBody(Fresh),
    /// A document.
    Document(Box<ReadDocument>),
    /// A document that a hub pushed.
    Pushed(Box<ReadDocument>),
    /// A complete answer that is a feed and that we cannot read yet.
    Unread {
        /// The answer, with its body if that did not come before.
        fresh: Box<Fresh>,
        /// The document's name.
        name: [u8; 32],
        /// How many items it seems to hold.
        items: u32,
        /// Why.
        reason: String,
    },
    /// A complete answer that is not a document we can read.
    Unreadable {
        /// Why.
        reason: Unreadable,
        /// How many items it seems to hold.
        items: u32,
        /// What the answer demanded.
        retry_after: Option<RetryAfter>,
    },
    /// 304, with what it said.
    Unchanged(Unchanged),
    /// 410.
    Gone,
    /// Nothing.
    Failed(Failure),
}

/// A document and where it came from.
#[derive(Debug)]
pub struct ReadDocument {
    /// The answer, without its body.
    pub fresh: Fresh,
    /// SHA-256 of the body.
    pub body_hash: [u8; 32],
    /// What was read.
    pub document: Document,
    /// Its items by their names.
    pub identified: Identified,
}

/// What is known of a feed when a body of it is read.
#[derive(Debug, Clone)]
pub struct Before {
    /// SHA-256 of the last body read.
    pub last_hash: Option<[u8; 32]>,
    /// Whether its guids can be believed.
    pub trust: GuidTrust,
    /// The name of a document that is not read.
    pub set_apart: Option<[u8; 32]>,
    /// The name of a document that cannot be read, and is kept.
    pub unread: Option<[u8; 32]>,
}

/// What is said of a document that is not read.
const SET_APART: &str = "feedmill died while it read this document, so it does not read it again \
    until it changes; `feedmill refresh --force URL` tries all the same";

/// Reads a body; while it does, its name is noted with `hold`.
pub fn read(mut fresh: Fresh, before: &Before, hold: &dyn Fn(&[u8; 32]) -> Held) -> Reading {
    // Once read, the body is of no more use: it does not wait for the database with the rest.
    let body = std::mem::take(&mut fresh.body);
    let body_hash = hash::of_bytes(&body);
    if before.last_hash == Some(body_hash) {
        return Reading::SameBody(fresh);
    }
    let name = document_name(&body_hash);
    if before.set_apart == Some(name) {
        let (class, reason) = (FailureClass::Document, SET_APART.to_owned());
        return Reading::Failed(Failure {
            class,
            reason,
            retry_after: fresh.retry_after,
            address: None,
        });
    }
    if before.unread == Some(name) {
        let reason = "the same document as before, which cannot be read".to_owned();
        return Reading::Unread { fresh: Box::new(fresh), name, items: 0, reason };
    }
    let _held = hold(&name);
    match parse::read::read(&body, fresh.content_type.as_deref(), &fresh.found_at) {
        Ok(document) => {
            let identified = key::identify(&document.items, before.trust);
            Reading::Document(Box::new(ReadDocument { fresh, body_hash, document, identified }))
        }
        Err(reason) if may_be_read_one_day(&reason, &body, fresh.content_type.as_deref()) => {
            let items = parse::glance::items(&body, fresh.content_type.as_deref());
            fresh.body = body;
            Reading::Unread { fresh: Box::new(fresh), name, items, reason: reason.to_string() }
        }
        Err(reason) => {
            let items = match reason {
                Unreadable::TooMuch { .. } | Unreadable::Broken { .. } => {
                    parse::glance::items(&body, fresh.content_type.as_deref())
                }
                Unreadable::Empty | Unreadable::NotAFeed { .. } => 0,
            };
            Reading::Unreadable { reason, items, retry_after: fresh.retry_after }
        }
    }
}

/// The largest document, in bytes, that is kept though it is too much to read: several at once, on
/// their way into the database, must not grow the process.
const MAX_KEPT: usize = 1_000_000;

/// Whether what could not be read is a feed, for a newer parser: what is too much for this one may be
/// within the limits of another, and a feed that is kept is asked conditionally.
fn may_be_read_one_day(reason: &Unreadable, body: &[u8], content_type: Option<&str>) -> bool {
    match reason {
        Unreadable::Empty | Unreadable::NotAFeed { .. } => false,
        Unreadable::TooMuch { .. } if body.len() > MAX_KEPT => false,
        Unreadable::TooMuch { .. } | Unreadable::Broken { .. } => {
            parse::kind::is_feed(body, content_type)
        }
    }
}

impl Reading {
    /// The name of the document, if there is one.
    pub fn name(&self) -> Option<[u8; 32]> {
        match self {
            Self::Document(read) | Self::Pushed(read) => Some(document_name(&read.body_hash)),
            Self::SameBody(_)
            | Self::Unread { .. }
            | Self::Unreadable { .. }
            | Self::Unchanged(_)
            | Self::Gone
            | Self::Failed(_) => None,
        }
    }

    /// The same for a decision, with the entries that are `known`.
    pub fn seen<'a>(&'a self, known: &'a [Known]) -> Seen<'a> {
        match self {
            Self::SameBody(fresh) => Seen::SameBody { fresh },
            Self::Document(read) => Seen::Document {
                fresh: &read.fresh,
                body_hash: read.body_hash,
                document: &read.document,
                identified: &read.identified,
                known,
            },
            Self::Pushed(read) => Seen::Pushed {
                fresh: &read.fresh,
                document: &read.document,
                identified: &read.identified,
                known,
            },
            Self::Unread { fresh, name, items, reason } => {
                Seen::Unread { fresh, name: *name, items: *items, reason }
            }
            Self::Unreadable { reason, items, retry_after } => {
                Seen::Unreadable { reason, items: *items, retry_after: *retry_after }
            }
            Self::Unchanged(unchanged) => Seen::Unchanged(unchanged),
            Self::Gone => Seen::Gone,
            Self::Failed(failure) => Seen::Failed(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::model::outcome::Validators;
    use crate::model::url::WebUrl;

    fn answer(body: &[u8]) -> Fresh {
        Fresh {
            delta: false,
            body: Bytes::copy_from_slice(body),
            content_type: None,
            validators: Validators::default(),
            found_at: WebUrl::parse("https://exemple.fr/flux").expect("a URL"),
            moved: false,
            links: crate::model::outcome::Links::default(),
            conditional: true,
            freshness: None,
            retry_after: None,
        }
    }

    fn read_with(set_apart: Option<[u8; 32]>) -> Reading {
        read_body(b"<rss version='2.0'><channel><title>t</title></channel></rss>", set_apart)
    }

    fn read_body(body: &[u8], set_apart: Option<[u8; 32]>) -> Reading {
        let before = Before { last_hash: None, trust: GuidTrust::Trusted, set_apart, unread: None };
        let no_notes = crate::store::in_hand::InHand::default();
        let hold = |name: &[u8; 32]| no_notes.hold(crate::model::feed::FeedId(1), name);
        read(answer(body), &before, &hold)
    }

    #[test]
    fn a_feed_that_is_too_much_is_kept_and_nothing_else_is() {
        let levels = "<a>".repeat(2_000);
        let vast = levels.repeat(MAX_KEPT / levels.len() + 1);
        for (claim, body, is_kept) in [
            ("too deep", format!("<rss version='2.0'><channel>{levels}"), true),
            ("too deep and too large", format!("<rss version='2.0'><channel>{vast}"), false),
            ("a page that is too deep", format!("<html><body>{levels}"), false),
            ("nothing", String::new(), false),
        ] {
            let reading = read_body(body.as_bytes(), None);
            let kept = matches!(&reading, Reading::Unread { fresh, .. } if fresh.body == body);
            let left = matches!(reading, Reading::Unreadable { .. });
            assert_eq!((kept, left), (is_kept, !is_kept), "{claim}");
        }
    }

    #[test]
    fn what_is_set_apart_is_not_read_and_everything_else_is() {
        let name = read_with(None).name().expect("a document");
        assert!(matches!(read_with(Some(name)), Reading::Failed(_)));
        assert!(matches!(read_with(Some([0; 32])), Reading::Document(_)));
    }
}
