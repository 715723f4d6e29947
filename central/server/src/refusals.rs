//! What was refused since the start, by why. Counted always, said on the log seldom: a stranger must not be able to fill it.

use std::sync::atomic::{AtomicU64, Ordering};

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// No TLS connection came about: a stranger's certificate, or no TLS at all.
    Handshake,
    /// No certificate where one is needed.
    NoCertificate,
    /// A certificate of ours, of no box that is known here.
    UnknownBox,
    /// A box that was revoked.
    Revoked,
    /// A certificate that is over.
    Expired,
    /// A claim code that is wrong, used or old.
    Claim,
    /// A request for a certificate that cannot be read.
    Request,
    /// A batch that cannot be read.
    Malformed,
    /// Longer than may be.
    TooLong,
    /// Records of another box.
    OtherBox,
    /// Letters acknowledged that were never sent.
    Acknowledged,
    /// Too many at once.
    TooMany,
    /// More bytes at once than are held.
    Busy,
    /// A request at the desk without a session.
    NoSession,
    /// A request at the desk under another name.
    Host,
    /// A change at the desk that no page of ours asks for.
    Forged,
    /// Somebody at the desk who may not.
    NotAllowed,
}

/// The names under which they are counted, in the order of [`Why`].
const NAMES: [&str; 17] = [
    "handshake",
    "no_certificate",
    "unknown_box",
    "revoked",
    "expired",
    "claim",
    "request",
    "malformed",
    "too_long",
    "other_box",
    "acknowledged",
    "too_many",
    "busy",
    "no_session",
    "host",
    "forged",
    "not_allowed",
];

/// What was refused.
#[derive(Debug, Default)]
pub(crate) struct Refusals([AtomicU64; NAMES.len()]);

impl Refusals {
    pub(crate) fn count(&self, why: Why) {
        if let Some(counter) = self.0.get(why as usize) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn list(&self) -> impl Iterator<Item = (&'static str, u64)> {
        NAMES.into_iter().zip(&self.0).map(|(name, count)| (name, count.load(Ordering::Relaxed)))
    }
}
