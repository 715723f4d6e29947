//! Plays a recording changed: cut into other segments, with frames missing, at another time, or damaged.

use core::time::Duration;

use common_model::Timestamp;
use sensor_capture::Frames;
use sensor_decode::{Frame, LinkType, PortId, Vlan};

/// A small generator for changes that must be the same in every run (SplitMix64; Steele, Lea and Flood, 2014).
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Dice(seed)
    }

    pub(crate) fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// One of `sides`, each as likely.
    pub(crate) fn is_one_in(&mut self, sides: u64) -> bool {
        self.throw().is_multiple_of(sides.max(1))
    }
}

/// A frame that is kept after its recording has gone on.
#[derive(Clone, Debug)]
struct Kept {
    port: PortId,
    at: Timestamp,
    link: LinkType,
    vlan: Option<Vlan>,
    wire_len: u32,
    bytes: Vec<u8>,
}

impl Kept {
    fn of(frame: &Frame<'_>) -> Kept {
        let Frame { port, at, link, vlan, wire_len, bytes } = *frame;
        Kept { port, at, link, vlan, wire_len, bytes: bytes.to_vec() }
    }

    fn frame(&self) -> Frame<'_> {
        let Kept { port, at, link, vlan, wire_len, ref bytes } = *self;
        Frame { port, at, link, vlan, wire_len, bytes }
    }
}

/// Cuts the payload of every whole TCP segment over Ethernet and IPv4 into segments of at most `step` bytes.
///
/// The checksums are not made right again: they are counted, and never a reason to drop.
#[derive(Debug)]
pub struct Recut<F> {
    frames: F,
    step: usize,
    /// Pieces that wait, the last first.
    waiting: Vec<Kept>,
    current: Option<Kept>,
}

impl<F: Frames> Recut<F> {
    /// Cuts into pieces of `step` bytes.
    pub const fn new(frames: F, step: usize) -> Self {
        Recut { frames, step, waiting: Vec::new(), current: None }
    }
}

impl<F: Frames> Frames for Recut<F> {
    fn next_frame(&mut self) -> Option<Frame<'_>> {
        if self.waiting.is_empty() {
            let frame = self.frames.next_frame()?;
            self.waiting = recut(&frame, self.step).unwrap_or_else(|| vec![Kept::of(&frame)]);
            self.waiting.reverse();
        }
        self.current = self.waiting.pop();
        self.current.as_ref().map(Kept::frame)
    }
}

/// The pieces, or `None` when the frame is not one to be cut.
fn recut(frame: &Frame<'_>, step: usize) -> Option<Vec<Kept>> {
    const ETHERNET: usize = 14;
    /// RFC 9293 §3.1.
    const TCP_HEADER_BYTES: usize = 20;
    let bytes = frame.bytes;
    let is_whole = frame.link == LinkType::Ethernet && frame.wire_len as usize == bytes.len();
    if !is_whole || bytes.get(12..14)? != [8, 0] || bytes.get(ETHERNET + 9)? != &6 {
        return None;
    }
    let ip_len = usize::from(bytes.get(ETHERNET)? & 0x0f) * 4;
    let total = usize::from(u16::from_be_bytes([*bytes.get(16)?, *bytes.get(17)?]));
    let tcp = ETHERNET + ip_len;
    let tcp_len = usize::from(bytes.get(tcp + 12)? >> 4) * 4;
    if tcp_len < TCP_HEADER_BYTES {
        return None;
    }
    let begins = tcp + tcp_len;
    let payload = bytes.get(begins..ETHERNET + total)?;
    let flags = *bytes.get(tcp + 13)?;
    // SYN and RST stand alone; FIN and PSH belong to the last piece.
    if payload.len() <= step || flags & 0x06 != 0 {
        return None;
    }
    let seq = u32::from_be_bytes(*bytes.get(tcp + 4..)?.first_chunk()?);
    let pieces = payload.chunks(step).enumerate().map(|(number, piece)| {
        let offset = number * step;
        let mut cut = bytes[..begins].to_vec();
        cut.extend(piece);
        let len = u16::try_from(cut.len() - ETHERNET).unwrap_or(u16::MAX);
        cut[16..18].copy_from_slice(&len.to_be_bytes());
        cut[tcp + 4..tcp + 8].copy_from_slice(&seq.wrapping_add(offset as u32).to_be_bytes());
        if offset + piece.len() < payload.len() {
            cut[tcp + 13] &= !0x09;
        }
        Kept { wire_len: cut.len() as u32, bytes: cut, ..Kept::of(frame) }
    });
    Some(pieces.collect())
}

/// Leaves out one frame in a hundred.
#[derive(Debug)]
pub struct Lossy<F> {
    frames: F,
    dice: Dice,
}

impl<F: Frames> Lossy<F> {
    /// Leaves out the frames that `seed` chooses.
    pub const fn new(frames: F, seed: u64) -> Self {
        Lossy { frames, dice: Dice(seed) }
    }
}

impl<F: Frames> Frames for Lossy<F> {
    fn next_frame(&mut self) -> Option<Frame<'_>> {
        while self.dice.is_one_in(100) {
            self.frames.next_frame()?;
        }
        self.frames.next_frame()
    }
}

/// Plays everything later.
#[derive(Debug)]
pub struct Later<F> {
    frames: F,
    by: Duration,
}

impl<F: Frames> Later<F> {
    /// Later by so much.
    pub const fn new(frames: F, by: Duration) -> Self {
        Later { frames, by }
    }
}

impl<F: Frames> Frames for Later<F> {
    fn next_frame(&mut self) -> Option<Frame<'_>> {
        let by = self.by;
        self.frames.next_frame().map(|frame| Frame { at: frame.at + by, ..frame })
    }
}

/// Damages frames: bytes are changed, frames are cut short, repeated, left out and moved in time.
#[derive(Debug)]
pub struct Damaged<F> {
    frames: F,
    dice: Dice,
    current: Option<Kept>,
}

impl<F: Frames> Damaged<F> {
    /// Damages what `seed` chooses.
    pub const fn new(frames: F, seed: u64) -> Self {
        Damaged { frames, dice: Dice(seed), current: None }
    }
}

impl<F: Frames> Frames for Damaged<F> {
    fn next_frame(&mut self) -> Option<Frame<'_>> {
        let is_repeated = self.current.is_some() && self.dice.is_one_in(50);
        if !is_repeated {
            if self.dice.is_one_in(50) {
                self.frames.next_frame()?;
            }
            self.current = Some(Kept::of(&self.frames.next_frame()?));
        }
        let (kept, dice) = (self.current.as_mut()?, &mut self.dice);
        while dice.is_one_in(3) {
            let place = dice.throw() as usize % kept.bytes.len().max(1);
            match dice.throw() % 8 {
                0 => kept.bytes.truncate(place),
                1 => kept.wire_len = dice.throw() as u32,
                2 => kept.at = kept.at + Duration::from_secs(dice.throw() % 100_000),
                3 => kept.at = kept.at - Duration::from_secs(dice.throw() % 100_000),
                _ => {
                    if let Some(byte) = kept.bytes.get_mut(place) {
                        *byte = dice.throw() as u8;
                    }
                }
            }
        }
        Some(kept.frame())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One TCP segment with ten bytes of payload.
    struct One {
        bytes: Vec<u8>,
        left: u32,
    }

    impl One {
        fn new() -> One {
            let mut bytes = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
            bytes.extend([0x45, 0, 0, 50, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
            bytes.extend([0, 80, 0, 90, 0, 0, 0, 7, 0, 0, 0, 0, 0x50, 0x18, 0, 0, 0, 0, 0, 0]);
            bytes.extend(b"0123456789");
            One { bytes, left: 1 }
        }
    }

    impl Frames for One {
        fn next_frame(&mut self) -> Option<Frame<'_>> {
            self.left = self.left.checked_sub(1)?;
            let wire_len = self.bytes.len() as u32;
            let at = Timestamp::from_secs(9);
            Some(Frame {
                port: PortId(0),
                at,
                link: LinkType::Ethernet,
                vlan: None,
                wire_len,
                bytes: &self.bytes,
            })
        }
    }

    #[test]
    fn a_segment_is_cut_and_its_pieces_follow_each_other() {
        let mut recut = Recut::new(One::new(), 4);
        let mut pieces = Vec::new();
        while let Some(frame) = recut.next_frame() {
            let packet = sensor_decode::decode(&frame).unwrap();
            let sensor_decode::Net::Ip(ip) = packet.net else { panic!("no IP") };
            let sensor_decode::Transport::Tcp(tcp) = ip.transport else { panic!("no TCP") };
            pieces.push((tcp.seq, String::from_utf8(tcp.payload.to_vec()).unwrap(), tcp.flags.0));
        }
        assert_eq!(
            pieces,
            [(7, "0123".into(), 0x10), (11, "4567".into(), 0x10), (15, "89".to_owned(), 0x18)]
        );
    }

    #[test]
    fn later_is_later_and_nothing_else() {
        let mut later = Later::new(One::new(), Duration::from_secs(5));
        assert_eq!(later.next_frame().map(|frame| frame.at), Some(Timestamp::from_secs(14)));
        assert!(later.next_frame().is_none());
    }
}
