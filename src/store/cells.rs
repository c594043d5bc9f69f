//! Rows read cell by cell, in the order their query names them.
//!
//! A cell that holds something else than its query promises means a damaged file, or a fault of
//! this program: [`StoreError::Corrupt`], with what was expected. Also here: the encodings of small
//! lists as JSON, absent where there is nothing to say.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::entry::{EntryId, EntryKey};
use crate::model::feed::FeedId;
use crate::model::text::PlainText;
use crate::model::url::{DocumentKey, FeedUrl, WebUrl};
use crate::store::error::StoreError;
use crate::store::statement::{Row, Value};

/// The cells of one row, taken from left to right.
#[derive(Debug)]
pub struct Cells(std::vec::IntoIter<Value>);

impl From<Row> for Cells {
    fn from(row: Row) -> Self {
        Self(row.0.into_iter())
    }
}

/// What to say of a cell that is not what it should be.
pub fn corrupt(expected: &str) -> StoreError {
    StoreError::Corrupt(format!("a cell is not {expected}"))
}

impl Cells {
    /// The next cell, whatever it holds.
    pub fn any(&mut self) -> Result<Value, StoreError> {
        self.0.next().ok_or_else(|| corrupt("there"))
    }

    /// A number, or nothing.
    pub fn int_or_null(&mut self) -> Result<Option<i64>, StoreError> {
        match self.any()? {
            Value::Null => Ok(None),
            Value::Int(number) => Ok(Some(number)),
            Value::Text(_) | Value::Blob(_) => Err(corrupt("a number")),
        }
    }

    /// A number.
    pub fn int(&mut self) -> Result<i64, StoreError> {
        self.int_or_null()?.ok_or_else(|| corrupt("a number"))
    }

    /// A number from zero up.
    pub fn count(&mut self) -> Result<u32, StoreError> {
        u32::try_from(self.int()?).map_err(|_| corrupt("a count"))
    }

    /// Yes or no.
    pub fn flag(&mut self) -> Result<bool, StoreError> {
        Ok(self.int()? != 0)
    }

    /// Text, or nothing.
    pub fn text_or_null(&mut self) -> Result<Option<String>, StoreError> {
        match self.any()? {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text)),
            Value::Int(_) | Value::Blob(_) => Err(corrupt("text")),
        }
    }

    /// Text.
    pub fn text(&mut self) -> Result<String, StoreError> {
        self.text_or_null()?.ok_or_else(|| corrupt("text"))
    }

    /// Bytes, or nothing.
    pub fn blob_or_null(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        match self.any()? {
            Value::Null => Ok(None),
            Value::Blob(bytes) => Ok(Some(bytes)),
            Value::Int(_) | Value::Text(_) => Err(corrupt("bytes")),
        }
    }

    /// So many bytes, or nothing.
    pub fn bytes_or_null<const N: usize>(&mut self) -> Result<Option<[u8; N]>, StoreError> {
        let bytes = self.blob_or_null()?;
        bytes.map(|bytes| bytes.try_into().map_err(|_| corrupt("of its length"))).transpose()
    }

    /// So many bytes.
    pub fn bytes<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        self.bytes_or_null()?.ok_or_else(|| corrupt("bytes"))
    }

    /// A moment, or nothing.
    pub fn moment_or_null(&mut self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let ms = self.int_or_null()?;
        let moment = |ms| DateTime::from_timestamp_millis(ms).ok_or_else(|| corrupt("a moment"));
        ms.map(moment).transpose()
    }

    /// A moment.
    pub fn moment(&mut self) -> Result<DateTime<Utc>, StoreError> {
        self.moment_or_null()?.ok_or_else(|| corrupt("a moment"))
    }

    /// Text that was plain when it was kept.
    pub fn plain(&mut self) -> Result<PlainText, StoreError> {
        Ok(PlainText::new(&self.text()?))
    }

    /// A link, or nothing.
    pub fn link_or_null(&mut self) -> Result<Option<WebUrl>, StoreError> {
        let text = self.text_or_null()?;
        text.map(|text| WebUrl::parse(&text).map_err(|_| corrupt("a link"))).transpose()
    }

    /// The address of a feed.
    pub fn feed_url(&mut self) -> Result<FeedUrl, StoreError> {
        FeedUrl::parse(&self.text()?).map_err(|_| corrupt("the address of a feed"))
    }

    /// The address of a feed, or nothing.
    pub fn feed_url_or_null(&mut self) -> Result<Option<FeedUrl>, StoreError> {
        let text = self.text_or_null()?;
        text.map(|text| FeedUrl::parse(&text).map_err(|_| corrupt("the address of a feed")))
            .transpose()
    }

    /// The number of a feed.
    pub fn feed(&mut self) -> Result<FeedId, StoreError> {
        self.int().map(FeedId)
    }

    /// The number of an entry.
    pub fn entry(&mut self) -> Result<EntryId, StoreError> {
        self.int().map(EntryId)
    }

    /// The identity of an entry.
    pub fn entry_key(&mut self) -> Result<EntryKey, StoreError> {
        self.bytes().map(EntryKey)
    }

    /// The number of a document, or nothing.
    pub fn document(&mut self) -> Result<Option<DocumentKey>, StoreError> {
        Ok(self.int_or_null()?.map(DocumentKey))
    }

    /// What was kept as JSON; the default where nothing was.
    pub fn json<T: DeserializeOwned + Default>(&mut self) -> Result<T, StoreError> {
        let Some(text) = self.text_or_null()? else { return Ok(T::default()) };
        serde_json::from_str(&text).map_err(|_| corrupt("JSON of its kind"))
    }

    /// A list of plain texts kept as JSON.
    pub fn plain_list(&mut self) -> Result<Vec<PlainText>, StoreError> {
        let texts: Vec<String> = self.json()?;
        Ok(texts.iter().map(|text| PlainText::new(text)).collect())
    }
}

/// `value` as JSON, or nothing if it is what absence stands for.
pub fn json<T: Serialize + Default + PartialEq>(value: &T) -> Value {
    if *value == T::default() {
        return Value::Null;
    }
    Value::Text(serde_json::to_string(value).expect("lists and structs of texts are always JSON"))
}

/// A list of plain texts as JSON, or nothing if it is empty.
pub fn plain_list(texts: &[PlainText]) -> Value {
    json(&texts.iter().map(PlainText::as_str).collect::<Vec<_>>())
}

impl From<FeedId> for Value {
    fn from(feed: FeedId) -> Self {
        Self::Int(feed.0)
    }
}

impl From<EntryId> for Value {
    fn from(entry: EntryId) -> Self {
        Self::Int(entry.0)
    }
}

impl From<EntryKey> for Value {
    fn from(key: EntryKey) -> Self {
        Self::Blob(key.0.to_vec())
    }
}

impl From<DocumentKey> for Value {
    fn from(document: DocumentKey) -> Self {
        Self::Int(document.0)
    }
}

impl From<&PlainText> for Value {
    fn from(text: &PlainText) -> Self {
        Self::Text(text.as_str().to_owned())
    }
}

impl From<&WebUrl> for Value {
    fn from(link: &WebUrl) -> Self {
        Self::Text(link.as_str().to_owned())
    }
}

impl From<&FeedUrl> for Value {
    fn from(url: &FeedUrl) -> Self {
        Self::Text(url.as_str().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(values: Vec<Value>) -> Cells {
        Cells::from(Row(values))
    }

    #[test]
    fn a_cell_of_another_kind_is_damage() {
        assert_eq!(cells(vec!["x".into()]).int(), Err(corrupt("a number")));
        assert_eq!(cells(vec![Value::Null]).text(), Err(corrupt("text")));
        assert_eq!(cells(vec![vec![1u8; 15].into()]).entry_key(), Err(corrupt("of its length")));
        assert_eq!(cells(vec![i64::MAX.into()]).moment(), Err(corrupt("a moment")));
        assert_eq!(cells(vec![]).int(), Err(corrupt("there")));
    }

    #[test]
    fn an_empty_list_takes_no_room_and_a_full_one_comes_back() {
        assert_eq!(plain_list(&[]), Value::Null);
        let names = vec![PlainText::new("Zoé «\u{a0}Z\u{a0}»"), PlainText::new("\"")];
        assert_eq!(cells(vec![plain_list(&names)]).plain_list(), Ok(names));
        assert_eq!(cells(vec![Value::Null]).plain_list(), Ok(vec![]));
    }
}
