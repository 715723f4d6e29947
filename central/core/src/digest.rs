//! Secrets and log entries by their digest: what the centre keeps of what it must only know again.

use common_wire::hex::hex;
use sha2::{Digest as _, Sha256};

/// The SHA-256 of some bytes, as 64 digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
