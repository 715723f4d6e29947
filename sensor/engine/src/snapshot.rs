//! What is kept over a restart, and shared between recordings: devices, what is normal, and what detectors keep.
//!
//! It is JSON with a version, so that a person can look into it and a newer engine can refuse it with a sentence. Times in it are the frames'
//! own. Open incidents are not in it: whoever stores them is their authority.

use core::time::Duration;
use std::collections::BTreeMap;

use common_model::{Timestamp, one_line};
use sensor_detectors::Saved;
use sensor_normal::SavedNormal;
use serde::{Deserialize, Serialize};

/// The form that is written, and the only one that is read.
const VERSION: u32 = 1;

/// Hour numbers after this are no times: the year 2554, where [`Timestamp`] ends.
const HOUR_NUMBER_MAX: u64 = u64::MAX / 1_000_000_000 / 3_600;

const WEEK: Duration = Duration::from_secs(7 * 24 * 3_600);

/// What is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    version: u32,
    /// When it was taken, in nanoseconds since the epoch.
    taken_at_ns: u64,
    pub(crate) inventory: sensor_inventory::Saved,
    pub(crate) normal: SavedNormal,
    /// By id.
    pub(crate) detectors: BTreeMap<String, Saved>,
}

/// Why a snapshot cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// It is something else, or damaged.
    #[error("not a learned profile: {0}")]
    Form(String),
    /// It is of another version of ours.
    #[error("a learned profile of version {found}, and only version {VERSION} can be read: learn anew")]
    Version {
        /// Which one.
        found: u32,
    },
    /// It says something that cannot be.
    #[error("a learned profile that cannot be: {0}")]
    Impossible(&'static str),
}

impl From<serde_json::Error> for SnapshotError {
    /// In words of ours, so that nothing is said twice and nothing of the file's reaches a terminal as it is.
    fn from(err: serde_json::Error) -> Self {
        SnapshotError::Form(one_line(&err.to_string()))
    }
}

impl Snapshot {
    pub(crate) fn new(
        taken_at: Timestamp,
        inventory: sensor_inventory::Saved,
        normal: SavedNormal,
        detectors: BTreeMap<String, Saved>,
    ) -> Self {
        Snapshot { version: VERSION, taken_at_ns: taken_at.as_nanos(), inventory, normal, detectors }
    }

    /// When it was taken.
    #[must_use]
    pub const fn taken_at(&self) -> Timestamp {
        Timestamp::from_nanos(self.taken_at_ns)
    }

    /// Its text.
    ///
    /// # Errors
    /// [`SnapshotError::Form`] when a detector keeps what JSON cannot hold: a fault of ours.
    pub fn to_json(&self) -> Result<String, SnapshotError> {
        Ok(serde_json::to_string(self)?)
    }

    /// Reads its text.
    ///
    /// # Errors
    /// [`SnapshotError`] when it is something else, of another version, or impossible.
    pub fn parse(text: &str) -> Result<Self, SnapshotError> {
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        let Head { version } = serde_json::from_str(text)?;
        if version != VERSION {
            return Err(SnapshotError::Version { found: version });
        }
        let snapshot: Snapshot = serde_json::from_str(text)?;
        let normal = &snapshot.normal;
        let hours = normal.devices.iter().map(|device| device.from);
        if hours.chain(normal.since).chain([normal.until]).any(|hour| hour > HOUR_NUMBER_MAX) {
            return Err(SnapshotError::Impossible("its hours lie after the year 2554"));
        }
        Ok(snapshot)
    }

    /// The same, moved back by whole weeks when it lies after `now`: the clock was corrected, or the recording is an old one. What hour of
    /// the week something happened stays.
    pub(crate) fn not_after(mut self, now: Timestamp) -> Snapshot {
        let ahead = self.taken_at().since(now);
        if ahead.is_zero() {
            return self;
        }
        let weeks = ahead.as_nanos().div_ceil(WEEK.as_nanos());
        let back = WEEK.saturating_mul(u32::try_from(weeks).unwrap_or(u32::MAX));
        self.taken_at_ns = (self.taken_at() - back).as_nanos();
        let hours = i64::try_from(back.as_secs() / 3_600).unwrap_or(i64::MAX);
        self.normal = self.normal.moved(hours.saturating_neg());
        for device in &mut self.inventory.devices {
            for time in [&mut device.first_seen_ns, &mut device.last_seen_ns] {
                *time = (Timestamp::from_nanos(*time) - back).as_nanos();
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_once() {
        for text in ["{\"version\":", "{\"version\":1}", "{\"version\":9}"] {
            let error = Snapshot::parse(text).unwrap_err();
            assert!(
                core::error::Error::source(&error).is_none(),
                "{error} names its cause, which would follow again"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_one_plain_line() {
        let error = Snapshot::parse("{\"version\":1,\"a\\nb\\u001b\":1}").unwrap_err().to_string();
        assert!(error.starts_with("not a learned profile") && !error.contains(char::is_control), "{error:?}");
    }
}
