//! Addresses of the web, told apart by what they may be used for.
//!
//! [`FeedUrl`] is fetched and identifies a subscription; [`WebUrl`] is a link that a person may
//! follow; [`CanonicalUrl`] is only ever compared. [`Site`] is who answers for an address: the unit
//! of pacing and of shards.

use std::fmt;
use std::net::IpAddr;

use super::hash;

/// Why a text is not an address of the web.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAWebUrl {
    /// The WHATWG URL parser refuses it.
    #[error("not a URL: {0}")]
    Syntax(String),
    /// Its scheme is neither `http` nor `https`.
    #[error("the scheme \"{0}\" is not one of http, https")]
    Scheme(String),
    /// Longer than 8,000 octets.
    #[error("longer than 8000 characters")]
    Long,
}

/// The longest address kept, in octets (RFC 9110, section 4.1 asks for 8,000 to be supported).
const LONGEST_URL: usize = 8_000;

/// A link to follow: an absolute `http` or `https` URL.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WebUrl(url::Url);

impl WebUrl {
    /// Reads an absolute URL (WHATWG URL standard).
    pub fn parse(text: &str) -> Result<Self, NotAWebUrl> {
        let url = url::Url::parse(text.trim()).map_err(|e| NotAWebUrl::Syntax(e.to_string()))?;
        Self::from_url(url)
    }

    /// Reads `text` against `base`, as a browser would in a page found there.
    pub fn join(base: &Self, text: &str) -> Result<Self, NotAWebUrl> {
        let url = base.0.join(text.trim()).map_err(|e| NotAWebUrl::Syntax(e.to_string()))?;
        Self::from_url(url)
    }

    /// Takes a parsed URL if it is one of the web.
    pub fn from_url(url: url::Url) -> Result<Self, NotAWebUrl> {
        if url.as_str().len() > LONGEST_URL {
            return Err(NotAWebUrl::Long);
        }
        match url.scheme() {
            "http" | "https" if url.host().is_some() => Ok(Self(url)),
            other => Err(NotAWebUrl::Scheme(other.to_owned())),
        }
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Its parts.
    pub fn parts(&self) -> &url::Url {
        &self.0
    }

    /// Who answers for it.
    pub fn site(&self) -> Site {
        Site::of(&self.0)
    }

    /// Whether it is `own` or the secure form of that: one publisher under one name.
    pub fn stands_for(&self, own: &Self) -> bool {
        self == own || self.is_secure_form_of(own)
    }

    /// Whether it is `plain`, but for http that became https, both at their usual ports.
    pub fn is_secure_form_of(&self, plain: &Self) -> bool {
        let (secure, plain) = (&self.0, &plain.0);
        plain.scheme() == "http"
            && secure.scheme() == "https"
            && (plain.port(), secure.port()) == (None, None)
            && plain[url::Position::BeforeHost..] == secure[url::Position::BeforeHost..]
    }
}

impl fmt::Debug for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebUrl({})", self.0)
    }
}

impl fmt::Display for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

/// The address of a feed, as subscribed: it is requested byte for byte, without its fragment.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeedUrl(WebUrl);

impl FeedUrl {
    /// Reads the address of a feed. `feed:` and `feed://` prefixes, as browsers once handed them
    /// out, are undone; fragments are never sent, so they are dropped. Credentials in the address
    /// are refused: they would end up in logs and exports.
    pub fn parse(text: &str) -> Result<Self, NotAFeedUrl> {
        let text = text.trim();
        let text = match text.get(..5).filter(|head| head.eq_ignore_ascii_case("feed:")) {
            Some(_) => match text[5..].trim_start_matches('/') {
                rest if rest.contains("://") => rest.to_owned(),
                rest => format!("http://{rest}"),
            },
            None => text.to_owned(),
        };
        let mut url = url::Url::parse(&text).map_err(|e| NotAWebUrl::Syntax(e.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(NotAFeedUrl::Credentials);
        }
        url.set_fragment(None);
        Ok(Self(WebUrl::from_url(url)?))
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The address as a link.
    pub fn web(&self) -> &WebUrl {
        &self.0
    }

    /// Who answers for it.
    pub fn site(&self) -> Site {
        self.0.site()
    }

    /// What two spellings of one address have in common: http and https, a slash at the end or none.
    pub fn without_spelling(&self) -> String {
        let parts = self.0.parts();
        let place = &parts[url::Position::BeforeHost..url::Position::AfterPath];
        let query = parts.query().map(|query| format!("?{query}")).unwrap_or_default();
        format!("{}{query}", place.trim_end_matches('/'))
    }
}

/// Why a text is not the address of a feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAFeedUrl {
    /// Not an address of the web at all.
    #[error(transparent)]
    Web(#[from] NotAWebUrl),
    /// It carries `user:password@`.
    #[error("it holds credentials; give them as username and password_file")]
    Credentials,
}

impl fmt::Debug for FeedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FeedUrl({})", self.as_str())
    }
}

impl fmt::Display for FeedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who answers for an address: the registrable domain by the public suffix list, private suffixes
/// included (`alice.github.io` and `bob.github.io` are two), or the bare address or name where
/// there is none.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Site(String);

/// Into how many shards sites are divided (`docs/decisions`): fixed for ever, since it is stored.
pub const SHARDS: u16 = 256;

/// The last labels of names that mean another host in each network (RFC 6761, 6762 and 8375, and what
/// routers give).
const AT_HOME: [&str; 7] = ["local", "localhost", "localdomain", "internal", "lan", "home", "arpa"];

impl Site {
    fn of(url: &url::Url) -> Self {
        let host = url.host_str().unwrap_or_default().trim_end_matches('.');
        let site = match url.host() {
            Some(url::Host::Domain(_)) => psl::domain_str(host).unwrap_or(host),
            _ => host,
        };
        Self(site.to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether anybody may have it in common with strangers: a registrable domain, or an address
    /// that is no private one. What a local network or this machine answers for is not.
    pub fn is_public(&self) -> bool {
        let bare = self.0.trim_start_matches('[').trim_end_matches(']');
        match bare.parse::<IpAddr>() {
            Ok(IpAddr::V4(ip)) => !(ip.is_private() || ip.is_loopback() || ip.is_link_local()),
            Ok(IpAddr::V6(ip)) => {
                !(ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local())
            }
            Err(_) => {
                let last = bare.rsplit('.').next().unwrap_or_default();
                bare.contains('.') && !AT_HOME.contains(&last)
            }
        }
    }

    /// The shard it belongs to, below [`SHARDS`].
    pub fn shard(&self) -> u16 {
        u16::from(hash::of_bytes(self.0.as_bytes())[0]) % SHARDS
    }
}

/// A normalised address, only to be compared (made by `dedup::canonical`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CanonicalUrl(String);

impl CanonicalUrl {
    /// Wraps what `dedup::canonical` made.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, to compare or to show in an explanation; never to request.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number it is indexed by.
    pub fn document(&self) -> DocumentKey {
        DocumentKey(hash::number([self.0.as_bytes()]))
    }
}

/// The number of a canonical URL: entries of several feeds with the same one are the same document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DocumentKey(pub i64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_an_address_are_told_from_other_addresses() {
        let same = |one: &str, other: &str| {
            let key = |text: &str| FeedUrl::parse(text).expect("a URL").without_spelling();
            key(one) == key(other)
        };
        for other in ["https://x.fr/a", "http://X.fr/a/", "feed://x.fr/a", "http://x.fr:80/a#b"] {
            assert!(same("http://x.fr/a", other), "{other}");
        }
        for other in ["http://x.fr/A", "http://x.fr/a?b", "http://www.x.fr/a", "http://x.fr:8080/a"]
        {
            assert!(!same("http://x.fr/a", other), "{other}");
        }
    }

    #[test]
    fn sites_that_are_public_are_told_by_their_names() {
        for (url, is_public) in [
            ("http://localhost/rss", false),
            ("http://nas/rss", false),
            ("http://nas.local:8080/rss", false),
            ("http://blog.nas.home.arpa/rss", false),
            ("http://192.168.1.2/rss", false),
            ("http://127.0.0.1/rss", false),
            ("http://[fd00::1]/rss", false),
            ("http://[2001:4860::1]/rss", true),
            ("http://9.9.9.9/rss", true),
            ("https://local.example/rss", true),
            ("https://alice.github.io/rss", true),
        ] {
            let url = FeedUrl::parse(url).expect("a URL");
            assert_eq!(url.site().is_public(), is_public, "{}", url.as_str());
        }
    }

    #[test]
    fn feed_schemes_are_undone_and_fragments_dropped() {
        for (given, kept) in [
            ("feed:https://exemple.fr/rss", "https://exemple.fr/rss"),
            ("feed://exemple.fr/rss#top", "http://exemple.fr/rss"),
            (" HTTP://Exemple.FR/Flux?b=1&a=2 ", "http://exemple.fr/Flux?b=1&a=2"),
        ] {
            assert_eq!(FeedUrl::parse(given).expect("a feed URL").as_str(), kept);
        }
    }

    #[test]
    fn other_schemes_and_credentials_are_refused() {
        for bad in [
            "file:///etc/passwd",
            "javascript:alert(1)",
            "exec:ls",
            "",
            "http://",
            "http://u:p@x.fr/",
        ] {
            assert!(FeedUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_the_scheme_tells_a_secure_form_from_its_plain_one() {
        let url = |text: &str| WebUrl::parse(text).expect("a URL");
        for (plain, secure, is) in [
            ("http://x.fr/a?b", "https://x.fr/a?b", true),
            ("http://x.fr:80/a", "https://x.fr:443/a", true),
            ("http://x.fr/a", "https://x.fr/a/", false),
            ("http://x.fr/a", "https://www.x.fr/a", false),
            ("http://x.fr:8080/a", "https://x.fr:8443/a", false),
            ("https://x.fr/a", "http://x.fr/a", false),
            ("https://x.fr/a", "https://x.fr/a", false),
        ] {
            assert_eq!(url(secure).is_secure_form_of(&url(plain)), is, "{plain} {secure}");
        }
    }

    #[test]
    fn what_a_local_network_answers_for_is_no_public_site() {
        for (url, is_public) in [
            ("https://www.lemonde.fr/rss", true),
            ("http://93.184.215.14/rss", true),
            ("http://[2606:2800::1]/rss", true),
            ("http://127.0.0.1:8080/rss", false),
            ("http://192.168.1.7/rss", false),
            ("http://[::1]/rss", false),
            ("http://[fd00::1]/rss", false),
            ("http://nas/rss", false),
            ("http://nas.local/rss", false),
            ("http://nas.home.arpa/rss", false),
        ] {
            assert_eq!(
                FeedUrl::parse(url).expect("a feed URL").site().is_public(),
                is_public,
                "{url}"
            );
        }
    }

    #[test]
    fn a_site_is_the_registrable_domain() {
        for (url, site) in [
            ("https://www.lemonde.fr/rss", "lemonde.fr"),
            ("https://a.b.co.uk/", "b.co.uk"),
            ("https://alice.github.io/feed", "alice.github.io"),
            ("http://127.0.0.1:8080/x", "127.0.0.1"),
            ("http://[::1]/x", "[::1]"),
            ("http://localhost/x", "localhost"),
        ] {
            assert_eq!(WebUrl::parse(url).expect(url).site().as_str(), site);
        }
    }
}
