//! Findings: a detector's opinion, with what it rests on. And sightings: opinions too weak to be one.

use core::net::IpAddr;

use crate::{Confidence, DeviceId, Facts, Kind, Timestamp};

/// Most evidence rows kept with one finding; more are counted in its facts, not kept.
pub const EVIDENCE_ROWS_MAX: usize = 16;

/// Whom a finding is about, or the other end of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A device of the clinic.
    Device(DeviceId),
    /// An address that belongs to no device of the clinic.
    Address(IpAddr),
}

/// What the device of a finding did. An "unplug it" step is only ever for a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingRole {
    /// It did it.
    Source,
    /// It was done to it.
    Target,
}

impl FindingRole {
    /// The word used in machine-readable output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            FindingRole::Source => "source",
            FindingRole::Target => "target",
        }
    }
}

/// One row of what was seen, for the supplier's page. Kept in the clinic, never sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// When.
    pub at: Timestamp,
    /// From where.
    pub source: (IpAddr, u16),
    /// To where.
    pub target: (IpAddr, u16),
    /// How much, in bytes on the wire.
    pub bytes: u64,
}

/// A detector's opinion.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Which row of the table.
    pub kind: &'static Kind,
    /// When the frame came that tipped the scale (or the timer fired).
    pub at: Timestamp,
    /// Whom the card is about.
    pub device: Subject,
    /// What that device did.
    pub role: FindingRole,
    /// The other end, where there is one.
    pub peer: Option<Subject>,
    /// What makes it the same trouble beside kind and device: a hash of, say, the domain.
    pub identity: u64,
    /// How sure.
    pub confidence: Confidence,
    /// What is known.
    pub facts: Facts,
    /// At most [`EVIDENCE_ROWS_MAX`] rows of what was seen.
    pub evidence: Vec<Evidence>,
}

/// Too weak for a card or a note in one clinic, but worth comparing across many: an outside indicator and how often it was seen.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// When.
    pub at: Timestamp,
    /// Which row of the table it would have been.
    pub kind: &'static Kind,
    /// Which device saw it.
    pub device: Subject,
    /// What: only indicators and counts.
    pub facts: Facts,
}
