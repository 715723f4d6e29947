//! Who the centre is: its certificate authority, and the key under its letters. Made at the first start, kept in files that only it may read.

use core::time::Duration;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, anyhow, ensure};
use central_core::digest::sha256;
use central_core::pass::{DAY, LIFE};
use common_model::Timestamp;
use common_wire::hex::{hex, unhex};
use common_wire::{BoxId, CentreKey, Letter, LetterError, Signed, sign};
use ed25519_dalek::SigningKey;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    PublicKeyData as _, SanType, SerialNumber,
};
use rustls::pki_types::CertificateDer;
use time::OffsetDateTime;

use crate::app::random;

/// The authority lives as long as a box may. Guess: twenty years.
const CA_LIFE: Duration = Duration::from_secs(20 * 365 * 86_400);

/// Longest file of ours, in bytes.
const FILE_BYTES_MAX: u64 = 16 << 10;

/// Longest request for a certificate, in bytes of its text. One with a P-256 key takes 500.
const CSR_BYTES_MAX: usize = 8 << 10;

/// Who the centre is.
pub struct Identity {
    ca_pem: String,
    ca_der: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    letters: SigningKey,
}

impl core::fmt::Debug for Identity {
    /// Without the keys.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Identity").field("fingerprint", &self.fingerprint()).finish_non_exhaustive()
    }
}

/// A certificate that was made for a box.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The certificate and the authority's.
    pub chain: String,
    /// Its number.
    pub serial: String,
    /// Its end.
    pub until: Timestamp,
}

impl Identity {
    /// Reads it from a folder, or makes it there.
    ///
    /// # Errors
    /// When the files cannot be read or written, or are not what was written.
    pub fn open(folder: &Path, now: Timestamp) -> anyhow::Result<Self> {
        let (ca, key, letters) = (folder.join("ca.pem"), folder.join("ca.key"), folder.join("letters.key"));
        // A command may come beside the centre's first start.
        let turn = folder.join("identity.lock");
        let turn = File::create(&turn).and_then(|file| file.lock().map(|()| file));
        let _turn = turn.with_context(|| format!("could not lock {}", folder.display()))?;
        if !ca.exists() {
            // The certificate comes last: where it is, the keys are.
            ensure!(!key.exists(), "{} is there without its certificate {}", key.display(), ca.display());
            let (certificate, ca_key) = make_authority(now)?;
            write_secret(&letters, &hex(&random::<32>()?))?;
            write_secret(&key, &ca_key.serialize_pem())?;
            write_secret(&ca, &certificate)?;
        }
        let ca_pem = read(&ca)?;
        let ca_key =
            KeyPair::from_pem(&read(&key)?).with_context(|| format!("{} is no key", key.display()))?;
        let ca_der = first_certificate(&ca_pem).with_context(|| ca.display().to_string())?;
        let issuer = Issuer::from_ca_cert_pem(&ca_pem, ca_key).with_context(|| ca.display().to_string())?;
        let secret = read(&letters)?;
        let secret = unhex(secret.trim()).with_context(|| format!("{} is no key", letters.display()))?;
        Ok(Identity { ca_pem, ca_der, issuer, letters: SigningKey::from_bytes(&secret) })
    }

    /// The authority's certificate.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    pub(crate) fn ca_der(&self) -> &CertificateDer<'static> {
        &self.ca_der
    }

    /// What a claim code has of it: the first half of the SHA-256 of its certificate.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut digest = sha256(&self.ca_der);
        digest.truncate(32);
        digest
    }

    /// The public half of the key under letters.
    #[must_use]
    pub fn letter_key(&self) -> CentreKey {
        CentreKey::of(&self.letters)
    }

    /// Signs a letter.
    ///
    /// # Errors
    /// [`LetterError::TooLong`].
    pub fn sign(&self, letter: &Letter) -> Result<Signed, LetterError> {
        sign(letter, &self.letters)
    }

    /// Reads a request for a certificate: only its key counts, and that whoever asks has it.
    pub(crate) fn read_request(pem: &str) -> anyhow::Result<CertificateRequest> {
        ensure!(pem.len() <= CSR_BYTES_MAX, "a request for a certificate has at most {CSR_BYTES_MAX} bytes");
        let request = CertificateSigningRequestParams::from_pem(pem)
            .map_err(|err| anyhow!("this is no request for a certificate: {err}"))?;
        let key_hash = sha256(&request.public_key.subject_public_key_info());
        Ok(CertificateRequest { request, key_hash })
    }

    /// Makes a box's certificate.
    ///
    /// # Errors
    /// When the operating system has no random bytes.
    pub(crate) fn issue(
        &self,
        request: CertificateRequest,
        to: BoxId,
        now: Timestamp,
    ) -> anyhow::Result<Issued> {
        let until = now + LIFE;
        let mut params = params(&to.to_string(), now, until)?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let serial = params.serial_number.as_ref().map(|serial| hex(&serial.to_bytes())).unwrap_or_default();
        let asked = CertificateSigningRequestParams { params, ..request.request };
        let certificate = asked.signed_by(&self.issuer)?;
        Ok(Issued { chain: format!("{}{}", certificate.pem(), self.ca_pem), serial, until })
    }

    /// Makes the server's own certificate for these names and addresses.
    pub(crate) fn issue_server(
        &self,
        names: &[String],
        now: Timestamp,
        until: Timestamp,
    ) -> anyhow::Result<(CertificateDer<'static>, KeyPair)> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = params("Cyberalarm centre", now, until)?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        for name in names {
            let name = match name.parse::<IpAddr>() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => {
                    SanType::DnsName(name.as_str().try_into().with_context(|| format!("--name {name}"))?)
                }
            };
            params.subject_alt_names.push(name);
        }
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok((certificate.der().clone(), key))
    }
}

/// A request for a certificate.
pub(crate) struct CertificateRequest {
    request: CertificateSigningRequestParams,
    /// The SHA-256 of its public key.
    pub(crate) key_hash: String,
}

fn make_authority(now: Timestamp) -> anyhow::Result<(String, KeyPair)> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut params = params("Cyberalarm centre CA", now, now + CA_LIFE)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok((params.self_signed(&key)?.pem(), key))
}

fn params(name: &str, now: Timestamp, until: Timestamp) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    // A box whose clock is behind takes it too.
    params.not_before = moment(now - DAY)?;
    params.not_after = moment(until)?;
    // Positive, as RFC 5280 §4.1.2.2 wants it.
    let mut serial = random::<16>()?;
    serial[0] = serial[0] & 0x7f | 0x40;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn moment(at: Timestamp) -> anyhow::Result<OffsetDateTime> {
    Ok(OffsetDateTime::from_unix_timestamp(i64::try_from(at.as_secs())?)?)
}

fn first_certificate(pem: &str) -> anyhow::Result<CertificateDer<'static>> {
    use rustls::pki_types::pem::PemObject as _;
    CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|err| anyhow!("no certificate: {err}"))
}

fn read(path: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let file = File::open(path).with_context(|| format!("could not open {}", path.display()))?;
    file.take(FILE_BYTES_MAX)
        .read_to_string(&mut text)
        .with_context(|| format!("could not read {}", path.display()))?;
    Ok(text)
}

/// Whole or not at all, and for us alone.
fn write_secret(path: &Path, text: &str) -> anyhow::Result<()> {
    let made = path.with_extension("new");
    let tried = || format!("could not write {}", path.display());
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&made).with_context(tried)?;
    file.write_all(text.as_bytes()).with_context(tried)?;
    file.sync_all().with_context(tried)?;
    std::fs::rename(&made, path).with_context(tried)
}
