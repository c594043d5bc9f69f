//! What can go wrong between a request and its answer, as values with words for people.
//!
//! A [`FetchError`] never leaves the room: [`FetchError::into_failure`] turns it into the class that
//! rules decide by and one line of reason. No line holds credentials, a query string or a control
//! character, whatever a server sends.

use std::time::Duration;

use crate::model::outcome::{Failure, FailureClass, RetryAfter};
use crate::model::url::WebUrl;

use super::guard::Refused;
use super::resolve::LookupError;

/// How long a reason may be, in characters.
const LONGEST_REASON: usize = 300;

/// Why no client could be built.
#[derive(Debug, thiserror::Error)]
#[error("cannot prepare connections: {0}")]
pub struct ClientError(pub String);

/// Why a fetch brought nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The guard refuses to connect there.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A setting of the feed's cannot be sent.
    #[error("{0}")]
    Setting(String),
    /// The name leads nowhere.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The deadline passed.
    #[error("{host} timed out after {} while {stage}", seconds(*.after))]
    TimedOut {
        /// Who was asked.
        host: String,
        /// How long it was waited for.
        after: Duration,
        /// What was going on.
        stage: &'static str,
    },
    /// The connection, its encryption or the answer broke.
    #[error("{host}: {cause}")]
    Broken {
        /// Who was asked.
        host: String,
        /// What broke.
        cause: String,
    },
    /// A redirect that cannot be followed.
    #[error("{place} redirects {problem}")]
    Redirect {
        /// Who redirects.
        place: String,
        /// What is wrong with it.
        problem: String,
    },
    /// An answer that is not one to keep.
    #[error("{place} answered {status}{remark}")]
    Status {
        /// Where, for people.
        place: String,
        /// Where.
        address: Box<WebUrl>,
        /// The status and its name.
        status: String,
        /// What to make of it, with its comma; may be empty.
        remark: &'static str,
        /// What follows from it.
        class: FailureClass,
        /// Retry-After.
        retry_after: Option<RetryAfter>,
    },
    /// The answer is of a kind that is no web page.
    #[error("{place} is not a web page but {kind}")]
    NotAPage {
        /// Where.
        place: String,
        /// Its type, as it says.
        kind: String,
    },
    /// The body is larger than `fetch.max_body`, on the wire or decoded.
    #[error("the body is larger than {} (fetch.max_body)", size(*.0))]
    TooLarge(u64),
    /// The body grows so much when decoded that it can only be a trap.
    #[error("the body grows more than {0} times when its content coding is undone")]
    Bomb(u64),
    /// The body is coded in a way that is not undone.
    #[error("the body comes with the content coding \"{0}\", which is not understood")]
    Coding(String),
    /// The coded body is damaged.
    #[error("the body does not follow its content coding {0}")]
    Damaged(&'static str),
    /// The coded body ends too early.
    #[error("the body is cut off inside its content coding {0}")]
    CutOff(&'static str),
}

impl FetchError {
    /// The class that rules decide by.
    pub fn class(&self) -> FailureClass {
        match self {
            Self::Refused(_) | Self::Setting(_) => FailureClass::Guard,
            Self::Lookup(_)
            | Self::TimedOut { .. }
            | Self::Broken { .. }
            | Self::Redirect { .. }
            | Self::CutOff(_) => FailureClass::Network,
            Self::Status { class, .. } => *class,
            Self::NotAPage { .. } => FailureClass::Document,
            Self::TooLarge(_) | Self::Bomb(_) | Self::Coding(_) | Self::Damaged(_) => {
                FailureClass::Body
            }
        }
    }

    /// The failure it is for everybody else.
    pub fn into_failure(self) -> Failure {
        let class = self.class();
        let reason = one_line(&self.to_string());
        let (retry_after, address) = match self {
            Self::Status { retry_after, address, .. } => (retry_after, Some(address)),
            Self::Refused(_)
            | Self::Setting(_)
            | Self::Lookup(_)
            | Self::TimedOut { .. }
            | Self::Broken { .. }
            | Self::Redirect { .. }
            | Self::NotAPage { .. }
            | Self::TooLarge(_)
            | Self::Bomb(_)
            | Self::Coding(_)
            | Self::Damaged(_)
            | Self::CutOff(_) => (None, None),
        };
        Failure { class, reason, retry_after, address }
    }
}

/// An address for people: no credentials, no query, not endless.
pub fn place(url: &url::Url) -> String {
    let query = if url.query().is_some() { "?…" } else { "" };
    let path: String = url.path().chars().take(120).collect();
    let more = if path.len() < url.path().len() { "…" } else { "" };
    format!("{}://{}{path}{more}{query}", url.scheme(), host(url))
}

/// Host and port for people.
pub fn host(url: &url::Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// A length of time for people.
pub fn seconds(time: Duration) -> String {
    match time.as_millis() {
        millis if millis % 1_000 != 0 && millis < 10_000 => format!("{:.1} s", time.as_secs_f64()),
        _ => format!("{} s", time.as_secs()),
    }
}

fn size(bytes: u64) -> String {
    const MEGABYTE: u64 = 1_000_000;
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..MEGABYTE => format!("{} kB", bytes / 1_000),
        _ => format!("{} MB", bytes / MEGABYTE),
    }
}

/// One line without control characters or marks that reorder text.
fn one_line(text: &str) -> String {
    let clean = |c: char| match c {
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => ' ',
        c if c.is_control() => ' ',
        c => c,
    };
    match text.char_indices().nth(LONGEST_REASON) {
        Some((end, _)) => text[..end].chars().map(clean).chain(['…']).collect(),
        None => text.chars().map(clean).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_one_line_without_secrets() {
        let url = url::Url::parse("https://u:p@exemple.fr:8443/a/b?key=secret#x").expect("a URL");
        assert_eq!(place(&url), "https://exemple.fr:8443/a/b?…");
        let long = format!("https://exemple.fr/{}", "é".repeat(1_000));
        assert!(place(&url::Url::parse(&long).expect("a URL")).chars().count() < 160);
        let cause = format!("\u{1b}[2J line\r\nline \u{202e}{}", "x".repeat(1_000));
        let failure = FetchError::Broken { host: "a.example".to_owned(), cause }.into_failure();
        assert!(failure.reason.starts_with("a.example:  [2J line  line  xx"), "{}", failure.reason);
        assert_eq!(failure.reason.chars().count(), LONGEST_REASON + 1);
        assert!(failure.reason.ends_with('…'));
    }

    #[test]
    fn times_and_sizes_are_said_as_people_say_them() {
        let times = [(400, "0.4 s"), (1_000, "1 s"), (1_500, "1.5 s"), (60_000, "60 s")];
        for (millis, text) in times {
            assert_eq!(seconds(Duration::from_millis(millis)), text);
        }
        for (bytes, text) in [(999, "999 bytes"), (64_000, "64 kB"), (10_000_000, "10 MB")] {
            assert_eq!(size(bytes), text);
        }
    }
}
