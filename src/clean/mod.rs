//! Cleaning: what strangers wrote becomes text and HTML that are safe to pass on. Pure.
//!
//! One list of what is allowed serves page, mail and feed, on purpose: an entry is cleaned once and
//! kept, and what is kept must be safe wherever it is put. So the list is the narrowest of the three:
//! no element with a content model of its own, no style, no form, nothing that a mail program or a
//! strict reader of XML would trip over. That it holds in all three places is shown by re-parsing
//! (`sanitise`), and in a real browser.
//!
//! The way of a body: [`sanitise`] leads through [`scan`], ammonia, [`settle`] and [`furniture`];
//! [`repetition`] compares it with its neighbours; [`plain`] and [`excerpt`] make text of it.

pub mod article;
pub mod blocks;
pub mod characters;
pub mod comments;
pub mod entities;
pub mod excerpt;
pub mod furniture;
pub mod judge;
pub mod keys;
pub mod links;
pub mod markup;
pub mod notices;
pub mod phrases;
pub mod plain;
pub mod promotions;
pub mod prose;
pub mod repetition;
pub mod room;
pub mod sanitise;
pub mod scan;
pub mod seams;
pub mod settle;
pub mod shares;
pub mod shortcodes;
pub mod tokens;
pub mod trackers;
