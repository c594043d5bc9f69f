//! The keys that exist, table by table, and what holds where a key is absent.
//!
//! A key is listed here only once it works: everything else is refused with the nearest known one.
//! `config/feedmill.toml` shows the same keys with the same defaults; tests compare the two.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::model::settings::{Collapse, FetchSettings, Language, MergedFeed, OnUncertain};

/// One table of the configuration: how people write it, and its keys.
#[derive(Debug)]
pub struct Shape {
    /// How it is written: `[fetch]`, `[[feed]]`.
    pub name: &'static str,
    /// Its keys.
    pub keys: &'static [&'static str],
}

/// The top of the file.
pub const ROOT: Shape = Shape {
    name: "the top of the file",
    keys: &[
        "server",
        "storage",
        "fetch",
        "smtp",
        "feed_lists",
        "feed",
        "merged_feed",
        "newsletter",
    ],
};

/// `[server]`
pub const SERVER: Shape = Shape { name: "[server]", keys: &["listen", "base_url", "access"] };

/// `[storage]`
pub const STORAGE: Shape = Shape { name: "[storage]", keys: &["url"] };

/// `[fetch]`
pub const FETCH: Shape = Shape {
    name: "[fetch]",
    keys: &[
        "contact",
        "min_interval",
        "max_interval",
        "timeout",
        "max_body",
        "connections",
        "per_host_gap",
        "rate",
        "allow_private",
    ],
};

/// `[smtp]`
pub const SMTP: Shape = Shape {
    name: "[smtp]",
    keys: &["host", "port", "tls", "username", "password_file", "directory"],
};

/// `[[feed]]`
pub const FEED: Shape = Shape {
    name: "[[feed]]",
    keys: &[
        "url",
        "title",
        "tags",
        "interval",
        "full_text",
        "delta",
        "weight",
        "username",
        "password_file",
        "headers",
        "user_agent",
    ],
};

/// The value of one header, if it is not written out.
pub const HEADER: Shape = Shape { name: "a header's value", keys: &["file", "env"] };

/// `[[merged_feed]]`
pub const MERGED_FEED: Shape =
    Shape { name: "[[merged_feed]]", keys: &["name", "title", "tags", "limit", "collapse"] };

/// `[[newsletter]]`
pub const NEWSLETTER: Shape = Shape {
    name: "[[newsletter]]",
    keys: &[
        "name",
        "title",
        "at",
        "cron",
        "timezone",
        "language",
        "from",
        "to",
        "tags",
        "min_items",
        "max_items",
        "max_per_feed",
        "backfill",
        "max_lateness",
        "horizon",
        "on_uncertain",
        "templates",
    ],
};

/// `templates` of a newsletter.
pub const TEMPLATES: Shape = Shape { name: "templates", keys: &["html", "text"] };

/// The tables that stand once, by their key, to find where a misplaced key belongs.
pub const TABLES: [&Shape; 7] =
    [&SERVER, &STORAGE, &FETCH, &SMTP, &FEED, &MERGED_FEED, &NEWSLETTER];

/// The annotated configuration that equals the defaults.
pub const EXAMPLE: &str = include_str!("../../config/feedmill.toml");

/// `server.listen`: only this machine.
pub const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 7878);

/// `storage.url`, relative to the configuration's folder.
pub const DATABASE: &str = "feedmill.db";

/// `smtp.directory`, relative to the configuration's folder.
pub const OUTBOX: &str = "outbox/";

/// `smtp.port` with `tls = "required"`: TLS from the first byte (RFC 8314, section 3.3).
pub const SUBMISSIONS_PORT: u16 = 465;

/// `smtp.port` with `tls = "none"`: the relay on this machine.
pub const RELAY_PORT: u16 = 25;

/// `feed.full_text`
pub const FULL_TEXT: bool = false;

/// `feed.delta`
pub const DELTA: bool = false;

/// `feed.weight`
pub const WEIGHT: f64 = 1.0;

/// `merged_feed.limit`
pub const LIMIT: usize = 100;

/// `merged_feed.collapse`
pub const COLLAPSE: Collapse = Collapse::Documents;

/// `newsletter.language`
pub const LANGUAGE: Language = Language::En;

/// `newsletter.min_items`
pub const MIN_ITEMS: usize = 1;

/// `newsletter.max_items`
pub const MAX_ITEMS: usize = 25;

/// `newsletter.max_per_feed`
pub const MAX_PER_FEED: usize = 3;

/// `newsletter.backfill`
pub const BACKFILL: u32 = 5;

/// `newsletter.max_lateness`
pub const MAX_LATENESS: Duration = Duration::from_secs(6 * 3_600);

/// `newsletter.horizon`
pub const HORIZON: Duration = Duration::from_secs(48 * 3_600);

/// `newsletter.on_uncertain`
pub const ON_UNCERTAIN: OnUncertain = OnUncertain::Resend;

/// `[fetch]`, where a key is absent.
pub fn fetch() -> FetchSettings {
    FetchSettings {
        contact: None,
        subscribers: 1,
        min_interval: Duration::from_secs(3_600),
        max_interval: Duration::from_secs(24 * 3_600),
        timeout: Duration::from_secs(60),
        max_body: 10_000_000,
        connections: 64,
        per_host_gap: Duration::from_secs(2),
        rate: 200,
        allow_private: Vec::new(),
    }
}

/// The merged feed that stands where none is configured: everything, under the name `all`.
pub fn merged_feed() -> MergedFeed {
    MergedFeed {
        name: "all".to_owned(),
        title: "All feeds".to_owned(),
        tags: Vec::new(),
        limit: LIMIT,
        collapse: COLLAPSE,
    }
}
