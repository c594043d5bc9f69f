//! TLS to publishers: always verified, against the root certificates of the system, or Mozilla's
//! where the system has none, and with words for what is wrong when they do not vouch.
//!
//! The system's are those of its store, or of `SSL_CERT_FILE` and `SSL_CERT_DIR` where these are
//! set. "Unknown issuer" is three different mistakes, which the certificates sent tell apart: one
//! that vouches for itself, a chain with a link missing, a root that is not trusted here.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore,
    SignatureScheme,
};
use rustls_platform_verifier::Verifier;

/// The longest name of an issuer that is told, in characters.
const LONGEST_NAME: usize = 60;
/// How many links of a chain are followed.
const LONGEST_CHAIN: usize = 8;

/// Why no one who is trusted here vouches for a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// It is its own issuer.
    #[error("its certificate is self-signed: nobody who is trusted here vouches for it")]
    SelfSigned,
    /// The chain that was sent ends at a root.
    #[error("its certificate is from \"{0}\", which is not trusted here")]
    Root(String),
    /// The chain that was sent ends before one.
    #[error(
        "its certificate leads to \"{0}\", whose own certificate it does not send and which is \
         not trusted here"
    )]
    Missing(String),
}

/// The settings of every connection, shared by all clients, and with them the sessions that can be
/// taken up again.
///
/// # Errors
/// If the cryptography compiled in speaks no version of TLS.
pub fn settings() -> Result<ClientConfig, Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Naming(verifier(&provider)?);
    let mut settings = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous() // so the builder calls every verifier that is not its own
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    settings.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(settings)
}

fn verifier(provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let system = match Verifier::new(Arc::clone(provider)) {
        Ok(system) => return Ok(Arc::new(system)),
        Err(error) => error,
    };
    tracing::info!(
        cause = %system,
        "the system's root certificates cannot be used; those compiled in are"
    );
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
    let built = WebPkiServerVerifier::builder_with_provider(roots.into(), Arc::clone(provider));
    match built.build() {
        Ok(compiled_in) => Ok(compiled_in),
        Err(error) => Err(Error::General(error.to_string())),
    }
}

/// A verifier that says what is wrong where another says "unknown issuer".
#[derive(Debug)]
struct Naming(Arc<dyn ServerCertVerifier>);

impl ServerCertVerifier for Naming {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified =
            self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        verified.map_err(|error| match &error {
            Error::InvalidCertificate(
                CertificateError::UnknownIssuer | CertificateError::Other(_),
            ) => match untrusted(end_entity, intermediates) {
                Some(why) => CertificateError::Other(OtherError(Arc::new(why))).into(),
                None => error,
            },
            _ => error,
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// Where the certificates that were sent lead; nothing if they cannot be read.
fn untrusted(
    end_entity: &CertificateDer<'_>,
    intermediates: &[CertificateDer<'_>],
) -> Option<Untrusted> {
    let (mut subject, mut issuer) = names(end_entity)?;
    if subject == issuer {
        return Some(Untrusted::SelfSigned);
    }
    let sent: Vec<_> = intermediates.iter().filter_map(names).collect();
    for _ in 0..LONGEST_CHAIN {
        match sent.iter().find(|(subject, _)| *subject == issuer) {
            Some(link) => (subject, issuer) = link.clone(),
            None => return Some(Untrusted::Missing(readable(&issuer))),
        }
        if subject == issuer {
            return Some(Untrusted::Root(readable(&issuer)));
        }
    }
    None
}

/// The distinguished names of a certificate's subject and issuer, as written in it.
fn names(certificate: &CertificateDer<'_>) -> Option<(Vec<u8>, Vec<u8>)> {
    let read = webpki::EndEntityCert::try_from(certificate).ok()?;
    Some((read.subject().to_vec(), read.issuer().to_vec()))
}

/// The common name in a distinguished name, or else its organisation.
fn readable(name: &[u8]) -> String {
    const COMMON_NAME: [u8; 5] = [6, 3, 0x55, 4, 3];
    const ORGANISATION: [u8; 5] = [6, 3, 0x55, 4, 10];
    let value = |of: [u8; 5]| {
        // The attribute's type, then the tag of its text, its length and itself (X.690).
        let at = name.windows(of.len()).position(|window| window == of)? + of.len();
        let length = usize::from(*name.get(at + 1)?);
        name.get(at + 2..at + 2 + length)
    };
    let text = value(COMMON_NAME).or_else(|| value(ORGANISATION)).unwrap_or(b"an unnamed issuer");
    String::from_utf8_lossy(text).chars().take(LONGEST_NAME).collect()
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

    use super::*;

    struct Link {
        der: CertificateDer<'static>,
        issuer: Issuer<'static, KeyPair>,
    }

    /// A certificate named `name` (or with that organisation only) by `by`, or by itself.
    fn link(name: &str, kind: DnType, by: Option<&Link>) -> Link {
        let mut params = CertificateParams::new(vec!["a.example".to_owned()]).expect("a name");
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(kind, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let signed = match by {
            Some(by) => params.signed_by(&key, &by.issuer),
            None => params.self_signed(&key),
        };
        let der = signed.expect("a certificate").der().clone();
        Link { der, issuer: Issuer::new(params, key) }
    }

    #[test]
    fn who_does_not_vouch_is_named() {
        let root = link("Racine", DnType::CommonName, None);
        let middle = link("Milieu", DnType::OrganizationName, Some(&root));
        let leaf = link("a.example", DnType::CommonName, Some(&middle));
        let missing = |name: &str| Some(Untrusted::Missing(name.to_owned()));
        let (root_der, middle_der) = (root.der.clone(), middle.der.clone());
        let cases = [
            (&root, vec![], Some(Untrusted::SelfSigned)),
            (&leaf, vec![], missing("Milieu")),
            (&leaf, vec![root_der.clone()], missing("Milieu")),
            (&leaf, vec![middle_der.clone()], missing("Racine")),
            (&leaf, vec![root_der, middle_der], Some(Untrusted::Root("Racine".to_owned()))),
            (&leaf, vec![CertificateDer::from(vec![1, 2, 3])], missing("Milieu")),
        ];
        for (n, (of, sent, expected)) in cases.into_iter().enumerate() {
            assert_eq!(untrusted(&of.der, &sent), expected, "case {n}");
        }
        assert_eq!(untrusted(&CertificateDer::from(vec![0x30, 0]), &[]), None);
    }

    #[test]
    fn names_of_issuers_are_clipped_and_never_read_beyond_their_end() {
        assert_eq!(readable(&[]), "an unnamed issuer");
        assert_eq!(readable(&[6, 3, 0x55, 4, 3]), "an unnamed issuer");
        assert_eq!(readable(&[6, 3, 0x55, 4, 3, 12, 200, b'x']), "an unnamed issuer");
        assert_eq!(readable(&[6, 3, 0x55, 4, 10, 12, 2, b'A', b'B', b'C']), "AB");
        let long = [vec![6, 3, 0x55, 4, 3, 12, 120], vec![b'x'; 120]].concat();
        assert_eq!(readable(&long).len(), LONGEST_NAME);
    }
}
