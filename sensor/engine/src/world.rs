//! Everything that has an opinion: devices, habits, detectors, incidents. What the engine hears is told here, once for all of them.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use common_model::{ClosedBy, DeviceId, IncidentId, Mac, Subject, Timestamp};
use common_site::{Site, SiteError};
use knowledge_indicators::Indicators;
use sensor_decode::Vlan;
use sensor_detectors::{
    ALL, ArpSeen, Contact, Context, Crossing, Detector, End, Findings, Observation, Phase, Spec, Topic, What,
};
use sensor_incidents::{Incidents, Seen};
use sensor_inventory::{Device, How, Inventory, Where};
use sensor_normal::{Calendar, HourOf, Normal};
use sensor_protocols::{Event, LookupPhase};

use crate::clock::Clock;
use crate::output::Output;
use crate::settings::Hours;
use crate::snapshot::Snapshot;

/// Most outputs that wait to be taken; more are dropped and counted. Whoever drives the engine takes them after each call; the end of a
/// recording may close every conversation at once.
const OUTPUTS_MAX: usize = 65_536;

/// A new device is introduced to detectors after this time, so that it can say first what it is called. Guess: asking for an address and
/// announcing oneself takes a phone five seconds.
const SETTLES_AFTER: Duration = Duration::from_secs(10);

/// Most new devices that wait to be introduced; more are not. Guess: a network that grows faster is not a clinic's.
const NEWCOMERS_MAX: usize = 1_024;

struct Running {
    spec: &'static Spec,
    detector: Box<dyn Detector>,
}

/// Hears everything that detectors are told.
type Listener = Box<dyn FnMut(&Observation<'_>) + Send>;

pub(crate) struct World {
    pub(crate) inventory: Inventory,
    pub(crate) normal: Normal,
    pub(crate) incidents: Incidents,
    pub(crate) indicators: Arc<Indicators>,
    pub(crate) listener: Option<Listener>,
    pub(crate) outputs: VecDeque<Output>,
    pub(crate) findings: u64,
    pub(crate) outputs_dropped: u64,
    detectors: Vec<Running>,
    /// For each topic, the places in `detectors` of those that want it.
    wanted_by: [Vec<usize>; Topic::COUNT],
    reported: Findings,
    /// New devices, and when to introduce each.
    newcomers: VecDeque<(Timestamp, DeviceId)>,
    site: Arc<Site>,
}

impl World {
    /// Memory that waiting outputs may take, in bytes, without the few that are large.
    pub(crate) const OUTPUTS_BYTES_MAX: usize = OUTPUTS_MAX * size_of::<Output>();

    pub(crate) fn new(site: Arc<Site>, indicators: Arc<Indicators>, seed: u64) -> Result<Self, SiteError> {
        let mut detectors = Vec::with_capacity(ALL.len());
        let mut wanted_by = [const { Vec::new() }; Topic::COUNT];
        for (at, spec) in ALL.iter().enumerate() {
            let detector = (spec.build)(sensor_detectors::Settings { spec, site: &site, seed })?;
            detectors.push(Running { spec, detector });
            for topic in spec.wants {
                if let Some(places) = wanted_by.get_mut(*topic as usize) {
                    places.push(at);
                }
            }
        }
        Ok(World {
            inventory: Inventory::new(Arc::clone(&site), seed),
            normal: Normal::new(seed),
            incidents: Incidents::new(),
            indicators,
            listener: None,
            outputs: VecDeque::with_capacity(1_024),
            findings: 0,
            outputs_dropped: 0,
            detectors,
            wanted_by,
            reported: Findings::default(),
            newcomers: VecDeque::new(),
            site,
        })
    }

    /// How a conversation goes: habits first, then detectors.
    pub(crate) fn contact(
        &mut self,
        clock: &Clock,
        vlan: Option<Vlan>,
        source: End,
        target: End,
        contact: Contact,
    ) {
        if contact.phase == Phase::Opened
            && let Some(device) = source.device
        {
            let peer = common_model::hash::StableHash::new("peer").ip(target.ip).finish();
            self.normal.opened(device, peer);
        }
        if contact.phase.is_report() {
            let bytes = contact.sent.bytes.saturating_add(contact.received.bytes);
            for device in [source.device, target.device].into_iter().flatten().filter(|_| bytes > 0) {
                self.normal.carried(device, bytes);
            }
        }
        if contact.phase == Phase::Answered
            && let Some(device) = target.device
        {
            self.inventory.serves(device, target.port);
        }
        let seen = observation(clock, vlan, source, target, What::Contact(contact));
        let crossing = seen.crossing();
        let was_shown = crossing.is_some_and(|crossing| self.incidents.has_card(crossing.inside.subject()));
        self.tell(clock, &seen);
        if let Some(crossing) = crossing {
            self.learn_destination(clock, &crossing, was_shown);
        }
    }

    /// Where data goes is learned, but not from devices with an open card; what has just opened one takes back what was learned of its
    /// destination today, because the card was opened by what went there before.
    fn learn_destination(&mut self, clock: &Clock, crossing: &Crossing, was_shown: bool) {
        let destination = self.inventory.destination(crossing.outside.ip);
        match (was_shown, self.incidents.has_card(crossing.inside.subject())) {
            (_, false) => self.normal.sent_to(destination, crossing.up, clock.now()),
            (false, true) => self.normal.forget_today(destination),
            (true, true) => {}
        }
    }

    /// Something was said: what it tells of devices first, then detectors.
    pub(crate) fn said(
        &mut self,
        clock: &Clock,
        vlan: Option<Vlan>,
        source: End,
        target: End,
        event: &Event<'_>,
    ) {
        let now = clock.now();
        match event {
            Event::Announce(announce) => {
                if let Some(device) = source.device {
                    self.inventory.announced(device, announce);
                }
            }
            Event::Software(software) => {
                if let Some(device) = software.side.of(&[source.device, target.device]) {
                    self.inventory.runs(*device, software);
                }
            }
            Event::Lease(lease) => {
                let device = self.bind(now, vlan, lease.mac, lease.ip.into(), How::Lease);
                if let Some(name) = lease.host_name {
                    self.inventory.announced(device, &sensor_protocols::Announce::HostName(name));
                }
            }
            Event::ServerName(name) if target.place == Where::Outside => {
                self.inventory.name_outside(target.ip, name)
            }
            Event::NameLookup(lookup) => {
                if let LookupPhase::Answered { addresses, .. } = lookup.phase {
                    for address in addresses {
                        self.inventory.name_outside(*address, lookup.name);
                    }
                }
            }
            Event::ServerName(_)
            | Event::Login(_)
            | Event::Request(_)
            | Event::Certificate(_)
            | Event::Fingerprint(_)
            | Event::AddressServer(_)
            | Event::Anomaly(_) => {}
        }
        self.tell(clock, &observation(clock, vlan, source, target, What::Said(event)));
    }

    /// A packet went from one Ethernet address to another.
    pub(crate) fn passed(&mut self, clock: &Clock, vlan: Option<Vlan>, source: End, target: End) {
        self.tell(clock, &observation(clock, vlan, source, target, What::Passed));
    }

    /// An ARP message: which address is whose, then detectors.
    pub(crate) fn arp(&mut self, clock: &Clock, vlan: Option<Vlan>, source: End, target: End, arp: ArpSeen) {
        self.tell(clock, &observation(clock, vlan, source, target, What::Arp(arp)));
    }

    /// The network said whose an address is. Open incidents of a device that turns out to be another are that one's.
    pub(crate) fn bind(
        &mut self,
        now: Timestamp,
        vlan: Option<Vlan>,
        mac: Mac,
        ip: core::net::IpAddr,
        how: How,
    ) -> DeviceId {
        let device = self.inventory.bind(now, vlan, mac, ip, how);
        if let Some((gone, stays)) = self.inventory.take_merge() {
            self.incidents.rename(gone, stays);
        }
        device
    }

    fn tell(&mut self, clock: &Clock, seen: &Observation<'_>) {
        if let Some(listener) = &mut self.listener {
            listener(seen);
        }
        let context = Context {
            now: clock.now(),
            wall_now: clock.wall_now(),
            inventory: &self.inventory,
            normal: &self.normal,
            calendar: &Wall { clock, hours: Hours(&self.site) },
            indicators: &self.indicators,
            site: &self.site,
        };
        for at in self.wanted_by.get(seen.what.topic() as usize).into_iter().flatten() {
            if let Some(Running { detector, .. }) = self.detectors.get_mut(*at) {
                detector.look(seen, &context, &mut self.reported);
            }
        }
        if !self.reported.is_empty() {
            self.take_reports(clock);
        }
    }

    /// What detectors reported becomes incidents.
    fn take_reports(&mut self, clock: &Clock) {
        for mut finding in core::mem::take(&mut self.reported.findings) {
            finding.device = resolved(&self.inventory, finding.device);
            finding.peer = finding.peer.map(|peer| resolved(&self.inventory, peer));
            self.findings = self.findings.saturating_add(1);
            let seen = Seen {
                at: clock.wall(finding.at),
                has_profile: self.has_profile(finding.device),
                is_known: self.is_known(finding.kind.id, finding.device, clock.wall(finding.at)),
            };
            let id = self.incidents.add(&finding, seen);
            let mut finding = Box::new(finding);
            finding.at = clock.wall(finding.at);
            self.put(Output::Finding(finding, id));
        }
        for mut sighting in core::mem::take(&mut self.reported.sightings) {
            // Before a clinic is known all of it is unusual: nothing to compare with others.
            if sighting.kind.needs_profile && !self.has_profile(sighting.device) {
                continue;
            }
            sighting.at = clock.wall(sighting.at);
            self.put(Output::Sighting(Box::new(sighting)));
        }
        for ongoing in self.reported.ongoing.drain(..) {
            let device = resolved(&self.inventory, ongoing.device);
            let times = [ongoing.at, clock.wall(ongoing.at)];
            self.incidents.goes_on(ongoing.kind, device, ongoing.identity, times);
        }
        self.take_steps(clock);
    }

    /// Whether what is normal is known, so that a finding can be unusual.
    fn has_profile(&self, subject: Subject) -> bool {
        let knows_device = matches!(subject, Subject::Device(id) if self.normal.has_profile(id));
        knows_device || self.normal.knows_clinic()
    }

    /// Steps of incidents become outputs.
    pub(crate) fn take_steps(&mut self, clock: &Clock) {
        while let Some(incident) = self.incidents.poll_step() {
            self.put(Output::Incident(Box::new(incident), clock.wall_now()));
        }
    }

    /// Devices that are new, or of which something new is known.
    pub(crate) fn take_news(&mut self, clock: &Clock) {
        while let Some((id, is_new)) = self.inventory.next_news() {
            self.put(Output::Device(id, clock.wall_now()));
            if is_new && self.newcomers.len() < NEWCOMERS_MAX {
                self.newcomers.push_back((clock.now() + SETTLES_AFTER, id));
            }
        }
    }

    /// When the next new device is introduced.
    pub(crate) fn introduces_at(&self) -> Option<Timestamp> {
        self.newcomers.front().map(|(at, _)| *at)
    }

    /// Introduces the new devices that have had their time by `until`.
    pub(crate) fn introduce(&mut self, clock: &Clock, until: Timestamp) {
        while let Some((_, id)) = self.newcomers.pop_front_if(|(at, _)| *at <= until) {
            // One that turned out to be another was introduced as that.
            let Some(device) = self.inventory.get(id).filter(|device| device.id == id) else { continue };
            let at = device.first_seen;
            self.present(clock, id, at);
        }
    }

    fn present(&mut self, clock: &Clock, id: DeviceId, at: Timestamp) {
        let Some(device) = self.inventory.get(id) else { return };
        let Some(ip) = device.ips.first().copied() else { return };
        let end = End { ip, port: 0, mac: device.mac, place: Where::Inside, device: Some(id) };
        self.tell(clock, &Observation { at, vlan: None, source: end, target: end, what: What::NewDevice });
    }

    pub(crate) fn put(&mut self, output: Output) {
        if self.outputs.len() < OUTPUTS_MAX {
            self.outputs.push_back(output);
        } else {
            self.outputs_dropped = self.outputs_dropped.saturating_add(1);
        }
    }

    /// Hours that ended are learned, but not of devices with an open card.
    pub(crate) fn close_hour(&mut self, now: Timestamp) {
        let incidents = &self.incidents;
        self.normal.close_hour(now, &|device| incidents.has_card(Subject::Device(device)));
    }

    /// The clinic changed its settings. Open incidents that it now knows are closed. What it does not know any more is told of when it is seen
    /// again; a device is new only once, so it is introduced again.
    pub(crate) fn set_site(&mut self, clock: &Clock, site: Arc<Site>) {
        let before = core::mem::replace(&mut self.site, Arc::clone(&site));
        self.inventory.set_site(site);
        let now = clock.wall_now();
        let open = self.incidents.iter().filter(|open| self.is_known(open.kind.id, open.device, now));
        for id in open.map(|open| open.id).collect::<Vec<_>>() {
            self.incidents.closed_by(id, ClosedBy::Known, [clock.now(), now]);
        }
        self.take_steps(clock);
        for id in self.known_no_more(&before, now) {
            self.present(clock, id, clock.now());
        }
    }

    /// Devices that were known as new ones, and are not any more.
    fn known_no_more(&self, before: &Site, now: Timestamp) -> Vec<DeviceId> {
        if before.known == self.site.known {
            return Vec::new();
        }
        let introduced =
            self.detectors.iter().filter(|running| running.spec.wants.contains(&Topic::NewDevice));
        let kinds: Vec<&str> =
            introduced.flat_map(|running| running.spec.kinds).map(|kind| kind.id).collect();
        let is_known = |site: &Site, kind: &str, device: &Device| {
            site.is_known(kind, device.name(), device.mac, &device.ips, now)
        };
        let devices = self.inventory.iter().filter(|device| {
            kinds.iter().any(|kind| is_known(before, kind, device) && !is_known(&self.site, kind, device))
        });
        devices.map(|device| device.id).collect()
    }

    /// Somebody closed an incident.
    pub(crate) fn close(&mut self, clock: &Clock, id: IncidentId, who: ClosedBy) {
        self.incidents.closed_by(id, who, [clock.now(), clock.wall_now()]);
        self.take_steps(clock);
    }

    /// What is kept over a restart.
    pub(crate) fn snapshot(&self, clock: &Clock) -> Snapshot {
        let kept = |running: &Running| Some((running.spec.id.to_owned(), running.detector.save()?));
        let detectors: BTreeMap<String, _> = self.detectors.iter().filter_map(kept).collect();
        let (now, wall) = (clock.now(), clock.wall_now());
        let hours = |span: Duration| i64::try_from(span.as_secs() / 3_600).unwrap_or(0);
        let normal = self.normal.save().moved(hours(wall.since(now)) - hours(now.since(wall)));
        let mut inventory = self.inventory.save();
        for device in &mut inventory.devices {
            for time in [&mut device.first_seen_ns, &mut device.last_seen_ns] {
                *time = clock.wall(Timestamp::from_nanos(*time)).as_nanos();
            }
        }
        Snapshot::new(wall, inventory, normal, detectors)
    }

    /// Puts back what was kept. Returns how many detectors could not read what they had kept; those start afresh.
    pub(crate) fn restore(&mut self, kept: Snapshot) -> u64 {
        self.inventory.restore(&kept.inventory);
        self.normal.restore(&kept.normal);
        let mut failed = 0;
        for Running { spec, detector } in &mut self.detectors {
            if let Some(saved) = kept.detectors.get(spec.id) {
                failed += u64::from(detector.restore(saved).is_err());
            }
        }
        failed
    }

    /// Whether the clinic knows this trouble of this device, or of this address, and finds it harmless.
    fn is_known(&self, kind: &str, subject: Subject, now: Timestamp) -> bool {
        match subject {
            Subject::Device(id) => self
                .inventory
                .get(id)
                .is_some_and(|device| self.site.is_known(kind, device.name(), device.mac, &device.ips, now)),
            Subject::Address(ip) => self.site.is_known(kind, None, None, &[ip], now),
        }
    }

    /// How much detectors have forgotten because their tables were full.
    pub(crate) fn forgotten(&self) -> u64 {
        self.detectors.iter().map(|running| running.detector.forgotten()).sum()
    }
}

/// A detector may remember a device by an id that it no longer has.
fn resolved(inventory: &Inventory, subject: Subject) -> Subject {
    match subject {
        Subject::Device(id) => Subject::Device(inventory.resolve(id)),
        Subject::Address(_) => subject,
    }
}

/// What was seen just now.
fn observation<'a>(
    clock: &Clock,
    vlan: Option<Vlan>,
    source: End,
    target: End,
    what: What<'a>,
) -> Observation<'a> {
    Observation { at: clock.now(), vlan: vlan.map(|vlan| vlan.0), source, target, what }
}

/// The clinic's hours by the frames' own time, asked in elapsed time.
struct Wall<'a> {
    clock: &'a Clock,
    hours: Hours<'a>,
}

impl Calendar for Wall<'_> {
    fn hour_of(&self, at: Timestamp) -> HourOf {
        self.hours.hour_of(self.clock.wall(at))
    }
}
