//! Traffic that fills every table: thousands of devices, conversations, names, claims, tries and holes within seconds, as an attacker who
//! wants to blind the sensor would make it.

use core::time::Duration;

use common_model::Timestamp;
use etherparse::PacketBuilder;
use sensor_capture::Frames;
use sensor_decode::{Frame, LinkType, PortId};

use crate::change::Dice;

/// One frame in 20 µs: a full line of 1 Gbit/s with frames of 1,500 bytes carries one in 12 µs.
const BEAT: Duration = Duration::from_micros(20);

/// Frames that fill tables, the same for the same seed.
#[derive(Debug)]
pub struct Flood {
    dice: Dice,
    left: u32,
    at: Timestamp,
    bytes: Vec<u8>,
}

/// Who a frame is from.
#[derive(Clone, Copy)]
struct Who {
    mac: [u8; 6],
    ip: [u8; 4],
}

impl Flood {
    /// So many frames.
    #[must_use]
    pub fn new(frames: u32, seed: u64) -> Self {
        let at = Timestamp::from_secs(1_773_820_800);
        Flood { dice: Dice::new(seed), left: frames, at, bytes: Vec::new() }
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        core::array::from_fn(|_| self.dice.throw() as u8)
    }

    /// One of 65,536 devices of this net.
    fn inside(&mut self) -> Who {
        let [high, low] = self.bytes();
        Who { mac: [0x00, 0x1b, 0x63, 0, high, low], ip: [10, 0, high, low] }
    }

    fn outside(&mut self) -> Who {
        let [a, b, c] = self.bytes();
        Who { mac: [0x00, 0x1b, 0x63, 0xff, 0, 1], ip: [100 + a % 50, b, c, 7] }
    }

    fn port(&mut self) -> u16 {
        1_024 + (self.dice.throw() % 60_000) as u16
    }

    fn next(&mut self) {
        let (from, to) = (self.inside(), if self.dice.is_one_in(2) { self.inside() } else { self.outside() });
        let (client, server) = (self.port(), self.port());
        let seq = self.dice.throw() as u32;
        match self.dice.throw() % 7 {
            0 => self.put(tcp(from, to, client, server, seq).syn(), &[]),
            1 => {
                // A hole before it, so that it waits in a window.
                let payload = self.bytes::<200>();
                self.put(tcp(from, to, client, server, seq).ack(1), &payload);
            }
            2 => {
                // Few ends, so that conversations are met again, with holes between.
                let (from, to) = (Who { ip: [10, 0, 0, 1], ..from }, Who { ip: [10, 0, 0, 2], ..to });
                let payload = self.bytes::<700>();
                let seq = (seq % 64) * 1_000;
                self.put(tcp(from, to, client % 512, 445, seq).ack(1), &payload);
            }
            3 => self.dns(from, to),
            4 => self.arp(from, to),
            5 => self.put(udp(from, to, client, server), b"anything"),
            _ => {
                let reply =
                    if self.dice.is_one_in(2) { &b"530 Login incorrect.\r\n"[..] } else { b"USER a\r\n" };
                self.put(tcp(to, from, 21, client, seq).ack(1), reply);
            }
        }
    }

    fn put<S>(&mut self, builder: etherparse::PacketBuilderStep<S>, payload: &[u8])
    where
        etherparse::PacketBuilderStep<S>: Write,
    {
        self.bytes.clear();
        builder.write_to(&mut self.bytes, payload);
    }

    /// A question for a name that nobody asked for, and its answer with an address that nobody had.
    fn dns(&mut self, from: Who, to: Who) {
        let mut message = vec![1, 2, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, 30];
        message.extend(self.bytes::<30>().map(|byte| b'a' + byte % 26));
        message.extend(b"\x07example\0\0\x01\0\x01\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04");
        message.extend([198, 51]);
        message.extend(self.bytes::<2>());
        let port = self.port();
        self.put(udp(to, from, 53, port), &message);
    }

    fn arp(&mut self, from: Who, to: Who) {
        self.bytes.clear();
        self.bytes.extend([0xff; 6]);
        self.bytes.extend(from.mac);
        self.bytes.extend([8, 6, 0, 1, 8, 0, 6, 4, 0, 1 + (self.dice.throw() % 2) as u8]);
        for who in [from, to] {
            self.bytes.extend(who.mac);
            self.bytes.extend(who.ip);
        }
    }
}

fn tcp(
    from: Who,
    to: Who,
    client: u16,
    server: u16,
    seq: u32,
) -> etherparse::PacketBuilderStep<etherparse::TcpHeader> {
    PacketBuilder::ethernet2(from.mac, to.mac).ipv4(from.ip, to.ip, 64).tcp(client, server, seq, 8_192)
}

fn udp(from: Who, to: Who, client: u16, server: u16) -> etherparse::PacketBuilderStep<etherparse::UdpHeader> {
    PacketBuilder::ethernet2(from.mac, to.mac).ipv4(from.ip, to.ip, 64).udp(client, server)
}

/// Both sorts of packets are written alike.
trait Write {
    fn write_to(self, bytes: &mut Vec<u8>, payload: &[u8]);
}

impl Write for etherparse::PacketBuilderStep<etherparse::TcpHeader> {
    fn write_to(self, bytes: &mut Vec<u8>, payload: &[u8]) {
        self.write(bytes, payload).expect("a vector takes everything, and payloads are short");
    }
}

impl Write for etherparse::PacketBuilderStep<etherparse::UdpHeader> {
    fn write_to(self, bytes: &mut Vec<u8>, payload: &[u8]) {
        self.write(bytes, payload).expect("a vector takes everything, and payloads are short");
    }
}

impl Frames for Flood {
    fn next_frame(&mut self) -> Option<Frame<'_>> {
        self.left = self.left.checked_sub(1)?;
        self.at = self.at + BEAT;
        self.next();
        Some(Frame {
            port: PortId(0),
            at: self.at,
            link: LinkType::Ethernet,
            vlan: None,
            wire_len: self.bytes.len() as u32,
            bytes: &self.bytes,
        })
    }
}
