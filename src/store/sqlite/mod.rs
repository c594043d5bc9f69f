//! The driver for SQLite: one writer thread that commits waiting operations together, and a few
//! read-only connections on threads of their own.

pub mod connection;
pub mod copy;
pub mod driver;
pub mod fault;
pub mod reader;
pub mod run;
pub mod writer;

#[cfg(test)]
mod plans;
