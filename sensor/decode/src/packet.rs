//! Reads the headers of one frame into one small struct that borrows the frame.
//!
//! Every length is checked once, here; what stands in a [`Packet`] is safe to use. Fragments after the first and protocols that we do
//! not know are told apart, not guessed at. Nothing is put together across frames: that is `sensor/flow`'s work.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use common_model::Mac;
use common_model::hash::StableHash;

use crate::checksum;
use crate::frame::{Frame, LinkType, Vlan};

/// Most VLAN tags that are read one after another. IEEE 802.1ad has two; three are seen where a mirror adds its own.
const VLAN_TAGS_MAX: usize = 3;

/// Most IPv6 extension headers that are walked. RFC 8200 §4.1 knows eight kinds, each once.
const EXTENSION_HEADERS_MAX: usize = 8;

/// Most prefixes read of one router advertisement. Guess: a link has one to three.
const LINK_PREFIXES_MAX: usize = 8;

/// A TCP header without options. Source: RFC 9293 §3.1.
const TCP_HEADER_BYTES: usize = 20;

/// What a frame holds.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// Its Ethernet ends, where the link has them.
    pub link: Option<Link>,
    /// The outermost VLAN it is on.
    pub vlan: Option<Vlan>,
    /// What it carries.
    pub net: Net<'a>,
}

/// The Ethernet ends of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Who sent it.
    pub source: Mac,
    /// To whom; not known on a Linux cooked capture, which is then zero.
    pub target: Mac,
}

/// What a frame carries.
#[derive(Clone, Copy, Debug)]
pub enum Net<'a> {
    /// Who has which address (RFC 826).
    Arp(Arp),
    /// IPv4 (RFC 791) or IPv6 (RFC 8200).
    Ip(Ip<'a>),
    /// Something else, by its `EtherType`, or below 1 536 its 802.3 length.
    Other(u16),
}

/// An ARP message for IPv4 over Ethernet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arp {
    /// A question, or an answer (asked for or not).
    pub is_reply: bool,
    /// Who says it.
    pub sender_mac: Mac,
    /// Which address it says is its own; 0.0.0.0 when it only probes (RFC 5227).
    pub sender_ip: Ipv4Addr,
    /// Whom it answers; zero in a question.
    pub target_mac: Mac,
    /// The address it is about.
    pub target_ip: Ipv4Addr,
}

/// An IP packet.
#[derive(Clone, Copy, Debug)]
pub struct Ip<'a> {
    /// From.
    pub source: IpAddr,
    /// To.
    pub target: IpAddr,
    /// Hops left.
    pub ttl: u8,
    /// The protocol number of what it carries (IANA).
    pub protocol: u8,
    /// What it carries.
    pub transport: Transport<'a>,
    /// A checksum that could be tested was wrong. Counted, never a reason to drop: a mirror of an offloading host shows many.
    pub has_bad_checksum: bool,
    /// The transport header and what follows, as far as it was captured.
    body: &'a [u8],
    /// IPv4 identification and length, for telling copies apart.
    identity: u32,
}

/// What an IP packet carries.
#[derive(Clone, Copy, Debug)]
pub enum Transport<'a> {
    /// TCP (RFC 9293).
    Tcp(Tcp<'a>),
    /// UDP (RFC 768).
    Udp(Udp<'a>),
    /// ICMP for IPv4 (RFC 792) or IPv6 (RFC 4443).
    Icmp(Icmp<'a>),
    /// A piece of a packet that is not its first: it has no transport header.
    Fragment,
    /// A transport we do not read, by the IP protocol number beside it.
    Other,
}

/// A TCP segment.
#[derive(Clone, Copy, Debug)]
pub struct Tcp<'a> {
    /// From.
    pub source_port: u16,
    /// To.
    pub target_port: u16,
    /// Number of the first byte.
    pub seq: u32,
    /// Number of the next byte wanted.
    pub ack: u32,
    /// The flags.
    pub flags: TcpFlags,
    /// What was captured of the payload.
    pub payload: &'a [u8],
    /// How long the payload was on the wire, in bytes.
    pub wire_payload: u32,
}

/// The flags of a TCP segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpFlags(pub u8);

#[expect(missing_docs, reason = "RFC 9293 §3.1 documents the flags by these names")]
impl TcpFlags {
    #[must_use]
    pub const fn fin(self) -> bool {
        self.0 & 0x01 != 0
    }
    #[must_use]
    pub const fn syn(self) -> bool {
        self.0 & 0x02 != 0
    }
    #[must_use]
    pub const fn rst(self) -> bool {
        self.0 & 0x04 != 0
    }
    #[must_use]
    pub const fn ack(self) -> bool {
        self.0 & 0x10 != 0
    }
    /// Without SYN, ACK or RST: no stack sends such a segment (RFC 9293 §3.10.7.4 drops what has no ACK), scanners do.
    #[must_use]
    pub const fn is_made_up(self) -> bool {
        !self.syn() && !self.ack() && !self.rst()
    }
    /// An acknowledgement and nothing else.
    #[must_use]
    pub const fn is_bare_ack(self) -> bool {
        self.0 & 0x3f == 0x10
    }
}

/// A UDP datagram.
#[derive(Clone, Copy, Debug)]
pub struct Udp<'a> {
    /// From.
    pub source_port: u16,
    /// To.
    pub target_port: u16,
    /// What was captured of the payload.
    pub payload: &'a [u8],
}

/// An ICMP message.
#[derive(Clone, Copy, Debug)]
pub struct Icmp<'a> {
    /// What it says, in one alphabet for both versions.
    pub kind: IcmpKind,
    /// What follows its eight-byte header: for errors, the packet it is about.
    pub payload: &'a [u8],
}

/// What an ICMP message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IcmpKind {
    /// Are you there? With its identifier.
    EchoRequest(u16),
    /// I am. With the identifier that was asked with.
    EchoReply(u16),
    /// Cannot be delivered: nobody is there, no such port or protocol, or a filter says no.
    Refused,
    /// Cannot be delivered for another reason.
    Unreachable,
    /// Who has this IPv6 address? (RFC 4861 §4.3)
    NeighbourSolicitation(Ipv6Addr),
    /// I have it, at this Ethernet address. (RFC 4861 §4.4)
    NeighbourAdvertisement(Ipv6Addr, Option<Mac>),
    /// I am a router. (RFC 4861 §4.2) What it says of the link: [`link_prefixes`].
    RouterAdvertisement,
    /// Something else.
    Other(u8),
}

/// Why a frame could not be read. The name is what is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Undecodable {
    /// It ends inside the link header.
    LinkCutOff,
    /// It ends inside the ARP message, or the message is not about IPv4 over Ethernet.
    ArpMalformed,
    /// It ends inside the IP header, or the header's own lengths do not fit.
    IpMalformed,
    /// It ends inside the transport header, or the header's own lengths do not fit.
    TransportMalformed,
}

/// Reads the headers of one frame.
///
/// Never panics and never allocates. Work is bounded by the length of the headers, and one pass over the payload for its checksum.
///
/// # Errors
/// [`Undecodable`] says which header was broken or cut off.
pub fn decode<'a>(frame: &Frame<'a>) -> Result<Packet<'a>, Undecodable> {
    let bytes = frame.bytes;
    let trailer = frame.wire_len as usize;
    match frame.link {
        LinkType::Ethernet => ethernet(bytes, frame.vlan, trailer),
        LinkType::Raw | LinkType::Ipv4 | LinkType::Ipv6 => {
            Ok(Packet { link: None, vlan: frame.vlan, net: Net::Ip(ip(bytes, trailer)?) })
        }
        LinkType::LinuxSll => {
            let (header, rest) = bytes.split_first_chunk::<16>().ok_or(Undecodable::LinkCutOff)?;
            let [_, _, _, _, _, len, a, b, c, d, e, f, _, _, hi, lo] = *header;
            let link = (len == 6).then_some(Link { source: Mac([a, b, c, d, e, f]), target: Mac::default() });
            tagged(link, frame.vlan, u16::from_be_bytes([hi, lo]), rest, trailer.saturating_sub(16))
        }
        LinkType::LinuxSll2 => {
            let (header, rest) = bytes.split_first_chunk::<20>().ok_or(Undecodable::LinkCutOff)?;
            let [hi, lo, _, _, _, _, _, _, _, _, _, len, a, b, c, d, e, f, _, _] = *header;
            let link = (len == 6).then_some(Link { source: Mac([a, b, c, d, e, f]), target: Mac::default() });
            tagged(link, frame.vlan, u16::from_be_bytes([hi, lo]), rest, trailer.saturating_sub(20))
        }
        LinkType::Null => {
            let (_family, rest) = bytes.split_first_chunk::<4>().ok_or(Undecodable::LinkCutOff)?;
            let net = Net::Ip(ip(rest, trailer.saturating_sub(4))?);
            Ok(Packet { link: None, vlan: frame.vlan, net })
        }
    }
}

fn ethernet(bytes: &[u8], vlan: Option<Vlan>, wire: usize) -> Result<Packet<'_>, Undecodable> {
    let (header, rest) = bytes.split_first_chunk::<14>().ok_or(Undecodable::LinkCutOff)?;
    let [a, b, c, d, e, f, g, h, i, j, k, l, hi, lo] = *header;
    let link = Link { source: Mac([g, h, i, j, k, l]), target: Mac([a, b, c, d, e, f]) };
    tagged(Some(link), vlan, u16::from_be_bytes([hi, lo]), rest, wire.saturating_sub(14))
}

/// Takes VLAN tags off, then reads what is inside. `wire` is how long `rest` was on the wire.
fn tagged(
    link: Option<Link>,
    mut vlan: Option<Vlan>,
    mut ether_type: u16,
    mut rest: &[u8],
    mut wire: usize,
) -> Result<Packet<'_>, Undecodable> {
    for _ in 0..VLAN_TAGS_MAX {
        if !matches!(ether_type, 0x8100 | 0x88a8 | 0x9100) {
            break;
        }
        let (tag, inside) = rest.split_first_chunk::<4>().ok_or(Undecodable::LinkCutOff)?;
        let [high, low, type_high, type_low] = *tag;
        vlan = vlan.or(Some(Vlan(u16::from_be_bytes([high, low]) & 0x0fff)));
        ether_type = u16::from_be_bytes([type_high, type_low]);
        rest = inside;
        wire = wire.saturating_sub(4);
    }
    let net = match ether_type {
        0x0800 | 0x86dd => Net::Ip(ip(rest, wire)?),
        0x0806 => Net::Arp(arp(rest)?),
        other => Net::Other(other),
    };
    Ok(Packet { link, vlan, net })
}

fn arp(bytes: &[u8]) -> Result<Arp, Undecodable> {
    let (header, rest) = bytes.split_first_chunk::<8>().ok_or(Undecodable::ArpMalformed)?;
    let [0, 1, 8, 0, 6, 4, 0, operation @ (1 | 2)] = *header else { return Err(Undecodable::ArpMalformed) };
    let (ends, _) = rest.split_first_chunk::<20>().ok_or(Undecodable::ArpMalformed)?;
    let [a, b, c, d, e, f, w, x, y, z, g, h, i, j, k, l, s, t, u, v] = *ends;
    Ok(Arp {
        is_reply: operation == 2,
        sender_mac: Mac([a, b, c, d, e, f]),
        sender_ip: Ipv4Addr::new(w, x, y, z),
        target_mac: Mac([g, h, i, j, k, l]),
        target_ip: Ipv4Addr::new(s, t, u, v),
    })
}

fn ip(bytes: &[u8], wire: usize) -> Result<Ip<'_>, Undecodable> {
    match bytes.first().map(|first| first >> 4) {
        Some(4) => ipv4(bytes, wire),
        Some(6) => ipv6(bytes, wire),
        _ => Err(Undecodable::IpMalformed),
    }
}

fn ipv4(bytes: &[u8], wire: usize) -> Result<Ip<'_>, Undecodable> {
    let (header, _) = bytes.split_first_chunk::<20>().ok_or(Undecodable::IpMalformed)?;
    let [
        first,
        _,
        len_hi,
        len_lo,
        id_hi,
        id_lo,
        frag_hi,
        frag_lo,
        ttl,
        protocol,
        _,
        _,
        a,
        b,
        c,
        d,
        e,
        f,
        g,
        h,
    ] = *header;
    let header_len = usize::from(first & 0x0f).saturating_mul(4);
    let said = usize::from(u16::from_be_bytes([len_hi, len_lo]));
    // Zero is what a sending host shows before its network card has cut the packet up.
    let total = if said == 0 { wire } else { said };
    let headers = bytes.get(..header_len).filter(|headers| headers.len() >= 20 && header_len <= total);
    let headers = headers.ok_or(Undecodable::IpMalformed)?;
    let kept = bytes.get(..total).unwrap_or(bytes);
    let body = kept.get(header_len..).unwrap_or_default();
    let body_wire = total.saturating_sub(header_len);

    let source = Ipv4Addr::new(a, b, c, d);
    let target = Ipv4Addr::new(e, f, g, h);
    let fragment = u16::from_be_bytes([frag_hi, frag_lo]);
    let (offset, more) = (fragment & 0x1fff, fragment & 0x2000 != 0);
    let pseudo = checksum::pseudo_v4(source, target, protocol, body_wire);
    let is_whole = offset == 0 && !more;
    let piece = Piece { is_first: more, is_later: offset != 0 };
    let transport = transport(protocol, body, body_wire, piece)?;
    let bad_body = is_whole && body.len() == body_wire && checksum::is_bad(protocol, body, pseudo);
    Ok(Ip {
        source: IpAddr::V4(source),
        target: IpAddr::V4(target),
        ttl,
        protocol,
        transport,
        has_bad_checksum: bad_body || checksum::sum(headers, 0) != 0xffff,
        body,
        identity: u32::from_be_bytes([id_hi, id_lo, len_hi, len_lo]) ^ u32::from(fragment),
    })
}

fn ipv6(bytes: &[u8], wire: usize) -> Result<Ip<'_>, Undecodable> {
    let (header, rest) = bytes.split_first_chunk::<40>().ok_or(Undecodable::IpMalformed)?;
    let [_, _, _, _, len_hi, len_lo, next, ttl, addresses @ ..] = *header;
    let [source, target] = [addresses.first_chunk::<16>(), addresses.last_chunk::<16>()];
    let (Some(source), Some(target)) = (source, target) else { return Err(Undecodable::IpMalformed) };
    let (source, target) = (Ipv6Addr::from(*source), Ipv6Addr::from(*target));
    let said = usize::from(u16::from_be_bytes([len_hi, len_lo]));
    let mut body_wire = if said == 0 { wire.saturating_sub(40) } else { said };
    let mut body = rest.get(..body_wire).unwrap_or(rest);
    let mut protocol = next;
    let (mut is_later, mut is_fragment) = (false, false);
    for _ in 0..EXTENSION_HEADERS_MAX {
        let len = match protocol {
            0 | 43 | 60 | 135 => match body {
                [_, len, ..] => usize::from(*len).saturating_mul(8).saturating_add(8),
                _ => return Err(Undecodable::IpMalformed),
            },
            44 => {
                let [_, _, hi, lo, ..] = *body else { return Err(Undecodable::IpMalformed) };
                is_fragment = true;
                is_later = u16::from_be_bytes([hi, lo]) & 0xfff8 != 0;
                8
            }
            51 => match body {
                [_, len, ..] => usize::from(*len).saturating_add(2).saturating_mul(4),
                _ => return Err(Undecodable::IpMalformed),
            },
            _ => break,
        };
        let (Some(inside), Some(next)) = (body.get(len..), body.first()) else {
            return Err(Undecodable::IpMalformed);
        };
        protocol = *next;
        body = inside;
        body_wire = body_wire.saturating_sub(len);
        if is_later {
            break;
        }
    }
    let transport = transport(protocol, body, body_wire, Piece { is_first: is_fragment, is_later })?;
    let pseudo = checksum::pseudo_v6(source, target, protocol, body_wire);
    Ok(Ip {
        source: IpAddr::V6(source),
        target: IpAddr::V6(target),
        ttl,
        protocol,
        transport,
        has_bad_checksum: !is_fragment && body.len() == body_wire && checksum::is_bad(protocol, body, pseudo),
        body,
        identity: u32::from_be_bytes([0, 0, len_hi, len_lo]),
    })
}

/// Which piece of a packet this is.
#[derive(Clone, Copy)]
struct Piece {
    /// The first of several (when it is not a later one).
    is_first: bool,
    /// Not the first.
    is_later: bool,
}

fn transport(protocol: u8, body: &[u8], wire: usize, piece: Piece) -> Result<Transport<'_>, Undecodable> {
    if piece.is_later {
        return Ok(Transport::Fragment);
    }
    let read = match protocol {
        6 if piece.is_first && wire < TCP_HEADER_BYTES => tiny_tcp(body).map(Transport::Tcp),
        6 => tcp(body, wire).map(Transport::Tcp),
        17 => udp(body).map(Transport::Udp),
        1 => icmp_v4(body).map(Transport::Icmp),
        58 => icmp_v6(body).map(Transport::Icmp),
        _ => Some(Transport::Other),
    };
    read.ok_or(Undecodable::TransportMalformed)
}

/// The head of a TCP header that was cut up on purpose (RFC 1858 §3: no net has such a small MTU). What is in a later piece is taken for
/// zero, the flags too.
fn tiny_tcp(body: &[u8]) -> Option<Tcp<'_>> {
    let [s1, s2, t1, t2, a, b, c, d, ..] = *body else { return None };
    Some(Tcp {
        source_port: u16::from_be_bytes([s1, s2]),
        target_port: u16::from_be_bytes([t1, t2]),
        seq: u32::from_be_bytes([a, b, c, d]),
        ack: 0,
        flags: TcpFlags(body.get(13).copied().unwrap_or_default()),
        payload: &[],
        wire_payload: 0,
    })
}

fn tcp(body: &[u8], wire: usize) -> Option<Tcp<'_>> {
    let (header, _) = body.split_first_chunk::<TCP_HEADER_BYTES>()?;
    let [s1, s2, t1, t2, a, b, c, d, e, f, g, h, offset, flags, ..] = *header;
    let header_len = usize::from(offset >> 4).saturating_mul(4);
    if header_len < 20 || header_len > wire {
        return None;
    }
    Some(Tcp {
        source_port: u16::from_be_bytes([s1, s2]),
        target_port: u16::from_be_bytes([t1, t2]),
        seq: u32::from_be_bytes([a, b, c, d]),
        ack: u32::from_be_bytes([e, f, g, h]),
        flags: TcpFlags(flags),
        payload: body.get(header_len..).unwrap_or_default(),
        wire_payload: u32::try_from(wire.saturating_sub(header_len)).unwrap_or(u32::MAX),
    })
}

fn udp(body: &[u8]) -> Option<Udp<'_>> {
    let (header, rest) = body.split_first_chunk::<8>()?;
    let [s1, s2, t1, t2, l1, l2, _, _] = *header;
    // RFC 768: the length counts the header. RFC 2675 §4 lets a jumbogram say zero.
    let said = usize::from(u16::from_be_bytes([l1, l2])).checked_sub(8).unwrap_or(rest.len());
    Some(Udp {
        source_port: u16::from_be_bytes([s1, s2]),
        target_port: u16::from_be_bytes([t1, t2]),
        payload: rest.get(..said).unwrap_or(rest),
    })
}

fn icmp_v4(body: &[u8]) -> Option<Icmp<'_>> {
    let (header, payload) = body.split_first_chunk::<8>()?;
    let [kind, code, _, _, id_hi, id_lo, _, _] = *header;
    let id = u16::from_be_bytes([id_hi, id_lo]);
    let kind = match (kind, code) {
        (0, _) => IcmpKind::EchoReply(id),
        (8, _) => IcmpKind::EchoRequest(id),
        // RFC 792 and RFC 1122 §3.2.2.1: host, protocol, port; RFC 1812 §5.2.7.1: what a filter says (firewalld 10, routers 9 and 13).
        (3, 1 | 2 | 3 | 9 | 10 | 13) => IcmpKind::Refused,
        (3, _) => IcmpKind::Unreachable,
        (other, _) => IcmpKind::Other(other),
    };
    Some(Icmp { kind, payload })
}

fn icmp_v6(body: &[u8]) -> Option<Icmp<'_>> {
    let (header, payload) = body.split_first_chunk::<8>()?;
    let [kind, code, _, _, id_hi, id_lo, _, _] = *header;
    let id = u16::from_be_bytes([id_hi, id_lo]);
    let asked = || payload.first_chunk::<16>().map(|ip| Ipv6Addr::from(*ip));
    let kind = match (kind, code) {
        (128, _) => IcmpKind::EchoRequest(id),
        (129, _) => IcmpKind::EchoReply(id),
        // RFC 4443 §3.1: a filter says no; no such port.
        (1, 1 | 4) => IcmpKind::Refused,
        (1, _) => IcmpKind::Unreachable,
        (134, _) => IcmpKind::RouterAdvertisement,
        (135, _) => IcmpKind::NeighbourSolicitation(asked()?),
        (136, _) => IcmpKind::NeighbourAdvertisement(asked()?, target_link_address(payload)),
        (other, _) => IcmpKind::Other(other),
    };
    Some(Icmp { kind, payload })
}

/// The "target link-layer address" option of a neighbour advertisement (RFC 4861 §4.6.1), when it comes first.
fn target_link_address(payload: &[u8]) -> Option<Mac> {
    let [2, 1, a, b, c, d, e, f, ..] = *payload.get(16..)? else { return None };
    Some(Mac([a, b, c, d, e, f]))
}

/// The prefixes, with their lengths in bits, that a router advertisement gives to this link: those on it, and those of which devices make their
/// addresses (RFC 4861 §4.6.2). Takes what follows the message's first eight bytes.
pub fn link_prefixes(payload: &[u8]) -> impl Iterator<Item = (Ipv6Addr, u8)> + '_ {
    // Behind two times of four bytes each come the options.
    let mut options = payload.get(8..).unwrap_or_default();
    core::iter::from_fn(move || {
        let len = usize::from(*options.get(1)?).saturating_mul(8);
        // RFC 4861 §4.6: a length of zero is invalid.
        let (option, rest) = options.split_at_checked(len).filter(|_| len > 0)?;
        options = rest;
        Some(option)
    })
    .filter_map(|option| {
        let [3, 4, bits, flags, l1, l2, l3, l4, ..] = *option else { return None };
        let is_in_use = flags & 0xc0 != 0 && u32::from_be_bytes([l1, l2, l3, l4]) > 0;
        let prefix = option.last_chunk::<16>().filter(|_| is_in_use && bits <= 128)?;
        Some((Ipv6Addr::from(*prefix), bits))
    })
    .take(LINK_PREFIXES_MAX)
}

impl Arp {
    /// The same for every copy of one message, whichever port heard it.
    #[must_use]
    pub fn copy_key(&self) -> u64 {
        let Arp { is_reply, sender_mac, sender_ip, target_mac, target_ip } = *self;
        StableHash::new("arp copy")
            .u64(sender_mac.as_u64() << 1 | u64::from(is_reply))
            .u64(target_mac.as_u64())
            .u64(u64::from(sender_ip.to_bits()) << 32 | u64::from(target_ip.to_bits()))
            .finish()
    }
}

impl<'a> Ip<'a> {
    /// The two ports, or zeroes where the transport has none.
    #[must_use]
    pub const fn ports(&self) -> (u16, u16) {
        match &self.transport {
            Transport::Tcp(tcp) => (tcp.source_port, tcp.target_port),
            Transport::Udp(udp) => (udp.source_port, udp.target_port),
            Transport::Icmp(_) | Transport::Fragment | Transport::Other => (0, 0),
        }
    }

    /// The same for every copy of one packet, whichever port heard it and whatever tags and hops it gathered on the way.
    ///
    /// Reads addresses, identification, lengths, the first 64 bytes of the transport and its last 8.
    #[must_use]
    pub fn copy_key(&self) -> u64 {
        let ends = StableHash::new("copy").ip(self.source).ip(self.target).u64(u64::from(self.identity));
        let head = self.body.get(..64).unwrap_or(self.body);
        let words = head.chunks(8).chain(self.body.rchunks(8).take(1));
        words.fold(ends.u64(self.body.len() as u64), |hash, word| hash.u64(little_endian(word))).finish()
    }

    /// The transport header and what follows, as far as it was captured.
    #[must_use]
    pub const fn body(&self) -> &'a [u8] {
        self.body
    }
}

/// Up to eight bytes as a number; missing ones are zero.
fn little_endian(word: &[u8]) -> u64 {
    word.first_chunk::<8>().map_or_else(
        || word.iter().rev().fold(0, |bits, byte| bits << 8 | u64::from(*byte)),
        |whole| u64::from_le_bytes(*whole),
    )
}

/// The ends of a packet that an ICMP error quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quoted {
    /// Who had sent it.
    pub source: (IpAddr, u16),
    /// To whom.
    pub target: (IpAddr, u16),
    /// The protocol number of what it carried.
    pub protocol: u8,
}

/// Reads the head of the packet that an ICMP error quotes: as much as RFC 792 promises (the IP header and eight bytes).
#[must_use]
pub fn quoted(payload: &[u8]) -> Option<Quoted> {
    let (source, target, protocol, body): (IpAddr, IpAddr, u8, &[u8]) = match payload.first()? >> 4 {
        4 => {
            let (header, _) = payload.split_first_chunk::<20>()?;
            let [first, _, _, _, _, _, _, _, _, protocol, _, _, a, b, c, d, e, f, g, h] = *header;
            let body = payload.get(usize::from(first & 0x0f).saturating_mul(4)..)?;
            (Ipv4Addr::new(a, b, c, d).into(), Ipv4Addr::new(e, f, g, h).into(), protocol, body)
        }
        6 => {
            let (header, body) = payload.split_first_chunk::<40>()?;
            let [_, _, _, _, _, _, protocol, _, addresses @ ..] = *header;
            let (source, target) = (addresses.first_chunk::<16>()?, addresses.last_chunk::<16>()?);
            (Ipv6Addr::from(*source).into(), Ipv6Addr::from(*target).into(), protocol, body)
        }
        _ => return None,
    };
    let [s1, s2, t1, t2, ..] = *body else { return None };
    let (source_port, target_port) = (u16::from_be_bytes([s1, s2]), u16::from_be_bytes([t1, t2]));
    Some(Quoted { source: (source, source_port), target: (target, target_port), protocol })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A prefix option with these flags and this lifetime.
    fn option(bits: u8, flags: u8, lifetime: u8, prefix: &str) -> Vec<u8> {
        let prefix: Ipv6Addr = prefix.parse().unwrap();
        [&[3, 4, bits, flags, 0, 0, 0, lifetime, 0, 0, 0, 0, 0, 0, 0, 0][..], &prefix.octets()].concat()
    }

    #[test]
    fn a_router_advertisement_gives_the_links_prefixes() {
        let link_address = vec![1, 1, 2, 0, 0, 0, 0, 1];
        let [used, made, unused, over] = [
            option(64, 0xc0, 9, "2001:db8:1::"),
            option(64, 0x40, 9, "fd00::"),
            option(64, 0, 9, "2001:db8:2::"),
            option(64, 0xc0, 0, "2001:db8:3::"),
        ];
        let times = vec![0; 8];
        let payload = [times, link_address, used, unused, over, made].concat();
        let prefixes: Vec<_> = link_prefixes(&payload).collect();
        let expected = ["2001:db8:1::", "fd00::"].map(|prefix| (prefix.parse().unwrap(), 64));
        assert_eq!(prefixes, expected);
        for cut in 0..payload.len() {
            assert!(link_prefixes(&payload[..cut]).count() <= 2);
        }
        let endless = [&[0; 8][..], &[3, 0, 64, 0xc0], &[0; 60]].concat();
        assert_eq!(link_prefixes(&endless).count(), 0);
        assert_eq!(link_prefixes(&[vec![0; 8], option(64, 0xc0, 9, "::").repeat(100)].concat()).count(), 8);
    }
}
