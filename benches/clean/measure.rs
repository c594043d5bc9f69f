//! What one hostile thing costs: processor time of this thread, and growth of the process.
//!
//! Growth is the most memory held meanwhile over what was held before, as Linux tells it; elsewhere
//! it is not said. Each thing has a process of its own: what one leaves with the allocator would hide
//! what another takes.

use std::process::Command;

use crate::process::{resident, thread_millis};

/// What one may take, in milliseconds, and by how many megabytes the process may grow.
const MOST_MS: f64 = 1_000.0;
const MOST_GROWTH: f64 = 64.0;

/// What something cost, and what came of it.
pub(crate) struct Costs {
    millis: f64,
    growth: f64,
    said: String,
}

impl Costs {
    /// Prints them, and whether the limits hold.
    pub(crate) fn print(&self, what: &str) {
        let Self { millis, growth, said } = self;
        let is_over = *millis > MOST_MS || *growth > MOST_GROWTH;
        let holds = if is_over { "FALLS SHORT" } else { "holds" };
        println!("  {what:<36} {millis:>8.1} {growth:>8.1}  {holds} — {said}");
    }
}

/// Runs this program once for each of `count` things, as `clean one NUMBER`.
pub(crate) fn alone(one: &str, all: &str, count: usize) -> anyhow::Result<()> {
    println!("the worst {all}, in ms and MB of growth; the goals are {MOST_MS} and {MOST_GROWTH}");
    for number in 0..count {
        let number = number.to_string();
        Command::new(std::env::current_exe()?).args([one, &number]).status()?;
    }
    Ok(())
}

/// Does `work`, which says what came of it.
pub(crate) fn growing(work: impl FnOnce() -> String) -> Costs {
    let before = resident("VmRSS:");
    // Linux forgets its high-water mark when asked to.
    let forgets = std::fs::write("/proc/self/clear_refs", "5").is_ok();
    let begun = thread_millis();
    let said = work();
    let millis = thread_millis() - begun;
    let growth = resident("VmHWM:").zip(before).map(|(peak, before)| peak - before);
    Costs { millis, growth: growth.filter(|_| forgets).unwrap_or(f64::NAN), said }
}
