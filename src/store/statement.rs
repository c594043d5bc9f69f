//! An operation as a value: statements, what they are given, and how many rows each must touch.
//!
//! A list of statements is run atomically. A statement that touches another number of rows than it
//! expects rolls the whole list back as a conflict. Placeholders are written `$1`, `$2`…; `$` has
//! no other meaning in our SQL. What a later statement refers to of an earlier one of its list goes
//! by natural keys, since numbers given by the database are not known when the list is made.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

/// What a column or a parameter holds: the types that all engines share. Times are milliseconds
/// since 1970 UTC, booleans 0 and 1, JSON is text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// One statement of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its text: never built from what strangers wrote.
    pub sql: Cow<'static, str>,
    /// The values of `$1`, `$2`…
    pub params: Vec<Value>,
    /// How many rows it must touch or return, if that matters.
    pub expect: Option<usize>,
}

impl Statement {
    /// A statement that may touch any number of rows.
    pub fn new(sql: impl Into<Cow<'static, str>>, params: Vec<Value>) -> Self {
        Self { sql: sql.into(), params, expect: None }
    }

    /// The same, refused unless it touches exactly `rows` rows.
    pub fn expecting(self, rows: usize) -> Self {
        Self { expect: Some(rows), ..self }
    }
}

/// A row as an engine returns it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row(pub Vec<Value>);

/// What became of one statement of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// How many rows it touched or returned.
    pub touched: usize,
    /// What it returned.
    pub rows: Vec<Row>,
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Int(number.into())
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Int(flag.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Blob(bytes)
    }
}

impl From<DateTime<Utc>> for Value {
    fn from(moment: DateTime<Utc>) -> Self {
        Self::Int(moment.timestamp_millis())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// How many rows a `LIMIT` asks for: all that can be counted if `rows` is beyond that.
pub fn limit(rows: usize) -> Value {
    Value::Int(i64::try_from(rows).unwrap_or(i64::MAX))
}
