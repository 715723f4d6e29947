//! Where frames come from: wires, or a recording that is played as if it were one.

use common_model::{ClosedBy, Timestamp};
use common_site::Monitored;
use sensor_capture::live::{Dropped, PortState};
use sensor_decode::{Frame, LinkType, PortId};
use sensor_engine::PortReport;

/// One thing that was heard.
#[derive(Debug)]
pub enum Heard<'a> {
    /// A frame.
    Frame(Frame<'a>),
    /// Something is new of a port.
    Port(Timestamp, PortId, PortReport),
    /// Nothing, until then. Comes several times a second while nothing else does.
    Silence(Timestamp),
    /// A recording tells what somebody said then: everything that is open is solved.
    AllSolved(Timestamp, ClosedBy),
}

/// A port that is listened to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarPort {
    /// What it is called.
    pub name: String,
    /// How its frames begin.
    pub link: LinkType,
    /// How it is.
    pub state: PortState,
    /// What was lost since it was opened.
    pub dropped: Dropped,
    /// When something was lost last.
    pub lost_at: Option<Timestamp>,
}

/// Something that hears.
pub trait Ears {
    /// The next thing; waits a short while for it.
    ///
    /// # Errors
    /// When nothing can be heard any more: nobody listens, or a recording cannot be read.
    fn next(&mut self) -> anyhow::Result<Heard<'_>>;

    /// The ports, in the order of their numbers.
    fn ports(&self) -> Vec<EarPort>;

    /// The clinic chose what is listened to.
    ///
    /// # Errors
    /// When that cannot be done; then nothing changes.
    fn listen_for(&mut self, _monitored: &Monitored) -> anyhow::Result<()> {
        Ok(())
    }

    /// Whether it is a recording that is played.
    fn is_recording(&self) -> bool {
        false
    }

    /// What was already heard up to then need not be heard again: a recording goes on from there.
    fn go_on_from(&mut self, _at: Timestamp) {}
}
