//! Makes a port one that only listens: nothing that this machine would send leaves by it, and no frame is changed before it is heard.
//!
//! Without an address and without IPv6 the kernel has nothing to say; without ARP it does not answer for addresses of its other ports either
//! (it would: Linux answers on any port for any address of the machine). What joins frames into larger ones is turned off, because what was
//! never on the wire must not be heard. It lasts until the machine restarts or the port is taken out, so it is done at each start of the
//! box, and what is right already is left alone.

use core::fmt;
use std::io;
use std::os::fd::OwnedFd;

use super::socket::{self, Toggle};
use super::{LiveError, PortName, netlink};
use crate::files::{self, FileError};

/// What is to be done on a port before it may be heard. As words it says how it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Its addresses are to be taken off.
    NoAddress,
    /// IPv6 is to be turned off.
    NoIpv6,
    /// It is not to listen to router advertisements.
    NoRouterAdvertisements,
    /// It is not to give itself addresses.
    NoAutoconfiguration,
    /// ARP is to be turned off.
    NoArp,
    /// Something that the card or the kernel does to frames is to be turned off.
    NoOffload(&'static str),
    /// It is to be brought up.
    Up,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Missing::NoAddress => f.write_str("it has addresses"),
            Missing::NoIpv6 => f.write_str("IPv6 is on"),
            Missing::NoRouterAdvertisements => f.write_str("it listens to routers"),
            Missing::NoAutoconfiguration => f.write_str("it gives itself addresses"),
            Missing::NoArp => f.write_str("it answers ARP"),
            Missing::NoOffload(what) => write!(f, "{what} is on"),
            Missing::Up => f.write_str("it is down"),
        }
    }
}

/// Files of a port under `/proc/sys/net/ipv6/conf`, what they must hold, and what it means when they do not. A kernel without IPv6 has none.
const IPV6_SETTINGS: [(&str, &str, Missing); 3] = [
    ("disable_ipv6", "1", Missing::NoIpv6),
    ("accept_ra", "0", Missing::NoRouterAdvertisements),
    ("autoconf", "0", Missing::NoAutoconfiguration),
];

/// A file of this kind holds one number.
const SETTING_BYTES_MAX: u64 = 64;

/// What cards and the kernel do to frames. Numbers: `ETHTOOL_…` and `ETH_FLAG_…` of linux/ethtool.h.
const OFFLOADS: [(&str, Toggle, Need); 5] = [
    ("joining of received frames (GRO)", Toggle { read: 0x2b, write: 0x2c, bit: 1 }, Need::Must),
    ("joining of received frames (LRO)", Toggle { read: 0x25, write: 0x26, bit: 1 << 15 }, Need::Must),
    ("splitting of sent frames (TSO)", Toggle { read: 0x1e, write: 0x1f, bit: 1 }, Need::IfItCan),
    ("splitting of sent frames (GSO)", Toggle { read: 0x23, write: 0x24, bit: 1 }, Need::IfItCan),
    // Either way the number comes in the metadata; but a card that leaves the tag alone cannot lose it.
    ("taking off VLAN tags", Toggle { read: 0x25, write: 0x26, bit: 1 << 8 }, Need::IfItCan),
];

/// Whether a port is refused while an offload is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Must,
    /// Some cards cannot turn it off, and no frame that comes in is changed by it.
    IfItCan,
}

/// Prepares a port, as root. Returns what was changed: nothing, when it was prepared.
pub fn prepare(port: &PortName) -> Result<Vec<Missing>, LiveError> {
    let found = Found::of(port)?;
    let mut changed = Vec::new();
    for missing in found.missing_in(Need::IfItCan)? {
        let done = found.mend(missing);
        match done {
            Ok(()) => changed.push(missing),
            Err(err) if err.kind() == io::ErrorKind::PermissionDenied => {
                return Err(LiveError::NotRoot(port.clone()));
            }
            Err(_) if is_optional(missing) => {}
            Err(err) => return Err(LiveError::failed("prepare", port)(err)),
        }
    }
    // A card may say yes and not do it.
    check_prepared(port)?;
    Ok(changed)
}

/// Whether a port may be heard; else the error says what is missing, and what to run.
pub fn check_prepared(port: &PortName) -> Result<(), LiveError> {
    let missing = Found::of(port)?.missing_in(Need::Must)?;
    if missing.is_empty() { Ok(()) } else { Err(LiveError::NotPrepared { port: port.clone(), missing }) }
}

fn is_optional(missing: Missing) -> bool {
    let Missing::NoOffload(what) = missing else { return false };
    OFFLOADS.iter().any(|(name, _, need)| *name == what && *need == Need::IfItCan)
}

/// A port that is there.
struct Found<'a> {
    port: &'a PortName,
    index: u32,
    asking: OwnedFd,
}

impl<'a> Found<'a> {
    fn of(port: &'a PortName) -> Result<Self, LiveError> {
        let asking = socket::asking_socket().map_err(LiveError::failed("ask about", port))?;
        let index = rustix::net::netdevice::name_to_index(&asking, port.as_str())
            .map_err(|_| LiveError::NoSuchPort(port.clone()))?;
        Ok(Self { port, index, asking })
    }

    /// What is to be done, in the order in which it must be: nothing is said while it is.
    fn missing_in(&self, need: Need) -> Result<Vec<Missing>, LiveError> {
        self.look(need).map_err(LiveError::failed("ask about", self.port))
    }

    fn look(&self, need: Need) -> io::Result<Vec<Missing>> {
        let mut missing = Vec::new();
        let flags = socket::flags(&self.asking, self.port)?;
        if flags & libc::IFF_NOARP == 0 {
            missing.push(Missing::NoArp);
        }
        for (file, wanted, means) in IPV6_SETTINGS {
            let is_right = match files::read_text_capped(self.ipv6_setting(file).as_ref(), SETTING_BYTES_MAX)
            {
                Ok(is) => is.trim() == wanted,
                Err(FileError::Read { err, .. }) => err.kind() == io::ErrorKind::NotFound,
                Err(_) => false,
            };
            if !is_right {
                missing.push(means);
            }
        }
        if !netlink::addresses(self.index)?.is_empty() {
            missing.push(Missing::NoAddress);
        }
        for (what, toggle, needed) in OFFLOADS {
            let asked = need == Need::IfItCan || needed == Need::Must;
            if asked && socket::is_on(&self.asking, self.port, toggle)? == Some(true) {
                missing.push(Missing::NoOffload(what));
            }
        }
        if flags & libc::IFF_UP == 0 {
            missing.push(Missing::Up);
        }
        Ok(missing)
    }

    fn mend(&self, missing: Missing) -> io::Result<()> {
        match missing {
            Missing::NoArp => self.set_flag(libc::IFF_NOARP),
            Missing::Up => self.set_flag(libc::IFF_UP),
            Missing::NoAddress => netlink::addresses(self.index)?
                .into_iter()
                .try_for_each(|it| netlink::take_off(self.index, it)),
            Missing::NoOffload(what) => match OFFLOADS.iter().find(|(name, _, _)| *name == what) {
                Some((_, toggle, _)) => socket::turn_off(&self.asking, self.port, *toggle),
                None => Ok(()),
            },
            Missing::NoIpv6 | Missing::NoRouterAdvertisements | Missing::NoAutoconfiguration => {
                match IPV6_SETTINGS.iter().find(|(_, _, means)| *means == missing) {
                    Some((file, wanted, _)) => std::fs::write(self.ipv6_setting(file), wanted),
                    None => Ok(()),
                }
            }
        }
    }

    fn set_flag(&self, flag: core::ffi::c_int) -> io::Result<()> {
        let flags = socket::flags(&self.asking, self.port)?;
        socket::set_flags(&self.asking, self.port, flags | flag)
    }

    fn ipv6_setting(&self, file: &str) -> String {
        format!("/proc/sys/net/ipv6/conf/{}/{file}", self.port)
    }
}
