//! Values that must not be printed: passwords and mail addresses.
//!
//! `Debug` and `Display` of a [`Secret`] show nothing, and `Debug` of an [`Address`] hides the local
//! part, so that neither can reach a log by accident.

use std::fmt;

/// A password or token. Reading it takes a call that can be searched for.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes `value` as it is.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, to be handed to a server and to nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A mail address: what stands in an SMTP envelope, `local@domain` (RFC 5321, section 4.1.2), with
/// an optional display name (RFC 5322, section 3.4).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    name: Option<String>,
    mailbox: String,
}

/// Why a text is not a mail address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a mail address: {0}")]
pub struct NotAnAddress(&'static str);

impl Address {
    /// Reads `local@domain` or `Name <local@domain>`.
    ///
    /// Refused: control characters anywhere (they could forge headers), white space in the mailbox,
    /// an empty or dotted-at-the-edge domain, more than 254 octets.
    pub fn parse(text: &str) -> Result<Self, NotAnAddress> {
        if text.chars().any(char::is_control) {
            return Err(NotAnAddress("it holds a control character"));
        }
        let text = text.trim();
        let (name, mailbox) = match text.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
            Some((name, mailbox)) => (name.trim().trim_matches('"').trim(), mailbox.trim()),
            None => ("", text),
        };
        let (local, domain) = mailbox.rsplit_once('@').ok_or(NotAnAddress("it has no @"))?;
        if local.is_empty() || domain.is_empty() {
            return Err(NotAnAddress("one side of the @ is empty"));
        }
        if mailbox.chars().any(|c| c.is_whitespace() || "<>,;\"".contains(c)) || local.contains('@')
        {
            return Err(NotAnAddress("it holds a character that mailboxes cannot have"));
        }
        if domain.starts_with('.') || domain.ends_with('.') || mailbox.len() > 254 {
            return Err(NotAnAddress("its domain is not a domain"));
        }
        Ok(Self { name: (!name.is_empty()).then(|| name.to_owned()), mailbox: mailbox.to_owned() })
    }

    /// The display name, if one was given.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// `local@domain`.
    pub fn mailbox(&self) -> &str {
        &self.mailbox
    }

    /// What follows the `@`.
    pub fn domain(&self) -> &str {
        self.mailbox.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The domain as every header and server understands it: in A-labels (RFC 5890).
    pub fn ascii_domain(&self) -> String {
        let is_safe = |c: &char| c.is_ascii_alphanumeric() || ".-[]:".contains(*c);
        match url::Host::parse(self.domain()) {
            Ok(host) => host.to_string(),
            Err(_) => self.domain().chars().filter(is_safe).collect(),
        }
    }

    /// `local@domain` with the domain in A-labels.
    pub fn ascii_mailbox(&self) -> String {
        let local = self.mailbox.rsplit_once('@').map_or("", |(local, _)| local);
        format!("{local}@{}", self.ascii_domain())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address(…@{})", self.domain())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret_and_no_local_part() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(…)");
        let address = Address::parse("Zoé <zoe@exemple.fr>").expect("a plain address");
        assert_eq!(format!("{address:?}"), "Address(…@exemple.fr)");
        assert_eq!((address.name(), address.mailbox()), (Some("Zoé"), "zoe@exemple.fr"));
    }

    #[test]
    fn a_domain_has_an_ascii_form() {
        for (address, ascii) in [
            ("zoe@Exemple.fr", "zoe@exemple.fr"),
            ("zoé@été.fr", "zoé@xn--t-9fab.fr"),
            ("zoe@[192.0.2.1]", "zoe@[192.0.2.1]"),
            ("zoe@192.0.2.1", "zoe@192.0.2.1"),
        ] {
            assert_eq!(Address::parse(address).expect("an address").ascii_mailbox(), ascii);
        }
    }

    #[test]
    fn what_could_forge_a_header_is_no_address() {
        for bad in [
            "",
            "zoe",
            "zoe@",
            "@x.fr",
            "a b@x.fr",
            "a@x.fr\r\nBcc: b@x.fr",
            "a@b@x.fr",
            "a@.fr",
            "a@x.fr, b@x.fr",
        ] {
            assert!(Address::parse(bad).is_err(), "{bad:?}");
        }
    }
}
