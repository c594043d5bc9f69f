//! What the operator wants: the configuration, read, checked and complete.
//!
//! `config` makes it from TOML; everything else receives it as values. Defaults stand in
//! `config::schema` and, annotated, in `config/feedmill.toml`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::feed::Tag;
use super::secret::{Address, Secret};
use super::timetable::Timetable;
use super::url::{FeedUrl, WebUrl};

/// The whole configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The web server.
    pub server: ServerSettings,
    /// The database.
    pub storage: StorageSettings,
    /// Polling.
    pub fetch: FetchSettings,
    /// How letters leave.
    pub mail: MailRoute,
    /// The feeds.
    pub subscriptions: Vec<Subscription>,
    /// The merged feeds.
    pub merged_feeds: Vec<MergedFeed>,
    /// The newsletters.
    pub newsletters: Vec<Newsletter>,
}

/// `[server]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSettings {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Under which address readers reach it; the one it listens on if absent.
    pub base_url: Option<WebUrl>,
}

/// `[storage]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageSettings {
    /// The SQLite file.
    pub path: PathBuf,
}

/// `[fetch]`
#[derive(Debug, Clone, PartialEq)]
pub struct FetchSettings {
    /// Told to publishers in the User-Agent: an address or URL of the operator.
    pub contact: Option<String>,
    /// How many people read what is fetched, as far as is known: the subscribers of all newsletters,
    /// or one. Told to publishers.
    pub subscribers: usize,
    /// The shortest time between two polls of a feed.
    pub min_interval: Duration,
    /// The longest time between two polls of a feed that our own adaptation chooses.
    pub max_interval: Duration,
    /// From the first byte of a request to the last byte of its answer, redirects included.
    pub timeout: Duration,
    /// The largest body, in bytes, coded and decoded alike.
    pub max_body: u64,
    /// How many connections at once.
    pub connections: usize,
    /// The pause between two requests to one site.
    pub per_host_gap: Duration,
    /// How many requests the service begins within a second, all sites together.
    pub rate: usize,
    /// Networks and names that may be connected to although they are not public.
    pub allow_private: Vec<PrivateNet>,
}

/// An exception from the guard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrivateNet {
    /// Every address of a network.
    Net(ipnet::IpNet),
    /// One host by name, whatever address it has.
    Host(String),
}

/// How letters leave.
#[derive(Debug, Clone, PartialEq)]
pub enum MailRoute {
    /// Written as `.eml` files.
    Directory(PathBuf),
    /// Handed to a mail server.
    Smtp(SmtpSettings),
}

/// `[smtp]` with a `host`.
#[derive(Debug, Clone, PartialEq)]
pub struct SmtpSettings {
    /// The server's name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is secured.
    pub tls: SmtpTls,
    /// User name and password.
    pub login: Option<Login>,
}

/// How a connection to a mail server is secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// TLS from the first byte (RFC 8314), as on port 465.
    Implicit,
    /// STARTTLS (RFC 3207), and nothing is sent if the server does not offer it.
    StartTls,
    /// None: only to a server on this machine.
    None,
}

/// A user name and its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The user.
    pub username: String,
    /// The password.
    pub password: Secret,
}

/// `[[feed]]`
#[derive(Debug, Clone, PartialEq)]
pub struct Subscription {
    /// Where it is fetched.
    pub url: FeedUrl,
    /// A title of the operator's instead of the publisher's.
    pub title: Option<String>,
    /// By which outputs select it.
    pub tags: Vec<Tag>,
    /// A fixed interval instead of the adaptive one.
    pub interval: Option<Duration>,
    /// Whether its entries' articles are read from their pages.
    pub full_text: bool,
    /// Whether its publisher is asked for new items alone (RFC 3229).
    pub delta: bool,
    /// How much its entries weigh in newsletters; 1 is usual.
    pub weight: f64,
    /// HTTP Basic credentials, sent to its own origin only.
    pub login: Option<Login>,
    /// Further request headers, sent to its own origin only.
    pub headers: Vec<(String, Secret)>,
    /// A User-Agent instead of feedmill's.
    pub user_agent: Option<String>,
}

impl Subscription {
    /// What only the origin may see for which it was given: nothing of it goes to `url` if that is
    /// another's.
    pub fn confidential_to(&self, url: &FeedUrl) -> (Option<&Login>, &[(String, Secret)]) {
        if url.web().parts().origin() == self.url.web().parts().origin() {
            (self.login.as_ref(), &self.headers)
        } else {
            (None, &[])
        }
    }
}

/// `[[merged_feed]]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedFeed {
    /// The name in its address.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Feeds with one of these tags; all feeds if empty.
    pub tags: Vec<Tag>,
    /// How many items.
    pub limit: usize,
    /// What is folded into one item.
    pub collapse: Collapse,
}

/// What a merged feed folds into one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collapse {
    /// Entries of several feeds that are the same document.
    Documents,
    /// Nothing.
    None,
}

/// No newsletter has that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no newsletter is named \"{name}\" ({})", if known.is_empty() { "none is configured" } else { known })]
pub struct UnknownNewsletter {
    /// The name.
    pub name: String,
    /// The names there are.
    pub known: String,
}

/// The newsletter called `name`.
///
/// # Errors
/// If there is none: which there are.
pub fn newsletter_named<'a>(
    newsletters: &'a [Newsletter],
    name: &str,
) -> Result<&'a Newsletter, UnknownNewsletter> {
    newsletters.iter().find(|newsletter| newsletter.name == name).ok_or_else(|| {
        let known: Vec<&str> = newsletters.iter().map(|known| known.name.as_str()).collect();
        UnknownNewsletter { name: name.to_owned(), known: known.join(", ") }
    })
}

/// `[[newsletter]]`
#[derive(Debug, Clone, PartialEq)]
pub struct Newsletter {
    /// Its name, for ever: it identifies its editions.
    pub name: String,
    /// Its title.
    pub title: String,
    /// When it is due.
    pub timetable: Timetable,
    /// In which language it speaks.
    pub language: Language,
    /// Who sends it.
    pub from: Address,
    /// Who gets it.
    pub to: Vec<Address>,
    /// Feeds with one of these tags, which are its sections too; all feeds if empty.
    pub tags: Vec<Tag>,
    /// With fewer entries there is no edition and they wait for the next.
    pub min_items: usize,
    /// How many entries are shown at most.
    pub max_items: usize,
    /// How many entries of one feed are shown at most.
    pub max_per_feed: usize,
    /// How many entries of a feed's first poll are taken at most.
    pub backfill: u32,
    /// How late an edition may still be made.
    pub max_lateness: Duration,
    /// How long its letters are tried.
    pub horizon: Duration,
    /// What happens to a letter that may or may not have been taken.
    pub on_uncertain: OnUncertain,
    /// Templates of the operator's instead of the built-in ones.
    pub templates: Templates,
}

/// The language of a newsletter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// French.
    Fr,
    /// English.
    En,
}

/// What happens to a letter that may or may not have been taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUncertain {
    /// It is sent once more: the same bytes, the same Message-ID.
    Resend,
    /// It is kept and shown.
    Hold,
}

/// Template texts of the operator's; the built-in one where absent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Templates {
    /// The HTML part.
    pub html: Option<String>,
    /// The text part.
    pub text: Option<String>,
}
