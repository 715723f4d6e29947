//! The engine: frames and time in, outputs out.

use core::net::IpAddr;
use std::sync::Arc;

use common_model::{ClosedBy, DeviceId, IncidentId, Mac, Timestamp};
use knowledge_indicators::Indicators;
use sensor_decode::{
    Arp, Frame, IcmpKind, Ip, Net, Packet, PortId, Transport, Undecodable, Vlan, decode, quoted,
};
use sensor_detectors::{ALL as DETECTORS, ArpSeen, Contact, End, Phase};
use sensor_flow::reassembly::{Half, Pool};
use sensor_flow::{Expired, Flow, FlowId, FlowTable, Protocol, Touched};
use sensor_inventory::{How, Inside, Inventory, Where};
use sensor_normal::Normal;
use sensor_protocols::{ALL as PROTOCOLS, Carrier, Event, Input, Parser, Probe, Progress, Side};

use crate::clock::{Clock, Tick};
use crate::copies::Copies;
use crate::output::{Counts, Output};
use crate::settings::{BudgetError, EngineError, KnownRule, Settings};
use crate::sight::{PortReport, Sight, SightState};
use crate::world::World;

/// What somebody asked of the engine, with its time.
#[derive(Clone, Debug)]
pub enum Command {
    /// The clinic knows this and it is harmless.
    Known(KnownRule),
    /// Somebody closed an incident.
    Close(IncidentId, ClosedBy),
}

/// What is kept with each conversation.
#[derive(Debug, Default)]
struct Conversation {
    reading: Reading,
    halves: [Half; 2],
}

/// Who reads a conversation.
#[derive(Debug, Default)]
enum Reading {
    /// Nobody knows yet what it speaks.
    #[default]
    Unknown,
    /// This one.
    By(Parser),
    /// Nobody: it is not ours, or has nothing more to say.
    Nobody,
}

/// The engine.
pub struct Engine {
    clock: Clock,
    copies: Copies,
    inside: Inside,
    flows: FlowTable<Conversation>,
    pool: Pool,
    world: World,
    sight: Sight,
    counts: Counts,
}

impl core::fmt::Debug for Engine {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Engine").field("counts", &self.counts).finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine that has heard nothing. `seed` feeds hash tables only.
    ///
    /// # Errors
    /// [`EngineError`] when the tables would not fit in the memory they may take, or a detector's settings are wrong.
    pub fn new(settings: Settings, indicators: Arc<Indicators>, seed: u64) -> Result<Self, EngineError> {
        let mut parts = vec![
            ("conversations", FlowTable::<Conversation>::memory_bytes(settings.flows_max)),
            ("reassembly", Pool::memory_bytes(settings.windows_max)),
            ("devices", Inventory::memory_bytes_max()),
            ("habits", Normal::memory_bytes_max()),
            ("copies", Copies::memory_bytes()),
        ];
        parts.extend(DETECTORS.iter().map(|spec| (spec.id, spec.memory_bytes_max)));
        if parts.iter().map(|(_, bytes)| bytes).sum::<usize>() > settings.memory_bytes_max {
            parts.sort_by_key(|(_, bytes)| core::cmp::Reverse(*bytes));
            let memory_bytes_max = settings.memory_bytes_max;
            return Err(EngineError::Budget(BudgetError { parts, memory_bytes_max }));
        }
        Ok(Engine {
            clock: Clock::default(),
            copies: Copies::new(),
            inside: settings.inside.clone(),
            flows: FlowTable::new(settings.flows_max, seed),
            pool: Pool::new(settings.windows_max),
            sight: Sight::default(),
            counts: Counts::default(),
            world: World::new(settings, indicators, seed)?,
        })
    }

    /// Takes one frame. Never fails: bad bytes are counted.
    pub fn handle_frame(&mut self, frame: &Frame<'_>) {
        let tick = self.clock.advance(frame.at);
        self.run_timers(tick);
        self.counts.frames += 1;
        self.counts.bytes += u64::from(frame.wire_len);
        if let Some(state) = self.sight.heard(frame.port, self.clock.now()) {
            self.tell_sight(frame.port, state, self.clock.now());
        }
        match decode(frame) {
            Ok(packet) => match packet.net {
                Net::Ip(ip) => self.handle_ip(frame, &packet, &ip),
                Net::Arp(arp) => self.handle_arp(&packet, &arp),
                Net::Other(_) => self.counts.not_ip += 1,
            },
            Err(
                Undecodable::LinkCutOff
                | Undecodable::ArpMalformed
                | Undecodable::IpMalformed
                | Undecodable::TransportMalformed,
            ) => self.counts.undecodable += 1,
        }
        self.world.take_news(&self.clock);
    }

    /// The operating system reports on a port.
    pub fn handle_port(&mut self, now: Timestamp, port: PortId, report: PortReport) {
        self.clock.silence(now);
        self.run_timers(Tick::On);
        if let Some((port, last_heard)) = self.sight.report(port, report) {
            self.tell_sight(port, SightState::Blind, last_heard);
        }
    }

    /// Time passed, and nothing was heard.
    pub fn handle_silence(&mut self, now: Timestamp) {
        self.clock.silence(now);
        self.run_timers(Tick::On);
        while let Some((port, last_heard)) = self.sight.silence(self.clock.now()) {
            self.tell_sight(port, SightState::Blind, last_heard);
        }
    }

    /// Somebody asked for something.
    pub fn handle_command(&mut self, now: Timestamp, command: Command) {
        self.clock.silence(now);
        self.run_timers(Tick::On);
        match command {
            Command::Known(rule) => self.world.know(rule),
            Command::Close(id, who) => self.world.close(&self.clock, id, who),
        }
    }

    /// A recording ended: conversations that go on are over. Says nothing about sight, and closes no incident.
    pub fn finish(&mut self) {
        while let Some((flow, why)) = self.flows.drain() {
            self.flow_left(flow, why);
        }
        self.world.take_news(&self.clock);
    }

    /// When the next timer fires, by elapsed time.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let hour = self.world.normal.hour_ends_at();
        [self.flows.poll_timeout(), self.world.incidents.poll_timeout(), Some(hour)]
            .into_iter()
            .flatten()
            .min()
    }

    /// The next thing that came out.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.world.outputs.pop_front()
    }

    /// The devices.
    #[must_use]
    pub const fn inventory(&self) -> &Inventory {
        &self.world.inventory
    }

    /// What was counted.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let pool = self.pool.counts;
        Counts {
            copies: self.copies.suppressed,
            flows: self.flows.opened(),
            flows_evicted: self.flows.evicted(),
            gap_bytes: pool.gap_bytes,
            windows_refused: pool.windows_refused,
            unseen_bytes: pool.unseen_bytes,
            clock_steps_back: self.clock.steps_back,
            clock_leaps_refused: self.clock.leaps_refused,
            detectors_forgot: self.world.forgotten(),
            devices_forgotten: self.world.inventory.forgotten(),
            incidents_crowded_out: self.world.incidents.crowded_out(),
            capture_dropped: self.sight.dropped,
            findings: self.world.findings,
            incidents: self.world.incidents.opened(),
            devices: self.world.inventory.len() as u64,
            ..self.counts
        }
    }

    /// All timers due by now, in order of time. A leap ends what was in progress instead of firing a year of timers.
    fn run_timers(&mut self, tick: Tick) {
        if tick == Tick::Leap {
            while let Some((flow, why)) = self.flows.drain() {
                self.flow_left(flow, why);
            }
        }
        let now = self.clock.now();
        while let Some((flow, why)) = self.flows.expire(now) {
            self.flow_left(flow, why);
        }
        if self.world.incidents.poll_timeout().is_some_and(|at| at <= now) {
            self.world.incidents.timeout(now);
            self.world.take_steps(&self.clock);
        }
        if self.world.normal.hour_ends_at() <= now {
            self.world.close_hour(now);
        }
    }

    fn handle_arp(&mut self, packet: &Packet<'_>, arp: &Arp) {
        let now = self.clock.now();
        let mac = arp.sender_mac;
        if mac.is_group() || mac.is_zero() {
            return;
        }
        let source_ip = IpAddr::V4(arp.sender_ip);
        let target_ip = IpAddr::V4(arp.target_ip);
        let device = if arp.sender_ip.is_unspecified() || self.inside.place(source_ip) == Where::Group {
            self.world.inventory.with_mac(mac)
        } else {
            self.inside.learn(source_ip.into());
            Some(self.world.bind(now, packet.vlan, mac, source_ip, How::Arp))
        };
        let end = |ip, mac, device| End { ip, port: 0, mac, place: Where::Inside, device };
        let source = end(source_ip, Some(mac), device);
        let target = end(target_ip, None, self.world.inventory.at(packet.vlan, target_ip));
        let seen = ArpSeen {
            is_reply: arp.is_reply,
            sender_mac: mac,
            sender_ip: arp.sender_ip,
            target_ip: arp.target_ip,
        };
        self.world.arp(&self.clock, source, target, seen);
    }

    fn handle_ip(&mut self, frame: &Frame<'_>, packet: &Packet<'_>, ip: &Ip<'_>) {
        if self.copies.is_copy(ip.copy_key(), frame.at) {
            return;
        }
        self.counts.bad_checksums += u64::from(ip.has_bad_checksum);
        let now = self.clock.now();
        let mac = packet.link.map(|link| link.source);
        match place(&self.inside, ip.source, ip.target) {
            Where::Inside => {
                self.world.inventory.heard(now, packet.vlan, ip.source);
            }
            Where::Outside => {
                if let Some(mac) = mac {
                    self.world.inventory.forwards(mac);
                }
            }
            Where::Group => {}
        }
        if let Transport::Icmp(icmp) = ip.transport {
            self.handle_icmp(packet, ip, icmp.kind, icmp.payload);
        }
        self.counts.fragments += u64::from(matches!(ip.transport, Transport::Fragment));
        if let Some(flow) = self.flows.make_room() {
            self.flow_left(flow, Expired::Evicted);
        }
        let Some(touched) = self.flows.touch(now, packet, ip, frame.wire_len) else { return };
        self.report(touched);
        match ip.transport {
            Transport::Tcp(tcp) => self.read_tcp(touched, &tcp),
            Transport::Udp(udp) if !udp.payload.is_empty() => self.read_udp(touched, udp.payload),
            Transport::Udp(_) | Transport::Icmp(_) | Transport::Fragment | Transport::Other => {}
        }
        let is_over = touched.happened.closed || touched.happened.refused;
        if is_over && let Some(flow) = self.flows.get_mut(touched.id) {
            release(&mut self.pool, &mut flow.state);
        }
    }

    /// Neighbour discovery ties addresses to devices; errors say that somebody refused.
    fn handle_icmp(&mut self, packet: &Packet<'_>, ip: &Ip<'_>, kind: IcmpKind, payload: &[u8]) {
        let now = self.clock.now();
        match kind {
            IcmpKind::NeighbourAdvertisement(address, mac) => {
                let mac = mac.or(packet.link.map(|link| link.source));
                if let Some(mac) = mac.filter(|mac| !mac.is_group() && !mac.is_zero()) {
                    self.inside.learn(IpAddr::V6(address).into());
                    self.world.bind(now, packet.vlan, mac, address.into(), How::Neighbour);
                }
            }
            IcmpKind::NeighbourSolicitation(_) => {
                if let Some(link) = packet.link
                    && self.inside.place(ip.source) == Where::Inside
                {
                    self.world.bind(now, packet.vlan, link.source, ip.source, How::Neighbour);
                }
            }
            IcmpKind::PortUnreachable => {
                let Some(quoted) = quoted(payload) else { return };
                let protocol = match quoted.protocol {
                    6 => Protocol::Tcp,
                    17 => Protocol::Udp,
                    _ => return,
                };
                let end = |(ip, port)| sensor_flow::End { ip, port };
                let refused =
                    self.flows.refuse(packet.vlan, protocol, end(quoted.source), end(quoted.target));
                if let Some(id) = refused {
                    self.tell_contact(id, Phase::Refused);
                }
            }
            IcmpKind::EchoRequest(_)
            | IcmpKind::EchoReply(_)
            | IcmpKind::Unreachable
            | IcmpKind::RouterAdvertisement
            | IcmpKind::Other(_) => {}
        }
    }

    /// Tells what a packet did to its conversation.
    fn report(&mut self, Touched { id, happened, .. }: Touched) {
        if happened.opened {
            self.tell_contact(id, Phase::Opened);
        }
        if happened.answered {
            self.tell_contact(id, Phase::Answered);
        }
        if happened.refused {
            self.tell_contact(id, Phase::Refused);
        }
        if happened.progress {
            self.tell_contact(id, Phase::Progress);
        }
        if happened.closed {
            self.tell_contact(id, Phase::Closed);
        }
    }

    fn tell_contact(&mut self, id: FlowId, phase: Phase) {
        let Some(flow) = self.flows.get_mut(id) else { return };
        let [sent, received] = match phase {
            Phase::Opened | Phase::Answered => flow.totals,
            Phase::Refused | Phase::Progress | Phase::Closed | Phase::Unanswered => flow.take_report(),
        };
        let contact = Contact { protocol: flow.protocol, phase, sent, received };
        let [source, target] = ends(&self.inside, &self.world.inventory, flow);
        self.world.contact(&self.clock, source, target, contact);
    }

    /// A conversation left the table.
    fn flow_left(&mut self, mut flow: Flow<Conversation>, why: Expired) {
        release(&mut self.pool, &mut flow.state);
        let was_told = flow.is_over() && why != Expired::Evicted || flow.is_refused();
        if was_told {
            return;
        }
        let phase = if flow.is_answered() { Phase::Closed } else { Phase::Unanswered };
        let [sent, received] = flow.take_report();
        let contact = Contact { protocol: flow.protocol, phase, sent, received };
        let [source, target] = ends(&self.inside, &self.world.inventory, &flow);
        self.world.contact(&self.clock, source, target, contact);
    }

    fn read_tcp(&mut self, touched: Touched, tcp: &sensor_decode::Tcp<'_>) {
        let Touched { id, side, .. } = touched;
        let Engine { clock, inside, flows, pool, world, counts, .. } = self;
        let Some(flow) = flows.get_mut(id) else { return };
        if matches!(flow.state.reading, Reading::Nobody) {
            return;
        }
        let ends = ends(inside, &world.inventory, flow);
        let (vlan, server_port, may_flip) = (flow.vlan, flow.end(Side::Server).port, !flow.is_side_certain);
        let Conversation { reading, halves } = &mut flow.state;
        let mut flip = false;
        let mut read = |side: Side, input: Input<'_>| {
            let [source, target] = ends;
            let said = &mut |event: Event<'_>| world.said(clock, vlan, source, target, &event);
            step(reading, side, Carrier::Tcp, server_port, input, may_flip, &mut flip, said)
        };
        if tcp.flags.ack() {
            let other = side.other();
            pool.acknowledged(other.of_mut(halves), tcp.ack, &mut |input| read(other, input));
        }
        pool.push(side.of_mut(halves), tcp, &mut |input| read(side, input));
        if matches!(reading, Reading::Nobody) {
            counts.parsers_gave_up += 0;
            release(pool, &mut flow.state);
        }
        if flip {
            flows.flip(id);
        }
    }

    fn read_udp(&mut self, touched: Touched, payload: &[u8]) {
        let Engine { clock, inside, flows, world, .. } = self;
        let Some(flow) = flows.get_mut(touched.id) else { return };
        if matches!(flow.state.reading, Reading::Nobody) {
            return;
        }
        let [mut source, mut target] = ends(inside, &world.inventory, flow);
        let (vlan, server_port) = (flow.vlan, flow.end(Side::Server).port);
        // Neighbours that speak to a group are each their own conversation's client; what they say is theirs.
        if target.place == Where::Group && touched.side == Side::Server {
            core::mem::swap(&mut source, &mut target);
        }
        let mut flip = false;
        let said = &mut |event: Event<'_>| {
            let (speaker, other) = match (&event, touched.side) {
                (Event::Announce(_) | Event::AddressServer(_), Side::Server) => (target, source),
                _ => (source, target),
            };
            world.said(clock, vlan, speaker, other, &event);
        };
        let reading = &mut flow.state.reading;
        let input = Input::Data(payload);
        let may_flip = !flow.is_side_certain;
        step(reading, touched.side, Carrier::Udp, server_port, input, may_flip, &mut flip, said);
        if flip {
            flows.flip(touched.id);
        }
    }

    fn tell_sight(&mut self, port: PortId, state: SightState, last_heard: Timestamp) {
        let at = self.clock.wall(self.clock.now());
        let last_heard = self.clock.wall(last_heard);
        self.world.put(Output::Sight { port, state, at, last_heard });
    }
}

/// Reads what comes next, after finding out what it is.
#[expect(clippy::too_many_arguments, reason = "the parts of a conversation, borrowed one by one")]
fn step(
    reading: &mut Reading,
    side: Side,
    carrier: Carrier,
    server_port: u16,
    input: Input<'_>,
    may_flip: bool,
    flip: &mut bool,
    said: &mut dyn FnMut(Event<'_>),
) -> Progress {
    if matches!(reading, Reading::Unknown) {
        let Input::Data(first) = input else { return Progress::Used(1) };
        match identify(first, side, carrier, server_port) {
            Identified::As(parser, speaker) => {
                *flip = may_flip && speaker.is_some_and(|speaker| speaker != side);
                *reading = Reading::By(parser);
            }
            Identified::NotYet => return Progress::NeedMore,
            Identified::Nobodys => {
                *reading = Reading::Nobody;
                return Progress::GiveUp;
            }
        }
    }
    let Reading::By(parser) = reading else { return Progress::GiveUp };
    let side = if *flip { side.other() } else { side };
    let progress = parser.parse(side, carrier, input, said);
    if matches!(progress, Progress::Done | Progress::GiveUp) {
        *reading = Reading::Nobody;
    }
    progress
}

enum Identified {
    As(Parser, Option<Side>),
    NotYet,
    Nobodys,
}

/// Which protocol these first bytes are: the ones usual on this port are asked first.
fn identify(first: &[u8], side: Side, carrier: Carrier, server_port: u16) -> Identified {
    /// More first bytes than this without an answer are nobody's.
    const UNSURE_BYTES_MAX: usize = 64;
    let mut is_unsure = false;
    for wanted_hint in [true, false] {
        for (index, spec) in PROTOCOLS.iter().enumerate() {
            let hinted = spec.ports_hint.contains(&server_port);
            if hinted != wanted_hint || !spec.carriers.contains(&carrier) {
                continue;
            }
            match Parser::probe(index, first, side, carrier, hinted) {
                Probe::Certain(speaker) => {
                    if let Some(parser) = Parser::new(index) {
                        return Identified::As(parser, speaker);
                    }
                }
                Probe::Unsure => is_unsure = true,
                Probe::NotOurs => {}
            }
        }
    }
    if is_unsure && first.len() < UNSURE_BYTES_MAX { Identified::NotYet } else { Identified::Nobodys }
}

fn release(pool: &mut Pool, conversation: &mut Conversation) {
    for half in &mut conversation.halves {
        pool.release(half);
    }
    conversation.reading = Reading::Nobody;
}

/// Where `ip` is when it talks with `other`: when neither end is inside, both are treated as inside.
fn place(inside: &Inside, ip: IpAddr, other: IpAddr) -> Where {
    match (inside.place(ip), inside.place(other)) {
        (Where::Outside, Where::Outside | Where::Group) => Where::Inside,
        (here, _) => here,
    }
}

/// The ends of a conversation as detectors see them, the client's first.
fn ends<S>(inside: &Inside, inventory: &Inventory, flow: &Flow<S>) -> [End; 2] {
    let [client, server] = flow.ends;
    let [client_mac, server_mac] = flow.macs;
    let end = |this: sensor_flow::End, other: sensor_flow::End, mac: Option<Mac>, vlan: Option<Vlan>| {
        let place = place(inside, this.ip, other.ip);
        let device: Option<DeviceId> =
            if place == Where::Inside { inventory.at(vlan, this.ip) } else { None };
        End { ip: this.ip, port: this.port, mac, place, device }
    };
    [end(client, server, client_mac, flow.vlan), end(server, client, server_mac, flow.vlan)]
}
