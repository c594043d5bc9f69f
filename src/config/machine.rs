//! `[server]`, `[storage]` and `[fetch]`: where feedmill listens, keeps and how it polls.

use std::net::SocketAddr;
use std::time::Duration;

use toml::Spanned;
use toml::de::DeValue;

use crate::config::addresses;
use crate::config::fault::Wrong;
use crate::config::reach::Reach;
use crate::config::schema;
use crate::config::section::Section;
use crate::config::units;
use crate::config::values;
use crate::model::settings::{FetchSettings, ServerSettings, StorageSettings};

/// Who may read what is served; the only way that works so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Public,
}

/// Reads `[server]`.
///
/// Listening beyond this machine is refused unless `access` says who may read.
pub fn server(section: &Section<'_>) -> ServerSettings {
    let access = section.read("access", values::one_of(&[("public", Access::Public)]));
    let listen = section.read("listen", listen);
    let base = section.get("base_url");
    if let Some(base) = base.filter(|base| addresses::holds_credentials(base.get_ref())) {
        section.findings().hide(base.span());
    }
    let base_url = section.read("base_url", addresses::base_url).map(Spanned::into_inner);
    if let Some(listen) = &listen {
        let beyond = !listen.get_ref().ip().is_loopback();
        if beyond && access.is_none() && section.get("access").is_none() {
            let what = format!("{} can be reached from other machines", listen.get_ref());
            let allowed = "a loopback address, or `access = \"public\"` beside it to let anybody \
                           read who reaches it";
            section.findings().fault(listen.span(), Wrong::new(what).allowed(allowed));
        }
    }
    warn_of_links_to_nowhere(section, listen.as_ref());
    ServerSettings { listen: listen.map_or(schema::LISTEN, Spanned::into_inner), base_url }
}

/// Links in feeds and letters begin with the base; an address that means "all of mine" is none that
/// others could open.
fn warn_of_links_to_nowhere(section: &Section<'_>, listen: Option<&Spanned<SocketAddr>>) {
    let Some(listen) = listen.filter(|listen| listen.get_ref().ip().is_unspecified()) else {
        return;
    };
    if section.get("base_url").is_none() {
        let what = format!("links that begin with http://{}/ lead nowhere", listen.get_ref());
        let allowed = "`base_url` with the address that readers use";
        section.findings().warning(listen.span(), Wrong::new(what).allowed(allowed));
    }
}

fn listen(value: &DeValue<'_>) -> Result<SocketAddr, Wrong> {
    let text = values::raw_text(value)?;
    let numeric = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    numeric.parse().map_err(|_| {
        Wrong::new(format!("{text:?} is not an address to listen on"))
            .allowed("an IP address and a port, as in \"127.0.0.1:7878\" or \"[::1]:7878\"")
    })
}

/// Reads `[storage]`.
pub fn storage(section: &Section<'_>, reach: Reach<'_>) -> StorageSettings {
    let file = section.read_or("url", schema::DATABASE.to_owned(), database);
    StorageSettings { path: reach.resolve(&file) }
}

fn database(value: &DeValue<'_>) -> Result<String, Wrong> {
    let text = values::raw_text(value)?;
    let path = text.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path));
    match path {
        Some(path) if !path.is_empty() && !path.contains(['?', '\0']) && path != ":memory:" => {
            Ok(path.to_owned())
        }
        Some(_) | None => Err(Wrong::new(format!("{text:?} is not a database"))
            .allowed("\"sqlite:\" and the path of a file, as in \"sqlite:feedmill.db\"")),
    }
}

/// Below this, polling is hardly ever welcome: a warning.
const IMPOLITE: Duration = Duration::from_secs(5 * 60);

/// The longest interval that can be asked for.
const LONGEST_INTERVAL: Duration = Duration::from_secs(30 * 24 * 3_600);

/// What an interval between two polls of a feed may be.
pub fn interval(value: &DeValue<'_>) -> Result<Duration, Wrong> {
    values::duration(Duration::from_secs(1)..=LONGEST_INTERVAL)(value)
}

/// Warns of an interval that publishers will not like.
pub fn warn_if_impolite(section: &Section<'_>, interval: &Spanned<Duration>) {
    if *interval.get_ref() < IMPOLITE {
        let what = "polling a feed more often than every 5m gets readers blocked";
        section.findings().warning(interval.span(), Wrong::new(what));
    }
}

/// Reads `[fetch]`.
pub fn fetch(section: &Section<'_>) -> FetchSettings {
    let default = schema::fetch();
    let shortest = section.read("min_interval", interval);
    shortest.iter().for_each(|interval| warn_if_impolite(section, interval));
    let min_interval = shortest.map_or(default.min_interval, Spanned::into_inner);
    let max_interval = section.read_or("max_interval", default.max_interval, interval);
    if min_interval > max_interval {
        let (at, other) = match section.get("max_interval") {
            Some(value) => {
                (value.span(), format!("min_interval, {}", units::in_words(min_interval)))
            }
            None => (
                section.place_of("min_interval"),
                format!("max_interval, {} by default", units::in_words(max_interval)),
            ),
        };
        let what = "the longest interval is shorter than the shortest";
        let allowed = format!("a duration that agrees with {other}");
        section.findings().fault(at, Wrong::new(what).allowed(allowed));
    }
    let seconds = Duration::from_secs;
    FetchSettings {
        contact: section.read("contact", addresses::contact).map(Spanned::into_inner),
        subscribers: default.subscribers,
        min_interval,
        max_interval,
        timeout: section.read_or(
            "timeout",
            default.timeout,
            values::duration(seconds(1)..=seconds(600)),
        ),
        max_body: section.read_or(
            "max_body",
            default.max_body,
            values::size(1_000..=1_000_000_000, "1kB to 1GB"),
        ),
        connections: section.read_or("connections", default.connections, values::count(1..=1_000)),
        per_host_gap: section.read_or(
            "per_host_gap",
            default.per_host_gap,
            values::duration(Duration::ZERO..=seconds(600)),
        ),
        rate: section.read_or("rate", default.rate, values::count(1..=10_000)),
        allow_private: section
            .list("allow_private", addresses::private_net)
            .into_iter()
            .map(Spanned::into_inner)
            .collect(),
    }
}
