//! Which device: its id, its address on the wire, what it is, and how it is named in an output.

use core::fmt;
use core::net::IpAddr;
use core::str::FromStr;
use std::borrow::Cow;

/// A device of the clinic, the same in every replay: a hash of what was first known of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(pub u64);

impl fmt::Display for DeviceId {
    /// `dev-` and twelve hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dev-{:012x}", self.0 >> 16)
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An Ethernet address (EUI-48).
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// ff:ff:ff:ff:ff:ff.
    pub const BROADCAST: Mac = Mac([0xff; 6]);

    /// Broadcast or multicast: names no single device (IEEE 802, the I/G bit).
    #[must_use]
    pub const fn is_group(self) -> bool {
        self.0[0] & 1 != 0
    }

    /// All zeroes: "not known".
    #[must_use]
    pub const fn is_zero(self) -> bool {
        matches!(self.0, [0, 0, 0, 0, 0, 0])
    }

    /// Made up by the device itself, as phones do (IEEE 802, the U/L bit).
    #[must_use]
    pub const fn is_randomised(self) -> bool {
        self.0[0] & 3 == 2
    }

    /// As a number, for hashing and comparison.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        let [a, b, c, d, e, f] = self.0;
        u64::from_be_bytes([0, 0, a, b, c, d, e, f])
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Mac {
    type Err = NotAMac;

    fn from_str(text: &str) -> Result<Self, NotAMac> {
        let mut bytes = [0; 6];
        let mut parts = text.split([':', '-']);
        for byte in &mut bytes {
            let part = parts.next().filter(|part| part.len() == 2).ok_or(NotAMac)?;
            *byte = u8::from_str_radix(part, 16).map_err(|_err| NotAMac)?;
        }
        if parts.next().is_some() {
            return Err(NotAMac);
        }
        Ok(Mac(bytes))
    }
}

/// The text is not six pairs of hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAMac;

impl fmt::Display for NotAMac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an Ethernet address (six pairs of hexadecimal digits, as in 02:00:00:00:00:21)")
    }
}

impl core::error::Error for NotAMac {}

/// What a device is. Decides nouns and, when confirmed, whether an "unplug it" step may be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeviceType {
    /// Not known.
    #[default]
    Unknown,
    /// A stationary computer for staff.
    Pc,
    /// A portable computer for staff.
    Laptop,
    /// A server.
    Server,
    /// Storage on the network.
    Nas,
    /// A printer or scanner.
    Printer,
    /// A mobile phone.
    Phone,
    /// A tablet computer.
    Tablet,
    /// A desk telephone.
    Voip,
    /// A router, switch, firewall or access point.
    Router,
    /// Equipment for patients: never to be touched.
    Medical,
    /// A camera, a television, a door: something with a network plug.
    Iot,
}

impl DeviceType {
    /// All of them, in the order of their names in output.
    pub const ALL: [DeviceType; 12] = [
        DeviceType::Unknown,
        DeviceType::Pc,
        DeviceType::Laptop,
        DeviceType::Server,
        DeviceType::Nas,
        DeviceType::Printer,
        DeviceType::Phone,
        DeviceType::Tablet,
        DeviceType::Voip,
        DeviceType::Router,
        DeviceType::Medical,
        DeviceType::Iot,
    ];

    /// The word used in settings and machine-readable output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            DeviceType::Unknown => "unknown",
            DeviceType::Pc => "pc",
            DeviceType::Laptop => "laptop",
            DeviceType::Server => "server",
            DeviceType::Nas => "nas",
            DeviceType::Printer => "printer",
            DeviceType::Phone => "phone",
            DeviceType::Tablet => "tablet",
            DeviceType::Voip => "voip",
            DeviceType::Router => "router",
            DeviceType::Medical => "medical",
            DeviceType::Iot => "iot",
        }
    }

    /// The type with this word, if there is one.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        DeviceType::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// One end of a finding as an output names it: a device of the clinic or an address outside. Unknown fields are `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// Only devices of the clinic have one.
    pub id: Option<DeviceId>,
    /// The clinic's own name, else the name it announced, else (outside) the name that was looked up.
    pub name: Option<String>,
    /// Its latest address.
    pub ip: Option<IpAddr>,
    /// Its Ethernet address, where it is on the link we hear.
    pub mac: Option<Mac>,
    /// What it is.
    pub device_type: DeviceType,
    /// Whether the clinic or its supplier said so.
    pub type_confirmed: bool,
    /// Who made it, from its Ethernet address.
    pub vendor: Option<Cow<'static, str>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mac_reads_what_it_prints() {
        let mac = Mac([2, 0, 0, 0xab, 0, 0x21]);
        assert_eq!(mac.to_string().parse(), Ok(mac));
        assert_eq!("02-00-00-AB-00-21".parse(), Ok(mac));
        for wrong in ["", "02:00:00:ab:00", "02:00:00:ab:00:21:00", "2:0:0:ab:0:21", "zz:00:00:ab:00:21"] {
            assert_eq!(wrong.parse::<Mac>(), Err(NotAMac), "{wrong}");
        }
    }

    #[test]
    fn device_types_read_what_they_print() {
        for kind in DeviceType::ALL {
            assert_eq!(DeviceType::from_word(kind.as_str()), Some(kind));
        }
    }
}
