//! Frames are built by `etherparse` and read by `sensor/decode`.

use core::net::{IpAddr, Ipv4Addr};
use std::collections::BTreeSet;

use common_model::{Mac, Timestamp};
use etherparse::PacketBuilder;
use proptest::prelude::*;
use sensor_decode::{Frame, IcmpKind, Net, Packet, PortId, Transport, decode, quoted};

use super::*;

const PC: [u8; 6] = [0x8c, 0xec, 0x4b, 0x5a, 0x30, 0x11];
const ROUTER: [u8; 6] = [0x5c, 0xe2, 0x8c, 0x10, 0x20, 0x01];
const GROUP: [u8; 6] = [0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb];
const INSIDE: [u8; 4] = [10, 20, 30, 11];
const OUTSIDE: [u8; 4] = [198, 51, 100, 10];

fn frame(bytes: &[u8], link: LinkType) -> Frame<'_> {
    Frame { port: PortId(0), at: Timestamp::EPOCH, link, vlan: None, wire_len: bytes.len() as u32, bytes }
}

fn read(bytes: &[u8]) -> Packet<'_> {
    decode(&frame(bytes, LinkType::Ethernet)).unwrap()
}

/// What a frame says of its ends; its checksums must be right.
fn ends(bytes: &[u8]) -> (Option<[Mac; 2]>, [IpAddr; 2], (u16, u16)) {
    let packet = read(bytes);
    let Net::Ip(ip) = packet.net else { panic!("{packet:?}") };
    assert!(!ip.has_bad_checksum, "{packet:?}");
    (packet.link.map(|link| [link.source, link.target]), [ip.source, ip.target], ip.ports())
}

fn again(bytes: &[u8], repetition: u32) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    rewrite(&mut bytes, LinkType::Ethernet, repetition);
    bytes
}

fn tcp(macs: [[u8; 6]; 2], ips: [[u8; 4]; 2], ports: [u16; 2], payload: &[u8]) -> Vec<u8> {
    let builder =
        PacketBuilder::ethernet2(macs[0], macs[1]).ipv4(ips[0], ips[1], 64).tcp(ports[0], ports[1], 7, 512);
    let mut bytes = Vec::new();
    builder.write(&mut bytes, payload).unwrap();
    bytes
}

fn udp(macs: [[u8; 6]; 2], ips: [[u8; 4]; 2], ports: [u16; 2], payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let builder = PacketBuilder::ethernet2(macs[0], macs[1]).ipv4(ips[0], ips[1], 64).udp(ports[0], ports[1]);
    builder.write(&mut bytes, payload).unwrap();
    bytes
}

fn arp(operation: u8, sender: ([u8; 6], [u8; 4]), target: ([u8; 6], [u8; 4])) -> Vec<u8> {
    let head = [0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, operation];
    [&[0xff; 6][..], &sender.0, &head, &sender.0, &sender.1, &target.0, &target.1].concat()
}

#[test]
fn the_second_office_has_its_own_addresses_and_the_outside_stays() {
    let there = again(&tcp([PC, ROUTER], [INSIDE, OUTSIDE], [40_000, 443], b"hello"), 1);
    let (macs, ips, ports) = ends(&there);
    assert_eq!(macs.unwrap().map(|mac| mac.0[3]), [0x5a ^ 0x40, 0x10 ^ 0x40]);
    assert_eq!(ips, [Ipv4Addr::new(10, 20, 30 + 64, 11), Ipv4Addr::from(OUTSIDE)].map(IpAddr::V4));
    assert_eq!(ports, (40_000, 443));
}

#[test]
fn chosen_ports_move_when_all_offices_had_their_turn() {
    let there = again(&tcp([PC, ROUTER], [INSIDE, OUTSIDE], [65_000, 443], b"hello"), 4);
    let (macs, ips, ports) = ends(&there);
    assert_eq!(macs.unwrap().map(|mac| mac.0), [PC, ROUTER]);
    assert_eq!(ips[0], IpAddr::from(INSIDE));
    assert_eq!(ports, (65_000 - 32_768 + 2_053, 443));
}

#[test]
fn both_directions_stay_one_conversation() {
    for repetition in 0..100 {
        let ask = again(&udp([PC, ROUTER], [INSIDE, [10, 20, 30, 1]], [50_000, 53], b"?"), repetition);
        let answer = again(&udp([ROUTER, PC], [[10, 20, 30, 1], INSIDE], [53, 50_000], b"!"), repetition);
        let ((macs, ips, ports), (macs_back, ips_back, ports_back)) = (ends(&ask), ends(&answer));
        assert_eq!(macs.map(|[a, b]| [b, a]), macs_back);
        assert_eq!([ips[1], ips[0]], ips_back);
        assert_eq!((ports.1, ports.0), ports_back);
    }
}

#[test]
fn sixty_repetitions_of_as_many_ports_as_one_step_are_all_distinct() {
    let mut seen = BTreeSet::new();
    for repetition in 0..60 {
        for port in [32_768, 33_000, 32_768 + 2_052] {
            let (_, ips, ports) =
                ends(&again(&tcp([PC, ROUTER], [INSIDE, OUTSIDE], [port, 443], b""), repetition));
            assert!(seen.insert((ips, ports)), "{ports:?} came twice");
        }
    }
}

#[test]
fn arp_says_what_the_frames_say() {
    let bytes = again(&arp(2, (PC, INSIDE), (ROUTER, [10, 20, 30, 1])), 3);
    let Packet { link: Some(link), net: Net::Arp(arp), .. } = read(&bytes) else { panic!("no ARP") };
    let (macs, ips, _) = ends(&again(&tcp([PC, ROUTER], [INSIDE, [10, 20, 30, 1]], [1, 2], b""), 3));
    assert_eq!(macs, Some([arp.sender_mac, arp.target_mac]));
    assert_eq!(ips, [arp.sender_ip, arp.target_ip].map(IpAddr::V4));
    assert_eq!((link.source, link.target), (arp.sender_mac, Mac([0xff; 6])));
}

#[test]
fn nobody_and_everybody_have_no_office() {
    let probe = again(&arp(1, (PC, [0; 4]), ([0; 6], INSIDE)), 2);
    let Net::Arp(arp) = read(&probe).net else { panic!("no ARP") };
    assert_eq!((arp.sender_ip, arp.target_mac), (Ipv4Addr::UNSPECIFIED, Mac([0; 6])));

    let (macs, ips, ports) =
        ends(&again(&udp([PC, GROUP], [INSIDE, [224, 0, 0, 251]], [5353, 5353], b""), 2));
    assert_eq!((macs.unwrap()[1].0, ips[1], ports), (GROUP, IpAddr::from([224, 0, 0, 251]), (5353, 5353)));
}

#[test]
fn devices_with_public_addresses_stay_who_they_are() {
    let bytes = again(&tcp([PC, ROUTER], [[192, 0, 2, 7], OUTSIDE], [40_000, 443], b""), 5);
    let (macs, ips, ports) = ends(&bytes);
    assert_eq!((macs.unwrap()[0].0, ips[0]), (PC, IpAddr::from([192, 0, 2, 7])));
    assert_eq!(ports.0, 40_000 + 2_053);
}

#[test]
fn an_icmp_error_quotes_what_was_sent() {
    let sent = udp([PC, ROUTER], [INSIDE, [10, 20, 30, 5]], [50_000, 161], b"who are you");
    // As the other end answers: the quote is the IP header and eight bytes (RFC 792).
    let mut error = Vec::new();
    let unreachable =
        etherparse::Icmpv4Type::DestinationUnreachable(etherparse::icmpv4::DestUnreachableHeader::Port);
    let builder = PacketBuilder::ethernet2(ROUTER, PC).ipv4([10, 20, 30, 5], INSIDE, 64).icmpv4(unreachable);
    builder.write(&mut error, &sent[14..14 + 28]).unwrap();

    let (sent, error) = (again(&sent, 7), again(&error, 7));
    let (_, ips, ports) = ends(&sent);
    ends(&error);
    let Net::Ip(ip) = read(&error).net else { panic!("no IP") };
    let Transport::Icmp(icmp) = ip.transport else { panic!("no ICMP") };
    assert_eq!(icmp.kind, IcmpKind::Refused);
    let quote = quoted(icmp.payload).unwrap();
    assert_eq!((quote.source, quote.target), ((ips[0], ports.0), (ips[1], ports.1)));
    assert_eq!(icmp.payload, &sent[14..14 + 28]);
}

#[test]
fn the_gateway_of_a_redirect_moves_along() {
    let sent = udp([PC, ROUTER], [INSIDE, OUTSIDE], [50_000, 161], b"");
    let mut redirect = Vec::new();
    let header = etherparse::icmpv4::RedirectHeader {
        code: etherparse::icmpv4::RedirectCode::RedirectForHost,
        gateway_internet_address: [10, 20, 30, 2],
    };
    let builder = PacketBuilder::ethernet2(ROUTER, PC).ipv4([10, 20, 30, 1], INSIDE, 64);
    builder.icmpv4(etherparse::Icmpv4Type::Redirect(header)).write(&mut redirect, &sent[14..]).unwrap();
    let there = again(&redirect, 1);
    ends(&there);
    assert_eq!(there[14 + 20 + 4..][..4], [10, 20, 30 + 64, 2]);
}

#[test]
fn a_checksum_that_was_not_computed_stays_so_and_a_wrong_one_wrong() {
    let mut without = udp([PC, ROUTER], [INSIDE, OUTSIDE], [50_000, 53], b"?");
    without[14 + 20 + 6..][..2].fill(0);
    assert_eq!(again(&without, 9)[14 + 20 + 6..][..2], [0, 0]);

    let mut wrong = tcp([PC, ROUTER], [INSIDE, OUTSIDE], [50_000, 80], b"?");
    wrong[14 + 20 + 16] ^= 1;
    let wrong = again(&wrong, 9);
    assert!(matches!(read(&wrong).net, Net::Ip(ip) if ip.has_bad_checksum));
}

#[test]
fn a_later_fragment_moves_without_touching_its_bytes() {
    let mut bytes = udp([PC, ROUTER], [INSIDE, OUTSIDE], [50_000, 53], b"payload");
    let header = &mut bytes[14..34];
    header[7] = 9;
    header[10..12].fill(0);
    let checksum = !fold(sum(header));
    header[10..12].copy_from_slice(&checksum.to_be_bytes());
    let there = again(&bytes, 5);
    let (_, ips, _) = ends(&there);
    assert_eq!(ips[0], IpAddr::from([10, 20, 30 + 64, 11]));
    assert_eq!(there[34..], bytes[34..]);
}

#[test]
fn tags_and_other_links_are_read_through() {
    let plain = tcp([PC, ROUTER], [INSIDE, OUTSIDE], [40_000, 443], b"hello");
    let there = again(&plain, 6);
    let tag = [0x81, 0, 0, 5];
    assert_eq!(
        again(&[&plain[..12], &tag, &plain[12..]].concat(), 6),
        [&there[..12], &tag, &there[12..]].concat()
    );

    let cooked = |bytes: &[u8]| [&[0, 0, 0, 1, 0, 6], &bytes[6..12], &[0, 0], &bytes[12..]].concat();
    let cooked_2 = |bytes: &[u8]| {
        let head = [8, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6];
        [&head[..], &bytes[6..12], &[0, 0], &bytes[14..]].concat()
    };
    let looped = |bytes: &[u8]| [&[2, 0, 0, 0], &bytes[14..]].concat();
    for (link, before, after) in [
        (LinkType::Raw, plain[14..].to_vec(), there[14..].to_vec()),
        (LinkType::Ipv4, plain[14..].to_vec(), there[14..].to_vec()),
        (LinkType::Null, looped(&plain), looped(&there)),
        (LinkType::LinuxSll, cooked(&plain), cooked(&there)),
        (LinkType::LinuxSll2, cooked_2(&plain), cooked_2(&there)),
    ] {
        let mut bytes = before;
        rewrite(&mut bytes, link, 6);
        assert_eq!(bytes, after, "{link}");
        assert!(decode(&frame(&bytes, link)).is_ok(), "{link}");
    }
}

fn any_end() -> impl Strategy<Value = ([u8; 4], u16)> {
    let ip = prop_oneof![
        any::<[u8; 2]>().prop_map(|[a, b]| [192, 168, a, b]),
        any::<[u8; 3]>().prop_map(|[a, b, c]| [10, a, b, c]),
        any::<[u8; 4]>()
    ];
    (ip, any::<u16>())
}

proptest! {
    #[test]
    fn checksums_stay_right_and_payloads_the_same(
        (source, from) in any_end(),
        (target, to) in any_end(),
        repetition in any::<u32>(),
        is_tcp: bool,
        payload in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let make = if is_tcp { tcp } else { udp };
        let before = make([PC, ROUTER], [source, target], [from, to], &payload);
        let there = again(&before, repetition);
        ends(&there);
        prop_assert_eq!(there.len(), before.len());
        prop_assert_eq!(&there[there.len() - payload.len()..], &payload[..]);
    }

    #[test]
    fn checksums_over_ipv6_stay_right(
        source: [u8; 16],
        target: [u8; 16],
        ports: [u16; 2],
        repetition in any::<u32>(),
        payload in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let builder = PacketBuilder::ethernet2(PC, ROUTER).ipv6(source, target, 64).udp(ports[0], ports[1]);
        let mut before = Vec::new();
        builder.write(&mut before, &payload).unwrap();
        let there = again(&before, repetition);
        let (macs, ips, _) = ends(&there);
        prop_assert_eq!(macs.unwrap().map(|mac| mac.0), [PC, ROUTER]);
        prop_assert_eq!(ips, [IpAddr::from(source), IpAddr::from(target)]);
    }

    #[test]
    fn no_bytes_make_it_panic_and_the_first_time_nothing_changes(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        ether_type in prop::sample::select(vec![0x0800_u16, 0x0806, 0x86dd, 0x8100]),
        version in prop::sample::select(vec![0x45_u8, 0x4f, 0x60, 0]),
        protocol in prop::sample::select(vec![1_u8, 6, 17]),
        repetition in any::<u32>(),
    ) {
        use LinkType::{Ethernet, Ipv4, Ipv6, LinuxSll, LinuxSll2, Null, Raw};
        for (link, at) in [(Ethernet, 14), (Raw, 0), (Ipv4, 0), (Ipv6, 0), (LinuxSll, 16), (LinuxSll2, 20), (Null, 4)] {
            let mut bytes = bytes.clone();
            if bytes.len() > at + 20 {
                bytes[at] = version;
                bytes[at + 9] = protocol;
                if at >= 14 {
                    let type_at = if at == 20 { 0 } else { at - 2 };
                    bytes[type_at..type_at + 2].copy_from_slice(&ether_type.to_be_bytes());
                }
            }
            let before = bytes.clone();
            rewrite(&mut bytes, link, 0);
            prop_assert_eq!(&bytes, &before);
            rewrite(&mut bytes, link, repetition);
        }
    }

    #[test]
    fn a_frame_that_was_cut_short_is_the_same_cut_short(len in 0_usize..60, repetition in any::<u32>()) {
        let whole = tcp([PC, ROUTER], [INSIDE, OUTSIDE], [40_000, 443], b"hello!");
        let there = again(&whole, repetition);
        let mut cut = whole[..len].to_vec();
        rewrite(&mut cut, LinkType::Ethernet, repetition);
        // What ends inside a header is left alone, so it is either as it was or as it would have been.
        prop_assert!(cut.len() < 34 && cut == whole[..len] || cut[..34] == there[..34]);
    }
}
