//! Units of work: gather, decide, apply. Called alike by loops, routes and commands.

pub mod gather;
pub mod labels;
pub mod library;
#[cfg(test)]
pub(crate) mod samples;
pub mod shelf;
