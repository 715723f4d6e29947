//! What may cross the line between a box and the centre, for ever.
//!
//! ```text
//!  box ── POST /v1/batch ──▶ centre     zstd of lines, one Record each: { v, box, spool, lane, seq, sent_at, body }
//!      ◀─────────────────── Committed   how far each lane lies on the centre's disk
//!      ── POST /v1/claim ──▶            a code and a key; Claimed: who the box is. POST /v1/renew: its next certificate
//!      ── GET /v1/inbox ───▶            what the centre has signed for this box after number N
//!      ◀─────────────────── Letters
//! ```
//!
//! Both ends read and write through this crate and nothing else. A body is told by its type: facts that name people or places inside the clinic
//! have no type here, so they cannot cross. Readers ignore fields that they do not know; what is sent in `golden` decodes for ever.
//!
//! It knows no socket, no file and no clock. The pages for other implementers are made from it: `docs/generated/wire-v1.md`.

mod batch;
mod claim;
mod committed;
pub mod docs;
pub mod hex;
mod lane;
mod letter;
pub mod limits;
mod name;
mod pseudonym;
mod time;
pub mod v1;

pub use batch::{Batch, BatchError, Draft, Record, RecordError};
pub use claim::{ClaimCode, ClaimText, NotACode};
pub use committed::{Committed, Position};
pub use lane::Lane;
pub use letter::{CentreKey, Letter, LetterError, Letters, Signed, sign, sign_text};
pub use name::{BoxId, NotAName, SpoolId};
pub use pseudonym::{EpochKey, IndicatorKind, KEY_BYTES, Pseudonym, canonical, device_pseudonym, kind_of};
