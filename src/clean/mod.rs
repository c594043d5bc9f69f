//! Cleaning: what strangers wrote becomes text and HTML that are safe to pass on. Pure.

pub mod article;
pub mod characters;
pub mod entities;
pub mod furniture;
pub mod links;
pub mod markup;
pub mod plain;
pub mod sanitise;
pub mod scan;
pub mod settle;
pub mod tokens;
