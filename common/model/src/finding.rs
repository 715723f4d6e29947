//! Findings: a detector's opinion. And sightings: opinions too weak to be one.

use core::net::IpAddr;

use crate::{Confidence, DeviceId, Facts, Kind, Timestamp};

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
    /// All of them, as they are listed.
    pub const ALL: [FindingRole; 2] = [FindingRole::Source, FindingRole::Target];

    /// The word used in machine-readable output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            FindingRole::Source => "source",
            FindingRole::Target => "target",
        }
    }
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
    /// What: only indicators, counts and amounts.
    pub facts: Facts,
}
