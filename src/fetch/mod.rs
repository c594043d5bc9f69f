//! The edge to the web: conditional requests through one guard.
//!
//! One request is `client::Client::get`. `hops` walks redirects, `guard` says where a connection may
//! go (`public` knows the addresses, `resolve` the names), `request` says what is asked, `answer`
//! sorts what came, `freshness` reads its dates, `body` and `wire` take it in within limits, `error`
//! and `cause` say in words what went wrong, `tls` whom to trust.

pub mod answer;
pub mod body;
pub mod cause;
pub mod client;
pub mod error;
pub mod freshness;
pub mod guard;
pub mod hops;
#[cfg(test)]
pub mod origin;
pub mod public;
pub mod request;
pub mod resolve;
pub mod tls;
pub mod wire;
