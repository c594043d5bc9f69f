//! The score sheet of politeness: P01 to P50, each with what a publisher saw of the real mill.
//!
//! `sheet` is the table and runs it, `town` the words in which rows are written, `counters` a week in
//! the terms of the tests of feed readers; each other module holds the rows of one theme. A row says
//! what it saw, held or not; the test fails unless all fifty hold.

mod backoff;
mod connections;
mod counters;
mod freshness;
mod manners;
mod moves;
mod operator;
mod pacing;
mod rests;
mod sheet;
mod town;
mod validators;
