//! One statement on one connection: placeholders translated, values bound, rows taken.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ToSql};

use crate::store::error::StoreError;
use crate::store::statement::{Answer, Row, Statement, Value};

/// Runs every statement of `operation`; the first that touches another number of rows than it
/// expects ends it as a conflict. What was done before that is for the caller to roll back.
pub fn operation(
    connection: &Connection,
    operation: &[Statement],
) -> Result<Vec<Answer>, StoreError> {
    operation.iter().map(|statement| run(connection, statement)).collect()
}

fn run(connection: &Connection, statement: &Statement) -> Result<Answer, StoreError> {
    let mut prepared = prepare(connection, statement)?;
    let answer = if prepared.column_count() == 0 {
        Answer { touched: prepared.raw_execute()?, rows: Vec::new() }
    } else {
        let rows = take_rows(&mut prepared, Ok)?;
        Answer { touched: rows.len(), rows }
    };
    match statement.expect {
        Some(expected) if expected != answer.touched => Err(StoreError::Conflict),
        Some(_) | None => Ok(answer),
    }
}

/// Runs `query` and appends its decoded rows to `found`.
pub fn query<T>(
    connection: &Connection,
    query: &Statement,
    decode: fn(Row) -> Result<T, StoreError>,
    found: &mut Vec<T>,
) -> Result<(), StoreError> {
    found.append(&mut take_rows(&mut prepare(connection, query)?, decode)?);
    Ok(())
}

fn prepare<'a>(
    connection: &'a Connection,
    statement: &Statement,
) -> Result<CachedStatement<'a>, StoreError> {
    // `$7` would be a name to SQLite, numbered by first appearance; `?7` is a number.
    let mut prepared = connection.prepare_cached(&statement.sql.replace('$', "?"))?;
    for (index, value) in statement.params.iter().enumerate() {
        prepared.raw_bind_parameter(index + 1, value)?;
    }
    Ok(prepared)
}

fn take_rows<T>(
    prepared: &mut CachedStatement<'_>,
    decode: fn(Row) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let width = prepared.column_count();
    let mut rows = prepared.raw_query();
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let cell = |index| row.get_ref(index).map_err(StoreError::from).and_then(value);
        found.push(decode(Row((0..width).map(cell).collect::<Result<_, _>>()?))?);
    }
    Ok(found)
}

fn value(cell: ValueRef<'_>) -> Result<Value, StoreError> {
    Ok(match cell {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Text(bytes) => Value::Text(
            String::from_utf8(bytes.to_vec())
                .map_err(|_| StoreError::Corrupt("a text is not UTF-8".to_owned()))?,
        ),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
        ValueRef::Real(_) => return Err(StoreError::Corrupt("a cell is a fraction".to_owned())),
    })
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}
