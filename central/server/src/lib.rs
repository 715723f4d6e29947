//! The centre: takes batches from boxes and brings them letters (`line`), and shows the desk what there is (`desk`).
//!
//! Two doors. Boxes come over mutual TLS, with certificates of the centre's own authority (`identity`, `tls`, `door`); people at the desk come to an
//! address of this machine alone, with a session (`desk/guard`). `jobs` does what time asks for: keys of epochs, findings, what was seen. What is
//! decided stands in `central/core`, what is kept in `central/store`.

mod allowance;
mod app;
mod desk;
mod door;
mod identity;
mod jobs;
mod line;
mod refusals;
mod serve;
mod sign_ins;
mod tls;

pub use app::{App, machine_time, random as random_bytes, random_hex};
pub use desk::{link_text, new_link, open_api};
pub use identity::{Identity, Issued};
pub use serve::{Addresses, Options, open_store, serve};

#[cfg(test)]
mod tests;
