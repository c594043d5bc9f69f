//! The program itself as a child: its commands, and the service that can be stopped and killed.

use std::io::Read;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::home::Home;
use super::reader;

/// How long the service may take to become ready or to stop, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    /// Its exit code; `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a command of feedmill in `home` to its end. Nothing of the environment reaches it but the
/// search path.
pub(crate) fn feedmill(home: &Home, arguments: &[&str]) -> Said {
    feedmill_with(home, &[], arguments)
}

/// The same with these variables in its environment.
pub(crate) fn feedmill_with(home: &Home, variables: &[(&str, &str)], arguments: &[&str]) -> Said {
    let output = command(env!("CARGO_BIN_EXE_feedmill"), home.folder(), arguments)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    Said {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn command(program: &str, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).env_clear().env("PATH", "/usr/bin:/bin");
    command
}

/// Waits until `is_so`, which the world outside this process must make true, and fails after
/// `patience`.
pub(crate) fn eventually(what: &str, patience: Duration, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < patience, "not within {patience:?}: {what}");
        // A child in real time: there is nothing of ours to wait on.
        thread::sleep(Duration::from_millis(20));
    }
}

/// A running service. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Service {
    child: Child,
    log: Arc<Mutex<Vec<u8>>>,
    listener: Option<JoinHandle<()>>,
}

impl Service {
    /// Starts `feedmill run` in `home` and returns at once.
    pub(crate) fn launch(home: &Home) -> Self {
        Self::spawn(env!("CARGO_BIN_EXE_feedmill"), home.folder(), &["run"], &[])
    }

    /// Starts `feedmill run` in `home` and returns when it says that it is ready.
    pub(crate) fn start(home: &Home) -> Self {
        Self::start_with(home, &[])
    }

    /// The same with these variables in its environment.
    pub(crate) fn start_with(home: &Home, variables: &[(&str, &str)]) -> Self {
        let program = env!("CARGO_BIN_EXE_feedmill");
        let mut service = Self::spawn(program, home.folder(), &["run"], variables);
        let ready = home.url("/health/ready");
        let begun = Instant::now();
        while !reader::get(&ready).is_ok_and(|answer| answer.status == 200) {
            let ended = service.child.try_wait().expect("a child of ours");
            if ended.is_some() || begun.elapsed() > PATIENCE {
                panic!("the service is not ready ({ended:?}):\n{}", service.kill());
            }
            // A child in real time: there is nothing of ours to wait on.
            thread::sleep(Duration::from_millis(20));
        }
        service
    }

    fn spawn(program: &str, folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = command(program, folder, arguments)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stderr = child.stderr.take().expect("it is piped");
        let log = Arc::default();
        let heard = Arc::clone(&log);
        let listener = Some(thread::spawn(move || listen(stderr, &heard)));
        Self { child, log, listener }
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        let log = self.log.lock().expect("no thread panics while it holds the log");
        String::from_utf8_lossy(&log).into_owned()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).expect("process ids are small");
        kill(Pid::from_raw(pid), signal).expect("a child of ours");
    }

    /// Whether it still runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().expect("a child of ours").is_none()
    }

    /// The most memory it has had at once so far, in kB (`VmHWM` of proc(5)).
    pub(crate) fn peak_kb(&self) -> u64 {
        self.figure("VmHWM:")
    }

    /// How many threads it has.
    pub(crate) fn threads(&self) -> u64 {
        self.figure("Threads:")
    }

    /// A number of proc(5) about it.
    fn figure(&self, name: &str) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.and_then(|number| number.parse().ok()).expect("proc(5) has it")
    }

    /// Asks it to stop, as systemd does; returns how it ended and its log.
    pub(crate) fn stop(self) -> (ExitStatus, String) {
        self.signal(Signal::SIGTERM);
        self.ends()
    }

    /// Waits until it has ended; returns how, and its log.
    pub(crate) fn ends(mut self) -> (ExitStatus, String) {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child of ours") {
                return (status, self.kill());
            }
            assert!(begun.elapsed() < PATIENCE, "it does not stop:\n{}", self.kill());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Kills it at once, as a power cut would; returns its log.
    pub(crate) fn kill(&mut self) -> String {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
        self.log()
    }
}

fn listen(mut stderr: ChildStderr, log: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = stderr.read(&mut buffer) {
        log.lock().expect("as above").extend(&buffer[..length]);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
    }
}

#[test]
fn a_child_is_stopped_and_killed_and_its_log_is_kept() {
    let home = Home::new();
    let sh = |script: &str| Service::spawn("/bin/sh", home.folder(), &["-c", script], &[]);
    let (status, log) = sh("echo began >&2; exec sleep 60").stop();
    assert!(!status.success() && (log.is_empty() || log == "began\n"), "{status:?} {log}");
    let mut ended = sh("echo done >&2");
    ended.child.wait().expect("a child of ours");
    assert_eq!(ended.kill(), "done\n");
    let said = feedmill(&home, &["--help"]);
    assert!(said.code.is_some(), "{} {}", said.stdout, said.stderr);
}
