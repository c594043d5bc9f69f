//! A home for one mill: a folder of its own with a config in it, gone when the test ends.

use std::fmt::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, Ordering};

/// Where a mill lives.
#[derive(Debug)]
pub(crate) struct Home {
    folder: tempfile::TempDir,
    port: u16,
    is_public: bool,
}

/// How the letters of a home leave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Post {
    /// As files in `outbox/`.
    Files,
    /// To a relay on that port.
    Relay(u16),
}

impl Home {
    /// An empty home whose web server will listen on a port that is free now.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder of its own");
        Self { folder, port: free_port(), is_public: false }
    }

    /// One whose configuration says under which address the world reaches it.
    pub(crate) fn public() -> Self {
        Self { is_public: true, ..Self::new() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The address of a path of its web server.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Writes `feedmill.toml`: these feeds, letters by `post`, and `more` as it stands.
    pub(crate) fn configure(&self, feeds: &[String], post: Post, more: &str) {
        self.configure_fetching("allow_private = [\"127.0.0.0/8\"]", feeds, post, more);
    }

    /// The same with these lines in `[fetch]`, where nothing private is allowed.
    pub(crate) fn configure_fetching(&self, fetch: &str, feeds: &[String], post: Post, more: &str) {
        let base = match self.is_public {
            true => format!("base_url = \"{}\"\n", self.url("/")),
            false => String::new(),
        };
        let mut toml = format!(
            "[server]\nlisten = \"127.0.0.1:{}\"\n{base}\n[storage]\nurl = \"sqlite:feedmill.db\"\n\n\
             [fetch]\nper_host_gap = \"0s\"\n{fetch}\n\n",
            self.port
        );
        match post {
            Post::Files => toml += "[smtp]\ndirectory = \"outbox/\"\n",
            Post::Relay(port) => {
                let _ =
                    writeln!(toml, "[smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"");
            }
        }
        for feed in feeds {
            let _ = write!(toml, "\n[[feed]]\nurl = \"{feed}\"\n");
        }
        let text = format!("{toml}\n{more}");
        std::fs::write(self.path("feedmill.toml"), text).expect("the home can be written");
    }
}

impl Home {
    /// Writes `feedmill.toml`: where it serves and keeps, letters as files, and `rest` as it stands.
    pub(crate) fn write(&self, rest: &str) {
        let toml = format!(
            "[server]\nlisten = \"127.0.0.1:{}\"\n\n[storage]\nurl = \"sqlite:feedmill.db\"\n\n\
             [smtp]\ndirectory = \"outbox/\"\n\n{rest}",
            self.port
        );
        std::fs::write(self.path("feedmill.toml"), toml).expect("the home can be written");
    }
}

/// The first port that is tried; from 32768 on ports are given to clients (Linux), who would now and
/// then take one between this look and the mill's start.
const FIRST_PORT: u16 = 12_000;
const PORTS: u16 = 20_000;

/// A port that nobody listens on, another for every home of this process.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let apart = std::process::id().wrapping_mul(97);
    let free = |_: &u16| -> Option<u16> {
        let next = u32::from(NEXT.fetch_add(1, Ordering::Relaxed)).wrapping_add(apart);
        let port = FIRST_PORT + u16::try_from(next % u32::from(PORTS)).expect("below PORTS");
        TcpListener::bind(("127.0.0.1", port)).is_ok().then_some(port)
    };
    (0..PORTS).find_map(|tried| free(&tried)).expect("loopback has a free port")
}

#[test]
fn a_config_is_toml_and_says_what_it_was_told() {
    let home = Home::new();
    let feeds = ["http://127.0.0.1:1/a".to_owned(), "http://127.0.0.1:1/b".to_owned()];
    let read = || -> toml::Table {
        let text = std::fs::read_to_string(home.path("feedmill.toml")).expect("written");
        text.parse().expect("TOML")
    };
    home.configure(&feeds, Post::Relay(2525), "[[newsletter]]\nname = \"matin\"\n");
    let config = read();
    assert_eq!(config["feed"].as_array().map(Vec::len), Some(2));
    assert_eq!(config["smtp"]["port"].as_integer(), Some(2525));
    assert_eq!(config["newsletter"][0]["name"].as_str(), Some("matin"));
    home.configure(&[], Post::Files, "");
    assert_eq!(read()["smtp"]["directory"].as_str(), Some("outbox/"));
    assert!(home.url("/feeds/all.atom").ends_with("/feeds/all.atom"));
    assert!(home.folder().is_dir());
}
