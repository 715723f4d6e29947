//! When to send what: a state machine without a clock, a socket or a file, so that a year of bad weather can be tried in a second.
//!
//! The spool is the truth, this only remembers how far it is. It asks for the next batch (`poll_send`), is told what went into it (`sent`) and what
//! became of it (`handle_answer`, `handle_failure`), and says when it wants to be asked again (`poll_timeout`). One batch is under way at a
//! time; what was not acknowledged is sent again, and the centre knows a record by its number.

use core::time::Duration;

use common_model::Timestamp;
use common_model::hash::StableHash;
use common_wire::limits::{BATCH_RECORDS_MAX, RECORD_BYTES_MAX};
use common_wire::{Committed, Lane, Position, SpoolId};

/// How many lanes there are.
pub const LANES: usize = Lane::ALL.len();

/// The first pause after a failure; each further one doubles it. Guess: a modem that changes cells is back in a second or two.
const PAUSE_MIN: Duration = Duration::from_secs(1);

/// The longest pause. Guess: a clinic whose link is back sees it within two minutes, ten thousand boxes make a hundred calls a second.
const PAUSE_MAX: Duration = Duration::from_secs(120);

/// How far a lane is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stand {
    /// The last number that was given.
    pub last: u64,
    /// The last number that the centre has.
    pub committed: u64,
}

/// What the next batch is filled with, in this order: each lane, and the number after which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Lanes with something to send, the most important first.
    pub lanes: Vec<(Lane, u64)>,
    /// At most so many records.
    pub records_max: usize,
    /// What is left of the day's budget, in bytes: lines of lanes below alert take no more, and packed they take less.
    pub budget_bytes: u64,
}

/// What an answer changes in the spool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The centre has this lane up to this number.
    Commit(Lane, u64),
    /// The centre has numbers that this spool has not given: its file was put back, and must begin a new one.
    BeginAgain,
}

/// What went wrong with a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It may or may not have arrived.
    Link,
    /// It arrived, and was refused as a whole.
    Refused,
}

/// The state machine.
#[derive(Clone, Debug)]
pub struct Delivery {
    spool: SpoolId,
    lanes: [Stand; LANES],
    budget_bytes: u64,
    seed: u64,
    /// The last number of each lane in the batch that is under way.
    under_way: Option<Vec<(Lane, u64)>>,
    failures: u32,
    not_before: Timestamp,
    records_max: usize,
}

impl Delivery {
    /// For this spool. `budget_bytes` a day is what lanes below alert may use; `seed` makes boxes not all call at once.
    #[must_use]
    pub fn new(spool: SpoolId, lanes: [Stand; LANES], budget_bytes: u64, seed: u64) -> Self {
        Delivery {
            spool,
            lanes,
            budget_bytes,
            seed,
            under_way: None,
            failures: 0,
            not_before: Timestamp::EPOCH,
            records_max: BATCH_RECORDS_MAX,
        }
    }

    /// The spool has grown, or begun again.
    pub fn handle_spool(&mut self, spool: SpoolId, lanes: [Stand; LANES]) {
        (self.spool, self.lanes) = (spool, lanes);
    }

    /// What to send now; nothing while a batch is under way, while it must wait, and when there is nothing. `used_bytes` left today.
    #[must_use]
    pub fn poll_send(&self, now: Timestamp, used_bytes: u64) -> Option<Ask> {
        if self.under_way.is_some() || now < self.not_before {
            return None;
        }
        let lanes: Vec<(Lane, u64)> = self.may_go(used_bytes).collect();
        let budget_bytes = self.budget_bytes.saturating_sub(used_bytes);
        (!lanes.is_empty()).then_some(Ask { lanes, records_max: self.records_max, budget_bytes })
    }

    /// Lanes in which something waits that may leave today: alerts always, the others while there is room for the longest record.
    fn may_go(&self, used_bytes: u64) -> impl Iterator<Item = (Lane, u64)> {
        let has_room = used_bytes.saturating_add(RECORD_BYTES_MAX as u64) <= self.budget_bytes;
        let waiting = Lane::ALL.into_iter().zip(self.lanes);
        waiting
            .filter(move |(lane, stand)| stand.last > stand.committed && (*lane == Lane::Alert || has_room))
            .map(|(lane, stand)| (lane, stand.committed))
    }

    /// This is under way: the last number of each lane.
    pub fn sent(&mut self, lanes: Vec<(Lane, u64)>) {
        self.under_way = Some(lanes);
    }

    /// The centre has answered. Returns what to write down, before anything else is asked.
    pub fn handle_answer(&mut self, now: Timestamp, answer: &Committed) -> Vec<Step> {
        let sent = self.under_way.take().unwrap_or_default();
        let mut steps = Vec::new();
        let mut has_moved = false;
        for (lane, _) in sent {
            let Some(seq) = answer.of(Position { spool: self.spool, lane }) else { continue };
            let Some(stand) = self.lanes.get_mut(lane as usize) else { continue };
            if seq > stand.last {
                return vec![Step::BeginAgain];
            }
            has_moved |= seq != stand.committed;
            stand.committed = seq;
            steps.push(Step::Commit(lane, seq));
        }
        if has_moved {
            self.failures = 0;
            self.records_max = BATCH_RECORDS_MAX;
            self.not_before = now;
        } else {
            // An answer that moves nothing is no reason to ask at once again.
            self.pause(now);
        }
        steps
    }

    /// The batch did not get through.
    pub fn handle_failure(&mut self, now: Timestamp, failure: Failure) {
        self.under_way = None;
        if failure == Failure::Refused {
            // Whatever is wrong with it, less of it may be right.
            self.records_max = (self.records_max / 2).max(1);
        }
        self.pause(now);
    }

    /// When it wants to be asked again though nothing has happened; not while all that waits is over the budget.
    #[must_use]
    pub fn poll_timeout(&self, used_bytes: u64) -> Option<Timestamp> {
        let waits = self.may_go(used_bytes).next().is_some();
        (waits && self.under_way.is_none()).then_some(self.not_before)
    }

    /// Waits longer each time, and never as long as another box.
    fn pause(&mut self, now: Timestamp) {
        let doubled = PAUSE_MIN.saturating_mul(1_u32.checked_shl(self.failures).unwrap_or(u32::MAX));
        let longest = doubled.min(PAUSE_MAX);
        self.failures = self.failures.saturating_add(1).min(16);
        let dice = StableHash::new("pause").u64(self.seed).u64(now.as_nanos()).finish();
        // Between half of it and all of it.
        let part = 0.5 + 0.5 * (dice >> 11) as f64 / (1_u64 << 53) as f64;
        self.not_before = now + longest.mul_f64(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPOOL: SpoolId = SpoolId::from_bytes([7; 16]);

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    fn stand(last: u64, committed: u64) -> Stand {
        Stand { last, committed }
    }

    fn delivery(lanes: [Stand; LANES]) -> Delivery {
        Delivery::new(SPOOL, lanes, 100_000, 1)
    }

    fn answer(lane: Lane, seq: u64) -> Committed {
        let mut committed = Committed::default();
        committed.set(Position { spool: SPOOL, lane }, seq);
        committed
    }

    #[test]
    fn the_important_goes_first_and_one_batch_at_a_time() {
        let mut delivery = delivery([stand(3, 2), stand(0, 0), stand(1, 0), stand(5, 5)]);
        let ask = delivery.poll_send(at(0), 0).unwrap();
        assert_eq!(ask.lanes, [(Lane::Alert, 2), (Lane::Inventory, 0)]);
        delivery.sent(vec![(Lane::Alert, 3)]);
        assert_eq!((delivery.poll_send(at(1), 0), delivery.poll_timeout(0)), (None, None));
        assert_eq!(delivery.handle_answer(at(1), &answer(Lane::Alert, 3)), [Step::Commit(Lane::Alert, 3)]);
        assert_eq!(delivery.poll_send(at(1), 0).unwrap().lanes, [(Lane::Inventory, 0)]);
    }

    #[test]
    fn over_its_budget_only_alerts_go() {
        let delivery = delivery([stand(1, 0), stand(1, 0), stand(1, 0), stand(1, 0)]);
        let room = 100_000 - RECORD_BYTES_MAX as u64;
        let ask = delivery.poll_send(at(0), room).unwrap();
        assert_eq!((ask.lanes.len(), ask.budget_bytes), (4, RECORD_BYTES_MAX as u64));
        assert_eq!(delivery.poll_send(at(0), room + 1).unwrap().lanes, [(Lane::Alert, 0)]);
    }

    #[test]
    fn over_its_budget_it_does_not_want_to_be_asked() {
        let delivery = delivery([stand(1, 1), stand(1, 0), stand(1, 0), stand(1, 0)]);
        assert_eq!(delivery.poll_timeout(0), Some(Timestamp::EPOCH));
        assert_eq!((delivery.poll_send(at(0), 90_000), delivery.poll_timeout(90_000)), (None, None));
    }

    #[test]
    fn pauses_grow_to_two_minutes_and_end_with_an_answer() {
        let mut delivery = delivery([stand(1, 0); LANES]);
        let mut now = at(0);
        for failed in 0..12 {
            delivery.sent(vec![(Lane::Alert, 1)]);
            delivery.handle_failure(now, Failure::Link);
            let pause = delivery.poll_timeout(0).unwrap().since(now);
            let longest = PAUSE_MAX.min(PAUSE_MIN * (1 << failed));
            assert!(pause >= longest / 2 && pause <= longest, "{failed}: {pause:?}");
            assert_eq!(delivery.poll_send(now, 0), None);
            now = now + pause;
        }
        delivery.sent(vec![(Lane::Alert, 1)]);
        delivery.handle_answer(now, &answer(Lane::Alert, 1));
        assert_eq!(delivery.poll_timeout(0), Some(now));
    }

    #[test]
    fn what_is_refused_is_tried_in_halves() {
        let mut delivery = delivery([stand(1, 0); LANES]);
        let mut sizes = Vec::new();
        for n in 0..12 {
            delivery.sent(vec![(Lane::Alert, 1)]);
            delivery.handle_failure(at(n * 1_000), Failure::Refused);
            sizes.push(delivery.poll_send(at(n * 1_000 + 999), 0).unwrap().records_max);
        }
        assert_eq!(sizes, [500, 250, 125, 62, 31, 15, 7, 3, 1, 1, 1, 1]);
    }

    #[test]
    fn a_centre_that_forgot_is_told_again_and_one_that_knows_more_makes_a_new_spool() {
        let mut delivery = delivery([stand(9, 7), stand(0, 0), stand(0, 0), stand(0, 0)]);
        delivery.sent(vec![(Lane::Alert, 9)]);
        assert_eq!(delivery.handle_answer(at(1), &answer(Lane::Alert, 4)), [Step::Commit(Lane::Alert, 4)]);
        assert_eq!(delivery.poll_send(at(1), 0).unwrap().lanes, [(Lane::Alert, 4)]);
        delivery.sent(vec![(Lane::Alert, 9)]);
        assert_eq!(delivery.handle_answer(at(2), &answer(Lane::Alert, 10)), [Step::BeginAgain]);
    }

    #[test]
    fn an_answer_that_moves_nothing_is_no_reason_to_hurry() {
        let mut delivery = delivery([stand(9, 7), stand(0, 0), stand(0, 0), stand(0, 0)]);
        delivery.sent(vec![(Lane::Alert, 9)]);
        delivery.handle_answer(at(1), &answer(Lane::Alert, 7));
        assert_eq!(delivery.poll_send(at(1), 0), None);
    }
}
