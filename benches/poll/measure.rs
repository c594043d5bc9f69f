//! What a child used, from its start to its end: the wall clock, the processor's time in both its
//! modes, and the most memory it held (`getrusage(2)` of the children waited for).
//!
//! It is a process of its own around each run, since those figures are sums and maxima over all
//! children of a process.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use serde::{Deserialize, Serialize};

/// What one run used.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Usage {
    pub(crate) success: bool,
    pub(crate) wall_ms: f64,
    /// User and system together.
    pub(crate) cpu_ms: f64,
    pub(crate) peak_mb: f64,
}

/// Runs `command` with its output in the file `output` and prints its [`Usage`] as JSON.
pub(crate) fn run(output: &Path, command: &[String]) -> anyhow::Result<()> {
    let (program, arguments) =
        command.split_first().ok_or_else(|| anyhow::anyhow!("no command"))?;
    let file = File::create(output)?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stderr(file.try_clone()?).stdout(file);
    let begun = Instant::now();
    let status = command.status()?;
    let wall_ms = begun.elapsed().as_secs_f64() * 1e3;
    let used = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let usage = Usage {
        success: status.success(),
        wall_ms,
        cpu_ms: ms(used.user_time()) + ms(used.system_time()),
        // Linux counts kilobytes of 1024.
        peak_mb: used.max_rss() as f64 * 1024.0 / 1e6,
    };
    println!("{}", serde_json::to_string(&usage)?);
    Ok(())
}

fn ms(time: TimeVal) -> f64 {
    time.tv_sec() as f64 * 1e3 + time.tv_usec() as f64 / 1e3
}
