//! Where the clinic sends data: by outside network or domain, whoever of the clinic sends.

use common_model::Timestamp;
use sensor_tables::Recent;

/// Most destinations remembered. Guess: a clinic sends more than a megabyte to some 50 places a week.
pub(crate) const DESTINATIONS_MAX: usize = 4_096;

/// A destination as a snapshot keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavedDestination {
    /// A hash of its name.
    pub key: u64,
    /// When data was first sent there.
    pub first_at: Timestamp,
    /// When data was last sent there.
    pub last_at: Timestamp,
    /// The most sent there by one device in one report, in bytes.
    pub bytes_max: u64,
}

#[derive(Debug)]
pub(crate) struct Destinations {
    pub(crate) known: Recent<u64, SavedDestination>,
}

impl Destinations {
    pub(crate) fn new(seed: u64) -> Self {
        Destinations { known: Recent::new(DESTINATIONS_MAX, seed) }
    }

    /// Notes that so much was sent there; returns what was known of it before.
    pub(crate) fn note(&mut self, key: u64, bytes: u64, now: Timestamp) -> Option<SavedDestination> {
        let fresh = SavedDestination { key, first_at: now, last_at: now, bytes_max: 0 };
        let known = self.known.get(&key).copied();
        let entry = self.known.entry(key, || fresh);
        entry.last_at = entry.last_at.max(now);
        entry.bytes_max = entry.bytes_max.max(bytes);
        known
    }
}
