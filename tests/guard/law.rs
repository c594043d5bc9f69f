//! The law of the house as tables. To change a border, change a row here and say why in
//! `docs/decisions`; nothing else in the guard knows a room by name.

/// Which rooms a room may import besides itself. An entry may name a part of a room
/// (`publish::opml`): then only that part.
pub(crate) const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("clock", &[]),
    ("telemetry", &[]),
    ("config", &["model"]),
    ("clean", &["model"]),
    ("dedup", &["model", "clean"]),
    ("publish", &["model", "clean"]),
    ("parse", &["model", "clean"]),
    ("newsletter", &["model", "clean", "dedup"]),
    ("refresh", &["model", "clean", "dedup"]),
    ("fetch", &["model", "telemetry"]),
    ("store", &["model", "telemetry"]),
    ("mail", &["model", "telemetry"]),
    (
        "jobs",
        &[
            "model",
            "clean",
            "dedup",
            "parse",
            "refresh",
            "newsletter",
            "publish",
            "fetch",
            "store",
            "mail",
            "clock",
            "telemetry",
        ],
    ),
    ("serve", &["model", "publish", "jobs", "clock", "telemetry"]),
    ("daemon", &["model", "jobs", "serve", "config", "clock", "telemetry"]),
    ("cli", &["model", "daemon", "jobs", "config", "publish::opml", "telemetry"]),
    ("main", &["model", "cli", "daemon", "jobs", "config", "publish::opml", "telemetry"]),
];

/// Files that may import more than their room: where the parts are wired together.
pub(crate) const FILE_MAY_IMPORT: &[(&str, &[&str])] =
    &[("src/daemon/compose.rs", &["fetch", "store", "mail"])];

/// Rooms that know one piece of the outside world each, and none of the others.
pub(crate) const EDGES: &[&str] = &["fetch", "store", "mail"];

/// Rooms whose functions are rules or nouns: values in, values out.
pub(crate) const PURE: &[&str] =
    &["clean", "dedup", "parse", "refresh", "newsletter", "publish", "model"];

/// What a pure room may not name, and why.
pub(crate) const IMPURE: &[(&str, &str)] = &[
    ("tokio", "rules are plain functions: no async, no input or output"),
    ("tokio_util", "rules are plain functions: no async, no input or output"),
    ("futures_util", "rules are plain functions: no async, no input or output"),
    ("reqwest", "rules open nothing: only fetch speaks HTTP to strangers"),
    ("hickory_resolver", "rules open nothing: only fetch looks up names"),
    ("axum", "rules open nothing: only serve answers HTTP"),
    ("hyper", "rules open nothing: only serve answers HTTP"),
    ("hyper_util", "rules open nothing: only serve answers HTTP"),
    ("rusqlite", "rules save nothing: only store knows SQL"),
    ("lettre", "rules send nothing: only mail speaks SMTP"),
    ("std::fs", "rules read and write no files: they are given values"),
    ("std::net", "rules open no sockets; only the address types are plain values"),
    ("std::env", "the environment is part of the configuration: only config reads it"),
    ("std::process", "rules start and end nothing"),
    ("std::io::stdin", "rules read nothing: they are given values"),
    ("std::io::stdout", "rules print nothing: they return values"),
    ("std::io::stderr", "rules print nothing: they return values"),
    ("std::time::SystemTime", "time is an argument"),
    ("std::time::UNIX_EPOCH", "time is an argument"),
    ("std::time::Instant", "time is an argument"),
    ("chrono::Utc::now", "time is an argument"),
    ("chrono::Local", "time and place are arguments"),
    ("getrandom", "chance is an argument"),
    ("rand", "chance is an argument"),
];

/// Macros a pure room may not call, and why.
pub(crate) const IMPURE_MACROS: &[&str] = &["println", "print", "eprintln", "eprint", "dbg"];

/// What of `std::net` is a plain value.
pub(crate) const PLAIN_ADDRESSES: &[&str] = &[
    "std::net::IpAddr",
    "std::net::Ipv4Addr",
    "std::net::Ipv6Addr",
    "std::net::SocketAddr",
    "std::net::SocketAddrV4",
    "std::net::SocketAddrV6",
    "std::net::AddrParseError",
];

/// Crates that stand for a piece of the outside world, and the only rooms that may know them.
pub(crate) const OWNERS: &[(&str, &[&str], &str)] = &[
    ("reqwest", &["fetch"], "every outgoing connection passes the one guard, which is in fetch"),
    ("hickory_resolver", &["fetch"], "names are looked up behind the one guard, which is in fetch"),
    ("rusqlite", &["store"], "outside store there is no SQL and no row type"),
    ("lettre", &["mail"], "outside mail nothing knows how letters travel"),
    (
        "axum",
        &["serve", "cli"],
        "only serve answers HTTP; the demo in cli plays the publishers too",
    ),
    ("hyper", &["serve", "fetch"], "a driver's types never cross a border"),
    ("hyper_util", &["serve", "fetch"], "a driver's types never cross a border"),
    ("getrandom", &["daemon"], "chance is an argument: one place draws it"),
    (
        "anyhow",
        &["main", "cli", "daemon"],
        "edges classify their errors; anyhow only at the binary",
    ),
];

/// The most lines a file may have without its tests.
pub(crate) const LONGEST_FILE: usize = 400;

/// The most lines a function may have, from its signature to its last brace.
pub(crate) const LONGEST_FUNCTION: usize = 70;
