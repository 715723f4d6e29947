//! Puts the bytes of a TCP stream in order, and hands them to whoever reads them.
//!
//! In-order bytes go straight from the frame to the reader; only what the reader wants to see again, and what came too early, is
//! copied, into one window of [`WINDOW_BYTES`] from a pool of fixed size. The first copy of a byte wins. A hole is waited for until the
//! other end has acknowledged it or the window is full; then the reader is told of a gap. A reader that is done costs nothing more.

use arrayvec::ArrayVec;
use sensor_decode::Tcp;
use sensor_protocols::{Input, Progress};

/// How far ahead of a hole, or how much unread, is kept for one side, in bytes. A TLS record is at most 2^14 + 2,048 bytes
/// (RFC 5246 §6.2.3).
pub const WINDOW_BYTES: usize = 16_384 + 2_048 + 5;

/// Most pieces with holes between them that one window keeps. Guess: reordering on a LAN is rare and short.
const PIECES_MAX: usize = 8;

/// One side of a stream.
#[derive(Debug, Default)]
pub struct Half {
    /// Number of the first byte that the reader has not used.
    base: u32,
    is_synced: bool,
    is_deaf: bool,
    /// Bytes the reader wants to pass over unseen.
    skip: u64,
    window: Option<WindowId>,
}

#[derive(Clone, Copy, Debug)]
struct WindowId(u16);

#[derive(Debug)]
struct Window {
    bytes: Box<[u8; WINDOW_BYTES]>,
    /// Start and end of each piece, from `base`, in order, not touching.
    pieces: ArrayVec<(u32, u32), PIECES_MAX>,
}

/// What happened to bytes that could not be read in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Bytes that the reader was told are missing.
    pub gap_bytes: u64,
    /// Bytes that came a second time.
    pub repeated_bytes: u64,
    /// Windows that were wanted when none was free.
    pub windows_refused: u64,
    /// Bytes acknowledged by the other end that we never saw: traffic that does not reach us.
    pub unseen_bytes: u64,
}

/// The windows of all streams.
#[derive(Debug)]
pub struct Pool {
    windows: Vec<Window>,
    free: Vec<u16>,
    /// What could not be read in order.
    pub counts: Counts,
}

impl Pool {
    /// At most `windows_max` windows; all memory is taken now.
    #[must_use]
    pub fn new(windows_max: u16) -> Self {
        let window = || Window { bytes: Box::new([0; WINDOW_BYTES]), pieces: ArrayVec::new() };
        Pool {
            windows: (0..windows_max).map(|_| window()).collect(),
            free: (0..windows_max).rev().collect(),
            counts: Counts::default(),
        }
    }

    /// Memory of a pool of `windows_max`, in bytes.
    #[must_use]
    pub const fn memory_bytes(windows_max: u16) -> usize {
        (windows_max as usize)
            .saturating_mul(WINDOW_BYTES.saturating_add(size_of::<Window>()).saturating_add(2))
    }

    /// Takes one segment of `half` and hands what is now in order to `reader`.
    pub fn push(&mut self, half: &mut Half, tcp: &Tcp<'_>, reader: &mut dyn FnMut(Input<'_>) -> Progress) {
        let first = if tcp.flags.syn() { tcp.seq.wrapping_add(1) } else { tcp.seq };
        if !half.is_synced {
            half.is_synced = true;
            half.base = first;
        }
        if tcp.wire_payload == 0 {
            return;
        }
        let ahead = first.wrapping_sub(half.base).cast_signed();
        if half.is_deaf {
            if ahead >= 0 {
                half.base = first.wrapping_add(tcp.wire_payload);
            }
            return;
        }
        let old = if ahead < 0 { ahead.unsigned_abs().min(tcp.wire_payload) } else { 0 };
        self.counts.repeated_bytes = self.counts.repeated_bytes.saturating_add(u64::from(old));
        let payload = tcp.payload.get(old as usize..).unwrap_or_default();
        let wire = tcp.wire_payload.saturating_sub(old);
        if wire == 0 {
            return;
        }
        let ahead = ahead.max(0).unsigned_abs();
        if ahead > 0 || half.window.is_some() {
            if self.keep(half, ahead, payload) {
                return self.read_kept(half, reader);
            }
            // No room: what waits behind the hole is lost with it, and this segment is where we go on.
            self.drop_window(half);
            self.lose(half, ahead, reader);
        }
        self.read_straight(half, payload, wire, reader);
    }

    /// The other end has acknowledged everything before `ack`: holes before it will never be filled. What waits behind a hole is read.
    pub fn acknowledged(&mut self, half: &mut Half, ack: u32, reader: &mut dyn FnMut(Input<'_>) -> Progress) {
        loop {
            // A quarter of the number space away is not an acknowledgement of ours.
            let acked = ack.wrapping_sub(half.base).cast_signed();
            if !half.is_synced || !(1..=1 << 30).contains(&acked) {
                return;
            }
            let acked = acked.unsigned_abs();
            let (begins, ends) = self.first_hole(half);
            // Where nothing is known to follow, the last number may be a FIN, which is no byte.
            let until = ends.map_or(acked.saturating_sub(1), |ends| ends.min(acked));
            if until <= begins {
                return;
            }
            self.counts.unseen_bytes =
                self.counts.unseen_bytes.saturating_add(u64::from(until.saturating_sub(begins)));
            if let Some(window) = self.window_mut(half) {
                window.shift(until);
                if window.pieces.is_empty() {
                    self.drop_window(half);
                }
            }
            // What is unread before the hole is lost with it: it cannot be joined to what follows.
            self.lose(half, until, reader);
            self.read_kept(half, reader);
        }
    }

    /// The stream ended, or nobody reads it: its window is free again.
    pub fn release(&mut self, half: &mut Half) {
        self.drop_window(half);
        half.is_deaf = true;
    }

    /// In order and nothing waiting: the reader gets the frame's own bytes.
    fn read_straight(
        &mut self,
        half: &mut Half,
        payload: &[u8],
        wire: u32,
        reader: &mut dyn FnMut(Input<'_>) -> Progress,
    ) {
        let left = feed(half, payload, reader);
        let used = (payload.len() as u32).saturating_sub(left.len() as u32);
        half.base = half.base.wrapping_add(used);
        let unread = wire.saturating_sub(used);
        if half.is_deaf {
            half.base = half.base.wrapping_add(unread);
        } else if payload.len() < wire as usize || (!left.is_empty() && !self.keep(half, 0, left)) {
            // A snapped frame, or no room to keep what the reader wants to see again.
            self.lose(half, unread, reader);
        }
    }

    /// Reads the piece at the front of the window, if it begins at `base`.
    fn read_kept(&mut self, half: &mut Half, reader: &mut dyn FnMut(Input<'_>) -> Progress) {
        let Some(window) = half.window.and_then(|WindowId(id)| self.windows.get_mut(usize::from(id))) else {
            return;
        };
        let Some((0, end)) = window.pieces.first().copied() else { return };
        let held = window.bytes.get(..end as usize).unwrap_or_default();
        let used = end.saturating_sub(feed(half, held, reader).len() as u32);
        window.shift(used);
        half.base = half.base.wrapping_add(used);
        if window.pieces.is_empty() || half.is_deaf {
            self.drop_window(half);
        }
    }

    /// `missing` bytes after `base` will never come.
    fn lose(&mut self, half: &mut Half, missing: u32, reader: &mut dyn FnMut(Input<'_>) -> Progress) {
        half.base = half.base.wrapping_add(missing);
        let skipped = half.skip.min(u64::from(missing));
        half.skip = half.skip.saturating_sub(skipped);
        let lost = u64::from(missing).saturating_sub(skipped);
        if lost == 0 || half.is_deaf {
            return;
        }
        self.counts.gap_bytes = self.counts.gap_bytes.saturating_add(lost);
        if matches!(reader(Input::Gap(lost)), Progress::Done | Progress::GiveUp) {
            self.release(half);
        }
    }

    /// Keeps bytes that are early or unread; false when there is no room.
    fn keep(&mut self, half: &mut Half, ahead: u32, payload: &[u8]) -> bool {
        if half.window.is_none() {
            half.window = self.free.pop().map(WindowId);
        }
        let Some(window) = self.window_mut(half) else {
            self.counts.windows_refused = self.counts.windows_refused.saturating_add(1);
            return false;
        };
        let is_kept = window.insert(ahead, payload);
        if window.pieces.is_empty() {
            self.drop_window(half);
        }
        is_kept
    }

    /// Where the first hole begins, from `base`, and where it ends, if anything waits behind it.
    fn first_hole(&mut self, half: &Half) -> (u32, Option<u32>) {
        let mut pieces = self.window_mut(half).into_iter().flat_map(|window| &window.pieces).copied();
        match pieces.next() {
            Some((0, end)) => (end, pieces.next().map(|(start, _)| start)),
            first => (0, first.map(|(start, _)| start)),
        }
    }

    fn window_mut(&mut self, half: &Half) -> Option<&mut Window> {
        self.windows.get_mut(usize::from(half.window?.0))
    }

    fn drop_window(&mut self, half: &mut Half) {
        if let Some(WindowId(id)) = half.window.take() {
            if let Some(window) = self.windows.get_mut(usize::from(id)) {
                window.pieces.clear();
            }
            self.free.push(id);
        }
    }
}

/// Hands bytes over until the reader has had enough; returns what it did not use.
fn feed<'p>(half: &mut Half, bytes: &'p [u8], reader: &mut dyn FnMut(Input<'_>) -> Progress) -> &'p [u8] {
    let mut rest = bytes;
    loop {
        let skipped = usize::try_from(half.skip).unwrap_or(usize::MAX).min(rest.len());
        half.skip = half.skip.saturating_sub(skipped as u64);
        rest = rest.get(skipped..).unwrap_or_default();
        if rest.is_empty() {
            return rest;
        }
        match reader(Input::Data(rest)) {
            Progress::Used(count) => half.skip = count.max(1),
            Progress::NeedMore => return rest,
            Progress::Done | Progress::GiveUp => {
                half.is_deaf = true;
                return &[];
            }
        }
    }
}

impl Window {
    /// Puts bytes at their place; those that are there already stay. False when there is no room.
    fn insert(&mut self, ahead: u32, payload: &[u8]) -> bool {
        let (start, end) = (ahead as usize, (ahead as usize).saturating_add(payload.len()));
        if end > WINDOW_BYTES || payload.is_empty() {
            return payload.is_empty() && !self.pieces.is_empty();
        }
        // The pieces that touch the new one become one with it; what they hold is put back over the new bytes.
        let before = self.pieces.iter().take_while(|(_, e)| (*e as usize) < start).count();
        let touching = self.pieces.iter().skip(before).take_while(|(s, _)| (*s as usize) <= end).count();
        if touching == 0 {
            if self.pieces.is_full() {
                return false;
            }
            self.copy(start, end, start, payload);
            self.pieces.insert(before, (ahead, end as u32));
            return true;
        }
        let mut at = start;
        let mut joined = (ahead, end as u32);
        for _ in 0..touching {
            let (piece_start, piece_end) = self.pieces.remove(before);
            self.copy(at, end.min(piece_start as usize), start, payload);
            at = at.max(piece_end as usize);
            joined = (joined.0.min(piece_start), joined.1.max(piece_end));
        }
        self.copy(at, end, start, payload);
        self.pieces.insert(before, joined);
        true
    }

    /// Copies the part of `payload` (which begins at `start`) that lies in `from..to`.
    fn copy(&mut self, from: usize, to: usize, start: usize, payload: &[u8]) {
        if from < to
            && let Some(place) = self.bytes.get_mut(from..to)
            && let Some(part) = payload.get(from.saturating_sub(start)..to.saturating_sub(start))
        {
            place.copy_from_slice(part);
        }
    }

    /// Moves everything `by` bytes to the front; what was before is gone.
    fn shift(&mut self, by: u32) {
        if by == 0 {
            return;
        }
        let end = self.pieces.last().map_or(0, |(_, end)| *end as usize);
        self.pieces.retain(|(_, end)| *end > by);
        if !self.pieces.is_empty() {
            self.bytes.copy_within((by as usize).min(end)..end, 0);
        }
        for (start, end) in &mut self.pieces {
            *start = start.saturating_sub(by);
            *end = end.saturating_sub(by);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sensor_decode::TcpFlags;

    use super::*;

    fn segment(seq: u32, payload: &[u8], wire: usize) -> Tcp<'_> {
        Tcp {
            source_port: 1,
            target_port: 2,
            seq,
            ack: 0,
            flags: TcpFlags(0x10),
            payload,
            wire_payload: wire as u32,
        }
    }

    /// A reader that takes `step` bytes at a time and writes down what it got; a gap is written as one `None` a byte.
    fn reader(step: usize, got: &mut Vec<Option<u8>>) -> impl FnMut(Input<'_>) -> Progress + '_ {
        move |input| match input {
            Input::Data(bytes) if bytes.len() < step => Progress::NeedMore,
            Input::Data(bytes) => {
                got.extend(bytes[..step].iter().copied().map(Some));
                Progress::Used(step as u64)
            }
            Input::Gap(missing) => {
                got.extend((0..missing).map(|_| None));
                Progress::Used(1)
            }
        }
    }

    #[test]
    fn puts_swapped_segments_in_order() {
        let (mut pool, mut half, mut got) = (Pool::new(2), Half::default(), Vec::new());
        for (seq, text) in [(10, "ab"), (14, "ef"), (12, "cd"), (16, "gh")] {
            pool.push(&mut half, &segment(seq, text.as_bytes(), text.len()), &mut reader(1, &mut got));
        }
        assert_eq!(got.into_iter().flatten().collect::<Vec<_>>(), b"abcdefgh");
        assert_eq!(pool.free.len(), 2, "the window is free again");
    }

    #[test]
    fn the_first_copy_of_a_byte_wins() {
        let (mut pool, mut half, mut got) = (Pool::new(1), Half::default(), Vec::new());
        for (seq, text) in [(0, "a"), (3, "DE"), (1, "xxxxxx")] {
            pool.push(&mut half, &segment(seq, text.as_bytes(), text.len()), &mut reader(1, &mut got));
        }
        assert_eq!(got.into_iter().flatten().collect::<Vec<_>>(), b"axxDExx");
    }

    #[test]
    fn a_hole_behind_what_is_unread_is_a_gap_when_it_is_acknowledged() {
        let (mut pool, mut half, mut got) = (Pool::new(1), Half::default(), Vec::new());
        let mut read = reader(3, &mut got);
        for (seq, text) in [(0, "ab"), (10, "cde")] {
            pool.push(&mut half, &segment(seq, text.as_bytes(), text.len()), &mut read);
        }
        pool.acknowledged(&mut half, 10, &mut read);
        drop(read);
        assert_eq!(got, [vec![None; 10], b"cde".map(Some).to_vec()].concat());
        assert_eq!((pool.counts.unseen_bytes, pool.free.len()), (8, 1));
    }

    #[test]
    fn what_waits_behind_an_acknowledged_hole_is_read_however_far_the_acknowledgement_goes() {
        let (mut pool, mut half, mut got) = (Pool::new(1), Half::default(), Vec::new());
        let mut read = reader(1, &mut got);
        for (seq, text) in [(0, "a"), (3, "bc"), (8, "d")] {
            pool.push(&mut half, &segment(seq, text.as_bytes(), text.len()), &mut read);
        }
        // Two more bytes, and one number that may be a FIN.
        pool.acknowledged(&mut half, 12, &mut read);
        drop(read);
        let gap = |count: usize| vec![None; count];
        let bytes = |text: &[u8]| -> Vec<_> { text.iter().copied().map(Some).collect() };
        assert_eq!(got, [bytes(b"a"), gap(2), bytes(b"bc"), gap(3), bytes(b"d"), gap(2)].concat());
        assert_eq!((pool.counts.unseen_bytes, pool.counts.gap_bytes), (7, 7));
    }

    #[test]
    fn an_acknowledged_hole_is_a_gap() {
        let (mut pool, mut half, mut got) = (Pool::new(1), Half::default(), Vec::new());
        pool.push(&mut half, &segment(100, b"ab", 2), &mut reader(1, &mut got));
        pool.push(&mut half, &segment(105, b"fg", 2), &mut reader(1, &mut got));
        pool.acknowledged(&mut half, 107, &mut reader(1, &mut got));
        assert_eq!(got, [Some(b'a'), Some(b'b'), None, None, None, Some(b'f'), Some(b'g')]);
        assert_eq!(pool.counts.gap_bytes, 3);
    }

    #[test]
    fn a_snapped_body_that_is_skipped_is_no_gap() {
        let (mut pool, mut half, mut gaps) = (Pool::new(1), Half::default(), 0);
        let mut reader = |input: Input<'_>| match input {
            Input::Data(_) => Progress::Used(5_000),
            Input::Gap(_) => {
                gaps += 1;
                Progress::Used(1)
            }
        };
        for number in 0..10 {
            pool.push(&mut half, &segment(number * 500, &[7; 40], 500), &mut reader);
        }
        assert_eq!(gaps, 0);
        assert_eq!((half.base, half.skip), (5_000, 0));
    }

    proptest! {
        /// Whatever the order, the cuts and the losses: what the reader gets is the stream, byte for byte, with gaps of the right size.
        #[test]
        fn is_the_stream(
            cuts in prop::collection::vec(1_usize..900, 1..40),
            order in prop::collection::vec((0_usize..40, 0_u8..10), 1..90),
            step in 1_usize..4,
            start: u32,
        ) {
            let total = cuts.iter().sum::<usize>();
            let stream: Vec<u8> = (0..total).map(|n| (n * 31 % 251) as u8).collect();
            let starts: Vec<usize> = cuts.iter().scan(0, |at, cut| { let here = *at; *at += cut; Some(here) }).collect();
            let (mut pool, mut half, mut got) = (Pool::new(1), Half::default(), Vec::new());
            pool.push(&mut half, &segment(start.wrapping_sub(1), b"?", 1), &mut |_| Progress::Used(1));
            let mut seen = 0;
            for (which, kind) in order {
                let which = which % cuts.len();
                let (from, to) = (starts[which], starts[which] + cuts[which]);
                if kind == 0 {
                    pool.acknowledged(&mut half, start.wrapping_add(seen as u32), &mut reader(step, &mut got));
                    continue;
                }
                let kept = if kind == 1 { (to - from) / 2 } else { to - from };
                pool.push(&mut half, &segment(start.wrapping_add(from as u32), &stream[from..from + kept], to - from), &mut reader(step, &mut got));
                seen = seen.max(to);
            }
            prop_assert!(got.len() <= total + step);
            for (at, byte) in got.iter().enumerate() {
                if let Some(byte) = byte { prop_assert_eq!(*byte, stream[at], "byte {}", at); }
            }
            pool.release(&mut half);
            prop_assert_eq!(pool.free.len(), 1);
        }
    }
}
