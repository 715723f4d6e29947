//! What the engine is made from: what the clinic chose, what is known to be bad, what was learned, and how much memory it may take.

use std::sync::Arc;

use common_model::Incident;
use common_site::{KnownRule, Monitored, Site, SiteError};
use knowledge_indicators::Indicators;
use sensor_detectors::ALL as DETECTORS;
use sensor_flow::FlowTable;
use sensor_flow::reassembly::Pool;
use sensor_inventory::{Inside, Inventory};
use sensor_normal::{Calendar, HourOf, Normal};

use crate::Snapshot;
use crate::copies::Copies;
use crate::engine::Conversation;
use crate::world::World;

/// Everything that an engine is made from.
#[derive(Debug, Default)]
pub struct Setup {
    /// What the clinic chose.
    pub site: Arc<Site>,
    /// What is known to be bad.
    pub indicators: Arc<Indicators>,
    /// What was learned before.
    pub learned: Option<Snapshot>,
    /// The incidents that were open before a restart, as they were last told of.
    pub open: Vec<Incident>,
    /// How much memory it may take.
    pub limits: Limits,
    /// How far frames walk.
    pub depth: Depth,
    /// Feeds hash tables, and nothing else.
    pub seed: u64,
}

/// How large the tables are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most conversations at once.
    pub flows_max: usize,
    /// Most windows for bytes out of order or unread.
    pub windows_max: u16,
    /// All tables together may not be larger than this, in bytes.
    pub memory_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            // Guess: a clinic of twenty PCs has some 2,000 in an hour's patience; eight times that, for a scan.
            flows_max: 16_384,
            // Guess: handshakes in progress at once, and some reordering. Each is `sensor_flow::reassembly::WINDOW_BYTES`.
            windows_max: 256,
            // The whole process shall stay under 64 MiB with all tables full; this is the tables' part.
            memory_bytes_max: 48 << 20,
        }
    }
}

impl Limits {
    /// What each table may take, in bytes.
    #[must_use]
    pub fn tables(&self) -> Vec<(&'static str, usize)> {
        let mut tables = vec![
            ("conversations", FlowTable::<Conversation>::memory_bytes(self.flows_max)),
            ("reassembly", Pool::memory_bytes(self.windows_max)),
            ("devices", Inventory::memory_bytes_max()),
            ("habits", Normal::memory_bytes_max()),
            ("copies", Copies::memory_bytes()),
            ("incidents", sensor_incidents::MEMORY_BYTES_MAX),
            ("outputs", World::OUTPUTS_BYTES_MAX),
        ];
        tables.extend(DETECTORS.iter().map(|spec| (spec.id, spec.memory_bytes_max)));
        tables
    }

    /// Whether the tables fit in the memory that they may take.
    pub(crate) fn fit(&self) -> Result<(), BudgetError> {
        let mut parts = self.tables();
        if parts.iter().map(|(_, bytes)| bytes).sum::<usize>() <= self.memory_bytes_max {
            return Ok(());
        }
        parts.sort_by_key(|(_, bytes)| core::cmp::Reverse(*bytes));
        Err(BudgetError { parts, memory_bytes_max: self.memory_bytes_max })
    }
}

/// How far frames walk: a bench stops early to learn what each stage costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Headers are read.
    Decode,
    /// Copies are left out; devices and conversations are remembered.
    Flows,
    /// What was said is read.
    Protocols,
    /// All the way.
    #[default]
    Detectors,
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
        write!(f, "the tables would take {sum} bytes, more than the {} they may:", self.memory_bytes_max)?;
        for (part, bytes) in self.parts.iter().take(4) {
            write!(f, " {part} {bytes}")?;
        }
        Ok(())
    }
}

impl core::error::Error for BudgetError {}

/// Why an engine cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The tables do not fit.
    #[error(transparent)]
    Budget(#[from] BudgetError),
    /// The settings of a detector are wrong.
    #[error(transparent)]
    Site(#[from] SiteError),
}

/// The segments that the clinic listed, or none: then inside is found out from the traffic.
pub(crate) fn inside(site: &Site) -> Inside {
    match &site.monitored {
        Monitored::Segments(segments) => Inside::new(segments.clone()),
        Monitored::Automatic | Monitored::WholeNetwork { .. } => Inside::default(),
    }
}

/// Settings may only name detectors and kinds that are there, and each detector must understand its own.
pub(crate) fn check(site: &Site) -> Result<(), SiteError> {
    let ids = || DETECTORS.iter().map(|spec| spec.id);
    if let Some(wrong) = site.detectors.keys().find(|named| ids().all(|id| id != named.as_str())) {
        return Err(SiteError::no_such(format!("detectors.{wrong}"), 0, wrong, ids()));
    }
    let kinds = || sensor_detectors::kinds().map(|kind| kind.id);
    let names_none = |rule: &KnownRule| kinds().all(|kind| kind != rule.kind);
    if let Some((nth, wrong)) = site.known.iter().enumerate().find(|(_, rule)| names_none(rule)) {
        return Err(SiteError::no_such("known.kind", nth, &wrong.kind, kinds()));
    }
    for spec in DETECTORS {
        (spec.build)(sensor_detectors::Settings { spec, site, seed: 0 })?;
    }
    Ok(())
}

/// The clinic's hours, on the clinic's own clock.
pub(crate) struct Hours<'a>(pub(crate) &'a Site);

impl Calendar for Hours<'_> {
    fn hour_of(&self, at: common_model::Timestamp) -> HourOf {
        let local = self.0.local_hour(at);
        // 167 at most.
        let hour_of_week = u8::try_from(local.hour_of_week).unwrap_or(0);
        HourOf { hour_of_day: local.hour_of_day, hour_of_week, is_open: self.0.is_open(at) }
    }
}
