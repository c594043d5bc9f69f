//! What broke, found in the chain of causes that the HTTP client hands over.
//!
//! The client's own words ("error sending request") say nothing to a person; the innermost typed
//! cause does: no such name, connection refused, an expired certificate. No driver's error leaves.

use std::error::Error;
use std::io;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rustls::{AlertDescription, CertificateError, PeerIncompatible};

use super::error::{self, FetchError};
use super::resolve::Unresolved;
use super::tls::Untrusted;

/// How long a connection may take to be made.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The meaning of an error of the HTTP client's while it talked to the host of `url`.
pub fn explain(error: &reqwest::Error, url: &url::Url) -> FetchError {
    match find::<Unresolved>(error) {
        Some(Unresolved::Lookup(lookup)) => return lookup.clone().into(),
        Some(Unresolved::Refused(refused)) => return refused.clone().into(),
        None => {}
    }
    let host = error::host(url);
    if let Some(tls) = find::<rustls::Error>(error) {
        return FetchError::Broken { host, cause: of_tls(tls) };
    }
    if error.is_connect() && error.is_timeout() {
        let stage = "a connection was being made";
        return FetchError::TimedOut { host, after: CONNECT_TIMEOUT, stage };
    }
    if error.is_builder() {
        return FetchError::Broken { host, cause: "its address cannot be requested".to_owned() };
    }
    // One may be wrapped in another that only says "other".
    let io = chain(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).find_map(of_io);
    let cause = match (io, find::<hyper::Error>(error)) {
        (Some(io), _) => io.to_owned(),
        (None, Some(http)) => of_http(http),
        (None, None) => format!("the connection failed ({})", innermost(error)),
    };
    FetchError::Broken { host, cause }
}

/// Whether the other side closed the connection where an answer was expected.
pub fn is_silence(error: &reqwest::Error) -> bool {
    let is_closed = |io: &io::Error| {
        matches!(
            io.kind(),
            io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::UnexpectedEof
        )
    };
    find::<hyper::Error>(error).is_some_and(hyper::Error::is_incomplete_message)
        || chain(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).any(is_closed)
}

fn of_io(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Some("connection refused"),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
            Some("the connection was reset")
        }
        io::ErrorKind::BrokenPipe => Some("the connection was closed"),
        io::ErrorKind::HostUnreachable => Some("the host cannot be reached"),
        io::ErrorKind::NetworkUnreachable => Some("its network cannot be reached"),
        io::ErrorKind::UnexpectedEof => Some("the connection was closed too early"),
        io::ErrorKind::TimedOut => Some("the connection timed out"),
        _ => None,
    }
}

fn of_http(error: &hyper::Error) -> String {
    if error.is_parse_too_large() {
        return "the headers of its answer are too large".to_owned();
    }
    if error.is_incomplete_message() {
        return "the connection was closed before the answer was complete".to_owned();
    }
    match error.is_parse() {
        true => format!("its answer is not valid HTTP ({})", innermost(error)),
        false => format!("its answer broke off ({})", innermost(error)),
    }
}

fn of_tls(error: &rustls::Error) -> String {
    let certificate = match error {
        rustls::Error::InvalidCertificate(certificate) => certificate,
        rustls::Error::AlertReceived(AlertDescription::ProtocolVersion)
        | rustls::Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13) => {
            return "it speaks no version of TLS that is safe, which are 1.2 and 1.3".to_owned();
        }
        rustls::Error::AlertReceived(AlertDescription::HandshakeFailure) => {
            return "it agrees to no encryption that is safe".to_owned();
        }
        rustls::Error::AlertReceived(AlertDescription::UnrecognisedName) => {
            return "it has no certificate for this name".to_owned();
        }
        rustls::Error::InvalidMessage(_) => return "it does not speak TLS there".to_owned(),
        other => return format!("TLS failed: {other}"),
    };
    match certificate {
        CertificateError::Expired => "its certificate has expired".to_owned(),
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("its certificate expired on {}", day(not_after.as_secs()))
        }
        CertificateError::NotValidYet => "its certificate is not valid yet".to_owned(),
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("its certificate is not valid before {}", day(not_before.as_secs()))
        }
        CertificateError::UnknownIssuer => {
            "its certificate is from an issuer that is not trusted here".to_owned()
        }
        CertificateError::NotValidForName => "its certificate is for another host".to_owned(),
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names: Vec<&str> = presented.iter().take(3).map(|name| bare(name)).collect();
            format!("its certificate is for another host: {}", names.join(", "))
        }
        CertificateError::Other(other) if other.0.downcast_ref::<Untrusted>().is_some() => {
            other.to_string()
        }
        CertificateError::Revoked => "its certificate has been revoked".to_owned(),
        other => format!("its certificate is not acceptable ({other:?})"),
    }
}

/// The name in `DnsName("a.example")`, which is how the library tells it.
fn bare(name: &str) -> &str {
    let inside = name.split_once('(').map_or(name, |(_, inside)| inside);
    inside.trim_end_matches(')').trim_matches('"')
}

fn day(unix_secs: u64) -> String {
    i64::try_from(unix_secs)
        .ok()
        .and_then(|secs| DateTime::<Utc>::from_timestamp(secs, 0))
        .map_or_else(|| "an unknown day".to_owned(), |at| at.format("%Y-%m-%d").to_string())
}

/// The first cause of type `T`, looking also inside the wrappers of `io::Error`, which `source`
/// steps over.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    chain(error).find_map(|cause| cause.downcast_ref::<T>())
}

/// What the last cause in the chain says.
pub fn innermost(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

fn chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> + 'a {
    std::iter::successors(Some(error), |&error| {
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        match wrapped {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_certificate_is_named() {
        let at = |secs| rustls::pki_types::UnixTime::since_unix_epoch(Duration::from_secs(secs));
        let expected = rustls::pki_types::ServerName::try_from("a.example").expect("a name");
        let cases = [
            (CertificateError::Expired, "its certificate has expired"),
            (
                CertificateError::ExpiredContext {
                    time: at(1_800_000_000),
                    not_after: at(784_111_777),
                },
                "its certificate expired on 1994-11-06",
            ),
            (
                CertificateError::NotValidYetContext { time: at(0), not_before: at(784_111_777) },
                "its certificate is not valid before 1994-11-06",
            ),
            (
                CertificateError::UnknownIssuer,
                "its certificate is from an issuer that is not trusted here",
            ),
            (
                CertificateError::NotValidForNameContext {
                    expected,
                    presented: vec!["DnsName(\"b.example\")".to_owned(), "*.c.example".to_owned()],
                },
                "its certificate is for another host: b.example, *.c.example",
            ),
            (CertificateError::Revoked, "its certificate has been revoked"),
            (CertificateError::BadEncoding, "its certificate is not acceptable (BadEncoding)"),
        ];
        for (error, words) in cases {
            assert_eq!(of_tls(&rustls::Error::InvalidCertificate(error)), words);
        }
        let old = "it speaks no version of TLS that is safe, which are 1.2 and 1.3";
        let unnamed = rustls::OtherError(std::sync::Arc::new(Untrusted::SelfSigned));
        let others = [
            (rustls::Error::AlertReceived(AlertDescription::ProtocolVersion), old),
            (PeerIncompatible::ServerDoesNotSupportTls12Or13.into(), old),
            (
                rustls::Error::AlertReceived(AlertDescription::UnrecognisedName),
                "it has no certificate for this name",
            ),
            (CertificateError::Other(unnamed).into(), "its certificate is self-signed: nobody"),
            (rustls::Error::HandshakeNotComplete, "TLS failed: "),
        ];
        for (error, words) in others {
            assert!(of_tls(&error).starts_with(words), "{}", of_tls(&error));
        }
    }

    #[test]
    fn causes_are_found_inside_the_wrappers_of_io_errors() {
        let inner = rustls::Error::InvalidCertificate(CertificateError::Expired);
        let once = io::Error::new(io::ErrorKind::InvalidData, inner);
        let twice = io::Error::other(once);
        assert!(find::<rustls::Error>(&twice).is_some());
        assert!(find::<Unresolved>(&twice).is_none());
        assert_eq!(innermost(&twice), "invalid peer certificate: Expired");
    }
}
