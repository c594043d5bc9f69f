//! Finds the configuration, reads it, and gives complete settings or every fault.
//!
//! Without a file there are the defaults, in the current folder: a database beside it, one merged
//! feed `all` of no feeds, no newsletter, letters as files. A file that is named must exist.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::DeTable;

use crate::config::check;
use crate::config::fault::{Fault, Faults, Wrong};
use crate::config::feeds::{self, ReadList};
use crate::config::files::{self, Files, Sources};
use crate::config::findings::Findings;
use crate::config::machine;
use crate::config::outputs;
use crate::config::reach::Reach;
use crate::config::relay;
use crate::config::schema;
use crate::config::section::Section;
use crate::config::surroundings::{FILE_NAME, Surroundings};
use crate::config::values;
use crate::model::secret::Address;
use crate::model::settings::{FetchSettings, Newsletter, Settings};

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
    let below = file.strip_prefix(around.folder()).ok().filter(|rest| rest.file_name().is_some());
    below.unwrap_or(file).display().to_string()
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
    let newsletters = outputs::newsletters(&newsletters, reach);
    let fetch = machine::fetch(&root.section("fetch", &schema::FETCH));
    Settings {
        server: machine::server(&root.section("server", &schema::SERVER)),
        storage: machine::storage(&root.section("storage", &schema::STORAGE), reach),
        fetch: FetchSettings { subscribers: subscribers(&newsletters), ..fetch },
        mail: relay::mail(&root.section("smtp", &schema::SMTP), reach),
        subscriptions,
        merged_feeds: outputs::merged_feeds(&merged_feeds),
        newsletters,
    }
}

/// How many people are known to read: each address counts once, and somebody does.
fn subscribers(newsletters: &[Newsletter]) -> usize {
    let known: HashSet<&str> =
        newsletters.iter().flat_map(|newsletter| &newsletter.to).map(Address::mailbox).collect();
    known.len().max(1)
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
            let value = line.find('=').map_or(line, |equals| line[equals + 1..].trim_start());
            findings.hide(start + line.len() - value.len()..start + line.trim_end().len());
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

    /// Each claim with the configuration that shows it and what a person reads about it.
    fn album(cases: &[(&str, &str)]) -> String {
        let page = |(claim, toml): &(&str, &str)| {
            let toml = toml.trim_start_matches('\n');
            format!("═══ {claim}\n{toml}───\n{}", faults(toml))
        };
        cases.iter().map(page).collect::<Vec<_>>().join("\n\n")
    }

    const NEWSLETTER: &str = r#"
[[newsletter]]
name = "matin"
at = "06:30"
from = "lettre@exemple.fr"
to = ["zoe@exemple.fr"]
"#;

    #[test]
    fn every_fault_is_reported_at_once() {
        let faults = faults(
            r#"
[server]
listen = "0.0.0.0:7878"
timeout = "1s"
[fetch]
min_intervall = "1h"
max_body = 10
[[feed]]
url = "ftp://exemple.fr/"
[[newsletter]]
name = "Le matin"
"#,
        );
        insta::assert_snapshot!(faults);
    }

    #[test]
    fn what_cannot_be_parsed_names_its_place_and_shows_no_secret() {
        let album = album(&[
            ("a value is missing", "[server]\nlisten =\n"),
            ("a text is not closed", "[server]\nlisten = \"127.0.0.1:7878\nbase_url = \"x\"\n"),
            ("a key stands twice", "[fetch]\ntimeout = \"1s\"\ntimeout = \"2s\"\n"),
            ("a table stands twice", "[fetch]\n[server]\n[fetch]\n"),
            ("not TOML at all", "<opml version=\"2.0\">\n"),
            ("a secret in a broken line", "[smtp]\npassword = \"hunter2\n"),
            ("a secret in a broken header", "[feed.headers]\nX-Key = \"hunter2\n"),
        ]);
        insta::assert_snapshot!(album);
    }

    #[test]
    fn unknown_keys_and_words_name_the_nearest_known_one() {
        let album = album(&[
            ("a table that does not exist", "[fecth]\ntimeout = \"1s\"\n"),
            ("a key at home elsewhere", "contact = \"zoe@exemple.fr\"\n[storage]\nlisten = 1\n"),
            ("a password in the file", "[smtp]\nhost = \"m.exemple.fr\"\npassword = \"hunter2\"\n"),
            (
                "keys of later work",
                "[[rule]]\nwhen = \"x\"\n[[feed]]\nurl = \"http://a/\"\nfull_text = true\nproxy = \"http://p/\"\n",
            ),
            (
                "a word that does not exist",
                "[[merged_feed]]\nname = \"a\"\ncollapse = \"document\"\n[[merged_feed]]\nname = \"b\"\ncollapse = \"stories\"\n",
            ),
            ("a key with controls in it", "\"a\\u001b[31m\\nb\" = 1\n"),
            ("an access of later work", "[server]\naccess = \"token\"\n"),
            ("a key of a newsletter's templates", "[[newsletter]]\ntemplates = { txt = \"a\" }\n"),
        ]);
        insta::assert_snapshot!(album);
    }

    #[test]
    fn values_of_the_machine_have_bounds() {
        let album = album(&[
            ("beyond this machine", "[server]\nlisten = \"[::]:80\"\n"),
            (
                "no address",
                "[server]\nlisten = \"feeds.exemple.fr:80\"\nbase_url = \"exemple.fr\"\n",
            ),
            ("another database", "[storage]\nurl = \"postgres://localhost/feedmill\"\n"),
            (
                "a type of its own",
                "[fetch]\ntimeout = 60\nconnections = \"many\"\nallow_private = \"::1\"\n",
            ),
            (
                "no duration",
                "[fetch]\ntimeout = \"1.5h\"\nper_host_gap = \"-1s\"\nmax_interval = \"90 days\"\n",
            ),
            ("out of bounds", "[fetch]\ntimeout = \"0s\"\nconnections = 0\nmax_body = \"2GB\"\n"),
            ("shortest and longest", "[fetch]\nmin_interval = \"2h\"\nmax_interval = \"1h\"\n"),
            ("shortest and the longest by default", "[fetch]\nmin_interval = \"2d\"\n"),
            ("a contact that could forge a header", "[fetch]\ncontact = \"a@b.fr\\r\\nX: y\"\n"),
            ("no network", "[fetch]\nallow_private = [\"10.0.0.0/8\", \"10.0.0.0/99\", 3]\n"),
            ("sections that are none", "server = 1\nfeed = 2\nnewsletter = [3]\n[merged_feed]\n"),
        ]);
        insta::assert_snapshot!(album);
    }

    #[test]
    fn letters_leave_by_one_way_and_never_in_the_clear() {
        let album = album(&[
            ("two ways", "[smtp]\nhost = \"m.exemple.fr\"\ndirectory = \"out\"\n"),
            ("no TLS to another machine", "[smtp]\nhost = \"m.exemple.fr\"\ntls = \"none\"\n"),
            ("a user without a password", "[smtp]\nhost = \"m.exemple.fr\"\nusername = \"zoe\"\n"),
            (
                "a password that cannot be read, of nobody",
                "[smtp]\nhost = \"m.exemple.fr\"\npassword_file = \"secret\"\n",
            ),
            ("a server without its name", "[smtp]\nport = 587\nusername = \"zoe\"\n"),
            (
                "no host",
                "[smtp]\nhost = \"smtp://m.exemple.fr\"\nport = 70000\ntls = \"starttls\"\n",
            ),
        ]);
        insta::assert_snapshot!(album);
    }

    #[test]
    fn feeds_that_cannot_be_taken() {
        let album = album(&[
            ("no address", "[[feed]]\ntitle = \"\"\n[[feed]]\nurl = 3\n"),
            (
                "no address of the web",
                "[[feed]]\nurl = \"file:///etc/passwd\"\n[[feed]]\nurl = \"exec:ls\"\n",
            ),
            (
                "credentials in the address",
                "[[feed]]\nurl = \"https://zoe:hunter2@exemple.fr/\"\n[[feed]]\nurl = \"https://zoe:hunter2@/ \"\n[server]\nbase_url = \"https://zoe:hunter2@exemple.fr\"\n",
            ),
            ("no credentials", "[[feed]]\nurl = \"http://a/@zoe\"\ninterval = \"\"\n"),
            (
                "the same feed twice",
                "[[feed]]\nurl = \"https://exemple.fr/rss\"\n[[feed]]\nurl = \"feed:https://EXEMPLE.fr/rss#top\"\n",
            ),
            (
                "headers",
                "[[feed]]\nurl = \"http://a/\"\n[feed.headers]\n\"X Key\" = \"hunter2\"\nHost = \"b\"\nX-A = \"hunter2\\r\\nX: y\"\nX-B = 3\nX-C = { env = \"NONE\" }\nX-D = { file = \"none\" }\nX-E = {}\nx-a = \"1\"\nUser-Agent = \"x\"\n",
            ),
            (
                "two logins",
                "[[feed]]\nurl = \"http://a/\"\nusername = \"zoe\"\npassword_file = \"feedmill.toml\"\nheaders = { Authorization = \"Bearer hunter2\" }\n",
            ),
            (
                "numbers",
                "[[feed]]\nurl = \"http://a/\"\nweight = -1\ninterval = \"0s\"\nuser_agent = \"é\"\ntags = [\"a\", 1, \"\"]\n",
            ),
            (
                "lists that cannot be read",
                "feed_lists = [\"none.opml\", \".\", \"feedmill.toml\"]\n",
            ),
        ]);
        insta::assert_snapshot!(album);
    }

    #[test]
    fn outputs_that_cannot_be_made() {
        let album = album(&[
            (
                "names",
                "[[merged_feed]]\n[[merged_feed]]\nname = \"À la une\"\n[[merged_feed]]\nname = \"a\"\n[[merged_feed]]\nname = \"a\"\n",
            ),
            ("nothing said", "[[newsletter]]\n"),
            ("two schedules", &format!("{NEWSLETTER}cron = \"0 30 6 * * Mon-Fri\"\n")),
            ("no schedule", &NEWSLETTER.replace("06:30", "6h30")),
            ("no cron expression", &NEWSLETTER.replace("at = \"06:30\"", "cron = \"61 6 * * *\"")),
            ("no zone", &format!("{NEWSLETTER}timezone = \"Europe/Pari\"\n")),
            ("nobody", &NEWSLETTER.replace("zoe@exemple.fr", "").replace("[\"\"]", "[]")),
            (
                "no address",
                &NEWSLETTER.replace("zoe@exemple.fr", "zoe").replace("lettre@", "lettre@@"),
            ),
            ("somebody twice", &NEWSLETTER.replace("[\"z", "[\"Zoé <ZOE@exemple.fr>\", \"z")),
            (
                "bounds",
                &format!("{NEWSLETTER}min_items = 30\nmax_per_feed = 0\nhorizon = \"1s\"\n"),
            ),
            (
                "templates",
                &format!("{NEWSLETTER}templates = {{ html = \"none.html\", text = \".\" }}\n"),
            ),
            ("words", &format!("{NEWSLETTER}language = \"de\"\non_uncertain = \"drop\"\n")),
        ]);
        insta::assert_snapshot!(album);
    }

    #[test]
    fn what_is_suspicious_is_a_warning() {
        let toml = format!(
            "{NEWSLETTER}tags = [\"frnace\"]\n[[feed]]\nurl = \"http://a/\"\ntags = [\"france\"]\ninterval = \"1m\"\n[server]\nlisten = \"0.0.0.0:80\"\naccess = \"public\"\n"
        );
        let files: &[(&str, &[u8])] =
            &[(FILE_NAME, toml.as_bytes()), ("more.opml", b"http://b/\nexec:ls\n")];
        let text = format!("feed_lists = [\"more.opml\"]\n{toml}");
        let place = Place::holding(files);
        fs::write(place.0.path().join(FILE_NAME), text).expect("written");
        insta::assert_snapshot!(place.faults(&[]));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let place = Place::new();
        let named = |name: &str| place.faults(&[("FEEDMILL_CONFIG", name)]);
        insta::assert_snapshot!(named("none.toml"), @r"
        none.toml: cannot read the configuration: there is no such file
          = allowed: a TOML file; `feedmill init` writes one
        ");
        insta::assert_snapshot!(named("."), @r"
        /place/.: cannot read the configuration: it is a folder
          = allowed: a TOML file; `feedmill init` writes one
        ");
        fs::write(place.0.path().join("latin1.toml"), b"# ok\n# caf\xe9\n").expect("written");
        insta::assert_snapshot!(named("latin1.toml"), @r"
        latin1.toml: cannot read the configuration: line 2 is not UTF-8
          = allowed: a TOML file; `feedmill init` writes one
        ");
    }

    #[test]
    fn a_byte_order_mark_is_no_fault() {
        assert_eq!(settings("\u{feff}[fetch]\ntimeout = \"5s\"\n").fetch.timeout.as_secs(), 5);
    }

    #[test]
    fn a_password_comes_from_its_file_else_the_environment_else_systemd() {
        let toml = "[smtp]\nhost = \"m.exemple.fr\"\nusername = \"zoe\"\n";
        let with_file = format!("{toml}password_file = \"secret.txt\"\n");
        let variable = ("FEEDMILL_SMTP_PASSWORD", "of-variable");
        for (toml, variables, password) in [
            (with_file.as_str(), vec![variable], "of-file"),
            (toml, vec![variable, ("CREDENTIALS_DIRECTORY", "HERE")], "of-variable"),
            (toml, vec![("CREDENTIALS_DIRECTORY", "HERE")], "of-systemd"),
        ] {
            let place = Place::holding(&[
                (FILE_NAME, toml.as_bytes()),
                ("secret.txt", b"of-file\n"),
                ("smtp-password", b"of-systemd"),
            ]);
            let here = place.0.path().display().to_string();
            let variables: Vec<(&str, &str)> = variables
                .into_iter()
                .map(|(name, value)| (name, if value == "HERE" { here.as_str() } else { value }))
                .collect();
            let loaded = place.load(&variables).unwrap_or_else(|faults| panic!("{faults}"));
            assert!(!format!("{:?}", loaded.settings).contains("of-"), "secrets are not printed");
            let MailRoute::Smtp(smtp) = loaded.settings.mail else { panic!("not by SMTP") };
            let login = smtp.login.expect("a login");
            assert_eq!((login.username.as_str(), login.password.reveal()), ("zoe", password));
        }
    }

    #[test]
    fn everything_that_is_read_is_watched() {
        let toml = format!(
            "feed_lists = [\"more.opml\"]\n{NEWSLETTER}templates = {{ html = \"letter.html\" }}\n[[feed]]\nurl = \"http://a/\"\nusername = \"zoe\"\npassword_file = \"secret\"\n"
        );
        let names = [FILE_NAME, "letter.html", "more.opml", "secret"];
        for changed in names {
            let place = Place::holding(&[
                (FILE_NAME, toml.as_bytes()),
                ("more.opml", b"http://b/\n"),
                ("letter.html", b"<p>"),
                ("secret", b"1"),
            ]);
            let loaded = place.load(&[]).unwrap_or_else(|faults| panic!("{faults}"));
            let paths: Vec<_> = names.iter().map(|name| place.0.path().join(name)).collect();
            assert_eq!(loaded.sources.paths().collect::<Vec<_>>(), paths);
            assert!(!loaded.sources.changed());
            fs::write(place.0.path().join(changed), "# other\n").expect("written");
            assert!(loaded.sources.changed(), "{changed}");
        }
        let place = Place::holding(&[(FILE_NAME, b"faulty")]);
        let faults = place.load(&[]).expect_err("a fault");
        assert!(!faults.sources.changed());
        fs::write(place.0.path().join(FILE_NAME), "").expect("written");
        assert!(faults.sources.changed(), "the fault may be mended");
    }

    #[test]
    fn a_feed_of_a_list_that_stands_in_the_file_is_the_files() {
        let toml = "feed_lists = [\"a\", \"b\"]\n[[feed]]\nurl = \"http://a/\"\nweight = 2\n";
        let place = Place::holding(&[
            (FILE_NAME, toml.as_bytes()),
            ("a", b"http://a/\nhttp://b/\n"),
            ("b", b"http://b/\nhttp://c/"),
        ]);
        let loaded = place.load(&[]).unwrap_or_else(|faults| panic!("{faults}"));
        let feeds: Vec<_> =
            loaded.settings.subscriptions.iter().map(|f| (f.url.as_str(), f.weight)).collect();
        assert_eq!(feeds, [("http://a/", 2.0), ("http://b/", 1.0), ("http://c/", 1.0)]);
    }

    #[test]
    fn the_example_means_the_same_as_no_file() {
        let place = Place::new();
        let none = place.load(&[]).expect("the defaults").settings;
        fs::write(place.0.path().join(FILE_NAME), schema::EXAMPLE).expect("written");
        let loaded = place.load(&[]).unwrap_or_else(|faults| panic!("{faults}"));
        assert_eq!(loaded.settings, none);
        assert_eq!(loaded.warnings, []);
    }

    /// The example with every key that is switched off switched on.
    fn switched_on() -> String {
        let line = |line: &'static str| match line.strip_prefix('#') {
            Some(rest) if rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '[') => rest,
            Some(_) | None => line,
        };
        schema::EXAMPLE.lines().flat_map(|text| [line(text), "\n"]).collect()
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_settings_or_faults(
            at in 0.0..1.0_f64,
            cut in 0_usize..40,
            junk in "[a-z0-9 =\"'{}#.,\\[\\]\n\r\t\\\\é\u{0}-\u{1f}]{0,12}",
        ) {
            let text: Vec<char> = switched_on().chars().collect();
            let from = (at * text.len() as f64) as usize;
            let (before, after) = (&text[..from], &text[(from + cut).min(text.len())..]);
            let text: String = before.iter().copied().chain(junk.chars()).chain(after.iter().copied()).collect();
            let place = Place::holding(&[(FILE_NAME, text.as_bytes())]);
            if let Err(faults) = place.load(&[]) {
                let shown = faults.to_string();
                proptest::prop_assert!(!faults.faults.is_empty());
                proptest::prop_assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
            }
        }
    }

    #[test]
    fn the_example_shows_the_true_defaults() {
        let switched_on = switched_on();
        let place = Place::new();
        let variables = [("TZ", "Europe/Paris")];
        let mut none = place.load(&variables).expect("the defaults").settings;
        let bare = format!("[[feed]]\nurl = \"https://example.org/feed.xml\"\n{NEWSLETTER}");
        fs::write(place.0.path().join(FILE_NAME), bare).expect("written");
        let bare = place.load(&variables).unwrap_or_else(|faults| panic!("{faults}")).settings;
        // TLS and port belong to a server; without one they are refused, so they are left out here.
        let switched_on =
            switched_on.replace("port = 465\n", "").replace("tls = \"required\"\n", "");
        fs::write(place.0.path().join(FILE_NAME), &switched_on).expect("written");
        let shown = place.load(&variables).unwrap_or_else(|faults| panic!("{faults}")).settings;

        let [feed] = &shown.subscriptions[..] else { panic!("one feed") };
        let [newsletter] = &shown.newsletters[..] else { panic!("one newsletter") };
        assert_eq!(feed.weight, bare.subscriptions[0].weight);
        let mut usual = bare.newsletters[0].clone();
        usual.name.clone_from(&newsletter.name);
        usual.title.clone_from(&newsletter.title);
        usual.from = newsletter.from.clone();
        usual.to.clone_from(&newsletter.to);
        assert_eq!(newsletter, &usual);
        none.subscriptions.clone_from(&shown.subscriptions);
        none.newsletters.clone_from(&shown.newsletters);
        assert_eq!(shown, none);
    }

    #[test]
    fn the_example_shows_every_key() {
        for shape in schema::TABLES.into_iter().chain([&schema::TEMPLATES, &schema::HEADER]) {
            for key in shape.keys {
                assert!(schema::EXAMPLE.contains(&format!("{key} = ")), "{key} of {}", shape.name);
            }
        }
        assert!(schema::EXAMPLE.contains("feed_lists = "));
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
