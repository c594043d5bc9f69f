//! What a child used, from its start to its end: the wall clock, the processor's time in both its
//! modes, and the most memory it held (`getrusage(2)` of the children waited for).
//!
//! It is a process of its own around each run, since those figures are sums and maxima over all
//! children of a process.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::Context;
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

/// Runs `command` in such a frame.
pub(crate) fn done(output: &Path, command: &[String]) -> anyhow::Result<Usage> {
    let mut frame = Command::new(std::env::current_exe()?);
    let frame = frame.arg("measure").arg(output).arg("--").args(command).output()?;
    let said = String::from_utf8_lossy(&frame.stdout);
    let usage: Usage = serde_json::from_str(&said)
        .with_context(|| format!("{said}{}", String::from_utf8_lossy(&frame.stderr)))?;
    let text = || std::fs::read_to_string(output).unwrap_or_default();
    anyhow::ensure!(usage.success, "{} failed:\n{}", command.join(" "), text());
    Ok(usage)
}

/// What an entry costs in the database `path`, whose log is moved into the file first.
pub(crate) fn bytes_per_entry(path: &Path) -> anyhow::Result<f64> {
    let database = rusqlite::Connection::open(path)?;
    database.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))?;
    let number = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0));
    let bytes = number("pragma page_count")? * number("pragma page_size")?;
    Ok(bytes as f64 / number("select count(*) from entry")? as f64)
}

/// A figure of a running process in MB: `VmRSS`, what it holds, or `VmHWM`, the most it held.
pub(crate) fn memory_mb(process: u32, name: &str) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB")).context("no such figure")?;
    Ok(kib.trim().parse::<f64>()? * 1024.0 / 1e6)
}

fn ms(time: TimeVal) -> f64 {
    time.tv_sec() as f64 * 1e3 + time.tv_usec() as f64 / 1e3
}
