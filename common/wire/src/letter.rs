//! Letters: what the centre signs for one box, numbered without gaps.
//!
//! A signature is over the very text that was sent, so nobody has to agree on how JSON is written. The text names the box and the number: a
//! letter for another box, one that was heard before and one that comes too early are refused, whoever brings them.

use core::fmt;

use common_model::Timestamp;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::hex::{hex, unhex};
use crate::limits::{LETTER_BYTES_MAX, LETTERS_MAX};
use crate::v1::Down;
use crate::{BoxId, time};

/// Stands before the text under the signature, so that a signature of ours means nothing anywhere else.
const DOMAIN: &[u8] = b"cyberalarm letter v1\n";

/// Answer to `GET /v1/inbox?after=N`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Letters {
    /// In order of their numbers.
    pub letters: Vec<Signed>,
}

/// A letter as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Signed {
    /// A `Letter` as JSON, exactly as it was signed.
    pub letter: String,
    /// Which key of the centre: the first sixteen digits of its public half.
    pub key: String,
    /// Ed25519 over `"cyberalarm letter v1\n" ‖ letter`: 128 hexadecimal digits.
    pub signature: String,
}

/// What the centre says to one box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Letter {
    /// Version of the body.
    pub v: u16,
    /// For whom.
    #[serde(rename = "box")]
    #[schema(value_type = String)]
    pub to: BoxId,
    /// Its number: 1, 2, 3, … for each box.
    pub seq: u64,
    /// When it was signed.
    #[serde(with = "time")]
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// What.
    pub body: Down,
}

/// Why a letter is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LetterError {
    /// More than may be.
    #[error("longer than {LETTER_BYTES_MAX} bytes, or more than {LETTERS_MAX} letters")]
    TooLong,
    /// Not the centre's key, or not its signature.
    #[error("the centre has not signed this")]
    Forged,
    /// Signed, and not what this version can read.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// Signed, for this box and the next, with a body that a later version writes. It counts as taken, so that those behind it come.
    #[error("letter {seq} is of a kind that this version does not know: {why}")]
    Unknown {
        /// Its number.
        seq: u64,
        /// What cannot be read.
        why: String,
    },
    /// Signed for another box.
    #[error("for another box")]
    OtherBox,
    /// Not the next one.
    #[error("number {found} where {wanted} is next")]
    OutOfOrder {
        /// Which one came.
        found: u64,
        /// Which one should have.
        wanted: u64,
    },
}

/// The centre's public key, as a box knows it since it was claimed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CentreKey(VerifyingKey);

impl fmt::Debug for CentreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CentreKey").field(&self.id()).finish()
    }
}

impl CentreKey {
    /// From 64 hexadecimal digits; `None` when they are no key.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        VerifyingKey::from_bytes(&unhex(text)?).ok().map(CentreKey)
    }

    /// As 64 hexadecimal digits.
    #[must_use]
    pub fn to_hex(self) -> String {
        hex(self.0.as_bytes())
    }

    /// The public half of a key.
    #[must_use]
    pub fn of(key: &SigningKey) -> Self {
        CentreKey(key.verifying_key())
    }

    /// How letters name it.
    #[must_use]
    pub fn id(self) -> String {
        let mut id = self.to_hex();
        id.truncate(16);
        id
    }

    /// Opens the letter that must be next for this box.
    ///
    /// # Errors
    /// [`LetterError`]; the signature is looked at first, so that nothing of a forged letter is read.
    pub fn open(self, signed: &Signed, to: BoxId, wanted: u64) -> Result<Letter, LetterError> {
        if signed.letter.len() > LETTER_BYTES_MAX {
            return Err(LetterError::TooLong);
        }
        let signature = unhex(&signed.signature).map(|bytes| Signature::from_bytes(&bytes));
        let signature = signature.filter(|_| signed.key == self.id()).ok_or(LetterError::Forged)?;
        // Strict: one text has one signature.
        let is_ours = self.0.verify_strict(&under(&signed.letter), &signature).is_ok();
        if !is_ours {
            return Err(LetterError::Forged);
        }
        let cover: Cover =
            serde_json::from_str(&signed.letter).map_err(|err| LetterError::Unreadable(err.to_string()))?;
        if cover.to != to {
            return Err(LetterError::OtherBox);
        }
        if cover.seq != wanted {
            return Err(LetterError::OutOfOrder { found: cover.seq, wanted });
        }
        serde_json::from_str(&signed.letter)
            .map_err(|err| LetterError::Unknown { seq: cover.seq, why: err.to_string() })
    }
}

/// What every letter of every version has.
#[derive(Deserialize)]
struct Cover {
    #[serde(rename = "box")]
    to: BoxId,
    seq: u64,
}

/// Signs a letter.
///
/// # Errors
/// [`LetterError::TooLong`] when it is longer than a box takes.
pub fn sign(letter: &Letter, key: &SigningKey) -> Result<Signed, LetterError> {
    sign_text(serde_json::to_string(letter).map_err(|err| LetterError::Unreadable(err.to_string()))?, key)
}

/// The same with a letter that was written before.
///
/// # Errors
/// As [`sign`].
pub fn sign_text(text: String, key: &SigningKey) -> Result<Signed, LetterError> {
    if text.len() > LETTER_BYTES_MAX {
        return Err(LetterError::TooLong);
    }
    let signature = key.sign(&under(&text));
    Ok(Signed { letter: text, key: CentreKey::of(key).id(), signature: hex(&signature.to_bytes()) })
}

fn under(text: &str) -> Vec<u8> {
    [DOMAIN, text.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::Recall;

    fn letter(seq: u64) -> (SigningKey, Letter) {
        let body = Down::Recall(Recall { warning: "0123456789abcdef".into(), at: Timestamp::from_secs(7) });
        let to = BoxId::from_bytes([7; 16]);
        (SigningKey::from_bytes(&[9; 32]), Letter { v: 1, to, seq, at: Timestamp::from_secs(8), body })
    }

    #[test]
    fn what_was_signed_is_opened_once_and_in_order() {
        let (key, letter) = letter(3);
        let signed = sign(&letter, &key).unwrap();
        let centre = CentreKey::of(&key);
        assert_eq!(centre.open(&signed, letter.to, 3), Ok(letter.clone()));
        let again = centre.open(&signed, letter.to, 4);
        assert_eq!(again, Err(LetterError::OutOfOrder { found: 3, wanted: 4 }));
        assert_eq!(centre.open(&signed, BoxId::from_bytes([8; 16]), 3), Err(LetterError::OtherBox));
    }

    #[test]
    fn what_was_changed_on_the_way_is_refused() {
        let (key, letter) = letter(1);
        let good = sign(&letter, &key).unwrap();
        let centre = CentreKey::of(&key);
        let changed = [
            Signed { letter: good.letter.replace("\"seq\":1", "\"seq\":2"), ..good.clone() },
            Signed { key: "0".repeat(16), ..good.clone() },
            Signed { signature: "0".repeat(128), ..good.clone() },
            Signed { signature: String::new(), ..good.clone() },
            sign(&letter, &SigningKey::from_bytes(&[1; 32])).unwrap(),
        ];
        for signed in changed {
            assert_eq!(centre.open(&signed, letter.to, 1), Err(LetterError::Forged), "{signed:?}");
        }
        let long = Signed { letter: "x".repeat(LETTER_BYTES_MAX + 1), ..good };
        assert_eq!(centre.open(&long, letter.to, 1), Err(LetterError::TooLong));
    }
}
