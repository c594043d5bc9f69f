//! How well a folder of feeds is read, beside what others found in it.

pub(crate) mod assertion;
pub(crate) mod claims;
pub(crate) mod compare;
pub(crate) mod files;
pub(crate) mod goals;
pub(crate) mod oracle;
pub(crate) mod survey;
pub(crate) mod table;
