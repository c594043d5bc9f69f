//! The program: hands its arguments to `cli` and its exit code to the shell.

fn main() {}
