//! Shows the headers inside a frame without copying it.
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

mod frame;

pub use frame::{FRAME_BYTES_MAX, Frame, LinkType, PORTS_MAX, PortId, Vlan};
