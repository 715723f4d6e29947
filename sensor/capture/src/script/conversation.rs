//! A TCP conversation: numbers, acknowledgements and time advance by themselves. Knows nothing of what is said.

use common_model::Timestamp;
use common_model::hash::StableHash;

use super::build::{PAYLOAD_BYTES_MAX, Segment, Station};
use super::bulk::{Bulk, SEGMENT_GAP, Side};
use super::tape::Tape;
use super::words::Said;

/// Flags of a segment (RFC 9293 §3.1).
mod flags {
    pub(super) const FIN: u8 = 0x01;
    pub(super) const SYN: u8 = 0x02;
    pub(super) const RST: u8 = 0x04;
    pub(super) const PSH: u8 = 0x08;
    pub(super) const ACK: u8 = 0x10;
}

/// TCP header without options, in bytes.
const HEADER_BYTES: usize = 20;

/// One conversation.
#[derive(Clone, Debug)]
pub(super) struct Conversation {
    ends: [Station; 2],
    ports: [u16; 2],
    /// The number of the next byte of each side.
    next: [u32; 2],
    /// Segments of each side that were not acknowledged.
    unheard: [u8; 2],
    at: Timestamp,
    last: Side,
}

impl Conversation {
    /// Nothing is said yet. `number` tells conversations apart: the sequence numbers come from it.
    pub(super) const fn new(ends: [Station; 2], ports: [u16; 2], number: u64, at: Timestamp) -> Self {
        let bits = StableHash::new("sequence-number").u64(number).finish();
        let next = [bits as u32, (bits >> 32) as u32];
        Conversation { ends, ports, next, unheard: [0; 2], at, last: Side::Client }
    }

    /// When something was said last.
    pub(super) const fn at(&self) -> Timestamp {
        self.at
    }

    /// Silence until then, if that is later.
    pub(super) fn wait_until(&mut self, at: Timestamp) {
        self.at = self.at.max(at);
    }

    /// It is asked for, and nobody answers.
    pub(super) fn unanswered(&mut self, tape: &mut Tape) -> Said<()> {
        self.synchronise(tape, Side::Client, flags::SYN)
    }

    /// The server will have none.
    pub(super) fn refused(&mut self, tape: &mut Tape) -> Said<()> {
        self.unanswered(tape)?;
        self.pass_to(Side::Server);
        // RFC 9293 §3.5.2: what was never open has the number zero.
        self.next[1] = 0;
        self.segment(tape, Side::Server, flags::RST | flags::ACK, &[], 0)
    }

    /// The server will, and the client drops it at once.
    pub(super) fn dropped(&mut self, tape: &mut Tape) -> Said<()> {
        self.accepted(tape)?;
        self.segment(tape, Side::Client, flags::RST, &[], 0)
    }

    /// All three steps (RFC 9293 §3.5).
    pub(super) fn open(&mut self, tape: &mut Tape) -> Said<()> {
        self.accepted(tape)?;
        self.segment(tape, Side::Client, flags::ACK, &[], 0)
    }

    /// One side says something.
    pub(super) fn say(&mut self, tape: &mut Tape, side: Side, bytes: &[u8]) -> Said<()> {
        for part in bytes.chunks(self.payload_max()) {
            self.pass_to(side);
            self.segment(tape, side, flags::PSH | flags::ACK, part, 0)?;
        }
        Ok(())
    }

    /// Both say so much; of what each says, `first` is the beginning.
    pub(super) fn pour(&mut self, tape: &mut Tape, bulk: Bulk, first: &[u8; PAYLOAD_BYTES_MAX]) -> Said<()> {
        let (turns, end) = bulk.turns(self.at + SEGMENT_GAP, self.payload_max());
        for turn in turns {
            self.at = turn.at;
            self.last = turn.side;
            self.segment(tape, turn.side, flags::PSH | flags::ACK, &first[..turn.kept], turn.cut)?;
        }
        self.wait_until(end);
        Ok(())
    }

    /// Both say goodbye, the client first.
    pub(super) fn close(&mut self, tape: &mut Tape) -> Said<()> {
        for side in [Side::Client, Side::Server] {
            self.pass_to(side);
            self.segment(tape, side, flags::FIN | flags::ACK, &[], 0)?;
        }
        self.pass_to(Side::Client);
        self.segment(tape, Side::Client, flags::ACK, &[], 0)
    }

    fn accepted(&mut self, tape: &mut Tape) -> Said<()> {
        self.unanswered(tape)?;
        self.pass_to(Side::Server);
        self.synchronise(tape, Side::Server, flags::SYN | flags::ACK)?;
        self.pass_to(Side::Client);
        Ok(())
    }

    fn payload_max(&self) -> usize {
        self.ends[0].payload_max(HEADER_BYTES)
    }

    /// Time passes until this side speaks.
    fn pass_to(&mut self, side: Side) {
        let [own, _] = side.first(self.ends);
        let wait = if side == self.last { SEGMENT_GAP } else { own.answers_after };
        self.at = self.at + wait;
        self.last = side;
    }

    fn synchronise(&mut self, tape: &mut Tape, side: Side, flags: u8) -> Said<()> {
        // Most payload of a segment, selective acknowledgement, window in units of 128 bytes (RFC 9293 §3.2, RFC 2018, RFC 7323).
        let [high, low] = (self.payload_max() as u16).to_be_bytes();
        let options = [2, 4, high, low, 1, 1, 4, 2, 1, 3, 3, 7];
        self.write(tape, side, flags, &options, &[], 0)?;
        self.advance(side, 1);
        Ok(())
    }

    /// A segment; every second one with a payload is acknowledged at once, others with what the other side says (RFC 9293 §3.8.6.3).
    fn segment(&mut self, tape: &mut Tape, side: Side, flags: u8, payload: &[u8], cut: usize) -> Said<()> {
        self.write(tape, side, flags, &[], payload, cut)?;
        let len = payload.len() + cut;
        self.advance(side, len as u32 + u32::from(flags & flags::FIN));
        let [own, other] = side.first([0, 1]);
        self.unheard[other] = 0;
        self.unheard[own] += u8::from(len > 0);
        if self.unheard[own] == 2 {
            self.unheard[own] = 0;
            self.write(tape, side.other(), flags::ACK, &[], &[], 0)?;
        }
        Ok(())
    }

    fn write(
        &self,
        tape: &mut Tape,
        side: Side,
        flags: u8,
        options: &[u8],
        payload: &[u8],
        cut: usize,
    ) -> Said<()> {
        let [seq, next_of_other] = side.first(self.next);
        let ack = if flags & flags::ACK == 0 { 0 } else { next_of_other };
        let segment = Segment { ports: side.first(self.ports), seq, ack, flags, options };
        tape.tcp(self.at, side.first(self.ends).each_ref(), &segment, payload, cut)
    }

    const fn advance(&mut self, side: Side, bytes: u32) {
        let [own, _] = side.first([0, 1]);
        self.next[own] = self.next[own].wrapping_add(bytes);
    }
}
