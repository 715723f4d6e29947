//! Port scan and address sweep: a device tries many doors of one device, or one door of many.
//!
//! Counts tries that found nothing (refused, unanswered, half-opened), because those are rare in a calm network. What was answered and
//! used is no try. What it sees and what fools it: `README.md` beside this file.

use core::net::IpAddr;

use sensor_inventory::Where;

use crate::prelude::*;

/// What it is.
pub(crate) static SPEC: Spec = Spec {
    id: "port-scan",
    kinds: &[&PORT_SCAN, &ADDRESS_SWEEP, &INTERNET_PROBE],
    wants: &[Topic::Contact, Topic::Arp],
    memory_bytes_max: DistinctPerWindow::<(Subject, IpAddr)>::memory_bytes(PAIRS_MAX) * 3
        + Recent::<(IpAddr, u16), Timestamp>::memory_bytes(ASKERS_MAX)
        + DistinctPerWindow::<(Subject, Door)>::memory_bytes(PAIRS_MAX) * 2,
    readme: include_str!("README.md"),
    settings_toml: include_str!("settings.toml"),
    build: |settings| Ok(Box::new(PortScan::new(settings.read()?, settings.seed))),
};

static PORT_SCAN: Kind = ROW;

static ADDRESS_SWEEP: Kind =
    Kind { id: "address-sweep", techniques: &["T1018"], facts: &["targets", "window"], ..ROW };

/// Somebody outside tries the clinic's doors: weather, not news. A note.
static INTERNET_PROBE: Kind = Kind {
    id: "internet-probe",
    techniques: &["T1595.001"],
    message: "probe_from_internet",
    severity: Severity::Low,
    alone: Due::None,
    ..ROW
};

const ROW: Kind = Kind {
    id: "port-scan",
    category: Category::Scan,
    techniques: &["T1046"],
    message: "internal_probe",
    facts: &["ports", "window"],
    severity: Severity::High,
    alone: Due::Today,
    card_from: Confidence::percent(60),
    needs_profile: false,
    quiet_for: Duration::from_secs(2 * 3_600),
};

/// Most pairs of (source, target) and of (source, door) counted at once, in each window.
const PAIRS_MAX: usize = 1_024;

/// Most senders to groups remembered at once, so that late answers to them are known.
const ASKERS_MAX: usize = 1_024;

/// How sure: many tries in a minute are no accident; the same over a day may be a program that looks for something.
const SURE_FAST: Confidence = Confidence::percent(90);
const SURE_SLOW: Confidence = Confidence::percent(65);

/// From this port on nobody serves: it was lent to a client. Source: Linux lends ports from 32,768 on (`ip_local_port_range`), others from
/// 49,152 (RFC 6335 §6).
const LENT_PORT_MIN: u16 = 32_768;

/// Overridden in `[detectors.port-scan]`; what each means and where the defaults come from: `settings.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    ports_min: u32,
    ports_slow_min: u32,
    ports_weak_min: u32,
    targets_min: u32,
    targets_slow_min: u32,
    answering_targets_min: u32,
    dark_pings_min: u32,
    everyday_ports: Vec<u16>,
    everyday_times: u32,
    dark_addresses_min: u32,
    dark_addresses_router_min: u32,
    answers_late_secs: u64,
    window_secs: u64,
    window_slow_secs: u64,
}

impl Limits {
    /// Fast and slow.
    fn windows(&self) -> [Duration; 2] {
        [self.window_secs, self.window_slow_secs].map(Duration::from_secs)
    }

    /// From how many targets on it is a sweep, fast and slow; nothing where it is none however many there are.
    fn targets(&self, door: Door, seen: &Observation<'_>, context: &Context<'_>) -> [Option<u32>; 2] {
        let slow = self.targets_slow_min;
        match door {
            // A router asks for whoever is looked for from elsewhere: over a day that may be everybody.
            Door::Arp if is_router(seen, context) => [Some(self.dark_addresses_router_min), None],
            Door::Arp => [Some(self.dark_addresses_min), Some(slow.max(self.dark_addresses_min))],
            Door::AnsweredPing => {
                [Some(self.answering_targets_min), Some(slow.max(self.answering_targets_min))]
            }
            Door::Port(protocol, port) if !seen.target.is_inside() && self.everyday_ports.contains(&port) => {
                // What routers answer while the line is down is no sign: whoever looks for names asks everybody.
                let is_tcp = protocol == Protocol::Tcp;
                [self.targets_min, slow].map(|min| is_tcp.then(|| min.saturating_mul(self.everyday_times)))
            }
            // These two count together: see `pinged_into_the_dark`.
            Door::DarkPing | Door::AnyPing => [None, None],
            Door::Port(..) | Door::Ping => [Some(self.targets_min), Some(slow)],
        }
    }
}

/// The door that is tried on many devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Door {
    /// A port.
    Port(Protocol, u16),
    /// An echo that nobody sent back: all are one door.
    Ping,
    /// The same where nobody was ever heard: what monitoring asks for has been heard once.
    DarkPing,
    /// Any echo, whatever became of it.
    AnyPing,
    /// An echo that came back, which is what monitoring does all day.
    AnsweredPing,
    /// Who is there at all (ARP).
    Arp,
}

struct PortScan {
    limits: Limits,
    /// (who, whom) → doors; then (who, door) → whom. Fast and slow.
    doors: [DistinctPerWindow<(Subject, IpAddr)>; 2],
    targets: [DistinctPerWindow<(Subject, Door)>; 2],
    /// (who, whom) → doors whose silence alone says little. Fast only: over a day lost datagrams and rests of old conversations add up.
    weak: DistinctPerWindow<(Subject, IpAddr)>,
    /// Who asked a group from which port, and when.
    askers: Recent<(IpAddr, u16), Timestamp>,
}

impl PortScan {
    fn new(limits: Limits, seed: u64) -> Self {
        let windows = limits.windows();
        PortScan {
            doors: windows.map(|window| DistinctPerWindow::new(PAIRS_MAX, window, seed)),
            targets: windows.map(|window| DistinctPerWindow::new(PAIRS_MAX, window, seed)),
            weak: DistinctPerWindow::new(PAIRS_MAX, Duration::from_secs(limits.window_secs), seed),
            askers: Recent::new(ASKERS_MAX, seed),
            limits,
        }
    }

    fn heard(
        &mut self,
        contact: &Contact,
        seen: &Observation<'_>,
        context: &Context<'_>,
        out: &mut Findings,
    ) {
        let now = context.now;
        match (contact.protocol, contact.phase) {
            (Protocol::Udp, Phase::Opened) if seen.target.place == Where::Group => {
                *self.askers.entry((seen.source.ip, seen.source.port), || now) = now;
            }
            (Protocol::Icmp, Phase::Answered) => {
                self.count(seen, Door::AnyPing, now);
                self.swept(seen, Door::AnsweredPing, context, out);
            }
            (Protocol::Icmp, Phase::Unanswered)
                if seen.target.is_inside() && seen.target.device.is_none() =>
            {
                self.pinged_into_the_dark(seen, now, out);
                self.swept(seen, Door::Ping, context, out);
            }
            (Protocol::Icmp, Phase::Unanswered) => self.swept(seen, Door::Ping, context, out),
            (Protocol::Tcp, Phase::Refused | Phase::Unanswered | Phase::Knocked) => {
                self.tried(seen, contact.protocol, context, out);
            }
            (Protocol::Udp, Phase::Refused) if !self.is_answer(seen, now) => {
                self.tried(seen, contact.protocol, context, out);
            }
            // Everyday one by one: a datagram that got no answer (announcements, loss), an acknowledgement of what went before.
            (Protocol::Udp, Phase::Unanswered) | (Protocol::Tcp, Phase::Stray)
                if seen.target.is_inside() && !self.is_answer(seen, now) =>
            {
                self.tried_weakly(seen, contact.protocol, context, out);
            }
            _ => {}
        }
    }

    /// A late answer to a port that was lent to a client, or that asked a group a moment ago.
    fn is_answer(&self, seen: &Observation<'_>, now: Timestamp) -> bool {
        let late = Duration::from_secs(self.limits.answers_late_secs);
        let has_asked =
            || self.askers.get(&(seen.target.ip, seen.target.port)).is_some_and(|at| now.since(*at) <= late);
        seen.target.port >= LENT_PORT_MIN || has_asked()
    }

    /// One more port of the target that the source tried in vain.
    fn tried(
        &mut self,
        seen: &Observation<'_>,
        protocol: Protocol,
        context: &Context<'_>,
        out: &mut Findings,
    ) {
        let (source, now) = (seen.source.subject(), context.now);
        let door = port_hash(protocol, seen);
        let [fast, slow] = self.doors.each_mut().map(|doors| doors.add((source, seen.target.ip), door, now));
        let Limits { ports_min, ports_slow_min, .. } = self.limits;
        let counts = [(fast, Some(ports_min), SURE_FAST), (slow, Some(ports_slow_min), SURE_SLOW)];
        report(&PORT_SCAN, "ports", &counts, seen, out);
        self.swept(seen, Door::Port(protocol, seen.target.port), context, out);
    }

    /// The same of a port where failing says little.
    fn tried_weakly(
        &mut self,
        seen: &Observation<'_>,
        protocol: Protocol,
        context: &Context<'_>,
        out: &mut Findings,
    ) {
        let door = port_hash(protocol, seen);
        let growth = self.weak.add((seen.source.subject(), seen.target.ip), door, context.now);
        let count = (growth, Some(self.limits.ports_weak_min), SURE_SLOW);
        report(&PORT_SCAN, "ports", &[count], seen, out);
    }

    /// Somebody pings along the addresses: some answer, and at some nobody was ever heard.
    fn pinged_into_the_dark(&mut self, seen: &Observation<'_>, now: Timestamp, out: &mut Findings) {
        let [dark, _] = self.count(seen, Door::DarkPing, now);
        let [mut any, _] = self.count(seen, Door::AnyPing, now);
        let Limits { dark_pings_min, targets_min, .. } = self.limits;
        if dark.0.reached(dark_pings_min) {
            // This one tipped the scale, though there may have been enough of all sorts before.
            any.0.before = 0;
        }
        if dark.0.after >= dark_pings_min {
            report(&ADDRESS_SWEEP, "targets", &[(any, Some(targets_min), SURE_FAST)], seen, out);
        }
    }

    /// One more target at this door, fast and slow.
    fn count(&mut self, seen: &Observation<'_>, door: Door, now: Timestamp) -> [(Growth, Duration); 2] {
        let target = StableHash::new("target").ip(seen.target.ip).finish();
        self.targets.each_mut().map(|targets| targets.add((seen.source.subject(), door), target, now))
    }

    /// One more target where the source tried this door.
    fn swept(&mut self, seen: &Observation<'_>, door: Door, context: &Context<'_>, out: &mut Findings) {
        let [fast_min, slow_min] = self.limits.targets(door, seen, context);
        let [fast, slow] = self.count(seen, door, context.now);
        let counts = [(fast, fast_min, SURE_FAST), (slow, slow_min, SURE_SLOW)];
        report(&ADDRESS_SWEEP, "targets", &counts, seen, out);
    }
}

impl Detector for PortScan {
    fn look(&mut self, seen: &Observation<'_>, context: &Context<'_>, out: &mut Findings) {
        match seen.what {
            What::Contact(contact) if !was_looked_up(seen, context) => {
                self.heard(&contact, seen, context, out);
            }
            What::Arp(arp) if !arp.is_reply && is_dark(seen) => self.swept(seen, Door::Arp, context, out),
            _ => {}
        }
    }

    fn forgotten(&self) -> u64 {
        let doors = self.doors.iter().map(DistinctPerWindow::forgotten);
        let targets = self.targets.iter().map(DistinctPerWindow::forgotten);
        doors.chain(targets).chain([self.weak.forgotten(), self.askers.forgotten()]).sum()
    }
}

fn port_hash(protocol: Protocol, seen: &Observation<'_>) -> u64 {
    StableHash::new("door").u64(protocol as u64).u64(u64::from(seen.target.port)).finish()
}

/// The target is outside and was found by its name: programs look names up, scans do not. Without this, a laptop that wakes up while
/// the way out is down tries a dozen servers in vain.
fn was_looked_up(seen: &Observation<'_>, context: &Context<'_>) -> bool {
    !seen.target.is_inside() && context.inventory.outside_name(seen.target.ip).is_some()
}

/// Nobody was ever heard at this address. Whoever has none itself only asks whether it is free (RFC 5227).
fn is_dark(seen: &Observation<'_>) -> bool {
    let is_probe = seen.source.ip.is_unspecified() && seen.source.device.is_none();
    seen.target.device.is_none() && seen.source.ip != seen.target.ip && !is_probe
}

fn is_router(seen: &Observation<'_>, context: &Context<'_>) -> bool {
    seen.source.device.and_then(|id| context.inventory.get(id)).is_some_and(|device| device.is_router)
}

/// How many and in how long, from how many on it is trouble, and how sure that is.
type Counted = ((Growth, Duration), Option<u32>, Confidence);

/// Speaks when a limit is reached or doubled: of the fast window, else of the slow one. Tries from outside are weather.
fn report(
    kind: &'static Kind,
    fact: &'static str,
    counts: &[Counted],
    seen: &Observation<'_>,
    out: &mut Findings,
) {
    let is_from_inside = seen.source.is_inside();
    let kind = if is_from_inside { kind } else { &INTERNET_PROBE };
    let mut passed =
        counts.iter().filter_map(|((growth, span), min, sure)| Some((growth, *span, (*min)?, *sure)));
    let Some((growth, span, min, confidence)) = passed.find(|(growth, _, min, _)| growth.after >= *min)
    else {
        return;
    };
    if !growth.reached(min) {
        out.goes_on(seen, kind, 0);
        return;
    }
    let count = Fact::Count(u64::from(growth.after));
    let facts = Facts::new()
        .with(fact, count.clone())
        .with("window", Fact::Duration(span.max(Duration::from_secs(1))));
    out.report(Finding { facts, ..seen.finding(kind, confidence) });
    if !is_from_inside {
        let prober = Fact::indicator(&seen.source.ip.to_string(), false);
        let facts = Facts::new().with("source", prober).with(fact, count);
        out.sight(Finding { facts, ..seen.finding(kind, confidence) });
    }
}
