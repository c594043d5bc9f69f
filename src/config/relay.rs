//! `[smtp]`: how letters leave, by a mail server or into a folder.
//!
//! TLS is required unless the server is on this machine. The password comes from `password_file`,
//! else from the variable `FEEDMILL_SMTP_PASSWORD`, else from the systemd credential
//! `smtp-password`.

use toml::Spanned;
use toml::de::DeValue;

use crate::config::addresses;
use crate::config::fault::Wrong;
use crate::config::reach::{self, Reach};
use crate::config::schema;
use crate::config::section::Section;
use crate::config::values;
use crate::model::secret::Secret;
use crate::model::settings::{MailRoute, SmtpSettings, SmtpTls};

/// The variable that may hold the mail server's password.
const PASSWORD_VARIABLE: &str = "FEEDMILL_SMTP_PASSWORD";

/// The name of the systemd credential that may hold it (systemd.exec(5), LoadCredential=).
const PASSWORD_CREDENTIAL: &str = "smtp-password";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tls {
    Required,
    None,
}

/// Reads `[smtp]`.
pub fn mail(section: &Section<'_>, reach: Reach<'_>) -> MailRoute {
    let directory = section.read("directory", values::path);
    if section.get("host").is_some() {
        if let Some(directory) = directory {
            let what = "there is a `host` and a `directory`: letters go to one of them";
            let wrong = Wrong::new(what);
            let allowed = "`host` to send, or `directory` to write .eml files";
            section.findings().fault(directory.span(), wrong.allowed(allowed));
        }
        return MailRoute::Smtp(smtp(section, reach));
    }
    refuse_keys_of_a_server(section);
    let directory = directory.map_or(schema::OUTBOX.to_owned(), Spanned::into_inner);
    MailRoute::Directory(reach.resolve(&directory))
}

fn smtp(section: &Section<'_>, reach: Reach<'_>) -> SmtpSettings {
    let host = section.read("host", host).map(Spanned::into_inner);
    let tls = section.read_or(
        "tls",
        Tls::Required,
        values::one_of(&[("required", Tls::Required), ("none", Tls::None)]),
    );
    if let Some(host) = host.as_deref().filter(|host| tls == Tls::None && !is_this_machine(host)) {
        let what = format!("letters and password would travel to {host} in the clear");
        let allowed =
            "\"required\"; \"none\" only with a host on this machine, as in \"localhost\"";
        section.findings().fault(section.place_of("tls"), Wrong::new(what).allowed(allowed));
    }
    let usual = match tls {
        Tls::Required => schema::SUBMISSIONS_PORT,
        Tls::None => schema::RELAY_PORT,
    };
    let port = section.read_or("port", usual, values::count(1..=u16::MAX));
    let tls = match tls {
        Tls::None => SmtpTls::None,
        Tls::Required if port == schema::SUBMISSIONS_PORT => SmtpTls::Implicit,
        Tls::Required => SmtpTls::StartTls,
    };
    let elsewhere = if section.get("username").is_some() && section.get("password_file").is_none() {
        password_elsewhere(section, reach)
    } else {
        None
    };
    let login = reach::login(section, reach, elsewhere);
    SmtpSettings { host: host.unwrap_or_default(), port, tls, login }
}

fn host(value: &DeValue<'_>) -> Result<String, Wrong> {
    let text = values::raw_text(value)?;
    let address = || ip_address(text).map(|address| address.to_string());
    addresses::host_name(text).or_else(address).ok_or_else(|| {
        Wrong::new(format!("{text:?} is not a host")).allowed("a mail server's name or IP address")
    })
}

/// The password from the environment or from systemd.
fn password_elsewhere(section: &Section<'_>, reach: Reach<'_>) -> Option<Secret> {
    if let Some(password) = reach.around.variable(PASSWORD_VARIABLE) {
        return Some(Secret::new(password));
    }
    let file = reach.around.path_variable("CREDENTIALS_DIRECTORY")?.join(PASSWORD_CREDENTIAL);
    if !reach.files.is_there(&file) {
        return None;
    }
    match reach.files.secret(&file) {
        Ok(password) => Some(password),
        Err(why) => {
            let what = format!("cannot read the credential {}: {why}", file.display());
            section.findings().fault(section.place_of("username"), Wrong::new(what));
            None
        }
    }
}

fn refuse_keys_of_a_server(section: &Section<'_>) {
    for key in ["port", "tls", "username", "password_file"] {
        if section.get(key).is_some() {
            let what = format!("`{key}` says how to reach a mail server, and there is no `host`");
            let wrong = Wrong::new(what).allowed("`host` with the mail server's name");
            section.findings().fault(section.place_of(key), wrong);
        }
    }
}

fn ip_address(text: &str) -> Option<std::net::IpAddr> {
    text.trim_matches(['[', ']']).parse().ok()
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || ip_address(host).is_some_and(|address| address.is_loopback())
}
