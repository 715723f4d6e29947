//! Pseudonyms: the centre sees that two clinics met the same thing outside, not what it was.
//!
//! The pseudonym of an indicator is `HMAC-SHA256(K_epoch, kind ‖ 0x00 ‖ canonical form)` as 64 hexadecimal digits. The centre makes `K_epoch`
//! each month and sends it, signed, to all boxes; for 48 hours round a change a box sends both. It protects against whoever steals a
//! spool or a backup, not against the holder of the key: there are only four billion IPv4 addresses to try.
//!
//! A device's pseudonym is `HMAC-SHA256(K_box, "device" ‖ 0x00 ‖ id)`, its first 64 bits, with a key that never leaves the box: the same device
//! keeps it, another box's has another.

use core::fmt;
use core::net::IpAddr;

use hmac::{Hmac, KeyInit, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use utoipa::ToSchema;

use crate::hex::{hex, unhex};
use crate::limits::INDICATOR_BYTES_MAX;

/// Length of a key, in bytes.
pub const KEY_BYTES: usize = 32;

/// Characters that a domain's label may have beside letters and digits. Source: RFC 1035 §2.3.1; RFC 2782 for `_`.
const LABEL_MARKS: [u8; 2] = *b"-_";

/// What an indicator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum IndicatorKind {
    /// An address. Canonical: dotted for IPv4 (also where IPv6 wraps it), RFC 5952 for IPv6.
    Ip,
    /// A name. Canonical: lower case, IDNs as A-labels, no dot at the end.
    Domain,
    /// A place on the web. Canonical: scheme and host in lower case, the rest as it stands.
    Url,
    /// A TLS client's fingerprint (JA4). Canonical: as it is written.
    Ja4,
}

impl IndicatorKind {
    /// All of them.
    pub const ALL: [IndicatorKind; 4] =
        [IndicatorKind::Ip, IndicatorKind::Domain, IndicatorKind::Url, IndicatorKind::Ja4];

    /// The word on the wire and under the key.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            IndicatorKind::Ip => "ip",
            IndicatorKind::Domain => "domain",
            IndicatorKind::Url => "url",
            IndicatorKind::Ja4 => "ja4",
        }
    }
}

/// A month's key.
#[derive(Clone, PartialEq, Eq)]
pub struct EpochKey {
    /// Which epoch: the month it begins in, as `2026-03`.
    pub epoch: String,
    key: [u8; KEY_BYTES],
}

impl fmt::Debug for EpochKey {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EpochKey").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

impl EpochKey {
    /// A key made of random bytes.
    #[must_use]
    pub fn new(epoch: &str, key: [u8; KEY_BYTES]) -> Self {
        EpochKey { epoch: epoch.to_owned(), key }
    }

    /// From 64 hexadecimal digits; `None` when they are not.
    #[must_use]
    pub fn from_hex(epoch: &str, key: &str) -> Option<Self> {
        Some(EpochKey { epoch: epoch.to_owned(), key: unhex(key)? })
    }

    /// The key as hexadecimal digits, for whoever may have it.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex(&self.key)
    }

    /// The pseudonym of an indicator; its form is made canonical first.
    #[must_use]
    pub fn pseudonym(&self, kind: IndicatorKind, value: &str) -> Pseudonym {
        let digest = keyed(&self.key, kind.as_str(), canonical(kind, value).as_bytes());
        Pseudonym { epoch: self.epoch.clone(), hmac: hex(&digest) }
    }
}

/// An indicator under a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct Pseudonym {
    /// Under which epoch's key.
    pub epoch: String,
    /// HMAC-SHA256, 64 hexadecimal digits.
    pub hmac: String,
}

/// The pseudonym of a device: sixteen hexadecimal digits. People are shown the first four.
#[must_use]
pub fn device_pseudonym(box_key: &[u8; KEY_BYTES], device: u64) -> String {
    let digest = keyed(box_key, "device", &device.to_be_bytes());
    hex(digest.first_chunk::<8>().map_or(&[], |first| first.as_slice()))
}

/// What an indicator is, by its form; `None` when it is nothing that may cross.
#[must_use]
pub fn kind_of(value: &str) -> Option<IndicatorKind> {
    if value.is_empty() || value.len() > INDICATOR_BYTES_MAX {
        return None;
    }
    if value.parse::<IpAddr>().is_ok() {
        return Some(IndicatorKind::Ip);
    }
    if value.contains('/') {
        let is_printed = value.bytes().all(|letter| letter.is_ascii_graphic());
        return is_printed.then_some(IndicatorKind::Url);
    }
    if is_ja4(value) {
        return Some(IndicatorKind::Ja4);
    }
    is_domain(value).then_some(IndicatorKind::Domain)
}

/// The one form of an indicator that is put under the key.
#[must_use]
pub fn canonical(kind: IndicatorKind, value: &str) -> String {
    match kind {
        IndicatorKind::Ip => {
            value.parse::<IpAddr>().map_or_else(|_| value.to_owned(), |ip| ip.to_canonical().to_string())
        }
        IndicatorKind::Domain => value.trim_end_matches('.').to_ascii_lowercase(),
        IndicatorKind::Url => canonical_url(value),
        IndicatorKind::Ja4 => value.to_owned(),
    }
}

/// Scheme and host are the same in any case, a path is not (RFC 3986 §6.2.2.1).
fn canonical_url(value: &str) -> String {
    let host_at = value.find("://").map_or(0, |at| at + 3);
    let rest = value.get(host_at..).unwrap_or_default();
    let host_end = host_at + rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = value.split_at_checked(host_end).unwrap_or((value, ""));
    format!("{}{path}", host.to_ascii_lowercase())
}

fn is_domain(value: &str) -> bool {
    let name = value.trim_end_matches('.');
    let label = |label: &str| {
        let is_mark = |letter: u8| letter.is_ascii_alphanumeric() || LABEL_MARKS.contains(&letter);
        !label.is_empty() && label.len() <= 63 && label.bytes().all(is_mark)
    };
    name.contains('.') && name.split('.').all(label)
}

/// `t13d1516h2_8daaf6152771_02713d6af862`. Source: FoxIO's description of JA4 (TLS client).
fn is_ja4(value: &str) -> bool {
    let is_hash = |part: &str| part.len() == 12 && part.bytes().all(|letter| letter.is_ascii_hexdigit());
    let mut parts = value.split('_');
    let (first, second, third) = (parts.next(), parts.next(), parts.next());
    let is_first = |part: &str| part.len() == 10 && part.starts_with(['t', 'q', 'd']);
    first.is_some_and(is_first)
        && second.is_some_and(is_hash)
        && third.is_some_and(is_hash)
        && parts.next().is_none()
}

fn keyed(key: &[u8; KEY_BYTES], kind: &str, form: &[u8]) -> [u8; 32] {
    // A key shorter than a block is filled up with zeros (RFC 2104 §2).
    let mut block = [0; 64];
    block[..KEY_BYTES].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(kind.as_bytes());
    mac.update(&[0]);
    mac.update(form);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with another program (Python's `hmac`), for other implementers: key = bytes 0 to 31.
    #[test]
    fn test_vectors() {
        let key: [u8; KEY_BYTES] = core::array::from_fn(|n| u8::try_from(n).unwrap());
        let epoch = EpochKey::new("2026-03", key);
        for (kind, value, hmac) in [
            ("ip", "192.0.2.7", "c6435907c12f11d14c8a4bc937ab921e938916dca6aea947080e775b4ad86411"),
            ("ip", "::ffff:192.0.2.7", "c6435907c12f11d14c8a4bc937ab921e938916dca6aea947080e775b4ad86411"),
            ("ip", "2001:DB8:0::1", "f02255124f667aeac9aac1c79a0e9b1fb37f0792eb5227c2ba4d3c4dc0749c8d"),
            ("domain", "Update.Example.", "b9a312fb2e873c8ae490ea9817c4ea46efa65c2bdcab197fab77e758196aa77e"),
            (
                "url",
                "HTTP://Host.example/Path?q=1",
                "180d6b26b426d4d7382fbcc3ea87332b84ca25c52db0c0f49fd31689b0d6a28b",
            ),
            (
                "ja4",
                "t13d1516h2_8daaf6152771_02713d6af862",
                "b938c055f3be3812689765a7e1001db5a071e3666f7c598a43c507b0b418be51",
            ),
        ] {
            let kind = IndicatorKind::ALL.into_iter().find(|one| one.as_str() == kind).unwrap();
            assert_eq!(kind_of(value), Some(kind), "{value}");
            assert_eq!(epoch.pseudonym(kind, value).hmac, hmac, "{value}");
        }
        assert_eq!(device_pseudonym(&key, 0x0123_4567_89ab_cdef), "4dfce4773a01183d");
    }

    #[test]
    fn a_key_is_not_printed() {
        let epoch = EpochKey::from_hex("2026-03", &"a7".repeat(KEY_BYTES)).unwrap();
        assert!(!format!("{epoch:?}").contains("a7a7"));
        assert_eq!(EpochKey::from_hex("2026-03", &epoch.to_hex()).unwrap(), epoch);
        assert_eq!(EpochKey::from_hex("2026-03", "a7"), None);
    }

    #[test]
    fn what_has_no_form_of_an_indicator_has_no_kind() {
        for value in
            ["", "reception", "Jens Hansen", "jens@klinik", "a b.example", "x..example", "ælg.example"]
        {
            assert_eq!(kind_of(value), None, "{value}");
        }
        assert_eq!(kind_of(&format!("{}.example", "a".repeat(255))), None);
    }
}
