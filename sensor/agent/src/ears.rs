//! Where frames come from: wires, or a recording that is played as if it were one.

use common_model::{ClosedBy, Timestamp};
use sensor_decode::Frame;
use sensor_engine::PortReport;

/// One thing that was heard.
#[derive(Debug)]
pub enum Heard<'a> {
    /// A frame.
    Frame(Frame<'a>),
    /// Nothing, until then. Comes several times a second while nothing else does.
    Silence(Timestamp),
    /// A recording tells what somebody said then: everything that is open is solved.
    AllSolved(Timestamp, ClosedBy),
}

/// A port that is listened to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EarPort {
    /// What it is called.
    pub name: String,
    /// What the operating system says of it since it was last asked.
    pub report: PortReport,
}

/// Something that hears.
pub trait Ears {
    /// The next thing; waits a short while for it.
    ///
    /// # Errors
    /// When nothing can be heard any more: no port is left, or a recording cannot be read.
    fn next(&mut self) -> anyhow::Result<Heard<'_>>;

    /// The ports, in the order of their numbers, and what became of them since this was last asked.
    fn ports(&mut self) -> Vec<EarPort>;

    /// Whether it is a recording that is played.
    fn is_recording(&self) -> bool {
        false
    }

    /// What was already heard up to then need not be heard again: a recording goes on from there.
    fn go_on_from(&mut self, _at: Timestamp) {}
}
