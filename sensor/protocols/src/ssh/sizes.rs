//! How large messages become on the wire under the algorithms that were agreed on (RFC 4253 §6). Nothing else can be known of them.

use arrayvec::ArrayVec;

/// Most ciphers or checksums of one offer that are remembered. The longest offers of common programs have 17 we know.
const OFFERED_MAX: usize = 24;

/// A cipher: how long its blocks are, and whether it protects the message by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cipher {
    block: u8,
    /// Length of its own checksum, in bytes; the length of the message then stands outside of the blocks.
    tag: Option<u8>,
    /// The length of the message stands in clear.
    is_length_clear: bool,
}

const fn plain(block: u8) -> Cipher {
    Cipher { block, tag: None, is_length_clear: false }
}

const GCM: Cipher = Cipher { block: 16, tag: Some(16), is_length_clear: true };
const CHACHA: Cipher = Cipher { block: 8, tag: Some(16), is_length_clear: false };

/// Ciphers by name (IANA "SSH Encryption Algorithm Names", and OpenSSH's own).
const CIPHERS: [(&str, Cipher); 25] = [
    ("chacha20-poly1305@openssh.com", CHACHA),
    ("chacha20-poly1305", CHACHA),
    ("aes128-gcm@openssh.com", GCM),
    ("aes256-gcm@openssh.com", GCM),
    ("AEAD_AES_128_GCM", GCM),
    ("AEAD_AES_256_GCM", GCM),
    ("aes128-ctr", plain(16)),
    ("aes192-ctr", plain(16)),
    ("aes256-ctr", plain(16)),
    ("aes128-cbc", plain(16)),
    ("aes192-cbc", plain(16)),
    ("aes256-cbc", plain(16)),
    ("rijndael-cbc@lysator.liu.se", plain(16)),
    ("twofish128-cbc", plain(16)),
    ("twofish256-cbc", plain(16)),
    ("twofish-cbc", plain(16)),
    ("serpent256-cbc", plain(16)),
    ("3des-cbc", plain(8)),
    ("3des-ctr", plain(8)),
    ("blowfish-cbc", plain(8)),
    ("blowfish-ctr", plain(8)),
    ("cast128-cbc", plain(8)),
    ("arcfour256", plain(8)),
    ("arcfour128", plain(8)),
    ("arcfour", plain(8)),
];

/// Checksums by name: length in bytes, and whether they cover what is encrypted, so that the length stands in clear (IANA "SSH MAC
/// Algorithm Names", and OpenSSH's own).
const CHECKSUMS: [(&str, u8, bool); 21] = [
    ("umac-64-etm@openssh.com", 8, true),
    ("umac-128-etm@openssh.com", 16, true),
    ("hmac-sha2-256-etm@openssh.com", 32, true),
    ("hmac-sha2-512-etm@openssh.com", 64, true),
    ("hmac-sha1-etm@openssh.com", 20, true),
    ("hmac-sha1-96-etm@openssh.com", 12, true),
    ("hmac-md5-etm@openssh.com", 16, true),
    ("hmac-md5-96-etm@openssh.com", 12, true),
    ("hmac-ripemd160-etm@openssh.com", 20, true),
    ("umac-64@openssh.com", 8, false),
    ("umac-128@openssh.com", 16, false),
    ("hmac-sha2-256", 32, false),
    ("hmac-sha2-512", 64, false),
    ("hmac-sha2-256-96", 12, false),
    ("hmac-sha2-512-96", 12, false),
    ("hmac-sha1", 20, false),
    ("hmac-sha1-96", 12, false),
    ("hmac-md5", 16, false),
    ("hmac-md5-96", 12, false),
    ("hmac-ripemd160", 20, false),
    ("hmac-ripemd160@openssh.com", 20, false),
];

/// What one end offers, in its order: places in the tables above.
#[derive(Clone, Debug, Default)]
pub(super) struct Offer {
    ciphers: ArrayVec<u8, OFFERED_MAX>,
    checksums: ArrayVec<u8, OFFERED_MAX>,
    /// It would rather compress from the start: then sizes tell nothing.
    is_compressing: bool,
}

impl Offer {
    /// Of the comma-separated lists of an offer.
    pub(super) fn new(ciphers: &[u8], checksums: &[u8], compressions: &[u8]) -> Self {
        let cipher = |name: &[u8]| CIPHERS.iter().position(|(known, _)| known.as_bytes() == name);
        let checksum = |name: &[u8]| CHECKSUMS.iter().position(|(known, _, _)| known.as_bytes() == name);
        Offer {
            ciphers: known(ciphers, cipher),
            checksums: known(checksums, checksum),
            is_compressing: split(compressions).next().is_some_and(|first| first == b"zlib"),
        }
    }
}

/// The places of the names that are known; they fit in a byte, as the tables are short.
fn known(list: &[u8], place: impl Fn(&[u8]) -> Option<usize>) -> ArrayVec<u8, OFFERED_MAX> {
    split(list).filter_map(place).map(|place| place as u8).take(OFFERED_MAX).collect()
}

fn split(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|byte| *byte == b',')
}

/// How messages of a given length look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sizes {
    block: u16,
    /// Bytes of the checksum behind the blocks.
    checksum: u16,
    /// Bytes of the length before the blocks; 0 when it is inside of them.
    length: u16,
    /// The length can be read.
    pub(super) is_length_clear: bool,
}

impl Sizes {
    /// What both ends agree on: the first of the client's that the server has, too (RFC 4253 §7.1).
    pub(super) fn agreed(client: &Offer, server: &Offer) -> Option<Sizes> {
        if client.is_compressing {
            return None;
        }
        let cipher = client.ciphers.iter().find(|place| server.ciphers.contains(place))?;
        let (_, cipher) = CIPHERS.get(usize::from(*cipher))?;
        let block = u16::from(cipher.block);
        if let Some(tag) = cipher.tag {
            let is_length_clear = cipher.is_length_clear;
            return Some(Sizes { block, checksum: u16::from(tag), length: 4, is_length_clear });
        }
        let checksum = client.checksums.iter().find(|place| server.checksums.contains(place))?;
        let (_, checksum, is_outside) = CHECKSUMS.get(usize::from(*checksum))?;
        let length = if *is_outside { 4 } else { 0 };
        Some(Sizes { block, checksum: u16::from(*checksum), length, is_length_clear: *is_outside })
    }

    /// Bytes in blocks of a message of `payload` bytes: its padding's length, and at least 4 bytes of padding (RFC 4253 §6).
    pub(super) const fn blocks(self, payload: u16) -> u16 {
        let length_inside = 4_u16.saturating_sub(self.length);
        payload.saturating_add(length_inside).saturating_add(1 + 4).next_multiple_of(self.block)
    }

    /// Bytes in blocks of a message that has `wire` bytes in all; `None` when no single message has.
    pub(super) fn blocks_of_wire(self, wire: usize) -> Option<u16> {
        let around = usize::from(self.length.saturating_add(self.checksum));
        let blocks = u16::try_from(wire.checked_sub(around)?).ok()?;
        (blocks > 0 && blocks.is_multiple_of(self.block)).then_some(blocks)
    }

    /// Bytes of a message on the wire, of which the length (`blocks`) is known.
    pub(super) const fn wire(self, blocks: u32) -> u64 {
        (blocks as u64).saturating_add(self.length as u64).saturating_add(self.checksum as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agreed(client: [&str; 3], server: [&str; 3]) -> Option<Sizes> {
        let offer = |[a, b, c]: [&str; 3]| Offer::new(a.as_bytes(), b.as_bytes(), c.as_bytes());
        Sizes::agreed(&offer(client), &offer(server))
    }

    #[test]
    fn the_clients_wish_counts() {
        let server = ["aes256-gcm@openssh.com,aes128-ctr", "hmac-sha2-512,hmac-sha1-etm@openssh.com", "none"];
        let ctr = agreed(
            ["nonsense,aes128-ctr,aes256-gcm@openssh.com", "hmac-sha1-etm@openssh.com", "none"],
            server,
        );
        assert_eq!(ctr, Some(Sizes { block: 16, checksum: 20, length: 4, is_length_clear: true }));
        let gcm = agreed(["aes256-gcm@openssh.com", "", "none"], server);
        assert_eq!(gcm, Some(Sizes { block: 16, checksum: 16, length: 4, is_length_clear: true }));
        assert_eq!(agreed(["3des-cbc", "hmac-sha1", "none"], server), None);
        assert_eq!(agreed(["aes128-ctr", "hmac-sha2-512", "zlib,none"], server), None);
    }

    #[test]
    fn messages_have_the_sizes_that_openssh_makes_of_them() {
        let chacha = Sizes { block: 8, checksum: 16, length: 4, is_length_clear: false };
        // "you are in" is 28 bytes, the answer to the service request 44, "publickey,password" 52.
        assert_eq!([1, 17, 24].map(|payload| chacha.wire(u32::from(chacha.blocks(payload)))), [28, 44, 52]);
        assert_eq!(chacha.blocks_of_wire(52), Some(32));
        assert_eq!(chacha.blocks_of_wire(28 + 44), None);
        let inside = Sizes { block: 16, checksum: 32, length: 0, is_length_clear: false };
        assert_eq!([1, 17, 24].map(|payload| inside.wire(u32::from(inside.blocks(payload)))), [48, 64, 80]);
    }
}
