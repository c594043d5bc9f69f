//! What surrounds the configuration: the environment, the current folder, this system's time zone.
//!
//! The one place of feedmill that reads the environment. Variables that count: `FEEDMILL_CONFIG`,
//! `XDG_CONFIG_HOME` and `HOME` to find the file, `FEEDMILL_SMTP_PASSWORD` and
//! `CREDENTIALS_DIRECTORY` for the mail server's password, `TZ` for the time zone, and those that a
//! feed's headers name.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;

/// The file's name where it is looked for.
pub const FILE_NAME: &str = "feedmill.toml";

/// The environment and the folders in which a configuration is found.
#[derive(Debug)]
pub struct Surroundings {
    folder: PathBuf,
    etc: PathBuf,
    variables: Variables,
}

/// Where variables come from. Their values may be secret.
enum Variables {
    OfProcess,
    Stated(HashMap<String, OsString>),
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Variables(…)")
    }
}

impl Variables {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    fn get(&self, name: &str) -> Option<OsString> {
        match self {
            Self::OfProcess => std::env::var_os(name),
            Self::Stated(variables) => variables.get(name).cloned(),
        }
        .filter(|value| !value.is_empty())
    }
}

impl Surroundings {
    /// Those of this process.
    pub fn of_process() -> std::io::Result<Self> {
        let folder = std::env::current_dir()?;
        Ok(Self { folder, etc: PathBuf::from("/etc"), variables: Variables::OfProcess })
    }

    /// Stated ones: `folder` is the current folder, `etc` stands for `/etc`.
    pub fn stated(folder: &Path, etc: &Path, variables: &[(&str, &str)]) -> Self {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), value.into()));
        Self {
            folder: folder.to_owned(),
            etc: etc.to_owned(),
            variables: Variables::Stated(variables.collect()),
        }
    }

    /// The current folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A variable that is set to something, as text.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name)?.into_string().ok()
    }

    /// A variable that is set to something, as a path.
    pub fn path_variable(&self, name: &str) -> Option<PathBuf> {
        self.variables.get(name).map(PathBuf::from)
    }

    /// Where a configuration is looked for if none is named, first match first: `./feedmill.toml`,
    /// the XDG place, `/etc/feedmill/feedmill.toml`.
    pub fn candidates(&self) -> Vec<PathBuf> {
        let home = || self.path_variable("HOME").map(|home| home.join(".config"));
        let xdg = self.path_variable("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
        let mut places = vec![self.folder.join(FILE_NAME)];
        places.extend(xdg.or_else(home).map(|place| place.join("feedmill").join(FILE_NAME)));
        places.push(self.etc.join("feedmill").join(FILE_NAME));
        places
    }

    /// This system's time zone: `TZ`, `/etc/timezone` or the link `/etc/localtime`; nothing if none
    /// of them names one.
    pub fn time_zone(&self) -> Option<Tz> {
        let stated = self.variable("TZ").map(|name| name.trim_start_matches(':').to_owned());
        let timezone = || std::fs::read_to_string(self.etc.join("timezone")).ok();
        let localtime = || {
            let target = std::fs::read_link(self.etc.join("localtime")).ok()?;
            let target = target.to_str()?;
            target.split_once("zoneinfo/").map(|(_, name)| name.to_owned())
        };
        let zone = |name: String| name.trim().parse().ok();
        stated
            .and_then(zone)
            .or_else(|| timezone().and_then(zone))
            .or_else(|| localtime().and_then(zone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_zone_is_what_the_system_says() {
        let etc = tempfile::tempdir().expect("a folder");
        let zone = |variables: &[(&str, &str)]| {
            Surroundings::stated(etc.path(), etc.path(), variables).time_zone()
        };
        assert_eq!(zone(&[]), None);
        assert_eq!(zone(&[("TZ", "Mars/Olympus")]), None);
        std::os::unix::fs::symlink(
            "/usr/share/zoneinfo/Europe/Paris",
            etc.path().join("localtime"),
        )
        .expect("a link");
        assert_eq!(zone(&[]), Some(chrono_tz::Europe::Paris));
        std::fs::write(etc.path().join("timezone"), "Europe/Brussels\n").expect("a file");
        assert_eq!(zone(&[]), Some(chrono_tz::Europe::Brussels));
        assert_eq!(zone(&[("TZ", ":America/Montreal")]), Some(chrono_tz::America::Montreal));
    }

    #[test]
    fn the_nearest_configuration_is_looked_for_first() {
        let around = |variables: &[(&str, &str)]| {
            Surroundings::stated(Path::new("/here"), Path::new("/etc"), variables).candidates()
        };
        let (here, etc) = ("/here/feedmill.toml", "/etc/feedmill/feedmill.toml");
        let paths = |list: &[&str]| list.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(around(&[]), paths(&[here, etc]));
        assert_eq!(
            around(&[("HOME", "/home/zoe")]),
            paths(&[here, "/home/zoe/.config/feedmill/feedmill.toml", etc])
        );
        assert_eq!(
            around(&[("HOME", "/home/zoe"), ("XDG_CONFIG_HOME", "/xdg")]),
            paths(&[here, "/xdg/feedmill/feedmill.toml", etc])
        );
    }
}
