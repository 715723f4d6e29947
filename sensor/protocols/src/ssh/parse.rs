//! Pure functions from the bytes that go in clear to their parts; no state.

use core::fmt::Write as _;

use arrayvec::ArrayString;
use md5::{Digest, Md5};

use crate::cursor::Cursor;

/// Longest line, in bytes (RFC 4253 §4.2).
pub(super) const LINE_BYTES_MAX: usize = 255;

/// Longest packet, in bytes (RFC 4253 §6.1).
const PACKET_BYTES_MAX: u32 = 35_000;

/// Messages that go in clear and that we read (RFC 4253 §12).
pub(super) mod message {
    pub(crate) const KEXINIT: u8 = 20;
    pub(crate) const NEWKEYS: u8 = 21;
}

/// Which rule was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    #[error("a packet is shorter than its padding, or longer than {PACKET_BYTES_MAX} bytes")]
    PacketLength,
    #[error("the lists of an offer do not fit into it")]
    KeyExchange,
}

impl Malformed {
    /// The name of the anomaly.
    pub(super) const fn anomaly(self) -> &'static str {
        match self {
            Malformed::PacketLength => "bad-packet-length",
            Malformed::KeyExchange => "broken-key-exchange",
        }
    }
}

/// A packet that goes in clear, as far as it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packet<'a> {
    pub(super) message: u8,
    /// What stands behind the message's number and before the padding, if all of it is there.
    pub(super) body: Option<&'a [u8]>,
    /// Bytes of the whole packet.
    pub(super) wire: u64,
}

/// Reads the packet that stands first; `None` when not even its beginning is there.
pub(super) fn packet(bytes: &[u8]) -> Result<Option<Packet<'_>>, Malformed> {
    let mut rest = Cursor::new(bytes);
    let Some(len) = rest.array().map(u32::from_be_bytes) else { return Ok(None) };
    if !(2..=PACKET_BYTES_MAX).contains(&len) {
        return Err(Malformed::PacketLength);
    }
    let Some([padding, message]) = rest.array() else { return Ok(None) };
    let body_len = (len as usize).checked_sub(2 + usize::from(padding)).ok_or(Malformed::PacketLength)?;
    let is_whole = rest.rest().len() >= (len as usize).saturating_sub(2);
    Ok(Some(Packet {
        message,
        body: rest.take(body_len).filter(|_| is_whole),
        wire: u64::from(len).saturating_add(4),
    }))
}

/// The lists of an offer (RFC 4253 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Algorithms<'a> {
    key_exchange: &'a [u8],
    /// From client to server, from server to client.
    ciphers: [&'a [u8]; 2],
    checksums: [&'a [u8]; 2],
    compressions: [&'a [u8]; 2],
}

/// Reads an offer.
pub(super) fn algorithms(body: &[u8]) -> Result<Algorithms<'_>, Malformed> {
    let mut rest = Cursor::new(body);
    let mut lists = [[].as_slice(); 8];
    rest.take(16).ok_or(Malformed::KeyExchange)?;
    for list in &mut lists {
        let len = rest.array().map(u32::from_be_bytes).ok_or(Malformed::KeyExchange)?;
        *list = rest.take(len as usize).ok_or(Malformed::KeyExchange)?;
    }
    let [key_exchange, _host_keys, cipher_1, cipher_2, checksum_1, checksum_2, compression_1, compression_2] =
        lists;
    Ok(Algorithms {
        key_exchange,
        ciphers: [cipher_1, cipher_2],
        checksums: [checksum_1, checksum_2],
        compressions: [compression_1, compression_2],
    })
}

impl<'a> Algorithms<'a> {
    /// Ciphers, checksums and compressions for what `direction` sends (0 is the client).
    pub(super) const fn lists(&self, direction: crate::Side) -> [&'a [u8]; 3] {
        [*direction.of(&self.ciphers), *direction.of(&self.checksums), *direction.of(&self.compressions)]
    }

    /// The fingerprint of the end that sent the offer: HASSH or HASSH-Server (Salesforce, BSD-3-Clause).
    pub(super) fn hassh(&self, side: crate::Side) -> ArrayString<32> {
        let mut md5 = Md5::new();
        md5.update(self.key_exchange);
        for list in self.lists(side) {
            md5.update(b";");
            md5.update(list);
        }
        let mut digits = ArrayString::new();
        for byte in md5.finalize() {
            if write!(digits, "{byte:02x}").is_err() {
                break;
            }
        }
        digits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_has_a_message_and_padding() {
        let bytes = b"\x00\x00\x00\x08\x04\x15ab\x00\x00\x00\x00";
        let whole = packet(bytes).unwrap().unwrap();
        assert_eq!(whole, Packet { message: message::NEWKEYS, body: Some(b"ab"), wire: 12 });
        assert_eq!(packet(&bytes[..11]).unwrap().unwrap().body, None);
        assert_eq!(packet(&bytes[..5]).unwrap(), None);
        assert_eq!(packet(b"GET / HTTP"), Err(Malformed::PacketLength));
        assert_eq!(packet(b"\x00\x00\x00\x08\x09\x15"), Err(Malformed::PacketLength));
    }

    #[test]
    fn broken_offers_say_so() {
        assert_eq!(algorithms(&[0; 15]), Err(Malformed::KeyExchange));
        assert_eq!(algorithms(&[255; 40]), Err(Malformed::KeyExchange));
    }
}
