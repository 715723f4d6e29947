//! Claim codes: what is printed for a new box, and what of it the centre remembers.
//!
//! The text is `cyberalarm:1:<host:port>:<first 32 digits of the SHA-256 of the CA's certificate>:<code>`. The code is 128 random bits, so it cannot
//! be guessed; the centre keeps its SHA-256 only, so a copy of its database claims nothing.

use core::fmt;
use core::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::hex::hex;

/// Crockford's alphabet: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// 128 bits, five a letter.
const LETTERS: usize = 26;

/// A code: 26 letters.
#[derive(Clone, PartialEq, Eq)]
pub struct ClaimCode(u128);

impl fmt::Debug for ClaimCode {
    /// Without the code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClaimCode")
    }
}

impl ClaimCode {
    /// From random bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        ClaimCode(u128::from_be_bytes(bytes))
    }

    /// What the centre keeps of it.
    #[must_use]
    pub fn hash(&self) -> String {
        hex(&Sha256::digest(self.0.to_be_bytes()))
    }
}

impl fmt::Display for ClaimCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in (0..LETTERS).rev() {
            let five = usize::try_from((self.0 >> (5 * place)) & 31).unwrap_or_default();
            let letter = ALPHABET.get(five).copied().unwrap_or(b'0');
            fmt::Write::write_char(f, char::from(letter))?;
        }
        Ok(())
    }
}

/// Not a claim code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is no claim code: one begins with “cyberalarm:1:”, then come the centre's address and port, and two long words, all joined by colons"
)]
pub struct NotACode;

impl FromStr for ClaimCode {
    type Err = NotACode;

    /// As people type it: in any case, with hyphens and spaces, O for 0, I and L for 1.
    fn from_str(text: &str) -> Result<Self, NotACode> {
        let mut code: u128 = 0;
        let mut letters = 0;
        for letter in text.bytes().filter(|letter| !matches!(letter, b'-' | b' ')) {
            let letter = match letter.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            };
            let five = ALPHABET.iter().position(|one| *one == letter).ok_or(NotACode)?;
            letters += 1;
            // The first letter holds three bits.
            if letters > LETTERS || (letters == 1 && five > 7) {
                return Err(NotACode);
            }
            code = code << 5 | u128::try_from(five).unwrap_or_default();
        }
        if letters == LETTERS { Ok(ClaimCode(code)) } else { Err(NotACode) }
    }
}

/// What is printed for a new box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimText {
    /// Where the centre is: `host:port`.
    pub address: String,
    /// The first 32 digits of the SHA-256 of the CA's certificate (DER).
    pub fingerprint: String,
    /// The code.
    pub code: ClaimCode,
}

impl fmt::Display for ClaimText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cyberalarm:1:{}:{}:{}", self.address, self.fingerprint, self.code)
    }
}

impl FromStr for ClaimText {
    type Err = NotACode;

    fn from_str(text: &str) -> Result<Self, NotACode> {
        let rest = text.trim().strip_prefix("cyberalarm:1:").ok_or(NotACode)?;
        let (rest, code) = rest.rsplit_once(':').ok_or(NotACode)?;
        let (address, fingerprint) = rest.rsplit_once(':').ok_or(NotACode)?;
        let is_digest = fingerprint.len() == 32 && fingerprint.bytes().all(|one| one.is_ascii_hexdigit());
        if !is_digest || !address.contains(':') {
            return Err(NotACode);
        }
        Ok(ClaimText {
            address: address.to_owned(),
            fingerprint: fingerprint.to_ascii_lowercase(),
            code: code.parse()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_comes_back_as_people_type_it() {
        for bytes in [[0; 16], [0xff; 16], core::array::from_fn(|n| u8::try_from(n * 17).unwrap())] {
            let code = ClaimCode::from_bytes(bytes);
            let text = code.to_string();
            assert_eq!(text.len(), LETTERS);
            assert_eq!(text.parse(), Ok(code.clone()));
            assert_eq!(text.to_lowercase().replace('0', "o").replace('1', "l").parse(), Ok(code.clone()));
            assert!(!format!("{code:?}").contains(&text));
        }
        for wrong in ["", "7", "ZZZZZZZZZZZZZZZZZZZZZZZZZZ", "0000000000000000000000000U", &"0".repeat(27)] {
            assert_eq!(wrong.parse::<ClaimCode>(), Err(NotACode), "{wrong}");
        }
    }

    #[test]
    fn what_is_printed_comes_back() {
        for address in ["192.0.2.7:8443", "[2001:db8::7]:8443", "centre.example:8443"] {
            let code = ClaimCode::from_bytes([7; 16]);
            let text = ClaimText { address: address.into(), fingerprint: "0a".repeat(16), code };
            assert_eq!(text.to_string().parse(), Ok(text));
        }
        for wrong in ["", "cyberalarm:2:a:1:b", "cyberalarm:1:::", "cyberalarm:1:host:xx:yy"] {
            assert_eq!(wrong.parse::<ClaimText>(), Err(NotACode), "{wrong}");
        }
    }
}
