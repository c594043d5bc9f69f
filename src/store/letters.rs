//! Letters: claimed by one sender, and settled by the same.
//!
//! Every write is fenced by the letter's generation: whoever holds an older copy is told
//! [`StoreError::Conflict`] and writes nothing. Each returns the letter as it is now.

use chrono::{DateTime, Utc};

use crate::model::edition::EditionId;
use crate::model::letter::{Letter, LetterId, LetterState};
use crate::store::cells::{self, Cells};
use crate::store::editions::address_of;
use crate::store::error::StoreError;
use crate::store::open::Store;
use crate::store::statement::{Row, Statement, Value, limit};

const LETTER: &str = "select id, edition_id, recipient, message_id, sha256, state, attempts, \
    resent, next_attempt, expires, reply, generation from letter";

pub(in crate::store) const CLAIM: &str = "update letter set state = 'sending', attempts = attempts + 1, \
    attempted = $3, generation = generation + 1 \
    where id = $1 and generation = $2 and state = 'queued'";

const MARK_DATA_SENT: &str = "update letter set state = 'data-sent', generation = generation + 1 \
    where id = $1 and generation = $2 and state = 'sending'";

const SETTLE: &str = "update letter set state = $3, next_attempt = $4, reply = $5, resent = $6, \
    generation = generation + 1 where id = $1 and generation = $2";

pub(in crate::store) const NEXT: &str =
    "select min(next_attempt) from letter where state = 'queued'";

impl Store {
    /// Queued letters whose attempt is due, the longest due first; expired ones among them.
    pub async fn due_letters(
        &self,
        now: DateTime<Utc>,
        rows: usize,
    ) -> Result<Vec<Letter>, StoreError> {
        self.engine.read(vec![due(now, rows)], letter).await
    }

    /// Takes a queued letter to send it: one attempt more.
    pub async fn claim(&self, letter: &Letter, now: DateTime<Utc>) -> Result<Letter, StoreError> {
        self.fenced(letter, CLAIM, vec![now.into()]).await?;
        Ok(Letter {
            state: LetterState::Sending,
            attempts: letter.attempts + 1,
            generation: letter.generation + 1,
            ..letter.clone()
        })
    }

    /// Remembers that the server may have the letter from now on.
    pub async fn mark_data_sent(&self, letter: &Letter) -> Result<Letter, StoreError> {
        self.fenced(letter, MARK_DATA_SENT, vec![]).await?;
        Ok(Letter {
            state: LetterState::DataSent,
            generation: letter.generation + 1,
            ..letter.clone()
        })
    }

    /// Records what became of a letter, whatever its state was.
    pub async fn settle(
        &self,
        letter: &Letter,
        state: LetterState,
        next_attempt: DateTime<Utc>,
        reply: Option<String>,
        resent: bool,
    ) -> Result<Letter, StoreError> {
        let params =
            vec![state.word().into(), next_attempt.into(), reply.clone().into(), resent.into()];
        self.fenced(letter, SETTLE, params).await?;
        let generation = letter.generation + 1;
        Ok(Letter { state, next_attempt, reply, resent, generation, ..letter.clone() })
    }

    async fn fenced(
        &self,
        letter: &Letter,
        sql: &'static str,
        further: Vec<Value>,
    ) -> Result<(), StoreError> {
        let mut params = vec![letter.id.0.into(), letter.generation.into()];
        params.extend(further);
        self.engine.write(vec![Statement::new(sql, params).expecting(1)]).await.map(|_| ())
    }

    /// Letters in the middle of a dialogue: after a start, those of a process that died in it.
    pub async fn unfinished_letters(&self) -> Result<Vec<Letter>, StoreError> {
        self.engine.read(vec![unfinished()], letter).await
    }

    /// The letters of an edition.
    pub async fn letters(&self, edition: EditionId) -> Result<Vec<Letter>, StoreError> {
        let sql = format!("{LETTER} where edition_id = $1 order by id");
        self.engine.read(vec![Statement::new(sql, vec![edition.0.into()])], letter).await
    }

    /// How many letters stand where; states with none are left out.
    pub async fn letter_counts(&self) -> Result<Vec<(LetterState, u64)>, StoreError> {
        let query = Statement::new("select state, count(*) from letter group by state", vec![]);
        let counts = self.engine.read(vec![query], |row| {
            let mut cells = Cells::from(row);
            Ok((state_of(&mut cells)?, u64::from(cells.count()?)))
        });
        let mut counts = counts.await?;
        counts.sort_by_key(|(state, _)| *state);
        Ok(counts)
    }

    /// When the next queued letter is due.
    pub async fn next_letter_at(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let next = Statement::new(NEXT, vec![]);
        let next = self.engine.read_one(next, |row| Cells::from(row).moment_or_null()).await?;
        Ok(next.flatten())
    }
}

pub(in crate::store) fn due(now: DateTime<Utc>, rows: usize) -> Statement {
    let sql = format!(
        "{LETTER} where state = 'queued' and next_attempt <= $1 order by next_attempt, id limit $2"
    );
    Statement::new(sql, vec![now.into(), limit(rows)])
}

pub(in crate::store) fn unfinished() -> Statement {
    let sql = format!("{LETTER} where state in ('sending', 'data-sent') order by id");
    Statement::new(sql, vec![])
}

fn state_of(cells: &mut Cells) -> Result<LetterState, StoreError> {
    LetterState::from_word(&cells.text()?).ok_or_else(|| cells::corrupt("a letter's state"))
}

fn letter(row: Row) -> Result<Letter, StoreError> {
    let mut cells = Cells::from(row);
    Ok(Letter {
        id: LetterId(cells.int()?),
        edition: EditionId(cells.int()?),
        to: address_of(&mut cells)?,
        message_id: cells.text()?,
        sha256: cells.bytes()?,
        state: state_of(&mut cells)?,
        attempts: cells.count()?,
        resent: cells.flag()?,
        next_attempt: cells.moment()?,
        expires: cells.moment()?,
        reply: cells.text_or_null()?,
        generation: cells.int()?,
    })
}
