//! Rogue DHCP: a second server offers addresses, and another way out.
//!
//! Remembers who offers addresses; the first one heard is the clinic's own. What it sees and what fools it: `README.md` beside this file.

use core::net::Ipv4Addr;

use common_model::DeviceType;

use crate::prelude::*;

/// What it is.
pub(crate) static SPEC: Spec = Spec {
    id: "rogue-dhcp",
    kinds: &[&ROGUE_DHCP],
    wants: &[Topic::AddressServer],
    memory_bytes_max: SERVERS_MAX * size_of::<Offer>(),
    readme: include_str!("README.md"),
    settings_toml: "",
    build: |_settings| Ok(Box::new(RogueDhcp::default())),
};

static ROGUE_DHCP: Kind = Kind {
    id: "rogue-dhcp",
    category: Category::RogueDhcp,
    techniques: &["T1557.003"],
    message: "rogue_address_server",
    facts: &[],
    severity: Severity::High,
    alone: Due::Today,
    card_from: Confidence::percent(60),
    needs_profile: false,
    quiet_for: Duration::from_secs(12 * 3_600),
};

/// Most servers remembered; a clinic has one.
const SERVERS_MAX: usize = 64;

/// What is kept over a restart: the clinic's own server.
const SAVED_VERSION: u32 = 1;

/// Whether the clinic confirmed that this device is a router or a server.
fn is_confirmed(seen: &Observation<'_>, context: &Context<'_>) -> bool {
    let device = seen.source.device.and_then(|id| context.inventory.get(id));
    device.is_some_and(|device| {
        device.is_type_confirmed() && matches!(device.device_type(), DeviceType::Router | DeviceType::Server)
    })
}

/// What a server tells its clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Offer {
    server: Ipv4Addr,
    gateway: Option<Ipv4Addr>,
    name_server: Option<Ipv4Addr>,
}

#[derive(Debug, Default)]
struct RogueDhcp {
    /// The clinic's own first.
    servers: Vec<Offer>,
    forgotten: u64,
}

impl Detector for RogueDhcp {
    fn look(&mut self, seen: &Observation<'_>, context: &Context<'_>, out: &mut Findings) {
        let What::Said(Event::AddressServer(said)) = seen.what else { return };
        let offer = Offer { server: said.server, gateway: said.gateway, name_server: said.name_server };
        let Some(own) = self.servers.first().copied() else {
            self.servers.push(offer);
            return;
        };
        if offer.server == own.server {
            return;
        }
        if is_confirmed(seen, context) {
            // The clinic said what this is: it was its own all the time, whoever was heard first.
            self.servers.retain(|known| known.server != offer.server);
            self.servers.insert(0, offer);
            self.servers.truncate(SERVERS_MAX);
            return;
        }
        if !self.servers.iter().any(|known| known.server == offer.server) {
            if self.servers.len() >= SERVERS_MAX {
                self.forgotten = self.forgotten.saturating_add(1);
                return;
            }
            self.servers.push(offer);
        }
        // A second server that says the same is a spare; one that leads elsewhere is not.
        let leads_elsewhere = offer.gateway != own.gateway || offer.name_server != own.name_server;
        out.report(Finding {
            device: seen.source.subject(),
            role: FindingRole::Source,
            peer: Some(Subject::Address(own.server.into())),
            identity: StableHash::new("server").ip(offer.server.into()).finish(),
            ..seen.finding(&ROGUE_DHCP, Confidence::percent(if leads_elsewhere { 90 } else { 50 }))
        });
    }

    fn save(&self) -> Option<Saved> {
        Saved::of(SAVED_VERSION, self.servers.first()?)
    }

    fn restore(&mut self, saved: &Saved) -> Result<(), SavedError> {
        self.servers = vec![saved.read(SPEC.id, SAVED_VERSION)?];
        Ok(())
    }

    fn forgotten(&self) -> u64 {
        self.forgotten
    }
}
