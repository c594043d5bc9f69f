//! The edge to the mail server: messages, SMTP, folders of `.eml` files.
//!
//! It knows one piece of the outside world and nothing of feeds, editions or the database.

pub mod encode;
pub mod folder;
pub mod message;
pub mod reply;
pub mod session;
pub mod smtp;
pub mod tls;
pub mod wire;
