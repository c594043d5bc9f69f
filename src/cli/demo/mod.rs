//! The demo: publishers of its own, and the show of what becomes of their feeds.

pub mod publishers;
pub mod show;
