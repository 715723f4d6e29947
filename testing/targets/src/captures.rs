//! Capture files: plain or compressed, whole or damaged.

use std::io::{Cursor, Read};

use common_model::Timestamp;
use sensor_capture::{Frames, Recording, Writer};
use sensor_decode::{FRAME_BYTES_MAX, Frame, LinkType, PORTS_MAX};

use crate::plain::assert_one_line;

/// Most frames that are looked at: a small compressed file may hold very many.
const FRAMES_MAX: usize = 1_000;

/// A frame with its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Kept {
    at: Timestamp,
    link: LinkType,
    wire_len: u32,
    bytes: Vec<u8>,
}

impl Kept {
    fn of(frame: &Frame<'_>) -> Kept {
        Kept { at: frame.at, link: frame.link, wire_len: frame.wire_len, bytes: frame.bytes.to_vec() }
    }
}

/// A file.
pub(crate) fn capture(input: &[u8]) {
    let whole = frames_of(Cursor::new(input.to_vec()));
    let in_drops = frames_of(Drops(Cursor::new(input.to_vec())));
    // Where unpacking breaks, how much comes before it depends on the pieces.
    let is_packed = matches!(input, [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..]);
    let both = if is_packed { whole.len().min(in_drops.len()) } else { usize::MAX };
    let first = |frames: &[Kept]| frames.iter().take(both).cloned().collect::<Vec<_>>();
    assert!(first(&whole) == first(&in_drops), "read in small pieces it is another capture");
    writes_and_reads_back(&whole);
}

fn frames_of(source: impl Read + Send + 'static) -> Vec<Kept> {
    let mut frames = Vec::new();
    let mut recording = match Recording::from_reader(source, "x.pcap") {
        Ok(recording) => recording,
        Err(err) => {
            assert_one_line(&err.to_string());
            return frames;
        }
    };
    while frames.len() < FRAMES_MAX
        && let Some(frame) = recording.next_frame()
    {
        assert!(frame.bytes.len() <= FRAME_BYTES_MAX, "a frame longer than any");
        assert!(frame.bytes.len() <= frame.wire_len as usize, "more kept than there was");
        assert!(usize::from(frame.port.0) < PORTS_MAX, "a port that no box has");
        frames.push(Kept::of(&frame));
    }
    if let Some(warning) = recording.warning() {
        assert_one_line(&warning.to_string());
    }
    frames
}

/// What we write we read.
fn writes_and_reads_back(frames: &[Kept]) {
    let Some(first) = frames.first() else { return };
    let Ok(mut writer) = Writer::new(Vec::new(), first.link) else { return };
    let mut written = Vec::new();
    for kept in frames.iter().filter(|kept| kept.link == first.link) {
        let Kept { at, link, wire_len, bytes } = kept;
        let frame =
            Frame { port: Default::default(), at: *at, link: *link, vlan: None, wire_len: *wire_len, bytes };
        if writer.write(&frame).is_ok() {
            written.push(Kept::of(&frame));
        }
    }
    if !written.is_empty() {
        assert_eq!(frames_of(Cursor::new(writer.into_inner())), written, "written, it is another capture");
    }
}

/// A source that hands over seven bytes at a time.
struct Drops<R>(R);

impl<R: Read> Read for Drops<R> {
    fn read(&mut self, space: &mut [u8]) -> std::io::Result<usize> {
        let len = space.len().min(7);
        self.0.read(&mut space[..len])
    }
}
