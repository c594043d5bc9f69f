//! feedmill turns many feeds into two things people read: one merged feed in their reader app and
//! one newsletter in the morning. `ARCHITECTURE.md` shows the floors; imports go only downward.

pub mod clean;
pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod dedup;
pub mod fetch;
pub mod jobs;
pub mod mail;
pub mod model;
pub mod newsletter;
pub mod parse;
pub mod publish;
pub mod refresh;
pub mod serve;
pub mod store;
pub mod telemetry;
