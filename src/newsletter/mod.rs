//! The newsletter: when it is due, what is in it, how it reads, what becomes of its letters.
//!
//! Pure rules over the nouns of `model`: time and chance arrive as arguments, nothing is opened.

pub mod copies;
pub mod headline;
pub mod page;
pub mod render;
pub mod select;
pub mod states;
pub mod timetable;
pub mod typeset;
pub mod wording;
pub mod words;
