//! ARP spoofing: one Ethernet address claims the address of another device that is still there.
//!
//! Remembers who had an address first and counts how often somebody else claims it. It does not speak of an address that changed hands in
//! peace. What it sees and what fools it: `README.md` beside this file.

use core::net::Ipv4Addr;

use common_model::Mac;

use crate::prelude::*;

/// What it is.
pub(crate) static SPEC: Spec = Spec {
    id: "arp-spoofing",
    kinds: &[&ARP_SPOOFING, &GATEWAY_TAKEN_OVER],
    wants: &[Topic::Arp],
    memory_bytes_max: Recent::<Ipv4Addr, Owner>::memory_bytes(ADDRESSES_MAX),
    readme: include_str!("README.md"),
    settings_toml: include_str!("settings.toml"),
    build: |settings| {
        Ok(Box::new(ArpSpoofing {
            limits: settings.read()?,
            owners: Recent::new(ADDRESSES_MAX, settings.seed),
        }))
    },
};

static ARP_SPOOFING: Kind = ROW;

/// Red by itself (PRODUCT decision 3): everything that leaves the clinic passes the liar.
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

/// Most addresses whose owner is remembered.
const ADDRESSES_MAX: usize = 4_096;

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

struct ArpSpoofing {
    limits: Limits,
    owners: Recent<Ipv4Addr, Owner>,
}

impl Detector for ArpSpoofing {
    fn look(&mut self, seen: &Observation<'_>, context: &Context<'_>, out: &mut Findings) {
        let What::Arp(arp) = seen.what else { return };
        if arp.sender_ip.is_unspecified() || is_shared(arp.sender_mac) {
            return;
        }
        let now = context.now;
        let fresh = Owner {
            mac: arp.sender_mac,
            heard_at: now,
            claimant: arp.sender_mac,
            claims: 0,
            first_claim_at: now,
        };
        let owner = self.owners.entry(arp.sender_ip, || fresh);
        let gone_after = Duration::from_secs(self.limits.owner_gone_secs);
        if owner.mac == arp.sender_mac {
            owner.heard_at = now;
            return;
        }
        // What the owner sends by IP shows that it is there, too.
        let last_by_ip = context
            .inventory
            .with_mac(owner.mac)
            .and_then(|id| context.inventory.get(id))
            .map_or(owner.heard_at, |device| device.last_seen);
        if now.since(owner.heard_at.max(last_by_ip)) > gone_after {
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
        if owner.claims != self.limits.claims_min {
            return;
        }
        let victim = context.inventory.with_mac(owner.mac);
        let is_gateway =
            victim.and_then(|id| context.inventory.get(id)).is_some_and(|device| device.is_router);
        let liar = context.inventory.with_mac(arp.sender_mac).map_or(seen.source.subject(), Subject::Device);
        let kind = if is_gateway { &GATEWAY_TAKEN_OVER } else { &ARP_SPOOFING };
        out.report(Finding {
            device: liar,
            peer: Some(victim.map_or(Subject::Address(arp.sender_ip.into()), Subject::Device)),
            facts: Facts::new().with("addresses", Fact::InternalAddress(arp.sender_ip.into())),
            ..seen.finding(kind, Confidence::percent(90))
        });
    }

    fn forgotten(&self) -> u64 {
        self.owners.forgotten()
    }
}

/// Addresses that routers share by design and hand to each other: VRRP and CARP (RFC 9568 §7.3), HSRP.
fn is_shared(mac: Mac) -> bool {
    matches!(mac.0, [0x00, 0x00, 0x5e, 0x00, 0x01 | 0x02, _] | [0x00, 0x00, 0x0c, 0x07, 0xac, _])
}
