//! The world around the mill, small and obedient: a publisher, a relay, a clock, a mailbox, a reader
//! app and the program itself as a child.
//!
//! Everything is real and on loopback: HTTP and SMTP over TCP, files in a folder of the test's own.
//! Each part runs on threads of its own, so tests may be `async` or not, and is tested here before
//! any other test relies on it. Nothing sleeps to wait for something to happen.

pub(crate) mod clock;
pub(crate) mod feed;
pub(crate) mod home;
pub(crate) mod host;
pub(crate) mod hub;
pub(crate) mod ledger;
pub(crate) mod mailbox;
pub(crate) mod mill;
pub(crate) mod program;
pub(crate) mod publisher;
pub(crate) mod reader;
pub(crate) mod relay;
pub(crate) mod request;
pub(crate) mod runner;
pub(crate) mod servers;
pub(crate) mod vectors;
pub(crate) mod witness;
