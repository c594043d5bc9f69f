//! The edge to the database: operations as lists of statements, and the engines that run them.
//!
//! SQL is written once, in the subset that SQLite, PostgreSQL and its relatives share; outside this
//! room there is no SQL and no row type. [`open`] says how a store is opened and who may; the other
//! files each hold the operations on one noun.

pub mod articles;
pub mod callbacks;
pub mod cells;
pub mod commit;
pub mod copies;
pub mod counts;
pub mod edition_lists;
pub mod editions;
pub mod ends;
pub mod engine;
pub mod entries;
pub mod error;
pub mod feed_row;
pub mod feeds;
pub mod files;
pub mod in_hand;
pub mod lease;
pub mod letters;
pub mod lineage;
pub mod lists;
pub mod lock;
pub mod merge;
pub mod migrate;
pub mod neighbours;
pub mod newsletters;
pub mod notes;
pub mod open;
pub mod outage;
pub mod renames;
pub mod requests;
pub mod rests;
pub mod sqlite;
pub mod statement;
pub mod sync;
pub mod unread;
pub mod upkeep;
pub mod words;

#[cfg(test)]
pub(in crate::store) mod contract;

#[cfg(test)]
mod measure;

#[cfg(test)]
mod hostile;
