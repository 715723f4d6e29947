//! Lanes: what goes first when the link is thin.

use core::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One of four queues of a spool. A smaller one goes first; inside one, in order and without gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Lane {
    /// Incidents, and what the clinic answered to warnings.
    Alert,
    /// What is too weak for a card, pseudonymised.
    Sighting,
    /// How many devices of which type.
    Inventory,
    /// How the box is, and what has left it.
    Health,
}

impl Lane {
    /// All of them; the first goes first.
    pub const ALL: [Lane; 4] = [Lane::Alert, Lane::Sighting, Lane::Inventory, Lane::Health];

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Lane::Alert => "alert",
            Lane::Sighting => "sighting",
            Lane::Inventory => "inventory",
            Lane::Health => "health",
        }
    }

    /// The lane with this word, if there is one.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Lane::ALL.into_iter().find(|lane| lane.as_str() == word)
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
