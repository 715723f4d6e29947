//! What is known of one device.

use core::net::IpAddr;

use arrayvec::{ArrayString, ArrayVec};
use common_model::{DeviceId, DeviceType, Mac, Timestamp};

use crate::clues::Clues;

/// Most addresses kept of one device, latest first. Guess: IPv4, link-local, and a few that change daily (RFC 8981).
pub(crate) const ADDRESSES_MAX: usize = 8;

/// Longest name kept of a device, in bytes (RFC 1035 §2.3.4: a label is at most 63).
pub(crate) const NAME_BYTES_MAX: usize = 63;

/// What the clinic or its supplier said of a device: it wins over everything seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// Which device, by Ethernet address …
    pub mac: Option<Mac>,
    /// … or by address.
    pub ip: Option<IpAddr>,
    /// What the clinic calls it.
    pub name: Option<String>,
    /// What it is.
    pub device_type: Option<DeviceType>,
    /// Whether the type was confirmed.
    pub is_confirmed: bool,
}

/// One device.
#[derive(Clone, Debug)]
pub struct Device {
    /// Stays the same for ever.
    pub id: DeviceId,
    /// Its Ethernet address, once something tied it to its addresses.
    pub mac: Option<Mac>,
    /// Its addresses, latest first.
    pub ips: ArrayVec<IpAddr, ADDRESSES_MAX>,
    /// What it calls itself.
    pub announced_name: ArrayString<NAME_BYTES_MAX>,
    /// What the clinic said of it.
    pub given: Option<Given>,
    /// When it was first heard.
    pub first_seen: Timestamp,
    /// When it was last heard.
    pub last_seen: Timestamp,
    /// Carries other devices' packets.
    pub is_router: bool,
    /// What points to its type.
    pub(crate) clues: Clues,
}

impl Device {
    /// The clinic's name for it, else its own.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        let given = self.given.as_ref().and_then(|given| given.name.as_deref());
        given.or((!self.announced_name.is_empty()).then_some(self.announced_name.as_str()))
    }

    /// What it is: said, else guessed.
    #[must_use]
    pub fn device_type(&self) -> DeviceType {
        self.given.as_ref().and_then(|given| given.device_type).unwrap_or_else(|| self.clues.guess())
    }

    /// Whether somebody said what it is.
    #[must_use]
    pub fn is_type_confirmed(&self) -> bool {
        self.given.as_ref().is_some_and(|given| given.is_confirmed && given.device_type.is_some())
    }

    /// What its type was guessed from, strongest first.
    pub fn evidence(&self) -> impl Iterator<Item = &'static str> {
        self.clues.evidence()
    }

    /// Made up its own Ethernet address, as phones do: it may never be seen again.
    #[must_use]
    pub fn is_visitor(&self) -> bool {
        self.mac.is_some_and(Mac::is_randomised) && self.given.is_none()
    }

    /// Who made it, by the IEEE's list of Ethernet addresses.
    #[must_use]
    pub fn vendor(&self) -> Option<&'static str> {
        vendor(self.mac?)
    }
}

pub(crate) fn vendor(mac: Mac) -> Option<&'static str> {
    if mac.is_randomised() || mac.is_group() {
        return None;
    }
    oui_data::lookup(&mac.to_string()).map(oui_data::OuiData::organization)
}
