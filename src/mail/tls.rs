//! TLS to a mail server: always verified, against the system's root certificates, or Mozilla's where
//! the system has none.

use std::sync::Arc;

use rustls_platform_verifier::Verifier;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, InvalidDnsNameError, ServerName};
use tokio_rustls::rustls::{ClientConfig, Error, RootCertStore};

use crate::mail::wire::Stream;

/// Why a connection could not be secured.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The library or its root certificates.
    #[error("TLS cannot be set up: {0}")]
    SetUp(#[from] Error),
    /// The configured host is no name that a certificate can be for.
    #[error("the server's name cannot be verified: {0}")]
    Name(#[from] InvalidDnsNameError),
    /// The server's side.
    #[error("TLS failed: {0}")]
    Handshake(#[from] std::io::Error),
}

/// Whom to trust.
#[derive(Debug, Clone)]
pub struct Trust(Arc<ClientConfig>);

impl Trust {
    /// What this machine trusts.
    pub fn of_this_machine() -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let Ok(verifier) = Verifier::new(Arc::clone(&provider)) else {
            return Self::only(webpki_root_certs::TLS_SERVER_ROOT_CERTS);
        };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous() // so the builder calls every verifier that is not its own
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }

    /// These root certificates and no others.
    pub fn only(roots: &[CertificateDer<'static>]) -> Result<Self, TlsError> {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(roots.iter().cloned());
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(store)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }

    /// Puts `stream` into TLS with `host`, whose certificate must be for that name.
    pub async fn secure(
        &self,
        stream: impl Stream + 'static,
        host: &str,
    ) -> Result<impl Stream + 'static, TlsError> {
        let name = ServerName::try_from(host.to_owned())?;
        Ok(TlsConnector::from(Arc::clone(&self.0)).connect(name, stream).await?)
    }
}
