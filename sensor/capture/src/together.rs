//! Plays several captures as one, in time order.

use common_model::Timestamp;
use sensor_decode::{FRAME_BYTES_MAX, Frame, LinkType, PORTS_MAX, PortId, Vlan};

use crate::Frames;

/// Several captures as one. Each one's interfaces are ports of their own, as far as there are ports.
pub struct Together {
    sources: Vec<Source>,
    /// Which source handed over the frame before.
    last: Option<usize>,
}

/// One capture, and the frame of it that waits.
struct Source {
    name: String,
    frames: Box<dyn Frames>,
    first_port: u8,
    waiting: Option<Head>,
    bytes: Vec<u8>,
}

/// A frame without its bytes.
#[derive(Clone, Copy)]
struct Head {
    port: PortId,
    at: Timestamp,
    link: LinkType,
    vlan: Option<Vlan>,
    wire_len: u32,
}

impl core::fmt::Debug for Together {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let names: Vec<&str> = self.sources.iter().map(|source| source.name.as_str()).collect();
        f.debug_struct("Together").field("sources", &names).finish_non_exhaustive()
    }
}

impl Together {
    /// Plays these, each with the name that messages call it.
    #[must_use]
    pub fn new(captures: Vec<(String, Box<dyn Frames>)>) -> Self {
        let source = |(at, (name, frames)): (usize, (String, Box<dyn Frames>))| {
            let bytes = Vec::with_capacity(FRAME_BYTES_MAX);
            let mut source =
                Source { name, frames, first_port: at.min(PORTS_MAX - 1) as u8, waiting: None, bytes };
            source.advance();
            source
        };
        Together { sources: captures.into_iter().enumerate().map(source).collect(), last: None }
    }
}

impl Source {
    /// Takes the next frame out of the capture, to wait.
    fn advance(&mut self) {
        let next = self.frames.next_frame();
        self.waiting = next.map(|Frame { port, at, link, vlan, wire_len, bytes }| {
            self.bytes.clear();
            self.bytes.extend_from_slice(bytes);
            Head { port, at, link, vlan, wire_len }
        });
    }
}

impl Frames for Together {
    fn next_frame(&mut self) -> Option<Frame<'_>> {
        if let Some(source) = self.last.take().and_then(|last| self.sources.get_mut(last)) {
            source.advance();
        }
        // Few captures: looking at each is cheaper than keeping an order. Of equal times the first one's comes first.
        let waiting =
            self.sources.iter().enumerate().filter_map(|(at, source)| Some((source.waiting?.at, at)));
        let (_, next) = waiting.min()?;
        self.last = Some(next);
        let source = self.sources.get(next)?;
        let Head { port, at, link, vlan, wire_len } = source.waiting?;
        let port = PortId(source.first_port.saturating_add(port.0).min(PORTS_MAX as u8 - 1));
        Some(Frame { port, at, link, vlan, wire_len, bytes: &source.bytes })
    }

    fn problem(&self) -> Option<String> {
        let told = |source: &Source| Some(format!("{} {}", source.name, source.frames.problem()?));
        let problems: Vec<String> = self.sources.iter().filter_map(told).collect();
        (!problems.is_empty()).then(|| problems.join("; "))
    }

    fn left_out(&self) -> Vec<(&'static str, u64)> {
        let mut sums: Vec<(&'static str, u64)> = Vec::new();
        for (what, count) in self.sources.iter().flat_map(|source| source.frames.left_out()) {
            match sums.iter_mut().find(|(known, _)| *known == what) {
                Some((_, sum)) => *sum += count,
                None => sums.push((what, count)),
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::Script;

    fn script(text: &str) -> Box<dyn Frames> {
        let cast = "device a 10.0.0.1\ndevice b 10.0.0.2\n";
        Box::new(Script::parse("test", &format!("{cast}{text}"), Path::new("")).unwrap())
    }

    #[test]
    fn frames_come_in_time_order_each_from_its_own_port() {
        let first = script("at 09:00\na asks who has 10.0.0.9\nat 11:00\na asks who has 10.0.0.9\n");
        let second = script("at 10:00\nb asks who has 10.0.0.9\n");
        let mut together = Together::new(vec![("one".to_owned(), first), ("two".to_owned(), second)]);
        let mut seen = Vec::new();
        while let Some(frame) = together.next_frame() {
            seen.push((frame.at.as_secs() / 3_600 % 24, frame.port.0));
        }
        assert_eq!(seen, [(9, 0), (10, 1), (11, 0)]);
        assert!(together.next_frame().is_none() && together.problem().is_none());
    }
}
