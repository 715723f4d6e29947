//! TLS 1.3 with certificates of our own authority; keys are agreed on with a method that a quantum computer does not break.
//!
//! A box without a certificate may come in, to claim one; one whose certificate is over may come in, to renew it. Whether it may do more is decided
//! for each request (`line`). A certificate that we did not sign ends the connection here.

use std::sync::{Arc, PoisonError, RwLock};

use anyhow::Context as _;
use common_model::Timestamp;
use common_wire::BoxId;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig,
    SignatureScheme,
};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::identity::Identity;

/// Who is at the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    /// Which box.
    pub(crate) id: BoxId,
    /// The end of its certificate.
    pub(crate) not_after: Timestamp,
}

impl Peer {
    /// From a certificate of ours; `None` when it is not a box's.
    pub(crate) fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
        let name = certificate.subject().iter_common_name().next()?.as_str().ok()?;
        Some(Peer { id: name.parse().ok()?, not_after: end_of(&certificate) })
    }
}

fn end_of(certificate: &X509Certificate<'_>) -> Timestamp {
    Timestamp::from_secs(u64::try_from(certificate.validity().not_after.timestamp()).unwrap_or_default())
}

/// The server's side of TLS.
pub(crate) fn config(identity: &Identity, own: Arc<OwnCertificate>) -> anyhow::Result<Arc<ServerConfig>> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(identity.ca_der().clone()).context("the centre's own certificate")?;
    let inner = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .allow_unauthenticated()
        .build()
        .context("the centre's own certificate")?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(Arc::new(Verifier { inner }))
        .with_cert_resolver(own);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// The certificate that the server shows; exchanged while it runs.
#[derive(Debug)]
pub(crate) struct OwnCertificate(RwLock<Arc<CertifiedKey>>);

impl OwnCertificate {
    pub(crate) fn new(
        identity: &Identity,
        names: &[String],
        now: Timestamp,
        until: Timestamp,
    ) -> anyhow::Result<Arc<Self>> {
        Ok(Arc::new(OwnCertificate(RwLock::new(make(identity, names, now, until)?))))
    }

    pub(crate) fn renew(
        &self,
        identity: &Identity,
        names: &[String],
        now: Timestamp,
        until: Timestamp,
    ) -> anyhow::Result<()> {
        let made = make(identity, names, now, until)?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = made;
        Ok(())
    }
}

fn make(
    identity: &Identity,
    names: &[String],
    now: Timestamp,
    until: Timestamp,
) -> anyhow::Result<Arc<CertifiedKey>> {
    let (certificate, key) = identity.issue_server(names, now, until)?;
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let provider: CryptoProvider = aws_lc_rs::default_provider();
    let key = provider.key_provider.load_private_key(key.into())?;
    // A box that was never here knows the authority by its fingerprint: so it is shown.
    Ok(Arc::new(CertifiedKey::new(vec![certificate, identity.ca_der().clone()], key)))
}

impl ResolvesServerCert for OwnCertificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// As webpki verifies, but a certificate that is over is looked at as on its last day.
#[derive(Debug)]
struct Verifier {
    inner: Arc<dyn ClientCertVerifier>,
}

impl ClientCertVerifier for Verifier {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.inner.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let (_, certificate) = X509Certificate::from_der(end_entity)
            .map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?;
        let end = core::time::Duration::from_secs(end_of(&certificate).as_secs());
        let at = UnixTime::since_unix_epoch(end.min(core::time::Duration::from_secs(now.as_secs())));
        self.inner.verify_client_cert(end_entity, intermediates, at)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
