//! A certificate as it went by: kept as bytes and read only by who asks, because reading ASN.1 costs far more than passing it on.

use common_model::Timestamp;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Longest name that is kept of a certificate, in bytes. Guess: RFC 5280 allows 64 for a common name; whole names run to 200.
pub const NAME_BYTES_MAX: usize = 255;

/// A server's certificate (X.509, DER).
#[derive(Clone, Copy, Debug)]
pub struct Certificate<'a> {
    der: &'a [u8],
}

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Whom it is for: `CN=…, O=…`.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// Valid from.
    pub not_before: Timestamp,
    /// Valid until.
    pub not_after: Timestamp,
    /// Subject and issuer are the same: nobody vouches for it.
    pub is_self_issued: bool,
}

/// The bytes are no certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an X.509 certificate")]
pub struct NotACertificate;

impl<'a> Certificate<'a> {
    pub(crate) const fn new(der: &'a [u8]) -> Self {
        Certificate { der }
    }

    /// The certificate itself.
    #[must_use]
    pub const fn der(&self) -> &'a [u8] {
        self.der
    }

    /// Reads it. Allocates: ask once for each certificate that is new, not for each that goes by.
    ///
    /// # Errors
    /// [`NotACertificate`] when the bytes are no X.509 certificate.
    pub fn read(&self) -> Result<CertificateFacts, NotACertificate> {
        let (_, certificate) = X509Certificate::from_der(self.der).map_err(|_err| NotACertificate)?;
        let validity = certificate.validity();
        Ok(CertificateFacts {
            subject: cut(certificate.subject().to_string()),
            issuer: cut(certificate.issuer().to_string()),
            not_before: moment(validity.not_before.timestamp()),
            not_after: moment(validity.not_after.timestamp()),
            is_self_issued: certificate.subject().as_raw() == certificate.issuer().as_raw(),
        })
    }
}

/// Before 1970 is 1970: nobody cares by how much such a certificate is out of date.
fn moment(secs: i64) -> Timestamp {
    Timestamp::from_secs(u64::try_from(secs).unwrap_or(0))
}

fn cut(mut name: String) -> String {
    name.truncate(name.floor_char_boundary(NAME_BYTES_MAX));
    name
}
