//! The nouns of feedmill: the words of `docs/glossary.md` as types.
//!
//! Everything may import this room; it imports nothing of ours. It holds values and the rules that
//! make a wrong value impossible to build, and opens nothing: no clock, no chance, no input or
//! output.

pub mod article;
pub mod callback;
pub mod document;
pub mod edition;
pub mod entry;
pub mod feed;
pub mod hash;
pub mod letter;
pub mod manners;
pub mod note;
pub mod outcome;
pub mod plan;
pub mod removed;
pub mod rest;
pub mod rhythm;
pub mod secret;
pub mod settings;
pub mod text;
pub mod timetable;
pub mod typed;
pub mod url;
pub mod whereabouts;
