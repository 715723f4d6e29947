//! Decides what is the same trouble, and when to speak, update and be silent.
//!
//! Findings go in, steps of incidents come out. It knows no detector: everything it needs to know of a kind of trouble stands in the
//! [`common_model::Kind`] that the finding carries, and everything it decides by stands in [`rules`].

mod incidents;
pub mod rules;

pub use incidents::{Incidents, MEMORY_BYTES_MAX, Seen};
