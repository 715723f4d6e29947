//! Remembers conversations and puts TCP bytes in order, within fixed memory.
//!
//! [`FlowTable::touch`] finds or opens the conversation of a packet and says what happened to it; [`reassembly`] hands a
//! conversation's bytes, in order, to whoever reads them. Neither knows what the bytes mean or which device an address is.
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

mod flow;
pub mod reassembly;
mod table;

pub use flow::{End, Ending, Flow, Happened, Protocol, Totals};
pub use table::{FlowId, FlowTable, Touched};
