//! Dice with a seed: the same seed, day and entry give the same throws on every machine and in every version.

/// A small generator (SplitMix64; source: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
/// Good enough to scatter coffee breaks; not for secrets.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// Dice of their own for each `parts`, so that a new entry in the timetable leaves the throws of the others alone.
    pub(crate) fn new(seed: u64, parts: &[&str]) -> Self {
        // FNV-1a, 64 bits (source: the draft of Fowler, Noll, Vo and Eastlake), over the parts and their ends.
        let mut hash = 0xCBF2_9CE4_8422_2325_u64;
        for part in parts {
            for byte in part.bytes().chain([0xFF]) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
            }
        }
        let mut dice = Dice(seed);
        dice.0 = dice.throw() ^ hash;
        dice
    }

    /// A number from `least` to `most`, both included.
    pub(crate) fn between(&mut self, least: u32, most: u32) -> u32 {
        let wide = u64::from(most.saturating_sub(least)) + 1;
        // wide is at most 2^32, so the scaled throw is below 2^32 and fits.
        least.saturating_add((((self.throw() >> 32) * wide) >> 32) as u32)
    }

    /// True in `chance` (0 to 1) of the throws.
    pub(crate) fn happens(&mut self, chance: f64) -> bool {
        // 53 bits are what an f64 holds exactly.
        ((self.throw() >> 11) as f64) < chance * (1_u64 << 53) as f64
    }

    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throws_are_the_same_for_the_same_seed_and_parts() {
        let throws = |seed, part| {
            let mut dice = Dice::new(seed, &[part, "x"]);
            [dice.between(0, 999), dice.between(0, 999), dice.between(0, 999)]
        };
        assert_eq!(throws(1, "mail"), throws(1, "mail"));
        assert_ne!(throws(1, "mail"), throws(2, "mail"));
        assert_ne!(throws(1, "mail"), throws(1, "print"));
    }

    #[test]
    fn ends_of_a_range_are_reached_and_never_passed() {
        let mut dice = Dice::new(7, &[]);
        let thrown: Vec<u32> = (0..1_000).map(|_| dice.between(3, 6)).collect();
        assert_eq!((thrown.iter().min(), thrown.iter().max()), (Some(&3), Some(&6)));
        assert_eq!(dice.between(u32::MAX, u32::MAX), u32::MAX);
    }

    #[test]
    fn chance_is_kept() {
        let mut dice = Dice::new(7, &[]);
        assert!((0..100).all(|_| !dice.happens(0.0) && dice.happens(1.0)));
        let hits = (0..10_000).filter(|_| dice.happens(0.25)).count();
        assert!((2_300..2_700).contains(&hits), "{hits}");
    }
}
