//! How a box becomes a member's, and stays it.

use core::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::BoxId;

/// `POST /v1/claim`, without a certificate: a new box asks to be a member's.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Claim {
    /// The code that the centre printed. It works once; whoever asks again with the same key within an hour gets the same box.
    pub code: String,
    /// A request for a certificate (PKCS #10, PEM), signed with the key that the box has made.
    pub csr: String,
}

impl fmt::Debug for Claim {
    /// Without the code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").finish_non_exhaustive()
    }
}

/// The answer to a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Claimed {
    /// The box's name from now on, in each record that it sends.
    #[serde(rename = "box")]
    #[schema(value_type = String)]
    pub box_id: BoxId,
    /// The member's name.
    pub member: String,
    /// The box's certificate for 30 days, then the authority's (PEM).
    pub certificate: String,
    /// The centre's certificate authority (PEM). Its fingerprint must begin as the claim text says.
    pub ca: String,
    /// The centre's Ed25519 key under letters, 64 hexadecimal digits.
    pub letter_key: String,
}

/// `POST /v1/renew`, with a certificate, also one that ended at most 90 days ago: a box asks for its next one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Renew {
    /// A request for a certificate (PKCS #10, PEM), signed with a new key.
    pub csr: String,
}

/// The answer to a renewal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Renewed {
    /// As in the answer to a claim.
    pub certificate: String,
}

/// The body of every answer that is not 200.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Refused {
    /// One sentence for a person.
    pub error: String,
}
