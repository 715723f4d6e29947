//! Plays a recording many times over from memory, for benches: what a short recording shows, for as long as one likes.
//!
//! Played as it is, the second time would be the same conversations once more. So each repetition comes later and is [rewritten](rewrite)
//! in place: other devices, other ports, the same bytes said. Reading the file and unpacking it is not part of the play.

mod rewrite;

use core::time::Duration;

use common_model::Timestamp;
use sensor_decode::{Frame, LinkType, PortId, Vlan};

use crate::Frames;

pub use rewrite::rewrite;

/// Most bytes of frames that are held. Guess: a quarter of the memory of a small box.
const HELD_BYTES_MAX: usize = 1 << 30;

/// Between the last frame of one repetition and the first of the next. Guess: longer than anybody waits for an answer within an office.
const PAUSE: Duration = Duration::from_secs(1);

/// The recording is too long to be held in memory.
#[derive(Debug, thiserror::Error)]
#[error("could not hold the recording in memory: its frames are more than {bytes_max} bytes")]
pub struct TooLong {
    bytes_max: usize,
}

/// A recording in memory that is played many times.
#[derive(Debug)]
pub struct Repeat {
    held: Vec<Held>,
    bytes: Vec<u8>,
    /// From the first frame of one repetition to the first of the next.
    lasts: Duration,
    times: u32,
    repetition: u32,
    next: usize,
    /// A copy of the frame handed over last: what is held stays as it was recorded.
    rewritten: Vec<u8>,
}

/// A frame whose bytes stand elsewhere.
#[derive(Clone, Copy, Debug)]
struct Held {
    port: PortId,
    at: Timestamp,
    link: LinkType,
    vlan: Option<Vlan>,
    wire_len: u32,
    begins: usize,
    ends: usize,
}

impl Repeat {
    /// Reads all frames, to be played `times` times. The first time they are as they were recorded.
    ///
    /// # Errors
    /// [`TooLong`] when they do not fit.
    pub fn load(frames: &mut impl Frames, times: u32) -> Result<Self, TooLong> {
        Repeat::load_within(frames, times, HELD_BYTES_MAX)
    }

    fn load_within(frames: &mut impl Frames, times: u32, bytes_max: usize) -> Result<Self, TooLong> {
        let (mut held, mut bytes) = (Vec::new(), Vec::new());
        let (mut first, mut last) = (Timestamp::MAX, Timestamp::EPOCH);
        while let Some(Frame { port, at, link, vlan, wire_len, bytes: kept }) = frames.next_frame() {
            let begins = bytes.len();
            bytes.extend_from_slice(kept);
            if bytes.len() > bytes_max {
                return Err(TooLong { bytes_max });
            }
            held.push(Held { port, at, link, vlan, wire_len, begins, ends: bytes.len() });
            first = first.min(at);
            last = last.max(at);
        }
        let lasts = last.since(first) + PAUSE;
        Ok(Repeat { held, bytes, lasts, times, repetition: 0, next: 0, rewritten: Vec::new() })
    }
}

impl Frames for Repeat {
    fn next_frame(&mut self) -> Option<Frame<'_>> {
        if self.next == self.held.len() {
            self.next = 0;
            self.repetition = self.repetition.saturating_add(1);
        }
        if self.repetition >= self.times {
            return None;
        }
        let Held { port, at, link, vlan, wire_len, begins, ends } = *self.held.get(self.next)?;
        self.next += 1;
        self.rewritten.clear();
        self.rewritten.extend_from_slice(self.bytes.get(begins..ends)?);
        rewrite(&mut self.rewritten, link, self.repetition);
        let at = at + self.lasts.saturating_mul(self.repetition);
        Some(Frame { port, at, link, vlan, wire_len, bytes: &self.rewritten })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Recording, Writer};

    /// Three frames that are no packets: rewriting leaves them alone.
    fn recorded() -> Recording {
        let mut writer = Writer::new(Vec::new(), LinkType::Ethernet).unwrap();
        for (secs, bytes) in [(100, &b"one"[..]), (103, b"two"), (102, b"three")] {
            let at = Timestamp::from_secs(secs);
            let frame =
                Frame { port: PortId(0), at, link: LinkType::Ethernet, vlan: None, wire_len: 60, bytes };
            writer.write(&frame).unwrap();
        }
        Recording::from_reader(std::io::Cursor::new(writer.into_inner()), "test.pcap").unwrap()
    }

    fn played(mut repeat: Repeat) -> Vec<(u64, String)> {
        let mut frames = Vec::new();
        while let Some(frame) = repeat.next_frame() {
            assert_eq!(frame.wire_len, 60);
            frames.push((frame.at.as_secs(), String::from_utf8(frame.bytes.to_vec()).unwrap()));
        }
        frames
    }

    #[test]
    fn plays_all_frames_each_time_and_time_goes_on() {
        let seen = played(Repeat::load(&mut recorded(), 2).unwrap());
        let expected =
            [(100, "one"), (103, "two"), (102, "three"), (104, "one"), (107, "two"), (106, "three")];
        assert_eq!(seen, expected.map(|(secs, text)| (secs, text.to_owned())));
    }

    #[test]
    fn nothing_is_played_no_times_or_when_nothing_was_recorded() {
        assert!(played(Repeat::load(&mut recorded(), 0).unwrap()).is_empty());
        let mut spent = recorded();
        while spent.next_frame().is_some() {}
        assert!(played(Repeat::load(&mut spent, 5).unwrap()).is_empty());
    }

    #[test]
    fn what_does_not_fit_is_said() {
        assert!(Repeat::load_within(&mut recorded(), 2, 11).is_ok());
        let err = Repeat::load_within(&mut recorded(), 2, 10).unwrap_err();
        assert_eq!(
            err.to_string(),
            "could not hold the recording in memory: its frames are more than 10 bytes"
        );
    }
}
