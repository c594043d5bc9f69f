//! The edge to the web: conditional requests through one guard.
//!
//! One request is `client::Client::get`. `hops` walks redirects, `guard` says where a connection may
//! go (`public` knows the addresses, `resolve` the names), `request` says what is asked, `answer`
//! sorts what came, `freshness` reads its dates and `links` its Link fields, `body` and `wire` take
//! it in within limits, `reuse` knows which connections were there before, `error` and `cause` say in words what went wrong, `tls` whom to trust.
//! `manners` counts what leaves. `hub` is the one place that posts: hubs are asked to tell of changes.

pub mod answer;
pub mod body;
pub mod cause;
pub mod client;
pub mod error;
pub mod freshness;
pub mod guard;
pub mod hops;
pub mod hub;
pub mod links;
pub mod manners;
#[cfg(test)]
pub mod origin;
pub mod public;
pub mod request;
pub mod resolve;
pub mod reuse;
pub mod tls;
pub mod wire;
