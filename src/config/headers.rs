//! `headers` of a feed: further request headers, whose values are secrets.
//!
//! A value is written out, or comes from a file, or from the environment. It is never shown.

use toml::Spanned;
use toml::de::DeValue;

use crate::config::fault::Wrong;
use crate::config::reach::Reach;
use crate::config::schema;
use crate::config::section::Section;
use crate::config::values;
use crate::model::secret::Secret;

/// Headers that feedmill sets itself, or that would change what a request is (RFC 9110, RFC 9112).
const OWN_HEADERS: [&str; 16] = [
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "if-modified-since",
    "if-none-match",
    "keep-alive",
    "proxy-authorization",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// Reads the `headers` of a feed: names with their values, in the order of the file.
pub fn headers(section: &Section<'_>, reach: Reach<'_>) -> Vec<(String, Secret)> {
    let Some(value) = section.get("headers") else { return Vec::new() };
    let Some(table) = value.get_ref().as_table() else {
        let wrong = Wrong::new(format!("`headers` {}", values::kind(value.get_ref())));
        let allowed = "a table, as in headers = { \"X-Key\" = { file = \"key.txt\" } }";
        section.findings().hide(value.span());
        section.findings().fault(value.span(), wrong.allowed(allowed));
        return Vec::new();
    };
    let mut headers: Vec<(String, Secret)> = Vec::new();
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    for (name, value) in entries {
        let secret = header_value(section, reach, value);
        let known = headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name.get_ref()));
        match refused_header(name.get_ref(), known) {
            Some(wrong) => section.findings().fault(name.span(), wrong),
            None => headers.extend(secret.map(|secret| (name.get_ref().to_string(), secret))),
        }
    }
    headers
}

fn refused_header(name: &str, known: bool) -> Option<Wrong> {
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if name.is_empty() || !name.bytes().all(is_token) {
        let wrong = Wrong::new(format!("{name:?} cannot be the name of a header"));
        return Some(wrong.allowed("letters, digits and hyphens (RFC 9110, section 5.1)"));
    }
    if known {
        return Some(Wrong::new(format!("the header {name} stands here twice")));
    }
    if name.eq_ignore_ascii_case("user-agent") {
        return Some(Wrong::new("the User-Agent has a key of its own").allowed("`user_agent`"));
    }
    let own = OWN_HEADERS.iter().any(|own| own.eq_ignore_ascii_case(name));
    own.then(|| Wrong::new(format!("feedmill sets the header {name} itself")))
}

/// A header's value: written out, or in a file, or in the environment.
fn header_value<'a>(
    section: &Section<'a>,
    reach: Reach<'_>,
    value: &'a Spanned<DeValue<'a>>,
) -> Option<Secret> {
    let secret = match value.get_ref() {
        DeValue::String(text) => {
            section.findings().hide(value.span());
            Some(Secret::new(text.to_string()))
        }
        DeValue::Table(_) => secret_elsewhere(&section.open(value, &schema::HEADER)?, reach),
        DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_) => {
            section.findings().hide(value.span());
            let wrong = Wrong::new(format!("a header's value {}", values::kind(value.get_ref())));
            let allowed = "a text, { file = \"path\" } or { env = \"VARIABLE\" }";
            section.findings().fault(value.span(), wrong.allowed(allowed));
            None
        }
    }?;
    if values::is_header_value(secret.reveal()) {
        return Some(secret);
    }
    let wrong = Wrong::new("this cannot be the value of a header");
    section.findings().fault(value.span(), wrong.allowed("printable ASCII characters"));
    None
}

fn secret_elsewhere(value: &Section<'_>, reach: Reach<'_>) -> Option<Secret> {
    match (value.get("file").is_some(), value.get("env").is_some()) {
        (true, false) => reach.secret(value, "file"),
        (false, true) => reach.variable(value, "env"),
        (true, true) | (false, false) => {
            let wrong = Wrong::new("a header's value comes from one place");
            let allowed = "{ file = \"path\" } or { env = \"VARIABLE\" }";
            value.findings().fault(value.place(), wrong.allowed(allowed));
            None
        }
    }
}
