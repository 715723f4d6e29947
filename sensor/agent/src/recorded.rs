//! A recording played as if it were a wire, at a pace that a person can follow.

use core::time::Duration;
use std::time::Instant;

use common_model::{ClosedBy, Timestamp};
use sensor_capture::Frames;
use sensor_capture::live::{Dropped, PortState};
use sensor_decode::{Frame, LinkType, PortId, Vlan};

use crate::{EarPort, Ears, Heard};

/// So often silence is told while the next frame waits for its time. Guess: faster than an eye.
const TURN: Duration = Duration::from_millis(50);

/// While a recording goes on, no more silence than this is told between two frames: less than blinds a port (90 s).
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// How fast a recording is played: what comes before the start as fast as it goes, then by waypoints, after the last in real time.
#[derive(Clone, Debug)]
pub struct Pace {
    start: Timestamp,
    /// By this moment of the recording so much time has passed.
    waypoints: Vec<(Timestamp, Duration)>,
}

impl Pace {
    /// From `start` on, by these waypoints, in order.
    #[must_use]
    pub fn new(start: Timestamp, waypoints: Vec<(Timestamp, Duration)>) -> Self {
        Pace { start, waypoints }
    }

    /// The moment of the recording when so much time has passed since its start.
    fn moment(&self, passed: Duration) -> Timestamp {
        let (mut from, mut spent) = (self.start, Duration::ZERO);
        for &(until, by) in &self.waypoints {
            if passed < by {
                let part = (passed - spent).as_secs_f64() / (by - spent).as_secs_f64();
                return from + until.since(from).mul_f64(part);
            }
            (from, spent) = (until, by);
        }
        from + (passed - spent)
    }

    /// How much time has passed at a moment of the recording.
    fn passed(&self, moment: Timestamp) -> Duration {
        let (mut from, mut spent) = (self.start, Duration::ZERO);
        for &(until, by) in &self.waypoints {
            if moment < until {
                let part = moment.since(from).as_secs_f64() / until.since(from).as_secs_f64();
                return spent + (by - spent).mul_f64(part);
            }
            (from, spent) = (until, by);
        }
        spent + moment.since(from)
    }
}

/// A frame that waits for its time, without its bytes.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    at: Timestamp,
    port: PortId,
    link: LinkType,
    vlan: Option<Vlan>,
    wire_len: u32,
}

/// A recording.
pub struct Recorded {
    name: String,
    frames: Box<dyn Frames>,
    pace: Pace,
    /// What was heard before a restart.
    heard_until: Timestamp,
    /// When, by the machine, it was at the start of its pace.
    started: Option<Instant>,
    solved_at: Option<Timestamp>,
    waiting: Option<Waiting>,
    bytes: Vec<u8>,
    heard_last: Timestamp,
}

impl core::fmt::Debug for Recorded {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Recorded").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Recorded {
    /// Plays these frames. At `solved_at` the supplier says that everything is solved.
    #[must_use]
    pub fn new(name: &str, frames: Box<dyn Frames>, pace: Pace, solved_at: Option<Timestamp>) -> Self {
        Recorded {
            name: name.to_owned(),
            frames,
            pace,
            heard_until: Timestamp::EPOCH,
            started: None,
            solved_at,
            waiting: None,
            bytes: Vec::new(),
            heard_last: Timestamp::EPOCH,
        }
    }

    /// The next frame that was not heard yet; `None` at the end.
    fn fetch(&mut self) -> Option<Waiting> {
        while self.waiting.is_none() {
            let Frame { port, at, link, vlan, wire_len, bytes } = self.frames.next_frame()?;
            if at > self.heard_until {
                self.bytes.clear();
                self.bytes.extend_from_slice(bytes);
                self.waiting = Some(Waiting { at, port, link, vlan, wire_len });
            }
        }
        self.waiting
    }

    /// The moment of the recording that it is now.
    fn now(&mut self) -> Timestamp {
        let already = self.pace.passed(self.heard_until.max(self.pace.start));
        #[expect(
            clippy::disallowed_methods,
            reason = "a recording is played in the time of whoever watches it"
        )]
        let started = *self.started.get_or_insert_with(Instant::now);
        self.pace.moment(already + started.elapsed())
    }
}

impl Ears for Recorded {
    fn next(&mut self) -> anyhow::Result<Heard<'_>> {
        let next = self.fetch();
        // What comes before the start is learned as fast as it goes.
        let is_early = next.is_some_and(|frame| frame.at < self.pace.start);
        if !is_early {
            let now = self.now();
            let next_at = next.map_or(Timestamp::MAX, |frame| frame.at);
            if let Some(at) = self.solved_at.take_if(|at| *at <= now && *at <= next_at) {
                return Ok(Heard::AllSolved(at, ClosedBy::Supplier));
            }
            if next_at > now {
                std::thread::sleep(TURN);
                // Scenes have pauses that no clinic has; until the recording ends they are no silence that blinds.
                let silent = if next.is_some() { now.min(self.heard_last + PAUSE_MAX) } else { now };
                return Ok(Heard::Silence(silent));
            }
        }
        let Some(Waiting { at, port, link, vlan, wire_len }) = self.waiting.take() else {
            return Ok(Heard::Silence(self.now()));
        };
        self.heard_last = at;
        Ok(Heard::Frame(Frame { port, at, link, vlan, wire_len, bytes: &self.bytes }))
    }

    fn ports(&self) -> Vec<EarPort> {
        let (name, state, dropped) = (self.name.clone(), PortState::Hears, Dropped::default());
        vec![EarPort { name, link: LinkType::Ethernet, state, dropped, lost_at: None }]
    }

    fn is_recording(&self) -> bool {
        true
    }

    fn go_on_from(&mut self, at: Timestamp) {
        (self.heard_until, self.heard_last) = (at, at);
        self.solved_at = self.solved_at.filter(|solved| *solved > at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn a_pace_goes_from_waypoint_to_waypoint_and_then_in_real_time() {
        let secs = Duration::from_secs;
        let pace = Pace::new(at(1_000), vec![(at(2_000), secs(10)), (at(2_010), secs(20))]);
        for (passed, moment) in [(0, 1_000), (5, 1_500), (10, 2_000), (15, 2_005), (20, 2_010), (25, 2_015)] {
            assert_eq!(pace.moment(secs(passed)), at(moment), "after {passed} s");
            assert_eq!(pace.passed(at(moment)), secs(passed), "at {moment}");
        }
    }
}
