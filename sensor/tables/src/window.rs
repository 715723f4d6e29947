//! Counters by key over a window of time that slides in halves: the window in progress and the one before.
//!
//! Two halves instead of a list of times cost fixed memory. What is asked for covers between one and two half-windows, so a burst
//! is never split by a border; it may be remembered for up to `window` longer than asked, never shorter than half of it.

use core::hash::Hash;
use core::time::Duration;

use common_model::Timestamp;

use crate::{Distinct, Recent};

/// Two halves and when the newer began: what the counters below are made of, for who counts more than one thing at once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Halves<T> {
    began_at: Timestamp,
    /// What came in the half-window in progress.
    pub newer: T,
    /// What came in the one before.
    pub older: T,
}

impl<T: Default + Copy> Halves<T> {
    /// Nothing was counted; the first half begins now.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Halves { began_at: now, ..Halves::default() }
    }

    /// Time has come to `now`: lets go of what is older than the window, of which `half` is the half.
    pub fn roll(&mut self, now: Timestamp, half: Duration) {
        let passed = now.since(self.began_at);
        if passed < half {
            return;
        }
        self.older = if passed < half.saturating_mul(2) { self.newer } else { T::default() };
        self.newer = T::default();
        self.began_at = now;
    }

    /// How long ago the first of what is counted came, or how long the window is.
    #[must_use]
    pub fn span(&self, now: Timestamp, half: Duration, has_older: bool) -> Duration {
        let older = if has_older { half } else { Duration::ZERO };
        now.since(self.began_at).saturating_add(older)
    }
}

/// Half of a window. One of no length at all would never roll.
#[must_use]
pub fn half_of(window: Duration) -> Duration {
    Duration::from_nanos(u64::try_from(window.as_nanos() / 2).unwrap_or(u64::MAX).max(1))
}

/// How a count grew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    /// Before.
    pub before: u32,
    /// After.
    pub after: u32,
}

impl Growth {
    /// Whether the count has just come to `min`, or since then doubled once more: when it is worth saying.
    #[must_use]
    pub const fn reached(self, min: u32) -> bool {
        const fn steps(count: u32, min: u32) -> u32 {
            match count.checked_div(min) {
                Some(times @ 1..) => times.ilog2().saturating_add(1),
                Some(0) | None => 0,
            }
        }
        steps(self.after, min) > steps(self.before, min)
    }
}

/// How many different things each key had in about the last `window`.
#[derive(Debug)]
pub struct DistinctPerWindow<K> {
    keys: Recent<K, Halves<Distinct>>,
    half: Duration,
}

impl<K: Hash + Eq + Copy> DistinctPerWindow<K> {
    /// At most `keys_max` keys.
    #[must_use]
    pub fn new(keys_max: usize, window: Duration, seed: u64) -> Self {
        DistinctPerWindow { keys: Recent::new(keys_max, seed), half: half_of(window) }
    }

    /// Memory for `keys_max` keys, in bytes.
    #[must_use]
    pub const fn memory_bytes(keys_max: usize) -> usize {
        Recent::<K, Halves<Distinct>>::memory_bytes(keys_max)
    }

    /// Adds one thing (by its hash) to a key; returns about how many different ones the key had in the window, before and after, and how
    /// long ago the first of them came.
    pub fn add(&mut self, key: K, hash: u64, now: Timestamp) -> (Growth, Duration) {
        let halves = self.keys.entry(key, || Halves { began_at: now, ..Halves::default() });
        halves.roll(now, self.half);
        let mut both = halves.newer;
        if !halves.older.is_empty() {
            both.merge(&halves.older);
        }
        let before = both.estimate();
        halves.newer.add(hash);
        both.add(hash);
        (Growth { before, after: both.estimate() }, halves.span(now, self.half, !halves.older.is_empty()))
    }

    /// Forgets a key; true when it was there.
    pub fn forget(&mut self, key: &K) -> bool {
        self.keys.remove(key).is_some()
    }

    /// How many keys were forgotten because the table was full.
    #[must_use]
    pub const fn forgotten(&self) -> u64 {
        self.keys.forgotten()
    }
}

/// How much each key had in about the last `window`.
#[derive(Debug)]
pub struct SumPerWindow<K> {
    keys: Recent<K, Halves<u64>>,
    half: Duration,
}

/// How much a key has, and since when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// How much.
    pub amount: u64,
    /// The first of it came so long ago, or the window is so long.
    pub span: Duration,
}

impl<K: Hash + Eq + Copy> SumPerWindow<K> {
    /// At most `keys_max` keys.
    #[must_use]
    pub fn new(keys_max: usize, window: Duration, seed: u64) -> Self {
        SumPerWindow { keys: Recent::new(keys_max, seed), half: half_of(window) }
    }

    /// Memory for `keys_max` keys, in bytes.
    #[must_use]
    pub const fn memory_bytes(keys_max: usize) -> usize {
        Recent::<K, Halves<u64>>::memory_bytes(keys_max)
    }

    /// Adds `amount` to a key; returns how much it has in the window.
    pub fn add(&mut self, key: K, amount: u64, now: Timestamp) -> Sum {
        self.add_within(key, amount, Duration::ZERO, now)
    }

    /// The same, of an amount that came bit by bit `within` the time up to now.
    pub fn add_within(&mut self, key: K, amount: u64, within: Duration, now: Timestamp) -> Sum {
        let half = self.half;
        let halves =
            self.keys.entry(key, || Halves { began_at: now - within.min(half), ..Halves::default() });
        halves.roll(now, half);
        halves.newer = halves.newer.saturating_add(amount);
        halves.sum(now, half)
    }

    /// How much a key has in the window; does not touch it.
    #[must_use]
    pub fn sum(&self, key: &K, now: Timestamp) -> Sum {
        self.keys.get(key).map_or(Sum::default(), |halves| {
            let mut halves = *halves;
            halves.roll(now, self.half);
            halves.sum(now, self.half)
        })
    }

    /// Forgets a key; true when it was there.
    pub fn forget(&mut self, key: &K) -> bool {
        self.keys.remove(key).is_some()
    }

    /// How many keys were forgotten because the table was full.
    #[must_use]
    pub const fn forgotten(&self) -> u64 {
        self.keys.forgotten()
    }
}

impl Halves<u64> {
    fn sum(&self, now: Timestamp, half: Duration) -> Sum {
        let amount = self.newer.saturating_add(self.older);
        Sum { amount, span: self.span(now, half, self.older > 0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_burst_over_a_border_is_whole() {
        let mut sums = SumPerWindow::new(4, MINUTE, 1);
        sums.add("k", 1, Timestamp::from_secs(0));
        let sum = |amount, secs| Sum { amount, span: Duration::from_secs(secs) };
        assert_eq!(sums.add("k", 5, Timestamp::from_secs(29)), sum(6, 29));
        assert_eq!(sums.add("k", 5, Timestamp::from_secs(31)), sum(11, 30));
        assert_eq!(sums.sum(&"k", Timestamp::from_secs(200)), sum(0, 0));
    }

    #[test]
    fn distinct_things_are_forgotten_after_the_window() {
        let mut names = DistinctPerWindow::new(4, MINUTE, 1);
        for hash in 0..20_u64 {
            names.add(1, hash << 48, Timestamp::from_secs(hash));
        }
        assert_eq!(names.add(1, 0, Timestamp::from_secs(40)).0.after, 20);
        let alone = (Growth { before: 0, after: 1 }, Duration::ZERO);
        assert_eq!(names.add(1, 0, Timestamp::from_secs(140)), alone);
    }

    #[test]
    fn growth_is_worth_saying_at_the_minimum_and_at_each_doubling() {
        let said: Vec<u32> =
            (1..=100).filter(|after| Growth { before: after - 1, after: *after }.reached(12)).collect();
        assert_eq!(said, [12, 24, 48, 96]);
    }

    #[test]
    fn a_flood_of_keys_is_counted_not_kept() {
        let mut sums = SumPerWindow::new(100, MINUTE, 1);
        for key in 0..10_000 {
            sums.add(key, 1, Timestamp::from_secs(1));
        }
        assert_eq!((sums.keys.len(), sums.forgotten()), (100, 9_900));
    }
}
