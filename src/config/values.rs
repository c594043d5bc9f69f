//! One value of the configuration: each reader takes it or says what is wrong with it.
//!
//! Readers know nothing of places: [`crate::config::section`] adds them. What they say names the
//! value as written, unless it may be secret.

use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use toml::de::DeValue;

use crate::config::fault::Wrong;
use crate::config::units;
use crate::model::secret::Address;
use crate::model::settings::PrivateNet;
use crate::model::text::is_harmless;
use crate::model::url::{FeedUrl, NotAFeedUrl, WebUrl};

/// What a value is, as the end of a sentence about it.
pub fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "is a text",
        DeValue::Integer(_) => "is a number",
        DeValue::Float(_) => "is a fraction",
        DeValue::Boolean(_) => "is true or false",
        DeValue::Datetime(_) => "is a date",
        DeValue::Array(_) => "is a list",
        DeValue::Table(_) => "is a table",
    }
}

/// Whether a key of this name probably holds a secret.
pub fn is_sensitive(key: &str) -> bool {
    let key = key.to_lowercase();
    ["pass", "secret", "token", "auth", "cookie", "bearer", "credential", "apikey"]
        .iter()
        .any(|word| key.replace(['-', '_'], "").contains(word))
}

/// Any text in quotes.
pub fn raw_text<'a>(value: &'a DeValue<'_>) -> Result<&'a str, Wrong> {
    value
        .as_str()
        .ok_or_else(|| Wrong::new(format!("this {}", kind(value))).allowed("a text in quotes"))
}

/// A text of one line that is not empty, without controls, at most 200 characters.
pub fn label(value: &DeValue<'_>) -> Result<String, Wrong> {
    let text = raw_text(value)?.trim();
    let wrong = |what: &str| Err(Wrong::new(what).allowed("a text of 1 to 200 characters"));
    match text.chars().count() {
        0 => wrong("this is empty"),
        1..=200 if text.chars().all(|c| is_harmless(c) && c != '\n') => Ok(text.to_owned()),
        1..=200 => wrong("this holds control characters"),
        _ => wrong("this is too long"),
    }
}

/// A name that becomes part of addresses.
pub fn name(value: &DeValue<'_>) -> Result<String, Wrong> {
    let text = raw_text(value)?;
    let fits = (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if fits {
        return Ok(text.to_owned());
    }
    let allowed = "1 to 64 of the characters a–z, 0–9 and -, since it becomes part of addresses";
    Err(Wrong::new(format!("{text:?} cannot be a name")).allowed(allowed))
}

/// A path; relative ones are resolved later.
pub fn path(value: &DeValue<'_>) -> Result<String, Wrong> {
    let text = raw_text(value)?;
    if text.is_empty() || text.contains('\0') {
        return Err(Wrong::new("this is not a path").allowed("the path of a file or folder"));
    }
    Ok(text.to_owned())
}

/// A duration between the ends of `range`.
pub fn duration(
    range: RangeInclusive<Duration>,
) -> impl Fn(&DeValue<'_>) -> Result<Duration, Wrong> {
    move |value| {
        if let DeValue::Integer(number) = value {
            let wrong = Wrong::new(format!("{number} has no unit"));
            return Err(wrong.allowed(format!("\"{number}s\", \"{number}m\", \"{number}h\"")));
        }
        let text = raw_text(value)?;
        let duration = units::duration(text).ok_or_else(|| {
            Wrong::new(format!("{text:?} is not a duration")).allowed(units::DURATION_FORM)
        })?;
        if range.contains(&duration) {
            return Ok(duration);
        }
        let (least, most) = (units::in_words(*range.start()), units::in_words(*range.end()));
        Err(Wrong::new(format!("{text:?} is out of bounds")).allowed(format!("{least} to {most}")))
    }
}

/// A size in bytes between the ends of `range`, whose ends are named by `bounds`.
pub fn size(
    range: RangeInclusive<u64>,
    bounds: &'static str,
) -> impl Fn(&DeValue<'_>) -> Result<u64, Wrong> {
    move |value| {
        if let DeValue::Integer(number) = value {
            return Err(Wrong::new(format!("{number} has no unit")).allowed(units::SIZE_FORM));
        }
        let text = raw_text(value)?;
        let size = units::size(text).ok_or_else(|| {
            Wrong::new(format!("{text:?} is not a size")).allowed(units::SIZE_FORM)
        })?;
        if range.contains(&size) {
            return Ok(size);
        }
        Err(Wrong::new(format!("{text:?} is out of bounds")).allowed(bounds))
    }
}

/// A whole number between the ends of `range`.
pub fn count<T>(range: RangeInclusive<T>) -> impl Fn(&DeValue<'_>) -> Result<T, Wrong>
where
    T: TryFrom<i64> + PartialOrd + std::fmt::Display,
{
    move |value| {
        let bounds = format!("a whole number from {} to {}", range.start(), range.end());
        let DeValue::Integer(integer) = value else {
            return Err(Wrong::new(format!("this {}", kind(value))).allowed(bounds));
        };
        i64::from_str_radix(integer.as_str(), integer.radix())
            .ok()
            .and_then(|number| T::try_from(number).ok())
            .filter(|number| range.contains(number))
            .ok_or_else(|| Wrong::new(format!("{integer} is out of bounds")).allowed(bounds))
    }
}

/// How much a feed weighs: a number from 0 to 100.
pub fn weight(value: &DeValue<'_>) -> Result<f64, Wrong> {
    let number: Option<f64> = match value {
        DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str().parse().ok(),
        DeValue::Float(float) => float.as_str().parse().ok(),
        _ => None,
    };
    number.filter(|number| (0.0..=100.0).contains(number)).ok_or_else(|| {
        Wrong::new("this is not a weight").allowed("a number from 0 to 100, 1 is usual")
    })
}

/// One of a few words, each standing for a value.
pub fn one_of<T: Copy>(
    words: &'static [(&'static str, T)],
) -> impl Fn(&DeValue<'_>) -> Result<T, Wrong> {
    move |value| {
        let all = || words.iter().map(|(word, _)| format!("\"{word}\"")).collect::<Vec<_>>();
        let text = value.as_str().ok_or_else(|| {
            Wrong::new(format!("this {}", kind(value))).allowed(all().join(" or "))
        })?;
        words.iter().find(|(word, _)| *word == text).map(|(_, meant)| *meant).ok_or_else(|| {
            Wrong::new(format!("{text:?} is not known here"))
                .allowed(all().join(" or "))
                .nearest(text, words.iter().map(|(word, _)| *word))
        })
    }
}

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

/// A User-Agent: printable ASCII, as header values are.
pub fn user_agent(value: &DeValue<'_>) -> Result<String, Wrong> {
    let text = raw_text(value)?.trim();
    if (1..=300).contains(&text.len()) && is_header_value(text) {
        return Ok(text.to_owned());
    }
    let allowed = "1 to 300 printable ASCII characters";
    Err(Wrong::new(format!("{text:?} cannot be a User-Agent")).allowed(allowed))
}

/// Whether `text` can be the value of an HTTP header (RFC 9110, section 5.5), in ASCII.
pub fn is_header_value(text: &str) -> bool {
    text.bytes().all(|b| (0x20..0x7f).contains(&b))
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

    #[test]
    fn counts_and_weights_have_bounds() {
        assert_eq!(read("0x10", count(1_usize..=100)), Ok(16));
        for bad in ["0", "101", "-1", "1.0", "\"3\"", "99999999999999999999"] {
            assert!(read(bad, count(1_usize..=100)).is_err(), "{bad}");
        }
        assert_eq!(read("2", weight), Ok(2.0));
        assert_eq!(read("0.5", weight), Ok(0.5));
        for bad in ["-1.0", "inf", "nan", "101", "true"] {
            assert!(read(bad, weight).is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_that_look_like_secrets_are_known_as_such() {
        for key in ["password", "smtp_pass", "token", "Authorization", "api-key", "ApiKey"] {
            assert!(is_sensitive(key), "{key}");
        }
        assert!(!is_sensitive("intervall"));
    }
}
