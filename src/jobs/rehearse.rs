//! Rehearsals: an edition as it would be now, to look at or to mail to one address. Nothing is
//! written to the database (promise I10).

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::clock::Clock;
use crate::jobs::current::Current;
use crate::jobs::draft::{Draft, DraftError, Drafter, TooFew};
use crate::jobs::letters::{self, Sheet};
use crate::jobs::route::{self, Envelope};
use crate::model::edition::{EditionText, Slot};
use crate::model::hash;
use crate::model::letter::Handover;
use crate::model::secret::Address;
use crate::model::settings::{MailRoute, Newsletter};
use crate::newsletter::timetable;

/// What rehearsals need. Clones share it.
#[derive(Debug, Clone)]
pub struct Rehearser {
    /// How editions are drafted.
    pub drafter: Drafter,
    /// How letters leave.
    pub route: Current<MailRoute>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// An edition as it would be now.
#[derive(Debug, Clone, PartialEq)]
pub struct Rehearsal {
    /// The slot it would answer.
    pub slot: Slot,
    /// What it says.
    pub text: EditionText,
    /// How many entries it shows.
    pub shown: usize,
    /// How many more it counts.
    pub counted: usize,
}

/// Why there is no rehearsal.
#[derive(Debug, thiserror::Error)]
pub enum RehearseError {
    /// It could not be drafted.
    #[error("could not be drafted")]
    Draft(#[from] DraftError),
    /// The timetable never fires.
    #[error("its timetable never fires")]
    Never,
    /// There is nothing to show.
    #[error("nothing new waits for it; `feedmill refresh` asks the feeds that are due")]
    Nothing,
}

/// The next `count` slots of a newsletter after `now`.
pub fn upcoming(newsletter: &Newsletter, now: DateTime<Utc>, count: usize) -> Vec<Slot> {
    let first = timetable::next_slot(&newsletter.timetable, now);
    let after = |slot: &Slot| timetable::next_slot(&newsletter.timetable, slot.at);
    std::iter::successors(first, after).take(count).collect()
}

impl Rehearser {
    /// The edition of the next slot, as it would be now, however little waits.
    ///
    /// # Errors
    /// [`RehearseError`]
    pub async fn rehearse(&self, newsletter: &Newsletter) -> Result<Rehearsal, RehearseError> {
        let now = self.clock.now();
        let slot = timetable::next_slot(&newsletter.timetable, now).ok_or(RehearseError::Never)?;
        let lenient = Newsletter { min_items: 1, ..newsletter.clone() };
        match self.drafter.draft(&lenient, &slot).await? {
            Ok(Draft { text, shown, counted, .. }) => {
                Ok(Rehearsal { slot, text, shown: shown.len(), counted: counted.len() })
            }
            Err(TooFew { .. }) => Err(RehearseError::Nothing),
        }
    }

    /// The letter of a rehearsal to `to`, as bytes. Its Message-ID is of this moment, so that it can
    /// never be taken for the real one.
    pub fn letter(&self, newsletter: &Newsletter, rehearsal: &Rehearsal, to: &Address) -> Vec<u8> {
        let now = self.clock.now();
        let sheet = Sheet {
            newsletter: &newsletter.name,
            title: &newsletter.title,
            from: &newsletter.from,
            sealed: now,
            text: &rehearsal.text,
        };
        letters::bytes_of(&sheet, to, &self.message_id(newsletter, to))
    }

    /// Mails a rehearsal to one address.
    pub async fn mail(
        &self,
        newsletter: &Newsletter,
        rehearsal: &Rehearsal,
        to: &Address,
    ) -> Handover {
        let bytes = self.letter(newsletter, rehearsal, to);
        let message_id = self.message_id(newsletter, to);
        let envelope = Envelope { from: &newsletter.from, to, message_id: &message_id };
        // A rehearsal is in no database, so there is nothing to journal.
        route::hand_over(&self.route.get(), envelope, &bytes, async || true).await
    }

    fn message_id(&self, newsletter: &Newsletter, to: &Address) -> String {
        let now = self.clock.now().timestamp().to_be_bytes();
        let hash = hash::short([newsletter.name.as_bytes(), to.mailbox().as_bytes(), &now]);
        format!("test.{}@{}", hash::hex(&hash), newsletter.from.domain())
    }
}
