//! Where commands wait: a runtime of one thread, since a command waits more than it works.
//!
//! What works, on strangers' bytes and on the database, has threads of its own.

use std::time::Duration;

use crate::cli::answer::Failure;

/// Threads for what blocks: files of letters.
const BLOCKING_THREADS: usize = 8;
/// How long the end waits for them.
const SHUTDOWN: Duration = Duration::from_secs(1);

/// Does `work` to its end.
///
/// # Errors
/// If the system gives no threads.
pub fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(BLOCKING_THREADS)
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("no threads to work with: {error}")))?;
    let done = runtime.block_on(work);
    // What still writes a file in a thread of its own gets a moment.
    runtime.shutdown_timeout(SHUTDOWN);
    Ok(done)
}
