//! ARP spoofing: one Ethernet address claims the address of another device that is still there.
//!
//! Counts claims of an address that nobody asked for, made by a device that is surely another, while the owner goes on speaking; and sees a
//! device's way out change to whoever has just told it, unasked, where to send. It does not speak of an address that changed hands in peace.
//! What it sees and what fools it: `README.md`.

use core::net::{IpAddr, Ipv4Addr};

use common_model::Mac;

use crate::observation::{ArpSeen, End};
use crate::prelude::*;

/// What it is.
pub(crate) static SPEC: Spec = Spec {
    id: "arp-spoofing",
    kinds: &[&ARP_SPOOFING, &GATEWAY_TAKEN_OVER],
    wants: &[Topic::Passed, Topic::Arp],
    memory_bytes_max: Recent::<Place, Owner>::memory_bytes(ADDRESSES_MAX)
        + Recent::<Place, Question>::memory_bytes(ADDRESSES_MAX)
        + Recent::<Place, Mac>::memory_bytes(ADDRESSES_MAX)
        + Recent::<(Mac, Place), Told>::memory_bytes(ADDRESSES_MAX)
        + Recent::<Mac, Timestamp>::memory_bytes(ADDRESSES_MAX)
        + Recent::<(Mac, Place), ()>::memory_bytes(PAIRS_MAX),
    readme: include_str!("README.md"),
    settings_toml: include_str!("settings.toml"),
    build: |settings| Ok(Box::new(ArpSpoofing::new(settings.read()?, settings.seed))),
};

static ARP_SPOOFING: Kind = ROW;

/// Red by itself: everything that leaves the clinic passes the liar. Source: the product's noise rules, which name the few signs that need no second one.
static GATEWAY_TAKEN_OVER: Kind =
    Kind { id: "gateway-taken-over", severity: Severity::Critical, alone: Due::Now, ..ROW };

const ROW: Kind = Kind {
    id: "arp-spoofing",
    category: Category::Spoofing,
    techniques: &["T1557.002"],
    message: "traffic_diverted",
    facts: &["addresses"],
    severity: Severity::High,
    alone: Due::Today,
    card_from: Confidence::percent(60),
    needs_profile: false,
    quiet_for: Duration::from_secs(3_600),
};

/// Most addresses of which something is remembered.
const ADDRESSES_MAX: usize = 2_048;

/// Most pairs of a device and an address that is not its own.
const PAIRS_MAX: usize = 2 * ADDRESSES_MAX;

/// How sure: a lie that is repeated; traffic that follows it.
const REPEATED: Confidence = Confidence::percent(90);
const FOLLOWED: Confidence = Confidence::percent(85);

/// Overridden in `[detectors.arp-spoofing]`; what each means and where the defaults come from: `settings.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    claims_min: u32,
    window_secs: u64,
    owner_gone_secs: u64,
    answer_secs: u64,
}

impl Limits {
    const fn window(&self) -> Duration {
        Duration::from_secs(self.window_secs)
    }
}

/// An address of one VLAN: each may have the same.
type Place = (Option<u16>, Ipv4Addr);

/// Whose an address is, and who claims it.
#[derive(Clone, Copy, Debug)]
struct Owner {
    mac: Mac,
    /// When it last spoke as this address.
    heard_at: Timestamp,
    /// What it sends out goes to the claimant.
    is_diverted: bool,
    claimant: Mac,
    claims: u32,
    is_told: bool,
    first_claim_at: Timestamp,
    last_claim_at: Timestamp,
}

impl Owner {
    const fn new(mac: Mac, now: Timestamp) -> Self {
        Owner {
            mac,
            heard_at: now,
            is_diverted: false,
            claimant: mac,
            claims: 0,
            is_told: false,
            first_claim_at: now,
            last_claim_at: now,
        }
    }
}

/// The last who asked for an address.
#[derive(Clone, Copy, Debug)]
struct Question {
    by: Ipv4Addr,
    at: Timestamp,
}

/// Which address somebody was told, unasked, to be the teller's.
#[derive(Clone, Copy, Debug)]
struct Told {
    address: Ipv4Addr,
    at: Timestamp,
    /// What it sends followed, and that was said.
    is_followed: bool,
}

struct ArpSpoofing {
    limits: Limits,
    owners: Recent<Place, Owner>,
    questions: Recent<Place, Question>,
    /// Addresses that a device spoke with, which are thus not its own.
    others: Recent<(Mac, Place), ()>,
    /// When a router last carried something in.
    carried: Recent<Mac, Timestamp>,
    /// Through whom a device last reached the outside.
    ways: Recent<Place, Mac>,
    told: Recent<(Mac, Place), Told>,
}

impl Detector for ArpSpoofing {
    fn look(&mut self, seen: &Observation<'_>, context: &Context<'_>, out: &mut Findings) {
        match seen.what {
            What::Arp(arp) if !arp.sender_ip.is_unspecified() && !is_shared(arp.sender_mac) => {
                self.spoke(arp, seen, context, out);
            }
            What::Passed => self.passed(seen, context, out),
            _ => {}
        }
    }

    fn forgotten(&self) -> u64 {
        [
            self.owners.forgotten(),
            self.questions.forgotten(),
            self.others.forgotten(),
            self.carried.forgotten(),
            self.ways.forgotten(),
            self.told.forgotten(),
        ]
        .into_iter()
        .fold(0, u64::saturating_add)
    }
}

impl ArpSpoofing {
    fn new(limits: Limits, seed: u64) -> Self {
        ArpSpoofing {
            limits,
            owners: Recent::new(ADDRESSES_MAX, seed),
            questions: Recent::new(ADDRESSES_MAX, seed),
            others: Recent::new(PAIRS_MAX, seed),
            carried: Recent::new(ADDRESSES_MAX, seed),
            ways: Recent::new(ADDRESSES_MAX, seed),
            told: Recent::new(ADDRESSES_MAX, seed),
        }
    }

    /// Somebody says that an address is its own, when it asks for another one's or by itself.
    fn spoke(&mut self, arp: ArpSeen, seen: &Observation<'_>, context: &Context<'_>, out: &mut Findings) {
        let now = context.now;
        let ArpSeen { is_reply, sender_mac: mac, sender_ip, target_ip } = arp;
        let to = (seen.vlan, target_ip);
        let is_announced = target_ip == sender_ip || target_ip.is_unspecified() || target_ip.is_broadcast();
        if !is_announced {
            self.others.entry((mac, to), || ());
        }
        if !is_reply && !is_announced {
            let question = Question { by: sender_ip, at: now };
            *self.questions.entry(to, || question) = question;
        }
        let patience = Duration::from_secs(self.limits.answer_secs);
        let is_asked_by_target = |asked: &Question| asked.by == target_ip && now.since(asked.at) <= patience;
        let question = self.questions.get(&(seen.vlan, sender_ip));
        let is_asked = is_reply && question.is_some_and(is_asked_by_target);
        if is_reply && !is_asked && !is_announced {
            let fresh = Told { address: sender_ip, at: now, is_followed: false };
            let told = self.told.entry((mac, to), || fresh);
            let goes_on = now.since(told.at) <= self.limits.window();
            *told = Told { is_followed: told.is_followed && goes_on, ..fresh };
        }
        self.claimed(arp, is_asked, seen, context, out);
    }

    fn claimed(
        &mut self,
        arp: ArpSeen,
        is_asked: bool,
        seen: &Observation<'_>,
        context: &Context<'_>,
        out: &mut Findings,
    ) {
        let now = context.now;
        let mac = arp.sender_mac;
        let place = (seen.vlan, arp.sender_ip);
        let owner = self.owners.entry(place, || Owner::new(mac, now));
        if owner.mac == mac {
            owner.heard_at = now;
            return;
        }
        let carried_at = self.carried.get(&owner.mac).copied().unwrap_or(owner.heard_at);
        let heard_at = owner.heard_at.max(carried_at);
        if now.since(heard_at) > Duration::from_secs(self.limits.owner_gone_secs) {
            *owner = Owner::new(mac, now);
            return;
        }
        // Who answers when asked may do so for another: for one that sleeps, for one behind it, for its own other card.
        if is_asked {
            return;
        }
        let is_first = owner.claimant != mac || now.since(owner.first_claim_at) > self.limits.window();
        if is_first {
            let is_diverted = owner.is_diverted && owner.claimant == mac;
            *owner = Owner {
                is_diverted,
                claimant: mac,
                claims: 0,
                is_told: false,
                first_claim_at: now,
                ..*owner
            };
        }
        // Once the owner is silent, the address may have been handed on.
        if is_first || heard_at > owner.last_claim_at {
            owner.claims = owner.claims.saturating_add(1);
        }
        owner.last_claim_at = now;
        let is_another = self.others.get(&(mac, place)).is_some();
        if owner.claims >= self.limits.claims_min && is_another && !owner.is_told {
            owner.is_told = true;
            let device = context.inventory.with_mac(owner.mac).and_then(|id| context.inventory.get(id));
            let is_gateway = owner.is_diverted || device.is_some_and(|device| device.is_router);
            let kind = if is_gateway { &GATEWAY_TAKEN_OVER } else { &ARP_SPOOFING };
            let told = IpAddr::V4(arp.target_ip);
            out.report(finding(kind, REPEATED, mac, arp.sender_ip, told, seen, context));
        }
    }

    /// A packet goes from one Ethernet address to another.
    fn passed(&mut self, seen: &Observation<'_>, context: &Context<'_>, out: &mut Findings) {
        let Observation { source, target, vlan, .. } = *seen;
        let (Some(from), Some(to)) = (source.mac, target.mac) else { return };
        if to.is_group() || to.is_zero() || source.ip == target.ip {
            return;
        }
        match (inside(&source), inside(&target)) {
            (Some(ip), None) if !target.is_inside() => self.leaves((vlan, ip), to, seen, context, out),
            (None, Some(ip)) if !source.is_inside() => {
                *self.carried.entry(from, || context.now) = context.now;
                self.leaves((vlan, ip), from, seen, context, out);
            }
            _ => {}
        }
        if let Some(ip) = inside(&target) {
            self.others.entry((from, (vlan, ip)), || ());
        }
        if let Some(ip) = inside(&source) {
            self.others.entry((to, (vlan, ip)), || ());
            self.spoke_by_ip((vlan, ip), from, to, !target.is_inside(), context.now);
        }
    }

    /// The owner of an address is still there.
    fn spoke_by_ip(&mut self, place: Place, from: Mac, to: Mac, is_leaving: bool, now: Timestamp) {
        let Some(owner) = self.owners.get_mut(&place) else { return };
        if owner.mac == to && from != to {
            // Nobody speaks with itself: who was heard first was lying.
            *owner = Owner::new(from, now);
            owner.claimant = to;
        }
        if owner.mac == from {
            owner.heard_at = now;
            owner.is_diverted |= is_leaving && owner.claimant == to;
        }
    }

    /// A device's way to the outside is this one. Whoever has it told the device a moment ago, unasked and the device alone, that it has
    /// some address: a way out that is replaced in peace tells everybody, or answers.
    fn leaves(
        &mut self,
        place: Place,
        way: Mac,
        seen: &Observation<'_>,
        context: &Context<'_>,
        out: &mut Findings,
    ) {
        let last = self.ways.entry(place, || way);
        if core::mem::replace(last, way) == way {
            return;
        }
        if let Some(told) = self.told.get_mut(&(way, place))
            && !told.is_followed
            && context.now.since(told.at) <= self.limits.window()
        {
            told.is_followed = true;
            let (_, victim) = place;
            let kind = &GATEWAY_TAKEN_OVER;
            out.report(finding(kind, FOLLOWED, way, told.address, victim.into(), seen, context));
        }
    }
}

/// The address of an end in the clinic.
fn inside(end: &End) -> Option<Ipv4Addr> {
    match end.ip {
        IpAddr::V4(ip) if end.is_inside() => Some(ip),
        IpAddr::V4(_) | IpAddr::V6(_) => None,
    }
}

/// About the liar; the other end is whom it lied to.
fn finding(
    kind: &'static Kind,
    confidence: Confidence,
    liar: Mac,
    claimed: Ipv4Addr,
    told: IpAddr,
    seen: &Observation<'_>,
    context: &Context<'_>,
) -> Finding {
    let told = [seen.source, seen.target].into_iter().find(|end| end.ip == told);
    Finding {
        device: context.inventory.with_mac(liar).map_or(seen.source.subject(), Subject::Device),
        role: FindingRole::Source,
        peer: told.map(|end| end.subject()),
        facts: Facts::new().with("addresses", Fact::InternalAddress(claimed.into())),
        ..seen.finding(kind, confidence)
    }
}

/// Addresses that routers and servers share by design and hand to each other: VRRP and CARP (RFC 9568 §7.3), HSRP in its versions 1, 2 and
/// for IPv6, GLBP, Network Load Balancing of Windows.
fn is_shared(mac: Mac) -> bool {
    matches!(
        mac.0,
        [0x00, 0x00, 0x5e, 0x00, 0x01 | 0x02, _]
            | [0x00, 0x00, 0x0c, 0x07, 0xac, _]
            | [0x00, 0x00, 0x0c, 0x9f, 0xf0..=0xff, _]
            | [0x00, 0x05, 0x73, 0xa0, 0x00..=0x0f, _]
            | [0x00, 0x07, 0xb4, ..]
            | [0x02 | 0x03, 0xbf, ..]
    )
}
