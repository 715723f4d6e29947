//! The engine's clock: follows the frames, never goes back.
//!
//! Windows and timers run on *elapsed* time; outputs carry the frames' own time. Normally they are the same. When frames go back by more
//! than [`STEP_BACK_MAX`] (a corrected clock, a recording that begins again), elapsed time stands still and the difference is
//! remembered. A leap forward by more than [`LEAP_MAX`] is believed only when a second frame agrees: one damaged record must not end
//! every conversation.

use core::time::Duration;

use common_model::Timestamp;

/// Frames of one capture come out of order by less than this. Guess: several ports, several queues, one second of buffering.
const STEP_BACK_MAX: Duration = Duration::from_secs(2);

/// A longer silence than this, from one frame to the next, is either a gap in a recording or a damaged time.
pub(crate) const LEAP_MAX: Duration = Duration::from_secs(24 * 3_600);

/// What a frame's time means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tick {
    /// Time went on, or stood still.
    On,
    /// Time leapt: what was in progress is over.
    Leap,
}

#[derive(Debug, Default)]
pub(crate) struct Clock {
    elapsed: Timestamp,
    is_started: bool,
    /// What is added to a frame's time, and taken from it, to come to elapsed time.
    ahead: Duration,
    behind: Duration,
    /// A leap that one frame claims.
    claimed: Option<Timestamp>,
    /// How often frames went back.
    pub(crate) steps_back: u64,
    /// How many frames claimed a leap that no other agreed to.
    pub(crate) leaps_refused: u64,
}

impl Clock {
    /// Takes the time of a frame. Returns the elapsed time that it came at; timers due before it run first, then [`Clock::reach`] it.
    pub(crate) fn heard(&mut self, at: Timestamp) -> (Tick, Timestamp) {
        if !self.is_started {
            self.is_started = true;
            self.elapsed = at;
            return (Tick::On, at);
        }
        let heard = self.elapsed_at(at);
        if heard.since(self.elapsed) > LEAP_MAX {
            // Two frames agree when there is no leap between them.
            let agrees = |claimed: Timestamp| at.since(claimed) <= LEAP_MAX && claimed.since(at) <= LEAP_MAX;
            if self.claimed.is_some_and(agrees) {
                self.claimed = None;
                return (Tick::Leap, heard);
            }
            self.leaps_refused = self.leaps_refused.saturating_add(u64::from(self.claimed.is_some()));
            self.claimed = Some(at);
            return (Tick::On, self.elapsed);
        }
        self.leaps_refused = self.leaps_refused.saturating_add(u64::from(self.claimed.take().is_some()));
        if self.elapsed.since(heard) > STEP_BACK_MAX {
            self.steps_back = self.steps_back.saturating_add(1);
            self.ahead = self.elapsed.since(at);
            self.behind = at.since(self.elapsed);
        }
        (Tick::On, self.elapsed.max(heard))
    }

    /// Time has come to this moment of elapsed time; it never goes back.
    pub(crate) fn reach(&mut self, elapsed: Timestamp) {
        self.is_started = true;
        self.elapsed = self.elapsed.max(elapsed);
    }

    /// The elapsed time of a moment of the frames' own time.
    pub(crate) fn elapsed_at(&self, at: Timestamp) -> Timestamp {
        at + self.ahead - self.behind
    }

    /// The elapsed time now.
    pub(crate) const fn now(&self) -> Timestamp {
        self.elapsed
    }

    /// The frames' own time now.
    pub(crate) fn wall_now(&self) -> Timestamp {
        self.wall(self.elapsed)
    }

    /// The frames' own time of a moment of elapsed time.
    pub(crate) fn wall(&self, elapsed: Timestamp) -> Timestamp {
        elapsed + self.behind - self.ahead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    /// A frame is heard and time comes to it.
    fn heard(clock: &mut Clock, secs: u64) -> Tick {
        let (tick, elapsed) = clock.heard(at(secs));
        clock.reach(elapsed);
        tick
    }

    #[test]
    fn a_recording_that_begins_again_goes_on() {
        let mut clock = Clock::default();
        for secs in [1_000, 1_050, 1_000, 1_010] {
            assert_eq!(heard(&mut clock, secs), Tick::On);
        }
        assert_eq!(clock.now(), at(1_060));
        assert_eq!(clock.wall(clock.now()), at(1_010));
        assert_eq!(clock.steps_back, 1);
    }

    #[test]
    fn one_damaged_time_is_not_believed_two_are() {
        let mut clock = Clock::default();
        heard(&mut clock, 1_000);
        assert_eq!(heard(&mut clock, 90_000_000), Tick::On);
        assert_eq!(heard(&mut clock, 1_001), Tick::On);
        assert_eq!((clock.now(), clock.leaps_refused), (at(1_001), 1));
        heard(&mut clock, 90_000_000);
        assert_eq!(heard(&mut clock, 90_000_001), Tick::Leap);
        assert_eq!(clock.now(), at(90_000_001));
    }

    #[test]
    fn a_little_disorder_stands_still() {
        let mut clock = Clock::default();
        heard(&mut clock, 10);
        heard(&mut clock, 9);
        assert_eq!((clock.now(), clock.steps_back), (at(10), 0));
    }
}
