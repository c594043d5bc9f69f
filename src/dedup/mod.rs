//! Recognising the same: keys within a feed, documents across feeds. Pure.
