//! The headers of one frame.

use common_model::Timestamp;
use sensor_decode::{FRAME_BYTES_MAX, Frame, LinkType, Net, PortId, Transport, Vlan, decode, quoted};

use crate::bytes::{Bytes, lies_in};

/// Every way to read a first header.
pub(crate) const LINKS: [LinkType; 7] = [
    LinkType::Ethernet,
    LinkType::Raw,
    LinkType::Ipv4,
    LinkType::Ipv6,
    LinkType::LinuxSll,
    LinkType::LinuxSll2,
    LinkType::Null,
];

/// `[link] [how much was cut off, two bytes] frame`.
pub(crate) fn frame(input: &[u8]) {
    let mut input = Bytes(input);
    let (Some(how), Some(cut)) = (input.u8(), input.u16()) else { return };
    let bytes = input.piece(FRAME_BYTES_MAX);
    let link = LINKS[usize::from(how) % LINKS.len()];
    let vlan = (how & 0x80 != 0).then_some(Vlan(7));
    let wire_len = bytes.len() as u32 + u32::from(cut);
    let frame = Frame { port: PortId(0), at: Timestamp::EPOCH, link, vlan, wire_len, bytes };
    let Ok(packet) = decode(&frame) else { return };
    if let Some(vlan) = packet.vlan {
        assert!(vlan.0 < 4_096);
    }
    match packet.net {
        Net::Ip(ip) => {
            let _key = ip.copy_key();
            assert_eq!(ip.source.is_ipv4(), ip.target.is_ipv4());
            let payload = match ip.transport {
                Transport::Tcp(tcp) => {
                    assert!(tcp.payload.len() as u64 <= u64::from(tcp.wire_payload), "more than there was");
                    tcp.payload
                }
                Transport::Udp(udp) => udp.payload,
                Transport::Icmp(icmp) => {
                    if let Some(quoted) = quoted(icmp.payload) {
                        assert_eq!(quoted.source.0.is_ipv4(), quoted.target.0.is_ipv4());
                    }
                    icmp.payload
                }
                Transport::Fragment | Transport::Other => &[],
            };
            assert!(payload.is_empty() || lies_in(payload, bytes));
        }
        Net::Arp(arp) => {
            let _key = arp.copy_key();
        }
        Net::Other(_) => {}
    }
}
