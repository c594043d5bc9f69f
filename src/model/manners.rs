//! How feedmill behaved towards publishers, in numbers: what those who test feed readers count.
//!
//! Counted by `fetch` on the requests as they leave and by the job that polls, from the start of the
//! service on; nothing of it is kept over a restart.

use serde::{Deserialize, Serialize};

/// What was counted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Manners {
    /// Polls of feeds.
    pub polls: u64,
    /// Polls of feeds that had never been read before, which cannot be conditional.
    pub first_polls: u64,
    /// Requests for feeds, redirects included.
    pub requests: u64,
    /// Requests for feeds that carried validators.
    pub conditional: u64,
    /// Requests for feeds that carried none.
    pub unconditional: u64,
    /// Answers that nothing changed (304).
    pub unchanged: u64,
    /// Answers that wanted us to ask less often (429).
    pub throttled: u64,
    /// Requests that followed a redirect.
    pub redirects: u64,
    /// Requests for pages of articles, and for what was discovered.
    pub pages: u64,
    /// Requests that carried a cookie.
    pub cookies: u64,
    /// Requests that said where the address was found.
    pub referrers: u64,
    /// Requests that were no GET.
    pub not_get: u64,
    /// The shortest time between two polls of one feed.
    pub shortest_interval_ms: Option<u64>,
}
