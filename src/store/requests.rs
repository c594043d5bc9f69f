//! What commands ask of the running service: a row that it picks up and answers.
//!
//! An answer is kept until a day after it was asked for, then deleted with the next request.

use chrono::{DateTime, TimeDelta, Utc};

use crate::store::cells::Cells;
use crate::store::error::StoreError;
use crate::store::open::Store;
use crate::store::statement::{Row, Statement};

/// The number of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub i64);

/// A request that awaits its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its number.
    pub id: RequestId,
    /// What is asked: a word that commands and service agree on.
    pub kind: String,
    /// About what.
    pub argument: String,
    /// When it was asked.
    pub asked: DateTime<Utc>,
}

/// How long after its request an answer is kept.
const KEPT: TimeDelta = TimeDelta::days(1);

const ASK: &str = "insert into request (kind, argument, asked) values ($1, $2, $3) returning id";

pub(in crate::store) const FORGET: &str = "delete from request where answered < $1";

const ANSWER: &str = "update request set answer = $2, answered = asked \
    where id = $1 and answered is null";

impl Store {
    /// Leaves a request for the service.
    pub async fn ask(
        &self,
        kind: &str,
        argument: &str,
        now: DateTime<Utc>,
    ) -> Result<RequestId, StoreError> {
        let ask = Statement::new(ASK, vec![kind.into(), argument.into(), now.into()]);
        let forget = Statement::new(FORGET, vec![(now - KEPT).into()]);
        let answers = self.engine.write(vec![ask.expecting(1), forget]).await?;
        let asked = answers.into_iter().next().and_then(|answer| answer.rows.into_iter().next());
        asked.map_or(Err(StoreError::Conflict), |row| Cells::from(row).int().map(RequestId))
    }

    /// The answer, once there is one.
    pub async fn answer_of(&self, id: RequestId) -> Result<Option<String>, StoreError> {
        let query = Statement::new("select answer from request where id = $1", vec![id.0.into()]);
        let answer = self.engine.read_one(query, |row| Cells::from(row).text_or_null()).await?;
        Ok(answer.flatten())
    }

    /// Requests without an answer, in the order they were asked.
    pub async fn open_requests(&self) -> Result<Vec<Request>, StoreError> {
        let query = Statement::new(OPEN, vec![]);
        self.engine.read(vec![query], request).await
    }

    /// Answers a request; a conflict if it was answered already, or never asked.
    pub async fn answer(&self, id: RequestId, text: &str) -> Result<(), StoreError> {
        let answer = Statement::new(ANSWER, vec![id.0.into(), text.into()]).expecting(1);
        self.engine.write(vec![answer]).await.map(|_| ())
    }
}

pub(in crate::store) const OPEN: &str =
    "select id, kind, argument, asked from request where answered is null order by id";

fn request(row: Row) -> Result<Request, StoreError> {
    let mut cells = Cells::from(row);
    Ok(Request {
        id: RequestId(cells.int()?),
        kind: cells.text()?,
        argument: cells.text()?,
        asked: cells.moment()?,
    })
}
