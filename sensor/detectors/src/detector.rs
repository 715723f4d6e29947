//! What every detector is: what it says of itself, what it is told, what it may ask, and what it leaves behind.

use core::fmt;

use common_model::{Finding, Kind, Sighting, Subject, Timestamp};
use common_site::{Site, SiteError};
use knowledge_indicators::Indicators;
use sensor_inventory::Inventory;
use sensor_normal::{Calendar, Normal};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use toml::Value;

use crate::{Observation, Topic};

/// What a detector is: one entry in the list.
pub struct Spec {
    /// Kebab-case name of its folder.
    pub id: &'static str,
    /// Its rows of the table of kinds.
    pub kinds: &'static [&'static Kind],
    /// What it wants to be told of; nothing else comes to it.
    pub wants: &'static [Topic],
    /// The most memory it may take, in bytes.
    pub memory_bytes_max: usize,
    /// What it sees, how, why it matters, what fools it, sources.
    pub readme: &'static str,
    /// Its settings with their defaults and where each number comes from: the one place where they stand.
    pub settings_toml: &'static str,
    /// Makes one.
    pub build: fn(Settings<'_>) -> Result<Box<dyn Detector>, SiteError>,
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
    /// The clinic's settings: what stands in its `[detectors.<id>]` replaces the defaults.
    pub site: &'a Site,
    /// For its hash tables.
    pub seed: u64,
}

impl Settings<'_> {
    /// Reads the detector's own settings: its defaults, with what the clinic's replace.
    ///
    /// # Errors
    /// [`SiteError`] names the field that is wrong or unknown.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, SiteError> {
        let error = |err| SiteError::within(&format!("detectors.{}", self.spec.id), &err);
        let mut all: toml::Table = self.spec.settings_toml.parse().map_err(error)?;
        for (name, value) in self.site.detector(self.spec.id).into_iter().flatten() {
            if let Some(problem) = all.get(name).and_then(|default| unfit(default, value)) {
                return Err(SiteError::about(format!("detectors.{}.{name}", self.spec.id), problem));
            }
            all.insert(name.clone(), value.clone());
        }
        all.try_into().map_err(error)
    }
}

/// Why a value cannot stand in for this default: every setting is a number above nothing, for a limit of 0 is always reached and a limit
/// that is no number never is.
fn unfit(default: &Value, value: &Value) -> Option<String> {
    let (is_fit, wanted) = match default {
        Value::Integer(_) => (value.as_integer().is_some_and(|it| it > 0), "a whole number above 0"),
        Value::Float(_) => {
            let is_fit = match value {
                Value::Float(it) => it.is_finite() && *it > 0.0,
                value => value.as_integer().is_some_and(|it| it > 0),
            };
            (is_fit, "a number above 0")
        }
        _ => (true, ""),
    };
    (!is_fit).then(|| format!("must be {wanted}, as its default {default} is, and is {value}"))
}

/// What a detector may ask while it looks.
pub struct Context<'a> {
    /// The time now, which never goes back.
    pub now: Timestamp,
    /// The frames' own time now, for what carries a date. It may go back: count by [`Context::now`].
    pub wall_now: Timestamp,
    /// The devices.
    pub inventory: &'a Inventory,
    /// What they usually do.
    pub normal: &'a Normal,
    /// The clinic's hours.
    pub calendar: &'a dyn Calendar,
    /// What is known to be bad.
    pub indicators: &'a Indicators,
    /// What the clinic chose.
    pub site: &'a Site,
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
    /// What goes on.
    pub ongoing: Vec<Ongoing>,
}

/// A trouble that was reported goes on, and there is nothing new to say of it.
#[derive(Clone, Copy, Debug)]
pub struct Ongoing {
    /// Which row of the table.
    pub kind: &'static Kind,
    /// When.
    pub at: Timestamp,
    /// Whom it is about.
    pub device: Subject,
    /// What makes it the same trouble, as in the finding.
    pub identity: u64,
}

impl Findings {
    /// Whether there is anything.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.findings.is_empty() && self.sightings.is_empty() && self.ongoing.is_empty()
    }

    /// Takes an opinion.
    pub fn report(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Takes what is too weak for an opinion: of the finding it might have been, only what many clinics can compare.
    pub fn sight(&mut self, finding: Finding) {
        let Finding { kind, at, device, facts, .. } = finding;
        self.sightings.push(Sighting { at, kind, device, facts });
    }

    /// Takes that a trouble which was reported goes on, so that it is not taken for over. Costs no memory; say it each time.
    pub fn goes_on(&mut self, seen: &Observation<'_>, kind: &'static Kind, identity: u64) {
        let device = seen.about().subject();
        self.ongoing.push(Ongoing { kind, at: seen.at, device, identity });
    }
}

/// What a detector keeps over a restart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saved {
    /// The version of the form, counted by the detector.
    pub version: u32,
    /// The form, which is the detector's own.
    pub state: serde_json::Value,
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

impl Saved {
    /// Keeps this.
    #[must_use]
    pub fn of(version: u32, state: &impl Serialize) -> Option<Saved> {
        serde_json::to_value(state).ok().map(|state| Saved { version, state })
    }

    /// Reads it back, when it has the form of this version.
    ///
    /// # Errors
    /// [`SavedError`] when the version is another, or the form is not what it was.
    pub fn read<T: DeserializeOwned>(&self, id: &'static str, version: u32) -> Result<T, SavedError> {
        let error = |why: String| SavedError { id, version: self.version, why };
        if self.version != version {
            return Err(error(format!("version {version} is wanted")));
        }
        T::deserialize(&self.state).map_err(|err| error(err.to_string()))
    }
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
