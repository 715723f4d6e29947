//! What is taken of a lane: each number once and in order, whatever the line between repeats, delays or loses.
//!
//! A lane of a spool has committed all up to some number. The next record is taken, one that is there already changes nothing, and from one
//! that comes too early the lane does not go on: the answer says where the box begins again.

/// How far a lane is, while a batch is walked through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lane {
    committed: u64,
    is_stopped: bool,
}

/// What becomes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    /// It is the next: stored.
    Accept,
    /// It is there already: counted, nothing changes.
    Duplicate,
    /// Something before it is missing: neither it nor what follows it in this lane is taken.
    TooEarly,
}

impl Lane {
    /// A lane that has committed all up to this number.
    #[must_use]
    pub const fn new(committed: u64) -> Self {
        Lane { committed, is_stopped: false }
    }

    /// All up to this number are stored or refused for good.
    #[must_use]
    pub const fn committed(self) -> u64 {
        self.committed
    }

    /// Decides on the record that stands for the numbers `first..=seq`; more than one when it is a gap.
    pub const fn take(&mut self, first: u64, seq: u64) -> Take {
        if seq <= self.committed {
            return Take::Duplicate;
        }
        // `first` may lie below what is committed: a box that was told less than we have reports a wider gap.
        if self.is_stopped || first > self.committed.saturating_add(1) {
            self.is_stopped = true;
            return Take::TooEarly;
        }
        self.committed = seq;
        Take::Accept
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_next_is_taken_and_what_is_there_changes_nothing() {
        let mut lane = Lane::new(4);
        assert_eq!(lane.take(5, 5), Take::Accept);
        assert_eq!(lane.take(5, 5), Take::Duplicate);
        assert_eq!(lane.take(1, 1), Take::Duplicate);
        assert_eq!(lane.committed(), 5);
    }

    #[test]
    fn nothing_is_taken_after_one_that_comes_too_early() {
        let mut lane = Lane::new(4);
        assert_eq!(lane.take(6, 6), Take::TooEarly);
        assert_eq!(lane.take(5, 5), Take::TooEarly);
        assert_eq!(lane.take(4, 4), Take::Duplicate);
        assert_eq!(lane.committed(), 4);
    }

    #[test]
    fn a_gap_covers_all_that_is_missing_and_begins_where_it_must() {
        let mut lane = Lane::new(4);
        assert_eq!(lane.take(6, 9), Take::TooEarly);
        let mut lane = Lane::new(4);
        assert_eq!(lane.take(3, 9), Take::Accept);
        assert_eq!(lane.committed(), 9);
        let mut last = Lane::new(u64::MAX);
        assert_eq!(last.take(1, u64::MAX), Take::Duplicate);
    }

    proptest! {
        /// However a lane's records are repeated and reordered: each is taken once, in order.
        #[test]
        fn each_number_once_and_in_order(sent in proptest::collection::vec(1_u64..12, 0..200)) {
            let (mut committed, mut stored) = (0, Vec::new());
            for batch in sent.chunks(5) {
                let mut lane = Lane::new(committed);
                for &seq in batch {
                    if lane.take(seq, seq) == Take::Accept {
                        stored.push(seq);
                    }
                }
                committed = lane.committed();
            }
            let wanted: Vec<u64> = (1..=committed).collect();
            prop_assert_eq!(stored, wanted);
        }
    }
}
