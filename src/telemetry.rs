//! Logs: how events reach the operator.
//!
//! One line per event on standard error, as text at a terminal and under systemd, as JSON with
//! `--log-format json`. Control characters of strangers cannot forge a line: fields are escaped by
//! the formatter, and texts that come from feeds are [`crate::model::text::HeaderText`] before they
//! are logged.

use tracing_subscriber::EnvFilter;

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// Starts logging to standard error. `filter` is a `tracing` filter, such as `info` or
/// `feedmill::fetch=debug`; one that cannot be read counts as `info`.
pub fn start(filter: &str, format: LogFormat) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false);
    // A second start in one process (tests) keeps the first.
    let _ = match format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
}
