//! What every parser is: it gets bytes and a side, and says what was said. It knows no flow, no device and no clock, so
//! it can be fuzzed alone and used on any transport.

use core::fmt;

use crate::Event;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The end that opened the conversation.
    Client,
    /// The end that was asked.
    Server,
}

impl Side {
    /// The other end.
    #[must_use]
    pub const fn other(self) -> Side {
        match self {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }

    /// This end's half of a pair that has the client's first.
    #[must_use]
    pub const fn of<T>(self, [client, server]: &[T; 2]) -> &T {
        match self {
            Side::Client => client,
            Side::Server => server,
        }
    }

    /// This end's half of a pair that has the client's first.
    #[must_use]
    pub const fn of_mut<T>(self, [client, server]: &mut [T; 2]) -> &mut T {
        match self {
            Side::Client => client,
            Side::Server => server,
        }
    }
}

/// What carries the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Carrier {
    /// A stream without message borders.
    Tcp,
    /// One message a datagram.
    Udp,
}

/// What a parser is handed.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// The next bytes in order: all that was not yet used, or (UDP) one whole datagram. Never empty.
    Data(&'a [u8]),
    /// So many bytes are missing for ever; what comes next is not joined to what came before.
    Gap(u64),
}

/// What a parser answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many bytes are dealt with (may be more than there were: the rest is skipped as it comes). At least 1.
    Used(u64),
    /// It takes more bytes than there are; hand them over again, with more. Hold nothing back for it in `self`.
    NeedMore,
    /// This conversation has nothing more to say to us.
    Done,
    /// This is not what we took it for, or is broken beyond repair.
    GiveUp,
}

/// Whether first bytes are this protocol's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// Yes; and this side said them, where the bytes themselves tell (a capture may begin in the middle).
    Certain(Option<Side>),
    /// Not enough bytes to tell.
    Unsure,
    /// No.
    NotOurs,
}

/// What a protocol is: one entry in the list.
#[derive(Debug)]
pub struct Spec {
    /// Kebab-case name: `dns`.
    pub id: &'static str,
    /// What carries it.
    pub carriers: &'static [Carrier],
    /// Server ports where it is usual: asked first there, and a weak probe is believed only there.
    pub ports_hint: &'static [u16],
    /// What we read, what we skip, limits, sources.
    pub readme: &'static str,
}

/// A parser: its state for one conversation is `Self`, kept inside the flow's slot.
pub trait Protocol: Default + fmt::Debug {
    /// What it is.
    const SPEC: Spec;

    /// Whether `first`, the first bytes that `side` says, are this protocol's. `hinted` when the server's port is one of ours.
    fn probe(first: &[u8], side: Side, carrier: Carrier, hinted: bool) -> Probe;

    /// Reads what comes next from `side` and hands out what was said. Never panics, never allocates.
    fn parse(
        &mut self,
        side: Side,
        carrier: Carrier,
        input: Input<'_>,
        out: &mut dyn FnMut(Event<'_>),
    ) -> Progress;
}
