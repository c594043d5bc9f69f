//! A disk that fills up: told by name, survived, and nothing is lost.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::journeys::Village;
use crate::world::feed::Post;
use crate::world::mill::Mill;
use crate::world::runner;

/// A small disk, gone when the test ends.
struct Disk(PathBuf);

impl Disk {
    /// Mounts one at `place`, if this process may.
    fn at(place: &Path) -> Option<Self> {
        std::fs::create_dir_all(place).expect("a folder");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"])
            .arg(place)
            .output()
            .is_ok_and(|said| said.status.success());
        mounted.then(|| Self(place.to_owned()))
    }

    /// Takes all room that is left.
    fn fills_up(&self) {
        let mut ballast = File::create(self.0.join("ballast")).expect("room for a name");
        while ballast.write_all(&[0; 4096]).is_ok() {}
    }

    fn has_room_again(&self) {
        std::fs::remove_file(self.0.join("ballast")).expect("there");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_is_named_and_survived_and_the_merged_feed_is_still_served() {
    let village = Village::with("");
    let Some(disk) = Disk::at(&village.home.path("disk")) else {
        return runner::skip("the full disk", "this process may not mount one");
    };
    let file = village.home.path("feedmill.toml");
    let config = std::fs::read_to_string(&file).expect("readable");
    let config = config.replace("sqlite:feedmill.db", "sqlite:disk/feedmill.db");
    std::fs::write(&file, config).expect("written");

    village.publisher.posts("/rss", [Post::new("1")]);
    let mill = Mill::start(&village.home, &village.clock);
    let before = mill.get("/feeds/all.atom");
    assert_eq!(mill.merged(), ["Post 1"]);
    disk.fills_up();
    let long = "<p>Long.</p>".repeat(5_000);
    let posts: Vec<Post> =
        (1..=10).rev().map(|n| Post::new(&n.to_string()).saying(&long)).collect();
    village.publisher.posts("/rss", posts);
    let tally = mill.polls();
    assert_eq!((tally.asked, tally.arrived, tally.failed.len()), (0, 0, 1), "{tally:?}");
    assert!(tally.failed[0].reason.contains("the disk is full"), "{tally:?}");
    for _ in 0..3 {
        mill.polls();
        let served = mill.get("/feeds/all.atom");
        assert_eq!((served.status, &served.body), (200, &before.body));
    }
    assert_eq!(mill.totals().entries, 1, "all of a poll or nothing");

    disk.has_room_again();
    mill.polls();
    let asked = village.publisher.requests_for("/rss");
    let validators = |number: usize| asked[number].header("if-none-match");
    assert_eq!(validators(asked.len() - 1), validators(1), "validators had not moved");
    assert_eq!(mill.totals().entries, 10, "nothing was lost");
    assert_eq!(mill.feed().standing, "healthy");

    // A letter that cannot be sealed at half past six is sealed once there is room.
    disk.fills_up();
    mill.lives_until_the("2026-11-24T05:45:00Z");
    let letters = village.letters().len();
    disk.has_room_again();
    mill.lives_until_the("2026-11-24T06:30:00Z");
    assert_eq!(village.letters().len(), 1, "{letters} while it was full");
    mill.stop();
}
