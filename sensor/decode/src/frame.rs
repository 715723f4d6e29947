//! What capture hands over: a frame with its time, borrowed, never copied.

use core::fmt;

use common_model::Timestamp;

/// Longest frame that is read; longer ones are cut (their wire length still counts). An IPv4 packet ends at 65 535 bytes
/// (RFC 791 §3.1), and offloads on a mirroring host hand over frames of that size.
pub const FRAME_BYTES_MAX: usize = 65_535 + 64;

/// Most ports one box listens on. Guess: two one-way taps for two segments; revisit after the pilot.
pub const PORTS_MAX: usize = 8;

/// Which capture port (or pcapng interface) heard a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortId(pub u8);

/// An 802.1Q VLAN number, 0 to 4 095.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vlan(pub u16);

/// How the first header of a frame is to be read. Numbers are those of the pcap link-type registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkType {
    /// Ethernet (1).
    Ethernet,
    /// IPv4 or IPv6 without any link header (101; 12 and 14 on some systems).
    Raw,
    /// IPv4 only (228).
    Ipv4,
    /// IPv6 only (229).
    Ipv6,
    /// Linux cooked capture v1 (113).
    LinuxSll,
    /// Linux cooked capture v2 (276).
    LinuxSll2,
    /// BSD loopback: four bytes of address family (0).
    Null,
}

impl LinkType {
    /// The link type with this number in the pcap registry, if we read it.
    #[must_use]
    pub const fn from_pcap(number: u32) -> Option<Self> {
        Some(match number {
            0 => LinkType::Null,
            1 => LinkType::Ethernet,
            12 | 14 | 101 => LinkType::Raw,
            113 => LinkType::LinuxSll,
            228 => LinkType::Ipv4,
            229 => LinkType::Ipv6,
            276 => LinkType::LinuxSll2,
            _ => return None,
        })
    }
}

impl fmt::Display for LinkType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A frame with its time.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Who heard it.
    pub port: PortId,
    /// When, by the clock of whoever heard it.
    pub at: Timestamp,
    /// How to read its first header.
    pub link: LinkType,
    /// The VLAN that the network card took off (live capture only); tags in the bytes are read by decode.
    pub vlan: Option<Vlan>,
    /// How long it was on the wire, in bytes: a snapped frame weighs what it weighed.
    pub wire_len: u32,
    /// What was kept of it.
    pub bytes: &'a [u8],
}
