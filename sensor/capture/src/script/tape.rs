//! The frames of a script in memory: their bytes one behind the other, and where each lies. Bounded, and sorted by time at the end.

use common_model::Timestamp;
use sensor_decode::{Frame, LinkType, PortId};

use super::words::Said;

/// Most frames of a script. Guess: a fortnight of a small net has a tenth.
const FRAMES_MAX: usize = 2_000_000;

/// Most bytes kept of them. Guess: what any machine that builds the product has to spare.
const BYTES_MAX: usize = 512 << 20;

/// Frames with their times.
#[derive(Debug)]
pub(super) struct Tape {
    bytes: Vec<u8>,
    records: Vec<Record>,
    frames_max: usize,
    bytes_max: usize,
}

/// Where a frame lies.
#[derive(Clone, Copy, Debug)]
struct Record {
    at: Timestamp,
    start: u32,
    kept: u32,
    wire_len: u32,
}

impl Tape {
    /// Without frames.
    pub(super) const fn new() -> Self {
        Tape { bytes: Vec::new(), records: Vec::new(), frames_max: FRAMES_MAX, bytes_max: BYTES_MAX }
    }

    /// How many frames there are.
    pub(super) const fn frames(&self) -> usize {
        self.records.len()
    }

    /// Adds a frame of which `bytes` are kept.
    pub(super) fn record(&mut self, at: Timestamp, bytes: &[u8], wire_len: u32) -> Said<()> {
        let start = self.bytes.len();
        if self.records.len() >= self.frames_max {
            return Err(format!("the script has more than {} frames", self.frames_max));
        }
        if bytes.len() > self.bytes_max.saturating_sub(start) {
            return Err(format!("the frames of the script have more than {} bytes", self.bytes_max));
        }
        self.bytes.extend_from_slice(bytes);
        self.records.push(Record { at, start: start as u32, kept: bytes.len() as u32, wire_len });
        Ok(())
    }

    /// Puts the frames in time order; those of one moment stay as they were written.
    pub(super) fn sort(&mut self) {
        self.records.sort_by_key(|record| record.at);
    }

    /// The frame with this number.
    pub(super) fn frame(&self, number: usize) -> Option<Frame<'_>> {
        let Record { at, start, kept, wire_len } = *self.records.get(number)?;
        let bytes = self.bytes.get(start as usize..)?.get(..kept as usize)?;
        Some(Frame { port: PortId(0), at, link: LinkType::Ethernet, vlan: None, wire_len, bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_in_time_order_and_equal_times_as_written() {
        let mut tape = Tape::new();
        for (secs, byte) in [(2, 1), (1, 2), (2, 3), (1, 4)] {
            tape.record(Timestamp::from_secs(secs), &[byte], 60).unwrap();
        }
        tape.sort();
        let bytes: Vec<u8> = (0..tape.frames()).map(|number| tape.frame(number).unwrap().bytes[0]).collect();
        assert_eq!(bytes, [2, 4, 1, 3]);
        assert!(tape.frame(4).is_none());
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut tape = Tape { frames_max: 2, bytes_max: 10, ..Tape::new() };
        let mut record = |bytes: &[u8]| tape.record(Timestamp::EPOCH, bytes, 60);
        record(&[0; 6]).unwrap();
        assert_eq!(record(&[0; 5]).unwrap_err(), "the frames of the script have more than 10 bytes");
        record(&[0; 4]).unwrap();
        assert_eq!(record(&[]).unwrap_err(), "the script has more than 2 frames");
    }
}
