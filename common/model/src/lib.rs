//! Names the things everyone talks about and makes ids impossible to mix up.
//!
//! Read it in the order in which trouble is born: an address and a device ([`device`]), a typed fact ([`fact`]), the kind
//! of trouble ([`kind`]), what a detector says ([`finding`]), and what the clinic is told ([`incident`]). No IO, no clock,
//! and no serialisation: each boundary (replay lines, snapshot, wire) has types of its own.

pub mod device;
pub mod fact;
pub mod finding;
pub mod grade;
pub mod hash;
pub mod incident;
pub mod kind;
pub mod plain;
pub mod time;

pub use device::{DeviceId, DeviceType, Mac, Party};
pub use fact::{Fact, Facts};
pub use finding::{Finding, FindingRole, Sighting, Subject};
pub use grade::{Confidence, Due, Face, Severity};
pub use incident::{ClosedBy, Incident, IncidentId, IncidentState, Solved};
pub use kind::{Category, Kind};
pub use plain::one_line;
pub use time::Timestamp;
