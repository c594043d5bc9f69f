//! What a configuration reaches outside of its own text: files it names, and the environment.
//!
//! Relative paths resolve against the configuration's folder. A file that cannot be read is a fault
//! at the place that names it.

use std::path::{Path, PathBuf};

use toml::Spanned;

use crate::config::fault::Wrong;
use crate::config::files::Files;
use crate::config::section::Section;
use crate::config::surroundings::Surroundings;
use crate::config::values;
use crate::model::secret::Secret;
use crate::model::settings::Login;

/// What a configuration can reach.
#[derive(Debug, Clone, Copy)]
pub struct Reach<'a> {
    /// The folder of the configuration, absolute.
    pub folder: &'a Path,
    /// Reads and remembers files.
    pub files: &'a Files,
    /// The environment.
    pub around: &'a Surroundings,
}

impl Reach<'_> {
    /// A path as the configuration means it.
    pub fn resolve(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// The text of the file that `key` names.
    pub fn text(&self, section: &Section<'_>, key: &str) -> Option<String> {
        let path = section.read(key, values::path)?;
        self.read(section, &path, |path| self.files.text(path))
    }

    /// The secret in the file that `key` names.
    pub fn secret(&self, section: &Section<'_>, key: &str) -> Option<Secret> {
        let path = section.read(key, values::path)?;
        self.read(section, &path, |path| self.files.secret(path))
    }

    /// The value of the variable that `key` names.
    pub fn variable(&self, section: &Section<'_>, key: &str) -> Option<Secret> {
        let name = section.read(key, values::label)?;
        let value = self.around.variable(name.get_ref());
        if value.is_none() {
            let what = format!("the environment variable {} is not set", name.get_ref());
            section.findings().fault(name.span(), Wrong::new(what));
        }
        value.map(Secret::new)
    }

    fn read<T>(
        &self,
        section: &Section<'_>,
        path: &Spanned<String>,
        read: impl Fn(&Path) -> Result<T, String>,
    ) -> Option<T> {
        let file = self.resolve(path.get_ref());
        match read(&file) {
            Ok(content) => Some(content),
            Err(why) => {
                let what = format!("cannot read {}: {why}", file.display());
                section.findings().fault(path.span(), Wrong::new(what));
                None
            }
        }
    }
}

/// `username` with the password that belongs to it, from `password_file` or else from `elsewhere`:
/// both or neither.
pub fn login(section: &Section<'_>, reach: Reach<'_>, elsewhere: Option<Secret>) -> Option<Login> {
    let username = section.read("username", values::label);
    let from_file = reach.secret(section, "password_file");
    let file_is_named = section.get("password_file").is_some();
    match (username, from_file.or(elsewhere)) {
        (Some(username), Some(password)) => {
            Some(Login { username: username.into_inner(), password })
        }
        (Some(username), None) => {
            if !file_is_named {
                let wrong = Wrong::new("there is a username and no password");
                section.findings().fault(username.span(), wrong.allowed(PASSWORD_PLACES));
            }
            None
        }
        (None, _) => {
            if file_is_named && section.get("username").is_none() {
                let wrong = Wrong::new("there is a password and no `username`");
                section.findings().fault(section.place_of("password_file"), wrong);
            }
            None
        }
    }
}

/// Where a password may come from: never from the configuration itself, which gets copied and shown.
const PASSWORD_PLACES: &str = "`password_file` with the path of a file that holds it";
