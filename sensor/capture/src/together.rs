//! Plays several recordings as one, in time order.

use sensor_decode::{Frame, PORTS_MAX, PortId};

use crate::{Frames, Recording};

/// Several recordings as one. Each file's interfaces are ports of their own, as far as there are ports.
#[derive(Debug)]
pub struct Together {
    waiting: Vec<Recording>,
    first_ports: Vec<u8>,
}

impl Together {
    /// Plays these.
    #[must_use]
    pub fn new(recordings: Vec<Recording>) -> Self {
        let first_ports = (0..recordings.len()).map(|at| at.min(PORTS_MAX - 1) as u8).collect();
        Together { waiting: recordings, first_ports }
    }

    /// The recordings.
    #[must_use]
    pub fn recordings(&self) -> &[Recording] {
        &self.waiting
    }
}

impl Frames for Together {
    fn next_frame(&mut self) -> Option<Frame<'_>> {
        // Few files: looking at each is cheaper than keeping an order. Of equal times the first file's comes first.
        let next = (0..self.waiting.len())
            .filter_map(|at| Some((self.waiting.get_mut(at)?.peek_at()?, at)))
            .min()
            .map(|(_, at)| at)?;
        let port = *self.first_ports.get(next)?;
        let frame = self.waiting.get_mut(next)?.next_frame()?;
        let port = port.saturating_add(frame.port.0).min(PORTS_MAX as u8 - 1);
        Some(Frame { port: PortId(port), ..frame })
    }

    fn problem(&self) -> Option<String> {
        let told = |recording: &Recording| Some(format!("{} {}", recording.name(), recording.problem()?));
        let problems: Vec<String> = self.waiting.iter().filter_map(told).collect();
        (!problems.is_empty()).then(|| problems.join("; "))
    }

    fn left_out(&self) -> Vec<(&'static str, u64)> {
        let mut sums: Vec<(&'static str, u64)> = Vec::new();
        for (what, count) in self.waiting.iter().flat_map(Frames::left_out) {
            match sums.iter_mut().find(|(known, _)| *known == what) {
                Some((_, sum)) => *sum += count,
                None => sums.push((what, count)),
            }
        }
        sums
    }
}
