//! What the process tells of itself: processor time of the thread that asks, and memory.

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike};

/// Processor time of this thread, in milliseconds.
pub(crate) fn thread_millis() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_THREAD).expect("Linux tells it of the caller");
    let time = |time: TimeVal| time.num_microseconds() as f64 / 1e3;
    time(usage.user_time()) + time(usage.system_time())
}

/// A figure of the process, in megabytes, by its name in `/proc/self/status`.
pub(crate) fn resident(name: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kilobytes / 1e3)
}
