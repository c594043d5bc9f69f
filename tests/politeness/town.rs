//! The words in which rows are written: one publisher on loopback whose every request is noted under
//! the clock of the row, one home, one mill.

use chrono::{DateTime, TimeDelta, Utc};
use feedmill::clock::Clock;

use crate::world::clock::ManualClock;
use crate::world::feed::{Format, Post};
use crate::world::home::{self, Home};
use crate::world::mill::Mill;
use crate::world::publisher::{Publisher, Reply};
use crate::world::request::Request;

/// What a row saw; an error if the rule did not hold.
pub(crate) type Seen = Result<String, String>;

/// When all rows begin: a Tuesday.
pub(crate) const DAWN: &str = "2026-11-24T04:00:00Z";

/// A Last-Modified that servers say.
pub(crate) const MONDAY: &str = "Mon, 23 Nov 2026 10:00:00 GMT";

/// Holds a row to a claim.
pub(crate) fn hold(is_so: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(what()) }
}

/// One publisher, one home, one clock.
pub(crate) struct Town {
    pub(crate) publisher: Publisher,
    pub(crate) home: Home,
    pub(crate) clock: ManualClock,
}

impl Town {
    /// A publisher with one post at `/rss`, which is subscribed.
    pub(crate) fn new() -> Self {
        let town = Self::empty();
        town.publisher.posts("/rss", [Post::new("1")]);
        town.subscribes(&[town.publisher.url("/rss")], "");
        town
    }

    /// The same with these keys in its `[[feed]]`.
    pub(crate) fn with(keys: &str) -> Self {
        let town = Self::new();
        town.subscribes(&[town.publisher.url("/rss")], keys);
        town
    }

    /// Nothing published, nothing subscribed.
    pub(crate) fn empty() -> Self {
        let clock = ManualClock::at(DAWN);
        Self { publisher: Publisher::start().under(&clock), home: Home::new(), clock }
    }

    /// Subscribes to these; `keys` belong to the last.
    pub(crate) fn subscribes(&self, feeds: &[String], keys: &str) {
        self.home.configure(feeds, home::Post::Files, keys);
    }

    pub(crate) fn mill(&self) -> Mill {
        Mill::start(&self.home, &self.clock)
    }

    /// Lets the mill live for so long.
    pub(crate) fn passes(&self, mill: &Mill, time: TimeDelta) {
        mill.lives_until(self.clock.now() + time);
    }

    /// Every request for the feed.
    pub(crate) fn heard(&self) -> Vec<Request> {
        self.publisher.requests_for("/rss")
    }

    /// The last of them.
    pub(crate) fn last(&self) -> Result<Request, String> {
        self.heard().pop().ok_or_else(|| "it was never asked".to_owned())
    }

    /// With which validators the feed was asked last.
    pub(crate) fn echoed(&self) -> Result<(Option<String>, Option<String>), String> {
        let last = self.last()?;
        Ok((last.header("if-none-match"), last.header("if-modified-since")))
    }

    /// Says these fields with every answer, and no validators but those among them.
    pub(crate) fn says(&self, fields: &[(&str, &str)]) {
        self.publisher.edit("/rss", |feed| {
            (feed.etag, feed.last_modified) = (false, false);
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            feed.headers = fields.iter().map(owned).collect();
        });
    }

    /// Says these fields besides its own validators, which it honours.
    pub(crate) fn adds(&self, fields: &[(&str, &str)]) {
        self.publisher.edit("/rss", |feed| {
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            feed.headers = fields.iter().map(owned).collect();
        });
    }

    /// How long after each request for the feed the next one came.
    pub(crate) fn gaps(&self) -> Vec<TimeDelta> {
        gaps(&self.heard())
    }
}

/// How long after each request the next one came.
pub(crate) fn gaps(requests: &[Request]) -> Vec<TimeDelta> {
    let moments: Vec<DateTime<Utc>> = requests.iter().filter_map(|request| request.at).collect();
    moments.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// The same in minutes.
pub(crate) fn minutes(gaps: &[TimeDelta]) -> Vec<i64> {
    gaps.iter().map(TimeDelta::num_minutes).collect()
}

/// The shortest of them, in words.
pub(crate) fn shortest(gaps: &[TimeDelta]) -> Result<TimeDelta, String> {
    gaps.iter().min().copied().ok_or_else(|| "it was not asked twice".to_owned())
}

/// A whole answer on the wire, its fields as bytes.
pub(crate) fn wire(status: &str, fields: &[&[u8]], body: &[u8]) -> Reply {
    let mut bytes = format!("HTTP/1.1 {status}\r\nConnection: close\r\n").into_bytes();
    for field in fields {
        bytes.extend([field, b"\r\n".as_slice()].concat());
    }
    bytes.extend([b"\r\n", body].concat());
    Reply::Wire(bytes)
}

/// The document that a publisher in these rows publishes.
pub(crate) fn document(posts: &[Post]) -> Vec<u8> {
    Format::Rss.render("Le flux", posts).into_bytes()
}
