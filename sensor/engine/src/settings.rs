//! What the engine is told once: where inside is, what the clinic said, how much memory it may take.

use std::collections::BTreeMap;

use common_model::Timestamp;
use sensor_detectors::SettingsError;
use sensor_inventory::{Given, Inside};
use sensor_normal::{Calendar, HourOf};

/// Something the clinic said that it knows: no card for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRule {
    /// Which kind of trouble.
    pub kind: String,
    /// Of which device.
    pub device: Given,
    /// Until when; without it for ever.
    pub until: Option<Timestamp>,
}

/// What the engine is told once.
pub struct Settings {
    /// Where inside is.
    pub inside: Inside,
    /// What the clinic said of its devices.
    pub given: Vec<Given>,
    /// What it knows.
    pub known: Vec<KnownRule>,
    /// Domains with odd names that it trusts.
    pub trusted_domains: Vec<String>,
    /// Its hours.
    pub calendar: Box<dyn Calendar + Send>,
    /// `[detectors.<id>]`.
    pub detectors: BTreeMap<String, toml::Table>,
    /// Most conversations at once.
    pub flows_max: usize,
    /// Most windows for bytes out of order or unread.
    pub windows_max: u16,
    /// All tables together may not be larger than this, in bytes.
    pub memory_bytes_max: usize,
}

impl core::fmt::Debug for Settings {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Settings").field("inside", &self.inside).finish_non_exhaustive()
    }
}

impl Default for Settings {
    /// A clinic of which nothing is known, open on weekdays from 8 to 16 UTC.
    fn default() -> Self {
        Settings {
            inside: Inside::default(),
            given: Vec::new(),
            known: Vec::new(),
            trusted_domains: Vec::new(),
            calendar: Box::new(Utc),
            detectors: BTreeMap::new(),
            flows_max: FLOWS_MAX,
            windows_max: WINDOWS_MAX,
            memory_bytes_max: MEMORY_BYTES_MAX,
        }
    }
}

/// Most conversations at once. Guess: a clinic of twenty PCs has some 2,000 in an hour's patience; four times that, and room for a scan.
pub(crate) const FLOWS_MAX: usize = 16_384;

/// Most windows of [`sensor_flow::reassembly::WINDOW_BYTES`]. Guess: handshakes in progress at once, and some reordering.
pub(crate) const WINDOWS_MAX: u16 = 256;

/// The whole process shall stay under 64 MiB with all tables full; this is the tables' part.
pub(crate) const MEMORY_BYTES_MAX: usize = 48 << 20;

struct Utc;

impl Calendar for Utc {
    fn hour_of(&self, at: Timestamp) -> HourOf {
        let hours = at.as_secs() / 3_600;
        let hour_of_day = (hours % 24) as u8;
        // 1970-01-01 was a Thursday.
        let weekday = ((hours / 24 + 3) % 7) as u8;
        HourOf {
            hour_of_day,
            hour_of_week: weekday * 24 + hour_of_day,
            is_open: weekday < 5 && (8..16).contains(&hour_of_day),
        }
    }
}

/// The tables do not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetError {
    /// What they would take, in bytes, the largest first.
    pub parts: Vec<(&'static str, usize)>,
    /// What they may take, in bytes.
    pub memory_bytes_max: usize,
}

impl core::fmt::Display for BudgetError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let sum = self.parts.iter().map(|(_, bytes)| bytes).sum::<usize>();
        write!(
            f,
            "the tables would take {sum} bytes, more than memory_bytes_max = {}:",
            self.memory_bytes_max
        )?;
        for (part, bytes) in self.parts.iter().take(4) {
            write!(f, " {part} {bytes}")?;
        }
        Ok(())
    }
}

impl core::error::Error for BudgetError {}

/// Why an engine cannot be made.
#[derive(Debug)]
pub enum EngineError {
    /// The tables do not fit.
    Budget(BudgetError),
    /// A detector's settings are wrong.
    Detector(SettingsError),
    /// There is no detector of this name.
    NoSuchDetector(String),
}

impl core::fmt::Display for EngineError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            EngineError::Budget(err) => err.fmt(f),
            EngineError::Detector(err) => err.fmt(f),
            EngineError::NoSuchDetector(id) => write!(f, "[detectors.{id}]: there is no such detector"),
        }
    }
}

impl core::error::Error for EngineError {}
