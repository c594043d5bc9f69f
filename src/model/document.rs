//! What one fetch parsed: a document and its items, before anything is decided about them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::text::PlainText;
use super::url::WebUrl;

/// One parsed feed document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    /// The feed's own title.
    pub title: PlainText,
    /// The page the feed belongs to.
    pub site: Option<WebUrl>,
    /// What it says of itself, as text.
    pub description: PlainText,
    /// The language it declares, as written (BCP 47 where the publisher is careful).
    pub language: Option<String>,
    /// Its picture: an icon, else a logo, else the image of its channel.
    pub icon: Option<WebUrl>,
    /// Where it says that it is to be found (Atom `rel="self"`).
    pub own_url: Option<WebUrl>,
    /// Hubs that tell of its changes (WebSub, `rel="hub"`), in document order.
    pub hubs: Vec<WebUrl>,
    /// Its items in document order.
    pub items: Vec<Item>,
    /// How many more items there were that could not be read.
    pub left_out: u32,
    /// How often the publisher wants to be asked.
    pub wishes: Wishes,
    /// How much had to be mended to read it.
    pub repair: Repair,
}

/// One element of a document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Item {
    /// The identity the publisher wrote, trimmed; absent where there is none.
    pub guid: Option<String>,
    /// Where the item is to be read.
    pub link: Option<WebUrl>,
    /// Its title.
    pub title: PlainText,
    /// Its authors.
    pub authors: Vec<PlainText>,
    /// When the publisher says it was published.
    pub published: Option<DateTime<Utc>>,
    /// When the publisher says it was last changed.
    pub updated: Option<DateTime<Utc>>,
    /// Its body.
    pub body: RawHtml,
    /// What relative addresses inside the body are relative to.
    pub base: Option<WebUrl>,
    /// Categories, as the publisher names them.
    pub categories: Vec<PlainText>,
    /// Attached files.
    pub enclosures: Vec<Enclosure>,
    /// The feed it was taken from, where an aggregator names it.
    pub origin: Option<Origin>,
    /// The picture that stands for it, where the publisher names one.
    pub image: Option<WebUrl>,
    /// Its own language, where it is not left to the feed.
    pub language: Option<String>,
    /// Where its comments are to be read.
    pub comments: Option<WebUrl>,
    /// How many comments there are: it changes all the time, and an entry does not change with it.
    pub comment_count: Option<u32>,
}

/// Where an aggregator says that an item comes from (RSS 2.0 `source`, `atom:source`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// The title of that feed.
    pub title: PlainText,
    /// The address of that feed or of its page.
    pub url: Option<WebUrl>,
}

/// HTML as a stranger wrote it: it can only be given to `clean`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RawHtml(pub String);

/// A file attached to an item (RSS 2.0 `enclosure`, Atom `rel="enclosure"`, JSON Feed attachment).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enclosure {
    /// Where it is: an address of the web.
    pub url: String,
    /// Its media type, as declared.
    pub media_type: Option<String>,
    /// Its size in bytes, as declared.
    pub length: Option<u64>,
}

/// What a publisher asks of those who poll: it only ever slows us down.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Wishes {
    /// RSS 2.0 `ttl`, in minutes.
    pub ttl_mins: Option<u32>,
    /// The period of `sy:updatePeriod` divided by `sy:updateFrequency`, in minutes.
    pub syndication_mins: Option<u32>,
    /// Hours of the day, GMT, 0 to 23, in which not to ask (RSS 2.0 `skipHours`).
    pub skip_hours: Vec<u8>,
    /// Days of the week, Monday is 0, in which not to ask (RSS 2.0 `skipDays`).
    pub skip_days: Vec<u8>,
}

/// The least repair that made a document readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Repair {
    /// Read as it came.
    #[default]
    None,
    /// Characters or framing were mended: entities, bare ampersands, junk around the root.
    Characters,
    /// The root element or its namespaces were rewritten.
    Namespaces,
    /// Single elements were dropped or relabelled.
    Elements,
    /// The tree was closed where the document broke off or crossed its tags.
    Tree,
}

/// Why bytes are not a document we can read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// No bytes, or only white space.
    #[error("the answer is empty")]
    Empty,
    /// Something else: `what` names it (an HTML page, CDF, a JSON error…).
    #[error("not a feed but {what}")]
    NotAFeed {
        /// What it is, with its article: "an HTML page".
        what: String,
    },
    /// Beyond a limit of the budget, refused before it was read whole.
    #[error("more than {limit} {unit}")]
    TooMuch {
        /// The limit.
        limit: usize,
        /// What is counted.
        unit: &'static str,
    },
    /// A feed, but too broken for every repair.
    #[error("a broken feed: {reason}")]
    Broken {
        /// What the parser said.
        reason: String,
    },
}

impl Unreadable {
    /// Whether it is a feed at least, so that its items can be counted.
    pub fn is_feed(&self) -> bool {
        match self {
            Self::Empty | Self::NotAFeed { .. } => false,
            Self::TooMuch { .. } | Self::Broken { .. } => true,
        }
    }
}
