//! Runs one frame through all stages in fixed order under one clock.
//!
//! [`Engine::handle_frame`] reads as the product: timers that are due, decode, copies, who speaks, which conversation, what was said, what
//! detectors think, what becomes of it. Whoever drives it hands in frames and time, and takes [`Output`]s; the same input gives the same
//! output, byte for byte, live or replayed.

mod clock;
mod copies;
mod engine;
mod output;
mod settings;
mod sight;
mod snapshot;
mod world;

pub use engine::{Command, Engine, Given};
pub use output::{Counts, Output};
pub use settings::{BudgetError, Depth, EngineError, Limits, Setup};
pub use sight::{Amount, PortHeard, PortReport, PortSight, SightState, Trouble};
pub use snapshot::{Snapshot, SnapshotError};
