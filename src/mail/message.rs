//! A letter as bytes: a MIME message that is the same every time it is made.
//!
//! Date, Message-ID and boundary are given or derived, never drawn, so a second attempt sends what
//! the first one sent. The result is 7-bit clean, has CRLF line ends only, no line above 78 octets
//! except where an address is longer, and each header once. What a stranger wrote can end up in
//! Subject and display names only, and no control character of it survives.

use chrono::{DateTime, Utc};

use crate::mail::encode;
use crate::model::hash;
use crate::model::secret::Address;
use crate::model::text::HeaderText;

/// What a letter says.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Who sends it.
    pub from: Address,
    /// Who gets it.
    pub to: Address,
    /// The subject line.
    pub subject: String,
    /// The HTML part.
    pub html: String,
    /// The text part.
    pub text: String,
    /// When the edition was sealed.
    pub date: DateTime<Utc>,
    /// The Message-ID, without angle brackets.
    pub message_id: String,
    /// The list's identity (RFC 2919), without angle brackets: `name.domain`.
    pub list_id: String,
    /// The list's title.
    pub title: String,
}

/// The identity of a newsletter as a list: its name under the sender's domain, the same for ever.
pub fn list_id(newsletter: &str, from: &Address) -> String {
    let name: String = newsletter
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' { c.to_ascii_lowercase() } else { '-' })
        .collect();
    format!("{name}.{}", ascii_domain(from.domain()))
}

/// The bytes of a letter (RFC 5322, RFC 2046 section 5.1.4: the plain part first, the rich one last).
pub fn compose(message: &Message) -> Vec<u8> {
    let boundary = boundary(&message.message_id);
    let subject = HeaderText::new(&message.subject);
    let mut out = String::new();
    out.push_str(&date_header(message.date));
    out.push_str(&address_header("From", &message.from));
    out.push_str(&address_header("To", &message.to));
    out.push_str(&encode::text_header("Subject", subject.as_str()));
    out.push_str(&identifier_header("Message-ID", &[], &message.message_id));
    let title = HeaderText::new(&message.title);
    out.push_str(&identifier_header("List-Id", &encode::phrase(title.as_str()), &message.list_id));
    out.push_str("Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n");
    out.push_str("Content-Type: multipart/alternative;\r\n boundary=\"");
    out.push_str(&boundary);
    out.push_str("\"\r\n\r\n");
    for (kind, content) in [("plain", &message.text), ("html", &message.html)] {
        let encoded = encode::body(content);
        out.push_str(&format!(
            "--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\n\
             Content-Transfer-Encoding: {}\r\n\r\n",
            encoded.name
        ));
        out.push_str(&encoded.body);
    }
    out.push_str(&format!("--{boundary}--\r\n"));
    out.into_bytes()
}

/// A boundary that no coded body can hold: `=_` occurs in neither encoding.
fn boundary(message_id: &str) -> String {
    let hash = hash::short([b"boundary".as_slice(), message_id.as_bytes()]);
    format!("=_{}", hash::hex(&hash))
}

fn date_header(date: DateTime<Utc>) -> String {
    format!("Date: {}\r\n", date.format("%a, %d %b %Y %H:%M:%S +0000"))
}

fn address_header(name: &str, address: &Address) -> String {
    let display = HeaderText::new(address.name().unwrap_or_default());
    let mailbox = ascii_mailbox(address);
    if display.as_str().is_empty() {
        return encode::token_header(name, [mailbox.as_str()]);
    }
    identifier_header(name, &encode::phrase(display.as_str()), &mailbox)
}

/// A header of the form `Words <identifier>`; there is no fold within the brackets (RFC 2369,
/// section 2).
fn identifier_header(name: &str, words: &[String], identifier: &str) -> String {
    let bracketed = format!("<{identifier}>");
    let words = words.iter().map(String::as_str).filter(|word| !word.is_empty());
    encode::token_header(name, words.chain([bracketed.as_str()]))
}

/// The mailbox with its domain in A-labels (RFC 5890), which every server understands.
pub fn ascii_mailbox(address: &Address) -> String {
    let (local, domain) = address.mailbox().rsplit_once('@').unwrap_or((address.mailbox(), ""));
    format!("{local}@{}", ascii_domain(domain))
}

fn ascii_domain(domain: &str) -> String {
    url::Host::parse(domain).map_or_else(|_| domain.to_owned(), |host| host.to_string())
}
