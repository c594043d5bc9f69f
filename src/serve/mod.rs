//! The edge to readers: merged feeds, pages and health over HTTP.
//!
//! Read-only but for the callbacks of hubs: GET and HEAD, nothing else. What is served comes from the shelf and the library; here
//! it gets its status, its headers and its bounds. Addresses that are published come from the
//! configuration, never from a request.

pub mod answer;
pub mod coding;
pub mod conditional;
pub mod feeds;
pub mod health;
pub mod house;
pub mod listen;
pub mod pages;
pub mod routes;
pub mod seats;
pub mod templates;
#[cfg(test)]
mod visitor;
pub mod websub;
