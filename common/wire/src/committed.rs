//! The centre's answer to a batch: how far each lane lies on its disk.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Lane, SpoolId};

/// A lane of a spool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Which spool.
    pub spool: SpoolId,
    /// Which of its lanes.
    pub lane: Lane,
}

/// What is committed: all records up to this number, each stored or refused for good. Sent only when it is on the disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Committed {
    /// By `<spool>/<lane>`: the number of the last record. Lanes that the batch did not touch are not named.
    pub committed: BTreeMap<String, u64>,
    /// How many records of this batch were refused and lie in quarantine.
    #[serde(default)]
    pub refused: u32,
}

impl Committed {
    /// Notes how far a lane is.
    pub fn set(&mut self, at: Position, seq: u64) {
        self.committed.insert(key(at), seq);
    }

    /// How far a lane is, where the answer tells.
    #[must_use]
    pub fn of(&self, at: Position) -> Option<u64> {
        self.committed.get(&key(at)).copied()
    }
}

fn key(at: Position) -> String {
    format!("{}/{}", at.spool, at.lane)
}
