//! One pass of the program over all its feeds, as strace(1) sees it.

use std::process::Command;

use crate::world::home::Home;

/// What strace wrote with `options` while the program of `home` refreshed all feeds.
pub(crate) fn refresh(home: &Home, options: &[&str]) -> String {
    let trace = home.path("trace");
    let traced = Command::new("strace")
        .args(options)
        .arg("-o")
        .arg(&trace)
        .args([env!("CARGO_BIN_EXE_feedmill"), "refresh", "--all"])
        .current_dir(home.folder())
        .output()
        .expect("strace is there");
    assert!(traced.status.success(), "{}", String::from_utf8_lossy(&traced.stderr));
    std::fs::read_to_string(trace).expect("written by strace")
}
