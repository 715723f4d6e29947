//! The engine: frames and time in, outputs out.

use core::net::IpAddr;
use core::time::Duration;
use std::sync::Arc;

use common_model::{ClosedBy, DeviceId, Incident, IncidentId, Mac, Timestamp};
use common_site::{Site, SiteError};
use knowledge_indicators::Indicators;
use sensor_decode::{
    Arp, Frame, IcmpKind, Ip, Net, PORTS_MAX, Packet, PortId, Tcp, Transport, Undecodable, Vlan, decode,
    link_prefixes, quoted,
};
use sensor_detectors::{ArpSeen, Contact, End, Observation, Phase};
use sensor_flow::reassembly::{Half, Pool};
use sensor_flow::{Flow, FlowId, FlowTable, Protocol, Touched};
use sensor_inventory::{Hearing, How, Inside, Inventory, Where};
use sensor_normal::Normal;
use sensor_protocols::{ALL as PROTOCOLS, Carrier, Event, Input, Parser, Probe, Progress, Side};

use crate::clock::{Clock, LEAP_MAX, Tick};
use crate::copies::Copies;
use crate::output::{Counts, Output};
use crate::settings::{self, Depth, EngineError, Setup};
use crate::sight::{BLIND_AFTER, PortHeard, PortReport, PortSight, Sight, SightState};
use crate::snapshot::Snapshot;
use crate::world::World;

/// No timer that a frame sets fires sooner than this: see [`Engine::run_timers`]. Source: the least patience of `sensor/flow`, 5 s.
const TIMER_MIN: Duration = Duration::from_secs(5);

/// What somebody asked of the engine, with its time.
#[derive(Clone, Debug)]
pub enum Command {
    /// The clinic changed its settings: names, confirmed types, what it knows, hours, segments. What it set for detectors counts from the
    /// next start.
    Site(Arc<Site>),
    /// There are new lists of what is known to be bad.
    Indicators(Arc<Indicators>),
    /// Somebody closed an incident.
    Close(IncidentId, ClosedBy),
}

/// One thing that an engine is given. Given the same in the same order, it gives the same answer.
#[derive(Clone, Debug)]
pub enum Given<'a> {
    /// [`Engine::handle_frame`].
    Frame(Frame<'a>),
    /// [`Engine::handle_port`].
    Port(Timestamp, PortId, PortReport),
    /// [`Engine::handle_silence`].
    Silence(Timestamp),
    /// [`Engine::handle_command`].
    Command(Timestamp, Command),
}

impl Given<'_> {
    /// Its time.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        match self {
            Given::Frame(frame) => frame.at,
            Given::Port(at, ..) | Given::Silence(at) | Given::Command(at, _) => *at,
        }
    }
}

/// What is kept with each conversation.
#[derive(Debug, Default)]
pub(crate) struct Conversation {
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
    /// No timer fires before this.
    wakes_at: Timestamp,
    copies: Copies,
    inside: Inside,
    flows: FlowTable<Conversation>,
    pool: Pool,
    world: World,
    /// What was learned before, until the first frame says what time it is.
    learned: Option<Snapshot>,
    /// And what was open.
    open: Vec<Incident>,
    sight: Sight,
    counts: Counts,
    depth: Depth,
}

impl core::fmt::Debug for Engine {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Engine").field("counts", &self.counts).finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine that has heard nothing.
    ///
    /// # Errors
    /// [`EngineError`] when the tables would not fit in the memory they may take, or a detector's settings are wrong.
    pub fn new(setup: Setup) -> Result<Self, EngineError> {
        let Setup { site, indicators, learned, open, limits, depth, seed } = setup;
        Engine::check(&site)?;
        limits.fit()?;
        Ok(Engine {
            clock: Clock::default(),
            wakes_at: Timestamp::EPOCH,
            copies: Copies::new(),
            inside: settings::inside(&site),
            flows: FlowTable::new(limits.flows_max, seed),
            pool: Pool::new(limits.windows_max),
            sight: Sight::default(),
            counts: Counts::default(),
            world: World::new(site, indicators, seed)?,
            learned,
            open,
            depth,
        })
    }

    /// Whether an engine could be made with these settings.
    ///
    /// # Errors
    /// [`SiteError`] names the detector, its field, or the kind that is wrong.
    pub fn check(site: &Site) -> Result<(), SiteError> {
        settings::check(site)
    }

    /// Lets somebody hear everything that detectors are told.
    pub fn listen(&mut self, listener: Box<dyn FnMut(&Observation<'_>) + Send>) {
        self.world.listener = Some(listener);
    }

    /// Takes whatever it is given.
    pub fn handle(&mut self, given: Given<'_>) {
        match given {
            Given::Frame(frame) => self.handle_frame(&frame),
            Given::Port(at, port, report) => self.handle_port(at, port, report),
            Given::Silence(at) => self.handle_silence(at),
            Given::Command(at, command) => self.handle_command(at, command),
        }
    }

    /// Takes one frame. Never fails: bad bytes are counted.
    pub fn handle_frame(&mut self, frame: &Frame<'_>) {
        self.begin(frame.at);
        let (tick, elapsed) = self.clock.heard(frame.at);
        match tick {
            Tick::On => self.sight.untold(elapsed.since(self.clock.now())),
            Tick::Leap => self.leap(elapsed),
        }
        self.run_timers(elapsed);
        self.counts.frames += 1;
        self.counts.bytes += u64::from(frame.wire_len);
        if let Some(state) = self.sight.heard(frame.port, elapsed, frame.wire_len) {
            self.tell_sight(frame.port, state, elapsed);
        }
        match decode(frame) {
            Ok(_) if self.depth == Depth::Decode => {}
            Ok(packet) => {
                if let Some(link) = packet.link {
                    self.sight.sent(frame.port, link.source, link.target.is_group());
                }
                match packet.net {
                    Net::Ip(ip) => self.handle_ip(frame, &packet, &ip),
                    Net::Arp(arp) => self.handle_arp(frame.port, &packet, &arp),
                    Net::Other(_) => self.counts.not_ip += 1,
                }
            }
            Err(
                Undecodable::LinkCutOff
                | Undecodable::ArpMalformed
                | Undecodable::IpMalformed
                | Undecodable::TransportMalformed,
            ) => self.counts.undecodable += 1,
        }
        self.world.take_news(&self.clock);
        self.wakes_at = self.wakes_at.min(elapsed + TIMER_MIN);
    }

    /// The operating system reports on a port.
    pub fn handle_port(&mut self, now: Timestamp, port: PortId, report: PortReport) {
        self.come_to(now);
        if let Some((port, last_heard)) = self.sight.report(port, report) {
            self.tell_sight(port, SightState::Blind, last_heard);
        }
    }

    /// Time passed, and nothing was heard.
    pub fn handle_silence(&mut self, now: Timestamp) {
        self.begin(now);
        let until = self.clock.elapsed_at(now);
        if until.since(self.clock.now()) > LEAP_MAX {
            self.leap(until);
        }
        while let Some((port, last_heard)) = self.sight.silence(until) {
            self.run_timers(last_heard + BLIND_AFTER);
            self.tell_sight(port, SightState::Blind, last_heard);
        }
        self.pass(until);
    }

    /// Somebody asked for something.
    pub fn handle_command(&mut self, now: Timestamp, command: Command) {
        self.come_to(now);
        match command {
            Command::Site(site) => {
                self.inside.set_segments(settings::inside(&site));
                self.world.set_site(&self.clock, site);
            }
            Command::Indicators(indicators) => self.world.indicators = indicators,
            Command::Close(id, who) => self.world.close(&self.clock, id, who),
        }
    }

    /// A recording ended: conversations that go on are over. Says nothing about sight, and closes no incident.
    pub fn finish(&mut self) {
        self.end_conversations();
        self.world.take_news(&self.clock);
        self.world.introduce(&self.clock, Timestamp::MAX);
    }

    /// When the next timer fires, by elapsed time.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let World { incidents, normal, .. } = &self.world;
        let timers = [
            self.flows.poll_timeout(),
            self.world.introduces_at(),
            incidents.poll_timeout(),
            Some(normal.hour_ends_at()),
        ];
        timers.into_iter().flatten().min()
    }

    /// The next thing that came out.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.world.outputs.pop_front()
    }

    /// What is kept over a restart.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.learned.clone().unwrap_or_else(|| self.world.snapshot(&self.clock))
    }

    /// The devices.
    #[must_use]
    pub const fn inventory(&self) -> &Inventory {
        &self.world.inventory
    }

    /// The open incidents, in a fixed order. Times in them are elapsed.
    pub fn open_incidents(&self) -> impl Iterator<Item = &Incident> {
        self.world.incidents.iter()
    }

    /// The ports that were heard, and whether they are now.
    #[must_use]
    pub fn sight(&self) -> Vec<PortSight> {
        let wall = |at| self.clock.wall(at);
        let told = |port: PortSight| PortSight {
            last_heard: wall(port.last_heard),
            saw: port.saw.map(wall),
            ..port
        };
        self.sight.ports().map(told).collect()
    }

    /// What each port has heard since [`Engine::begin_hour`]. Which devices it heard the inventory knows.
    #[must_use]
    pub const fn heard(&self) -> &[PortHeard; PORTS_MAX] {
        self.sight.this_hour()
    }

    /// An hour begins: what ports heard is counted anew. Changes nothing that comes out.
    pub fn begin_hour(&mut self) {
        self.sight.begin_hour();
        self.world.inventory.begin_hour();
    }

    /// What is usual.
    #[must_use]
    pub const fn normal(&self) -> &Normal {
        &self.world.normal
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
            networks_forgotten: self.inside.forgotten(),
            incidents_crowded_out: self.world.incidents.crowded_out(),
            capture_dropped: self.sight.dropped,
            outputs_dropped: self.world.outputs_dropped,
            findings: self.world.findings,
            incidents: self.world.incidents.opened(),
            devices: self.world.inventory.len() as u64,
            ..self.counts
        }
    }

    /// The first time that is heard says what time it is: what was learned before is put back.
    fn begin(&mut self, now: Timestamp) {
        if let Some(learned) = self.learned.take() {
            self.counts.not_restored += self.world.restore(learned.not_after(now));
        }
        if !self.open.is_empty() {
            self.world.incidents.restore(core::mem::take(&mut self.open), now);
        }
    }

    /// Time comes to this moment of the frames' own time.
    fn come_to(&mut self, now: Timestamp) {
        self.begin(now);
        self.pass(self.clock.elapsed_at(now));
    }

    /// Time comes to this moment, though no frame says so: the machine's clock does, which may have been set.
    fn pass(&mut self, until: Timestamp) {
        if until.since(self.clock.now()) > LEAP_MAX {
            self.leap(until);
        }
        self.run_timers(until);
    }

    /// What was in progress is over, instead of a year of timers.
    fn leap(&mut self, until: Timestamp) {
        self.end_conversations();
        self.world.introduce(&self.clock, Timestamp::MAX);
        self.world.normal.leap(until);
        self.sight.untold(until.since(self.clock.now()));
        self.clock.reach(until);
    }

    /// All timers due until then, each at its own time, and then it is then. A timer that a frame sets fires [`TIMER_MIN`] later at the
    /// soonest, so most frames need no more than one comparison.
    fn run_timers(&mut self, until: Timestamp) {
        if until >= self.wakes_at {
            // What is due at the end of time, where times saturate, is never due.
            while let Some(at) = self.poll_timeout().filter(|at| *at <= until && *at < Timestamp::MAX) {
                self.clock.reach(at);
                self.fire();
            }
            self.wakes_at = self.poll_timeout().unwrap_or(Timestamp::MAX);
        }
        self.clock.reach(until);
    }

    fn fire(&mut self) {
        let now = self.clock.now();
        while let Some(flow) = self.flows.expire(now) {
            self.flow_left(flow);
        }
        self.world.introduce(&self.clock, now);
        if self.world.incidents.poll_timeout().is_some_and(|at| at <= now) {
            self.world.incidents.timeout(now);
            self.world.take_steps(&self.clock);
        }
        if self.world.normal.hour_ends_at() <= now {
            self.world.close_hour(now);
        }
    }

    fn end_conversations(&mut self) {
        while let Some(flow) = self.flows.drain() {
            self.flow_left(flow);
        }
    }

    fn handle_arp(&mut self, port: PortId, packet: &Packet<'_>, arp: &Arp) {
        let now = self.clock.now();
        let mac = arp.sender_mac;
        if mac.is_group() || mac.is_zero() || self.copies.is_copy(arp.copy_key(), now) {
            return;
        }
        let source_ip = IpAddr::V4(arp.sender_ip);
        let target_ip = IpAddr::V4(arp.target_ip);
        self.inside.neighbour(source_ip);
        let device = if self.inside.place(source_ip) == Where::Inside {
            self.inside.heard(source_ip);
            let device = self.world.bind(now, packet.vlan, mac, source_ip, How::Arp);
            self.world.inventory.heard_on(device, heard_on(port, packet, source_ip));
            Some(device)
        } else {
            self.world.inventory.with_mac(mac)
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
        self.world.arp(&self.clock, packet.vlan, source, target, seen);
    }

    fn handle_ip(&mut self, frame: &Frame<'_>, packet: &Packet<'_>, ip: &Ip<'_>) {
        let now = self.clock.now();
        if self.copies.is_copy(ip.copy_key(), now) {
            return;
        }
        self.counts.bad_checksums += u64::from(ip.has_bad_checksum);
        let is_of_neighbour = self.discover(packet, ip);
        let from = self.inside.place_beside(ip.source, ip.target);
        self.sight.passed(frame.port, from, frame.wire_len);
        match from {
            Where::Inside => {
                self.inside.heard(ip.source);
                let hearing = heard_on(frame.port, packet, ip.target);
                self.world.inventory.heard(now, packet.vlan, ip.source, hearing);
            }
            Where::Outside => {
                if let Some(link) = packet.link.filter(|_| !is_of_neighbour) {
                    self.world.inventory.forwards(link.source, ip.source);
                }
            }
            Where::Group => {}
        }
        if let Transport::Icmp(icmp) = ip.transport
            && icmp.kind == IcmpKind::Refused
        {
            self.handle_refusal(packet, icmp.payload);
        }
        self.counts.fragments += u64::from(matches!(ip.transport, Transport::Fragment));
        if let Some(flow) = self.flows.make_room() {
            self.flow_left(flow);
        }
        let Some(touched) = self.flows.touch(now, packet, ip, frame.wire_len) else { return };
        self.report(touched);
        if self.depth == Depth::Flows {
            return;
        }
        // One side says goodbye: by now the other was heard, if it can be. A conversation of one side is let go of much later.
        if let Transport::Tcp(tcp) = &ip.transport
            && tcp.flags.fin()
            && let Some(flow) = self.flows.get(touched.id)
        {
            self.sight.conversation(flow.protocol, flow.totals);
        }
        match ip.transport {
            Transport::Tcp(tcp) => {
                let before = self.pool.counts.unseen_bytes;
                self.read_tcp(touched, &tcp);
                self.sight.unseen(frame.port, self.pool.counts.unseen_bytes - before);
            }
            Transport::Udp(udp) if !udp.payload.is_empty() => self.read_udp(touched, udp.payload),
            Transport::Udp(_) | Transport::Icmp(_) | Transport::Fragment | Transport::Other => {}
        }
        let is_over = touched.happened.closed || touched.happened.refused;
        if is_over && let Some(flow) = self.flows.get_mut(touched.id) {
            release(&mut self.pool, &mut flow.state);
        }
    }

    /// Neighbour discovery ties addresses to devices, and says which prefix the link has. True for what no router passes on.
    fn discover(&mut self, packet: &Packet<'_>, ip: &Ip<'_>) -> bool {
        /// Neighbours' messages have passed no router: nobody outside can send one. Source: RFC 4861 §6.1.2, §7.1.
        const HOPS_OF_NEIGHBOURS: u8 = 255;
        let Transport::Icmp(icmp) = ip.transport else { return false };
        if ip.ttl != HOPS_OF_NEIGHBOURS {
            return false;
        }
        let sender = packet.link.map(|link| link.source);
        match icmp.kind {
            IcmpKind::NeighbourAdvertisement(address, mac) => {
                self.tie(packet, mac.or(sender), address.into());
            }
            IcmpKind::NeighbourSolicitation(_) => self.tie(packet, sender, ip.source),
            IcmpKind::RouterAdvertisement => {
                if matches!(ip.source, IpAddr::V6(source) if source.is_unicast_link_local()) {
                    for (prefix, bits) in link_prefixes(icmp.payload) {
                        self.inside.advertised(prefix, bits);
                    }
                }
            }
            IcmpKind::EchoRequest(_)
            | IcmpKind::EchoReply(_)
            | IcmpKind::Refused
            | IcmpKind::Unreachable
            | IcmpKind::Other(_) => return false,
        }
        true
    }

    /// A neighbour says that this address is at this Ethernet address.
    fn tie(&mut self, packet: &Packet<'_>, mac: Option<Mac>, address: IpAddr) {
        let Some(mac) = mac.filter(|mac| !mac.is_group() && !mac.is_zero()) else { return };
        self.inside.neighbour(address);
        if self.inside.place(address) == Where::Inside {
            self.world.bind(self.clock.now(), packet.vlan, mac, address, How::Neighbour);
        }
    }

    /// An error says that somebody refused.
    fn handle_refusal(&mut self, packet: &Packet<'_>, payload: &[u8]) {
        let Some(quoted) = quoted(payload) else { return };
        let protocol = match quoted.protocol {
            6 => Protocol::Tcp,
            17 => Protocol::Udp,
            _ => return,
        };
        let end = |(ip, port)| sensor_flow::End { ip, port };
        let refused = self.flows.refuse(packet.vlan, protocol, end(quoted.source), end(quoted.target));
        if let Some(id) = refused {
            self.tell_ending(id);
        }
    }

    /// Tells what a packet did to its conversation.
    fn report(&mut self, Touched { id, side, happened }: Touched) {
        if happened.passed {
            self.tell_passed(id, side);
        }
        if happened.opened {
            self.tell_contact(id, Phase::Opened);
        }
        if happened.answered {
            self.tell_contact(id, Phase::Answered);
        }
        if happened.progress {
            self.tell_contact(id, Phase::Progress);
        }
        if happened.refused || happened.closed {
            self.tell_ending(id);
        }
    }

    /// Tells between which Ethernet addresses the last packet of a side went.
    fn tell_passed(&mut self, id: FlowId, side: Side) {
        let Some(flow) = self.flows.get(id).filter(|_| self.depth == Depth::Detectors) else { return };
        let Some(link) = flow.link(side) else { return };
        let ends = Between::of(flow).ends(&self.inside, &self.world.inventory);
        let source = End { mac: Some(link.source), ..*side.of(&ends) };
        let target = End { mac: Some(link.target), ..*side.other().of(&ends) };
        self.world.passed(&self.clock, flow.vlan, source, target);
    }

    fn tell_ending(&mut self, id: FlowId) {
        if let Some(phase) = self.flows.get(id).map(|flow| flow.ending().into()) {
            self.tell_contact(id, phase);
        }
    }

    fn tell_contact(&mut self, id: FlowId, phase: Phase) {
        let Some(flow) = self.flows.get_mut(id).filter(|_| self.depth == Depth::Detectors) else { return };
        let ([sent, received], within) = if phase.is_report() {
            flow.take_report()
        } else {
            (flow.totals, flow.last_at.since(flow.opened_at))
        };
        let contact = Contact { protocol: flow.protocol, phase, sent, received, within };
        if phase.is_report() {
            self.sight.conversation(flow.protocol, [sent, received]);
        }
        let vlan = flow.vlan;
        let [source, target] = Between::of(flow).ends(&self.inside, &self.world.inventory);
        self.world.contact(&self.clock, vlan, source, target, contact);
    }

    /// A conversation left the table. If it is over its ending was told.
    fn flow_left(&mut self, mut flow: Flow<Conversation>) {
        release(&mut self.pool, &mut flow.state);
        if flow.is_over() || self.depth != Depth::Detectors {
            return;
        }
        let ([sent, received], within) = flow.take_report();
        let phase = flow.ending().into();
        self.sight.conversation(flow.protocol, [sent, received]);
        let contact = Contact { protocol: flow.protocol, phase, sent, received, within };
        let vlan = flow.vlan;
        let [source, target] = Between::of(&flow).ends(&self.inside, &self.world.inventory);
        self.world.contact(&self.clock, vlan, source, target, contact);
    }

    fn read_tcp(&mut self, touched: Touched, tcp: &Tcp<'_>) {
        let Touched { id, side, .. } = touched;
        let Engine { clock, inside, flows, pool, world, counts, depth, .. } = self;
        let Some(flow) = flows.get_mut(id) else { return };
        if matches!(flow.state.reading, Reading::Nobody) {
            return;
        }
        let between = Between::of(flow);
        let may_flip = !flow.is_side_certain;
        let Conversation { reading, halves } = &mut flow.state;
        let mut flip = false;
        let mut read = |side: Side, input: Input<'_>| {
            let said = &mut |event: Event<'_>| {
                if *depth == Depth::Detectors {
                    let [source, target] = between.ends(inside, &world.inventory);
                    world.said(clock, between.vlan, source, target, &event);
                }
            };
            let was_known = matches!(reading, Reading::By(_));
            let progress =
                step(reading, side, Carrier::Tcp, between.server_port(), input, may_flip, &mut flip, said);
            counts.parsers_gave_up += u64::from(was_known && progress == Progress::GiveUp);
            progress
        };
        if tcp.flags.ack() {
            let other = side.other();
            pool.acknowledged(other.of_mut(halves), tcp.ack, &mut |input| read(other, input));
        }
        pool.push(side.of_mut(halves), tcp, &mut |input| read(side, input));
        if matches!(reading, Reading::Nobody) {
            release(pool, &mut flow.state);
        }
        if flip {
            flows.flip(id);
        }
    }

    fn read_udp(&mut self, touched: Touched, payload: &[u8]) {
        let Engine { clock, inside, flows, world, depth, .. } = self;
        let Some(flow) = flows.get_mut(touched.id) else { return };
        if matches!(flow.state.reading, Reading::Nobody) {
            return;
        }
        let between = Between::of(flow);
        let may_flip = !flow.is_side_certain;
        let mut flip = false;
        let said = &mut |event: Event<'_>| {
            if let Event::Lease(lease) = &event {
                inside.leased(lease.ip, lease.prefix_bits);
            }
            if *depth != Depth::Detectors {
                return;
            }
            let [source, target] = between.ends(inside, &world.inventory);
            // What is said of oneself is said by who sent it: neighbours that speak to a group are nobody's clients.
            let is_of_sender = matches!(event, Event::Announce(_) | Event::AddressServer(_));
            let is_turned = touched.side == Side::Server && (is_of_sender || target.place == Where::Group);
            let (source, target) = if is_turned { (target, source) } else { (source, target) };
            world.said(clock, between.vlan, source, target, &event);
        };
        let reading = &mut flow.state.reading;
        let input = Input::Data(payload);
        step(reading, touched.side, Carrier::Udp, between.server_port(), input, may_flip, &mut flip, said);
        if flip {
            flows.flip(touched.id);
        }
    }

    fn tell_sight(&mut self, port: PortId, state: SightState, last_heard: Timestamp) {
        let at = self.clock.wall_now();
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
    /// More first bytes than this without an answer are nobody's. Source: HTTP waits for the end of its first line, of which RFC 9112 §3
    /// asks servers to take 8,000 bytes.
    const UNSURE_BYTES_MAX: usize = 8_192;
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

/// Which port heard a frame, and whether it was sent to one device.
fn heard_on(port: PortId, packet: &Packet<'_>, target: IpAddr) -> Hearing {
    let is_to_all = packet.link.map_or(target.is_multicast(), |link| link.target.is_group());
    Hearing { port, is_direct: !is_to_all }
}

fn release(pool: &mut Pool, conversation: &mut Conversation) {
    for half in &mut conversation.halves {
        pool.release(half);
    }
    conversation.reading = Reading::Nobody;
}

/// Between whom a conversation is, the client's end first.
#[derive(Clone, Copy)]
struct Between {
    ends: [sensor_flow::End; 2],
    macs: [Option<Mac>; 2],
    vlan: Option<Vlan>,
}

impl Between {
    fn of<S>(flow: &Flow<S>) -> Between {
        Between { ends: flow.ends, macs: flow.macs(), vlan: flow.vlan }
    }

    const fn server_port(&self) -> u16 {
        let [_, server] = &self.ends;
        server.port
    }

    /// The ends as detectors see them.
    fn ends(&self, inside: &Inside, inventory: &Inventory) -> [End; 2] {
        let [client, server] = self.ends;
        let [client_mac, server_mac] = self.macs;
        let end = |this: sensor_flow::End, other: sensor_flow::End, mac: Option<Mac>| {
            let place = inside.place_beside(this.ip, other.ip);
            let device: Option<DeviceId> =
                if place == Where::Inside { inventory.at(self.vlan, this.ip) } else { None };
            End { ip: this.ip, port: this.port, mac, place, device }
        };
        [end(client, server, client_mac), end(server, client, server_mac)]
    }
}
