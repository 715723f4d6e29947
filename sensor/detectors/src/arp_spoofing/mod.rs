//! ARP spoofing: one Ethernet address claims the address of another device that is still there.
//!
//! Remembers who had an address first and counts how often somebody else claims it; and sees a conversation that moves to whoever has just
//! claimed an address. It does not speak of an address that changed hands in peace. What it sees and what fools it: `README.md`.

use core::net::{IpAddr, Ipv4Addr};

use common_model::Mac;

use crate::observation::{ArpSeen, Moved};
use crate::prelude::*;

/// What it is.
pub(crate) static SPEC: Spec = Spec {
    id: "arp-spoofing",
    kinds: &[&ARP_SPOOFING, &GATEWAY_TAKEN_OVER],
    wants: &[Topic::Moved, Topic::Arp],
    memory_bytes_max: Recent::<Ipv4Addr, Owner>::memory_bytes(ADDRESSES_MAX)
        + Recent::<Mac, Claim>::memory_bytes(ADDRESSES_MAX),
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

/// Most addresses whose owner is remembered, and most Ethernet addresses whose last claim is.
const ADDRESSES_MAX: usize = 2_048;

/// How sure: a lie that is repeated; a conversation that follows it.
const REPEATED: Confidence = Confidence::percent(90);
const FOLLOWED: Confidence = Confidence::percent(85);

/// Overridden in `[detectors.arp-spoofing]`; what each means and where the defaults come from: `settings.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    claims_min: u32,
    window_secs: u64,
    owner_gone_secs: u64,
}

/// Who had an address first, and who claims it.
#[derive(Clone, Copy, Debug)]
struct Owner {
    mac: Mac,
    heard_at: Timestamp,
    claimant: Mac,
    claims: u32,
    first_claim_at: Timestamp,
}

/// The last address that somebody said is its own, and to whom.
#[derive(Clone, Copy, Debug)]
struct Claim {
    address: Ipv4Addr,
    told: Ipv4Addr,
    at: Timestamp,
}

struct ArpSpoofing {
    limits: Limits,
    owners: Recent<Ipv4Addr, Owner>,
    claims: Recent<Mac, Claim>,
}

impl Detector for ArpSpoofing {
    fn look(&mut self, seen: &Observation<'_>, context: &Context<'_>, out: &mut Findings) {
        match seen.what {
            What::Arp(arp) if !arp.sender_ip.is_unspecified() && !is_shared(arp.sender_mac) => {
                let claim = Claim { address: arp.sender_ip, told: arp.target_ip, at: context.now };
                *self.claims.entry(arp.sender_mac, || claim) = claim;
                self.claimed(arp, seen, context, out);
            }
            What::Moved(moved) => self.moved(moved, seen, context, out),
            _ => {}
        }
    }

    fn forgotten(&self) -> u64 {
        self.owners.forgotten().saturating_add(self.claims.forgotten())
    }
}

impl ArpSpoofing {
    fn new(limits: Limits, seed: u64) -> Self {
        ArpSpoofing {
            limits,
            owners: Recent::new(ADDRESSES_MAX, seed),
            claims: Recent::new(ADDRESSES_MAX, seed),
        }
    }

    /// Somebody says that an address is its own.
    fn claimed(&mut self, arp: ArpSeen, seen: &Observation<'_>, context: &Context<'_>, out: &mut Findings) {
        let now = context.now;
        let fresh = Owner {
            mac: arp.sender_mac,
            heard_at: now,
            claimant: arp.sender_mac,
            claims: 0,
            first_claim_at: now,
        };
        let owner = self.owners.entry(arp.sender_ip, || fresh);
        if owner.mac == arp.sender_mac {
            owner.heard_at = now;
            return;
        }
        // What the owner sends by IP shows that it is there, too.
        let victim = context.inventory.with_mac(owner.mac).and_then(|id| context.inventory.get(id));
        let last_by_ip = victim.map_or(owner.heard_at, |device| device.last_seen);
        if now.since(owner.heard_at.max(last_by_ip)) > Duration::from_secs(self.limits.owner_gone_secs) {
            *owner = fresh;
            return;
        }
        let window = Duration::from_secs(self.limits.window_secs);
        if owner.claimant != arp.sender_mac || now.since(owner.first_claim_at) > window {
            owner.claimant = arp.sender_mac;
            owner.claims = 0;
            owner.first_claim_at = now;
        }
        owner.claims = owner.claims.saturating_add(1);
        if owner.claims == self.limits.claims_min {
            let is_gateway = victim.is_some_and(|device| device.is_router);
            let kind = if is_gateway { &GATEWAY_TAKEN_OVER } else { &ARP_SPOOFING };
            let told = IpAddr::V4(arp.target_ip);
            out.report(finding(kind, REPEATED, arp.sender_mac, arp.sender_ip, told, seen, context));
        }
    }

    /// A device's conversation with the outside goes on through another Ethernet address. Whoever has it told the device a moment ago that it
    /// has some address: a way out that is replaced in peace breaks conversations off, because it translates addresses.
    fn moved(&self, moved: Moved, seen: &Observation<'_>, context: &Context<'_>, out: &mut Findings) {
        let Some(mac) = seen.target.mac else { return };
        let window = Duration::from_secs(self.limits.window_secs);
        let is_recent = |claim: &&Claim| {
            context.now.since(claim.at) <= window && IpAddr::V4(claim.told) == seen.source.ip
        };
        if moved.protocol != Protocol::Tcp || !seen.source.is_inside() || seen.target.is_inside() {
            return;
        }
        if let Some(claim) = self.claims.get(&mac).filter(is_recent) {
            let kind = &GATEWAY_TAKEN_OVER;
            out.report(finding(kind, FOLLOWED, mac, claim.address, seen.source.ip, seen, context));
        }
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

/// Addresses that routers share by design and hand to each other: VRRP and CARP (RFC 9568 §7.3), HSRP.
fn is_shared(mac: Mac) -> bool {
    matches!(mac.0, [0x00, 0x00, 0x5e, 0x00, 0x01 | 0x02, _] | [0x00, 0x00, 0x0c, 0x07, 0xac, _])
}
