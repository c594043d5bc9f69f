//! Publishing: entries become Atom, RSS, JSON Feed and OPML.
//!
//! Pure: a [`view::View`] goes in, text comes out. The same view gives the same bytes on every
//! machine and after every restart; nothing here knows what time it is.

pub mod atom;
pub mod format;
pub mod json;
pub mod opml;
pub mod revision;
pub mod rss;
pub mod view;
pub mod write;
mod xml;
