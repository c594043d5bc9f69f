//! Units of work: gather, decide, apply. Called alike by loops, routes and commands.

pub mod current;
pub mod deliver;
pub mod dice;
pub mod discover;
pub mod draft;
pub mod errand;
pub mod extract;
pub mod gather;
pub mod hubs;
pub mod labels;
pub mod letters;
pub mod library;
pub mod outlook;
pub mod overview;
pub mod pushed;
pub mod pushes;
pub mod reading;
pub mod reclean;
pub mod refresh;
pub mod rehearse;
pub mod remarks;
pub mod requests;
pub mod route;
#[cfg(test)]
pub(crate) mod samples;
pub mod seal;
pub mod shelf;
pub mod subscribe;
pub mod subscriptions;
pub mod sync;
pub mod tally;
pub mod trouble;
pub mod why;
pub mod wish;
pub mod workers;
