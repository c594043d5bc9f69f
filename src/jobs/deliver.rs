//! Delivery of one letter: claim it, make its bytes again, hand it over, record what became of it.
//!
//! The claim and each step are fenced by the letter's generation, so that two postmen never work on
//! one letter. The step before the text is sent is committed first: a letter found in it after a
//! crash may or may not have been taken, and is treated as such (promise I6).

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::clock::Clock;
use crate::jobs::current::Current;
use crate::jobs::dice::Dice;
use crate::jobs::letters::{self, Sheet};
use crate::jobs::route::{self, Envelope};
use crate::model::edition::Edition;
use crate::model::hash;
use crate::model::letter::{Handover, Letter, LetterState};
use crate::model::settings::{MailRoute, Newsletter, OnUncertain};
use crate::newsletter::states::{self, Settlement};
use crate::store::error::StoreError;
use crate::store::open::Store;

/// What delivery needs. Clones share it.
#[derive(Debug, Clone)]
pub struct Deliverer {
    /// Where letters are kept.
    pub store: Store,
    /// How letters leave.
    pub route: Current<MailRoute>,
    /// What the operator wants of each newsletter.
    pub newsletters: Current<Vec<Newsletter>>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Jitter.
    pub dice: Dice,
}

/// Why a letter was not dealt with.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// The database.
    #[error("could not be recorded")]
    Store(#[from] StoreError),
    /// Its edition is not in the database.
    #[error("its edition is missing")]
    NoEdition,
}

impl Deliverer {
    /// The letters due now, at most `limit`.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn due(&self, limit: usize) -> Result<Vec<Letter>, StoreError> {
        self.store.due_letters(self.clock.now(), limit).await
    }

    /// When the next letter is due, if one is waiting.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn next_due(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.store.next_letter_at().await
    }

    /// Deals with one letter that is due. Where another postman was faster, nothing is done.
    ///
    /// # Errors
    /// [`DeliverError`]; the letter keeps the last state that was recorded.
    pub async fn deliver(&self, letter: &Letter) -> Result<LetterState, DeliverError> {
        let now = self.clock.now();
        let edition = self.edition(letter).await?;
        if states::is_expired(letter, now) {
            return self.settle(&edition, letter, states::expired(letter, now)).await;
        }
        let claimed = match self.store.claim(letter, now).await {
            Ok(claimed) => claimed,
            Err(StoreError::Conflict) => return Ok(letter.state),
            Err(other) => return Err(other.into()),
        };
        let (sent, handover) = self.hand_over(&edition, claimed).await;
        let policy = self.policy(&edition);
        let (now, dice) = (self.clock.now(), self.dice.throw());
        let settlement = states::after(&sent, handover, policy, now, dice);
        self.settle(&edition, &sent, settlement).await
    }

    /// Settles what an earlier process left half done: letters that were being sent are queued
    /// again, or uncertain where their text was on its way.
    ///
    /// # Errors
    /// If the database cannot be read or written.
    pub async fn recover(&self) -> Result<(), DeliverError> {
        for letter in self.store.unfinished_letters().await? {
            let edition = match self.edition(&letter).await {
                Err(DeliverError::NoEdition) => {
                    tracing::error!(letter.id = letter.id.0, "a letter's edition is missing");
                    continue;
                }
                edition => edition?,
            };
            let policy = self.policy(&edition);
            let (now, dice) = (self.clock.now(), self.dice.throw());
            if let Some(settlement) = states::after_restart(&letter, policy, now, dice) {
                self.settle(&edition, &letter, settlement).await?;
            }
        }
        Ok(())
    }

    async fn edition(&self, letter: &Letter) -> Result<Edition, DeliverError> {
        self.store.edition(letter.edition).await?.ok_or(DeliverError::NoEdition)
    }

    async fn hand_over(&self, edition: &Edition, claimed: Letter) -> (Letter, Handover) {
        let bytes = letters::bytes_of(&Sheet::from(edition), &claimed.to, &claimed.message_id);
        if hash::of_bytes(&bytes) != claimed.sha256 {
            let reply = "its bytes could not be made again as they were sealed".to_owned();
            return (claimed, Handover::Rejected { reply });
        }
        let mut sent = None;
        let journal = async || {
            sent = self.store.mark_data_sent(&claimed).await.ok();
            sent.is_some()
        };
        let envelope =
            Envelope { from: &edition.from, to: &claimed.to, message_id: &claimed.message_id };
        let handover = route::hand_over(&self.route.get(), envelope, &bytes, journal).await;
        (sent.unwrap_or(claimed), handover)
    }

    fn policy(&self, edition: &Edition) -> OnUncertain {
        self.newsletters
            .get()
            .iter()
            .find(|newsletter| newsletter.name == edition.newsletter)
            .map_or(OnUncertain::Resend, |newsletter| newsletter.on_uncertain)
    }

    async fn settle(
        &self,
        edition: &Edition,
        letter: &Letter,
        next: Settlement,
    ) -> Result<LetterState, DeliverError> {
        let Settlement { state, next_attempt, resent, reply } = next.clone();
        self.store.settle(letter, state, next_attempt, Some(reply), resent).await?;
        report(edition, letter, &next);
        Ok(state)
    }
}

/// One line per attempt; an error where a person must act.
fn report(edition: &Edition, letter: &Letter, next: &Settlement) {
    let (id, edition, state) = (letter.id.0, edition.id.0, next.state.word());
    match next.state {
        LetterState::Rejected | LetterState::Expired | LetterState::Held => {
            tracing::error!(letter.id = id, edition.id = edition, letter.state = state,
                reply = %next.reply, "a letter was not delivered");
        }
        LetterState::Uncertain => {
            tracing::warn!(letter.id = id, edition.id = edition, letter.state = state,
                reply = %next.reply, "a letter may or may not have been taken, twice");
        }
        LetterState::Queued if next.resent && !letter.resent => {
            tracing::warn!(letter.id = id, edition.id = edition, letter.state = state,
                reply = %next.reply, "a letter may have been taken; it is sent once more");
        }
        LetterState::Queued
        | LetterState::Sending
        | LetterState::DataSent
        | LetterState::Accepted => {
            tracing::info!(letter.id = id, edition.id = edition, letter.state = state,
                next_attempt = %next.next_attempt, reply = %next.reply, "letter");
        }
    }
}
