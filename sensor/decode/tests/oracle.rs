//! What we read of a frame is what `etherparse` reads of it, whatever the frame; and no bytes make us panic.

#![expect(clippy::unwrap_used, reason = "a helper of a test may stop the test")]

use std::net::IpAddr;

use common_model::Timestamp;
use etherparse::{NetSlice, PacketBuilder, SlicedPacket, TransportSlice};
use proptest::prelude::*;
use sensor_decode::{Frame, LinkType, Net, PortId, Transport, decode};

fn frame(bytes: &[u8]) -> Frame<'_> {
    Frame {
        port: PortId(0),
        at: Timestamp::EPOCH,
        link: LinkType::Ethernet,
        vlan: None,
        wire_len: bytes.len() as u32,
        bytes,
    }
}

/// (source, target, source port, target port, payload) as we read it.
type Read = (IpAddr, IpAddr, u16, u16, Vec<u8>);

fn ours(bytes: &[u8]) -> Option<Read> {
    let Net::Ip(ip) = decode(&frame(bytes)).ok()?.net else { return None };
    let payload = match ip.transport {
        Transport::Tcp(tcp) => tcp.payload,
        Transport::Udp(udp) => udp.payload,
        _ => return None,
    };
    let (source_port, target_port) = ip.ports();
    Some((ip.source, ip.target, source_port, target_port, payload.to_vec()))
}

fn theirs(bytes: &[u8]) -> Option<Read> {
    let packet = SlicedPacket::from_ethernet(bytes).ok()?;
    let (source, target): (IpAddr, IpAddr) = match packet.net? {
        NetSlice::Ipv4(v4) => (v4.header().source_addr().into(), v4.header().destination_addr().into()),
        NetSlice::Ipv6(v6) => (v6.header().source_addr().into(), v6.header().destination_addr().into()),
        NetSlice::Arp(_) => return None,
    };
    match packet.transport? {
        TransportSlice::Tcp(tcp) => {
            Some((source, target, tcp.source_port(), tcp.destination_port(), tcp.payload().to_vec()))
        }
        TransportSlice::Udp(udp) => {
            Some((source, target, udp.source_port(), udp.destination_port(), udp.payload().to_vec()))
        }
        _ => None,
    }
}

fn built(kind: u8, ports: (u16, u16), payload: &[u8]) -> Vec<u8> {
    let ethernet = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]);
    let mut bytes = Vec::new();
    let written = match kind % 4 {
        0 => {
            ethernet.ipv4([10, 0, 0, 1], [192, 0, 2, 9], 64).udp(ports.0, ports.1).write(&mut bytes, payload)
        }
        1 => ethernet
            .ipv4([10, 0, 0, 1], [192, 0, 2, 9], 64)
            .tcp(ports.0, ports.1, 7, 512)
            .write(&mut bytes, payload),
        2 => ethernet
            .single_vlan(7.try_into().unwrap())
            .ipv6([0x20; 16], [0xfd; 16], 64)
            .tcp(ports.0, ports.1, 7, 512)
            .write(&mut bytes, payload),
        _ => ethernet.ipv6([0x20; 16], [0xfd; 16], 64).udp(ports.0, ports.1).write(&mut bytes, payload),
    };
    written.unwrap();
    bytes
}

proptest! {
    #[test]
    fn agrees_on_what_was_built(kind: u8, ports: (u16, u16), payload in prop::collection::vec(any::<u8>(), 0..300)) {
        let bytes = built(kind, ports, &payload);
        prop_assert!(theirs(&bytes).is_some());
        prop_assert_eq!(ours(&bytes), theirs(&bytes));
        let Net::Ip(ip) = decode(&frame(&bytes)).unwrap().net else { panic!("no IP") };
        prop_assert!(!ip.has_bad_checksum);
    }

    #[test]
    fn sees_one_flipped_bit(kind: u8, payload in prop::collection::vec(any::<u8>(), 1..300), bit in 0_u8..8) {
        let mut bytes = built(kind, (4_000, 53), &payload);
        *bytes.last_mut().unwrap() ^= 1 << bit;
        let Net::Ip(ip) = decode(&frame(&bytes)).unwrap().net else { panic!("no IP") };
        prop_assert!(ip.has_bad_checksum);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..120), ether_type in prop::sample::select(vec![0x0800_u16, 0x86dd, 0x0806, 0x8100]), wire: u16) {
        let mut bytes = bytes;
        if let Some(place) = bytes.get_mut(12..14) { place.copy_from_slice(&ether_type.to_be_bytes()); }
        for link in [0, 1, 101, 113, 228, 229, 276].map(|number| LinkType::from_pcap(number).unwrap()) {
            let read = decode(&Frame { link, wire_len: u32::from(wire), ..frame(&bytes) });
            if let Ok(packet) = read && let Net::Ip(ip) = packet.net {
                prop_assert_eq!(ip.copy_key(), ip.copy_key());
            }
        }
    }

    #[test]
    fn a_cut_frame_is_a_prefix_or_an_error(kind: u8, payload in prop::collection::vec(any::<u8>(), 0..80), keep in 0_usize..180) {
        let whole = built(kind, (4_000, 53), &payload);
        let cut = &whole[..keep.min(whole.len())];
        if let Ok(packet) = decode(&Frame { wire_len: whole.len() as u32, ..frame(cut) })
            && let Net::Ip(ip) = packet.net
            && let Transport::Tcp(tcp) = ip.transport
        {
            prop_assert!(payload.starts_with(tcp.payload));
            prop_assert_eq!(tcp.wire_payload as usize, payload.len());
        }
    }
}

#[test]
fn a_copy_on_another_vlan_with_a_hop_less_has_the_same_key() {
    let bytes = built(0, (4_000, 53), b"question");
    let key = |bytes: &[u8]| match decode(&frame(bytes)).unwrap().net {
        Net::Ip(ip) => ip.copy_key(),
        _ => panic!("no IP"),
    };
    let mut tagged = bytes.clone();
    tagged.splice(12..12, [0x81, 0, 0, 9]);
    tagged[14 + 4 + 8] -= 1;
    assert_eq!(key(&bytes), key(&tagged));
    let mut other = bytes.clone();
    *other.last_mut().unwrap() ^= 1;
    assert_ne!(key(&bytes), key(&other));
}
