//! What every detector is: what it says of itself, what it is told, what it may ask, and what it leaves behind.

use core::fmt;

use common_model::{Finding, Kind, Sighting, Timestamp};
use knowledge_indicators::Indicators;
use sensor_inventory::Inventory;
use sensor_normal::{Calendar, Normal};
use serde::de::DeserializeOwned;

use crate::Observation;

/// Which observations a detector wants to be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// How conversations go.
    pub contacts: bool,
    /// ARP.
    pub arp: bool,
    /// What was said, in any protocol.
    pub said: bool,
    /// Devices heard for the first time.
    pub new_devices: bool,
}

/// What a detector is: one entry in the list.
pub struct Spec {
    /// Kebab-case name of its folder.
    pub id: &'static str,
    /// Its rows of the table of kinds.
    pub kinds: &'static [&'static Kind],
    /// What it wants to be told.
    pub wants: Wants,
    /// The most memory it may take, in bytes.
    pub memory_bytes_max: usize,
    /// What it sees, how, why it matters, what fools it, sources.
    pub readme: &'static str,
    /// Its settings with their defaults and where each number comes from: the one place where they stand.
    pub settings_toml: &'static str,
    /// Makes one.
    pub build: fn(Settings<'_>) -> Result<Box<dyn Detector>, SettingsError>,
}

impl fmt::Debug for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spec").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What a detector is built from.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// Which detector.
    pub spec: &'static Spec,
    /// Its table in the settings, `[detectors.<id>]`, if there is one: what stands there replaces the defaults.
    pub table: Option<&'a toml::Table>,
    /// For its hash tables.
    pub seed: u64,
}

/// A detector's table in the settings cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("[detectors.{id}]: {err}")]
pub struct SettingsError {
    id: &'static str,
    err: toml::de::Error,
}

impl Settings<'_> {
    /// Reads the detector's own settings: its defaults, with what the table replaces.
    ///
    /// # Errors
    /// [`SettingsError`] names the field that is wrong or unknown.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, SettingsError> {
        let error = |err| SettingsError { id: self.spec.id, err };
        let mut all: toml::Table = self.spec.settings_toml.parse().map_err(error)?;
        for (name, value) in self.table.into_iter().flatten() {
            all.insert(name.clone(), value.clone());
        }
        all.try_into().map_err(error)
    }
}

/// What a detector may ask while it looks.
pub struct Context<'a> {
    /// The time now, which never goes back.
    pub now: Timestamp,
    /// The devices.
    pub inventory: &'a Inventory,
    /// What they usually do.
    pub normal: &'a Normal,
    /// The clinic's hours.
    pub calendar: &'a dyn Calendar,
    /// What is known to be bad.
    pub indicators: &'a Indicators,
    /// Domains that the clinic trusts with odd names.
    pub trusted_domains: &'a [String],
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("now", &self.now).finish_non_exhaustive()
    }
}

/// What detectors have to say, until the engine takes it.
#[derive(Debug, Default)]
pub struct Findings {
    /// Opinions.
    pub findings: Vec<Finding>,
    /// What is too weak for one.
    pub sightings: Vec<Sighting>,
}

/// What a detector keeps over a restart: lines of text, of its own making.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// The version of what the lines mean.
    pub version: u32,
    /// The lines.
    pub lines: Vec<String>,
}

/// What was kept cannot be read; the detector starts afresh.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what {id} kept, version {version}, cannot be read: {why}")]
pub struct SavedError {
    /// Which detector.
    pub id: &'static str,
    /// The version that was kept.
    pub version: u32,
    /// What is wrong.
    pub why: String,
}

/// A detector.
pub trait Detector: Send {
    /// Is told something it wants, and may report.
    fn look(&mut self, seen: &Observation<'_>, context: &Context<'_>, out: &mut Findings);

    /// What it keeps over a restart.
    fn save(&self) -> Option<Saved> {
        None
    }

    /// Takes back what it kept.
    ///
    /// # Errors
    /// [`SavedError`] when it cannot be read; the detector is then as it was built.
    fn restore(&mut self, _saved: &Saved) -> Result<(), SavedError> {
        Ok(())
    }

    /// How much it has forgotten because its tables were full.
    fn forgotten(&self) -> u64;
}
