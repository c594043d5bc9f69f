//! The bytes of a letter: a function of its edition and its subscriber, so that they can be made
//! again for every attempt and be the same.

use chrono::{DateTime, Utc};

use crate::mail::message::{self, Message};
use crate::model::edition::{Edition, EditionText, NewEdition};
use crate::model::secret::Address;

/// What the letters of an edition share.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'a> {
    /// The newsletter's name.
    pub newsletter: &'a str,
    /// Its title.
    pub title: &'a str,
    /// Who sends it.
    pub from: &'a Address,
    /// When it was sealed.
    pub sealed: DateTime<Utc>,
    /// Its text.
    pub text: &'a EditionText,
}

impl<'a> From<&'a NewEdition> for Sheet<'a> {
    fn from(edition: &'a NewEdition) -> Self {
        Self {
            newsletter: &edition.newsletter,
            title: &edition.title,
            from: &edition.from,
            sealed: edition.sealed,
            text: &edition.text,
        }
    }
}

impl<'a> From<&'a Edition> for Sheet<'a> {
    fn from(edition: &'a Edition) -> Self {
        Self {
            newsletter: &edition.newsletter,
            title: &edition.title,
            from: &edition.from,
            sealed: edition.sealed,
            text: &edition.text,
        }
    }
}

/// The letter to `to`, as it is handed over.
pub fn bytes_of(sheet: &Sheet<'_>, to: &Address, message_id: &str) -> Vec<u8> {
    message::compose(&Message {
        from: sheet.from.clone(),
        to: to.clone(),
        subject: sheet.text.subject.clone(),
        html: sheet.text.html.clone(),
        text: sheet.text.text.clone(),
        date: sheet.sealed,
        message_id: message_id.to_owned(),
        list_id: message::list_id(sheet.newsletter, sheet.from),
        title: sheet.title.to_owned(),
    })
}
