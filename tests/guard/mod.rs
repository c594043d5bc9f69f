//! The border guard, in parts: what is read (`source`, `reader`), what a path means (`resolve`),
//! what is forbidden (`law`), and who breaks it (`judge`, `circles`). `proof` shows that it bites.
//! `cases` holds the list of cases to the tests it names.

pub(crate) mod cases;
pub(crate) mod circles;
pub(crate) mod judge;
pub(crate) mod law;
mod proof;
pub(crate) mod reader;
pub(crate) mod resolve;
pub(crate) mod source;
pub(crate) mod tokens;
