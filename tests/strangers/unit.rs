//! The unit for systemd: valid, locked in, and its second wall where the guard's own stands.

use std::path::Path;
use std::process::Command;

use feedmill::fetch::public::is_public;
use ipnet::IpNet;

use crate::world::servers;

/// The highest exposure that `systemd-analyze security` may find, in tenths.
const EXPOSURE: &str = "20";

fn unit() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/feedmill.service");
    std::fs::read_to_string(path).expect("it is in the repository")
}

/// The networks of all such lines, switched on or off.
fn denied(unit: &str) -> Vec<IpNet> {
    let lines =
        unit.lines().filter_map(|line| line.trim_start_matches('#').strip_prefix("IPAddressDeny="));
    lines.flat_map(str::split_whitespace).map(|net| net.parse().expect(net)).collect()
}

#[test]
fn systemd_finds_no_fault_in_the_unit_and_little_exposed() {
    if !servers::present("the unit", &["systemd-analyze"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("feedmill.service");
    let text = unit().replace("/usr/local/bin/feedmill", env!("CARGO_BIN_EXE_feedmill"));
    std::fs::write(&path, text).expect("a folder of our own");
    let analyze = |arguments: &[&str]| {
        let output = Command::new("systemd-analyze").args(arguments).arg(&path).output();
        let output = output.expect("it is there");
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    };
    let (is_valid, said) = analyze(&["verify"]);
    assert!(is_valid && said.trim().is_empty(), "{said}");
    let threshold = format!("--threshold={EXPOSURE}");
    let (is_locked, said) = analyze(&["security", "--offline=true", &threshold, "--no-pager"]);
    assert!(is_locked, "{said}");
}

#[test]
fn the_wall_of_the_unit_stands_where_the_guard_stands() {
    let denied = denied(&unit());
    for net in &denied {
        for address in [net.network(), net.broadcast()] {
            assert!(!is_public(address), "{net} would keep publishers out");
        }
    }
    for inside in [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "172.31.0.1",
        "192.0.0.1",
        "192.0.2.1",
        "192.168.255.1",
        "198.19.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "255.255.255.255",
        "100::1",
        "2001:db8::1",
        "3fff::1",
        "5f00::1",
        "64:ff9b:1::1",
        "fd00::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ] {
        let address: std::net::IpAddr = inside.parse().expect("an address");
        assert!(!is_public(address));
        assert!(denied.iter().any(|net| net.contains(&address)), "{inside} is not behind the wall");
    }
}
