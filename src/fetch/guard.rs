//! The guard: where a connection may go, asked before each one, redirects included (promise I8).
//!
//! It judges an address as the URL parser read it, never its spelling: scheme, port, literal
//! addresses through [`url::Host`], names of the local network. Names are resolved by
//! [`super::resolve`], which asks [`Guard::admits`] about every address before one is dialled, so
//! that nothing is connected to but what was judged. `fetch.allow_private` makes exceptions.

use std::net::IpAddr;
use std::sync::Arc;

use crate::model::settings::PrivateNet;

use super::public::is_public;

/// Ports of services that are not web servers: those browsers refuse (Fetch standard, "bad port")
/// and those of databases, caches and daemons that obey who reaches them.
const OTHER_SERVICES: [u16; 98] = [
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
    103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
    512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
    995, 1433, 1521, 1719, 1720, 1723, 2049, 2181, 2375, 2376, 2379, 3306, 3389, 3659, 4045, 4190,
    5060, 5061, 5432, 5672, 5984, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 9042,
    9200, 10080, 11211, 27017,
];

/// Last labels of names that only a local network knows (RFC 6761, 6762, 8375, ICANN on `internal`).
const LOCAL_SUFFIXES: [&str; 5] = ["localhost", "local", "internal", "localdomain", "home.arpa"];

/// Why the guard refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Neither `http` nor `https`.
    #[error("the scheme \"{0}\" is not one of http, https")]
    Scheme(String),
    /// No host to ask.
    #[error("the address has no host")]
    Host,
    /// A port of another service.
    #[error("port {0} belongs to another service than the web")]
    Port(u16),
    /// A literal address that is not public.
    #[error("{0} is a private address; list it in fetch.allow_private to permit it")]
    Address(IpAddr),
    /// A name that leads to an address that is not public.
    #[error(
        "{host} leads to {address}, a private address; \
         list one of them in fetch.allow_private to permit it"
    )]
    Resolved {
        /// The name.
        host: String,
        /// The first such address.
        address: IpAddr,
    },
    /// A name that only a local network knows.
    #[error("{0} is a name of a local network; list it in fetch.allow_private to permit it")]
    Name(String),
    /// A redirect from https to http of a request that carries secrets.
    #[error("redirected from https to http, where its credentials would be readable")]
    Downgrade,
}

/// The guard with its exceptions. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Guard {
    nets: Arc<[ipnet::IpNet]>,
    hosts: Arc<[String]>,
}

impl Guard {
    /// A guard that makes these exceptions.
    pub fn new(allowed: &[PrivateNet]) -> Self {
        let mut nets = Vec::new();
        let mut hosts = Vec::new();
        for exception in allowed {
            match exception {
                PrivateNet::Net(net) => nets.push(*net),
                PrivateNet::Host(host) => hosts.push(bare(host).to_ascii_lowercase()),
            }
        }
        Self { nets: nets.into(), hosts: hosts.into() }
    }

    /// Whether a request may be made to `url`. For a name this is half the answer: its addresses
    /// are judged by [`Guard::admits`] when they are known.
    pub fn check(&self, url: &url::Url) -> Result<(), Refused> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refused::Scheme(url.scheme().to_owned()));
        }
        match url.port() {
            Some(port) if OTHER_SERVICES.contains(&port) => return Err(Refused::Port(port)),
            Some(_) | None => {}
        }
        match url.host() {
            None => Err(Refused::Host),
            Some(url::Host::Ipv4(address)) => self.literal(address.into()),
            Some(url::Host::Ipv6(address)) => self.literal(address.into()),
            Some(url::Host::Domain(name)) => self.name(name),
        }
    }

    /// Whether all the addresses of a name may be connected to: one private address among public
    /// ones is reason enough to refuse, since who mixes them means no good.
    pub fn admits(&self, host: &str, addresses: &[IpAddr]) -> Result<(), Refused> {
        let host = bare(host);
        if self.excepts(host) {
            return Ok(());
        }
        let local = is_local(host);
        match addresses.iter().find(|address| !self.allows(**address, local)) {
            None => Ok(()),
            Some(address) => Err(Refused::Resolved { host: host.to_owned(), address: *address }),
        }
    }

    fn literal(&self, address: IpAddr) -> Result<(), Refused> {
        if self.allows(address, false) || self.excepts(&address.to_string()) {
            return Ok(());
        }
        Err(Refused::Address(address))
    }

    /// A name of a local network is looked up only if networks are excepted: then each address must
    /// be in one of them.
    fn name(&self, name: &str) -> Result<(), Refused> {
        let name = bare(name);
        if is_local(name) && self.nets.is_empty() && !self.excepts(name) {
            return Err(Refused::Name(name.to_owned()));
        }
        Ok(())
    }

    fn allows(&self, address: IpAddr, only_excepted: bool) -> bool {
        let canonical = address.to_canonical();
        self.nets.iter().any(|net| net.contains(&canonical) || net.contains(&address))
            || (!only_excepted && is_public(canonical))
    }

    fn excepts(&self, host: &str) -> bool {
        self.hosts.iter().any(|excepted| excepted.eq_ignore_ascii_case(host))
    }
}

fn bare(host: &str) -> &str {
    host.trim_end_matches('.')
}

/// Whether only a local network can know a name.
pub fn is_local(host: &str) -> bool {
    let host = bare(host);
    !host.contains('.')
        || LOCAL_SUFFIXES.iter().any(|suffix| {
            host.len() > suffix.len()
                && host.as_bytes()[host.len() - suffix.len() - 1] == b'.'
                && host[host.len() - suffix.len()..].eq_ignore_ascii_case(suffix)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::client::Client;
    use crate::fetch::origin::{Canary, failure, get, settings};
    use crate::model::outcome::FailureClass;
    use crate::model::url::FeedUrl;

    fn guard(allowed: &[&str]) -> Guard {
        Guard::new(&settings(allowed).allow_private)
    }

    fn check(guard: &Guard, url: &str) -> Result<(), Refused> {
        guard.check(&url::Url::parse(url).expect(url))
    }

    #[tokio::test]
    async fn no_spelling_of_a_private_address_is_connected_to() {
        let (four, six) = (Canary::at("127.0.0.1").await, Canary::at("::1").await);
        let client = Client::new(&settings(&[])).expect("a client");
        let hosts = [
            "127.0.0.1",
            "127.0.0.1.",
            "127.1",
            "127.0.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0x7f.0x0.0x0.0x1",
            "017700000001",
            "0177.0.0.01",
            "127.00000.0.1",
            "0",
            "0.0.0.0",
            "000000000",
            "\u{ff11}\u{ff12}\u{ff17}.0.0.1",
            "\u{2460}\u{2461}\u{2466}.0.0.1",
            "127\u{3002}0\u{3002}0\u{3002}1",
            "127\u{ff0e}0\u{ff0e}0\u{ff0e}1",
            "%31%32%37.0.0.1",
            "127.0.0.%31",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[0:0:0:0:0:ffff:127.0.0.1]",
            "[::127.0.0.1]",
            "[::]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "localhost",
            "LOCALHOST.",
            "a.localhost",
        ];
        for host in hosts {
            let url = format!("http://{host}:{}/feed", four.port());
            let url = FeedUrl::parse(&url).unwrap_or_else(|error| panic!("{host}: {error}"));
            let found = failure(get(&client, &url).await);
            assert_eq!(found.class, FailureClass::Guard, "{host}: {}", found.reason);
        }
        for host in ["[::1]", "[0:0:0:0:0:0:0:1]", "[::0:1]"] {
            let url = FeedUrl::parse(&format!("http://{host}:{}/", six.port())).expect(host);
            assert_eq!(failure(get(&client, &url).await).class, FailureClass::Guard, "{host}");
        }
        assert!(!four.sang() && !six.sang());
    }

    #[tokio::test]
    async fn what_stands_before_or_behind_the_host_does_not_deceive() {
        let canary = Canary::at("127.0.0.1").await;
        let client = Client::new(&settings(&[])).expect("a client");
        let port = canary.port();
        let urls = [
            format!("http://127.0.0.1:{port}\\@public.example/"),
            format!("http://127.0.0.1:{port}#@public.example/"),
            format!("http://127.0.0.1:{port}?@public.example/"),
            format!("http:127.0.0.1:{port}/"),
            format!("http:///127.0.0.1:{port}/"),
            format!("http:\\\\127.0.0.1:{port}\\"),
            format!("ht\ttp://127.0\n.0.1:{port}/"),
            format!("\u{1}http://127.0.0.1:{port}/"),
            format!("feed://127.0.0.1:{port}/"),
        ];
        for url in urls {
            let url = FeedUrl::parse(&url).unwrap_or_else(|error| panic!("{url:?}: {error}"));
            assert_eq!(failure(get(&client, &url).await).class, FailureClass::Guard, "{url}");
        }
        for url in [
            format!("http://public.example@127.0.0.1:{port}/"),
            format!("http://127.0.0.1:{port}@/"),
            "http://:80/".to_owned(),
            format!("http://x/{}", "y".repeat(100_000)),
        ] {
            assert!(FeedUrl::parse(&url).is_err(), "{url:.60}");
        }
        assert!(!canary.sang());
    }

    #[test]
    fn special_networks_are_refused_by_name_of_the_setting_that_permits_them() {
        let none = guard(&[]);
        let refused = check(&none, "http://192.168.1.1/feed").expect_err("it is private");
        assert_eq!(
            refused.to_string(),
            "192.168.1.1 is a private address; list it in fetch.allow_private to permit it"
        );
        for url in ["http://93.184.216.34/", "https://[2606:4700::1111]/", "https://exemple.fr/"] {
            assert_eq!(check(&none, url), Ok(()), "{url}");
        }
    }

    #[test]
    fn exceptions_are_per_network_and_per_host() {
        let some = guard(&["192.168.1.0/24", "fd00::/8", "Intranet.Example.", "nas"]);
        for good in [
            "http://192.168.1.7/",
            "http://[::ffff:192.168.1.7]/",
            "http://[fd12::1]/",
            "http://intranet.example/",
            "http://nas/",
        ] {
            assert_eq!(check(&some, good), Ok(()), "{good}");
        }
        for bad in ["http://192.168.2.7/", "http://[fe80::1]/", "http://127.0.0.1/"] {
            assert!(check(&some, bad).is_err(), "{bad}");
        }
        let (inside, outside) =
            ("192.168.1.7".parse().expect("ip"), "10.0.0.1".parse().expect("ip"));
        let public = "93.184.216.34".parse().expect("an address");
        assert_eq!(some.admits("a.example", &[inside, public]), Ok(()));
        assert!(some.admits("a.example", &[public, outside]).is_err());
        assert_eq!(some.admits("intranet.example", &[outside]), Ok(()));
        assert_eq!(some.admits("printer.local", &[inside]), Ok(()));
        assert!(some.admits("printer.local", &[public]).is_err(), "a local name is not out there");
        assert_eq!(guard(&["10.0.0.1"]).hosts.len(), 1);
        assert_eq!(check(&guard(&["10.0.0.1"]), "http://10.0.0.1/"), Ok(()));
    }

    #[test]
    fn names_of_local_networks_are_refused() {
        let none = guard(&[]);
        for name in [
            "localhost",
            "x.localhost",
            "printer.local",
            "metadata.google.internal",
            "METADATA.google.INTERNAL.",
            "router.home.arpa",
            "intranet",
            "intranet.",
            "com",
        ] {
            let found = check(&none, &format!("http://{name}/"));
            assert!(matches!(found, Err(Refused::Name(_))), "{name}: {found:?}");
        }
        for name in ["local.example.org", "localhost.example.org", "xlocal.example", "a.b"] {
            assert_eq!(check(&none, &format!("http://{name}/")), Ok(()), "{name}");
        }
    }

    #[test]
    fn ports_of_other_services_are_refused_on_any_address() {
        for port in [22, 25, 53, 465, 587, 2375, 3306, 5432, 6379, 9200, 11_211, 27_017] {
            for host in ["93.184.216.34", "exemple.fr", "10.0.0.1"] {
                let found = check(&guard(&["10.0.0.0/8"]), &format!("http://{host}:{port}/"));
                assert_eq!(found, Err(Refused::Port(port)), "{host}:{port}");
            }
        }
        for port in [80, 81, 443, 3000, 8000, 8080, 8443, 32_768, 60_999] {
            assert_eq!(check(&guard(&[]), &format!("http://exemple.fr:{port}/")), Ok(()), "{port}");
        }
    }

    #[test]
    fn only_http_and_https_leave() {
        for url in [
            "file:///etc/passwd",
            "FTP://exemple.fr/",
            "gopher://exemple.fr/",
            "data:text/xml,<rss/>",
            "jar:http://exemple.fr/",
            "unix:/run/x.sock",
            "ws://exemple.fr/",
        ] {
            assert!(matches!(check(&guard(&[]), url), Err(Refused::Scheme(_))), "{url}");
        }
    }
}
