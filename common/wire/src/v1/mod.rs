//! The first version. Frozen: fields may be added, none may change its meaning or go.

mod claiming;
mod down;
pub(crate) mod form;
mod incident;
mod report;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use claiming::{Claim, Claimed, Refused, Renew, Renewed};
pub use down::{Down, NewEpochKey, Recall, Urgency, Warning, WarningText};
pub use incident::{
    CallRole, ClosedBy, Device, DeviceType, Due, Fact, Incident, Indicator, Peer, Role, Severity, State, Text,
};
pub use report::{
    Answer, AnswerWord, Gap, GapCause, Health, Inventory, LaneUse, Ledger, LedgerLine, Port, Sighting,
    Waiting,
};

use crate::Lane;

/// The number of this version, in every record.
pub const VERSION: u16 = 1;

/// What a record tells; `type` says which.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Body {
    /// A step in an incident's life.
    Incident(Box<Incident>),
    /// What is too weak for a card.
    Sighting(Sighting),
    /// What devices there are.
    Inventory(Inventory),
    /// How the box is.
    Health(Health),
    /// What the clinic answered to a warning.
    Answer(Answer),
    /// What left the box on a day.
    Ledger(Ledger),
    /// Records that could not be kept.
    Gap(Gap),
}

impl Body {
    /// The lane that it goes in; a gap goes in the lane that has it.
    #[must_use]
    pub const fn lane(&self) -> Option<Lane> {
        match self {
            Body::Incident(_) | Body::Answer(_) => Some(Lane::Alert),
            Body::Sighting(_) => Some(Lane::Sighting),
            Body::Inventory(_) => Some(Lane::Inventory),
            Body::Health(_) | Body::Ledger(_) => Some(Lane::Health),
            Body::Gap(_) => None,
        }
    }

    /// The word that says which it is.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Body::Incident(_) => "incident",
            Body::Sighting(_) => "sighting",
            Body::Inventory(_) => "inventory",
            Body::Health(_) => "health",
            Body::Answer(_) => "answer",
            Body::Ledger(_) => "ledger",
            Body::Gap(_) => "gap",
        }
    }
}
