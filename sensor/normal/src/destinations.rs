//! Where the clinic sends data: by outside network or domain, whoever of the clinic sends.

use common_model::Timestamp;
use sensor_tables::Recent;
use serde::{Deserialize, Serialize};

/// Most destinations remembered. Guess: a clinic sends more than a megabyte to some 50 places a week.
pub(crate) const DESTINATIONS_MAX: usize = 4_096;

/// A destination as a snapshot keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedDestination {
    /// A hash of its name.
    pub key: u64,
    /// The day, since the epoch, that is in progress.
    pub day: u64,
    /// Sent there in that day, in bytes.
    pub bytes_today: u64,
    /// The most sent there in any day before it, in bytes.
    pub bytes_day_max: u64,
}

#[derive(Debug)]
pub(crate) struct Destinations {
    pub(crate) known: Recent<u64, SavedDestination>,
}

impl Destinations {
    pub(crate) fn new(seed: u64) -> Self {
        Destinations { known: Recent::new(DESTINATIONS_MAX, seed) }
    }

    /// Notes that so much was sent there.
    pub(crate) fn note(&mut self, key: u64, bytes: u64, now: Timestamp) {
        let day = now.as_secs() / 86_400;
        let fresh = SavedDestination { key, day, bytes_today: 0, bytes_day_max: 0 };
        let entry = self.known.entry(key, || fresh);
        if entry.day != day {
            entry.bytes_day_max = entry.bytes_day_max.max(entry.bytes_today);
            entry.bytes_today = 0;
            entry.day = day;
        }
        entry.bytes_today = entry.bytes_today.saturating_add(bytes);
    }
    /// Forgets what was sent there in the day in progress.
    pub(crate) fn forget_today(&mut self, key: u64) {
        if let Some(entry) = self.known.get_mut(&key) {
            entry.bytes_today = 0;
        }
    }
}
