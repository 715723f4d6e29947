//! Shows the headers inside a frame without copying it.
//!
//! [`decode`] is one function from a [`Frame`] to a [`Packet`]: Ethernet, VLAN tags, Linux cooked and raw captures, ARP, IPv4, IPv6 with
//! its extension headers, TCP, UDP and ICMP. It remembers nothing; what belongs together is `sensor/flow`'s business.
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

mod checksum;
mod frame;
mod packet;

pub use frame::{FRAME_BYTES_MAX, Frame, LinkType, PORTS_MAX, PortId, Vlan};
pub use packet::{
    Arp, Icmp, IcmpKind, Ip, Link, Net, Packet, Quoted, Tcp, TcpFlags, Transport, Udp, Undecodable, decode,
    link_prefixes, quoted,
};
