//! What the centre tells a box.

use std::collections::BTreeMap;

use common_model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::incident::words;
use crate::time;

/// What a letter tells; `type` says which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Down {
    /// A warning.
    Warning(Warning),
    /// A warning is taken back.
    Recall(Recall),
    /// The key for a new epoch's pseudonyms.
    EpochKey(NewEpochKey),
}

/// A warning of the centre, shown on the tablet as a card that never turns the face.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Warning {
    /// Sixteen hexadecimal digits.
    pub id: String,
    /// When it was issued.
    #[serde(with = "time")]
    #[schema(value_type = String)]
    pub issued_at: Timestamp,
    /// It is shown until then.
    #[serde(with = "time")]
    #[schema(value_type = String)]
    pub until: Timestamp,
    /// How soon it wants to be read.
    pub urgency: Urgency,
    /// Its words, by language: `da`, `en`.
    pub text: BTreeMap<String, WarningText>,
    /// Whether it is an exercise.
    #[serde(default)]
    pub is_exercise: bool,
}

/// Words of a warning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WarningText {
    /// The headline.
    pub title: String,
    /// What has happened.
    pub what: String,
    /// What to do.
    pub steps: Vec<String>,
}

words! {
    /// How soon a warning wants to be read.
    Urgency {
        /// Some time.
        Information,
        /// This week.
        Week,
        /// Today.
        Today,
    }
}

/// A warning is taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Recall {
    /// Which.
    pub warning: String,
    /// When.
    #[serde(with = "time")]
    #[schema(value_type = String)]
    pub at: Timestamp,
}

/// The key for a new epoch's pseudonyms.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewEpochKey {
    /// Which epoch: the month it begins in, as `2026-03`.
    pub epoch: String,
    /// 64 hexadecimal digits.
    pub key: String,
    /// In force from then.
    #[serde(with = "time")]
    #[schema(value_type = String)]
    pub from: Timestamp,
    /// In force until then; longer than the month, so that both are used round the change.
    #[serde(with = "time")]
    #[schema(value_type = String)]
    pub until: Timestamp,
}

impl core::fmt::Debug for NewEpochKey {
    /// Without the key.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("NewEpochKey").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}
