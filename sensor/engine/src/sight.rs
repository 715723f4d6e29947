//! Whether the box sees: for each port, when it last heard, how much, what was lost before it came to us, and whether what it hears is what a
//! mirror port shows.

use core::time::Duration;

use arrayvec::ArrayVec;
use common_model::{Mac, Timestamp};
use sensor_decode::{PORTS_MAX, PortId};
use sensor_flow::{Protocol, Totals};
use sensor_inventory::Where;
use serde::{Deserialize, Serialize};

/// A port that has heard nothing for so long is blind. Source: the product's rule of silence: whoever hears nothing for 90 s says
/// so, and never that all is well.
pub(crate) const BLIND_AFTER: Duration = Duration::from_secs(90);

/// What is heard is judged after so much time. Guess: long enough for a few conversations in a quiet clinic, short enough for whoever has just
/// connected the box.
const WINDOW: Duration = Duration::from_secs(300);

/// In so many windows one after the other a port must have heard only what is meant for all. Guess: in a quarter of an hour any device that is
/// on says something to another.
const WINDOWS_WITHOUT_MIRROR: u8 = 3;

/// And from so many devices. Guess: one printer that is on at night may well speak to nobody.
const SPEAKERS_MIN: usize = 3;

/// Of so many frames one may be meant for one device: switches send frames for an unknown device to all ports. Guess.
const FLOODED_OF: u32 = 50;

/// So many conversations of which one side is heard are a sign that only one side is mirrored. Guess.
const ONE_SIDED_MIN: u32 = 3;

/// And so many times as many as those of which both are. Guess: two devices may speak by ways that do not meet.
const ONE_SIDED_OF: u32 = 20;

/// More packets than this without a word from the other side are no tries to open. Source: Linux sends a SYN seven times
/// (`tcp_syn_retries` 6).
const TRIES_MAX: u64 = 7;

/// What is wrong with what a port hears, though it hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trouble {
    /// Only what is meant for all: the switch does not mirror.
    MirrorOff,
    /// One side of each conversation: the switch mirrors one direction, or one of two one-way cables is missing.
    OneWay,
}

impl Trouble {
    /// As it is written down.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Trouble::MirrorOff => "mirror_off",
            Trouble::OneWay => "one_way",
        }
    }
}

/// Frames and their bytes on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Frames.
    pub frames: u64,
    /// Bytes.
    pub bytes: u64,
}

impl Amount {
    const fn add(&mut self, bytes: u32) {
        self.frames += 1;
        self.bytes += bytes as u64;
    }
}

/// What a port has heard since the hour began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PortHeard {
    /// All frames.
    pub all: Amount,
    /// Packets from the clinic's devices, without copies.
    pub from_inside: Amount,
    /// Packets from outside, without copies.
    pub from_outside: Amount,
    /// Frames lost before they came to us.
    pub dropped: u64,
    /// Bytes that were acknowledged and never seen.
    pub unseen_bytes: u64,
}

/// What the operating system says of a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortReport {
    /// Whether the cable has a signal.
    pub has_carrier: bool,
    /// Frames lost by the card, the kernel and our own ring since the last report.
    pub dropped: u64,
}

/// Whether a port sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SightState {
    /// It hears.
    Sees,
    /// It hears nothing.
    Blind,
}

/// A port, and whether it hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortSight {
    /// Which one.
    pub port: PortId,
    /// Whether it hears.
    pub sees: bool,
    /// When it was last heard.
    pub last_heard: Timestamp,
    /// What is wrong with what it hears.
    pub trouble: Option<Trouble>,
    /// When it last saw what a mirror port shows: when it was last heard, or while it hears and that is not enough, when it last was.
    pub saw: Option<Timestamp>,
}

#[derive(Clone, Debug)]
struct Port {
    last_heard: Timestamp,
    state: SightState,
    window: Window,
    /// Windows in which it heard only what is meant for all.
    without_mirror: u8,
    /// When a window ended in which it heard more.
    mirrored_at: Option<Timestamp>,
}

/// What a port heard since the last judgement.
#[derive(Clone, Debug, Default)]
struct Window {
    to_all: u32,
    to_one: u32,
    /// Some of those who spoke to all.
    speakers: ArrayVec<Mac, SPEAKERS_MIN>,
}

impl Window {
    fn has_no_mirror(&self) -> bool {
        self.speakers.is_full() && self.to_one <= self.to_all / FLOODED_OF
    }
}

#[derive(Debug, Default)]
pub(crate) struct Sight {
    ports: [Option<Port>; PORTS_MAX],
    heard: [PortHeard; PORTS_MAX],
    /// Conversations of which one side was heard, and both, since the last judgement; all ports together, which may each hear one side.
    one_sided: u32,
    two_sided: u32,
    is_one_way: bool,
    /// When a window ended in which both sides were heard.
    two_way_at: Option<Timestamp>,
    judged_at: Timestamp,
    /// Frames lost before they came to us.
    pub(crate) dropped: u64,
}

impl Sight {
    /// A port heard a frame. Returns whether it sees again.
    pub(crate) fn heard(&mut self, port: PortId, now: Timestamp, wire_len: u32) -> Option<SightState> {
        if now.since(self.judged_at) >= WINDOW {
            self.judge(now);
        }
        let at = usize::from(port.0);
        self.heard.get_mut(at)?.all.add(wire_len);
        let slot = self.ports.get_mut(at)?;
        let Some(known) = slot else {
            let (state, window) = (SightState::Sees, Window::default());
            *slot = Some(Port { last_heard: now, state, window, without_mirror: 0, mirrored_at: None });
            return Some(SightState::Sees);
        };
        known.last_heard = now;
        let was = core::mem::replace(&mut known.state, SightState::Sees);
        (was == SightState::Blind).then_some(SightState::Sees)
    }

    /// To whom a frame was sent: to one Ethernet address, or to all.
    pub(crate) fn sent(&mut self, port: PortId, source: Mac, to_all: bool) {
        let Some(Some(Port { window, .. })) = self.ports.get_mut(usize::from(port.0)) else { return };
        if !to_all {
            window.to_one = window.to_one.saturating_add(1);
            return;
        }
        window.to_all = window.to_all.saturating_add(1);
        if !window.speakers.is_full() && !window.speakers.contains(&source) {
            window.speakers.push(source);
        }
    }

    /// From where a packet came.
    pub(crate) fn passed(&mut self, port: PortId, from: Where, wire_len: u32) {
        let Some(heard) = self.heard.get_mut(usize::from(port.0)) else { return };
        match from {
            Where::Inside => heard.from_inside.add(wire_len),
            Where::Outside => heard.from_outside.add(wire_len),
            Where::Group => {}
        }
    }

    /// Bytes were acknowledged that nobody heard.
    pub(crate) fn unseen(&mut self, port: PortId, bytes: u64) {
        if let Some(heard) = self.heard.get_mut(usize::from(port.0)) {
            heard.unseen_bytes = heard.unseen_bytes.saturating_add(bytes);
        }
    }

    /// How a conversation went since it was last told of.
    pub(crate) fn conversation(&mut self, protocol: Protocol, sides: [Totals; 2]) {
        let [one, other] = sides.map(|side| side.packets);
        if protocol == Protocol::Tcp && one.max(other) > TRIES_MAX {
            let count = if one.min(other) == 0 { &mut self.one_sided } else { &mut self.two_sided };
            *count = count.saturating_add(1);
        }
    }

    fn judge(&mut self, now: Timestamp) {
        for port in self.ports.iter_mut().flatten() {
            let window = core::mem::take(&mut port.window);
            if window.to_one > 0 && !window.has_no_mirror() {
                port.mirrored_at = Some(now);
            }
            port.without_mirror =
                if window.has_no_mirror() { port.without_mirror.saturating_add(1) } else { 0 };
        }
        let (one, two) = (core::mem::take(&mut self.one_sided), core::mem::take(&mut self.two_sided));
        // Without any conversation nothing is known, and what was said stands.
        if one > 0 || two > 0 {
            self.is_one_way = one >= ONE_SIDED_MIN && one / ONE_SIDED_OF >= two;
        }
        if two > 0 && !self.is_one_way {
            self.two_way_at = Some(now);
        }
        self.judged_at = now;
    }

    /// What each port has heard since the hour began.
    pub(crate) const fn this_hour(&self) -> &[PortHeard; PORTS_MAX] {
        &self.heard
    }

    /// An hour begins.
    pub(crate) fn begin_hour(&mut self) {
        self.heard = Default::default();
    }

    /// A frame says that so much time has passed since anything was told. Silence is told while it lasts, so a long step is a clock that was
    /// set, or a hole in a recording: no port is blind for it.
    pub(crate) fn untold(&mut self, step: Duration) {
        if step >= BLIND_AFTER {
            self.two_way_at = self.two_way_at.map(|at| at + step);
            for port in self.ports.iter_mut().flatten() {
                port.last_heard = port.last_heard + step;
                port.mirrored_at = port.mirrored_at.map(|at| at + step);
            }
        }
    }

    /// Time passed in silence. Returns a port that has just gone blind, and since when; ask until there is none.
    pub(crate) fn silence(&mut self, now: Timestamp) -> Option<(PortId, Timestamp)> {
        for (number, slot) in self.ports.iter_mut().enumerate() {
            if let Some(port) = slot
                && port.state == SightState::Sees
                && now.since(port.last_heard) >= BLIND_AFTER
            {
                port.state = SightState::Blind;
                return Some((PortId(number as u8), port.last_heard));
            }
        }
        None
    }

    /// The ports that were heard, by number.
    pub(crate) fn ports(&self) -> impl Iterator<Item = PortSight> {
        (0..).zip(&self.ports).filter_map(|(number, slot)| {
            let Port { last_heard, state, without_mirror, mirrored_at, .. } = slot.as_ref()?;
            let has_mirror = *without_mirror < WINDOWS_WITHOUT_MIRROR;
            let trouble = match has_mirror {
                false => Some(Trouble::MirrorOff),
                true => self.is_one_way.then_some(Trouble::OneWay),
            };
            let saw = match trouble {
                None => Some(*last_heard),
                Some(Trouble::MirrorOff) => *mirrored_at,
                Some(Trouble::OneWay) => self.two_way_at,
            };
            let sees = *state == SightState::Sees;
            Some(PortSight { port: PortId(number), sees, last_heard: *last_heard, trouble, saw })
        })
    }

    /// A port lost its signal, or frames.
    pub(crate) fn report(&mut self, port: PortId, report: PortReport) -> Option<(PortId, Timestamp)> {
        self.dropped = self.dropped.saturating_add(report.dropped);
        let heard = self.heard.get_mut(usize::from(port.0))?;
        heard.dropped = heard.dropped.saturating_add(report.dropped);
        let port_now = self.ports.get_mut(usize::from(port.0))?.as_mut()?;
        if report.has_carrier || port_now.state == SightState::Blind {
            return None;
        }
        port_now.state = SightState::Blind;
        Some((port, port_now.last_heard))
    }
}
