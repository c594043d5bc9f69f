//! The stage for both races: the world as a child, and how to speak to it and to feedmill.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::world::{self, Asked};

/// The world as a child of this process. It ends when this is dropped.
pub(crate) struct World {
    child: Child,
    pub(crate) port: u16,
    pub(crate) feeds: usize,
}

impl World {
    pub(crate) fn start(feeds: usize) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["world", &feeds.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or_else(|| anyhow::anyhow!("it is piped"))?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        Ok(Self { child, port: line.trim().parse()?, feeds })
    }

    fn control(&self, path: &str) -> anyhow::Result<String> {
        let answer = get(SocketAddr::from(([127, 0, 1, 1], self.port)), path, "")?;
        Ok(String::from_utf8_lossy(&answer.body).into_owned())
    }

    /// Every feed as in the beginning.
    pub(crate) fn reset(&self) -> anyhow::Result<()> {
        self.control("/control/reset").map(drop)
    }

    /// Publishes new entries in `share` percent of the feeds; returns in how many.
    pub(crate) fn bump(&self, share: u32) -> anyhow::Result<usize> {
        Ok(self.control(&format!("/control/bump/{share}"))?.parse()?)
    }

    /// What was asked since this was last called.
    pub(crate) fn asked(&self) -> anyhow::Result<Asked> {
        Ok(serde_json::from_str(&self.control("/control/asked")?)?)
    }

    pub(crate) fn urls(&self) -> impl Iterator<Item = String> {
        (0..self.feeds).map(|number| world::url(self.port, number))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// The name of the database of [`configure`] in its folder.
pub(crate) const DATABASE: &str = "feedmill.db";

/// A config for feedmill in `folder` that polls `world` as fast as it may and listens on `port`.
pub(crate) fn configure(folder: &Path, world: &World, port: u16) -> anyhow::Result<PathBuf> {
    configure_for(folder, world.urls(), port)
}

/// The same for any feeds.
pub(crate) fn configure_for(
    folder: &Path,
    urls: impl Iterator<Item = String>,
    port: u16,
) -> anyhow::Result<PathBuf> {
    let mut toml = format!(
        "[server]\nlisten = \"127.0.0.1:{port}\"\n\n[storage]\nurl = \"sqlite:{DATABASE}\"\n\n\
         [fetch]\nper_host_gap = \"0s\"\nconnections = 64\nallow_private = [\"127.0.0.0/8\"]\n\n\
         [smtp]\ndirectory = \"outbox/\"\n"
    );
    for url in urls {
        write!(toml, "\n[[feed]]\nurl = \"{url}\"\n")?;
    }
    let path = folder.join("feedmill.toml");
    std::fs::write(&path, toml)?;
    Ok(path)
}

/// An answer to [`get`].
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// Gets a path on a connection of its own; the answer must say its length. `more` is a header line
/// or nothing.
pub(crate) fn get(address: SocketAddr, path: &str, more: &str) -> anyhow::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{more}\r\n")?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let end = end.ok_or_else(|| anyhow::anyhow!("no answer from {address}{path}"))?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let answer = Answer { status, head, body: bytes.split_off(end + 4) };
    let length = answer.header("content-length").and_then(|length| length.parse().ok());
    anyhow::ensure!(
        length.is_none_or(|length: usize| length == answer.body.len()),
        "{address}{path} was cut off"
    );
    Ok(answer)
}

/// A child that is asked to end when it is dropped: a killed nginx would leave its worker behind.
pub(crate) struct Server(pub(crate) Child);

impl Drop for Server {
    fn drop(&mut self) {
        let pid = Pid::from_raw(self.0.id().cast_signed());
        let _ = kill(pid, Signal::SIGTERM);
        let _ = self.0.wait();
    }
}

/// An address on which nobody listens.
pub(crate) fn free() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Waits until a server of another process answers 200.
pub(crate) fn ready(address: SocketAddr, path: &str) -> anyhow::Result<()> {
    let begun = Instant::now();
    while !get(address, path, "").is_ok_and(|answer| answer.status == 200) {
        anyhow::ensure!(begun.elapsed() < Duration::from_secs(60), "{address} is silent");
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
