//! The program: hands its arguments to `cli` and its exit code to the shell.

use std::process::ExitCode;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    feedmill::cli::dispatch::run(std::env::args_os())
}
