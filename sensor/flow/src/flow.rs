//! One conversation: its two ends, who opened it, how far it came and how much went each way.

use core::net::IpAddr;
use core::time::Duration;

use common_model::{Mac, Timestamp};
use sensor_decode::{Link, Vlan};
use sensor_protocols::Side;

/// One end of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct End {
    /// Its address.
    pub ip: IpAddr,
    /// Its port; for ICMP the echo identifier at both ends.
    pub port: u16,
}

/// What a conversation is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP echo.
    Icmp,
}

/// How much one end sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Packets.
    pub packets: u64,
    /// Bytes on the wire, headers and all.
    pub bytes: u64,
}

impl Totals {
    /// What came on top of `earlier`.
    #[must_use]
    pub const fn since(self, earlier: Totals) -> Totals {
        Totals {
            packets: self.packets.saturating_sub(earlier.packets),
            bytes: self.bytes.saturating_sub(earlier.bytes),
        }
    }
}

/// What a packet did to its conversation; several at once are possible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Happened {
    /// It is the first packet.
    pub opened: bool,
    /// It is the first from the server's end: somebody is there and answers (TCP: with SYN+ACK or data).
    pub answered: bool,
    /// The server's end said no (RST to a SYN, port unreachable) before anything was said.
    pub refused: bool,
    /// Both ends said goodbye, or one broke it off.
    pub closed: bool,
    /// It has gone on for so long since the last report that it is time for another.
    pub progress: bool,
    /// It is worth telling between which Ethernet addresses it went: the first of its side, others than before, or some time has passed.
    pub passed: bool,
}

/// So many packets of a client that got no answer are tries to open; more are a conversation of which we hear one side.
/// Source: Linux sends a SYN seven times (`tcp_syn_retries` 6).
const TRIES_MAX: u64 = 7;

/// So many bare acknowledgements are a try; more are a conversation of which we hear one side. Source: nmap sends an unanswered probe
/// twice at most from one port.
const STRAYS_MAX: u64 = 2;

/// How a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The server's end said no.
    Refused,
    /// The server's end said nothing.
    Unanswered,
    /// The server's end answered, and nothing was said (TCP).
    Knocked,
    /// All that came was an acknowledgement of nothing, and an RST or nothing back (TCP): a try of a door, or the rest of an old
    /// conversation.
    Stray,
    /// Goodbye was said, or it was broken off.
    Closed,
    /// It fell silent, or was let go of, or only one side of it is heard.
    Faded,
}

/// How far a conversation came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// Only one end has spoken.
    Opening,
    /// Both have.
    Answered,
    /// It is over; what still comes belongs to it.
    Over,
}

/// One conversation. `S` is what the caller keeps with it.
#[derive(Debug)]
pub struct Flow<S> {
    /// What it is made of.
    pub protocol: Protocol,
    /// The VLAN it is on.
    pub vlan: Option<Vlan>,
    /// Both ends, the client's first: see [`Side::of`].
    pub ends: [End; 2],
    /// Between which Ethernet addresses the last packet of each went, where the link shows them, and when that was last told.
    pub(crate) links: [Option<(Link, Timestamp)>; 2],
    /// How much each end sent.
    pub totals: [Totals; 2],
    /// When it opened.
    pub opened_at: Timestamp,
    /// When it was last heard.
    pub last_at: Timestamp,
    /// Whether who opened it was seen (a SYN, what only a scanner sends, a first datagram), not guessed from the ports.
    pub is_side_certain: bool,
    /// What had been reported, and when, at the last [`Flow::take_report`].
    pub(crate) reported: ([Totals; 2], Timestamp),
    pub(crate) stage: Stage,
    pub(crate) was_refused: bool,
    /// Anything was said, beyond opening and closing.
    pub(crate) has_payload: bool,
    /// The client only acknowledged, without a word, and the server's end said nothing but RST (TCP).
    pub(crate) has_only_strays: bool,
    /// FIN seen from each side.
    pub(crate) said_goodbye: [bool; 2],
    /// What the caller keeps.
    pub state: S,
}

impl<S> Flow<S> {
    /// The end on this side.
    #[must_use]
    pub const fn end(&self, side: Side) -> End {
        *side.of(&self.ends)
    }

    /// Between which Ethernet addresses the last packet of this side went.
    #[must_use]
    pub fn link(&self, side: Side) -> Option<Link> {
        side.of(&self.links).map(|(link, _)| link)
    }

    /// The Ethernet addresses from which each side last spoke.
    #[must_use]
    pub fn macs(&self) -> [Option<Mac>; 2] {
        self.links.map(|known| known.map(|(link, _)| link.source))
    }

    /// How it ended, or would if it ended now.
    #[must_use]
    pub fn ending(&self) -> Ending {
        let [client, server] = &self.totals;
        let is_tcp = self.protocol == Protocol::Tcp;
        if self.was_refused {
            Ending::Refused
        } else if server.packets == 0 && client.packets <= TRIES_MAX && (self.is_side_certain || !is_tcp) {
            Ending::Unanswered
        } else if is_tcp && self.is_stray() {
            Ending::Stray
        } else if self.stage != Stage::Over {
            Ending::Faded
        } else if is_tcp && !self.has_payload && self.is_side_certain {
            Ending::Knocked
        } else {
            Ending::Closed
        }
    }

    fn is_stray(&self) -> bool {
        let [client, _] = &self.totals;
        self.has_only_strays && !self.is_side_certain && (1..=STRAYS_MAX).contains(&client.packets)
    }

    /// Whether goodbye was said, or it was broken off.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// What was sent and received since the last report, and in how long; the next begins here.
    pub fn take_report(&mut self) -> ([Totals; 2], Duration) {
        let ([client, server], before) = self.reported;
        let [sent, received] = self.totals;
        self.reported = (self.totals, self.last_at);
        ([sent.since(client), received.since(server)], self.last_at.since(before))
    }

    /// The end taken for the client is the server: turns everything round.
    pub(crate) fn flip(&mut self) {
        self.ends.reverse();
        self.links.reverse();
        self.totals.reverse();
        self.reported.0.reverse();
        self.said_goodbye.reverse();
        self.is_side_certain = true;
    }
}
