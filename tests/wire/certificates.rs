//! Certificates with one fault each, and the authority that the program is told to trust.

use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// An authority: who signs, and the certificate that says so.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: rcgen::Certificate,
}

impl Authority {
    /// One that vouches for itself.
    pub(crate) fn root(name: &str) -> Self {
        let (params, key) = (authority(name), key());
        let certificate = params.self_signed(&key).expect("a certificate");
        Self { issuer: Issuer::new(params, key), certificate }
    }

    /// One that this one vouches for.
    pub(crate) fn intermediate(&self, name: &str) -> Self {
        let (params, key) = (authority(name), key());
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Self { issuer: Issuer::new(params, key), certificate }
    }

    /// Writes its certificate as PEM.
    pub(crate) fn write(&self, path: &Path) {
        std::fs::write(path, self.certificate.pem()).expect("a home can be written");
    }

    pub(crate) fn der(&self) -> CertificateDer<'static> {
        self.certificate.der().clone()
    }

    /// A certificate for `host`, changed by `change`, that is sent with `chain` behind it.
    pub(crate) fn vouches_for(
        &self,
        host: &str,
        chain: &[&Self],
        change: impl FnOnce(&mut CertificateParams),
    ) -> Arc<CertifiedKey> {
        let (mut params, key) = (of_host(host), key());
        change(&mut params);
        let leaf = params.signed_by(&key, &self.issuer).expect("a certificate");
        let mut sent = vec![leaf.der().clone()];
        sent.extend(chain.iter().map(|authority| authority.der()));
        certified(sent, &key)
    }
}

/// A certificate for `host` by nobody but itself.
pub(crate) fn self_signed(host: &str, is_ca: IsCa) -> Arc<CertifiedKey> {
    let (mut params, key) = (of_host(host), key());
    params.is_ca = is_ca;
    let leaf = params.self_signed(&key).expect("a certificate");
    certified(vec![leaf.der().clone()], &key)
}

/// It ended on the last day of January 2020.
pub(crate) fn expired(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2019, 1, 1);
    params.not_after = date_time_ymd(2020, 1, 31);
}

/// It begins in 2050.
pub(crate) fn early(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2050, 5, 1);
    params.not_after = date_time_ymd(2051, 5, 1);
}

fn of_host(host: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![host.to_owned()]).expect("a name");
    params.distinguished_name.push(DnType::CommonName, host);
    params
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).expect("no names are right");
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn key() -> KeyPair {
    KeyPair::generate().expect("keys can be made")
}

fn certified(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Arc<CertifiedKey> {
    let der = PrivateKeyDer::try_from(key.serialize_der()).expect("PKCS #8");
    let key = aws_lc_rs::sign::any_supported_type(&der).expect("a key of a common kind");
    Arc::new(CertifiedKey::new(chain, key))
}
