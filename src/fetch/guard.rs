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
