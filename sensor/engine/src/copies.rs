//! Tells copies of a packet from new ones: a trunk mirrored twice, or two taps that both hear it, show each packet twice.

use core::time::Duration;

use common_model::Timestamp;

/// A copy comes within this time. Source: HOUSE rule; a switch copies within microseconds, a busy mirror queues for some milliseconds.
const WITHIN: Duration = Duration::from_millis(5);

/// How many packets are remembered: at 1 Gbit/s of small packets 5 ms hold some 7,000; one in a clinic holds ten.
const SLOTS: usize = 4_096;

/// Remembers what went by in the last milliseconds, one slot for each hash: a newer packet with the same slot replaces the older.
#[derive(Debug)]
pub(crate) struct Copies {
    slots: Box<[(u64, Timestamp)]>,
    /// How many copies were left out.
    pub(crate) suppressed: u64,
}

impl Copies {
    pub(crate) fn new() -> Self {
        Copies { slots: vec![(0, Timestamp::EPOCH); SLOTS].into_boxed_slice(), suppressed: 0 }
    }

    pub(crate) const fn memory_bytes() -> usize {
        SLOTS * size_of::<(u64, Timestamp)>()
    }

    /// Whether this key was seen a moment ago; `now` is elapsed time, so that a recording that begins again is not all copies.
    pub(crate) fn is_copy(&mut self, key: u64, now: Timestamp) -> bool {
        let Some(slot) = self.slots.get_mut((key >> 32) as usize % SLOTS) else { return false };
        let is_copy = slot.0 == key && now.since(slot.1) <= WITHIN;
        *slot = (key, now);
        self.suppressed = self.suppressed.saturating_add(u64::from(is_copy));
        is_copy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_within_milliseconds_is_a_copy() {
        let mut copies = Copies::new();
        let at = |millis: u64| Timestamp::from_nanos(1_000_000_000 + millis * 1_000_000);
        assert!(!copies.is_copy(7, at(0)));
        assert!(copies.is_copy(7, at(3)));
        assert!(!copies.is_copy(7, at(20)), "sent again");
        assert!(!copies.is_copy(8, at(20)));
        assert_eq!(copies.suppressed, 1);
    }
}
