//! An edition: one sealed issue of a newsletter. Once sealed, nothing of it changes.

use chrono::{DateTime, NaiveDate, Utc};

use super::entry::EntryId;
use super::feed::FeedId;
use super::secret::Address;

/// The number of an edition in its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EditionId(pub i64);

/// One firing of a timetable, named by what its readers' clocks show: an edition exists at most
/// once per newsletter and slot (promise I5).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot {
    /// The local date.
    pub date: NaiveDate,
    /// The local time, `HH:MM`, as the timetable states it.
    pub time: String,
    /// The instant it stands for.
    pub at: DateTime<Utc>,
}

/// The text of an edition, the same for every subscriber but for what a letter adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditionText {
    /// The subject line.
    pub subject: String,
    /// The HTML part.
    pub html: String,
    /// The text part.
    pub text: String,
}

/// An edition about to be sealed: membership, bytes and letters, written in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEdition {
    /// The newsletter's name.
    pub newsletter: String,
    /// The firing it answers.
    pub slot: Slot,
    /// When it is sealed.
    pub sealed: DateTime<Utc>,
    /// Its text.
    pub text: EditionText,
    /// Who sends it.
    pub from: Address,
    /// The newsletter's title, for the List-Id.
    pub title: String,
    /// The entries shown, in order.
    pub shown: Vec<EntryId>,
    /// The entries only counted as "and n more": members all the same, so that they never return.
    pub counted: Vec<EntryId>,
    /// The entries passed over: members, too, and told of nowhere in it.
    pub copies: Vec<CopyOf>,
    /// The feeds of which it tells that they have ended.
    pub ended: Vec<FeedId>,
    /// Its letters.
    pub letters: Vec<NewLetter>,
    /// When its letters are given up if they could not be handed over.
    pub expires: DateTime<Utc>,
}

/// An entry that a newsletter passes over, since its readers had the same through another feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopyOf {
    /// Which.
    pub entry: EntryId,
    /// What they had.
    pub of: EntryId,
}

/// A letter about to be queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLetter {
    /// The subscriber.
    pub to: Address,
    /// Its Message-ID, a function of edition and address.
    pub message_id: String,
    /// SHA-256 of its bytes: they can be made again and must be the same.
    pub sha256: [u8; 32],
}

/// A sealed edition as kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Edition {
    /// Its number.
    pub id: EditionId,
    /// The newsletter's name.
    pub newsletter: String,
    /// The firing it answers.
    pub slot: Slot,
    /// When it was sealed.
    pub sealed: DateTime<Utc>,
    /// Its text.
    pub text: EditionText,
    /// Who sends it.
    pub from: Address,
    /// The newsletter's title.
    pub title: String,
    /// How many entries it shows.
    pub shown: u32,
    /// How many more it counts.
    pub counted: u32,
    /// How many it passed over, since readers had them through other feeds.
    pub copies: u32,
}
