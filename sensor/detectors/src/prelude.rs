//! What every detector needs.

pub(crate) use core::time::Duration;

pub(crate) use common_model::hash::StableHash;
pub(crate) use common_model::{
    Category, Confidence, Due, Fact, Facts, Finding, FindingRole, Kind, Severity, Subject, Timestamp,
};
pub(crate) use sensor_flow::Protocol;
pub(crate) use sensor_protocols::{Event, FingerprintMethod, LoginOutcome, LookupPhase, NameLookup};
pub(crate) use sensor_tables::{
    Distinct, DistinctPerWindow, Growth, Halves, Recent, Sum, SumPerWindow, half_of,
};
pub(crate) use serde::{Deserialize, Serialize};

pub(crate) use crate::detector::{Context, Detector, Findings, Saved, SavedError, Spec};
pub(crate) use crate::observation::{Contact, Crossing, Observation, Phase, Topic, What};
pub(crate) use crate::told::Told;
