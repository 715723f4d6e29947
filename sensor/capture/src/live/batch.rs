//! What goes through the hand-over: some frames, copied one after another, and what is to be said about ports between them.

use common_model::Timestamp;
use sensor_decode::{Frame, LinkType, PortId, Vlan};

use super::PortReport;

/// Bytes of frames in a batch. Guess: large enough that handing over costs nothing per frame (some 1 500 frames of 700 bytes), small enough
/// that it stays in the second cache.
pub(super) const BATCH_BYTES: usize = 1 << 20;

/// Frames and reports in a batch: where all are of the smallest size that Ethernet has, a batch is a quarter full.
const BATCH_ENTRIES: usize = 4_096;

/// Frames and reports in the order in which they are to be heard.
#[derive(Debug)]
pub(super) struct Batch {
    bytes: Box<[u8]>,
    used: usize,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy, Debug)]
enum Entry {
    Frame(Head, usize),
    Port(PortReport),
}

/// A frame without its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) port: PortId,
    pub(super) at: Timestamp,
    pub(super) link: LinkType,
    pub(super) vlan: Option<Vlan>,
    pub(super) wire_len: u32,
}

/// What stands at a place in a batch.
pub(super) enum Said<'a> {
    Frame(Frame<'a>),
    Port(PortReport),
}

impl Batch {
    pub(super) fn new() -> Self {
        Self {
            bytes: vec![0; BATCH_BYTES].into_boxed_slice(),
            used: 0,
            entries: Vec::with_capacity(BATCH_ENTRIES),
        }
    }

    pub(super) fn clear(&mut self) {
        self.used = 0;
        self.entries.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether a frame of so many bytes, or a report, has room.
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        self.entries.len() < BATCH_ENTRIES && self.bytes.len() - self.used >= bytes
    }

    /// Copies a frame in. One without room is not taken: ask [`Batch::has_room`].
    pub(super) fn push_frame(&mut self, head: Head, bytes: &[u8]) -> bool {
        let end = self.used + bytes.len();
        match self.bytes.get_mut(self.used..end) {
            Some(place) if self.entries.len() < BATCH_ENTRIES => {
                place.copy_from_slice(bytes);
                self.entries.push(Entry::Frame(head, self.used));
                self.used = end;
                true
            }
            _ => false,
        }
    }

    /// Writes a report down, if there is room.
    pub(super) fn push_report(&mut self, report: PortReport) -> bool {
        let fits = self.has_room(0);
        if fits {
            self.entries.push(Entry::Port(report));
        }
        fits
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// What stands at this place.
    pub(super) fn at(&self, place: usize) -> Option<Said<'_>> {
        Some(match *self.entries.get(place)? {
            Entry::Port(report) => Said::Port(report),
            Entry::Frame(head, begin) => {
                let end = self.entries.get(place + 1..)?.iter().find_map(Entry::begin).unwrap_or(self.used);
                Said::Frame(Frame {
                    port: head.port,
                    at: head.at,
                    link: head.link,
                    vlan: head.vlan,
                    wire_len: head.wire_len,
                    bytes: self.bytes.get(begin..end)?,
                })
            }
        })
    }
}

impl Entry {
    fn begin(&self) -> Option<usize> {
        match self {
            Entry::Frame(_, begin) => Some(*begin),
            Entry::Port(_) => None,
        }
    }
}
