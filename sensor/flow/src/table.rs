//! The table of conversations: a fixed number of slots, found by hash, let go by age.
//!
//! Instead of a timer for each conversation there is one queue for each *patience* (how long a conversation of its kind may be
//! silent). Touching one moves it to the end of its queue, so the head is always the next to run out, and the whole table costs no
//! allocation and no scan. When all slots are taken the one that has been silent longest among the least patient goes, and is counted.

use core::hash::BuildHasher;
use core::time::Duration;

use common_model::Timestamp;
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use sensor_decode::{IcmpKind, Ip, Packet, TcpFlags, Transport, Vlan};
use sensor_protocols::Side;

use crate::flow::{End, Flow, Happened, Protocol, Stage, Totals};

/// So often a conversation that goes on is reported, so that a long upload is seen while it runs.
/// Guess: a minute is what a card can wait.
const REPORT_EVERY: Duration = Duration::from_secs(60);

/// So often it is told between which Ethernet addresses a conversation goes, though they stay the same: who goes on speaking is still there.
/// Guess: a few of these fit between two lies of a slow tool, which repeats them every 30 s.
const PASSED_EVERY: Duration = Duration::from_secs(10);

/// Where a conversation stands in the table. Stays valid until it is expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowId(u32);

/// What [`FlowTable::touch`] found.
#[derive(Clone, Copy, Debug)]
pub struct Touched {
    /// Which conversation.
    pub id: FlowId,
    /// Who spoke.
    pub side: Side,
    /// What it did to the conversation.
    pub happened: Happened,
}

/// How long a conversation may be silent, by kind: one queue each, least patient first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Patience {
    /// Over: late packets still belong to it.
    Lingering,
    /// TCP or ICMP without an answer.
    Opening,
    /// UDP, and answered ICMP.
    Datagrams,
    /// TCP that was answered.
    Stream,
}

impl Patience {
    const ALL: [Patience; 4] =
        [Patience::Lingering, Patience::Opening, Patience::Datagrams, Patience::Stream];

    /// Sources: a TCP answer comes within 3 s or not at all for a person (RFC 6298 §2: first retry after 1 s, then 2 s);
    /// UDP mappings live 2 minutes (RFC 4787 REQ-5), a name lookup is over after 5 s; TCP ones 2 h 4 min (RFC 5382 REQ-5), cut
    /// to one hour because a box has fewer slots than the Internet has patience.
    const fn limit(self) -> Duration {
        Duration::from_secs(match self {
            Patience::Lingering => 5,
            Patience::Opening => 6,
            Patience::Datagrams => 60,
            Patience::Stream => 3_600,
        })
    }
}

const NONE: u32 = u32::MAX;

/// Most conversations that a table can be made for.
const FLOWS_MAX: usize = 1 << 24;

#[derive(Debug)]
struct Slot<S> {
    flow: Option<Flow<S>>,
    hash: u64,
    patience: Patience,
    before: u32,
    after: u32,
}

/// A queue of slots: the head is the one touched longest ago.
#[derive(Clone, Copy, Debug)]
struct Queue {
    head: u32,
    tail: u32,
}

/// The table of conversations. `S` is what the caller keeps with each.
#[derive(Debug)]
pub struct FlowTable<S> {
    slots: Vec<Slot<S>>,
    free: Vec<u32>,
    index: HashTable<u32>,
    hasher: FixedState,
    queues: [Queue; 4],
    flows_max: usize,
    opened: u64,
    evicted: u64,
}

impl<S: Default> FlowTable<S> {
    /// A table of at most `flows_max` conversations; all memory is taken now.
    #[must_use]
    pub fn new(flows_max: usize, seed: u64) -> Self {
        FlowTable {
            slots: Vec::with_capacity(flows_max),
            free: Vec::with_capacity(flows_max),
            index: HashTable::with_capacity(flows_max.saturating_mul(2)),
            hasher: FixedState::with_seed(seed),
            queues: [Queue { head: NONE, tail: NONE }; 4],
            flows_max: flows_max.clamp(1, FLOWS_MAX),
            opened: 0,
            evicted: 0,
        }
    }

    /// Memory of a table of `flows_max`, in bytes.
    #[must_use]
    pub const fn memory_bytes(flows_max: usize) -> usize {
        flows_max.saturating_mul(size_of::<Slot<S>>().saturating_add(4 + 2 * (4 + 1)))
    }

    /// How many conversations were opened.
    #[must_use]
    pub const fn opened(&self) -> u64 {
        self.opened
    }

    /// How many left because their slot was wanted.
    #[must_use]
    pub const fn evicted(&self) -> u64 {
        self.evicted
    }

    /// How many are in the table.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// The conversation, unless it has left.
    #[must_use]
    pub fn get(&self, id: FlowId) -> Option<&Flow<S>> {
        self.slots.get(id.0 as usize)?.flow.as_ref()
    }

    /// The conversation, unless it has left.
    pub fn get_mut(&mut self, id: FlowId) -> Option<&mut Flow<S>> {
        self.slots.get_mut(id.0 as usize)?.flow.as_mut()
    }

    /// Makes room: when the table is full, takes out the conversation that matters least. Call it before [`FlowTable::touch`],
    /// which would otherwise drop that one unreported.
    pub fn make_room(&mut self) -> Option<Flow<S>> {
        if self.index.len() < self.flows_max {
            return None;
        }
        let oldest = self.queues.iter().map(|queue| queue.head).find(|head| *head != NONE)?;
        self.evicted = self.evicted.saturating_add(1);
        self.remove(oldest)
    }

    /// The conversation of a packet, opened if it is the first; `None` for packets that belong to no conversation (fragments, other
    /// transports, ICMP that is no echo).
    pub fn touch(
        &mut self,
        now: Timestamp,
        packet: &Packet<'_>,
        ip: &Ip<'_>,
        wire_len: u32,
    ) -> Option<Touched> {
        let (protocol, source_port, target_port) = match ip.transport {
            Transport::Tcp(tcp) => (Protocol::Tcp, tcp.source_port, tcp.target_port),
            Transport::Udp(udp) => (Protocol::Udp, udp.source_port, udp.target_port),
            Transport::Icmp(icmp) => match icmp.kind {
                IcmpKind::EchoRequest(id) | IcmpKind::EchoReply(id) => (Protocol::Icmp, id, id),
                _ => return None,
            },
            Transport::Fragment | Transport::Other => return None,
        };
        let source = End { ip: ip.source, port: source_port };
        let target = End { ip: ip.target, port: target_port };
        let hash = self.hash(protocol, packet.vlan, source, target);
        let found = self.find(hash, protocol, packet.vlan, source, target);
        // A SYN for a conversation that is over opens the next one between the same ends.
        let is_reopened = found.is_some_and(|at| self.is_over(at)) && opens(ip);
        if let Some(at) = found.filter(|_| is_reopened) {
            drop(self.remove(at));
        }
        let (at, is_new) = match found.filter(|_| !is_reopened) {
            Some(at) => (at, false),
            None => {
                let client_spoke = speaker(ip, source_port, target_port);
                let flow = open(now, protocol, packet, [source, target], client_spoke);
                (self.insert(hash, flow)?, true)
            }
        };
        let slot = self.slots.get_mut(at as usize)?;
        let flow = slot.flow.as_mut()?;
        let side = if flow.ends[0] == source && (source != target || flow.totals[0].packets == 0) {
            Side::Client
        } else {
            Side::Server
        };
        let mut happened = advance(flow, side, ip, now, wire_len);
        happened.opened = is_new;
        if let Some(link) = packet.link {
            let known = side.of_mut(&mut flow.links);
            happened.passed = known.is_none_or(|(last, at)| last != link || now.since(at) >= PASSED_EVERY);
            if happened.passed {
                *known = Some((link, now));
            }
        }
        let patience = patience(flow);
        self.requeue(at, patience);
        Some(Touched { id: FlowId(at), side, happened })
    }

    /// The conversation that a quoted packet belongs to was refused. Returns it when it had not been answered.
    pub fn refuse(
        &mut self,
        vlan: Option<Vlan>,
        protocol: Protocol,
        source: End,
        target: End,
    ) -> Option<FlowId> {
        let hash = self.hash(protocol, vlan, source, target);
        let at = self.find(hash, protocol, vlan, source, target)?;
        let flow = self.slots.get_mut(at as usize)?.flow.as_mut()?;
        let is_middle = flow.protocol == Protocol::Tcp && !flow.is_side_certain;
        if flow.was_refused || is_middle || flow.totals[1].packets > 0 || flow.ends[0] != source {
            return None;
        }
        flow.was_refused = true;
        flow.stage = Stage::Over;
        self.requeue(at, Patience::Lingering);
        Some(FlowId(at))
    }

    /// The bytes told that the end taken for the client is the server.
    pub fn flip(&mut self, id: FlowId) {
        if let Some(flow) = self.get_mut(id) {
            flow.flip();
        }
    }

    /// When the next conversation runs out of patience.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        Patience::ALL
            .into_iter()
            .zip(&self.queues)
            .filter_map(|(patience, queue)| Some(self.get(FlowId(queue.head))?.last_at + patience.limit()))
            .min()
    }

    /// Takes out one conversation whose patience has run out by `now`.
    pub fn expire(&mut self, now: Timestamp) -> Option<Flow<S>> {
        let mut heads = Patience::ALL.into_iter().zip(self.queues.map(|queue| queue.head));
        let (_, head) = heads.find(|(patience, head)| {
            self.get(FlowId(*head)).is_some_and(|flow| flow.last_at + patience.limit() <= now)
        })?;
        self.remove(head)
    }

    /// Takes out one conversation, whatever its patience: a recording ended.
    pub fn drain(&mut self) -> Option<Flow<S>> {
        let head = self.queues.iter().map(|queue| queue.head).find(|head| *head != NONE)?;
        self.remove(head)
    }

    /// The same for both directions.
    fn hash(&self, protocol: Protocol, vlan: Option<Vlan>, one: End, other: End) -> u64 {
        let (low, high) = if one <= other { (one, other) } else { (other, one) };
        self.hasher.hash_one((protocol, vlan, low, high))
    }

    fn find(&self, hash: u64, protocol: Protocol, vlan: Option<Vlan>, one: End, other: End) -> Option<u32> {
        let is_it = |at: &u32| {
            self.slots.get(*at as usize).and_then(|slot| slot.flow.as_ref()).is_some_and(|flow| {
                flow.protocol == protocol
                    && flow.vlan == vlan
                    && (flow.ends == [one, other] || flow.ends == [other, one])
            })
        };
        self.index.find(hash, is_it).copied()
    }

    fn is_over(&self, at: u32) -> bool {
        self.get(FlowId(at)).is_some_and(|flow| flow.stage == Stage::Over)
    }

    fn insert(&mut self, hash: u64, flow: Flow<S>) -> Option<u32> {
        if self.index.len() >= self.flows_max {
            drop(self.make_room());
        }
        let patience = patience(&flow);
        let slot = Slot { flow: Some(flow), hash, patience, before: NONE, after: NONE };
        let at = match self.free.pop() {
            Some(at) => {
                *self.slots.get_mut(at as usize)? = slot;
                at
            }
            None => {
                let at = u32::try_from(self.slots.len()).ok()?;
                self.slots.push(slot);
                at
            }
        };
        let slots = &self.slots;
        self.index.insert_unique(hash, at, |at| slots.get(*at as usize).map_or(0, |slot| slot.hash));
        self.opened = self.opened.saturating_add(1);
        self.append(at, patience);
        Some(at)
    }

    fn remove(&mut self, at: u32) -> Option<Flow<S>> {
        self.unlink(at);
        let slot = self.slots.get_mut(at as usize)?;
        let flow = slot.flow.take()?;
        if let Ok(entry) = self.index.find_entry(slot.hash, |known| *known == at) {
            entry.remove();
        }
        self.free.push(at);
        Some(flow)
    }

    fn queue(&mut self, patience: Patience) -> &mut Queue {
        let [lingering, opening, datagrams, stream] = &mut self.queues;
        match patience {
            Patience::Lingering => lingering,
            Patience::Opening => opening,
            Patience::Datagrams => datagrams,
            Patience::Stream => stream,
        }
    }

    fn requeue(&mut self, at: u32, patience: Patience) {
        self.unlink(at);
        self.append(at, patience);
    }

    fn unlink(&mut self, at: u32) {
        let Some(slot) = self.slots.get(at as usize) else { return };
        let (before, after, patience) = (slot.before, slot.after, slot.patience);
        match self.slots.get_mut(before as usize) {
            Some(slot) => slot.after = after,
            None => self.queue(patience).head = after,
        }
        match self.slots.get_mut(after as usize) {
            Some(slot) => slot.before = before,
            None => self.queue(patience).tail = before,
        }
    }

    fn append(&mut self, at: u32, patience: Patience) {
        let tail = self.queue(patience).tail;
        let Some(slot) = self.slots.get_mut(at as usize) else { return };
        slot.patience = patience;
        slot.before = tail;
        slot.after = NONE;
        match self.slots.get_mut(tail as usize) {
            Some(slot) => slot.after = at,
            None => self.queue(patience).head = at,
        }
        self.queue(patience).tail = at;
    }
}

/// Whether the packet can only be the first of a conversation.
fn opens(ip: &Ip<'_>) -> bool {
    matches!(ip.transport, Transport::Tcp(tcp) if tcp.flags.syn() && !tcp.flags.ack())
}

/// Who spoke the first packet that we saw, and whether that is certain.
fn speaker(ip: &Ip<'_>, source_port: u16, target_port: u16) -> (Side, bool) {
    match ip.transport {
        Transport::Tcp(tcp) if tcp.flags.syn() => {
            (if tcp.flags.ack() { Side::Server } else { Side::Client }, true)
        }
        Transport::Tcp(tcp) if tcp.flags.is_made_up() => (Side::Client, true),
        Transport::Icmp(icmp) => {
            (if matches!(icmp.kind, IcmpKind::EchoReply(_)) { Side::Server } else { Side::Client }, true)
        }
        // An answer whose question was missed: only servers have ports below 1 024 (RFC 6335 §6), unless both do.
        Transport::Udp(_) if source_port < 1_024 && target_port >= 1_024 => (Side::Server, false),
        Transport::Udp(_) => (Side::Client, true),
        // In the middle of a stream: the lower port is the server's, more often than not.
        Transport::Tcp(_) | Transport::Fragment | Transport::Other => {
            (if source_port < target_port { Side::Server } else { Side::Client }, false)
        }
    }
}

fn open<S: Default>(
    now: Timestamp,
    protocol: Protocol,
    packet: &Packet<'_>,
    [source, target]: [End; 2],
    (spoke, is_side_certain): (Side, bool),
) -> Flow<S> {
    Flow {
        protocol,
        vlan: packet.vlan,
        ends: if spoke == Side::Client { [source, target] } else { [target, source] },
        links: [None; 2],
        totals: [Totals::default(); 2],
        opened_at: now,
        last_at: now,
        is_side_certain,
        reported: ([Totals::default(); 2], now),
        stage: Stage::Opening,
        was_refused: false,
        has_payload: false,
        has_only_strays: protocol == Protocol::Tcp,
        said_goodbye: [false; 2],
        state: S::default(),
    }
}

/// Counts the packet and moves the conversation on.
fn advance<S>(flow: &mut Flow<S>, side: Side, ip: &Ip<'_>, now: Timestamp, wire_len: u32) -> Happened {
    let mut happened = Happened::default();
    let totals = side.of_mut(&mut flow.totals);
    totals.packets = totals.packets.saturating_add(1);
    totals.bytes = totals.bytes.saturating_add(u64::from(wire_len));
    flow.last_at = flow.last_at.max(now);

    let flags = match ip.transport {
        Transport::Tcp(tcp) => {
            flow.has_payload |= tcp.wire_payload > 0;
            flow.has_only_strays &= match side {
                Side::Client => tcp.flags.is_bare_ack() && tcp.wire_payload == 0,
                Side::Server => tcp.flags.rst(),
            };
            tcp.flags
        }
        Transport::Udp(_) | Transport::Icmp(_) | Transport::Fragment | Transport::Other => {
            TcpFlags::default()
        }
    };
    let is_first_word = side == Side::Server && flow.stage == Stage::Opening;
    if flags.rst() && flow.stage != Stage::Over {
        // The middle of a conversation that was broken off is no refusal: see [`crate::Ending::Stray`].
        happened.refused = is_first_word && flow.is_side_certain && !flow.has_payload;
        flow.was_refused |= happened.refused;
        happened.closed = !happened.refused;
        flow.stage = Stage::Over;
    } else if is_first_word {
        happened.answered = true;
        flow.stage = Stage::Answered;
    }
    if flags.fin() {
        *side.of_mut(&mut flow.said_goodbye) = true;
        if flow.said_goodbye == [true; 2] && flow.stage != Stage::Over {
            happened.closed = true;
            flow.stage = Stage::Over;
        }
    }
    if flow.stage != Stage::Over && flow.last_at.since(flow.reported.1) >= REPORT_EVERY {
        happened.progress = true;
    }
    happened
}

fn patience<S>(flow: &Flow<S>) -> Patience {
    match (flow.stage, flow.protocol) {
        (Stage::Over, _) => Patience::Lingering,
        (_, Protocol::Udp) => Patience::Datagrams,
        (Stage::Opening, _) => Patience::Opening,
        (Stage::Answered, Protocol::Icmp) => Patience::Datagrams,
        (Stage::Answered, Protocol::Tcp) => Patience::Stream,
    }
}

#[cfg(test)]
mod tests {
    use common_model::Mac;
    use sensor_decode::{Frame, LinkType, Net, PortId, decode};

    use super::*;
    use crate::Ending;

    /// An Ethernet frame with one TCP or UDP packet between 10.0.0.1:`ports.0` and 10.0.0.2:`ports.1`.
    fn frame(protocol: u8, from_first: bool, ports: (u16, u16), flags: u8) -> Vec<u8> {
        let mut bytes = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
        let body = if protocol == 6 { 20 } else { 8 };
        bytes.extend([0x45, 0, 0, 20 + body, 0, 0, 0, 0, 64, protocol, 0, 0]);
        let (source, target) = if from_first { (1, 2) } else { (2, 1) };
        bytes.extend([10, 0, 0, source, 10, 0, 0, target]);
        let (from, to) = if from_first { ports } else { (ports.1, ports.0) };
        bytes.extend(from.to_be_bytes());
        bytes.extend(to.to_be_bytes());
        match protocol {
            6 => bytes.extend([0, 0, 0, 1, 0, 0, 0, 1, 0x50, flags, 0, 0, 0, 0, 0, 0]),
            _ => bytes.extend([0, 8, 0, 0]),
        }
        bytes
    }

    fn touch(table: &mut FlowTable<()>, at_secs: u64, bytes: &[u8]) -> Touched {
        let now = Timestamp::from_secs(at_secs);
        let frame =
            Frame { port: PortId(0), at: now, link: LinkType::Ethernet, vlan: None, wire_len: 60, bytes };
        let packet = decode(&frame).unwrap();
        let Net::Ip(ip) = packet.net else { panic!("no IP") };
        table.touch(now, &packet, &ip, frame.wire_len).unwrap()
    }

    const SYN: u8 = 0x02;
    const ACK: u8 = 0x10;
    const FIN_ACK: u8 = 0x11;
    const RST_ACK: u8 = 0x14;

    #[test]
    fn a_conversation_opens_is_answered_and_ends() {
        let mut table = FlowTable::new(8, 1);
        let opened = touch(&mut table, 1, &frame(6, true, (40_000, 443), SYN));
        assert!(opened.happened.opened && opened.side == Side::Client);
        let answered = touch(&mut table, 1, &frame(6, false, (40_000, 443), SYN | ACK));
        assert!(answered.happened.answered && answered.side == Side::Server);
        assert_eq!(answered.id, opened.id);
        assert!(!touch(&mut table, 2, &frame(6, true, (40_000, 443), FIN_ACK)).happened.closed);
        assert!(touch(&mut table, 2, &frame(6, false, (40_000, 443), FIN_ACK)).happened.closed);
        let flow = table.get(opened.id).unwrap();
        assert_eq!(flow.totals, [Totals { packets: 2, bytes: 120 }; 2]);
        assert_eq!(flow.macs()[0], Some(Mac([2, 0, 0, 0, 0, 1])));
        assert!(table.expire(Timestamp::from_secs(6)).is_none());
        assert!(table.expire(Timestamp::from_secs(7)).unwrap().is_over());
        assert!(table.is_empty());
    }

    #[test]
    fn a_closed_port_refuses() {
        let mut table = FlowTable::new(8, 1);
        touch(&mut table, 1, &frame(6, true, (40_000, 22), SYN));
        let refused = touch(&mut table, 1, &frame(6, false, (40_000, 22), RST_ACK));
        assert!(refused.happened.refused && !refused.happened.closed);
        assert_eq!(table.get(refused.id).unwrap().ending(), Ending::Refused);
    }

    #[test]
    fn a_conversation_without_a_word_was_a_knock() {
        let mut table = FlowTable::new(8, 1);
        touch(&mut table, 1, &frame(6, true, (40_000, 22), SYN));
        touch(&mut table, 1, &frame(6, false, (40_000, 22), SYN | ACK));
        let knock = touch(&mut table, 1, &frame(6, true, (40_000, 22), RST_ACK));
        assert_eq!(table.get(knock.id).unwrap().ending(), Ending::Knocked);
        // In the middle: what was said before cannot be known.
        touch(&mut table, 1, &frame(6, true, (40_001, 22), FIN_ACK));
        let seen = touch(&mut table, 1, &frame(6, false, (40_001, 22), FIN_ACK));
        assert_eq!(table.get(seen.id).unwrap().ending(), Ending::Closed);
    }

    #[test]
    fn a_conversation_of_which_one_side_is_heard_was_not_in_vain() {
        let mut table = FlowTable::new(8, 1);
        let opened = touch(&mut table, 1, &frame(6, true, (40_000, 22), SYN));
        assert_eq!(table.get(opened.id).unwrap().ending(), Ending::Unanswered);
        for _ in 0..7 {
            touch(&mut table, 1, &frame(6, true, (40_000, 22), ACK));
        }
        assert_eq!(table.get(opened.id).unwrap().ending(), Ending::Faded);
    }

    #[test]
    fn what_no_stack_sends_is_a_try() {
        for flags in [0x00, 0x01, 0x29] {
            let mut table = FlowTable::new(8, 1);
            let opened = touch(&mut table, 1, &frame(6, true, (1_000, 8_080), flags));
            assert_eq!(
                (opened.side, table.get(opened.id).unwrap().ending()),
                (Side::Client, Ending::Unanswered)
            );
            assert!(touch(&mut table, 1, &frame(6, false, (1_000, 8_080), RST_ACK)).happened.refused);
        }
    }

    #[test]
    fn a_bare_acknowledgement_that_nobody_wanted_is_a_stray() {
        let mut table = FlowTable::new(8, 1);
        let opened = touch(&mut table, 1, &frame(6, true, (40_000, 22), ACK));
        assert_eq!(table.get(opened.id).unwrap().ending(), Ending::Stray);
        let reset = touch(&mut table, 1, &frame(6, false, (40_000, 22), RST_ACK));
        assert!(reset.happened.closed && !reset.happened.refused);
        assert_eq!(table.get(opened.id).unwrap().ending(), Ending::Stray);
        // The rest of an old conversation: goodbye, a broken connection, an answer, an acknowledgement of the server's.
        for (port, parts) in [
            (1, [(true, FIN_ACK), (false, RST_ACK)]),
            (2, [(true, RST_ACK), (true, RST_ACK)]),
            (3, [(true, ACK), (false, ACK)]),
            (4, [(false, ACK), (true, RST_ACK)]),
        ] {
            let ids = parts
                .map(|(first, flags)| touch(&mut table, 1, &frame(6, first, (40_000 + port, 22), flags)).id);
            assert_ne!(table.get(ids[1]).unwrap().ending(), Ending::Stray, "{port}");
        }
    }

    #[test]
    fn the_same_ports_again_are_a_new_conversation() {
        let mut table = FlowTable::new(8, 1);
        touch(&mut table, 1, &frame(6, true, (40_000, 22), SYN));
        touch(&mut table, 1, &frame(6, false, (40_000, 22), RST_ACK));
        assert!(touch(&mut table, 2, &frame(6, true, (40_000, 22), SYN)).happened.opened);
        assert_eq!((table.opened(), table.len()), (2, 1));
    }

    #[test]
    fn in_the_middle_the_lower_port_is_the_server() {
        let mut table = FlowTable::new(8, 1);
        let touched = touch(&mut table, 1, &frame(6, false, (40_000, 443), ACK));
        assert_eq!(touched.side, Side::Server);
        assert!(!table.get(touched.id).unwrap().is_side_certain);
        table.flip(touched.id);
        assert_eq!(table.get(touched.id).unwrap().end(Side::Server).port, 40_000);
    }

    #[test]
    fn a_full_table_lets_the_least_patient_go() {
        let mut table = FlowTable::new(3, 1);
        touch(&mut table, 1, &frame(6, true, (1, 80), SYN));
        touch(&mut table, 1, &frame(6, false, (1, 80), SYN | ACK));
        for port in 2..=4 {
            if let Some(gone) = table.make_room() {
                assert_eq!(gone.end(Side::Client).port, 2, "the answered one stays");
            }
            touch(&mut table, u64::from(port), &frame(6, true, (port, 80), SYN));
        }
        assert_eq!((table.len(), table.evicted()), (3, 1));
    }

    #[test]
    fn runs_out_of_patience_in_order_of_silence() {
        let mut table = FlowTable::new(64, 1);
        for port in 1..=50 {
            touch(&mut table, u64::from(port), &frame(17, true, (port, 53), 0));
        }
        for port in 1..=25 {
            touch(&mut table, 50 + u64::from(port), &frame(17, false, (port, 53), 0));
        }
        let mut gone = Vec::new();
        while let Some(at) = table.poll_timeout() {
            let flow = table.expire(at).unwrap();
            assert!(table.expire(at - Duration::from_nanos(1)).is_none());
            gone.push(flow.last_at);
        }
        assert_eq!(gone.len(), 50);
        assert!(gone.is_sorted());
    }
}
