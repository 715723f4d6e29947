//! The thread that listens: reads the rings of all ports, puts frames in the order of their times, and hands them over.
//!
//! A frame becomes visible at the latest one retire time after it was heard. So with several ports a block is read one retire time after it was
//! seen: by then every earlier frame of the other ports is visible too, and the earliest is taken first. A clock that jumps only spoils the
//! order, it stops nothing.
//!
//! When the hand-over is full, frames wait in the kernel's rings; when one of those is three quarters full, its oldest blocks are left out and
//! counted. So what is heard late is never older than both buffers, and what is lost is lost in one piece.

use core::time::Duration;
use std::sync::Arc;

use common_model::Timestamp;
use ipnet::IpNet;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::time::ClockId;
use sensor_decode::PORTS_MAX;

use super::batch::Batch;
use super::handover::Producer;
use super::port::{Machine, Port};
use super::{Options, Wish};

/// How often ports are looked at. A cable that was pulled is on the tablet within seconds (guess), and a port that came back is heard again.
const WATCH_EVERY: Duration = Duration::from_secs(1);

/// How long a batch that is not full may stay unpublished while the consumer is busy with others.
const FLUSH_EVERY: Duration = Duration::from_millis(5);

/// How long to sleep while the hand-over is full: the quarter of a ring that is kept free lasts longer at any speed of 1 Gbit/s and less.
const FULL_SLEEP: Duration = Duration::from_millis(1);

/// Longest time that stopping waits for the last blocks.
const STOP_PATIENCE: Duration = Duration::from_secs(1);

pub(super) struct Listener {
    pub(super) ports: Vec<Port>,
    pub(super) segments: Vec<IpNet>,
    pub(super) options: Options,
    pub(super) machine: Machine,
    pub(super) out: Producer<Batch>,
    pub(super) wish: Arc<Wish>,
}

/// How far the listener is with stopping.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Listens,
    /// Hears since then what the kernel still holds.
    Stops(Duration),
    /// Hands over what was seen, and looks at nothing new.
    Drains,
}

impl Listener {
    pub(super) fn run(mut self) {
        let mut stage = Stage::Listens;
        let mut watch_at = monotonic();
        // Whether the slot that is filled was begun.
        let mut is_begun = false;
        loop {
            if self.wish.is_abandoned() {
                return;
            }
            if let Some(segments) = self.wish.segments() {
                self.ports.iter_mut().for_each(|port| port.listen_for(&segments));
                self.segments = segments;
            }
            let now = monotonic();
            stage = self.next_stage(stage, now);
            if now >= watch_at && stage != Stage::Drains {
                self.watch();
                watch_at = now + WATCH_EVERY;
            }
            if stage != Stage::Drains {
                self.ports.iter_mut().for_each(|port| port.look(now));
            }
            let hold =
                if stage == Stage::Listens { hold(&self.options, self.ports.len()) } else { Duration::ZERO };
            let is_full = !self.hand_over(now, hold, &mut is_begun);
            self.report(&mut is_begun);
            let has_unpublished = self.flush(stage, &mut is_begun);
            if stage == Stage::Drains && !has_unpublished && self.is_empty() {
                return;
            }

            let mut patience = watch_at.saturating_sub(now).min(WATCH_EVERY);
            if has_unpublished {
                patience = patience.min(FLUSH_EVERY);
            }
            if is_full || stage != Stage::Listens {
                patience = patience.min(FULL_SLEEP);
            } else if let Some(oldest) = self.ports.iter().filter_map(Port::waits_since).min() {
                patience = patience.min((oldest + hold).saturating_sub(now).max(FULL_SLEEP));
            }
            if self.wait(patience) {
                watch_at = now;
            }
        }
    }

    fn next_stage(&mut self, stage: Stage, now: Duration) -> Stage {
        match stage {
            Stage::Listens if self.wish.is_stopped() => Stage::Stops(now),
            Stage::Stops(since) if self.has_all(since, now) => {
                self.ports.iter_mut().for_each(|port| port.look(now));
                self.watch();
                Stage::Drains
            }
            _ => stage,
        }
    }

    /// Whether the kernel holds nothing any more of what came until the listener was stopped. A block is retired in a retire time, twice
    /// that on a coarse clock, and later on a busy machine; on a wire that never rests there is always something.
    fn has_all(&mut self, since: Duration, now: Duration) -> bool {
        let is_soon = now < since + self.options.retire * 2;
        !is_soon && (now >= since + STOP_PATIENCE || self.ports.iter_mut().all(Port::has_all))
    }

    fn watch(&mut self) {
        for port in &mut self.ports {
            port.watch(&mut self.machine, &self.segments, &self.options);
        }
    }

    /// Hands over frames in order while one is ripe. `false` when the hand-over is full.
    fn hand_over(&mut self, now: Duration, hold: Duration, is_begun: &mut bool) -> bool {
        loop {
            let is_ripe = |port: &Port| port.waits_since().is_some_and(|since| since + hold <= now);
            if !self.ports.iter().any(is_ripe) {
                return true;
            }
            let Some(batch) = begun(&mut self.out, is_begun) else {
                for port in &mut self.ports {
                    while port.is_crowded() {
                        port.drop_block();
                    }
                }
                return false;
            };
            let with_frames = self.ports.iter_mut().filter_map(|port| Some((port.next_at()?, port)));
            let Some((_, port)) = with_frames.min_by_key(|(at, _)| *at) else { return true };
            if !port.take_into(batch) {
                self.out.publish();
                *is_begun = false;
            }
        }
    }

    fn report(&mut self, is_begun: &mut bool) {
        if !self.ports.iter().any(Port::has_news) {
            return;
        }
        if let Some(batch) = begun(&mut self.out, is_begun) {
            let at = realtime();
            self.ports.iter_mut().for_each(|port| port.report_into(batch, at));
        }
    }

    /// Publishes what there is, unless the consumer has enough to do: then it may grow. Whether something stays unpublished.
    fn flush(&mut self, stage: Stage, is_begun: &mut bool) -> bool {
        let has_some = *is_begun && self.out.slot().is_some_and(|batch| !batch.is_empty());
        if has_some && (self.out.in_flight() < 2 || stage == Stage::Drains) {
            self.out.publish();
            *is_begun = false;
            return false;
        }
        has_some
    }

    fn is_empty(&self) -> bool {
        self.ports.iter().all(|port| port.waits_since().is_none() && !port.has_news())
    }

    /// Waits for frames, for a wish, or until the time is over. Whether a port has an error.
    fn wait(&self, patience: Duration) -> bool {
        let wish = self.wish.to_wait_on();
        let mut places: [PollFd<'_>; PORTS_MAX + 1] = core::array::from_fn(|place| {
            match self.ports.get(place).and_then(Port::to_wait_on) {
                Some(socket) => PollFd::from_borrowed_fd(socket, PollFlags::IN | PollFlags::ERR),
                // The last is always a wish, and one more or less of them does not matter.
                None => PollFd::from_borrowed_fd(wish, PollFlags::IN),
            }
        });
        let patience = Timespec::try_from(patience).unwrap_or(Timespec { tv_sec: 1, tv_nsec: 0 });
        // Interrupted by a signal: then the next round waits.
        rustix::event::poll(&mut places, Some(&patience)).ok();
        let mut has_error = false;
        for (port, place) in self.ports.iter().zip(&places) {
            if place.revents().intersects(PollFlags::ERR | PollFlags::HUP) {
                port.take_error();
                has_error = true;
            }
        }
        if places.last().is_some_and(|place| place.revents().contains(PollFlags::IN)) {
            self.wish.heard();
        }
        has_error
    }
}

/// How long a block waits for earlier frames of other ports.
pub(super) fn hold(options: &Options, ports: usize) -> Duration {
    if ports > 1 { options.retire + FULL_SLEEP * 2 } else { Duration::ZERO }
}

/// The batch that is filled, begun anew when the last was published.
fn begun<'a>(out: &'a mut Producer<Batch>, is_begun: &mut bool) -> Option<&'a mut Batch> {
    let batch = out.slot()?;
    if !*is_begun {
        batch.clear();
        *is_begun = true;
    }
    Some(batch)
}

/// The time of day, which can jump.
pub(super) fn realtime() -> Timestamp {
    let nanos = since_start_of(ClockId::Realtime).as_nanos();
    Timestamp::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// A clock that never jumps.
pub(super) fn monotonic() -> Duration {
    since_start_of(ClockId::Monotonic)
}

fn since_start_of(clock: ClockId) -> Duration {
    Duration::try_from(rustix::time::clock_gettime(clock)).unwrap_or_default()
}
