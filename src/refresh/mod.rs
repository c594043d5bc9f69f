//! Deciding: what a fetch means for its feed and its entries. Pure.
//!
//! Nothing here asks, waits or writes. `decide` takes what is remembered of a feed, what was seen of
//! it and the moment, and returns a plan: everything that one refresh writes, as a value.

pub mod allowance;
pub mod arrivals;
pub mod articles;
pub mod cadence;
pub mod content;
pub mod decide;
pub mod moves;
pub mod note;
pub mod outage;
pub mod repeated;
pub mod rest;
pub mod rhythm;
pub mod signature;
pub mod skip;
pub mod standing;
pub mod websub;
pub mod whole;
