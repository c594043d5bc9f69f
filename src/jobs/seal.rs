//! Making an edition: draft it, seal it.
//!
//! Sealing is one transaction: membership, bytes and letters. Where another process was faster, the
//! database refuses the second (promises I4 and I5), and the draft is thrown away.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::Clock;
use crate::jobs::current::Current;
use crate::jobs::draft::{Draft, DraftError, Drafter};
use crate::jobs::letters;
use crate::model::edition::{EditionId, NewEdition, NewLetter, Slot};
use crate::model::hash;
use crate::model::settings::Newsletter;
use crate::newsletter::states;
use crate::newsletter::timetable::{self, Due};
use crate::store::error::StoreError;
use crate::store::open::Store;

/// What making editions needs. Clones share it.
#[derive(Debug, Clone)]
pub struct Sealer {
    /// Where editions are kept.
    pub store: Store,
    /// How they are drafted.
    pub drafter: Drafter,
    /// The newsletters in force.
    pub newsletters: Current<Vec<Newsletter>>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// What came of looking at a newsletter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is not due before then.
    NotDue(Option<DateTime<Utc>>),
    /// Its edition was sealed.
    Sealed {
        /// Which.
        edition: EditionId,
        /// The slot it answers.
        slot: Slot,
        /// How many entries it shows.
        shown: usize,
        /// How many more it counts.
        counted: usize,
        /// How many it passes over, since readers had them through other feeds.
        copies: usize,
        /// How many letters were queued.
        letters: usize,
    },
    /// There was too little; it waits for the next edition.
    TooFew {
        /// The slot it would have answered.
        slot: Slot,
        /// How many stories wait.
        waiting: usize,
    },
    /// The slot went by while nobody could answer it; what waits is carried over.
    Missed(Slot),
    /// The slot has its edition already.
    Made(Slot),
}

/// Why no edition was made. What waits still waits.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// It could not be drafted.
    #[error("could not be drafted")]
    Draft(#[from] DraftError),
    /// The database.
    #[error("could not be kept")]
    Store(#[from] StoreError),
    /// The timetable never fires.
    #[error("its timetable never fires")]
    Never,
}

impl Answer {
    /// The slot it is about.
    pub fn slot(&self) -> Option<&Slot> {
        match self {
            Self::NotDue(_) => None,
            Self::Sealed { slot, .. } | Self::TooFew { slot, .. } => Some(slot),
            Self::Missed(slot) | Self::Made(slot) => Some(slot),
        }
    }

    /// What came of it, as a sentence.
    pub fn told(&self) -> String {
        let named = |slot: &Slot| format!("{} {}", slot.date, slot.time);
        match self {
            Self::NotDue(_) => "no edition is due".to_owned(),
            Self::Sealed { slot, shown, counted, copies, letters, .. } => {
                let passed_over = match copies {
                    0 => String::new(),
                    copies => format!(", passed over as copies: {copies}"),
                };
                format!(
                    "the edition of {} is sealed (entries shown: {shown}, counted: \
                     {counted}{passed_over}; letters: {letters})",
                    named(slot)
                )
            }
            Self::TooFew { slot, waiting } => format!(
                "too little for the edition of {}: {waiting} waiting, kept for the next",
                named(slot)
            ),
            Self::Missed(slot) => format!(
                "the edition of {} was missed; what waits is kept for the next",
                named(slot)
            ),
            Self::Made(slot) => format!("the edition of {} was made before", named(slot)),
        }
    }
}

impl Sealer {
    /// Makes the newsletter's edition if one is due.
    ///
    /// # Errors
    /// [`SealError`]; nothing was written then.
    pub async fn answer_due(&self, newsletter: &Newsletter) -> Result<Answer, SealError> {
        let now = self.clock.now();
        let began = self.store.newsletter_began(&newsletter.name, now).await?;
        let last = self.store.last_slot(&newsletter.name).await?.unwrap_or(began).max(began);
        match timetable::due(&newsletter.timetable, last, now, newsletter.max_lateness) {
            Due::Nothing { next } => Ok(Answer::NotDue(next.map(|slot| slot.at))),
            Due::Missed(slot) => {
                self.store.settle_slot(&newsletter.name, &slot, now).await?;
                Ok(Answer::Missed(slot))
            }
            Due::Make(slot) => {
                let answer = self.answer(newsletter, slot).await?;
                if let Answer::TooFew { slot, .. } = &answer {
                    self.store.settle_slot(&newsletter.name, slot, now).await?;
                }
                Ok(answer)
            }
        }
    }

    /// Makes the newsletter's edition of the current slot now, if that slot has none yet; the
    /// timetable skips it then.
    ///
    /// # Errors
    /// [`SealError`]; nothing was written then.
    pub async fn answer_now(&self, newsletter: &Newsletter) -> Result<Answer, SealError> {
        let now = self.clock.now();
        self.store.newsletter_began(&newsletter.name, now).await?;
        let slot = timetable::current_slot(&newsletter.timetable, now).ok_or(SealError::Never)?;
        self.answer(newsletter, slot).await
    }

    async fn answer(&self, newsletter: &Newsletter, slot: Slot) -> Result<Answer, SealError> {
        let now = self.clock.now();
        if self.store.edition_of(&newsletter.name, &slot).await?.is_some() {
            self.store.settle_slot(&newsletter.name, &slot, now).await?;
            return Ok(Answer::Made(slot));
        }
        let draft = match self.drafter.draft(newsletter, &slot).await? {
            Ok(draft) => draft,
            Err(too_few) => return Ok(Answer::TooFew { slot, waiting: too_few.waiting }),
        };
        let edition = new_edition(newsletter, slot.clone(), draft, now);
        let (shown, counted) = (edition.shown.len(), edition.counted.len());
        let (copies, letters) = (edition.copies.len(), edition.letters.len());
        match self.store.seal(edition).await {
            Ok(edition) => {
                tracing::info!(newsletter = %newsletter.name, edition.id = edition.0, shown, counted,
                    copies, letters, slot = %format!("{} {}", slot.date, slot.time), "edition sealed");
                Ok(Answer::Sealed { edition, slot, shown, counted, copies, letters })
            }
            // Somebody was faster, with this slot or with one of its entries.
            Err(StoreError::Conflict) => {
                match self.store.edition_of(&newsletter.name, &slot).await? {
                    Some(_) => Ok(Answer::Made(slot)),
                    None => Err(StoreError::Conflict.into()),
                }
            }
            Err(other) => Err(other.into()),
        }
    }
}

fn new_edition(
    newsletter: &Newsletter,
    slot: Slot,
    draft: Draft,
    now: DateTime<Utc>,
) -> NewEdition {
    let horizon = TimeDelta::from_std(newsletter.horizon).unwrap_or(TimeDelta::MAX);
    let mut edition = NewEdition {
        newsletter: newsletter.name.clone(),
        slot,
        sealed: now,
        text: draft.text,
        from: newsletter.from.clone(),
        title: newsletter.title.clone(),
        shown: draft.shown,
        counted: draft.counted,
        copies: draft.copies,
        ended: draft.ended,
        letters: Vec::new(),
        expires: now.checked_add_signed(horizon).unwrap_or(DateTime::<Utc>::MAX_UTC),
    };
    let letter = |to| {
        let message_id = states::message_id(&newsletter.name, &edition.slot, &newsletter.from, to);
        let bytes = letters::bytes_of(&letters::Sheet::from(&edition), to, &message_id);
        NewLetter { to: to.clone(), message_id, sha256: hash::of_bytes(&bytes) }
    };
    edition.letters = newsletter.to.iter().map(letter).collect();
    edition
}
