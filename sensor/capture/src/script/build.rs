//! Builds frames, with right lengths and checksums, and puts them on the tape. Knows headers, not conversations.
//!
//! `cut` says how many zero bytes stand at the end of a frame on the wire and are not kept, as with a short snap length. Zeroes add nothing to
//! a checksum, so that it is right for the whole frame.

use core::net::{IpAddr, Ipv6Addr};
use core::time::Duration;

use common_model::{Mac, Timestamp};

use super::tape::Tape;
use super::words::Said;

/// Longest frame on the wire without its checksum, in bytes (IEEE 802.3: 14 of header, 1,500 of content).
const FRAME_BYTES_MAX: usize = 1_514;

/// Content of the longest frame, in bytes.
pub(super) const PAYLOAD_BYTES_MAX: usize = FRAME_BYTES_MAX - 14;

/// What is said where only its length counts.
pub(super) const ZEROES: &[u8; PAYLOAD_BYTES_MAX] = &[0; PAYLOAD_BYTES_MAX];

/// Shortest frame without its checksum, in bytes; what is shorter is padded (IEEE 802.3: 64 with it).
const FRAME_BYTES_MIN: usize = 60;

/// What most systems begin with (RFC 1700: 64), and a guess of what is left of it after a way through the Internet.
const HOPS_NEAR: u8 = 64;
const HOPS_FAR: u8 = 52;

/// So long until a device of this net answers. Guess: a switch takes some microseconds, a PC some hundred.
const ANSWERS_NEAR_AFTER: Duration = Duration::from_micros(200);

/// So long until somebody out there answers. Guess: a server in the same country.
const ANSWERS_FAR_AFTER: Duration = Duration::from_millis(12);

/// Content of an Ethernet frame (IEEE 802 numbers).
pub(super) mod ether_type {
    pub(crate) const IPV4: u16 = 0x0800;
    pub(crate) const ARP: u16 = 0x0806;
    pub(crate) const IPV6: u16 = 0x86dd;
}

/// Content of an IP packet (IANA protocol numbers).
mod protocol {
    pub(super) const ICMP: u8 = 1;
    pub(super) const TCP: u8 = 6;
    pub(super) const UDP: u8 = 17;
    pub(super) const ICMP_V6: u8 = 58;
}

/// One end of a packet, as this net sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Station {
    /// The gateway's, for an address out there.
    pub(super) mac: Mac,
    pub(super) ip: IpAddr,
    /// What is left of it when a packet from there is heard.
    pub(super) hop_limit: u8,
    /// So long after a packet to it its answer is heard.
    pub(super) answers_after: Duration,
}

impl Station {
    /// On this net.
    pub(super) const fn near(mac: Mac, ip: IpAddr) -> Self {
        Station { mac, ip, hop_limit: HOPS_NEAR, answers_after: ANSWERS_NEAR_AFTER }
    }

    /// Behind the gateway with this Ethernet address.
    pub(super) const fn far(gateway: Mac, ip: IpAddr) -> Self {
        Station { mac: gateway, ip, hop_limit: HOPS_FAR, answers_after: ANSWERS_FAR_AFTER }
    }

    /// Most payload of a packet between this and its like, in bytes, behind a transport header of this length.
    pub(super) const fn payload_max(&self, transport_header: usize) -> usize {
        let ip_header = if self.ip.is_ipv4() { 20 } else { 40 };
        PAYLOAD_BYTES_MAX - ip_header - transport_header
    }
}

/// A TCP segment without its payload.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment<'s> {
    pub(super) ports: [u16; 2],
    pub(super) seq: u32,
    pub(super) ack: u32,
    pub(super) flags: u8,
    /// A whole number of 32-bit words.
    pub(super) options: &'s [u8],
}

/// An ICMP message without its payload; its type and code are those of the version that fits the addresses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Icmp {
    pub(super) kind: u8,
    pub(super) code: u8,
    /// The four bytes behind the checksum.
    pub(super) rest: [u8; 4],
}

impl Tape {
    /// A frame of anything.
    pub(super) fn ethernet(
        &mut self,
        at: Timestamp,
        [from, to]: [Mac; 2],
        ether_type: u16,
        body: &[u8],
        cut: usize,
    ) -> Said<()> {
        let mut frame = [&to.0[..], &from.0, &ether_type.to_be_bytes(), body].concat();
        let wire_len = frame.len() + cut;
        if wire_len > FRAME_BYTES_MAX {
            return Err(format!("a frame of {wire_len} bytes fits no Ethernet ({FRAME_BYTES_MAX} at most)"));
        }
        if cut == 0 {
            frame.resize(wire_len.max(FRAME_BYTES_MIN), 0);
        }
        self.record(at, &frame, wire_len.max(FRAME_BYTES_MIN) as u32)
    }

    /// A TCP segment.
    pub(super) fn tcp(
        &mut self,
        at: Timestamp,
        ends: [&Station; 2],
        segment: &Segment<'_>,
        payload: &[u8],
        cut: usize,
    ) -> Said<()> {
        let Segment { ports: [source, target], seq, ack, flags, options } = *segment;
        let header_words = 5 + (options.len() / 4) as u8;
        let mut body = Vec::with_capacity(20 + options.len() + payload.len());
        body.extend(source.to_be_bytes());
        body.extend(target.to_be_bytes());
        body.extend(seq.to_be_bytes());
        body.extend(ack.to_be_bytes());
        // A window of 64,240 bytes, as common systems begin with; no checksum yet; nothing urgent.
        body.extend([header_words << 4, flags, 0xfa, 0xf0, 0, 0, 0, 0]);
        body.extend(options);
        body.extend(payload);
        let packet = self.packet(ends, protocol::TCP, body, cut);
        self.ip(at, ends, &packet, cut)
    }

    /// A UDP datagram.
    pub(super) fn udp(
        &mut self,
        at: Timestamp,
        ends: [&Station; 2],
        ports: [u16; 2],
        payload: &[u8],
        cut: usize,
    ) -> Said<()> {
        let packet = self.datagram(ends, ports, payload, cut);
        self.ip(at, ends, &packet, cut)
    }

    /// A UDP datagram, and the answer that there is nobody at its port.
    pub(super) fn udp_refused(
        &mut self,
        at: Timestamp,
        [client, server]: [&Station; 2],
        ports: [u16; 2],
        payload: &[u8],
    ) -> Said<Timestamp> {
        let packet = self.datagram([client, server], ports, payload, 0);
        self.ip(at, [client, server], &packet, 0)?;
        let answered = at + server.answers_after;
        // Destination unreachable, port unreachable (RFC 792, RFC 4443 §3.1).
        let (kind, code) = if server.ip.is_ipv4() { (3, 3) } else { (1, 4) };
        self.icmp(answered, [server, client], Icmp { kind, code, rest: [0; 4] }, &packet)?;
        Ok(answered)
    }

    /// An ICMP message.
    pub(super) fn icmp(
        &mut self,
        at: Timestamp,
        ends: [&Station; 2],
        icmp: Icmp,
        payload: &[u8],
    ) -> Said<()> {
        let number = if ends[0].ip.is_ipv4() { protocol::ICMP } else { protocol::ICMP_V6 };
        let body = [&[icmp.kind, icmp.code, 0, 0], &icmp.rest[..], payload].concat();
        let packet = self.packet(ends, number, body, 0);
        self.ip(at, ends, &packet, 0)
    }

    fn datagram(
        &self,
        ends: [&Station; 2],
        [source, target]: [u16; 2],
        payload: &[u8],
        cut: usize,
    ) -> Vec<u8> {
        let len = (8 + payload.len() + cut) as u16;
        let header = [source.to_be_bytes(), target.to_be_bytes(), len.to_be_bytes(), [0; 2]].concat();
        self.packet(ends, protocol::UDP, [&header, payload].concat(), cut)
    }

    /// An IP packet around a transport whose checksum is still zero.
    fn packet(&self, [from, to]: [&Station; 2], number: u8, mut body: Vec<u8>, cut: usize) -> Vec<u8> {
        let len = body.len() + cut;
        let pseudo = if number == protocol::ICMP {
            0
        } else {
            address_sum(from.ip) + address_sum(to.ip) + u64::from(number) + len as u64
        };
        let mut checksum = !folded(sum(&body) + pseudo);
        if number == protocol::UDP && checksum == 0 {
            // RFC 768: zero would say "not computed".
            checksum = 0xffff;
        }
        let at = match number {
            protocol::TCP => 16,
            protocol::UDP => 6,
            _ => 2,
        };
        if let Some(field) = body.get_mut(at..at + 2) {
            field.copy_from_slice(&checksum.to_be_bytes());
        }
        let mut packet = match (from.ip, to.ip) {
            (IpAddr::V4(source), IpAddr::V4(target)) => {
                // The number of the frame tells packets of the same words apart.
                let [[len_high, len_low], [id_high, id_low]] =
                    [(20 + len) as u16, self.frames() as u16].map(u16::to_be_bytes);
                let mut header =
                    vec![0x45, 0, len_high, len_low, id_high, id_low, 0x40, 0, from.hop_limit, number, 0, 0];
                header.extend(source.octets());
                header.extend(target.octets());
                let checksum = !folded(sum(&header));
                header[10..12].copy_from_slice(&checksum.to_be_bytes());
                header
            }
            (source, target) => {
                let [len_high, len_low] = (len as u16).to_be_bytes();
                let mut header = vec![0x60, 0, 0, 0, len_high, len_low, number, from.hop_limit];
                header.extend(mapped(source).octets());
                header.extend(mapped(target).octets());
                header
            }
        };
        packet.append(&mut body);
        packet
    }

    fn ip(&mut self, at: Timestamp, [from, to]: [&Station; 2], packet: &[u8], cut: usize) -> Said<()> {
        let ether_type =
            if from.ip.is_ipv4() && to.ip.is_ipv4() { ether_type::IPV4 } else { ether_type::IPV6 };
        self.ethernet(at, [from.mac, to.mac], ether_type, packet, cut)
    }
}

const fn mapped(ip: IpAddr) -> Ipv6Addr {
    match ip {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    }
}

fn address_sum(ip: IpAddr) -> u64 {
    match ip {
        IpAddr::V4(v4) => sum(&v4.octets()),
        IpAddr::V6(v6) => sum(&v6.octets()),
    }
}

/// The sum of 16-bit words (RFC 1071), not yet folded.
fn sum(bytes: &[u8]) -> u64 {
    let (words, odd) = bytes.as_chunks::<2>();
    let words: u64 = words.iter().map(|word| u64::from(u16::from_be_bytes(*word))).sum();
    words + odd.first().map_or(0, |byte| u64::from(*byte) << 8)
}

const fn folded(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}
