//! Port scan and address sweep: a device tries many doors of one device, or one door of many.
//!
//! Counts tries that found nothing (refused, unanswered, half-opened), because those are rare in a calm network. It does not count
//! what was answered and used. What it sees and what fools it: `README.md` beside this file.

use core::net::IpAddr;

use crate::prelude::*;

/// What it is.
pub(crate) static SPEC: Spec = Spec {
    id: "port-scan",
    kinds: &[&PORT_SCAN, &ADDRESS_SWEEP, &INTERNET_PROBE],
    wants: &[Topic::Contact, Topic::Arp],
    memory_bytes_max: DistinctPerWindow::<(Subject, IpAddr)>::memory_bytes(PAIRS_MAX) * 2
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

/// How sure: many tries in a minute are no accident; the same over a day may be a program that looks for something.
const SURE_FAST: Confidence = Confidence::percent(90);
const SURE_SLOW: Confidence = Confidence::percent(65);

/// Overridden in `[detectors.port-scan]`; what each means and where the defaults come from: `settings.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    ports_min: u32,
    ports_slow_min: u32,
    targets_min: u32,
    targets_slow_min: u32,
    dark_addresses_min: u32,
    window_secs: u64,
    window_slow_secs: u64,
}

impl Limits {
    /// Fast and slow.
    fn windows(&self) -> [Duration; 2] {
        [self.window_secs, self.window_slow_secs].map(Duration::from_secs)
    }
}

/// The door that is tried on many devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Door {
    /// A port.
    Port(Protocol, u16),
    /// Who is there at all (ARP).
    Arp,
}

struct PortScan {
    limits: Limits,
    /// (who, whom) → doors; then (who, door) → whom. Fast and slow.
    doors: [DistinctPerWindow<(Subject, IpAddr)>; 2],
    targets: [DistinctPerWindow<(Subject, Door)>; 2],
}

impl PortScan {
    fn new(limits: Limits, seed: u64) -> Self {
        let windows = limits.windows();
        PortScan {
            doors: windows.map(|window| DistinctPerWindow::new(PAIRS_MAX, window, seed)),
            targets: windows.map(|window| DistinctPerWindow::new(PAIRS_MAX, window, seed)),
            limits,
        }
    }

    /// One more try of `source` that found nothing behind `door` of `target`.
    fn tried(&mut self, seen: &Observation<'_>, door: Door, context: &Context<'_>, out: &mut Findings) {
        let (source, now) = (seen.source.subject(), context.now);
        let Limits { ports_min, ports_slow_min, targets_min, targets_slow_min, dark_addresses_min, .. } =
            self.limits;
        if let Door::Port(protocol @ (Protocol::Tcp | Protocol::Udp), port) = door {
            let hash = StableHash::new("door").u64(protocol as u64).u64(u64::from(port)).finish();
            let growths = self.doors.each_mut().map(|doors| doors.add((source, seen.target.ip), hash, now));
            report(&PORT_SCAN, "ports", growths, [ports_min, ports_slow_min], seen, out);
        }
        let hash = StableHash::new("target").ip(seen.target.ip).finish();
        let growths = self.targets.each_mut().map(|targets| targets.add((source, door), hash, now));
        let fast_min = if door == Door::Arp { dark_addresses_min } else { targets_min };
        let mins = [fast_min, targets_slow_min.max(fast_min)];
        report(&ADDRESS_SWEEP, "targets", growths, mins, seen, out);
    }
}

impl Detector for PortScan {
    fn look(&mut self, seen: &Observation<'_>, context: &Context<'_>, out: &mut Findings) {
        match seen.what {
            What::Contact(contact) if found_nothing(&contact) && !was_looked_up(seen, context) => {
                self.tried(seen, Door::Port(contact.protocol, door_number(&contact, seen)), context, out);
            }
            // A router asks for whoever is looked for from outside; others ask for those they know.
            What::Arp(arp) if !arp.is_reply && is_dark(seen) && !is_router(seen, context) => {
                self.tried(seen, Door::Arp, context, out);
            }
            _ => {}
        }
    }

    fn forgotten(&self) -> u64 {
        let doors = self.doors.iter().map(DistinctPerWindow::forgotten);
        doors.chain(self.targets.iter().map(DistinctPerWindow::forgotten)).sum()
    }
}

/// Whether a conversation shows that its opener only tried. A ping counts by itself: it has no other use.
fn found_nothing(contact: &Contact) -> bool {
    match (contact.protocol, contact.phase) {
        (Protocol::Icmp, phase) => phase == Phase::Opened,
        (_, Phase::Refused | Phase::Knocked) => true,
        // An unanswered datagram is everyday (announcements, lost answers); a stream that nobody opens is not.
        (protocol, Phase::Unanswered) => protocol == Protocol::Tcp,
        (_, Phase::Opened | Phase::Answered | Phase::Progress | Phase::Closed | Phase::Faded) => false,
    }
}

/// A ping has an identifier where others have a port: all pings are one door.
fn door_number(contact: &Contact, seen: &Observation<'_>) -> u16 {
    if contact.protocol == Protocol::Icmp { 0 } else { seen.target.port }
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

/// Speaks when a limit is reached or doubled: of the fast window, else of the slow one. Tries from outside are weather.
fn report(
    kind: &'static Kind,
    fact: &'static str,
    growths: [(Growth, Duration); 2],
    mins: [u32; 2],
    seen: &Observation<'_>,
    out: &mut Findings,
) {
    let is_from_inside = seen.source.is_inside();
    let kind = if is_from_inside { kind } else { &INTERNET_PROBE };
    let mut limits = growths.into_iter().zip(mins).zip([SURE_FAST, SURE_SLOW]);
    let passed = limits.find(|(((growth, _), min), _)| growth.after >= *min);
    let Some((((growth, span), min), confidence)) = passed else { return };
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
