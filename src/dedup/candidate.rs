//! What a document's items may be known as: the values that `key` makes and `kinship` compares.

use chrono::{DateTime, Utc};

use crate::model::entry::{EntryKey, Fingerprint};
use crate::model::feed::GuidTrust;
use crate::model::url::DocumentKey;

/// The distinct items of one document, with all names under which the store may know them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identified {
    /// Whether the feed's guids can be believed, judged with this document.
    pub trust: GuidTrust,
    /// The distinct items in document order.
    pub items: Vec<Candidate>,
}

impl Identified {
    /// Every key to look up among the feed's entries.
    pub fn lookup_keys(&self) -> Vec<EntryKey> {
        let mut keys: Vec<_> = self.items.iter().flat_map(|item| item.names.all()).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Every document to look up among the feed's entries.
    pub fn lookup_documents(&self) -> Vec<DocumentKey> {
        let mut documents: Vec<_> = self.items.iter().filter_map(|item| item.document).collect();
        documents.sort_unstable();
        documents.dedup();
        documents
    }

    /// Every title to look up among the feed's entries: it finds those whose guid and link both
    /// changed. Titles too short to tell anything are left out.
    pub fn lookup_titles(&self) -> Vec<i64> {
        let telling = self.items.iter().filter(|item| item.telling && item.published.is_some());
        let mut titles: Vec<_> = telling.map(|item| item.title_hash).collect();
        titles.sort_unstable();
        titles.dedup();
        titles
    }
}

/// One distinct item of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its index among the document's items.
    pub item: usize,
    /// Its names.
    pub names: Names,
    /// The key that a new entry gets, unless the feed has given it away (see
    /// [`Candidate::free_key`]).
    pub key: EntryKey,
    /// The document it links to.
    pub document: Option<DocumentKey>,
    /// A hash of its title, 0 without one.
    pub title_hash: i64,
    /// Whether its title has words enough to tell it from others.
    pub telling: bool,
    /// When the publisher says it was published.
    pub published: Option<DateTime<Utc>>,
    /// Its content, hashed.
    pub fingerprint: Fingerprint,
}

impl Candidate {
    /// The best key for a new entry that is not `taken`. None if the very same item is known under
    /// each of them: then it is no news.
    pub fn free_key(&self, taken: impl Fn(&EntryKey) -> bool) -> Option<EntryKey> {
        self.names.own().find(|key| !taken(key))
    }
}

/// The names of one item, best first. Each becomes an entry key of another kind, so a guid that
/// reads like a link is not taken for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The publisher's guid.
    pub guid: Option<Name>,
    /// Whether guids of this feed can be believed.
    pub trust: GuidTrust,
    /// The canonical link.
    pub link: Option<Name>,
    /// Title and date, if it has both.
    pub heading: Option<Name>,
    /// Title, date and body.
    pub content: EntryKey,
    /// Everything: two items with this in common are the same twice.
    pub whole: EntryKey,
}

/// One name of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name {
    /// The key it makes.
    pub key: EntryKey,
    /// Whether no other item of the document bears it.
    pub sole: bool,
}

impl Names {
    /// All under which the item may be known, best first.
    pub fn all(&self) -> impl Iterator<Item = EntryKey> {
        let first = [self.guid, self.link, self.heading].into_iter().flatten().map(|name| name.key);
        first.chain([self.content, self.whole])
    }

    /// Those that identify it, best first: names shared with others of the document do not, nor
    /// guids of a feed whose guids are in doubt.
    pub fn own(&self) -> impl Iterator<Item = EntryKey> {
        let guid = self.guid.filter(|_| self.trust == GuidTrust::Trusted);
        let first = [guid, self.link, self.heading].into_iter().flatten();
        first.filter(|name| name.sole).map(|name| name.key).chain([self.content, self.whole])
    }
}
