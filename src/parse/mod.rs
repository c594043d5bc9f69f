//! Parsing: bytes become a document, however broken, or a reason why not. Pure.

pub mod attributes;
pub mod base64;
pub mod budget;
pub mod characters;
pub mod date;
pub mod decode;
pub mod discover;
pub mod elements;
pub mod extras;
pub mod glance;
pub mod inner;
pub mod item;
pub mod json;
pub mod kind;
pub mod limits;
pub mod namespaces;
pub mod page;
pub mod page_text;
pub mod pattern;
pub mod pictures;
pub mod platforms;
pub mod read;
pub mod repair;
pub mod robots;
pub mod tree;
