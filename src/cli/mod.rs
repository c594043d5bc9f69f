//! The command line: words for people, exit codes.
