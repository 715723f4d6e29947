//! Tables of fixed size that forget what was silent longest, and counters over windows of time.
//!
//! Whatever counts by something that the network chooses (addresses, names, ports) counts in one of these, so that no flood makes the
//! box grow. What was forgotten is counted, so that nobody takes a full table for a quiet network.
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

mod distinct;
mod recent;
mod window;

pub use distinct::Distinct;
pub use recent::Recent;
pub use window::{DistinctPerWindow, Growth, Halves, Sum, SumPerWindow, half_of};
