//! What is known of one device.

use core::net::IpAddr;

use arrayvec::{ArrayString, ArrayVec};
use common_model::{DeviceId, DeviceType, Mac, Timestamp};
use common_site::NamedDevice;
use sensor_decode::{PORTS_MAX, PortId};

use crate::clues::Clues;
use crate::inventory::{Hearing, ROUTED_NETS_MIN};

/// Most addresses kept of one device, latest first. Guess: IPv4, link-local, and a few that change daily (RFC 8981).
pub(crate) const ADDRESSES_MAX: usize = 8;

/// Longest name kept of a device, in bytes (RFC 1035 §2.3.4: a label is at most 63).
pub(crate) const NAME_BYTES_MAX: usize = 63;

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
    /// What the clinic or its supplier said of it: it wins over everything seen.
    pub given: Option<NamedDevice>,
    /// When it was first heard.
    pub first_seen: Timestamp,
    /// When it was last heard.
    pub last_seen: Timestamp,
    /// Carries other devices' packets.
    pub is_router: bool,
    /// Networks that are not the clinic's whose packets it carried, until there are enough of them.
    pub(crate) routed_nets: ArrayVec<u32, ROUTED_NETS_MIN>,
    /// What points to its type.
    pub(crate) clues: Clues,
    /// One bit for each port that heard it this hour: at all, and speaking to one device.
    pub(crate) ports: [u8; 2],
}

// Each port has its bit.
const _: () = assert!(PORTS_MAX <= 8);

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
        let said = self.given.as_ref().map(|given| given.device_type);
        said.filter(|said| *said != DeviceType::Unknown).unwrap_or_else(|| self.clues.guess())
    }

    /// Whether somebody said what it is.
    #[must_use]
    pub fn is_type_confirmed(&self) -> bool {
        self.given.as_ref().is_some_and(|given| given.confirmed)
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

    /// Whether this port heard it this hour.
    #[must_use]
    pub const fn is_heard_by(&self, port: PortId) -> bool {
        let [any, _] = self.ports;
        any & bit(port) != 0
    }

    /// Whether this port heard it this hour, and only speaking to all.
    #[must_use]
    pub const fn speaks_only_to_all(&self, port: PortId) -> bool {
        let [any, direct] = self.ports;
        any & !direct & bit(port) != 0
    }

    pub(crate) const fn heard_on(&mut self, Hearing { port, is_direct }: Hearing) {
        let [any, direct] = &mut self.ports;
        *any |= bit(port);
        if is_direct {
            *direct |= bit(port);
        }
    }

    pub(crate) const fn begin_hour(&mut self) {
        self.ports = [0; 2];
    }

    /// Who made it, by the IEEE's list of Ethernet addresses.
    #[must_use]
    pub fn vendor(&self) -> Option<&'static str> {
        vendor(self.mac?)
    }
}

pub(crate) fn vendor(mac: Mac) -> Option<&'static str> {
    // Addresses of protocols and of documents (RFC 9542) are nobody's make.
    let is_of_protocol = matches!(mac.0, [0x00, 0x00, 0x5e, ..]);
    if mac.is_randomised() || mac.is_group() || is_of_protocol {
        return None;
    }
    oui_data::lookup(&mac.to_string()).map(oui_data::OuiData::organization)
}

const fn bit(port: PortId) -> u8 {
    // A port beyond the last has none.
    if port.0 < 8 { 1 << port.0 } else { 0 }
}
