//! Says what was said, as facts, for each protocol.
//!
//! A protocol is one folder and one line in the list below. It reads bytes ([`Input`]) of one side of one conversation and hands out
//! [`Event`]s; which conversation, which device and when is the business of those who call it. How to add one:
//! `docs/guide/adding-a-protocol.md`.
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

mod any;
pub mod certificate;
mod cursor;
mod event;
mod protocol;
#[cfg(test)]
mod talk;
mod text;

pub mod dhcp;
pub mod dns;
pub mod ftp;
pub mod http;
pub mod ssh;
pub mod tls;

// The only list. Alphabetical; `cargo xtask tidy` compares it with the folders.
any::protocols! {
    Dhcp(dhcp),
    Dns(dns),
    Ftp(ftp),
    Http(http),
    Ssh(ssh),
    Tls(tls),
}

pub use event::{
    AddressServer, Announce, Anomaly, Event, Fingerprint, FingerprintMethod, Lease, Login, LoginOutcome,
    LookupPhase, NameLookup, Request, Software,
};
pub use protocol::{Carrier, Input, Probe, Progress, Protocol, Side, Spec};

/// What `cargo xtask new protocol` copies; built and tested here so that it cannot rot.
#[cfg(test)]
#[path = "../../../xtask/templates/protocol/mod.rs"]
pub mod template;

#[cfg(test)]
mod tests;
