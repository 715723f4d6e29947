//! Plays a capture many times over, for benches: what a short recording shows, for as long as one likes.
//!
//! Played as it is, the second time would be the same conversations once more. So each repetition comes later and is [rewritten](rewrite)
//! in place: other devices, other ports, the same bytes said. Each time the capture is opened anew, so that it takes no more memory than once.

mod rewrite;

use core::time::Duration;

use common_model::Timestamp;
use sensor_decode::{FRAME_BYTES_MAX, Frame};

use crate::Frames;

pub use rewrite::rewrite;

/// Between the last frame of one repetition and the first of the next. Guess: longer than anybody waits for an answer within an office.
const PAUSE: Duration = Duration::from_secs(1);

/// Opens the capture, each time from its start; says in words what is wrong when it cannot.
pub type Open = Box<dyn FnMut() -> Result<Box<dyn Frames>, String> + Send>;

/// A capture that is played many times.
pub struct Repeat {
    open: Open,
    frames: Box<dyn Frames>,
    times: u32,
    repetition: u32,
    /// The earliest and the latest frame of the first time.
    spans: Option<(Timestamp, Timestamp)>,
    /// The frame handed over last, rewritten.
    bytes: Vec<u8>,
    problem: Option<String>,
}

impl core::fmt::Debug for Repeat {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Repeat")
            .field("times", &self.times)
            .field("repetition", &self.repetition)
            .finish_non_exhaustive()
    }
}

impl Repeat {
    /// Plays what `open` opens, `times` times (at least once). The first time it is as it was recorded.
    ///
    /// # Errors
    /// What `open` says.
    pub fn new(mut open: Open, times: u32) -> Result<Self, String> {
        let frames = open()?;
        let bytes = Vec::with_capacity(FRAME_BYTES_MAX);
        Ok(Repeat { open, frames, times, repetition: 0, spans: None, bytes, problem: None })
    }

    /// Opens it once more; false when that was the last time.
    fn again(&mut self) -> bool {
        self.repetition += 1;
        if self.problem.is_some() || self.repetition >= self.times || self.spans.is_none() {
            return false;
        }
        match (self.open)() {
            Ok(frames) => self.frames = frames,
            Err(problem) => self.problem = Some(problem),
        }
        self.problem.is_none()
    }
}

impl Frames for Repeat {
    fn next_frame(&mut self) -> Option<Frame<'_>> {
        loop {
            if let Some(frame) = self.frames.next_frame() {
                if self.repetition == 0 {
                    let (first, last) = self.spans.unwrap_or((frame.at, frame.at));
                    self.spans = Some((first.min(frame.at), last.max(frame.at)));
                }
                self.bytes.clear();
                self.bytes.extend_from_slice(frame.bytes);
                let Frame { port, at, link, vlan, wire_len, .. } = frame;
                let lasts = self.spans.map_or(PAUSE, |(first, last)| last.since(first) + PAUSE);
                rewrite(&mut self.bytes, link, self.repetition);
                let at = at + lasts.saturating_mul(self.repetition);
                return Some(Frame { port, at, link, vlan, wire_len, bytes: &self.bytes });
            }
            self.problem = self.frames.problem();
            if !self.again() {
                return None;
            }
        }
    }

    fn problem(&self) -> Option<String> {
        self.problem.clone().or_else(|| self.frames.problem())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use sensor_decode::{LinkType, PortId};

    use super::*;
    use crate::{Recording, Writer};

    /// Three frames that are no packets: rewriting leaves them alone.
    fn file() -> Vec<u8> {
        let mut writer = Writer::new(Vec::new(), LinkType::Ethernet).unwrap();
        for (secs, bytes) in [(100, &b"one"[..]), (103, b"two"), (102, b"three")] {
            let at = Timestamp::from_secs(secs);
            let frame =
                Frame { port: PortId(0), at, link: LinkType::Ethernet, vlan: None, wire_len: 60, bytes };
            writer.write(&frame).unwrap();
        }
        writer.into_inner()
    }

    fn repeat(file: Vec<u8>, times: u32) -> Repeat {
        let open = move || match Recording::from_reader(Cursor::new(file.clone()), "test.pcap") {
            Ok(recording) => Ok(Box::new(recording) as Box<dyn Frames>),
            Err(err) => Err(err.to_string()),
        };
        Repeat::new(Box::new(open), times).unwrap()
    }

    fn played(repeat: &mut Repeat) -> Vec<(u64, String)> {
        let mut frames = Vec::new();
        while let Some(frame) = repeat.next_frame() {
            assert_eq!(frame.wire_len, 60);
            frames.push((frame.at.as_secs(), String::from_utf8(frame.bytes.to_vec()).unwrap()));
        }
        frames
    }

    #[test]
    fn plays_all_frames_each_time_and_time_goes_on() {
        let seen = played(&mut repeat(file(), 2));
        let expected =
            [(100, "one"), (103, "two"), (102, "three"), (104, "one"), (107, "two"), (106, "three")];
        assert_eq!(seen, expected.map(|(secs, text)| (secs, text.to_owned())));
    }

    #[test]
    fn what_is_damaged_is_played_once_and_said() {
        let mut cut = file();
        cut.pop();
        let mut repeat = repeat(cut, 5);
        assert_eq!(played(&mut repeat).len(), 2);
        assert!(repeat.problem().is_some_and(|problem| problem.contains("in the middle of a frame")));
    }
}
