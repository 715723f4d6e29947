//! The Internet checksum (RFC 1071), wide enough to cost little beside reading the bytes.

use core::net::{Ipv4Addr, Ipv6Addr};

/// The one's-complement sum of the bytes as 16-bit words, on top of `start`, folded to 16 bits. 0xffff when a checksum is right.
pub(crate) fn sum(bytes: &[u8], start: u64) -> u16 {
    // The sum is the same in either order of bytes (RFC 1071 §2 B), so it is taken in the machine's own: four sums side by side, 32 bits wide
    // each in 64. They cannot overflow below 2^33 bytes, and compilers make SIMD of it.
    let mut lanes = [0_u64; 4];
    let (blocks, rest) = bytes.as_chunks::<16>();
    for block in blocks {
        let (words, _) = block.as_chunks::<4>();
        for (lane, word) in lanes.iter_mut().zip(words) {
            *lane = lane.wrapping_add(u64::from(u32::from_ne_bytes(*word)));
        }
    }
    let (pairs, odd) = rest.as_chunks::<2>();
    let tail = pairs.iter().map(|pair| u64::from(u16::from_ne_bytes(*pair))).sum::<u64>();
    let last = odd.first().map_or(0, |byte| u64::from(u16::from_ne_bytes([*byte, 0])));
    let swapped = fold(lanes.iter().sum::<u64>().wrapping_add(tail).wrapping_add(last));
    fold(u64::from(u16::from_be(swapped)).wrapping_add(start))
}

/// Whether the transport's own checksum is there and wrong. `body` is the whole transport header and payload.
pub(crate) fn is_bad(protocol: u8, body: &[u8], pseudo: u64) -> bool {
    match protocol {
        // RFC 768: zero says "not computed".
        17 if matches!(body, [_, _, _, _, _, _, 0, 0, ..]) => false,
        6 | 17 | 58 => sum(body, pseudo) != 0xffff,
        1 => sum(body, 0) != 0xffff,
        _ => false,
    }
}

/// The sum of the pseudo-header of IPv4 (RFC 9293 §3.1).
pub(crate) fn pseudo_v4(source: Ipv4Addr, target: Ipv4Addr, protocol: u8, len: usize) -> u64 {
    let [source, target] = [u64::from(source.to_bits()), u64::from(target.to_bits())];
    source.wrapping_add(target).wrapping_add(u64::from(protocol)).wrapping_add(len as u64)
}

/// The sum of the pseudo-header of IPv6 (RFC 8200 §8.1).
pub(crate) fn pseudo_v6(source: Ipv6Addr, target: Ipv6Addr, protocol: u8, len: usize) -> u64 {
    let halves = |ip: Ipv6Addr| u64::from(sum(&ip.octets(), 0));
    halves(source).wrapping_add(halves(target)).wrapping_add(u64::from(protocol)).wrapping_add(len as u64)
}

fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff).wrapping_add(sum >> 16);
    }
    sum as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_the_example_of_rfc_1071() {
        assert_eq!(sum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7], 0), 0xddf2);
    }

    #[test]
    fn equals_the_plain_sum_at_every_length() {
        let bytes: Vec<u8> = (0..200_u32).map(|n| (n * 37 % 251) as u8).collect();
        for len in 0..bytes.len() {
            let plain = bytes[..len]
                .chunks(2)
                .map(|w| u64::from(w[0]) << 8 | u64::from(*w.get(1).unwrap_or(&0)))
                .sum();
            assert_eq!(sum(&bytes[..len], 0), fold(plain), "{len} bytes");
        }
    }
}
