//! What can be typed after `feedmill`.
//!
//! A command stands in [`Command`] once it works, and nowhere else: help, completions and
//! [`crate::cli::dispatch`] follow from it. Exit codes: 0 done, 1 failed, 2 the command line was
//! not understood, 78 the configuration is faulty (EX_CONFIG of sysexits(3)).

use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::cli::newsletter::NewsletterCommand;
use crate::model::typed::Typed;
use crate::model::url::FeedUrl;
use crate::telemetry::LogFormat;

/// Many feeds in, one merged feed and one morning newsletter out.
#[derive(Debug, Parser)]
#[command(
    name = "feedmill",
    version,
    max_term_width = 100,
    arg_required_else_help = true,
    after_help = "Exit codes: 0 done, 1 failed, 2 not understood, 78 the configuration is faulty.\n\
                  Without --config, feedmill takes the file that FEEDMILL_CONFIG names, else\n\
                  ./feedmill.toml, else ~/.config/feedmill/feedmill.toml, else\n\
                  /etc/feedmill/feedmill.toml, else the defaults in the current folder."
)]
pub struct Args {
    /// What goes for every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What goes for every command.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Options for every command")]
pub struct Global {
    /// Read this configuration
    #[arg(long, short, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,

    /// Answer in JSON, for programs
    #[arg(long, global = true)]
    pub json: bool,

    /// Log more: -v what is done, -vv how
    #[arg(long, short, action = ArgAction::Count, global = true)]
    pub verbose: u8,

    /// Log what this filter lets through, such as "info" or "feedmill::fetch=debug"
    #[arg(long, value_name = "FILTER", global = true, conflicts_with = "verbose")]
    pub log: Option<String>,

    /// How log lines are written to standard error: text or json
    #[arg(long, value_name = "FORMAT", global = true, default_value = "text")]
    #[arg(hide_possible_values = true)]
    pub log_format: LogFormatArg,
}

impl Global {
    /// The filter of log lines, for a command that usually logs at level `usual`.
    pub fn log_filter(&self, usual: &str) -> String {
        match (&self.log, self.verbose) {
            (Some(filter), _) => filter.clone(),
            (None, 0) => usual.to_owned(),
            (None, 1) => "info,feedmill=debug".to_owned(),
            (None, _) => "debug,feedmill=trace".to_owned(),
        }
    }
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LogFormatArg {
    /// For people
    #[default]
    Text,
    /// One JSON object per line
    Json,
}

impl From<LogFormatArg> for LogFormat {
    fn from(format: LogFormatArg) -> Self {
        match format {
            LogFormatArg::Text => Self::Text,
            LogFormatArg::Json => Self::Json,
        }
    }
}

/// What feedmill can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// What needs the configuration only.
    #[command(flatten)]
    Paper(PaperCommand),
    /// What works with the database.
    #[command(flatten)]
    Work(WorkCommand),
}

/// What needs the configuration only.
#[derive(Debug, Subcommand)]
pub enum PaperCommand {
    /// Write a configuration that shows and explains every key
    Init {
        /// The folder it is written into, made if need be
        #[arg(value_name = "DIR", conflicts_with = "config")]
        folder: Option<PathBuf>,
    },

    /// Name every fault of the configuration at once, else say what it does
    Check,

    /// Subscribe to feeds: find them behind their addresses, write them into the configuration
    #[command(after_help = "An address may be a feed's or a page's, with or without its scheme. \
                            What it leads to is read and shown.\nOf several feeds you are asked \
                            which; without a terminal the best is taken. The rest of the file\n\
                            stays as it is. A feed that is already there is left alone. A running \
                            service picks the feeds\nup within ten seconds.")]
    Add(AddArgs),

    /// Unsubscribe from feeds: take them out of the configuration
    #[command(after_help = "Entries that were read stay in the database.")]
    Remove {
        /// The addresses of the feeds
        #[arg(value_name = "URL", required = true, value_parser = feed_url)]
        urls: Vec<FeedUrl>,
    },

    /// Subscribe to the feeds of an OPML file, as other readers export it
    #[command(after_help = "Folders become tags. Feeds that are already there are left alone.")]
    Import {
        /// The OPML file; "-" reads standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },

    /// Write the subscribed feeds to standard output as OPML, for other readers
    Export,

    /// Write a completion script for a shell to standard output
    Completions {
        /// The shell
        #[arg(value_name = "SHELL")]
        shell: Shell,
    },
}

/// What can be typed after `feedmill add`.
#[derive(Debug, Clone, clap::Args)]
pub struct AddArgs {
    /// Addresses of feeds, or of pages that have some
    #[arg(value_name = "URL", required = true, value_parser = typed)]
    pub addresses: Vec<Typed>,
    /// A title of yours instead of the publisher's
    #[arg(long, value_name = "TITLE")]
    pub title: Option<String>,
    /// A tag, by which merged feeds and newsletters select feeds; may be given several times
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
    /// Take the best of several feeds without asking
    #[arg(long, short)]
    pub yes: bool,
    /// Add the addresses as they are, without looking what is there
    #[arg(long, conflicts_with = "yes")]
    pub no_check: bool,
}

/// What works with the database.
#[derive(Debug, Subcommand)]
pub enum WorkCommand {
    /// Run the service: poll, publish, mail, until it is stopped
    #[command(
        after_help = "SIGTERM and Ctrl-C end it after what is under way, within ten seconds; \
                            a second signal at once.\nSIGHUP reads the configuration again."
    )]
    Run,

    /// Show the whole job offline: built-in publishers, a merged feed, one edition in a mailbox
    Demo {
        /// End when the edition is delivered, instead of serving on
        #[arg(long)]
        once: bool,
    },

    /// Ask feeds once, then end
    #[command(after_help = "A running service is asked to do it. What publishers demand with \
                            Retry-After is always obeyed.")]
    Refresh {
        /// The addresses of the feeds; without any, those that are due
        #[arg(value_name = "URL", value_parser = feed_url)]
        urls: Vec<FeedUrl>,
        /// All feeds, due or not
        #[arg(long, conflicts_with = "urls")]
        all: bool,
        /// Even feeds that were asked less than a minute ago
        #[arg(long)]
        force: bool,
    },

    /// List the feeds: their health, their entries, when they are asked next
    Feeds {
        /// Only feeds that cannot be read at present
        #[arg(long)]
        failing: bool,
    },

    /// Show how things are, in numbers
    Status {
        /// Show this feed instead, and which rule decided its next check
        #[arg(long, value_name = "URL", value_parser = feed_url)]
        feed: Option<FeedUrl>,
        /// Report how the running service behaves towards publishers, as feed readers are tested
        #[arg(long, conflicts_with = "feed")]
        politeness: bool,
    },

    /// Explain a feed or an entry: where it comes from, where it went, what was done to it
    Why {
        /// A feed's address, an article's address, or an entry's number
        #[arg(value_name = "FEED-OR-ENTRY")]
        what: String,
    },

    /// Newsletters: when they are due, what was sent, what would be sent
    #[command(subcommand)]
    Newsletter(NewsletterCommand),
}

/// Reads the address of a feed as people type it: without a scheme it is https.
fn feed_url(text: &str) -> Result<FeedUrl, String> {
    typed(text).map(|typed| typed.as_written().clone())
}

fn typed(text: &str) -> Result<Typed, String> {
    Typed::parse(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_commands_agree_with_each_other() {
        Args::command().debug_assert();
    }

    #[test]
    fn help_reads_well() {
        let mut pages = Vec::new();
        let mut command = Args::command().term_width(100);
        command.build();
        pages.push(command.render_long_help().to_string());
        for name in [
            "init",
            "check",
            "add",
            "remove",
            "import",
            "export",
            "run",
            "demo",
            "refresh",
            "feeds",
            "status",
            "why",
            "newsletter",
            "completions",
        ] {
            let page = command.find_subcommand_mut(name).expect("a command").render_help();
            // What goes for every command is shown once, above.
            let page = page.to_string();
            let own = page.split("Options for every command").next().unwrap_or_default();
            pages.push(format!("═══ feedmill {name} --help\n{}", own.trim_end()));
        }
        insta::assert_snapshot!(pages.join("\n\n"));
    }

    #[test]
    fn addresses_are_read_as_people_type_them() {
        for (typed, url) in [
            ("exemple.fr/rss", "https://exemple.fr/rss"),
            ("http://exemple.fr/rss", "http://exemple.fr/rss"),
            ("feed:https://exemple.fr/rss", "https://exemple.fr/rss"),
            ("localhost:8080/rss", "https://localhost:8080/rss"),
        ] {
            assert_eq!(feed_url(typed).map(|url| url.to_string()), Ok(url.to_owned()));
        }
        for bad in ["", "ftp://exemple.fr", "https://u:p@exemple.fr/"] {
            assert!(feed_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_stated_filter_wins() {
        let filter = |args: &[&str]| {
            let args = Args::try_parse_from(["feedmill", "check"].iter().chain(args));
            args.expect("understood").global.log_filter("warn")
        };
        assert_eq!(filter(&[]), "warn");
        assert_eq!(filter(&["-v"]), "info,feedmill=debug");
        assert_eq!(filter(&["-vv"]), "debug,feedmill=trace");
        assert_eq!(filter(&["--log", "off"]), "off");
    }
}
