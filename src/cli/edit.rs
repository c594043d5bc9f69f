//! `feedmill add`, `remove`, `import`, `export`: the feeds in the configuration.
//!
//! A configuration with faults is not edited: it is shown. Feeds that stand in a list of
//! `feed_lists` are subscribed like the others, and removed in that list by its owner.

use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::cli::answer::{Answer, Failure, counted};
use crate::cli::args::Global;
use crate::cli::lists;
use crate::cli::pacing;
use crate::config::edit::{self, EditError, Edited, NewFeed};
use crate::config::files;
use crate::config::load::{self, Loaded};
use crate::config::replace;
use crate::config::schema;
use crate::config::surroundings::{FILE_NAME, Surroundings};
use crate::model::settings::FetchSettings;
use crate::model::url::FeedUrl;

/// The configuration to be edited: free of faults, or not there yet.
struct Target {
    path: PathBuf,
    shown: String,
    loaded: Loaded,
}

impl Target {
    fn find(around: &Surroundings, global: &Global) -> Result<Self, Failure> {
        let loaded = load::load_in(around, global.config.as_deref(), &lists::read)?;
        let path = loaded.file.clone().unwrap_or_else(|| around.folder().join(FILE_NAME));
        let shown = path.strip_prefix(around.folder()).unwrap_or(&path).display().to_string();
        Ok(Self { path, shown, loaded })
    }

    fn subscribed(&self) -> HashSet<&FeedUrl> {
        self.loaded.settings.subscriptions.iter().map(|feed| &feed.url).collect()
    }

    /// Adds those that are not subscribed yet, be it here or through a list.
    fn add(&self, feeds: Vec<NewFeed>) -> Result<Edited, Failure> {
        let subscribed = self.loaded.settings.subscriptions.iter();
        let mut known: HashSet<String> =
            subscribed.map(|feed| feed.url.without_spelling()).collect();
        let is_new = |feed: &NewFeed| known.insert(feed.url().without_spelling());
        let new: Vec<NewFeed> = feeds.into_iter().filter(is_new).collect();
        self.edit(|text| edit::add_feeds(text, &new))
    }

    fn edit(&self, edit: impl Fn(&str) -> Result<Edited, EditError>) -> Result<Edited, Failure> {
        replace::edited(&self.path, schema::EXAMPLE, edit).map_err(|error| match error {
            EditError::NotThere { url } => {
                Failure::new(format!("{url} comes from a list of feeds"))
                    .next(format!("remove it there: `feed_lists` in {} names it", self.shown))
            }
            EditError::Faulty { .. } | EditError::File(_) => {
                Failure::new(format!("cannot change {}: {error}", self.shown))
            }
        })
    }

    fn changed(&self) -> String {
        let changed = if self.loaded.file.is_some() { "Changed" } else { "Wrote" };
        format!("{changed} {}; a running service takes it up within ten seconds.\n", self.shown)
    }
}

/// What became of feeds that were to be subscribed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscribed {
    /// The configuration's file.
    pub file: PathBuf,
    /// Those that are new in it.
    pub added: Vec<FeedUrl>,
    /// What was done to the file, in words; nothing if nothing was.
    pub changed: String,
}

impl Subscribed {
    /// The same in words, for feeds that were asked for by `urls`.
    pub fn in_words(&self, urls: &[FeedUrl]) -> String {
        let mut out: String = self.added.iter().map(|url| format!("Added {url}\n")).collect();
        for url in urls.iter().filter(|url| !self.added.contains(url)) {
            out.push_str(&format!("Already subscribed, and left as it is: {url}\n"));
        }
        out + &self.changed
    }
}

/// Why one title cannot be given to several feeds.
pub fn one_title() -> Failure {
    Failure::usage("--title names one feed, and there are several addresses")
        .next("add them one by one, or without --title")
}

/// Subscribes to feeds, whatever there is at their addresses.
///
/// # Errors
/// If the configuration is faulty or cannot be written, or one title is for several feeds.
pub fn subscribe(
    around: &Surroundings,
    global: &Global,
    urls: &[FeedUrl],
    title: Option<&str>,
    tags: &[String],
) -> Result<Subscribed, Failure> {
    if title.is_some() && urls.len() > 1 {
        return Err(one_title());
    }
    let target = Target::find(around, global)?;
    let feeds = urls.iter().map(|url| NewFeed::new(url.clone(), title, tags)).collect();
    let added = target.add(feeds)?.changed;
    let changed = if added.is_empty() { String::new() } else { target.changed() };
    Ok(Subscribed { file: target.path, added, changed })
}

/// The feeds that are subscribed now, and how feeds are fetched.
///
/// # Errors
/// If the configuration is faulty.
pub fn subscribed(
    around: &Surroundings,
    global: &Global,
) -> Result<(HashSet<FeedUrl>, FetchSettings), Failure> {
    let target = Target::find(around, global)?;
    let urls = target.subscribed().into_iter().cloned().collect();
    Ok((urls, target.loaded.settings.fetch))
}

/// `feedmill add --no-check`
pub fn add(
    around: &Surroundings,
    global: &Global,
    urls: &[FeedUrl],
    title: Option<&str>,
    tags: &[String],
) -> Result<Answer, Failure> {
    let done = subscribe(around, global, urls, title, tags)?;
    if global.json {
        let added: Vec<&str> = done.added.iter().map(FeedUrl::as_str).collect();
        return Ok(Answer::json(&json!({ "file": done.file, "added": added })));
    }
    Ok(Answer::done(done.in_words(urls)))
}

/// `feedmill remove`
pub fn remove(around: &Surroundings, global: &Global, urls: &[FeedUrl]) -> Result<Answer, Failure> {
    let target = Target::find(around, global)?;
    let subscribed = target.subscribed();
    if let Some(unknown) = urls.iter().find(|url| !subscribed.contains(url)) {
        let failure = Failure::new(format!("{unknown} is not subscribed in {}", target.shown));
        return Err(failure.next("`feedmill export` lists what is"));
    }
    let edited = target.edit(|text| edit::remove_feeds(text, urls))?;
    if global.json {
        let removed: Vec<&str> = edited.changed.iter().map(FeedUrl::as_str).collect();
        return Ok(Answer::json(&json!({ "file": target.path, "removed": removed })));
    }
    let removed: String = edited.changed.iter().map(|url| format!("Removed {url}\n")).collect();
    Ok(Answer::done(removed + &target.changed()))
}

/// `feedmill import`
pub fn import(around: &Surroundings, global: &Global, file: &Path) -> Result<Answer, Failure> {
    let cannot = |why: String| Failure::new(format!("cannot read {}: {why}", file.display()));
    let text = read(around, file).map_err(&cannot)?;
    let (feeds, rejected) = lists::read_new(&text)
        .map_err(|why| cannot(why).next("export the feeds as OPML in your other reader"))?;
    let listed = feeds.len();
    let target = Target::find(around, global)?;
    let added = target.add(feeds)?.changed.len();
    let err = rejected.iter().map(|rejected| format!("Left out: {rejected}\n")).collect();
    if global.json {
        let answer = json!({
            "file": target.path,
            "added": added,
            "already": listed - added,
            "rejected": rejected,
        });
        return Ok(Answer::json(&answer));
    }
    let mut out = format!("Subscribed to {}", counted(added, "feed", "feeds"));
    if added < listed {
        out.push_str(&format!("; {} there already", counted(listed - added, "was", "were")));
    }
    out.push_str(".\n");
    if added > 0 {
        out.push_str(&target.changed());
        let settings = Target::find(around, global)?.loaded.settings;
        let feeds = settings.subscriptions.iter().map(|feed| &feed.url);
        if let Some(said) = pacing::of_first_pass(feeds, &settings.fetch) {
            out.push_str(&format!("{said}\n"));
        }
    }
    Ok(Answer { err, ..Answer::done(out) })
}

/// `feedmill export`
pub fn export(around: &Surroundings, global: &Global) -> Result<Answer, Failure> {
    let loaded = load::load_in(around, global.config.as_deref(), &lists::read)?;
    Ok(Answer::done(lists::write(&loaded.settings.subscriptions)))
}

fn read(around: &Surroundings, file: &Path) -> Result<String, String> {
    if file != Path::new("-") {
        return files::Files::default().text(&around.folder().join(file));
    }
    let mut text = String::new();
    match std::io::stdin().read_to_string(&mut text) {
        Ok(_) => Ok(text),
        Err(error) => Err(files::reason(&error)),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A folder of its own for each test, with a configuration in it or not.
    struct Place(tempfile::TempDir);

    impl Place {
        fn new(config: Option<&str>) -> Self {
            let place = Self(tempfile::tempdir().expect("a folder"));
            if let Some(config) = config {
                place.write(FILE_NAME, config);
            }
            place
        }

        fn write(&self, name: &str, text: &str) {
            fs::write(self.0.path().join(name), text).expect("written");
        }

        fn config(&self) -> String {
            fs::read_to_string(self.0.path().join(FILE_NAME)).expect("there")
        }

        fn says(
            &self,
            command: impl Fn(&Surroundings, &Global) -> Result<Answer, Failure>,
        ) -> String {
            let around = Surroundings::stated(self.0.path(), self.0.path(), &[]);
            let answer = command(&around, &Global::default()).unwrap_or_else(Failure::into_answer);
            format!("{}{}exit {}", answer.out, answer.err, answer.code.number())
        }

        fn add(&self, addresses: &[&str]) -> String {
            self.says(|around, global| add(around, global, &urls(addresses), None, &[]))
        }

        fn remove(&self, addresses: &[&str]) -> String {
            self.says(|around, global| remove(around, global, &urls(addresses)))
        }
    }

    fn urls(addresses: &[&str]) -> Vec<FeedUrl> {
        addresses.iter().map(|url| FeedUrl::parse(url).expect("a feed's URL")).collect()
    }

    #[test]
    fn the_first_feed_makes_the_configuration() {
        let place = Place::new(None);
        insta::assert_snapshot!(place.add(&["https://exemple.fr/rss"]));
        let feed = "\n[[feed]]\nurl = \"https://exemple.fr/rss\"\n";
        assert_eq!(place.config(), format!("{}{feed}", schema::EXAMPLE));
    }

    #[test]
    fn a_feed_is_added_once_wherever_it_stands() {
        let place = Place::new(Some("feed_lists = [\"more.opml\"]\n"));
        place.write("more.opml", OPML);
        let said = place.add(&["https://listed.fr/rss", "https://a.fr/", "https://a.fr/"]);
        insta::assert_snapshot!(said);
        insta::assert_snapshot!(place.add(&["https://a.fr/"]));
        assert_eq!(place.config().matches("[[feed]]").count(), 1);
    }

    #[test]
    fn a_title_is_for_one_feed() {
        let place = Place::new(None);
        let said = place.says(|around, global| {
            add(around, global, &urls(&["http://a/", "http://b/"]), Some("A"), &[])
        });
        insta::assert_snapshot!(said);
        assert!(!place.0.path().join(FILE_NAME).exists());
    }

    #[test]
    fn a_faulty_configuration_is_shown_and_not_touched() {
        let place = Place::new(Some("[fecth]\n"));
        insta::assert_snapshot!(place.add(&["http://a/"]));
        assert_eq!(place.config(), "[fecth]\n");
    }

    #[test]
    fn all_feeds_are_removed_or_none() {
        let config = "feed_lists = [\"more.opml\"]\n[[feed]]\nurl = \"http://a/\"\n";
        let place = Place::new(Some(config));
        place.write("more.opml", OPML);
        insta::assert_snapshot!(place.remove(&["http://a/", "http://b/"]));
        assert_eq!(place.config(), config);
        insta::assert_snapshot!(place.remove(&["http://a/", "https://listed.fr/rss"]));
        assert_eq!(place.config(), config);
        insta::assert_snapshot!(place.remove(&["http://a/"]));
        assert_eq!(place.config(), "feed_lists = [\"more.opml\"]\n");
    }

    const OPML: &str = r#"<opml version="2.0"><body>
        <outline text="Presse">
            <outline text="Liste &quot;A&quot;" xmlUrl="https://listed.fr/rss"/>
            <outline text="B" xmlUrl="https://b.fr/rss"/>
        </outline>
        <outline text="mine" xmlUrl="exec:ls"/>
    </body></opml>"#;

    #[test]
    fn an_opml_file_is_imported_once_and_comes_out_again() {
        let place = Place::new(Some("[[feed]]\nurl = \"https://b.fr/rss\"\n"));
        place.write("in.opml", OPML);
        let said = || place.says(|around, global| import(around, global, Path::new("in.opml")));
        insta::assert_snapshot!(said());
        insta::assert_snapshot!(said());
        insta::assert_snapshot!(place.config());
        insta::assert_snapshot!(place.says(export));
    }

    #[test]
    fn what_is_no_opml_is_not_imported() {
        let place = Place::new(None);
        place.write("page.html", "<html>");
        for file in ["page.html", "none.opml"] {
            let said = place.says(|around, global| import(around, global, Path::new(file)));
            assert!(said.contains("exit 1") && said.contains("cannot read"), "{said}");
            assert!(!place.0.path().join(FILE_NAME).exists());
        }
    }
}
