//! One letter to one recipient over SMTP (RFC 5321).
//!
//! The promise is in what a failure is called. Before the text is sent, everything can be tried
//! again: [`Handover::Deferred`], or [`Handover::Rejected`] where the server refuses this letter for
//! good. `journal` is awaited between 354 and the text. After the text, only a clear reply counts;
//! without one the server may have the letter: [`Handover::Uncertain`].

use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, CertificateStore, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::transport::smtp::response::Response;

use crate::mail::{message, reply};
use crate::model::letter::Handover;
use crate::model::secret::Address;
use crate::model::settings::{SmtpSettings, SmtpTls};

/// How long a server may take to answer a command (RFC 5321, section 4.5.3.2 asks for five minutes;
/// relays that answer at all answer within one).
const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);
/// How long it may take to answer the final dot (RFC 5321, section 4.5.3.2.6).
const DOT_TIMEOUT: Duration = Duration::from_secs(600);
/// How long the goodbye may take.
const QUIT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a dialogue ended before the text was sent.
enum Stop {
    /// This letter is refused for good.
    Refused(String),
    /// All else.
    NotNow(String),
}

type SmtpError = lettre::transport::smtp::Error;

/// Hands a letter over.
///
/// `journal` is called when the server is ready for the text; if it answers false the dialogue ends
/// there and nothing was sent. A 5yz to the greeting, EHLO, STARTTLS or AUTH concerns the relay and
/// its configuration, not the letter, so it defers; a 5yz to MAIL, RCPT, DATA or the text rejects.
pub async fn deliver(
    settings: &SmtpSettings,
    from: &Address,
    to: &Address,
    bytes: &[u8],
    journal: impl AsyncFnOnce() -> bool,
) -> Handover {
    let mut connection = match ready(settings, from, to).await {
        Ok(connection) => connection,
        Err(Stop::Refused(reply)) => return Handover::Rejected { reply },
        Err(Stop::NotNow(reply)) => return Handover::Deferred { reply },
    };
    if !journal().await {
        return Handover::Deferred { reply: "stopped before the text was sent".to_owned() };
    }
    let text = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
    let said = tokio::time::timeout(DOT_TIMEOUT, connection.message(text)).await;
    let handover = match said {
        Err(_) => Handover::Uncertain { reason: "no reply to the text within 600 s".to_owned() },
        Ok(Ok(response)) => Handover::Accepted { reply: said_by(&response) },
        Ok(Err(error)) => after_text(&error),
    };
    let _ = tokio::time::timeout(QUIT_TIMEOUT, connection.quit()).await;
    handover
}

fn after_text(error: &SmtpError) -> Handover {
    match error.status() {
        Some(_) if error.is_permanent() => Handover::Rejected { reply: reason(error) },
        Some(_) => Handover::Deferred { reply: reason(error) },
        None => Handover::Uncertain { reason: reason(error) },
    }
}

/// The dialogue up to 354.
async fn ready(
    settings: &SmtpSettings,
    from: &Address,
    to: &Address,
) -> Result<AsyncSmtpConnection, Stop> {
    let mut connection = connect(settings).await?;
    if let Some(login) = &settings.login {
        if settings.tls == SmtpTls::None && !is_this_machine(&settings.host) {
            return Err(Stop::NotNow("the password is not sent without TLS".to_owned()));
        }
        let credentials =
            Credentials::new(login.username.clone(), login.password.reveal().to_owned());
        in_time(connection.auth(DEFAULT_MECHANISMS, &credentials)).await.map_err(relay)?;
    }
    let (from, to) = (envelope(from)?, envelope(to)?);
    let is_ascii = |address: &lettre::Address| AsRef::<str>::as_ref(address).is_ascii();
    let international = !is_ascii(&from) || !is_ascii(&to);
    if international && !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
        return Err(Stop::Refused("the server takes ASCII addresses only".to_owned()));
    }
    let parameters = if international { vec![MailParameter::SmtpUtfEight] } else { Vec::new() };
    in_time(connection.command(Mail::new(Some(from), parameters))).await.map_err(letter)?;
    in_time(connection.command(Rcpt::new(to, Vec::new()))).await.map_err(letter)?;
    in_time(connection.command(Data)).await.map_err(letter)?;
    Ok(connection)
}

async fn connect(settings: &SmtpSettings) -> Result<AsyncSmtpConnection, Stop> {
    let server = (settings.host.as_str(), settings.port);
    let name = ClientId::default();
    let implicit = match settings.tls {
        SmtpTls::Implicit => Some(trust(&settings.host)?),
        SmtpTls::StartTls | SmtpTls::None => None,
    };
    let connect =
        AsyncSmtpConnection::connect_tokio1(server, Some(COMMAND_TIMEOUT), &name, implicit, None);
    let mut connection = in_time(connect).await.map_err(relay)?;
    if settings.tls == SmtpTls::StartTls {
        let trust = trust(&settings.host)?;
        in_time(connection.starttls(trust, &name)).await.map_err(relay)?;
    }
    Ok(connection)
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

/// The system's root certificates, or Mozilla's where the system has none.
fn trust(host: &str) -> Result<TlsParameters, Stop> {
    let parameters = TlsParametersBuilder::new(host.to_owned());
    let mozilla = parameters.clone().certificate_store(CertificateStore::WebpkiRoots);
    parameters.build().or_else(|_| mozilla.build()).map_err(|error| Stop::NotNow(reason(&error)))
}

/// What failed: the server's word, or ours.
enum Failure {
    Smtp(SmtpError),
    Timeout,
}

async fn in_time<T>(step: impl Future<Output = Result<T, SmtpError>>) -> Result<T, Failure> {
    match tokio::time::timeout(COMMAND_TIMEOUT, step).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Failure::Smtp(error)),
        Err(_) => Err(Failure::Timeout),
    }
}

/// A failure that concerns the relay, whatever it says.
fn relay(failure: Failure) -> Stop {
    match failure {
        Failure::Smtp(error) => Stop::NotNow(reason(&error)),
        Failure::Timeout => Stop::NotNow("no reply within 60 s".to_owned()),
    }
}

/// A failure that concerns the letter.
fn letter(failure: Failure) -> Stop {
    match failure {
        Failure::Smtp(error) if error.is_permanent() => Stop::Refused(reason(&error)),
        other => relay(other),
    }
}

fn envelope(address: &Address) -> Result<lettre::Address, Stop> {
    message::ascii_mailbox(address)
        .parse()
        .map_err(|_| Stop::Refused("the address is not one that SMTP can carry".to_owned()))
}

fn said_by(response: &Response) -> String {
    let lines: Vec<&str> = response.message().collect();
    reply::kept(&format!("{} {}", response.code(), lines.join(" ")))
}

fn reason(error: &SmtpError) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string);
    match (error.status(), source) {
        (Some(code), Some(said)) => reply::kept(&format!("{code} {said}")),
        (Some(code), None) => reply::kept(&code.to_string()),
        (None, _) => reply::kept(&error.to_string()),
    }
}
