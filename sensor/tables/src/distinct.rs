//! How many different things were seen, in 130 bytes, within a few percent.

/// Bits of one counter. More bits count further: see [`Distinct::ESTIMATE_MAX`].
const BITS: u32 = 1_024;

/// Counts different hashes by linear counting (Whang, Vander-Zanden and Taylor, 1990): each sets one bit, and the number of bits
/// still clear tells how many there were. Nearly exact to 30, within a tenth to
/// 1 000, and full at [`Distinct::ESTIMATE_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Distinct {
    words: [u64; (BITS / 64) as usize],
    set: u16,
}

impl Default for Distinct {
    fn default() -> Self {
        Distinct { words: [0; (BITS / 64) as usize], set: 0 }
    }
}

impl Distinct {
    /// As far as it can count: `BITS · ln(BITS)`, when one bit is clear.
    pub const ESTIMATE_MAX: u32 = 7_098;

    /// Adds a hash (of [`common_model::hash::StableHash`]); true when it was surely not there before.
    pub fn add(&mut self, hash: u64) -> bool {
        // The high bits: the low ones choose slots elsewhere.
        let bit = (hash >> 48) as u32 % BITS;
        let mask = 1_u64 << (bit % 64);
        let Some(word) = self.words.get_mut((bit / 64) as usize) else { return false };
        let is_new = *word & mask == 0;
        *word |= mask;
        self.set = self.set.saturating_add(u16::from(is_new));
        is_new
    }

    /// About how many different hashes were added.
    #[must_use]
    pub fn estimate(&self) -> u32 {
        let clear = BITS.saturating_sub(u32::from(self.set));
        if clear <= 1 {
            return Self::ESTIMATE_MAX;
        }
        let bits = f64::from(BITS);
        // Rounds to the nearest whole number; at most ESTIMATE_MAX by the line above.
        (-bits * (f64::from(clear) / bits).ln()).round() as u32
    }

    /// Whether nothing was added.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.set == 0
    }

    /// Adds all that `other` has.
    pub fn merge(&mut self, other: &Distinct) {
        let mut set = 0_u32;
        for (mine, theirs) in self.words.iter_mut().zip(&other.words) {
            *mine |= theirs;
            set = set.saturating_add(mine.count_ones());
        }
        self.set = u16::try_from(set).unwrap_or(u16::MAX);
    }
}

#[cfg(test)]
mod tests {
    use common_model::hash::StableHash;

    use super::*;

    #[test]
    fn counts_within_a_tenth_to_a_thousand() {
        let mut distinct = Distinct::default();
        for number in 1..=1_000_u32 {
            distinct.add(StableHash::new("d").u64(u64::from(number)).finish());
            distinct.add(StableHash::new("d").u64(u64::from(number)).finish());
            let slack = (f64::from(number) * 0.10).max(2.0);
            assert!((f64::from(distinct.estimate()) - f64::from(number)).abs() <= slack, "{number}");
        }
    }

    #[test]
    fn is_full_and_says_so() {
        let mut distinct = Distinct::default();
        for number in 0..100_000_u64 {
            distinct.add(StableHash::new("d").u64(number).finish());
        }
        assert_eq!(distinct.estimate(), Distinct::ESTIMATE_MAX);
    }
}
