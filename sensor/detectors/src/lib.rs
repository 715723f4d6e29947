//! Says when something seen is a sign of trouble.
//!
//! A detector is one folder and one line in the list below. It hears [`Observation`]s, which are the same for every protocol, and
//! reports [`common_model::Finding`]s; whether that becomes a card, a note or nothing is decided in `sensor/incidents` by the detector's
//! rows of the table ([`Spec::kinds`]). How to add one: `docs/guide/adding-a-detector.md`.

mod detector;
mod observation;
mod prelude;
mod told;

mod arp_spoofing;
mod dns_tunnel;
mod increased_activity;
mod known_bad_contact;
mod new_device;
mod password_guessing;
mod port_scan;
mod rogue_dhcp;
mod unusual_upload;

pub use detector::{Context, Detector, Findings, Ongoing, Saved, SavedError, Settings, Spec};
pub use observation::{ArpSeen, Contact, Crossing, End, Observation, Phase, Topic, What};

/// The only list. Alphabetical; `cargo xtask tidy` compares it with the folders.
pub static ALL: &[&Spec] = &[
    &arp_spoofing::SPEC,
    &dns_tunnel::SPEC,
    &increased_activity::SPEC,
    &known_bad_contact::SPEC,
    &new_device::SPEC,
    &password_guessing::SPEC,
    &port_scan::SPEC,
    &rogue_dhcp::SPEC,
    &unusual_upload::SPEC,
];

/// All rows of the table of kinds, in the order of the list.
pub fn kinds() -> impl Iterator<Item = &'static common_model::Kind> {
    ALL.iter().flat_map(|spec| spec.kinds.iter().copied())
}

/// What `cargo xtask new detector` copies; built and tested here so that it cannot rot.
#[cfg(test)]
#[path = "../../../xtask/templates/detector/mod.rs"]
mod template;

#[cfg(test)]
mod tests;
