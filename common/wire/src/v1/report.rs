//! Everything else that a box tells.

use std::collections::BTreeMap;

use common_model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::incident::words;
use super::{Device, DeviceType, Fact};
use crate::{Lane, time};

/// What is too weak for a card in one clinic, and worth comparing across many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sighting {
    /// When.
    #[serde(with = "time")]
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// The sign that it would have been: `dns-tunnel`.
    pub kind: String,
    /// Which device saw it.
    pub device: Device,
    /// Indicators, counts and amounts, by name.
    #[serde(default)]
    pub facts: BTreeMap<String, Fact>,
    /// Whether it was played from a recording: never to be counted.
    #[serde(default)]
    pub is_exercise: bool,
}

/// What devices there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Inventory {
    /// When they were counted.
    #[serde(with = "time")]
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// How many of each type were heard within the last seven days.
    pub devices: BTreeMap<DeviceType, u32>,
    /// Of how many somebody has confirmed what they are.
    pub confirmed: u32,
}

/// How the box is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// When.
    #[serde(with = "time")]
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// The version of its program.
    pub version: String,
    /// Whether it is still learning what is normal.
    pub is_learning: bool,
    /// What is wrong with it: `disk_full`, `read_only` or `broken` keep it from remembering; `sensor_silent`: its
    /// sensor has written nothing for a while.
    pub problem: Option<String>,
    /// Each port that it listens to.
    pub ports: Vec<Port>,
    /// What waits to be sent, by lane.
    pub waiting: BTreeMap<Lane, Waiting>,
    /// Bytes sent since midnight UTC.
    pub sent_today_bytes: u64,
    /// Bytes that it may send a day.
    pub budget_bytes: u64,
}

/// How a port is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Port {
    /// Which one, from 0.
    pub number: u8,
    /// Whether it hears.
    pub sees: bool,
    /// Whether its cable has a signal.
    pub has_carrier: bool,
    /// When it was last heard.
    #[serde(with = "time")]
    #[schema(value_type = String)]
    pub last_heard: Timestamp,
}

/// What waits in a lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Waiting {
    /// Records that are not committed.
    pub records: u64,
    /// Records that will never come, ever: a full disk forced them out, they were gone before they were read, were over a day's cap, or could
    /// not be told in words.
    pub dropped: u64,
}

/// What the clinic answered to a warning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Answer {
    /// Which warning.
    pub warning: String,
    /// What.
    pub answer: AnswerWord,
    /// When.
    #[serde(with = "time")]
    #[schema(value_type = String)]
    pub at: Timestamp,
}

words! {
    /// An answer to a warning; a later one takes the place of an earlier one.
    AnswerWord {
        /// It is on the tablet. Nobody pressed anything.
        Delivered,
        /// "I have seen it."
        Seen,
        /// "Not relevant for us."
        NotRelevant,
    }
}

/// What left the box on a day. Itself not in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Ledger {
    /// The day, UTC: `2026-03-12`.
    pub day: String,
    /// What left, by lane.
    pub lanes: BTreeMap<Lane, LaneUse>,
    /// What left, by what it told.
    pub lines: Vec<LedgerLine>,
}

/// How much of a lane left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LaneUse {
    /// Records.
    pub records: u64,
    /// Bytes of their lines.
    pub bytes: u64,
}

/// How many records of a type left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LedgerLine {
    /// The word of the body.
    #[serde(rename = "of")]
    pub body: String,
    /// How many.
    pub records: u64,
}

/// Records that could not be kept: nobody may read their absence as calm. Its own number is `to`, so that the lane has no hole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Gap {
    /// The first number that is missing.
    pub from: u64,
    /// The last one.
    pub to: u64,
    /// When it was found out.
    #[serde(with = "time")]
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// Why.
    pub cause: GapCause,
}

words! {
    /// Why records are missing.
    GapCause {
        /// The disk, or the room that the spool may take, was full.
        Full,
        /// They were older than a spool keeps them.
        Old,
        /// The centre had said that it has them, and has forgotten.
        ForgottenByCentre,
    }
}
