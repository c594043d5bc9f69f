//! The counter between commands and the running service: a request is left in the database, picked
//! up, and answered there.

use chrono::{DateTime, Utc};

use crate::jobs::errand::{Errand, Reply};
use crate::store::error::StoreError;
use crate::store::open::Store;
use crate::store::requests::RequestId;

/// One side of the counter or the other. Clones share it.
#[derive(Debug, Clone)]
pub struct Requests {
    store: Store,
}

/// A request that was picked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    id: RequestId,
    /// When it was left.
    pub left: DateTime<Utc>,
    /// What is asked; none if another version of feedmill asked for something unknown.
    pub errand: Option<Errand>,
}

impl Ticket {
    /// Its number.
    pub fn number(&self) -> i64 {
        self.id.0
    }
}

impl Requests {
    /// The counter of a database.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Leaves a request.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn leave(&self, errand: &Errand, now: DateTime<Utc>) -> Result<Ticket, StoreError> {
        let (kind, argument) = errand.to_request();
        let id = self.store.ask(kind, &argument, now).await?;
        Ok(Ticket { id, left: now, errand: Some(errand.clone()) })
    }

    /// The reply, once there is one.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn reply(&self, ticket: &Ticket) -> Result<Option<Reply>, StoreError> {
        let answer = self.store.answer_of(ticket.id).await?;
        Ok(answer.map(|text| Reply::parse(&text)))
    }

    /// What was left and is not answered, in the order in which it was left.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn open(&self) -> Result<Vec<Ticket>, StoreError> {
        let requests = self.store.open_requests().await?;
        let ticket = |request: crate::store::requests::Request| Ticket {
            id: request.id,
            left: request.asked,
            errand: Errand::parse(&request.kind, &request.argument),
        };
        Ok(requests.into_iter().map(ticket).collect())
    }

    /// Answers a request, unless it was answered or taken back before.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn answer(&self, ticket: &Ticket, reply: &Reply) -> Result<(), StoreError> {
        match self.store.answer(ticket.id, &reply.to_text()).await {
            Err(StoreError::Conflict) => Ok(()),
            other => other,
        }
    }
}
