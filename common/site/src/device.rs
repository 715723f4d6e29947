//! What the clinic said of a device.

use core::net::IpAddr;

use common_model::{DeviceType, Mac};

/// A device the clinic named or confirmed, known by its Ethernet address, its network address or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedDevice {
    /// The clinic's own name for it; none where it only said what it is.
    pub name: Option<String>,
    /// Its Ethernet address. Preferred: it stays when the network address changes.
    pub mac: Option<Mac>,
    /// Its network address.
    pub ip: Option<IpAddr>,
    /// What it is.
    pub device_type: DeviceType,
    /// The clinic or its supplier said that `device_type` is right. Only then may an "unplug it" step be shown.
    pub confirmed: bool,
}
