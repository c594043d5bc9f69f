//! Recognising the same: keys within a feed, documents across feeds. Pure.
//!
//! Three questions, kept apart: is this item an entry we know (`key`), did it change
//! (`fingerprint`), and is it the same document as one of another feed (`canonical`)? Whatever is in
//! doubt stays apart: two entries for one item annoy, one entry for two items loses news.

pub mod candidate;
pub mod canonical;
pub mod fingerprint;
pub mod key;
pub mod kinship;
pub mod tracking;
pub mod wrapped;
