//! A hash with fixed constants: for ids and sketches that must be the same in every replay, on every machine, for ever.
//!
//! Not for hash tables fed by the network (those are seeded, so that nobody outside can choose collisions).

/// 64-bit FNV-1a followed by a final mix, written a piece at a time.
///
/// Sources: FNV-1a constants from draft-eastlake-fnv; the finaliser is `MurmurHash3`'s fmix64 (public domain).
#[derive(Clone, Copy, Debug)]
pub struct StableHash(u64);

impl StableHash {
    /// A new hash; `purpose` keeps hashes made for different things apart.
    #[must_use]
    pub const fn new(purpose: &str) -> Self {
        StableHash(0xcbf2_9ce4_8422_2325).bytes(purpose.as_bytes())
    }

    /// Adds bytes, and their length, so that ("ab", "c") and ("a", "bc") differ.
    #[must_use]
    pub const fn bytes(self, bytes: &[u8]) -> Self {
        let mut state = self.0;
        let mut at = 0;
        while at < bytes.len() {
            state = (state ^ bytes[at] as u64).wrapping_mul(0x0000_0100_0000_01b3);
            at += 1;
        }
        StableHash(state).u64(bytes.len() as u64)
    }

    /// Adds a number.
    #[must_use]
    pub const fn u64(self, value: u64) -> Self {
        StableHash((self.0 ^ mix(value)).wrapping_mul(0x0000_0100_0000_01b3))
    }

    /// Adds an address; an IPv4 address and its IPv6-mapped form differ.
    #[must_use]
    pub fn ip(self, ip: core::net::IpAddr) -> Self {
        match ip {
            core::net::IpAddr::V4(v4) => self.u64(u64::from(v4.to_bits())),
            core::net::IpAddr::V6(v6) => {
                let bits = v6.to_bits();
                self.u64((bits >> 64) as u64).u64(bits as u64).u64(6)
            }
        }
    }

    /// The hash.
    #[must_use]
    pub const fn finish(self) -> u64 {
        mix(self.0)
    }
}

const fn mix(mut bits: u64) -> u64 {
    bits ^= bits >> 33;
    bits = bits.wrapping_mul(0xff51_afd7_ed55_8ccd);
    bits ^= bits >> 33;
    bits = bits.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    bits ^ (bits >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_the_same_for_ever() {
        assert_eq!(StableHash::new("test").bytes(b"abc").u64(7).finish(), 2_786_932_942_394_415_253);
    }

    #[test]
    fn pieces_do_not_run_together() {
        let one = StableHash::new("t").bytes(b"ab").bytes(b"c").finish();
        let two = StableHash::new("t").bytes(b"a").bytes(b"bc").finish();
        assert_ne!(one, two);
    }
}
