//! The program: hands its arguments to `cli` and its exit code to the shell.

use std::process::ExitCode;

fn main() -> ExitCode {
    feedmill::cli::dispatch::run(std::env::args_os())
}
