//! The article in a web page: what its author wrote, without what the site put around it. Pure.

pub mod blocks;
pub mod boilerplate;
pub mod extract;
pub mod hints;
pub mod kinds;
pub mod outside;
pub mod page;
pub mod phrases;
pub mod prune;
pub mod publisher;
pub mod restore;
pub mod words;
