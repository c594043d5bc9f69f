//! A network of the test's own, in which all addresses of the world are this machine.
//!
//! A test calls [`enter`] first: outside it runs itself again under `unshare`, with a network and a
//! mount table of its own, and leaves; inside it goes on. Names are resolved as a user's system says:
//! `/etc/resolv.conf` is another file there. Needs root or user namespaces, and `ip`.

use std::io::Write;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::process::{Command, Output, Stdio};

use crate::world::runner;

/// Set inside.
const INSIDE: &str = "FEEDMILL_POCKET";
/// Where programs of administrators are.
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";
/// The name server of the pocket.
pub(crate) const NAME_SERVER: &str = "127.0.0.53";

/// A public address of an origin, and others that are as public.
pub(crate) const PUBLIC: &str = "93.184.215.14";
pub(crate) const ELSEWHERE: &str = "93.184.215.15";
pub(crate) const PUBLIC_SIX: &str = "2606:2800:220:1::14";
/// Where packets are lost.
pub(crate) const HOLE_SIX: &str = "2606:2800:220:1::dead";

/// Whether this is the inside of a pocket, ready for use. `test` is the full name of the test that
/// asks, by which it is run again.
pub(crate) fn enter(test: &str) -> bool {
    if runner::variable(INSIDE).is_some() {
        furnish();
        return true;
    }
    let Some(namespaces) = ways_in().into_iter().find(|way| is_open(way)) else {
        runner::skip(
            test,
            "no network namespace can be made (unshare, ip; root or user namespaces)",
        );
        return false;
    };
    let this = std::env::current_exe().expect("a test knows its binary");
    let output = Command::new("unshare")
        .arg(namespaces)
        .arg(this)
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .stdin(Stdio::null())
        .output()
        .expect("unshare was there a moment ago");
    let said = both(&output);
    assert!(output.status.success(), "inside the pocket:\n{said}");
    assert!(said.contains("1 passed"), "no test is named {test}:\n{said}");
    // What it measured and what it skipped.
    for line in said.lines().filter(|line| line.starts_with("pocket: ") || line.contains("skipped"))
    {
        let _ = writeln!(std::io::stderr(), "{line}");
    }
    false
}

/// A figure that a test measured, shown outside.
pub(crate) fn report(figure: &str) {
    let _ = writeln!(std::io::stderr(), "pocket: {figure}");
}

/// With the rights of root, or with those that users have over a namespace of their own.
fn ways_in() -> [&'static str; 2] {
    ["-nm", "-rnm"]
}

fn is_open(way: &str) -> bool {
    let mut tried = Command::new("unshare");
    tried.args([way, "ip", "link", "set", "lo", "up"]).env("PATH", PATH);
    tried.output().is_ok_and(|output| output.status.success())
}

fn both(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// Makes every address this machine's, and the name server the pocket's.
fn furnish() {
    for line in [
        "ip link set lo up",
        // Whatever is sent to any address arrives here (ip-route(8), type local).
        "ip route add local 0.0.0.0/0 dev lo",
        "ip -6 route add local ::/0 dev lo",
        // An IPv6 address must also be assigned to be listened on.
        "ip -6 addr add 2606:2800:220:1::14/128 dev lo nodad",
        "ip -6 addr add 2606:2800:220:1::dead/128 dev lo nodad",
    ] {
        run(line);
    }
    let folder = std::env::temp_dir();
    let settings = folder.join(format!("feedmill-pocket-{}", std::process::id()));
    let text = format!("nameserver {NAME_SERVER}\noptions timeout:2 attempts:2\n");
    std::fs::write(&settings, text).expect("a file for a moment");
    run(&format!("mount --bind {} /etc/resolv.conf", settings.display()));
    // What is mounted stays.
    std::fs::remove_file(&settings).expect("written above");
}

fn run(line: &str) {
    let mut words = line.split(' ');
    let program = words.next().expect("a program");
    let output = Command::new(program).args(words).env("PATH", PATH).output();
    let output = output.unwrap_or_else(|error| panic!("{line}: {error}"));
    assert!(output.status.success(), "{line}: {}", both(&output));
}

/// Listens on that address, also where a canary listens on all addresses.
pub(crate) fn listen(ip: &str, port: u16) -> TcpListener {
    let ip: IpAddr = ip.parse().expect("an address");
    listener(SocketAddr::new(ip, port), 128)
}

/// Where connections are lost: nobody takes them, and there is no more room for them to wait.
/// Returns what must be kept for as long as it is to be one.
pub(crate) fn hole(ip: &str, port: u16) -> Vec<socket2::Socket> {
    let address = SocketAddr::new(ip.parse().expect("an address"), port);
    let mut kept = vec![socket2::Socket::from(listener(address, 0))];
    for _ in 0..4 {
        let filler = socket2::Socket::new(
            socket2::Domain::for_address(address),
            socket2::Type::STREAM,
            None,
        );
        let filler = filler.expect("a socket");
        filler.set_nonblocking(true).expect("it can be");
        // "In progress" is as far as these come.
        let _ = filler.connect(&address.into());
        kept.push(filler);
    }
    kept
}

fn listener(address: SocketAddr, backlog: i32) -> TcpListener {
    let socket = socket2::Socket::new(
        socket2::Domain::for_address(address),
        socket2::Type::STREAM,
        Some(socket2::Protocol::TCP),
    );
    let socket = socket.expect("a socket");
    socket.set_reuse_port(true).expect("Linux has it");
    if address.is_ipv6() {
        socket.set_only_v6(!address.ip().is_unspecified()).expect("Linux has it");
    }
    socket.bind(&address.into()).unwrap_or_else(|error| panic!("{address}: {error}"));
    socket.listen(backlog).expect("bound");
    socket.into()
}
