//! JA4, the fingerprint of a TLS client: which program made this hello.
//!
//! Implements "JA4: TLS Client Fingerprinting" (FoxIO, BSD-3-Clause) from its published description, and no other method of that family
//! (they are not free: docs/decisions/0002-dependencies.md).

use core::fmt::Write as _;

use arrayvec::{ArrayString, ArrayVec};
use sha2::{Digest, Sha256};

use super::hello::{ClientHello, extension};

/// Length of a fingerprint: ten characters, and twice an underscore and twelve.
pub(super) const JA4_BYTES: usize = 36;

/// The fingerprint of a hello that came over TCP. `None` cannot happen with a hello that was read; it spares a panic.
pub(super) fn client(hello: &ClientHello<'_>) -> Option<ArrayString<JA4_BYTES>> {
    let mut text = ArrayString::new();
    let is_named = hello.extensions.contains(&extension::SERVER_NAME);
    let [first, last] = alpn_ends(hello.alpn);
    write!(
        text,
        "t{}{}{:02}{:02}{first}{last}",
        version(hello.version),
        if is_named { 'd' } else { 'i' },
        hello.ciphers.len().min(99),
        hello.extensions.len().min(99),
    )
    .ok()?;

    let mut ciphers = hello.ciphers.clone();
    ciphers.sort_unstable();
    write!(text, "_{}", hash(&ciphers, &[])).ok()?;

    let mut extensions: ArrayVec<u16, 64> = hello
        .extensions
        .iter()
        .copied()
        .filter(|n| ![extension::SERVER_NAME, extension::ALPN].contains(n))
        .collect();
    extensions.sort_unstable();
    write!(text, "_{}", hash(&extensions, &hello.signatures)).ok()?;
    Some(text)
}

const fn version(number: u16) -> &'static str {
    match number {
        0x0304 => "13",
        0x0303 => "12",
        0x0302 => "11",
        0x0301 => "10",
        0x0300 => "s3",
        0x0002 => "s2",
        _ => "00",
    }
}

/// First and last character of the first protocol offered; of its hexadecimal form when either is no letter or digit.
fn alpn_ends(alpn: Option<&[u8]>) -> [char; 2] {
    let ends = alpn.and_then(|alpn| Some([*alpn.first()?, *alpn.last()?]));
    let Some([first, last]) = ends else { return ['0', '0'] };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        [char::from(first), char::from(last)]
    } else {
        let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
        [digit(first >> 4), digit(last & 0x0f)]
    }
}

/// The first twelve hexadecimal digits of the SHA-256 of `sorted`, and behind an underscore `ordered`, all comma-separated.
fn hash(sorted: &[u16], ordered: &[u16]) -> ArrayString<12> {
    let mut digits = ArrayString::new();
    if sorted.is_empty() && ordered.is_empty() {
        digits.push_str("000000000000");
        return digits;
    }
    let mut sha = Sha256::new();
    add(&mut sha, sorted);
    if !ordered.is_empty() {
        sha.update(b"_");
        add(&mut sha, ordered);
    }
    for byte in sha.finalize().iter().take(6) {
        if write!(digits, "{byte:02x}").is_err() {
            break;
        }
    }
    digits
}

fn add(sha: &mut Sha256, numbers: &[u16]) {
    let mut comma = "";
    for number in numbers {
        let mut text = ArrayString::<5>::new();
        if write!(text, "{comma}{number:04x}").is_ok() {
            sha.update(text.as_bytes());
        }
        comma = ",";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the published description.
    #[test]
    fn hashes_the_published_example() {
        let ciphers = [
            0x002f, 0x0035, 0x009c, 0x009d, 0x1301, 0x1302, 0x1303, 0xc013, 0xc014, 0xc02b, 0xc02c, 0xc02f,
            0xc030, 0xcca8, 0xcca9,
        ];
        assert_eq!(&hash(&ciphers, &[]), "8daaf6152771");
        let extensions = [
            0x0005, 0x000a, 0x000b, 0x000d, 0x0012, 0x0015, 0x0017, 0x001b, 0x0023, 0x002b, 0x002d, 0x0033,
            0x4469, 0xff01,
        ];
        let signatures = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601];
        assert_eq!(&hash(&extensions, &signatures), "e5627efa2ab1");
        assert_eq!(&hash(&[], &[]), "000000000000");
    }

    #[test]
    fn odd_protocols_are_written_in_hexadecimal() {
        assert_eq!(alpn_ends(Some(b"h2")), ['h', '2']);
        assert_eq!(alpn_ends(Some(b"http/1.1")), ['h', '1']);
        assert_eq!(alpn_ends(Some(&[0xab, 0x61, 0xcd])), ['a', 'd']);
        assert_eq!(alpn_ends(Some(b"")), ['0', '0']);
        assert_eq!(alpn_ends(None), ['0', '0']);
    }
}
