//! What programs of other people make of what the mill hands out. `scripts/test` installs them.

mod browser;
mod feeds;
mod hub;
mod mail;
mod readers;
mod unit;
