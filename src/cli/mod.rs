//! The command line: words for people, exit codes.
//!
//! `args` says what can be typed, `dispatch` hands each command to its file, `answer` is what a
//! command says: it is printed in one place, so commands are plain functions with a tested text.

pub mod add;
pub mod answer;
pub mod args;
pub mod check;
pub mod demo;
pub mod dispatch;
pub mod edit;
pub mod feeds;
pub mod init;
pub mod lists;
pub mod manners;
pub mod newsletter;
pub mod pacing;
pub mod refresh;
pub mod runtime;
pub mod service;
pub mod tables;
pub mod why;
pub mod workshop;
