//! Whether the box sees: for each port, when it last heard, and what was lost before it came to us.

use core::time::Duration;

use common_model::Timestamp;
use sensor_decode::{PORTS_MAX, PortId};
use serde::{Deserialize, Serialize};

/// A port that has heard nothing for so long is blind. Source: the product's rule of silence: whoever hears nothing for 90 s says
/// so, and never that all is well.
pub(crate) const BLIND_AFTER: Duration = Duration::from_secs(90);

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
}

#[derive(Clone, Copy, Debug)]
struct Port {
    last_heard: Timestamp,
    state: SightState,
}

#[derive(Debug, Default)]
pub(crate) struct Sight {
    ports: [Option<Port>; PORTS_MAX],
    /// Frames lost before they came to us.
    pub(crate) dropped: u64,
}

impl Sight {
    /// A port heard a frame. Returns whether it sees again.
    pub(crate) fn heard(&mut self, port: PortId, now: Timestamp) -> Option<SightState> {
        let slot = self.ports.get_mut(usize::from(port.0))?;
        let was_blind = slot.is_some_and(|port| port.state == SightState::Blind);
        let is_first = slot.is_none();
        *slot = Some(Port { last_heard: now, state: SightState::Sees });
        (was_blind || is_first).then_some(SightState::Sees)
    }

    /// A frame says that so much time has passed since anything was told. Silence is told while it lasts, so a long step is a clock that was
    /// set, or a hole in a recording: no port is blind for it.
    pub(crate) fn untold(&mut self, step: Duration) {
        if step >= BLIND_AFTER {
            for port in self.ports.iter_mut().flatten() {
                port.last_heard = port.last_heard + step;
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
            let Port { last_heard, state } = (*slot)?;
            Some(PortSight { port: PortId(number), sees: state == SightState::Sees, last_heard })
        })
    }

    /// A port lost its signal, or frames.
    pub(crate) fn report(&mut self, port: PortId, report: PortReport) -> Option<(PortId, Timestamp)> {
        self.dropped = self.dropped.saturating_add(report.dropped);
        let port_now = self.ports.get_mut(usize::from(port.0))?.as_mut()?;
        if report.has_carrier || port_now.state == SightState::Blind {
            return None;
        }
        port_now.state = SightState::Blind;
        Some((port, port_now.last_heard))
    }
}
