//! Incidents: one trouble of one device, as the clinic is told of it.

use core::fmt;

use crate::{Confidence, Due, Facts, FindingRole, Kind, Severity, Subject, Timestamp};

/// The same in every replay: a hash of kind, identity and when it opened.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IncidentId(pub u64);

impl fmt::Display for IncidentId {
    /// `inc-` and twelve hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "inc-{:012x}", self.0 >> 16)
    }
}

impl fmt::Debug for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where an incident is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IncidentState {
    /// New.
    Opened,
    /// It goes on, or grew.
    Updated,
    /// Nothing for `quiet_for`, but a red one stays on the tablet until somebody closes it.
    Quiet,
    /// Over.
    Closed,
}

impl IncidentState {
    /// All of them, in the order of a life.
    pub const ALL: [IncidentState; 4] =
        [IncidentState::Opened, IncidentState::Updated, IncidentState::Quiet, IncidentState::Closed];

    /// The word used in machine-readable output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            IncidentState::Opened => "opened",
            IncidentState::Updated => "updated",
            IncidentState::Quiet => "quiet",
            IncidentState::Closed => "closed",
        }
    }
}

/// Who or what closed an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClosedBy {
    /// Nothing more was seen.
    Quiet,
    /// The clinic said it is solved.
    Clinic,
    /// The supplier said so.
    Supplier,
    /// The centre said so.
    Centre,
    /// The clinic said that it knows this and it is harmless.
    Known,
}

impl ClosedBy {
    /// All of them, as they are listed.
    pub const ALL: [ClosedBy; 5] =
        [ClosedBy::Quiet, ClosedBy::Clinic, ClosedBy::Supplier, ClosedBy::Centre, ClosedBy::Known];

    /// The word used in machine-readable output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ClosedBy::Quiet => "quiet",
            ClosedBy::Clinic => "clinic",
            ClosedBy::Supplier => "supplier",
            ClosedBy::Centre => "centre",
            ClosedBy::Known => "known",
        }
    }
}

/// Somebody said that an incident is solved while it went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Solved {
    /// Who.
    pub by: ClosedBy,
    /// When.
    pub at: Timestamp,
}

/// One trouble of one device.
#[derive(Clone, Debug)]
pub struct Incident {
    /// The same in every replay.
    pub id: IncidentId,
    /// Where it is in its life.
    pub state: IncidentState,
    /// Set when closed.
    pub closed_by: Option<ClosedBy>,
    /// Set when somebody called it solved and it is open until nothing more was seen of it for a while.
    pub solved: Option<Solved>,
    /// When it opened.
    pub opened_at: Timestamp,
    /// When it was last seen.
    pub last_seen: Timestamp,
    /// Which row of the table.
    pub kind: &'static Kind,
    /// Whom it is about.
    pub device: Subject,
    /// What that device did.
    pub role: FindingRole,
    /// What makes it the same trouble beside kind and device: that of its findings.
    pub identity: u64,
    /// The other end, where there is one.
    pub peer: Option<Subject>,
    /// The worst so far.
    pub severity: Severity,
    /// The surest so far.
    pub confidence: Confidence,
    /// How soon the clinic must act; rises with corroboration, never falls while open.
    pub due: Due,
    /// How many findings it holds.
    pub findings: u32,
    /// Facts of the latest finding.
    pub facts: Facts,
}
