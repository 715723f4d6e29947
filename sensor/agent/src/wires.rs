//! Ears on real ports.
//!
//! Silence is told in a time that goes on evenly from the last frame, so that a clock which is set makes no silence: only a frame says what
//! time it is.

use core::time::Duration;
use std::time::Instant;

use common_model::Timestamp;
use common_site::{Monitored, SEGMENTS_MAX};
use sensor_capture::live::{self, Dropped, Live, Options, PortName, PortState};
use sensor_decode::LinkType;
use sensor_engine::PortReport;

use crate::{EarPort, Ears, Heard};

/// How long a frame is waited for before it is told that there was none. Source: half of the agent's turn.
const PATIENCE: Duration = Duration::from_millis(50);

/// Beside a port that always hears, the silence of the others is told so often.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// The machine's clock was set when it is further than this from where it would be by the steady one. Guess: more than frames wait in all
/// buffers, less than anybody would set a clock by.
const SET_MIN: Duration = Duration::from_secs(2);

/// So far apart the two clocks are compared while frames come. Source: comparing takes 25 ns.
const COMPARED_EVERY: Duration = Duration::from_millis(100);

const _: () = assert!(SEGMENTS_MAX == live::SEGMENTS_MAX);

/// Ports that are listened to.
#[derive(Debug)]
pub struct Wires {
    live: Live,
    ports: Vec<EarPort>,
    time: Option<Time>,
    /// Until when silence was told, and until when it is to be.
    told: Timestamp,
    to_tell: Option<Timestamp>,
}

/// What time it was when.
#[derive(Clone, Copy, Debug)]
struct Time {
    at: Timestamp,
    steady: Instant,
}

impl Time {
    /// The time that it is, if nobody set the clock.
    fn now(self, steady: Instant) -> Timestamp {
        self.at + steady.saturating_duration_since(self.steady)
    }
}

impl Wires {
    /// Listens on these ports, to what is monitored. The first is port 0.
    ///
    /// # Errors
    /// Why not, and what to do about it.
    pub fn open(ports: &[PortName], monitored: &Monitored) -> anyhow::Result<Self> {
        Wires::open_with(ports, monitored, &Options::default())
    }

    /// The same on ports that were listened to before: one that is not there now is waited for.
    ///
    /// # Errors
    /// As [`Wires::open`].
    pub fn open_again(ports: &[PortName], monitored: &Monitored) -> anyhow::Result<Self> {
        Wires::open_with(ports, monitored, &Options { waits_for_ports: true, ..Options::default() })
    }

    fn open_with(ports: &[PortName], monitored: &Monitored, options: &Options) -> anyhow::Result<Self> {
        let live = Live::open(ports, monitored.segments(), options)?;
        let port = |(name, link): (&PortName, &LinkType)| EarPort {
            name: name.to_string(),
            link: *link,
            state: PortState::NoSignal,
            dropped: Dropped::default(),
            lost_at: None,
        };
        let ports = ports.iter().zip(live.links()).map(port).collect();
        Ok(Wires { live, ports, time: None, told: Timestamp::EPOCH, to_tell: None })
    }
}

impl Ears for Wires {
    fn next(&mut self) -> anyhow::Result<Heard<'_>> {
        if let Some(at) = self.to_tell.take() {
            self.told = at;
            return Ok(Heard::Silence(at));
        }
        match self.live.next(PATIENCE) {
            live::Heard::Frame(frame) => {
                let at = frame.at;
                if self.time.is_none_or(|time| at < time.at || at.since(time.at) >= COMPARED_EVERY) {
                    self.time = Some(Time { at, steady: steady() });
                }
                let is_due = at < self.told || at.since(self.told) >= TELL_EVERY;
                if is_due && self.ports.len() > 1 {
                    self.to_tell = Some(at);
                }
                Ok(Heard::Frame(frame))
            }
            live::Heard::Port(live::PortReport { port, at, state, dropped, .. }) => {
                let now = steady();
                let time = *self.time.get_or_insert(Time { at, steady: now });
                let at = even(time, at, now);
                if let Some(known) = self.ports.get_mut(usize::from(port.0)) {
                    known.state = state;
                    known.dropped = known.dropped.and(dropped);
                    if dropped.total() > 0 {
                        known.lost_at = Some(at);
                    }
                }
                let report = PortReport { has_carrier: state.has_carrier(), dropped: dropped.total() };
                Ok(Heard::Port(at, port, report))
            }
            live::Heard::Silence(until) => {
                let now = steady();
                let time = *self.time.get_or_insert(Time { at: until, steady: now });
                let at = even(time, until, now);
                self.time = Some(Time { at, steady: now });
                self.told = at;
                Ok(Heard::Silence(at))
            }
            live::Heard::Stopped => anyhow::bail!("nobody listens on the ports any more"),
        }
    }

    fn ports(&self) -> Vec<EarPort> {
        self.ports.clone()
    }

    fn listen_for(&mut self, monitored: &Monitored) -> anyhow::Result<()> {
        Ok(self.live.listen_for(monitored.segments())?)
    }
}

/// What the machine's clock says, or, when somebody set it, the time that it would be.
fn even(time: Time, said: Timestamp, now: Instant) -> Timestamp {
    let would_be = time.now(now);
    let is_set = said.since(would_be) > SET_MIN || would_be.since(said) > SET_MIN;
    if is_set { would_be } else { said }
}

fn steady() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "how long it was silent is the machine's business")]
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_makes_no_silence() {
        let (at, steady) = (Timestamp::from_secs(1_773_822_600), steady());
        let time = Time { at, steady };
        let later = steady + Duration::from_secs(10);
        for (said, even_at) in [
            (at + Duration::from_millis(9_950), 9_950),
            (at + Duration::from_secs(3_610), 10_000),
            (at - Duration::from_secs(86_400 * 365), 10_000),
        ] {
            assert_eq!(even(time, said, later), at + Duration::from_millis(even_at), "{said}");
        }
    }
}
