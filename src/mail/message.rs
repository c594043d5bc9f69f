//! A letter as bytes: a MIME message that is the same every time it is made.
//!
//! Date, Message-ID and boundary are given or derived, never drawn, so a second attempt sends what
//! the first one sent. The result is 7-bit clean (but for an address whose local part is not ASCII),
//! has CRLF line ends only, no line above 78 octets except where an address is longer, and each
//! header once. What a stranger wrote can end up in
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
    format!("{name}.{}", from.ascii_domain())
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
    let in_brackets = |identifier: &str| format!("<{identifier}>");
    out.push_str(&encode::named_header("Message-ID", "", &in_brackets(&message.message_id)));
    let title = HeaderText::new(&message.title);
    let list_id = in_brackets(&message.list_id);
    out.push_str(&encode::named_header("List-Id", title.as_str(), &list_id));
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
    let mailbox = address.ascii_mailbox();
    if display.as_str().is_empty() {
        return encode::named_header(name, "", &mailbox);
    }
    encode::named_header(name, display.as_str(), &format!("<{mailbox}>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).expect("an address of the table")
    }

    fn message() -> Message {
        let from = address("Le Brief du matin <brief@lettres.exemple.fr>");
        Message {
            to: address("Zoé Martin <zoe@exemple.fr>"),
            subject: "Réforme\u{a0}: le Sénat dit non, et 14 autres · mardi 24 novembre".to_owned(),
            html: "<!DOCTYPE html>\n<p>Le Sénat dit «\u{a0}non\u{a0}».</p>\n".to_owned(),
            text: "Le Brief du matin\n=================\n\nLe Sénat dit «\u{a0}non\u{a0}».\n-- \nfin\n"
                .to_owned(),
            date: "2026-11-24T05:30:02Z".parse().expect("a moment"),
            message_id: "2026-11-24.0630.c7e751907a851a4723e8@lettres.exemple.fr"
                .to_owned(),
            list_id: list_id("matin", &from),
            title: "Le Brief du matin".to_owned(),
            from,
        }
    }

    fn composed(message: &Message) -> String {
        String::from_utf8(compose(message)).expect("ASCII")
    }

    /// The names of the header fields, in order.
    fn fields(letter: &str) -> Vec<&str> {
        let (head, _) = letter.split_once("\r\n\r\n").expect("an empty line after the header");
        let lines = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
        lines.map(|line| line.split_once(':').expect("a field").0).collect()
    }

    const FIELDS: [&str; 9] = [
        "Date",
        "From",
        "To",
        "Subject",
        "Message-ID",
        "List-Id",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
    ];

    #[test]
    fn the_bytes_of_a_letter() {
        insta::assert_snapshot!("letter.eml", composed(&message()).replace("\r\n", "\n"));
    }

    #[test]
    fn each_header_stands_there_once_and_text_comes_before_html() {
        let letter = composed(&message());
        assert_eq!(fields(&letter), FIELDS);
        let at = |part: &str| letter.find(part).expect("the part");
        assert!(at("Content-Type: text/plain") < at("Content-Type: text/html"));
        assert_eq!(letter.matches("Content-Type: text/").count(), 2);
    }

    #[test]
    fn the_same_letter_has_the_same_bytes() {
        assert_eq!(compose(&message()), compose(&message().clone()));
        let other = Message { message_id: "x@y.fr".to_owned(), ..message() };
        assert_ne!(boundary(&message().message_id), boundary(&other.message_id));
    }

    fn check_lines(letter: &str) {
        assert!(letter.is_ascii());
        assert!(letter.ends_with("\r\n"));
        for line in letter.trim_end_matches("\r\n").split("\r\n") {
            assert!(line.len() <= 78, "{} octets: {line}", line.len());
            assert!(!line.contains(['\r', '\n', '\0', '\u{1b}']), "{line:?}");
        }
    }

    #[test]
    fn nothing_a_stranger_writes_forges_a_header_or_stretches_a_line() {
        let texts = [
            "a\r\nBcc: x@y.fr",
            "a\nBcc: x@y.fr\n\nbody",
            "a\rBcc: x@y.fr",
            "a\0b\u{1b}[31mc\u{202e}d\u{85}e\u{2028}Bcc: f",
            "=?utf-8?b?DQpCY2M6IHhAeS5mcg==?=",
            "=?utf-8?Q?=0D=0ABcc:_x=40y.fr?=",
            "\"<x@y.fr>, \\",
            "(comment) <x@y.fr>; group:",
            "",
            " ",
            &"x".repeat(2_000),
            &"👩‍👩‍👧‍👦".repeat(10_000),
            &"mot ".repeat(500),
        ];
        for text in texts {
            let hostile = Message {
                subject: text.to_owned(),
                title: text.to_owned(),
                html: text.to_owned(),
                text: text.to_owned(),
                ..message()
            };
            let letter = composed(&hostile);
            check_lines(&letter);
            assert_eq!(fields(&letter), FIELDS, "{text:?}");
            let (head, _) = letter.split_once("\r\n\r\n").expect("a header");
            assert!(!head.contains("\r\nBcc"), "{text:?}");
        }
    }

    #[test]
    fn a_display_name_that_is_no_plain_word_does_no_harm() {
        for (text, header) in [
            ("brief@exemple.fr", "From: brief@exemple.fr\r\n"),
            ("Le Brief <brief@exemple.fr>", "From: Le Brief <brief@exemple.fr>\r\n"),
            (
                "Brief, le matin <brief@exemple.fr>",
                "From: \"Brief, le matin\" <brief@exemple.fr>\r\n",
            ),
            (
                "É\u{202e}té <brief@exemple.fr>",
                "From: =?utf-8?Q?=C3=89t=C3=A9?= <brief@exemple.fr>\r\n",
            ),
            ("x <y <brief@exemple.fr>", "From: \"x <y\" <brief@exemple.fr>\r\n"),
            ("brief@été.fr", "From: brief@xn--t-9fab.fr\r\n"),
        ] {
            let message = Message { from: address(text), ..message() };
            let letter = composed(&message);
            assert!(letter.contains(header), "{text}: {letter}");
        }
        let long = format!("{} <brief@exemple.fr>", "Nom très long, ".repeat(40));
        check_lines(&composed(&Message { from: address(&long), ..message() }));
    }

    #[test]
    fn a_list_is_identified_by_its_name_under_the_sender_s_domain() {
        let from = address("brief@Lettres.Exemple.fr");
        assert_eq!(list_id("Matin d'été", &from), "matin-d--t-.lettres.exemple.fr");
    }

    #[test]
    fn a_text_that_looks_like_a_boundary_is_text() {
        let mark = format!("--{}", boundary(&message().message_id));
        let text = format!("{mark}\n{mark}--\n");
        let letter = composed(&Message { text: text.clone(), html: text, ..message() });
        let marks = letter.split("\r\n").filter(|line| line.starts_with(&mark)).count();
        assert_eq!(marks, 3);
    }
}
