//! Frames that few bytes decide: a handful of hosts and ports, so that conversations are met again, and raw frames for everything else.

use common_model::Timestamp;
use sensor_decode::{Frame, LinkType, PORTS_MAX, PortId};

use crate::bytes::Bytes;
use crate::frame::LINKS;

/// Server ports that parsers and detectors care for, and some that nobody does.
const PORTS: [u16; 16] =
    [21, 22, 53, 67, 80, 137, 443, 445, 3_389, 5_353, 5_355, 8_080, 9_100, 104, 50_000, 0];

/// A frame without its time.
pub(crate) struct Move {
    port: PortId,
    link: LinkType,
    bytes: Vec<u8>,
    cut: u32,
}

impl Move {
    pub(crate) fn frame(&self, at: Timestamp) -> Frame<'_> {
        let wire_len = self.bytes.len() as u32 + self.cut;
        Frame { port: self.port, at, link: self.link, vlan: None, wire_len, bytes: &self.bytes }
    }
}

/// The next frame: `[kind] …`, see each kind.
pub(crate) fn next(input: &mut Bytes<'_>) -> Option<Move> {
    let kind = input.u8()?;
    if kind % 8 == 7 {
        // `[link and port] [length, two bytes] frame`
        let how = input.u8()?;
        let len = input.u16()?;
        let bytes = input.piece(len.into()).to_vec();
        let link = LINKS[usize::from(how) % LINKS.len()];
        return Some(Move {
            port: PortId((how >> 4) % PORTS_MAX as u8),
            link,
            bytes,
            cut: u32::from(kind >> 3),
        });
    }
    // `[hosts] …`
    let hosts = input.u8()?;
    let (from, to) = (host(hosts & 15), host(hosts >> 4));
    let mut bytes = Vec::new();
    bytes.extend(if kind % 8 == 5 { [0xff; 6] } else { to.0 });
    bytes.extend(from.0);
    match kind % 8 {
        5 => {
            bytes.extend([8, 6, 0, 1, 8, 0, 6, 4, 0, 1 + (kind >> 3 & 1)]);
            for (mac, ip) in [from, to] {
                bytes.extend(mac);
                bytes.extend(ip);
            }
        }
        6 => {
            // `[type] [code] [length] payload`
            let (what, code, len) = (input.u8()?, input.u8()?, input.u8()?);
            let mut body = vec![what, code, 0, 0, 0, kind >> 3, 0, 1];
            body.extend(input.piece(len.into()));
            ip(&mut bytes, 1, from.1, to.1, &body);
        }
        3 | 4 => {
            // `[ports] [length] payload`
            let (ports, len) = (input.u8()?, input.u8()?);
            let payload = input.piece(len.into());
            let mut body = both_ports(ports, kind & 0x80 != 0);
            body.extend((payload.len() as u16 + 8).to_be_bytes());
            body.extend([0, 0]);
            body.extend(payload);
            ip(&mut bytes, 17, from.1, to.1, &body);
        }
        _ => {
            // `[ports] [flags] [number, two bytes] [acknowledged, two bytes] [length] payload`
            let (ports, flags, seq, ack, len) =
                (input.u8()?, input.u8()?, input.u16()?, input.u16()?, input.u8()?);
            let mut body = both_ports(ports, kind & 0x80 != 0);
            body.extend(u32::from(seq).to_be_bytes());
            body.extend(u32::from(ack).to_be_bytes());
            body.extend([0x50, flags, 0x20, 0, 0, 0, 0, 0]);
            body.extend(input.piece(len.into()));
            ip(&mut bytes, 6, from.1, to.1, &body);
        }
    }
    Some(Move { port: PortId(0), link: LinkType::Ethernet, bytes, cut: 0 })
}

/// Twelve of this net, three behind its gateway, and all of them at once.
fn host(number: u8) -> ([u8; 6], [u8; 4]) {
    match number {
        0..=11 => ([0x00, 0x1b, 0x63, 0, 0, number], [192, 0, 2, number + 1]),
        12..=14 => ([0x00, 0x1b, 0x63, 0, 0, 0], [203, 0, 113, number]),
        _ => ([0xff; 6], [192, 0, 2, 255]),
    }
}

fn both_ports(ports: u8, is_answer: bool) -> Vec<u8> {
    let server = PORTS[usize::from(ports & 15)].to_be_bytes();
    let client = (40_000 + u16::from(ports >> 4)).to_be_bytes();
    if is_answer { [server, client].concat() } else { [client, server].concat() }
}

fn ip(bytes: &mut Vec<u8>, protocol: u8, from: [u8; 4], to: [u8; 4], body: &[u8]) {
    bytes.extend([8, 0, 0x45, 0]);
    bytes.extend((body.len() as u16 + 20).to_be_bytes());
    bytes.extend([0, (body.len() & 0xff) as u8, 0, 0, 64, protocol, 0, 0]);
    bytes.extend(from);
    bytes.extend(to);
    bytes.extend(body);
}
