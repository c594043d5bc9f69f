//! The running service: when work is done. The only wiring is in `compose`.

pub mod chores;
pub mod clerk;
pub mod compose;
pub mod desk;
pub mod editor;
pub mod herald;
pub mod lifecycle;
pub mod pass;
pub mod postman;
pub mod program;
pub mod rate;
pub mod reload;
pub mod schedule;
pub mod scheduler;
pub mod service;
pub mod turns;
pub mod work;
pub mod writing;
