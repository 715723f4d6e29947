//! Claiming: a code that somebody types or scans makes this box known to a centre.
//!
//! The code names the centre's address and its certificate authority by fingerprint, so that nobody in between can pass for it, and holds a secret
//! that works once. The box makes its own key; it never leaves the box.

use core::net::SocketAddr;
use core::time::Duration;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail, ensure};
use box_store::uplink::{Identity, Keys, WayOut};
use common_wire::hex::hex;
use common_wire::{CentreKey, ClaimText, v1};
use hyper::{Method, StatusCode};
use rcgen::{CertificateParams, KeyPair};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use sha2::{Digest as _, Sha256};

use crate::link::{Link, Way};
use crate::random;

/// How long claiming and renewing may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a claim came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The clinic, as the centre calls it.
    pub member: String,
    /// The box's name.
    pub box_id: String,
}

/// Claims this box: makes its key, asks the centre, and keeps who it is from now on. When the answer is lost, the same code can be tried again for
/// an hour: the key is kept before it is asked with. The way is kept, too.
///
/// # Errors
/// One sentence: the centre cannot be reached, is another, or refuses the code. The box is then who it was.
pub fn claim(folder: &Path, text: &ClaimText, way_out: Option<&WayOut>) -> anyhow::Result<Claim> {
    let ClaimText { address, fingerprint: authority, code } = text;
    // A name would have to be looked up, by whichever net.
    let centre: SocketAddr = address.parse().map_err(|_err| {
        anyhow!("the claim code says {address}: a box needs the centre's address and port, as 192.0.2.1:8443")
    })?;
    std::fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    let way = way(centre, way_out)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (box_key, fresh) = (random::digits::<32>()?, new_key()?.serialize_pem());
    let (private_key, _) = Keys::change(folder, &box_key, |keys| keys.claiming.get_or_insert(fresh).clone())?;
    let key = KeyPair::from_pem(&private_key).context("the key of an earlier try cannot be read")?;
    let csr = request(&key)?;
    let asked = serde_json::to_vec(&v1::Claim { code: code.to_string(), csr })?;
    let answer: v1::Claimed = runtime.block_on(async {
        let mut link = Link::new(way, Arc::new(pinned(authority)?));
        ask(&mut link, "/v1/claim", asked).await
    })?;
    ensure!(
        fingerprint(&one_certificate(&answer.ca)?).starts_with(authority),
        "the centre's certificate authority is not the one that the code names"
    );
    ensure!(CentreKey::from_hex(&answer.letter_key).is_some(), "the centre's key under letters is not one");
    let claim = Claim { member: answer.member.clone(), box_id: answer.box_id.to_string() };
    let identity = Identity {
        box_id: answer.box_id.to_string(),
        member: answer.member,
        centre: centre.to_string(),
        ca: answer.ca,
        certificate: answer.certificate,
        private_key,
        letter_key: answer.letter_key,
        way_out: way_out.cloned(),
    };
    Keys::change(folder, &box_key, |keys| keys.take_identity(identity, &box_key))?;
    Ok(claim)
}

/// The way to a centre. One on this machine is reached without leaving it; to any other, somebody must have said by which way.
///
/// # Errors
/// When nobody has.
pub(crate) fn way(centre: SocketAddr, way_out: Option<&WayOut>) -> anyhow::Result<Way> {
    let interface = match way_out {
        Some(WayOut::Port(name)) => Some(name.clone()),
        Some(WayOut::Any) => None,
        None if centre.ip().is_loopback() => None,
        None => bail!(
            "by which port is {centre} reached? Say --uplink-interface PORT, the modem's; or --uplink-interface any, and what is sent leaves by \
             whichever way leads there, the clinic's own net too"
        ),
    };
    Ok(Way { centre, interface })
}

/// A new certificate for the same box, with a new key.
pub(crate) async fn renew(link: &mut Link, identity: &Identity) -> anyhow::Result<Identity> {
    let key = new_key()?;
    let asked = serde_json::to_vec(&v1::Renew { csr: request(&key)? })?;
    let v1::Renewed { certificate } = ask(link, "/v1/renew", asked).await?;
    Ok(Identity { certificate, private_key: key.serialize_pem(), ..identity.clone() })
}

/// The way to the centre for a box that is known there.
pub(crate) fn known(identity: &Identity) -> anyhow::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(one_certificate(&identity.ca)?)?;
    let chain = CertificateDer::pem_slice_iter(identity.certificate.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .context("the box's certificate cannot be read")?;
    let key = PrivateKeyDer::from_pem_slice(identity.private_key.as_bytes())
        .context("the box's private key cannot be read")?;
    Ok(config()?.with_root_certificates(roots).with_client_auth_cert(chain, key)?)
}

async fn ask<T: serde::de::DeserializeOwned>(
    link: &mut Link,
    path: &str,
    body: Vec<u8>,
) -> anyhow::Result<T> {
    let (status, answer) = link.ask(Method::POST, path, "application/json", body, PATIENCE).await?;
    if status != StatusCode::OK {
        let why =
            serde_json::from_slice::<v1::Refused>(&answer).map_or_else(|_| status.to_string(), |no| no.error);
        bail!("the centre refuses: {why}");
    }
    serde_json::from_slice(&answer).context("the centre's answer cannot be read")
}

fn new_key() -> anyhow::Result<KeyPair> {
    KeyPair::generate().context("could not make a key")
}

/// The request for a key's certificate, PEM.
fn request(key: &KeyPair) -> anyhow::Result<String> {
    Ok(CertificateParams::default().serialize_request(key)?.pem()?)
}

fn one_certificate(pem: &str) -> anyhow::Result<CertificateDer<'static>> {
    CertificateDer::from_pem_slice(pem.as_bytes()).context("the centre's certificate cannot be read")
}

fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    hex(&Sha256::digest(certificate))
}

type Builder = rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>;

fn config() -> anyhow::Result<Builder> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS13])?)
}

/// The way to a centre that is known by its authority's fingerprint only.
fn pinned(fingerprint: &str) -> anyhow::Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = Pinned { fingerprint: fingerprint.to_owned(), provider };
    Ok(config()?.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
}

/// Trusts the authority that has this fingerprint, which the server shows in its chain, and nobody else; the rest is checked as usual.
#[derive(Debug)]
struct Pinned {
    fingerprint: String,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let authority = intermediates.iter().find(|one| fingerprint(one).starts_with(&self.fingerprint));
        let Some(authority) = authority else {
            return Err(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer));
        };
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider))
            .build()
            .map_err(|err| rustls::Error::General(err.to_string()))?
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.3 only".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_centre_that_would_have_to_be_looked_up_is_refused_before_anything_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let text = ClaimText {
            address: "centre.example:8443".into(),
            fingerprint: "0a".repeat(16),
            code: common_wire::ClaimCode::from_bytes([7; 16]),
        };
        let err = claim(&folder.path().join("box"), &text, None).unwrap_err().to_string();
        assert!(err.contains("centre.example:8443") && err.contains("192.0.2.1:8443"), "{err}");
        assert!(!folder.path().join("box").exists());
    }

    #[test]
    fn a_claim_whose_answer_is_lost_is_tried_again_with_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let hangs_up = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let text = ClaimText {
            address: hangs_up.local_addr().unwrap().to_string(),
            fingerprint: "0a".repeat(16),
            code: common_wire::ClaimCode::from_bytes([7; 16]),
        };
        drop(hangs_up);
        let kept = || Keys::open(folder.path(), "other").unwrap();
        let tries = [(); 2].map(|()| {
            claim(folder.path(), &text, None).unwrap_err();
            kept().claiming.unwrap()
        });
        assert_eq!(tries[0], tries[1]);
        assert!(kept().identity.is_none());
    }
}
