//! A mailbox: letters as a mail program shows them, read by a MIME parser that is not ours.

use std::path::Path;

use mail_parser::{Address, HeaderValue, MessageParser};

use super::relay::Taken;

/// One letter as its reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) subject: String,
    /// The mailbox in From.
    pub(crate) from: String,
    /// The mailboxes in To.
    pub(crate) to: Vec<String>,
    /// Without its angle brackets.
    pub(crate) message_id: String,
    pub(crate) html: String,
    pub(crate) text: String,
    /// Every header, decoded as text where it is text and as written otherwise, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The letter as it travelled.
    pub(crate) bytes: Vec<u8>,
}

impl Letter {
    /// Reads a letter.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let message = MessageParser::default().parse(bytes).expect("a letter");
        let raw = |range: std::ops::Range<usize>| {
            String::from_utf8_lossy(&bytes[range]).trim().replace("\r\n", "")
        };
        let headers = message.headers().iter().map(|header| {
            let value = match header.value() {
                HeaderValue::Text(text) => text.to_string(),
                _ => raw(header.offset_start() as usize..header.offset_end() as usize),
            };
            (header.name().to_ascii_lowercase(), value)
        });
        let body = |part: Option<std::borrow::Cow<'_, str>>| part.unwrap_or_default().into_owned();
        Self {
            subject: message.subject().unwrap_or_default().to_owned(),
            from: mailboxes(message.from()).pop().unwrap_or_default(),
            to: mailboxes(message.to()),
            message_id: message.message_id().unwrap_or_default().to_owned(),
            html: body(message.body_html(0)),
            text: body(message.body_text(0)),
            headers: headers.collect(),
            bytes: bytes.to_vec(),
        }
    }

    /// The first header of that name, in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What a relay took, opened.
pub(crate) fn opened(taken: &[Taken]) -> Vec<Letter> {
    taken.iter().map(|letter| Letter::read(&letter.bytes)).collect()
}

/// The `.eml` files of a folder, in the order of their names. No folder is no letters.
pub(crate) fn folder(folder: &Path) -> Vec<Letter> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
    paths.sort();
    paths.iter().map(|path| Letter::read(&std::fs::read(path).expect("readable"))).collect()
}

fn mailboxes(address: Option<&Address<'_>>) -> Vec<String> {
    let all = address.into_iter().flat_map(Address::iter);
    all.filter_map(|one| one.address().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LETTER: &[u8] = b"From: =?utf-8?q?Zo=C3=A9?= <zoe@exemple.fr>\r\n\
        To: <a@exemple.fr>, b@exemple.fr\r\n\
        Subject: =?utf-8?b?w4AgbGEgdW5l?=\r\n\
        Message-ID: <1@exemple.fr>\r\n\
        List-Id: Le matin <matin.exemple.fr>\r\n\
        MIME-Version: 1.0\r\n\
        Content-Type: multipart/alternative; boundary=x\r\n\r\n\
        --x\r\nContent-Type: text/plain; charset=utf-8\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\r\n\
        L'=C3=A9t=\r\n=C3=A9\r\n\
        --x\r\nContent-Type: text/html; charset=utf-8\r\n\
        Content-Transfer-Encoding: base64\r\n\r\n\
        PHA+w6k8L3A+\r\n\
        --x--\r\n";

    #[test]
    fn a_letter_is_shown_decoded() {
        let letter = Letter::read(LETTER);
        assert_eq!(letter.subject, "À la une");
        assert_eq!(letter.from, "zoe@exemple.fr");
        assert_eq!(letter.to, ["a@exemple.fr", "b@exemple.fr"]);
        assert_eq!(letter.message_id, "1@exemple.fr");
        assert_eq!((letter.text.trim(), letter.html.as_str()), ("L'été", "<p>é</p>"));
        assert_eq!(letter.header("list-id"), Some("Le matin <matin.exemple.fr>"));
        assert_eq!(letter.header("subject"), Some("À la une"));
        assert_eq!(letter.bytes, LETTER);
    }

    #[test]
    fn a_folder_holds_its_letters_in_order() {
        let home = tempfile::tempdir().expect("a folder of its own");
        assert_eq!(folder(&home.path().join("none")), []);
        for name in ["2.eml", "1.eml", "3.tmp"] {
            let bytes = [b"Subject: ", name.as_bytes(), b"\r\n\r\n"].concat();
            std::fs::write(home.path().join(name), bytes).expect("written");
        }
        let subjects: Vec<_> =
            folder(home.path()).into_iter().map(|letter| letter.subject).collect();
        assert_eq!(subjects, ["1.eml", "2.eml"]);
        let taken = Taken { from: String::new(), to: vec![], bytes: LETTER.to_vec(), told: true };
        assert_eq!(opened(&[taken])[0].message_id, "1@exemple.fr");
    }
}
