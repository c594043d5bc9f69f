//! Finds the configuration, reads it, and gives complete settings or every fault.
//!
//! Without a file there are the defaults, in the current folder: a database beside it, one merged
//! feed `all` of no feeds, no newsletter, letters as files. A file that is named must exist.

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::DeTable;

use crate::config::check;
use crate::config::fault::{Fault, Faults, Findings, Wrong};
use crate::config::feeds::{self, ReadList};
use crate::config::files::{self, Files, Sources};
use crate::config::machine;
use crate::config::outputs;
use crate::config::reach::Reach;
use crate::config::relay;
use crate::config::schema;
use crate::config::section::Section;
use crate::config::surroundings::{FILE_NAME, Surroundings};
use crate::config::values;
use crate::model::settings::Settings;

/// A configuration, read and found to be right.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What it says, complete.
    pub settings: Settings,
    /// What is suspicious in it.
    pub warnings: Vec<Fault>,
    /// The file; absent if there is none and the defaults hold.
    pub file: Option<PathBuf>,
    /// What was read, so that a service can notice when it changes.
    pub sources: Sources,
}

/// Loads the configuration of this process: the file at `path`, else the one that `FEEDMILL_CONFIG`
/// names, else the first that is found (`./feedmill.toml`, the XDG place,
/// `/etc/feedmill/feedmill.toml`), else the defaults. `read_list` reads the text of an OPML file.
pub fn load(path: Option<&Path>, read_list: ReadList<'_>) -> Result<Loaded, Faults> {
    let around = Surroundings::of_process().map_err(|error| Faults {
        faults: vec![Fault::of_file(".", format!("no current folder: {}", files::reason(&error)))],
        warnings: Vec::new(),
        sources: Sources::default(),
    })?;
    load_in(&around, path, read_list)
}

/// Loads the configuration as [`load`] does, in stated surroundings.
pub fn load_in(
    around: &Surroundings,
    path: Option<&Path>,
    read_list: ReadList<'_>,
) -> Result<Loaded, Faults> {
    let files = Files::default();
    let named = path.map(Path::to_owned).or_else(|| around.path_variable("FEEDMILL_CONFIG"));
    let found = || around.candidates().into_iter().find(|candidate| files.is_there(candidate));
    let file = named.map(|named| around.folder().join(named)).or_else(found);
    let name = path_for_people(around, file.as_deref());
    let text = match &file {
        Some(file) => match files.text(file) {
            Ok(text) => text,
            Err(why) => return Err(unreadable(&name, &why, files)),
        },
        None => String::new(),
    };
    let folder = file.as_deref().and_then(Path::parent).unwrap_or(around.folder());
    let reach = Reach { folder, files: &files, around };
    let (outcome, warnings) = read(&name, &text, reach, read_list);
    match outcome {
        Ok(settings) => Ok(Loaded { settings, warnings, file, sources: files.into_sources() }),
        Err(faults) => Err(Faults { faults, warnings, sources: files.into_sources() }),
    }
}

/// How faults name the file: relative if it is below the current folder.
fn path_for_people(around: &Surroundings, file: Option<&Path>) -> String {
    let file = file.unwrap_or(Path::new(FILE_NAME));
    file.strip_prefix(around.folder()).unwrap_or(file).display().to_string()
}

fn unreadable(name: &str, why: &str, files: Files) -> Faults {
    let fault = Fault {
        allowed: Some("a TOML file; `feedmill init` writes one".to_owned()),
        ..Fault::of_file(name, format!("cannot read the configuration: {why}"))
    };
    Faults { faults: vec![fault], warnings: Vec::new(), sources: files.into_sources() }
}

fn read(
    name: &str,
    text: &str,
    reach: Reach<'_>,
    read_list: ReadList<'_>,
) -> (Result<Settings, Vec<Fault>>, Vec<Fault>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let findings = Findings::new(name, text);
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let at = error.span().unwrap_or(text.len()..text.len());
        findings.fault(at, Wrong::new(error.message()));
    }
    let settings = if errors.is_empty() {
        Some(settings(&table, &findings, reach, read_list))
    } else {
        hide_probable_secrets(text, &findings);
        None
    };
    let (faults, warnings) = findings.into_faults();
    match settings {
        Some(settings) if faults.is_empty() => (Ok(settings), warnings),
        Some(_) | None => (Err(faults), warnings),
    }
}

fn settings(
    table: &Spanned<DeTable<'_>>,
    findings: &Findings<'_>,
    reach: Reach<'_>,
    read_list: ReadList<'_>,
) -> Settings {
    let root = Section::root(table, findings);
    let subscriptions = feeds::subscriptions(&root, reach, read_list);
    let merged_feeds = root.sections("merged_feed", &schema::MERGED_FEED);
    let newsletters = root.sections("newsletter", &schema::NEWSLETTER);
    check::warn_of_idle_tags(merged_feeds.iter().chain(&newsletters), &subscriptions);
    Settings {
        server: machine::server(&root.section("server", &schema::SERVER)),
        storage: machine::storage(&root.section("storage", &schema::STORAGE), reach),
        fetch: machine::fetch(&root.section("fetch", &schema::FETCH)),
        mail: relay::mail(&root.section("smtp", &schema::SMTP), reach),
        subscriptions,
        merged_feeds: outputs::merged_feeds(&merged_feeds),
        newsletters: outputs::newsletters(&newsletters, reach),
    }
}

/// Masks what may be secret in a text that cannot be parsed: what follows the equals sign in a line
/// that speaks of something secret, or in a table of headers.
fn hide_probable_secrets(text: &str, findings: &Findings<'_>) {
    let (mut start, mut in_headers) = (0, false);
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with('[') {
            in_headers = line.contains("headers");
        }
        if in_headers || line.contains("headers") || values::is_sensitive(line) {
            let from = line.find('=').map_or(start, |equals| start + equals + 1);
            findings.hide(from..start + line.trim_end().len());
        }
        start += line.len();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::config::feeds::{ListedFeed, ListedFeeds};
    use crate::model::settings::{MailRoute, SmtpTls};
    use crate::model::url::FeedUrl;

    use super::*;

    /// A folder with a configuration in it, in which nothing else is found.
    struct Place(tempfile::TempDir);

    impl Place {
        fn new() -> Self {
            Self(tempfile::tempdir().expect("a folder"))
        }

        fn holding(files: &[(&str, &[u8])]) -> Self {
            let place = Self::new();
            for (name, content) in files {
                fs::write(place.0.path().join(name), content).expect("written");
            }
            place
        }

        fn load(&self, variables: &[(&str, &str)]) -> Result<Loaded, Faults> {
            let folder = self.0.path();
            let etc = folder.join("etc");
            load_in(&Surroundings::stated(folder, &etc, variables), None, &one_url_a_line)
        }

        /// What a person reads about it; the folder is named `/place`.
        fn faults(&self, variables: &[(&str, &str)]) -> String {
            let faults = match self.load(variables) {
                Ok(loaded) => loaded.warnings.iter().map(Fault::to_string).collect(),
                Err(faults) => faults.to_string(),
            };
            faults.replace(&self.0.path().display().to_string(), "/place")
        }
    }

    /// A list of feeds in the simplest form, since this room knows no OPML.
    fn one_url_a_line(text: &str) -> Result<ListedFeeds, String> {
        let mut listed = ListedFeeds::default();
        for line in text.lines() {
            match FeedUrl::parse(line) {
                Ok(url) => listed.feeds.push(ListedFeed { url, title: None, tags: vec![] }),
                Err(error) => listed.rejected.push(format!("{line:?} is {error}")),
            }
        }
        if listed.feeds.is_empty() { Err("no feed in it".to_owned()) } else { Ok(listed) }
    }

    fn settings(toml: &str) -> Settings {
        let place = Place::holding(&[(FILE_NAME, toml.as_bytes())]);
        place.load(&[("TZ", "Europe/Paris")]).unwrap_or_else(|faults| panic!("{faults}")).settings
    }

    fn faults(toml: &str) -> String {
        let files: &[(&str, &[u8])] = &[(FILE_NAME, toml.as_bytes())];
        Place::holding(files).faults(&[("TZ", "Europe/Paris")])
    }

    #[test]
    fn without_a_file_the_defaults_hold_in_the_current_folder() {
        let place = Place::new();
        let loaded = place.load(&[]).expect("the defaults");
        assert_eq!(loaded.file, None);
        assert_eq!(loaded.settings.storage.path, place.0.path().join("feedmill.db"));
        let outbox = MailRoute::Directory(place.0.path().join("outbox/"));
        assert_eq!(loaded.settings.mail, outbox);
        assert_eq!(loaded.settings.merged_feeds, [schema::merged_feed()]);
        assert_eq!(loaded.settings.newsletters, []);
        assert!(!loaded.sources.changed());
        fs::write(place.0.path().join(FILE_NAME), "").expect("written");
        assert!(loaded.sources.changed(), "a configuration has appeared");
    }

    #[test]
    fn every_fault_is_reported_at_once() {
        insta::assert_snapshot!(faults(
            r#"
            [server]
            listen = "0.0.0.0:7878"
            timeout = "1s"
            [fetch]
            min_intervall = "1h"
            max_body = 10
            [[feed]]
            url = "ftp://exemple.fr/"
            "#
        ));
    }

    #[test]
    fn ports_decide_how_tls_begins() {
        for (keys, port, tls) in [
            ("", 465, SmtpTls::Implicit),
            ("port = 587", 587, SmtpTls::StartTls),
            ("port = 465\ntls = \"required\"", 465, SmtpTls::Implicit),
        ] {
            let settings = settings(&format!("[smtp]\nhost = \"Mail.Exemple.FR\"\n{keys}"));
            let MailRoute::Smtp(smtp) = settings.mail else { panic!("{keys}: not by SMTP") };
            assert_eq!((smtp.host.as_str(), smtp.port, smtp.tls), ("mail.exemple.fr", port, tls));
        }
    }
}
