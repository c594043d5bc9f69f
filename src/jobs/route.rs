//! Handing a letter over, whichever way letters leave.

use crate::mail::{folder, smtp};
use crate::model::letter::Handover;
use crate::model::secret::Address;
use crate::model::settings::MailRoute;

/// Who sends a letter, who gets it, and under which Message-ID.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// The sender.
    pub from: &'a Address,
    /// The subscriber.
    pub to: &'a Address,
    /// The Message-ID, without angle brackets.
    pub message_id: &'a str,
}

/// Hands `bytes` over. A mail server gets them only after `journal` has said yes: it is called when
/// the server waits for the text. A folder needs no journal: writing the same file again changes
/// nothing.
pub async fn hand_over(
    route: &MailRoute,
    envelope: Envelope<'_>,
    bytes: &[u8],
    journal: impl AsyncFnOnce() -> bool,
) -> Handover {
    match route {
        MailRoute::Directory(directory) => {
            folder::deliver(directory, envelope.message_id, bytes).await
        }
        MailRoute::Smtp(server) => {
            smtp::deliver(server, envelope.from, envelope.to, bytes, journal).await
        }
    }
}
