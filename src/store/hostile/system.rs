//! What a test needs of the system, and whether it is permitted here.

use std::path::Path;
use std::process::Command;

/// Whether a skipped test is a failed one: nothing is skipped where changes are judged.
fn is_judged() -> bool {
    #[expect(clippy::disallowed_methods, reason = "the one thing a test asks the environment")]
    std::env::var_os("CI").is_some_and(|value| value == "true")
}

/// Says why a test is skipped; fails where nothing may be.
pub(super) fn skip(reason: &str) {
    assert!(!is_judged(), "{reason}, and nothing is skipped where CI=true");
    println!("skipped: {reason}");
}

/// A small disk, gone when dropped.
pub(super) struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// Mounts a disk of `kib` KiB, if that is permitted.
    pub(super) fn mount(kib: u32) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let options = format!("size={kib}k,mode=700");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "feedmill-test"])
            .arg(folder.path())
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self { folder }),
            Ok(_) | Err(_) => None,
        }
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Takes space until `left` KiB are free.
    pub(super) fn fill(&self, left: u64) {
        let ballast = self.path().join("ballast");
        let mut size = 0;
        while self.free_kib() > left {
            size += 1_024 * (self.free_kib() - left).min(64);
            std::fs::write(&ballast, vec![1u8; size as usize]).expect("ballast");
        }
    }

    /// Gives the space back.
    pub(super) fn empty(&self) {
        std::fs::remove_file(self.path().join("ballast")).expect("ballast");
    }

    fn free_kib(&self) -> u64 {
        let output = Command::new("df").args(["--output=avail", "-k"]).arg(self.path()).output();
        let text = String::from_utf8(output.expect("df runs").stdout).expect("text");
        text.split_whitespace().last().expect("a line").parse().expect("a number")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}

/// Whether system calls of a child can be watched and cut short.
pub(super) fn can_trace() -> bool {
    let traced = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).status();
    traced.is_ok_and(|status| status.success())
}
