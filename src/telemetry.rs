//! Logs: how events reach the operator.
//!
//! One line per event, panics included, on standard error, as text at a terminal and under systemd, as JSON with
//! `--log-format json`. Control characters of strangers cannot forge a line: fields are escaped by
//! the formatter, and texts that come from feeds are [`crate::model::text::HeaderText`] before they
//! are logged.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::PanicHookInfo;

use tracing_subscriber::EnvFilter;

/// How the names of threads begin whose panics are caught, and told by those who gave them work.
pub const WORKER: &str = "worker-";

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
    std::panic::set_hook(Box::new(log_panic));
}

/// Writes a panic as one line of the log: what it says may be a stranger's.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or_default();
    let said = message_of(panic.payload());
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    if name.starts_with(WORKER) {
        tracing::debug!(thread = name, place, said, "a panic was caught");
        return;
    }
    let trace = Backtrace::capture();
    let trace = matches!(trace.status(), BacktraceStatus::Captured).then_some(trace);
    let trace = trace.map(|trace| trace.to_string());
    tracing::error!(thread = name, place, said, trace, "panicked; please report this");
}

/// What a panic says.
pub fn message_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a message")
}
