//! Values of the configuration that are addresses: of feeds, servers, hosts, networks and people.
//!
//! Addresses with credentials in them and addresses of people are not repeated in what is said.

use std::str::FromStr;

use toml::de::DeValue;

use crate::config::fault::Wrong;
use crate::config::values::raw_text;
use crate::model::secret::Address;
use crate::model::settings::PrivateNet;
use crate::model::url::{FeedUrl, NotAFeedUrl, WebUrl};

/// The address of a feed.
pub fn feed_url(value: &DeValue<'_>) -> Result<FeedUrl, Wrong> {
    let text = raw_text(value)?;
    if holds_credentials(value) {
        // The text holds a password: it is not repeated.
        let error = NotAFeedUrl::Credentials;
        return Err(Wrong::new(format!("this address cannot be taken: {error}")));
    }
    FeedUrl::parse(text).map_err(|error| {
        Wrong::new(format!("{text:?} cannot be fetched: {error}"))
            .allowed("an http or https URL, as in \"https://exemple.fr/rss\"")
    })
}

/// Whether an address holds `user:password@`, be it a correct address or not.
pub fn holds_credentials(value: &DeValue<'_>) -> bool {
    let after_scheme = value.as_str().and_then(|text| text.split_once("//"));
    after_scheme.is_some_and(|(_, rest)| {
        rest.split(['/', '?', '#']).next().is_some_and(|authority| authority.contains('@'))
    })
}

/// The address under which readers reach the server: a folder, so it ends with a slash.
pub fn base_url(value: &DeValue<'_>) -> Result<WebUrl, Wrong> {
    let allowed = "an http or https URL without query, as in \"https://feeds.exemple.fr/\"";
    let text = raw_text(value)?.trim();
    if holds_credentials(value) {
        return Err(Wrong::new("the base holds credentials").allowed(allowed));
    }
    let wrong =
        |why: String| Wrong::new(format!("{text:?} cannot be the base: {why}")).allowed(allowed);
    let url = WebUrl::parse(text).map_err(|error| wrong(error.to_string()))?;
    let parts = url.parts();
    if parts.query().is_some() || parts.fragment().is_some() {
        return Err(wrong("it has a query or a fragment".to_owned()));
    }
    let folder = format!("{}/", parts.as_str().trim_end_matches('/'));
    WebUrl::parse(&folder).map_err(|error| wrong(error.to_string()))
}

/// A mail address, with a name before it or not.
pub fn address(value: &DeValue<'_>) -> Result<Address, Wrong> {
    let text = raw_text(value)?;
    Address::parse(text).map_err(|error| {
        // Mail addresses are not repeated: what is said here may reach a log.
        Wrong::new(format!("this is {error}"))
            .allowed("\"zoe@exemple.fr\" or \"Zoé <zoe@exemple.fr>\"")
    })
}

/// What publishers are told about the operator: a mail address or a URL.
pub fn contact(value: &DeValue<'_>) -> Result<String, Wrong> {
    let text = raw_text(value)?.trim();
    let printable =
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && !b"()<>;".contains(&b));
    if printable && (Address::parse(text).is_ok() || WebUrl::parse(text).is_ok()) {
        return Ok(text.to_owned());
    }
    let allowed = "what publishers can write to, since they read it in the User-Agent";
    Err(Wrong::new(format!("{text:?} is neither a mail address nor a URL")).allowed(allowed))
}

/// What may be connected to although it is not public.
pub fn private_net(value: &DeValue<'_>) -> Result<PrivateNet, Wrong> {
    let text = raw_text(value)?.trim();
    if let Ok(net) = ipnet::IpNet::from_str(text) {
        return Ok(PrivateNet::Net(net));
    }
    if let Ok(address) = std::net::IpAddr::from_str(text.trim_matches(['[', ']'])) {
        return Ok(PrivateNet::Net(ipnet::IpNet::from(address)));
    }
    host_name(text).map(PrivateNet::Host).ok_or_else(|| {
        Wrong::new(format!("{text:?} is neither a network nor a host"))
            .allowed("\"192.168.1.0/24\", \"10.0.0.7\" or \"intranet.exemple\"")
    })
}

/// A host's name in the form in which names are compared: lower case, no dot at the end.
pub fn host_name(text: &str) -> Option<String> {
    let is_word = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    let looks_like_a_network = text.contains('/') || text.contains(':');
    if text.is_empty() || looks_like_a_network || !text.chars().all(is_word) {
        return None;
    }
    match url::Host::parse(text.trim_end_matches('.')).ok()? {
        url::Host::Domain(name) => Some(name),
        url::Host::Ipv4(_) | url::Host::Ipv6(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T>(toml: &str, reader: impl Fn(&DeValue<'_>) -> Result<T, Wrong>) -> Result<T, Wrong> {
        reader(DeValue::parse(toml).expect("a TOML value").get_ref())
    }

    #[test]
    fn the_base_is_always_a_folder() {
        for (given, base) in [
            ("https://feeds.exemple.fr", "https://feeds.exemple.fr/"),
            ("https://exemple.fr/mill", "https://exemple.fr/mill/"),
            ("https://exemple.fr/mill/", "https://exemple.fr/mill/"),
        ] {
            let read = read(&format!("{given:?}"), base_url).expect("a base");
            assert_eq!(read.as_str(), base);
        }
        for bad in
            ["https://x.fr/?a=1", "https://x.fr/#a", "ftp://x.fr", "x.fr", "https://u:p@x.fr/"]
        {
            let wrong = read(&format!("{bad:?}"), base_url).expect_err(bad);
            assert!(!wrong.what.contains("u:p"), "{}", wrong.what);
        }
    }

    #[test]
    fn exceptions_from_the_guard_are_networks_addresses_or_names() {
        let net = |text: &str| PrivateNet::Net(text.parse().expect("a network"));
        for (given, meant) in [
            ("192.168.1.0/24", net("192.168.1.0/24")),
            ("10.0.0.7", net("10.0.0.7/32")),
            ("fd00::/8", net("fd00::/8")),
            ("[::1]", net("::1/128")),
            ("Intranet.Exemple.", PrivateNet::Host("intranet.exemple".to_owned())),
            ("localhost", PrivateNet::Host("localhost".to_owned())),
        ] {
            assert_eq!(read(&format!("{given:?}"), private_net), Ok(meant), "{given}");
        }
        for bad in ["", "10.0.0.0/33", "http://intranet/", "a b", "10.0.0.300", "*"] {
            assert!(read(&format!("{bad:?}"), private_net).is_err(), "{bad}");
        }
    }
}
